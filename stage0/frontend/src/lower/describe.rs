//! Types and instances as Kea writes them, for messages.

use super::Lowering;
use super::instances::FunctionInstance;
use super::types::{Kind, Mono};

/// What nests deeper is left out.
const DEPTH_SHOWN: u32 = 4;

impl Lowering<'_, '_> {
    /// `List.map for Int, String`
    pub(super) fn describe_instance(&self, instance: &FunctionInstance) -> String {
        let mut text = format!("`{}`", self.program.functions[instance.function.index()].name);
        for (index, ty) in instance.substitution.types.iter().enumerate() {
            text.push_str(if index == 0 { " for " } else { ", " });
            text.push_str(&self.describe(*ty));
        }
        text
    }

    /// `List (Int, String)`
    pub(super) fn describe(&self, ty: Mono) -> String {
        let mut text = String::new();
        self.push_type(ty, DEPTH_SHOWN, false, &mut text);
        text
    }

    fn push_type(&self, ty: Mono, depth: u32, operand: bool, text: &mut String) {
        let Some(depth) = depth.checked_sub(1) else {
            text.push('…');
            return;
        };
        let applied = |name: &str, arguments: &[Mono], text: &mut String| {
            let parenthesised = operand && !arguments.is_empty();
            text.push_str(if parenthesised { "(" } else { "" });
            text.push_str(name);
            for argument in arguments {
                text.push(' ');
                self.push_type(*argument, depth, true, text);
            }
            text.push_str(if parenthesised { ")" } else { "" });
        };
        match self.types.kind(ty) {
            Kind::Vector(element) => applied("Vector", &[*element], text),
            Kind::Data(data, arguments) => applied(self.types.data(*data).name, arguments, text),
            Kind::Tuple(elements) => {
                text.push('(');
                self.push_list(elements, depth, text);
                text.push(')');
            }
            Kind::Function(parameters, _, result) => {
                text.push_str("fn(");
                self.push_list(parameters, depth, text);
                text.push_str(") -> ");
                self.push_type(*result, depth, false, text);
            }
            _ => text.push_str(self.types.name(ty)),
        }
    }

    fn push_list(&self, types: &[Mono], depth: u32, text: &mut String) {
        for (index, ty) in types.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            self.push_type(*ty, depth, false, text);
        }
    }
}
