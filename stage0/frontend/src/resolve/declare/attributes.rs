//! What may stand before which item.

use crate::ast::{Attribute, AttributeArgument, Item, ItemKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::nearest::nearest;

/// The attributes of stage 0.
const KNOWN: &[&str] = &["derive", "inline", "intrinsic"];
/// The attributes that only stage 1 has.
const LATER: &[&str] =
    &["extern", "unboxed", "packed", "tailrec", "deferred", "with", "unsafe", "deprecated", "test_only"];

/// What the attributes of a function say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FunctionAttributes<'a> {
    /// `@inline`
    pub inline: bool,
    /// `@intrinsic("name")`
    pub intrinsic: Option<&'a str>,
}

/// That the attributes of an item fit it.
pub(super) fn check(item: &Item<'_>) -> Outcome<()> {
    for attribute in item.attributes {
        let fits = match (known(attribute)?, &item.kind) {
            ("derive", kind) => matches!(kind, ItemKind::Struct(_) | ItemKind::Enum(_)),
            (_, kind) => matches!(kind, ItemKind::Function(_)),
        };
        if !fits {
            return Err(bad(attribute, "does not fit what follows"));
        }
    }
    Ok(())
}

/// What the attributes of a function say. `library` tells whether it belongs to the library.
pub(super) fn of_function<'a>(item: &Item<'a>, library: bool) -> Outcome<FunctionAttributes<'a>> {
    let mut found = FunctionAttributes::default();
    for attribute in item.attributes {
        match (known(attribute)?, attribute.arguments) {
            ("inline", []) => found.inline = true,
            ("inline", _) => return Err(bad(attribute, "takes no arguments")),
            ("intrinsic", _) if !library => return Err(bad(attribute, "is for the library alone")),
            ("intrinsic", &[AttributeArgument::Text(name)]) => found.intrinsic = Some(name.text),
            ("intrinsic", _) => return Err(bad(attribute, "takes the name of an operation in quotes")),
            _ => return Err(bad(attribute, "does not fit what follows")),
        }
    }
    Ok(found)
}

/// The attribute's name, which stage 0 must know.
fn known<'a>(attribute: &Attribute<'a>) -> Outcome<&'a str> {
    let name = attribute.name;
    if KNOWN.contains(&name.text) {
        return Ok(name.text);
    }
    if LATER.contains(&name.text) {
        return Err(Diagnostic::unsupported(name.span, &format!("the attribute `@{}`", name.text)));
    }
    let error = Diagnostic::new("unknown-attribute", name.span, format!("unknown attribute `@{}`", name.text));
    Err(match nearest(name.text, KNOWN.iter().chain(LATER).copied()) {
        Some(near) => error.hint(format!("is `@{near}` meant?")),
        None => error,
    })
}

fn bad(attribute: &Attribute<'_>, reason: &str) -> Box<Diagnostic> {
    Diagnostic::new("bad-attribute", attribute.name.span, format!("`@{}` {reason}", attribute.name.text))
}
