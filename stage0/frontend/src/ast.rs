//! The abstract syntax tree: what was written, in an arena. `docs/ast.md` fixes how it is printed.

use crate::source::Span;

/// A name as it was written, or a name of an expansion (derives, tests), which begins with `$`.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// The text.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// The documentation at its top, a line each.
    pub docs: &'a [DocLine<'a>],
    /// What it imports.
    pub uses: &'a [Use<'a>],
    /// What it declares, in order.
    pub items: &'a [Item<'a>],
}

/// A line of documentation, without `--|` and one space.
#[derive(Clone, Copy, Debug)]
pub struct DocLine<'a> {
    /// The text.
    pub text: &'a str,
    /// Where the text stands.
    pub span: Span,
}

/// `use A.B`, `use A.B as C`, `use A.B.{f, T}`.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The module's path.
    pub path: &'a [Name<'a>],
    /// What is brought in.
    pub kind: UseKind<'a>,
    /// The whole.
    pub span: Span,
}

/// What a `use` brings in.
#[derive(Clone, Copy, Debug)]
pub enum UseKind<'a> {
    /// The module, under its last name.
    Module,
    /// The module, under another name.
    Renamed(Name<'a>),
    /// Names of the module.
    Names(&'a [Name<'a>]),
}

/// A declaration.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its documentation.
    pub docs: &'a [DocLine<'a>],
    /// `@name(…)` before it.
    pub attributes: &'a [Attribute<'a>],
    /// Whether `pub` stands before it.
    pub public: bool,
    /// What it is.
    pub kind: ItemKind<'a>,
    /// The whole, without documentation.
    pub span: Span,
}

/// `@name` or `@name(…)`.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// The name.
    pub name: Name<'a>,
    /// What stands in the parentheses: names and string literals.
    pub arguments: &'a [AttributeArgument<'a>],
}

/// An argument of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum AttributeArgument<'a> {
    /// A name: `Eq`.
    Name(Name<'a>),
    /// A string without its quotes, escapes resolved.
    Text(Name<'a>),
}

/// What an item declares.
#[derive(Clone, Copy, Debug)]
pub enum ItemKind<'a> {
    /// `type Name a = …`
    Alias(Alias<'a>),
    /// `struct`
    Struct(Struct<'a>),
    /// `enum`
    Enum(Enum<'a>),
    /// `fn`
    Function(Function<'a>),
    /// `const`
    Constant(Constant<'a>),
    /// `trait`
    Trait(Trait<'a>),
    /// `Type as Trait`
    Implementation(Implementation<'a>),
    /// `effect`
    Effect(Effect<'a>),
    /// `test "name"`
    Test(Test<'a>),
}

/// `type Name a = TYPE` or `type Name = [Effect, …]`.
#[derive(Clone, Copy, Debug)]
pub struct Alias<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its parameters.
    pub parameters: &'a [Name<'a>],
    /// What it stands for.
    pub value: AliasValue<'a>,
}

/// What an alias stands for.
#[derive(Clone, Copy, Debug)]
pub enum AliasValue<'a> {
    /// A type.
    Type(&'a Type<'a>),
    /// An effect row.
    Row(Row<'a>),
}

/// `struct Name a` with fields and functions.
#[derive(Clone, Copy, Debug)]
pub struct Struct<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its parameters.
    pub parameters: &'a [Name<'a>],
    /// Its fields, all named.
    pub fields: &'a [Field<'a>],
    /// Inherent functions: every kind is `Function`.
    pub functions: &'a [Item<'a>],
}

/// A field of a struct or a constructor.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its documentation.
    pub docs: &'a [DocLine<'a>],
    /// Its name, where it has one.
    pub name: Option<Name<'a>>,
    /// Its type.
    pub ty: &'a Type<'a>,
}

/// `enum Name a` with constructors.
#[derive(Clone, Copy, Debug)]
pub struct Enum<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its parameters.
    pub parameters: &'a [Name<'a>],
    /// Its constructors, in order.
    pub constructors: &'a [Constructor<'a>],
}

/// A constructor.
#[derive(Clone, Copy, Debug)]
pub struct Constructor<'a> {
    /// Its documentation.
    pub docs: &'a [DocLine<'a>],
    /// Its name.
    pub name: Name<'a>,
    /// Its fields.
    pub fields: &'a [Field<'a>],
}

