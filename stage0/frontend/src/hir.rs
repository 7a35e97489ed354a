//! The typed tree: what a program means. Names are bound, types and effect rows are known, every instance of a
//! generic item is written out with its arguments; it is still polymorphic. `resolve` declares the items, `infer` gives
//! them their bodies, `lower` compiles them for the types they are used at.

use crate::source::Span;
use indexmap::IndexMap;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A module.
    ModuleId,
    /// A struct or an enum.
    DataId,
    /// A trait.
    TraitId,
    /// An implementation of a trait.
    ImplementationId,
    /// An effect, capabilities among them.
    EffectId,
    /// A function: of a module, inherent, a method of an implementation, or a method's default.
    FunctionId,
    /// A constant.
    ConstantId,
    /// A local variable of a body.
    LocalId,
    /// A type or a row that inference has not found yet.
    InferenceId,
}

/// A type. Types are allocated in the arena and compared by structure.
pub type Ty<'a> = &'a Type<'a>;

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type<'a> {
    /// 64-bit signed integer.
    Int,
    /// 8-bit unsigned integer.
    UInt8,
    /// 64-bit float.
    Float,
    /// `true` or `false`.
    Bool,
    /// A Unicode scalar value.
    Char,
    /// UTF-8 text.
    String,
    /// `()`
    Unit,
    /// The type of what does not return; fits every type.
    Never,
    /// `Vector a`
    Vector(Ty<'a>),
    /// A struct or an enum with its arguments.
    Data(DataId, &'a [Ty<'a>]),
    /// A tuple of two or more.
    Tuple(&'a [Ty<'a>]),
    /// A function.
    Function(&'a [Ty<'a>], Row<'a>, Ty<'a>),
    /// A type parameter of the enclosing declaration, by number. `Self` is number 0 of a trait's methods.
    Parameter(u32),
    /// Not known yet; only `infer` sees these.
    Inference(InferenceId),
}

/// An effect row. Effects are sorted by id, each constructor at most once; capabilities are effects too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row<'a> {
    /// The effects that are known.
    pub effects: &'a [EffectUse<'a>],
    /// What stands for any others.
    pub tail: Option<RowTail>,
}

/// The open end of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowTail {
    /// A row parameter of the enclosing declaration, by number; they are counted apart from type parameters.
    Parameter(u32),
    /// Not known yet; only `infer` sees these.
    Inference(InferenceId),
}

/// An effect with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectUse<'a> {
    /// The effect.
    pub effect: EffectId,
    /// Its arguments.
    pub arguments: &'a [Ty<'a>],
}

/// A whole program.
#[derive(Debug)]
pub struct Program<'a> {
    /// The modules, in order of dependence (the prelude's first).
    pub modules: Vec<Module<'a>>,
    /// Structs and enums.
    pub data: Vec<Data<'a>>,
    /// Traits.
    pub traits: Vec<Trait<'a>>,
    /// Implementations.
    pub implementations: Vec<Implementation<'a>>,
    /// The implementation of a trait for a type's head.
    pub instances: IndexMap<(TraitId, Head), ImplementationId, rustc_hash::FxBuildHasher>,
    /// Effects.
    pub effects: Vec<Effect<'a>>,
    /// Functions.
    pub functions: Vec<Function<'a>>,
    /// Constants.
    pub constants: Vec<Constant<'a>>,
    /// The constants in order of dependence; filled by `infer`.
    pub constant_order: Vec<ConstantId>,
    /// What the compiler itself refers to.
    pub known: Known,
    /// The module of the file that was asked for.
    pub root: ModuleId,
    /// `main` of the root module, where it is compiled as a program.
    pub main: Option<FunctionId>,
}

/// Items that the compiler itself refers to. Those of `lib/` are found by module and name.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// `List.List` with `Nil` (variant 0) and `Cons` (variant 1).
    pub list: DataId,
    /// `Result.Result` with `Ok` (0) and `Err` (1).
    pub result: DataId,
    /// `Option.Option`; `None` and `Some` by name.
    pub option: DataId,
    /// `Order.Ordering` with `Less` (0), `Equal` (1), `Greater` (2).
    pub ordering: DataId,
    /// `Fail.Fail`, whose operation 0 is `fail`.
    pub fail: EffectId,
    /// `Show.Show`, whose method 0 is `show`.
    pub show: TraitId,
    /// `Eq.Eq`, whose method 0 is `eq`.
    pub eq: TraitId,
    /// `Ord.Ord`, whose method 0 is `compare`.
    pub ord: TraitId,
    /// `List.append`, for `++`.
    pub list_append: FunctionId,
    /// `Vector.append`, for `++`.
    pub vector_append: FunctionId,
    /// The capability `IO`.
    pub io: EffectId,
    /// What ends a program with an uncaught failure: `IO.exit_with_failure`, of `fn(message: String) -[IO]> Never`.
    pub exit_with_failure: FunctionId,
}

