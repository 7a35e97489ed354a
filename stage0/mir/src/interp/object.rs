//! What lies in the heap.

use crate::entity::{FuncId, LayoutId};
use crate::interp::array::Array;
use crate::interp::value::Value;
use crate::layout::{LayoutKind, Shape};
use crate::module::Module;

/// A counted object.
#[derive(Debug)]
pub struct Object {
    /// How many references there are; 0 is immortal.
    pub count: u32,
    /// What it is.
    pub body: ObjectBody,
}

/// What an object is.
#[derive(Debug)]
pub enum ObjectBody {
    /// Memory that a token stands for.
    Token {
        /// Its size in bytes.
        bytes: u32,
    },
    /// A cell of a variant.
    Cell {
        /// The layout.
        layout: LayoutId,
        /// The variant's number.
        variant: u32,
        /// The fields; absent while they are open.
        fields: Box<[Value]>,
    },
    /// An array.
    Array(Array),
    /// A closure.
    Closure {
        /// Its code.
        code: FuncId,
        /// What it captures.
        captures: Box<[Value]>,
    },
}

impl ObjectBody {
    /// Calls `visit` with every value that the object holds and that may refer to other objects.
    pub fn each_value(&self, mut visit: impl FnMut(&Value)) {
        match self {
            ObjectBody::Token { .. } => {}
            ObjectBody::Cell { fields, .. } => fields.iter().for_each(visit),
            ObjectBody::Array(array) => array.each_value(&mut visit),
            ObjectBody::Closure { captures, .. } => captures.iter().for_each(visit),
        }
    }

    /// What it is, for messages: `a cell List.Cons`.
    pub fn describe(&self, module: &Module) -> String {
        match self {
            ObjectBody::Token { bytes } => format!("the memory of a token of {bytes} bytes"),
            ObjectBody::Cell { layout, variant, .. } => {
                let layout = module.layout(*layout);
                let variant = layout.variants().get(*variant as usize).map_or("", |variant| &variant.name);
                format!("a cell {}.{variant}", layout.name)
            }
            ObjectBody::Array(array) => format!("an array {}", module.layout(array.layout()).name),
            ObjectBody::Closure { code, .. } => format!("a closure of @{}", module.function(*code).name),
        }
    }

    /// Bytes that it takes in native memory.
    pub fn bytes(&self, module: &Module) -> u64 {
        match self {
            ObjectBody::Token { bytes } => u64::from(*bytes),
            ObjectBody::Cell { layout, variant, .. } => u64::from(cell_bytes(module, *layout, *variant)),
            ObjectBody::Array(array) => array.bytes(),
            ObjectBody::Closure { code, .. } => u64::from(module.closure_shape(&module.function(*code).captures).size),
        }
    }
}

/// The size of a cell of the variant; 0 for what is not a cell.
pub fn cell_bytes(module: &Module, layout: LayoutId, variant: u32) -> u32 {
    match (&module.layout(layout).kind, module.layout(layout).variants().get(variant as usize)) {
        (LayoutKind::Cells(_), Some(variant)) => match variant.shape {
            Shape::Cell { size, .. } => size,
            Shape::Immediate | Shape::Flat => 0,
        },
        _ => 0,
    }
}
