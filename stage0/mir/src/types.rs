//! Types of values, and what they say of ownership.

use crate::entity::{EffectId, LayoutId, SignatureId, Value};
use smallvec::SmallVec;

/// A type without ownership that a machine register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// 8-bit integer.
    I8,
    /// 16-bit integer.
    I16,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 0 or 1 in a byte.
    Bool,
    /// An address of unmanaged memory.
    Ptr,
}

impl Scalar {
    /// All of them, in order.
    pub const ALL: [Scalar; 8] =
        [Scalar::I8, Scalar::I16, Scalar::I32, Scalar::I64, Scalar::F32, Scalar::F64, Scalar::Bool, Scalar::Ptr];

    /// The name in text.
    pub fn name(self) -> &'static str {
        match self {
            Scalar::I8 => "i8",
            Scalar::I16 => "i16",
            Scalar::I32 => "i32",
            Scalar::I64 => "i64",
            Scalar::F32 => "f32",
            Scalar::F64 => "f64",
            Scalar::Bool => "bool",
            Scalar::Ptr => "ptr",
        }
    }

    /// The scalar of that name.
    pub fn from_name(name: &str) -> Option<Scalar> {
        Scalar::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// Size and alignment in bytes.
    pub fn size(self) -> u32 {
        match self {
            Scalar::I8 | Scalar::Bool => 1,
            Scalar::I16 => 2,
            Scalar::I32 | Scalar::F32 => 4,
            Scalar::I64 | Scalar::F64 | Scalar::Ptr => 8,
        }
    }

    /// Whether it is `f32` or `f64`.
    pub fn is_float(self) -> bool {
        matches!(self, Scalar::F32 | Scalar::F64)
    }

    /// The width in bits of an integer (and of `bool`, 8; of `ptr`, 64).
    pub fn bits(self) -> u32 {
        self.size() * 8
    }
}

/// What may lie in a field, an element, a capture or a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stored {
    /// A scalar.
    Scalar(Scalar),
    /// A counted cell or array, or an immediate variant.
    Ref(LayoutId),
    /// An unboxed aggregate.
    Flat(LayoutId),
    /// A closure.
    Fn(SignatureId),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// What may also lie in memory.
    Stored(Stored),
    /// Memory of that many bytes to build in, or null.
    Token(u32),
    /// The address of a field that is still to be filled.
    Hole(Stored),
    /// A variable in a cell of the frame.
    Var(Stored),
    /// Evidence for the operations of an effect.
    Ev(EffectId),
    /// The environment of a closure's code.
    Env,
    /// A failure on its way.
    Fail,
}

impl Type {
    /// `i64`.
    pub const I64: Type = Type::Stored(Stored::Scalar(Scalar::I64));
    /// `bool`.
    pub const BOOL: Type = Type::Stored(Stored::Scalar(Scalar::Bool));
    /// `ptr`.
    pub const PTR: Type = Type::Stored(Stored::Scalar(Scalar::Ptr));

    /// What lies in memory, where it may.
    pub fn stored(self) -> Option<Stored> {
        match self {
            Type::Stored(stored) => Some(stored),
            _ => None,
        }
    }

    /// The scalar, where it is one.
    pub fn scalar(self) -> Option<Scalar> {
        match self {
            Type::Stored(Stored::Scalar(scalar)) => Some(scalar),
            _ => None,
        }
    }
}

impl From<Scalar> for Type {
    fn from(scalar: Scalar) -> Type {
        Type::Stored(Stored::Scalar(scalar))
    }
}

impl From<Stored> for Type {
    fn from(stored: Stored) -> Type {
        Type::Stored(stored)
    }
}

/// What a value's name holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// Nothing: the type is not managed.
    Plain,
    /// One count, to be consumed exactly once on every path.
    Own,
    /// One count, known to be the only one.
    Uniq,
    /// No count: it lives as long as its anchors.
    Borrow,
}

/// What a borrowed value lives as long as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anchor {
    /// Immortal data.
    Static,
    /// An owned value, or a borrowed parameter of the function.
    Value(Value),
}

/// The anchors of a borrowed value.
pub type Anchors = SmallVec<[Anchor; 2]>;