/// What chooses an implementation: the outermost constructor of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Head {
    /// `Int`
    Int,
    /// `UInt8`
    UInt8,
    /// `Float`
    Float,
    /// `Bool`
    Bool,
    /// `Char`
    Char,
    /// `String`
    String,
    /// `Unit`
    Unit,
    /// `Never`
    Never,
    /// `Vector`
    Vector,
    /// A struct or an enum.
    Data(DataId),
    /// A tuple of that many.
    Tuple(u32),
    /// A function of that many parameters.
    Function(u32),
}

impl Type<'_> {
    /// The outermost constructor; none of a parameter or of what is not known.
    pub fn head(&self) -> Option<Head> {
        Some(match *self {
            Type::Int => Head::Int,
            Type::UInt8 => Head::UInt8,
            Type::Float => Head::Float,
            Type::Bool => Head::Bool,
            Type::Char => Head::Char,
            Type::String => Head::String,
            Type::Unit => Head::Unit,
            Type::Never => Head::Never,
            Type::Vector(_) => Head::Vector,
            Type::Data(id, _) => Head::Data(id),
            Type::Tuple(elements) => Head::Tuple(elements.len() as u32),
            Type::Function(parameters, ..) => Head::Function(parameters.len() as u32),
            Type::Parameter(_) | Type::Inference(_) => return None,
        })
    }
}

/// A module.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// Its full name, with dots.
    pub name: &'a str,
    /// Its file, as a span of no length at its start.
    pub span: Span,
    /// Whether it belongs to `lib/`.
    pub library: bool,
}

/// A struct or an enum.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its module.
    pub module: ModuleId,
    /// How many type parameters it has.
    pub parameters: u32,
    /// Whether it is a struct, which has one constructor of its own name.
    pub is_struct: bool,
    /// Its constructors.
    pub variants: Vec<Variant<'a>>,
    /// Its name's place.
    pub span: Span,
}

/// A constructor.
#[derive(Clone, Debug)]
pub struct Variant<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its fields.
    pub fields: Vec<Field<'a>>,
    /// Its name's place.
    pub span: Span,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its name, where it has one.
    pub name: Option<&'a str>,
    /// Its type over the parameters of its data type.
    pub ty: Ty<'a>,
}

/// A trait.
#[derive(Clone, Debug)]
pub struct Trait<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its module.
    pub module: ModuleId,
    /// Its supertraits, direct ones.
    pub supertraits: Vec<TraitId>,
    /// Its methods. Each is a function whose type parameter 0 is `Self`, bounded by the trait itself; its body, where
    /// there is one, is the default.
    pub methods: Vec<(&'a str, FunctionId)>,
    /// Its name's place.
    pub span: Span,
}

/// An implementation.
#[derive(Clone, Debug)]
pub struct Implementation<'a> {
    /// The trait.
    pub trait_id: TraitId,
    /// The type: a head over distinct parameters of the implementation, `Parameter(0)` and so on.
    pub target: Ty<'a>,
    /// How many type parameters it has.
    pub parameters: u32,
    /// Its conditions.
    pub bounds: Vec<Bound>,
    /// Its module.
    pub module: ModuleId,
    /// For each method of the trait, what implements it.
    pub methods: Vec<MethodSource>,
    /// Its place.
    pub span: Span,
}

/// Where the code of a method of an implementation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodSource {
    /// A function whose type parameters are the implementation's, then the method's own (without `Self`).
    Own(FunctionId),
    /// The trait's default, a function whose type parameters are `Self`, then the method's own.
    Default(FunctionId),
}

/// A type parameter that must have a trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The parameter's number.
    pub parameter: u32,
    /// The trait.
    pub trait_id: TraitId,
}

