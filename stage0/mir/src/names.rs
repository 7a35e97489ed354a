//! The names of types as text has them.

use crate::module::Module;
use crate::types::{Stored, Type};

impl Module {
    /// A type as text has it, for messages and for the writer.
    pub fn type_name(&self, ty: Type) -> String {
        match ty {
            Type::Stored(stored) => self.stored_name(stored),
            Type::Token(size) => format!("token {size}"),
            Type::Hole(stored) => format!("hole {}", self.stored_name(stored)),
            Type::Var(stored) => format!("var {}", self.stored_name(stored)),
            Type::Ev(effect) => format!("ev {}", self.effect(effect).name),
            Type::Env => "env".into(),
            Type::Fail => "fail".into(),
        }
    }

    /// The type of a field or an element as text has it.
    pub fn stored_name(&self, ty: Stored) -> String {
        match ty {
            Stored::Scalar(scalar) => scalar.name().into(),
            Stored::Ref(layout) => format!("ref {}", self.layout(layout).name),
            Stored::Flat(layout) => format!("flat {}", self.layout(layout).name),
            Stored::Fn(signature) => format!("fn {}", self.signatures[signature.index()].name),
        }
    }
}
