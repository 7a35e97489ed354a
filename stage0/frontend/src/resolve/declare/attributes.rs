//! What the attributes of a function say. The parser has checked what they look like and what they stand before.

use crate::ast::{AttributeArgument, Item};
use crate::diagnostic::{Diagnostic, Outcome};

/// What the attributes of a function say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FunctionAttributes<'a> {
    /// `@inline`
    pub inline: bool,
    /// `@intrinsic("name")`
    pub intrinsic: Option<&'a str>,
}

/// What the attributes of a function say. `library` tells whether it belongs to the library.
pub(super) fn of_function<'a>(item: &Item<'a>, library: bool) -> Outcome<FunctionAttributes<'a>> {
    let mut found = FunctionAttributes::default();
    for attribute in item.attributes {
        match (attribute.name.text, attribute.arguments) {
            ("inline", _) => found.inline = true,
            ("intrinsic", _) if !library => {
                let message = "`@intrinsic` is for the library alone";
                return Err(Diagnostic::new("bad-attribute", attribute.name.span, message));
            }
            ("intrinsic", &[AttributeArgument::Text(name)]) => found.intrinsic = Some(name.text),
            _ => {}
        }
    }
    Ok(found)
}