/// An effect.
#[derive(Clone, Debug)]
pub struct Effect<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its module; none for capabilities.
    pub module: Option<ModuleId>,
    /// How many type parameters it has.
    pub parameters: u32,
    /// Its operations. A capability has none.
    pub operations: Vec<Operation<'a>>,
    /// Whether the runtime performs it.
    pub capability: bool,
    /// Its name's place.
    pub span: Span,
}

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its parameters' names and types over the effect's parameters.
    pub parameters: Vec<(&'a str, Ty<'a>)>,
    /// Its result; `Never` makes it a failure, which a clause ends and never resumes.
    pub result: Ty<'a>,
    /// Its name's place.
    pub span: Span,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    /// Its name in a message and in a stack trace, unique in the program: `List.map`, `Point.norm`, `Int.Show.show`, `List.Eq.eq`.
    pub name: &'a str,
    /// Its module.
    pub module: ModuleId,
    /// How many type parameters it has: those of its implementation or of its struct first.
    pub type_parameters: u32,
    /// How many row parameters it has.
    pub row_parameters: u32,
    /// What its type parameters must have.
    pub bounds: Vec<Bound>,
    /// Its parameters.
    pub parameters: Vec<Parameter<'a>>,
    /// What it may perform.
    pub row: Row<'a>,
    /// The type of its result.
    pub result: Ty<'a>,
    /// Where its code comes from.
    pub code: Code<'a>,
    /// Whether it is marked `@inline`.
    pub inline: bool,
    /// Its name's place.
    pub span: Span,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub ty: Ty<'a>,
    /// Whether it is declared `borrow`.
    pub borrow: bool,
}

/// Where a function's code comes from.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// A method of a trait without a default.
    None,
    /// `@intrinsic("name")`
    Intrinsic(&'a str),
    /// Declared; `infer` has not given it its body yet.
    Declared,
    /// A body.
    Body(Body<'a>),
}

/// A constant.
#[derive(Clone, Debug)]
pub struct Constant<'a> {
    /// Its name in the program: `Limits.depth`.
    pub name: &'a str,
    /// Its module.
    pub module: ModuleId,
    /// Its type.
    pub ty: Ty<'a>,
    /// Its value; `infer` fills it in.
    pub body: Option<Body<'a>>,
    /// Its name's place.
    pub span: Span,
}

/// The code of a function or a constant.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    /// Every local of the body, those of its lambdas and clauses included.
    pub locals: Vec<Local<'a>>,
    /// The function's parameters.
    pub parameters: Vec<LocalId>,
    /// The value.
    pub value: &'a Expr<'a>,
}

/// A local variable.
#[derive(Clone, Copy, Debug)]
pub struct Local<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub ty: Ty<'a>,
    /// What it is.
    pub kind: LocalKind,
    /// Its name's place.
    pub span: Span,
}

/// What a local is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalKind {
    /// A parameter, a `let` or a pattern's name: never changes.
    Value,
    /// A `var` that only the code of its own function uses.
    Variable,
    /// A `var` that clauses of a handler use: it lives in a cell of the frame.
    Cell,
}

/// An expression. Evaluation is strict, from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    /// What it is.
    pub kind: ExprKind<'a>,
    /// Its type. Where a value of type `Never` stands for another type, this is `Never`.
    pub ty: Ty<'a>,
    /// Its place.
    pub span: Span,
}

/// A literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal<'a> {
    /// `Int`, in range.
    Int(i64),
    /// `UInt8`, in range.
    UInt8(u8),
    /// `Float`
    Float(f64),
    /// `Char`
    Char(char),
    /// `Bool`
    Bool(bool),
    /// `String`
    String(&'a str),
    /// `()`
    Unit,
}

/// A function with the types and rows of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionUse<'a> {
    /// The function.
    pub function: FunctionId,
    /// For each type parameter.
    pub types: &'a [Ty<'a>],
    /// For each row parameter.
    pub rows: &'a [Row<'a>],
}

/// A method of a trait at one use. The implementation follows from the type of `Self`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MethodUse<'a> {
    /// The trait.
    pub trait_id: TraitId,
    /// The method's number.
    pub method: u32,
    /// `Self`.
    pub self_ty: Ty<'a>,
    /// For each type parameter of the method itself, without `Self`.
    pub types: &'a [Ty<'a>],
    /// For each row parameter.
    pub rows: &'a [Row<'a>],
}