/// A function, a trait's method or an effect's operation.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its parameters.
    pub parameters: &'a [Parameter<'a>],
    /// `-[…]>`; none for `->`, which is pure.
    pub row: Option<Row<'a>>,
    /// The type of its result.
    pub result: &'a Type<'a>,
    /// `where a: Ord, b: Show`.
    pub bounds: &'a [Bound<'a>],
    /// Its body; none for operations, methods without a default, and intrinsics.
    pub body: Option<&'a Expr<'a>>,
}

/// `name: Type`, `borrow name: Type`, `_ name: Type`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    /// Whether `borrow` stands before it.
    pub borrow: bool,
    /// Its name.
    pub name: Name<'a>,
    /// Its type.
    pub ty: &'a Type<'a>,
}

/// `a: Ord`.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// The type variable, or `Self`.
    pub subject: Name<'a>,
    /// The trait's path: `Ord`, `Module.Trait`.
    pub trait_path: &'a [Name<'a>],
}

/// `const name: Type = value`.
#[derive(Clone, Copy, Debug)]
pub struct Constant<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its type.
    pub ty: &'a Type<'a>,
    /// Its value.
    pub value: &'a Expr<'a>,
}

/// `trait Name where Self: Other`.
#[derive(Clone, Copy, Debug)]
pub struct Trait<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its supertraits, as bounds on `Self`.
    pub bounds: &'a [Bound<'a>],
    /// Its methods.
    pub methods: &'a [Item<'a>],
}

/// `Type as Trait where a: Trait`.
#[derive(Clone, Copy, Debug)]
pub struct Implementation<'a> {
    /// The type that gets an instance.
    pub target: &'a Type<'a>,
    /// The trait's path.
    pub trait_path: &'a [Name<'a>],
    /// Its conditions.
    pub bounds: &'a [Bound<'a>],
    /// The methods: every kind is `Function`.
    pub functions: &'a [Item<'a>],
}

/// `effect Name a` with operations.
#[derive(Clone, Copy, Debug)]
pub struct Effect<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Its parameters.
    pub parameters: &'a [Name<'a>],
    /// Its operations: every kind is `Function`, without a body.
    pub operations: &'a [Item<'a>],
}

/// `test "name"` with a body.
#[derive(Clone, Copy, Debug)]
pub struct Test<'a> {
    /// The name, without its quotes, escapes resolved.
    pub name: Name<'a>,
    /// The body.
    pub body: &'a Expr<'a>,
}

/// A type.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    /// What it is.
    pub kind: TypeKind<'a>,
    /// The whole.
    pub span: Span,
}

/// What a type is.
#[derive(Clone, Copy, Debug)]
pub enum TypeKind<'a> {
    /// A type's name with its arguments: `Map String Int`, `Json.Value`. A single capital letter is a variable, unless
    /// a type of that name is in scope.
    Named {
        /// The path.
        path: &'a [Name<'a>],
        /// The arguments.
        arguments: &'a [Type<'a>],
    },
    /// A lower-case variable.
    Variable(Name<'a>),
    /// `(A, B)`; never empty or of one element. `()` as a type is `Unit`, a `Named`.
    Tuple(&'a [Type<'a>]),
    /// `fn(A, B) -[IO]> C`.
    Function {
        /// The parameters' types.
        parameters: &'a [Type<'a>],
        /// `-[…]>`; none for `->`.
        row: Option<Row<'a>>,
        /// The type of the result.
        result: &'a Type<'a>,
    },
}

/// `[IO, Fail E, e]`.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The effects, and aliases of rows, in order.
    pub effects: &'a [EffectUse<'a>],
    /// The variable at its end.
    pub variable: Option<Name<'a>>,
    /// The whole, with its brackets.
    pub span: Span,
}

