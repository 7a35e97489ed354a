//! The code of functions and constants: expressions, statements, patterns.

use super::{ConstantId, DataId, EffectUse, FunctionId, LocalId, Row, TraitId, Ty};
use crate::source::Span;

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