/// A named function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Named<'a> {
    /// A function.
    Function(FunctionUse<'a>),
    /// A method of a trait.
    Method(MethodUse<'a>),
}

/// What an expression is.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// A literal.
    Literal(Literal<'a>),
    /// The value of a local.
    Local(LocalId),
    /// The value of a constant.
    Constant(ConstantId),
    /// A named function as a value. The row of the expression's type may hold more than the function's own.
    Function(Named<'a>),
    /// A constructor with fields as a function value.
    ConstructorFunction {
        /// The type that it constructs.
        data: DataId,
        /// The constructor.
        variant: u32,
    },
    /// A call of a named function.
    Call {
        /// What is called.
        callee: Named<'a>,
        /// One argument a parameter.
        arguments: &'a [Expr<'a>],
    },
    /// A call of a function value.
    CallValue {
        /// The function value, evaluated first.
        callee: &'a Expr<'a>,
        /// One argument a parameter.
        arguments: &'a [Expr<'a>],
    },
    /// An operation that is performed. One whose result is `Never` is a failure: `fail e` is `Fail.fail(e)`.
    Perform {
        /// The effect.
        effect: EffectUse<'a>,
        /// The operation.
        operation: u32,
        /// Its arguments.
        arguments: &'a [Expr<'a>],
    },
    /// An operation on primitive types.
    Primitive {
        /// The operation.
        operation: Primitive,
        /// Its operands, all of one type.
        operands: &'a [Expr<'a>],
    },
    /// `a and b`
    And(&'a Expr<'a>, &'a Expr<'a>),
    /// `a or b`
    Or(&'a Expr<'a>, &'a Expr<'a>),
    /// A constructor's or struct's value; fields in order of declaration. (Where they were written in another order, `infer`
    /// puts `let`s of fresh locals around it.)
    Construct {
        /// The type; its arguments are those of the expression's type.
        data: DataId,
        /// The constructor.
        variant: u32,
        /// Its fields.
        fields: &'a [Expr<'a>],
    },
    /// `(a, b)`
    Tuple(&'a [Expr<'a>]),
    /// `[a, b]`, a `List`.
    List(&'a [Expr<'a>]),
    /// `"a{b}c"`: its parts, all of type `String` (`infer` has put `Show.show` around those that are not).
    Interpolate(&'a [Expr<'a>]),
    /// A field of a struct.
    Field {
        /// The struct's value.
        object: &'a Expr<'a>,
        /// The field.
        field: u32,
    },
    /// An element of a tuple.
    TupleField {
        /// The tuple.
        object: &'a Expr<'a>,
        /// The element.
        index: u32,
    },
    /// `object~{ field: value }`, values in order of the text.
    Update {
        /// The struct's value.
        object: &'a Expr<'a>,
        /// The fields that change.
        fields: &'a [(u32, Expr<'a>)],
    },
    /// Statements, then a value (`()` where it is left out).
    Block {
        /// The statements.
        statements: &'a [Statement<'a>],
        /// The value.
        value: Option<&'a Expr<'a>>,
    },
    /// `if`; without `alternative` of type `Unit`. (`cond` is nested `If`s.)
    If {
        /// The condition.
        condition: &'a Expr<'a>,
        /// When it holds.
        consequent: &'a Expr<'a>,
        /// When it does not.
        alternative: Option<&'a Expr<'a>>,
    },
    /// `case`. Exhaustive; the first arm that fits is taken.
    Match {
        /// What is matched.
        subject: &'a Expr<'a>,
        /// The arms.
        arms: &'a [Arm<'a>],
    },
    /// A lambda. Its row is that of the expression's type.
    Lambda {
        /// Its parameters, irrefutable.
        parameters: &'a [Pattern<'a>],
        /// Its body.
        body: &'a Expr<'a>,
        /// The locals of the enclosing code that it uses, in order of first use; never variables.
        captures: &'a [LocalId],
    },
    /// A function value whose type has a narrower row than the expression's type.
    Widen(&'a Expr<'a>),
    /// `handle`
    Handle(&'a Handle<'a>),
    /// `resume value`, in tail position of a clause. Of type `Never`.
    Resume(Option<&'a Expr<'a>>),
    /// `catch body`: `Ok` of its value, or `Err` of the error of a `Fail E` that its body performs. The expression's type is `Result a E`; with
    /// `E` = `Never` the body cannot fail.
    Catch(&'a Expr<'a>),
    /// `result?`: the value of `Ok`, or `Fail.fail` of the error of `Err`.
    Try(&'a Expr<'a>),
    /// `name := value`, of type `Unit`.
    Assign {
        /// A variable or a cell.
        local: LocalId,
        /// Its new value.
        value: &'a Expr<'a>,
    },
    /// `for`, of type `Unit`.
    For {
        /// The pattern, irrefutable.
        pattern: &'a Pattern<'a>,
        /// What is gone through, evaluated once.
        subject: Subject<'a>,
        /// The body, of type `Unit`.
        body: &'a Expr<'a>,
    },
    /// `while`, of type `Unit`.
    While {
        /// The condition.
        condition: &'a Expr<'a>,
        /// The body.
        body: &'a Expr<'a>,
    },
}

