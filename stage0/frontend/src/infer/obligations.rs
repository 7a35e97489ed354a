//! Trait bounds: which implementation, or which bound of the signature, gives a type a trait.

use super::Checker;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{ImplementationId, TraitId, Ty, Type};
use crate::source::Span;
use rustc_hash::FxHashSet;

/// A type must have a trait.
#[derive(Clone, Copy)]
pub(super) struct Obligation<'a> {
    trait_id: TraitId,
    ty: Ty<'a>,
    span: Span,
}

/// An obligation on the way, with what it was needed for.
struct Step<'a> {
    trait_id: TraitId,
    ty: Ty<'a>,
    /// The step that needs it, by number; none of the obligation itself.
    reason: Option<usize>,
}

impl<'a> Checker<'a, '_> {
    /// The type must have the trait.
    pub(super) fn oblige(&mut self, trait_id: TraitId, ty: Ty<'a>, span: Span) {
        self.obligations.push(Obligation { trait_id, ty, span });
    }

    /// Solves all obligations of the declaration, whose types are final.
    pub(super) fn solve_obligations(&mut self) -> Outcome<()> {
        let mut solved = FxHashSet::default();
        for obligation in std::mem::take(&mut self.obligations) {
            self.solve(obligation, &mut solved)?;
        }
        Ok(())
    }

    fn solve(&mut self, obligation: Obligation<'a>, solved: &mut FxHashSet<(TraitId, *const Type<'a>)>) -> Outcome<()> {
        let mut steps = vec![Step { trait_id: obligation.trait_id, ty: obligation.ty, reason: None }];
        let mut next = 0;
        while next < steps.len() {
            let Step { trait_id, ty, .. } = steps[next];
            let ty = self.final_type(ty);
            if !solved.insert((trait_id, std::ptr::from_ref(ty))) {
                next += 1;
                continue;
            }
            if let Type::Parameter(number) = *ty {
                if !self.has_bound(number, trait_id) {
                    return Err(self.missing_instance(&steps, next, obligation.span));
                }
            } else {
                let Some(id) = self.instance_of(trait_id, ty) else {
                    return Err(self.missing_instance(&steps, next, obligation.span));
                };
                self.references.implementation(id);
                let implementation = &self.program.implementations[id.index()];
                for bound in &implementation.bounds {
                    let subject = Type::Parameter(bound.parameter);
                    let place = parts(implementation.target).iter().position(|ty| **ty == subject);
                    if let Some(ty) = place.and_then(|place| parts(ty).get(place)) {
                        steps.push(Step { trait_id: bound.trait_id, ty, reason: Some(next) });
                    }
                }
            }
            next += 1;
        }
        Ok(())
    }

    /// The implementation of a trait for the head of a type.
    pub(super) fn instance_of(&self, trait_id: TraitId, ty: Ty<'a>) -> Option<ImplementationId> {
        self.program.instances.get(&(trait_id, ty.head()?)).copied()
    }

    /// Whether the signature's bounds, with their supertraits, give a type parameter a trait.
    fn has_bound(&self, parameter: u32, trait_id: TraitId) -> bool {
        self.bounds_of(parameter).contains(&trait_id)
    }

    /// The traits that the signature's bounds give a type parameter, supertraits included, in order.
    pub(super) fn bounds_of(&self, parameter: u32) -> Vec<TraitId> {
        let mut traits: Vec<TraitId> = Vec::new();
        for bound in self.signature.bounds.iter().filter(|bound| bound.parameter == parameter) {
            if !traits.contains(&bound.trait_id) {
                traits.push(bound.trait_id);
            }
        }
        let mut next = 0;
        while next < traits.len() {
            for &supertrait in &self.program.traits[traits[next].index()].supertraits {
                if !traits.contains(&supertrait) {
                    traits.push(supertrait);
                }
            }
            next += 1;
        }
        traits
    }

    fn missing_instance(&self, steps: &[Step<'a>], failed: usize, span: Span) -> Box<Diagnostic> {
        let name = |step: &Step<'a>| self.program.traits[step.trait_id.index()].name;
        let step = &steps[failed];
        let mut message = format!("`{}` has no instance of `{}`", self.type_text(step.ty), name(step));
        let mut reason = step.reason;
        while let Some(number) = reason {
            let step = &steps[number];
            message += &format!(", which `{} as {}` needs", self.type_text(step.ty), name(step));
            reason = step.reason;
        }
        let error = Diagnostic::new("missing-instance", span, message);
        match *self.table.peek(step.ty) {
            Type::Parameter(_) => {
                error.hint(format!("add a bound to the signature: `where {}: {}`", self.type_text(step.ty), name(step)))
            }
            Type::Data(..) => {
                error.hint(format!("derive it, or write `{} as {}`", self.type_text(step.ty), name(step)))
            }
            _ => error,
        }
    }
}

/// What the parameters of an implementation stand for at a type.
fn parts<'a>(ty: Ty<'a>) -> &'a [Ty<'a>] {
    match ty {
        Type::Data(_, types) | Type::Tuple(types) => types,
        Type::Vector(element) => std::slice::from_ref(element),
        _ => &[],
    }
}
