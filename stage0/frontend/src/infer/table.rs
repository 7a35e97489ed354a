//! Inference variables of types and rows, what they stand for, and signatures with fresh ones in place of their parameters.

use super::rows::Watcher;
use crate::hir::{EffectId, EffectUse, InferenceId, Row, RowTail, Ty, Type};
use bumpalo::Bump;
use smallvec::SmallVec;

/// The variables of one declaration.
#[derive(Default)]
pub(super) struct Table<'a> {
    types: Vec<TypeVariable<'a>>,
    rows: Vec<RowVariable<'a>>,
}

/// A type that is not known yet, or was not.
#[derive(Clone, Copy)]
struct TypeVariable<'a> {
    binding: Option<Ty<'a>>,
    /// Whether it is the type of an integer literal: `Int`, `UInt8` or `Float`.
    number: bool,
}

/// A row that is not known yet, or was not.
#[derive(Default)]
struct RowVariable<'a> {
    binding: Option<Row<'a>>,
    /// The effects that it must not hold.
    lacks: SmallVec<[EffectId; 2]>,
    /// The rows that must hold whatever it holds.
    watchers: Vec<Watcher<'a>>,
}

/// A row whose variables are replaced by what they stand for.
pub(super) struct FlatRow<'a> {
    /// Its effects, in any order.
    pub(super) effects: SmallVec<[EffectUse<'a>; 4]>,
    /// Its end; a variable there is unbound.
    pub(super) tail: Option<RowTail>,
}

impl<'a> FlatRow<'a> {
    /// The use of that effect.
    pub(super) fn find(&self, effect: EffectId) -> Option<EffectUse<'a>> {
        self.effects.iter().copied().find(|known| known.effect == effect)
    }
}

impl<'a> Table<'a> {
    /// Forgets every variable.
    pub(super) fn clear(&mut self) {
        self.types.clear();
        self.rows.clear();
    }

