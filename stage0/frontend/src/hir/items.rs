//! The items of a program: what it declares, with resolved signatures.

use super::{Body, ConstantId, DataId, EffectId, FunctionId, Head, ImplementationId, ModuleId, Row, TraitId, Ty};
use crate::source::Span;
use indexmap::IndexMap;

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
