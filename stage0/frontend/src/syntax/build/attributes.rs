//! Attributes: which there are, and what may stand in their parentheses.

use super::Builder;
use crate::ast::{Attribute, AttributeArgument, ItemKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::nearest;
use crate::syntax::grammar::{Node, Rule};

/// The attributes of stage 0.
const ATTRIBUTES: [&str; 3] = ["derive", "inline", "intrinsic"];
/// The other attributes of the language.
const STAGE_1: [&str; 9] =
    ["extern", "unboxed", "packed", "tailrec", "deferred", "with", "unsafe", "deprecated", "test_only"];
/// What `@derive` writes.
const DERIVED: [&str; 4] = ["Eq", "Ord", "Show", "Hash"];

impl<'a> Builder<'a, '_> {
    /// `@name(…)`
    pub fn attribute(&self, node: Node<'_>) -> Outcome<Attribute<'a>> {
        let span = self.span(&node);
        let mut parts = node.into_inner();
        let name = self.name(&super::expect(&mut parts, span)?);
        let arguments: Vec<AttributeArgument<'a>> = parts
            .map(|part| match part.as_rule() {
                Rule::string => AttributeArgument::Text(self.string(&part)),
                _ => AttributeArgument::Name(self.name(&part)),
            })
            .collect();
        if STAGE_1.contains(&name.text) {
            return Err(Diagnostic::unsupported(name.span, &format!("`@{}`", name.text)));
        }
        if !ATTRIBUTES.contains(&name.text) {
            let message = format!("there is no attribute `@{}`", name.text);
            let error = Diagnostic::new("unknown-attribute", name.span, message);
            let known = ATTRIBUTES.iter().chain(&STAGE_1).copied();
            return Err(match nearest::nearest(name.text, known) {
                Some(near) => error.hint(format!("did you mean `@{near}`?")),
                None => error,
            });
        }
        let attribute = Attribute { name, arguments: self.slice(&arguments) };
        self.check_arguments(&attribute)?;
        Ok(attribute)
    }

    fn check_arguments(&self, attribute: &Attribute<'a>) -> Outcome<()> {
        let name = attribute.name;
        match (name.text, attribute.arguments) {
            ("inline", []) | ("intrinsic", [AttributeArgument::Text(_)]) => Ok(()),
            ("derive", traits) if !traits.is_empty() => traits.iter().try_for_each(derivable),
            (text, _) => {
                let expected = match text {
                    "inline" => "no arguments",
                    "intrinsic" => "one string",
                    _ => "the names of traits",
                };
                let message = format!("`@{text}` takes {expected}");
                Err(Diagnostic::new("malformed-attribute", name.span, message))
            }
        }
    }

    /// Each attribute must suit what it stands before.
    pub fn check_attributes(&self, attributes: &[Attribute<'a>], kind: ItemKind<'a>) -> Outcome<()> {
        for attribute in attributes {
            let (suits, place) = match (attribute.name.text, kind) {
                ("derive", kind) => (matches!(kind, ItemKind::Struct(_) | ItemKind::Enum(_)), "a struct or an enum"),
                ("intrinsic", ItemKind::Function(function)) => (function.body.is_none(), "a function without a body"),
                ("intrinsic", _) => (false, "a function without a body"),
                (_, kind) => (matches!(kind, ItemKind::Function(_)), "a function"),
            };
            if !suits {
                let message = format!("`@{}` stands before {place} only", attribute.name.text);
                return Err(Diagnostic::new("malformed-attribute", attribute.name.span, message));
            }
        }
        Ok(())
    }
}

/// Refuses what cannot be derived.
fn derivable(argument: &AttributeArgument<'_>) -> Outcome<()> {
    match argument {
        AttributeArgument::Name(name) if DERIVED.contains(&name.text) => Ok(()),
        AttributeArgument::Name(name) if name.text == "Default" => {
            Err(Diagnostic::unsupported(name.span, "deriving `Default`"))
        }
        AttributeArgument::Name(name) | AttributeArgument::Text(name) => {
            let error = Diagnostic::new("not-derivable", name.span, format!("`{}` cannot be derived", name.text));
            Err(error.hint("`Eq`, `Ord`, `Show` and `Hash` can"))
        }
    }
}
