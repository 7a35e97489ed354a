//! Names that must differ.

use crate::ast::Name;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use rustc_hash::FxHashMap;

/// That no two of the names are the same, `_` aside.
pub(super) fn check<'a>(names: impl ExactSizeIterator<Item = Name<'a>>) -> Outcome<()> {
    if names.len() < 2 {
        return Ok(());
    }
    let mut known = FxHashMap::default();
    for name in names.filter(|name| name.text != "_") {
        if let Some(first) = known.insert(name.text, name.span) {
            return Err(duplicate(name, first));
        }
    }
    Ok(())
}

/// That a name is defined a second time.
pub(super) fn duplicate(name: Name<'_>, first: Span) -> Box<Diagnostic> {
    Diagnostic::new("duplicate-definition", name.span, format!("`{}` is defined twice", name.text))
        .note(first, "it is first defined here")
}
