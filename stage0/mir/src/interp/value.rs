//! What a name of MIR stands for while a program runs.

use crate::entity::EffectId;
use crate::interp::arena::Handle;
use std::rc::Rc;

/// A value. Of managed ones, a copy of the value is not a reference to what it names: the heap counts those.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, and why.
    Absent(Absence),
    /// The bits of a scalar, zero-extended from its width.
    Scalar(u64),
    /// An immediate variant of a `ref`.
    Immediate(u32),
    /// A cell, an array or a closure.
    Object(Handle),
    /// A flat.
    Flat(Rc<FlatValue>),
    /// Memory to build in, or null.
    Token(Option<Handle>),
    /// A field of a cell that is still to be filled.
    Hole(Handle, u32),
    /// A variable in a cell of a frame.
    Variable(Handle),
    /// An evidence record.
    Evidence(Handle),
    /// A failure on its way.
    Failure(Box<Failure>),
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No instruction has defined the name yet.
    Undefined,
    /// The name was consumed.
    Consumed,
    /// The field was left open by `new … hole`.
    Open,
    /// The element was moved out by `elem_take`.
    Taken,
}

/// A flat: its variant and that variant's fields. Inactive slots do not exist here, so nobody can read them.
#[derive(Debug)]
pub struct FlatValue {
    /// The variant's number.
    pub variant: u32,
    /// Its fields.
    pub fields: Box<[Value]>,
}

/// A failure on its way.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A zero-resume operation and its payload, on the way to the nearest handler of the effect.
    Raised {
        /// The effect.
        effect: EffectId,
        /// The operation's number.
        operation: u32,
        /// Its operands, owned.
        payload: Vec<Value>,
    },
    /// A clause failed, on the way to the frame that made this evidence record, which holds the failure itself.
    Escaping(Handle),
}

impl Value {
    /// The value of a truth value.
    pub fn bool(value: bool) -> Value {
        Value::Scalar(u64::from(value))
    }

    /// The value of a signed 64-bit integer.
    pub fn i64(value: i64) -> Value {
        Value::Scalar(value as u64)
    }

    /// The value of a float.
    pub fn f64(value: f64) -> Value {
        Value::Scalar(value.to_bits())
    }

    /// A flat of a variant.
    pub fn flat(variant: u32, fields: Vec<Value>) -> Value {
        Value::Flat(Rc::new(FlatValue { variant, fields: fields.into() }))
    }

    /// Calls `visit` with every object that the value holds a reference to, were it counted.
    pub fn each_object(&self, visit: &mut impl FnMut(Handle)) {
        match self {
            Value::Object(handle) => visit(*handle),
            Value::Flat(flat) => flat.fields.iter().for_each(|field| field.each_object(visit)),
            Value::Failure(failure) => {
                if let Failure::Raised { payload, .. } = &**failure {
                    payload.iter().for_each(|value| value.each_object(visit));
                }
            }
            Value::Absent(_)
            | Value::Scalar(_)
            | Value::Immediate(_)
            | Value::Token(_)
            | Value::Hole(..)
            | Value::Variable(_)
            | Value::Evidence(_) => {}
        }
    }

    /// What kind of value it is, for messages about values that do not fit.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Absent(_) => "nothing",
            Value::Scalar(_) => "a scalar",
            Value::Immediate(_) => "an immediate variant",
            Value::Object(_) => "an object",
            Value::Flat(_) => "a flat",
            Value::Token(_) => "a token",
            Value::Hole(..) => "a hole",
            Value::Variable(_) => "a variable",
            Value::Evidence(_) => "evidence",
            Value::Failure(_) => "a failure",
        }
    }
}