/// An effect with its arguments.
#[derive(Clone, Copy, Debug)]
pub struct EffectUse<'a> {
    /// The path.
    pub path: &'a [Name<'a>],
    /// The arguments.
    pub arguments: &'a [Type<'a>],
    /// The whole.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    /// What it is.
    pub kind: ExprKind<'a>,
    /// The whole.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// An integer literal without a sign. Literals above 2^64 - 1 are a syntax error.
    Int(u64),
    /// A float literal, as written without `_`.
    Float(&'a str),
    /// A character.
    Char(char),
    /// A string; one part when it has no holes, none when it is empty.
    String(&'a [StringPart<'a>]),
    /// `true`, `false`
    Bool(bool),
    /// `()`
    Unit,
    /// A lower-case name.
    Name(Name<'a>),
    /// Upper-case names joined by dots, the last of which is a constructor: `Some`, `Option.Some`.
    Constructor(&'a [Name<'a>]),
    /// `Module.name`, `Trait.method`, `Type.function`, `Effect.operation`.
    Qualified {
        /// The upper-case names before the last dot.
        path: &'a [Name<'a>],
        /// The lower-case name.
        name: Name<'a>,
    },
    /// `object.name`
    Field {
        /// The object.
        object: &'a Expr<'a>,
        /// The field.
        name: Name<'a>,
    },
    /// `object.0`
    TupleField {
        /// The object.
        object: &'a Expr<'a>,
        /// The element's number.
        index: u32,
        /// Where the number stands.
        index_span: Span,
    },
    /// `callee(arguments)`: of a function, a constructor, an operation or a parenthesised expression.
    Call {
        /// What is called.
        callee: &'a Expr<'a>,
        /// The arguments.
        arguments: &'a [Argument<'a>],
    },
    /// `receiver.name(arguments)`.
    MethodCall {
        /// The first argument.
        receiver: &'a Expr<'a>,
        /// The method.
        name: Name<'a>,
        /// The other arguments.
        arguments: &'a [Argument<'a>],
    },
    /// `Path { name: value, name, … }`
    Struct {
        /// The struct's path.
        path: &'a [Name<'a>],
        /// The fields.
        fields: &'a [FieldValue<'a>],
    },
    /// `object~{ name: value }`
    Update {
        /// The object.
        object: &'a Expr<'a>,
        /// The fields.
        fields: &'a [FieldValue<'a>],
    },
    /// `[a, b]`
    List(&'a [Expr<'a>]),
    /// `(a, b)`; at least two.
    Tuple(&'a [Expr<'a>]),
    /// `|x, y| body`
    Lambda {
        /// The parameters.
        parameters: &'a [LambdaParameter<'a>],
        /// The body.
        body: &'a Expr<'a>,
    },
    /// `if c then a else b`, `if c` with blocks.
    If {
        /// The condition.
        condition: &'a Expr<'a>,
        /// When it holds.
        consequent: &'a Expr<'a>,
        /// When it does not.
        alternative: Option<&'a Expr<'a>>,
    },
    /// `case subject` with arms.
    Case {
        /// What is matched.
        subject: &'a Expr<'a>,
        /// The arms.
        arms: &'a [Arm<'a>],
    },
    /// `cond` with arms.
    Cond {
        /// The conditions with their values.
        arms: &'a [CondArm<'a>],
        /// The value of `_ ->`.
        otherwise: &'a Expr<'a>,
    },
    /// `handle body` with clauses.
    Handle {
        /// The handled expression.
        body: &'a Expr<'a>,
        /// The clauses.
        clauses: &'a [Clause<'a>],
        /// `then pattern -> value`.
        then: Option<(&'a Pattern<'a>, &'a Expr<'a>)>,
    },
    /// `resume value`; `resume` alone and `resume ()` are the same.
    Resume(Option<&'a Expr<'a>>),
    /// `fail error`
    Fail(&'a Expr<'a>),
    /// `catch body`
    Catch(&'a Expr<'a>),
    /// `result?`
    Try(&'a Expr<'a>),
    /// `-a`, `not a`
    Unary(UnaryOperator, &'a Expr<'a>),
    /// `a + b`
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Where it stands.
        operator_span: Span,
        /// Its left operand.
        left: &'a Expr<'a>,
        /// Its right operand.
        right: &'a Expr<'a>,
    },
    /// `a..b`, `a..=b`; the subject of a `for` only.
    Range {
        /// The first.
        from: &'a Expr<'a>,
        /// The end.
        to: &'a Expr<'a>,
        /// Whether the end belongs to it.
        inclusive: bool,
    },
    /// Statements; a block of one expression is that expression.
    Block(&'a [Statement<'a>]),
    /// `name := value`
    Assign {
        /// The variable.
        name: Name<'a>,
        /// Its new value.
        value: &'a Expr<'a>,
    },
    /// `for pattern in subject`
    For {
        /// The pattern.
        pattern: &'a Pattern<'a>,
        /// What is gone through.
        subject: &'a Expr<'a>,
        /// The body.
        body: &'a Expr<'a>,
    },
    /// `while condition`
    While {
        /// The condition.
        condition: &'a Expr<'a>,
        /// The body.
        body: &'a Expr<'a>,
    },
}

/// A part of a string.
#[derive(Clone, Copy, Debug)]
pub enum StringPart<'a> {
    /// Text, escapes resolved.
    Text(&'a str),
    /// `{expression}`
    Hole(&'a Expr<'a>),
}

/// An argument of a call, perhaps by name.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a> {
    /// The parameter's or field's name, where it is given.
    pub name: Option<Name<'a>>,
    /// The value.
    pub value: Expr<'a>,
}

