//! Types with arguments in place of their parameters.

use crate::hir::{EffectUse, Row, Ty, Type};
use bumpalo::Bump;
use smallvec::SmallVec;

/// How many nodes the type of an expanded alias may have. Aliases of aliases grow exponentially.
const NODES_MAX: u32 = 10_000;

/// Puts types in place of parameters; row parameters stay.
pub(super) struct Substitution<'s, 'a> {
    arena: &'a Bump,
    arguments: &'s [Ty<'a>],
    sizes: Vec<u32>,
    left: u32,
}

impl<'s, 'a> Substitution<'s, 'a> {
    /// With these types for the parameters 0 and so on; none where they are too large.
    pub fn new(arena: &'a Bump, arguments: &'s [Ty<'a>]) -> Option<Substitution<'s, 'a>> {
        let mut left = NODES_MAX;
        let mut sizes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let before = left;
            measure(argument, &mut left)?;
            sizes.push(before - left);
        }
        Some(Substitution { arena, arguments, sizes, left: NODES_MAX })
    }

    /// The type with the arguments in place; none where it gets too large.
    pub fn ty(&mut self, ty: Ty<'a>) -> Option<Ty<'a>> {
        if let Type::Parameter(number) = *ty
            && let Some(&argument) = self.arguments.get(number as usize)
        {
            self.left = self.left.checked_sub(self.sizes[number as usize])?;
            return Some(argument);
        }
        self.left = self.left.checked_sub(1)?;
        Some(match *ty {
            Type::Vector(element) => self.arena.alloc(Type::Vector(self.ty(element)?)),
            Type::Data(data, arguments) => self.arena.alloc(Type::Data(data, self.types(arguments)?)),
            Type::Tuple(elements) => self.arena.alloc(Type::Tuple(self.types(elements)?)),
            Type::Function(parameters, row, result) => {
                let parameters = self.types(parameters)?;
                let row = self.row(row)?;
                self.arena.alloc(Type::Function(parameters, row, self.ty(result)?))
            }
            _ => ty,
        })
    }

    /// The row with the arguments in place; none where it gets too large.
    pub fn row(&mut self, row: Row<'a>) -> Option<Row<'a>> {
        let mut effects: SmallVec<[EffectUse<'a>; 8]> = SmallVec::with_capacity(row.effects.len());
        for used in row.effects {
            effects.push(EffectUse { effect: used.effect, arguments: self.types(used.arguments)? });
        }
        Some(Row { effects: self.arena.alloc_slice_copy(&effects), tail: row.tail })
    }

    fn types(&mut self, types: &[Ty<'a>]) -> Option<&'a [Ty<'a>]> {
        let mut substituted: SmallVec<[Ty<'a>; 8]> = SmallVec::with_capacity(types.len());
        for ty in types {
            substituted.push(self.ty(ty)?);
        }
        Some(self.arena.alloc_slice_copy(&substituted))
    }
}

/// Whether a type has no more nodes than an alias may stand for.
pub(super) fn fits(ty: Ty<'_>) -> bool {
    measure(ty, &mut { NODES_MAX }).is_some()
}

/// Takes the number of a type's nodes from what is left; none where it does not suffice.
fn measure(ty: Ty<'_>, left: &mut u32) -> Option<()> {
    *left = left.checked_sub(1)?;
    let mut all = |types: &[Ty<'_>]| types.iter().try_for_each(|ty| measure(ty, left));
    match *ty {
        Type::Vector(element) => measure(element, left),
        Type::Data(_, types) | Type::Tuple(types) => all(types),
        Type::Function(parameters, row, result) => {
            all(parameters)?;
            row.effects.iter().try_for_each(|used| all(used.arguments))?;
            measure(result, left)
        }
        _ => Some(()),
    }
}