/// What a `for` goes through.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Integers of type `Int`.
    Range {
        /// The first.
        from: &'a Expr<'a>,
        /// The end.
        to: &'a Expr<'a>,
        /// Whether the end belongs to it.
        inclusive: bool,
    },
    /// A list.
    List(&'a Expr<'a>),
    /// A vector.
    Vector(&'a Expr<'a>),
}

/// An operation on primitive types. The type is that of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primitive {
    /// `Int`, `UInt8` (checked), `Float`
    Add,
    /// `Int`, `UInt8` (checked), `Float`
    Subtract,
    /// `Int`, `UInt8` (checked), `Float`
    Multiply,
    /// `Int`, `UInt8` (checked), `Float`
    Divide,
    /// `Int`, `UInt8` (checked), `Float` (sign of the dividend)
    Remainder,
    /// `Int` (checked), `Float`
    Negate,
    /// `Bool`
    Not,
    /// `Int`, `UInt8`, `Float`, `Bool`, `Char`, `String`, `Unit`
    Equal,
    /// The same.
    NotEqual,
    /// `Int`, `UInt8`, `Float`, `Char`, `String`
    Less,
    /// The same.
    LessEqual,
    /// The same.
    Greater,
    /// The same.
    GreaterEqual,
    /// `++` of two strings.
    Append,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// `let pattern = value`, irrefutable.
    Let(&'a Pattern<'a>, &'a Expr<'a>),
    /// `var name = value`
    Var(LocalId, &'a Expr<'a>),
    /// An expression of type `Unit` or `Never`.
    Expr(&'a Expr<'a>),
}

/// `pattern when guard -> body`
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    /// The pattern.
    pub pattern: Pattern<'a>,
    /// The guard.
    pub guard: Option<&'a Expr<'a>>,
    /// The value.
    pub body: &'a Expr<'a>,
    /// Its place.
    pub span: Span,
}

/// A `handle`.
#[derive(Clone, Copy, Debug)]
pub struct Handle<'a> {
    /// The effect that it handles, with the arguments that the body uses it at.
    pub effect: EffectUse<'a>,
    /// The handled expression.
    pub body: &'a Expr<'a>,
    /// One clause an operation, in order of declaration.
    pub clauses: &'a [Clause<'a>],
    /// What maps the result of a body that ends normally.
    pub then: Option<(&'a Pattern<'a>, &'a Expr<'a>)>,
}

/// A clause. Of an operation whose result is `Never` its body gives the value of the whole `handle`; of any other every path
/// ends in `Resume` or does not return.
#[derive(Clone, Copy, Debug)]
pub struct Clause<'a> {
    /// The operation's parameters, irrefutable.
    pub parameters: &'a [Pattern<'a>],
    /// What it does.
    pub body: &'a Expr<'a>,
    /// The locals of the enclosing code that it uses, in order of first use; variables among them are cells.
    pub captures: &'a [LocalId],
    /// What its body performs (row of the clause's own code), all of it in the context around the `handle`.
    pub row: Row<'a>,
    /// Its place.
    pub span: Span,
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// What it is.
    pub kind: PatternKind<'a>,
    /// The type of what it matches.
    pub ty: Ty<'a>,
    /// Its place.
    pub span: Span,
}

/// What a pattern is.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind<'a> {
    /// Fits anything.
    Wildcard,
    /// Binds a local to what the inner pattern fits (`p as x`), or to anything.
    Bind(LocalId, Option<&'a Pattern<'a>>),
    /// Fits one value.
    Literal(Literal<'a>),
    /// Fits a constructor, with a pattern for every field (lists' patterns are `Nil` and `Cons`).
    Variant {
        /// The type; its arguments are those of the pattern's type.
        data: DataId,
        /// The constructor.
        variant: u32,
        /// For each field.
        fields: &'a [Pattern<'a>],
    },
    /// Fits a tuple.
    Tuple(&'a [Pattern<'a>]),
    /// Fits what one of them fits; all bind the same locals.
    Or(&'a [Pattern<'a>]),
}