/// `name: value`, or `name` for `name: name`.
#[derive(Clone, Copy, Debug)]
pub struct FieldValue<'a> {
    /// The field.
    pub name: Name<'a>,
    /// The value; a [`ExprKind::Name`] of the same name when it is left out.
    pub value: Expr<'a>,
    /// Whether it was left out.
    pub short: bool,
}

/// A parameter of a lambda.
#[derive(Clone, Copy, Debug)]
pub struct LambdaParameter<'a> {
    /// The pattern, irrefutable.
    pub pattern: Pattern<'a>,
    /// Its type, where it is given.
    pub ty: Option<&'a Type<'a>>,
}

/// `pattern when guard -> body`
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    /// The pattern.
    pub pattern: Pattern<'a>,
    /// The guard.
    pub guard: Option<&'a Expr<'a>>,
    /// The value.
    pub body: Expr<'a>,
}

/// `condition -> value`
#[derive(Clone, Copy, Debug)]
pub struct CondArm<'a> {
    /// The condition.
    pub condition: Expr<'a>,
    /// The value.
    pub body: Expr<'a>,
}

/// `Effect.operation(a, b) -> body`
#[derive(Clone, Copy, Debug)]
pub struct Clause<'a> {
    /// The effect's path.
    pub path: &'a [Name<'a>],
    /// The operation.
    pub operation: Name<'a>,
    /// The operation's parameters.
    pub parameters: &'a [Pattern<'a>],
    /// What it does.
    pub body: Expr<'a>,
    /// The whole.
    pub span: Span,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `++`
    Concat,
    /// `<>`
    Combine,
    /// `::`
    Cons,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessEqual,
    /// `>=`
    GreaterEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

/// A statement of a block.
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// `let pattern: Type = value`
    Let {
        /// The pattern.
        pattern: &'a Pattern<'a>,
        /// Its type, where it is given.
        ty: Option<&'a Type<'a>>,
        /// The value.
        value: &'a Expr<'a>,
    },
    /// `var name: Type = value`
    Var {
        /// The variable.
        name: Name<'a>,
        /// Its type, where it is given.
        ty: Option<&'a Type<'a>>,
        /// Its first value.
        value: &'a Expr<'a>,
    },
    /// An expression.
    Expr(&'a Expr<'a>),
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// What it is.
    pub kind: PatternKind<'a>,
    /// The whole.
    pub span: Span,
}

/// What a pattern is.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind<'a> {
    /// `_`
    Wildcard,
    /// A name, which it binds.
    Name(Name<'a>),
    /// An integer.
    Int {
        /// Whether `-` stands before it.
        negative: bool,
        /// Its digits' value.
        value: u64,
    },
    /// A float, as written, with its sign and without `_`.
    Float(&'a str),
    /// A character.
    Char(char),
    /// A string, escapes resolved.
    String(&'a str),
    /// `true`, `false`
    Bool(bool),
    /// `()`
    Unit,
    /// `Some(x)`, `None`, `Node(value: v, ..)`
    Constructor {
        /// The constructor's path.
        path: &'a [Name<'a>],
        /// Its fields.
        fields: &'a [FieldPattern<'a>],
        /// Whether `..` ends them.
        rest: bool,
    },
    /// `Point { x, y: 0, .. }`
    Struct {
        /// The struct's path.
        path: &'a [Name<'a>],
        /// The fields, all named.
        fields: &'a [FieldPattern<'a>],
        /// Whether `..` ends them.
        rest: bool,
    },
    /// `(a, b)`
    Tuple(&'a [Pattern<'a>]),
    /// `[a, b]`, `[a, ..rest]`, `[a, ..]`
    List {
        /// The first elements.
        items: &'a [Pattern<'a>],
        /// How it goes on.
        rest: ListRest<'a>,
    },
    /// `head :: tail`
    Cons(&'a Pattern<'a>, &'a Pattern<'a>),
    /// `pattern as name`
    As(&'a Pattern<'a>, Name<'a>),
    /// `a | b`
    Or(&'a [Pattern<'a>]),
}

/// How a list pattern goes on behind its elements.
#[derive(Clone, Copy, Debug)]
pub enum ListRest<'a> {
    /// It ends.
    None,
    /// `..`
    Ignored,
    /// `..name`
    Name(Name<'a>),
}

/// A pattern for a field, perhaps by name.
#[derive(Clone, Copy, Debug)]
pub struct FieldPattern<'a> {
    /// The field's name, where it is given.
    pub name: Option<Name<'a>>,
    /// The pattern.
    pub pattern: Pattern<'a>,
}