    /// A new type variable.
    pub(super) fn fresh(&mut self, arena: &'a Bump) -> Ty<'a> {
        self.add(arena, false)
    }

    /// A new type variable for an integer literal.
    pub(super) fn fresh_number(&mut self, arena: &'a Bump) -> Ty<'a> {
        self.add(arena, true)
    }

    fn add(&mut self, arena: &'a Bump, number: bool) -> Ty<'a> {
        self.types.push(TypeVariable { binding: None, number });
        arena.alloc(Type::Inference(InferenceId(self.types.len() as u32 - 1)))
    }

    /// A new row variable that must not hold those effects.
    pub(super) fn fresh_row(&mut self, lacks: &[EffectId]) -> InferenceId {
        self.rows.push(RowVariable { lacks: SmallVec::from_slice(lacks), ..RowVariable::default() });
        InferenceId(self.rows.len() as u32 - 1)
    }

    /// A new row of which nothing is known.
    pub(super) fn open_row(&mut self, lacks: &[EffectId]) -> Row<'a> {
        Row { effects: &[], tail: Some(RowTail::Inference(self.fresh_row(lacks))) }
    }

    /// The type with its outermost constructor, where that is known.
    pub(super) fn resolve(&mut self, ty: Ty<'a>) -> Ty<'a> {
        let last = self.peek(ty);
        let mut step = ty;
        while let Type::Inference(id) = *step {
            // Later walks take one step.
            match self.types[id.index()].binding.replace(last) {
                Some(next) => step = next,
                None => {
                    self.types[id.index()].binding = None;
                    break;
                }
            }
        }
        last
    }

    /// The same, without remembering the way.
    pub(super) fn peek(&self, mut ty: Ty<'a>) -> Ty<'a> {
        while let Type::Inference(id) = *ty {
            let Some(next) = self.types[id.index()].binding else { break };
            ty = next;
        }
        ty
    }

    /// Whether an unbound variable is the type of an integer literal.
    pub(super) fn is_number(&self, id: InferenceId) -> bool {
        self.types[id.index()].number
    }

    /// Makes an unbound variable the type of an integer literal.
    pub(super) fn make_number(&mut self, id: InferenceId) {
        self.types[id.index()].number = true;
    }

    /// Says what an unbound variable stands for.
    pub(super) fn bind(&mut self, id: InferenceId, ty: Ty<'a>) {
        debug_assert!(self.types[id.index()].binding.is_none(), "a type variable is bound once");
        self.types[id.index()].binding = Some(ty);
    }

    /// Says what an unbound row variable stands for; gives the rows that were watching it.
    pub(super) fn bind_row(&mut self, id: InferenceId, row: Row<'a>) -> Vec<Watcher<'a>> {
        debug_assert!(self.rows[id.index()].binding.is_none(), "a row variable is bound once");
        self.rows[id.index()].binding = Some(row);
        std::mem::take(&mut self.rows[id.index()].watchers)
    }

    /// The effects that an unbound row variable must not hold.
    pub(super) fn lacks(&self, id: InferenceId) -> &[EffectId] {
        &self.rows[id.index()].lacks
    }

    /// Forbids an effect in an unbound row variable.
    pub(super) fn forbid(&mut self, id: InferenceId, effect: EffectId) {
        let lacks = &mut self.rows[id.index()].lacks;
        if !lacks.contains(&effect) {
            lacks.push(effect);
        }
    }

    /// Demands that a row holds whatever an unbound row variable will hold.
    pub(super) fn watch(&mut self, id: InferenceId, watcher: Watcher<'a>) {
        self.rows[id.index()].watchers.push(watcher);
    }

    /// The row with all that is known of it.
    pub(super) fn flatten(&self, row: Row<'a>) -> FlatRow<'a> {
        let mut flat = FlatRow { effects: SmallVec::from_slice(row.effects), tail: row.tail };
        while let Some(RowTail::Inference(id)) = flat.tail {
            let Some(next) = self.rows[id.index()].binding else { break };
            flat.effects.extend_from_slice(next.effects);
            flat.tail = next.tail;
        }
        flat
    }
}

/// Replaces parameters in the types and rows of a signature.
pub(super) struct Substitution<'a, 's> {
    /// The arena.
    pub(super) arena: &'a Bump,
    /// What the type parameters stand for.
    pub(super) types: &'s [Ty<'a>],
    /// What the row parameters stand for.
    pub(super) rows: &'s [Row<'a>],
}

impl<'a> Substitution<'a, '_> {
    /// The type with its parameters replaced.
    pub(super) fn ty(&self, ty: Ty<'a>) -> Ty<'a> {
        match *ty {
            Type::Parameter(number) => self.types.get(number as usize).copied().unwrap_or(ty),
            Type::Vector(element) => {
                let replaced = self.ty(element);
                if std::ptr::eq(replaced, element) { ty } else { self.arena.alloc(Type::Vector(replaced)) }
            }
            Type::Data(id, arguments) => match self.types(arguments) {
                Some(replaced) => self.arena.alloc(Type::Data(id, replaced)),
                None => ty,
            },
            Type::Tuple(elements) => match self.types(elements) {
                Some(replaced) => self.arena.alloc(Type::Tuple(replaced)),
                None => ty,
            },
            Type::Function(parameters, row, result) => {
                let parameters = self.types(parameters).unwrap_or(parameters);
                self.arena.alloc(Type::Function(parameters, self.row(row), self.ty(result)))
            }
            _ => ty,
        }
    }

    /// The types with their parameters replaced; none where nothing changes.
    fn types(&self, types: &'a [Ty<'a>]) -> Option<&'a [Ty<'a>]> {
        let replaced: SmallVec<[Ty<'a>; 4]> = types.iter().map(|ty| self.ty(ty)).collect();
        let same = replaced.iter().zip(types).all(|(new, old)| std::ptr::eq(*new, *old));
        (!same).then(|| &*self.arena.alloc_slice_copy(&replaced))
    }

    /// The row with its parameters replaced.
    pub(super) fn row(&self, row: Row<'a>) -> Row<'a> {
        let effects: SmallVec<[EffectUse<'a>; 4]> = row
            .effects
            .iter()
            .map(|used| EffectUse {
                effect: used.effect,
                arguments: self.types(used.arguments).unwrap_or(used.arguments),
            })
            .collect();
        match row.tail {
            Some(RowTail::Parameter(number)) if (number as usize) < self.rows.len() => {
                let end = self.rows[number as usize];
                debug_assert!(end.effects.is_empty(), "a row parameter stands for a row variable");
                Row { effects: self.arena.alloc_slice_copy(&effects), tail: end.tail }
            }
            tail if effects.is_empty() => Row { effects: &[], tail },
            tail => Row { effects: self.arena.alloc_slice_copy(&effects), tail },
        }
    }
}
