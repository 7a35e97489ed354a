//! The typed tree: what a program means. Names are bound, types and effect rows are known, every instance of a
//! generic item is written out with its arguments; it is still polymorphic. `resolve` declares the items, `infer` gives
//! them their bodies, `lower` compiles them for the types they are used at.

mod bodies;
mod items;

pub use bodies::*;
pub use items::*;

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
