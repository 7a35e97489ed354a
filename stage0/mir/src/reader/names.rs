//! The names that a module declares.

use super::cursor::{Cursor, shorten};
use super::{NAME, Read};
use crate::diagnostic::Diagnostic;
use crate::entity::{DataId, EffectId, FuncId, GlobalId, LayoutId, SignatureId};
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Every name of a module, with what it stands for.
#[derive(Default)]
pub(super) struct Names<'t> {
    pub(super) layouts: FxHashMap<&'t str, LayoutId>,
    pub(super) variants: FxHashMap<(LayoutId, &'t str), u32>,
    pub(super) fields: FxHashMap<(LayoutId, u32, &'t str), u32>,
    pub(super) signatures: FxHashMap<&'t str, SignatureId>,
    pub(super) effects: FxHashMap<&'t str, EffectId>,
    pub(super) operations: FxHashMap<(EffectId, &'t str), u32>,
    pub(super) functions: FxHashMap<&'t str, FuncId>,
    pub(super) globals: FxHashMap<&'t str, GlobalId>,
    pub(super) data: FxHashMap<&'t str, DataId>,
}

/// Declares a name; a second declaration is an error.
pub(super) fn declare<K: Hash + Eq, I>(
    table: &mut FxHashMap<K, I>,
    key: K,
    id: I,
    cursor: &Cursor<'_>,
    what: &str,
    name: &str,
) -> Read<()> {
    match table.insert(key, id) {
        None => Ok(()),
        Some(_) => Err(cursor.error(NAME, format!("{what} `{}` is declared twice", shorten(name)))),
    }
}

/// What a name stands for.
#[inline]
pub(super) fn find<K: Hash + Eq, I: Copy>(
    table: &FxHashMap<K, I>,
    key: K,
    cursor: &Cursor<'_>,
    what: &str,
    name: &str,
) -> Read<I> {
    match table.get(&key) {
        Some(id) => Ok(*id),
        None => Err(cursor.error(NAME, format!("there is no {what} `{}`", shorten(name)))),
    }
}

impl<'t> Names<'t> {
    /// `LAYOUT.VARIANT`, behind blanks.
    pub(super) fn variant(&self, cursor: &mut Cursor<'t>) -> Read<(LayoutId, u32)> {
        let (layout_name, variant_name) = qualified(cursor, "`LAYOUT.VARIANT`")?;
        let layout = find(&self.layouts, layout_name, cursor, "layout", layout_name)?;
        let variant = self.variant_of(cursor, layout, layout_name, variant_name)?;
        Ok((layout, variant))
    }

    /// The number of a variant.
    pub(super) fn variant_of(&self, cursor: &Cursor<'t>, layout: LayoutId, owner: &str, name: &'t str) -> Read<u32> {
        let found = self.variants.get(&(layout, name)).copied();
        found.ok_or_else(|| no_member(cursor, "layout", owner, "variant", name))
    }

    /// `EFFECT.OPERATION`, behind blanks.
    pub(super) fn operation(&self, cursor: &mut Cursor<'t>) -> Read<(EffectId, u32)> {
        let (effect_name, name) = qualified(cursor, "`EFFECT.OPERATION`")?;
        let effect = find(&self.effects, effect_name, cursor, "effect", effect_name)?;
        let operation = self.operations.get(&(effect, name)).copied();
        let operation = operation.ok_or_else(|| no_member(cursor, "effect", effect_name, "operation", name))?;
        Ok((effect, operation))
    }
}

/// An error: the owner has no member of that name.
#[cold]
pub(super) fn no_member(cursor: &Cursor<'_>, owner_kind: &str, owner: &str, kind: &str, name: &str) -> Box<Diagnostic> {
    cursor.error(NAME, format!("{owner_kind} `{}` has no {kind} `{}`", shorten(owner), shorten(name)))
}

/// A name with a dot, whose last one separates.
pub(super) fn qualified<'t>(cursor: &mut Cursor<'t>, what: &str) -> Read<(&'t str, &'t str)> {
    cursor.blanks();
    let start = cursor.position();
    cursor.name().rsplit_once('.').ok_or_else(|| cursor.at(start).expected(what))
}
