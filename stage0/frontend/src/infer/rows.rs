//! Effect rows: which effects an expression may perform where it stands.
//!
//! An expression is checked under the row of the code around it. That a callee's row must be contained in it is a
//! demand on rows, not an equality: `demand(sub, superset)` adds what is missing to an open superset and refuses it to a
//! closed one. Where the end of `sub` is not known yet, it is watched: whatever it turns out to be is demanded then. So
//! every row that inference finds is the smallest one, and a lambda's row holds no more than what it performs.

use super::Checker;
use super::unify::Failure;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{EffectId, EffectUse, FunctionId, InferenceId, Row, RowTail, TraitId, Ty, Type};
use crate::source::Span;

/// A row that must hold whatever a row variable will hold.
#[derive(Clone, Copy)]
pub(super) struct Watcher<'a> {
    /// The row.
    pub(super) superset: Row<'a>,
    /// Whether it is that of the declaration's signature.
    pub(super) declared: bool,
    /// An effect that is handled between the two.
    pub(super) except: Option<EffectUse<'a>>,
    /// The call that made the demand, where it was one.
    pub(super) origin: Option<Cause>,
}

/// What performs effects, for messages.
#[derive(Clone, Copy)]
pub(super) struct Cause {
    /// The expression.
    pub(super) span: Span,
    /// What it calls.
    pub(super) performer: Performer,
}

/// What an expression calls.
#[derive(Clone, Copy)]
pub(super) enum Performer {
    /// A function.
    Function(FunctionId),
    /// A method of a trait.
    Method(TraitId, u32),
    /// An operation.
    Operation(EffectId, u32),
    /// A function value.
    Value,
    /// `fail`
    Fail,
    /// `?`
    Try,
}

impl<'a> Checker<'a, '_> {
    /// The expression performs an effect.
    pub(super) fn perform(&mut self, used: EffectUse<'a>, cause: Cause) -> Outcome<()> {
        self.demand_effect(used, self.around(Some(cause)), cause)
    }

    /// The expression performs what is in the row.
    pub(super) fn perform_all(&mut self, row: Row<'a>, cause: Cause) -> Outcome<()> {
        self.demand(row, self.around(Some(cause)), cause)
    }

    /// The row of the code around.
    pub(super) fn around(&self, origin: Option<Cause>) -> Watcher<'a> {
        Watcher { superset: self.row, declared: self.declared, except: None, origin }
    }

    /// The watcher's row must hold what the row holds, but for the handled effect.
    pub(super) fn demand(&mut self, row: Row<'a>, watcher: Watcher<'a>, cause: Cause) -> Outcome<()> {
        let Watcher { superset, except, .. } = watcher;
        let flat = self.table.flatten(row);
        for used in flat.effects {
            match except {
                Some(handled) if handled.effect == used.effect => self.unify_arguments(handled, used, cause)?,
                _ => self.demand_effect(used, watcher, cause)?,
            }
        }
        match flat.tail {
            None => Ok(()),
            Some(RowTail::Parameter(number)) => {
                if let Some(handled) = except {
                    self.require_exclusion(number, handled.effect, cause)?;
                }
                self.demand_parameter(number, watcher, cause)
            }
            Some(RowTail::Inference(id)) => {
                if self.table.flatten(superset).tail != flat.tail || except.is_some() {
                    self.table.watch(id, watcher);
                }
                Ok(())
            }
        }
    }

    /// The superset must hold the effect.
    fn demand_effect(&mut self, used: EffectUse<'a>, watcher: Watcher<'a>, cause: Cause) -> Outcome<()> {
        let flat = self.table.flatten(watcher.superset);
        if let Some(known) = flat.find(used.effect) {
            return self.unify_arguments(known, used, cause);
        }
        match flat.tail {
            Some(RowTail::Inference(id)) => self.extend_row(id, used, cause),
            _ => Err(self.missing_effect(&self.effect_name(used), watcher, cause)),
        }
    }

    /// The superset must end in the row parameter.
    fn demand_parameter(&mut self, number: u32, watcher: Watcher<'a>, cause: Cause) -> Outcome<()> {
        match self.table.flatten(watcher.superset).tail {
            Some(RowTail::Parameter(known)) if known == number => Ok(()),
            Some(RowTail::Inference(id)) => {
                self.bind_row(id, Row { effects: &[], tail: Some(RowTail::Parameter(number)) }, cause)
            }
            _ => {
                let name = self.row_parameter_name(number);
                Err(self.missing_effect(&name, watcher, cause))
            }
        }
    }

    /// Adds an effect to an open row.
    fn extend_row(&mut self, id: InferenceId, used: EffectUse<'a>, cause: Cause) -> Outcome<()> {
        let mut lacks: Vec<EffectId> = self.table.lacks(id).to_vec();
        lacks.push(used.effect);
        let rest = self.table.fresh_row(&lacks);
        let row = Row { effects: self.arena.alloc_slice_copy(&[used]), tail: Some(RowTail::Inference(rest)) };
        self.bind_row(id, row, cause)
    }

    /// Says what an unbound row variable stands for, and demands it of the rows that watch it.
    pub(super) fn bind_row(&mut self, id: InferenceId, row: Row<'a>, cause: Cause) -> Outcome<()> {
        let flat = self.table.flatten(row);
        if flat.effects.is_empty() && flat.tail == Some(RowTail::Inference(id)) {
            return Ok(());
        }
        let lacks: Vec<EffectId> = self.table.lacks(id).to_vec();
        for used in &flat.effects {
            if lacks.contains(&used.effect) {
                return Err(self.excluded_effect(*used, cause));
            }
            if used.arguments.iter().any(|ty| self.row_occurs(id, ty)) {
                return Err(Diagnostic::new(
                    "infinite-type",
                    cause.span,
                    "an effect row that would contain itself".to_string(),
                ));
            }
        }
        match flat.tail {
            Some(RowTail::Parameter(number)) => {
                for effect in lacks {
                    self.require_exclusion(number, effect, cause)?;
                }
            }
            Some(RowTail::Inference(rest)) => lacks.into_iter().for_each(|effect| self.table.forbid(rest, effect)),
            None => {}
        }
        for watcher in self.table.bind_row(id, row) {
            self.demand(row, watcher, cause).map_err(|error| match watcher.origin {
                None => error,
                Some(call) => {
                    let through = format!("the call of {} here performs it", self.performer_name(call.performer));
                    error.note(call.span, through)
                }
            })?;
        }
        Ok(())
    }

    /// Whether a row variable stands in a type.
    fn row_occurs(&mut self, id: InferenceId, ty: Ty<'a>) -> bool {
        match *self.table.resolve(ty) {
            Type::Vector(element) => self.row_occurs(id, element),
            Type::Data(_, types) | Type::Tuple(types) => types.iter().any(|ty| self.row_occurs(id, ty)),
            Type::Function(parameters, row, result) => {
                let flat = self.table.flatten(row);
                flat.tail == Some(RowTail::Inference(id))
                    || flat.effects.iter().any(|used| used.arguments.iter().any(|ty| self.row_occurs(id, ty)))
                    || parameters.iter().any(|ty| self.row_occurs(id, ty))
                    || self.row_occurs(id, result)
            }
            _ => false,
        }
    }

    /// One effect at two places of a row has the same arguments.
    fn unify_arguments(&mut self, known: EffectUse<'a>, used: EffectUse<'a>, cause: Cause) -> Outcome<()> {
        for (&expected, &found) in known.arguments.iter().zip(used.arguments) {
            match self.unify(expected, found, cause) {
                Ok(()) => {}
                Err(Failure::Effect(error)) => return Err(error),
                Err(Failure::Types | Failure::Infinite | Failure::Size) => {
                    return Err(self.effect_mismatch(known, used, cause));
                }
            }
        }
        Ok(())
    }

    /// A row parameter of the signature must not be able to hold the effect.
    pub(super) fn require_exclusion(&self, number: u32, effect: EffectId, cause: Cause) -> Outcome<()> {
        if self.signature.exclusions.get(number as usize).is_some_and(|excluded| excluded.contains(&effect)) {
            return Ok(());
        }
        let effect = self.program.effects[effect.index()].name;
        let row = self.row_parameter_name(number);
        Err(Diagnostic::new(
            "effect-not-excluded",
            cause.span,
            format!("`{effect}` cannot be kept apart from `{row}`, which may hold `{effect}` itself"),
        )
        .hint(format!("write `{effect}` beside `{row}` in the signature: `-[{effect}, {row}]>`")))
    }

    /// An effect would join a row variable that excludes it.
    fn excluded_effect(&self, used: EffectUse<'a>, cause: Cause) -> Box<Diagnostic> {
        let effect = self.effect_name(used);
        Diagnostic::new(
            "effect-excluded",
            cause.span,
            format!(
                "`{effect}` is excluded here: it would join a row variable that stands beside `{effect}` in a signature"
            ),
        )
    }

    /// An effect at two lists of arguments.
    fn effect_mismatch(&mut self, known: EffectUse<'a>, used: EffectUse<'a>, cause: Cause) -> Box<Diagnostic> {
        let (expected, found) = (self.effect_name(known), self.effect_name(used));
        let error = Diagnostic::new(
            "wrong-type",
            cause.span,
            format!(
                "expected the effect `{expected}`, found `{found}`, which {} performs",
                self.performer_name(cause.performer)
            ),
        );
        if known.effect == self.program.known.fail {
            let how = match cause.performer {
                Performer::Try => "convert the error first: `Result.map_err(result, convert)?`",
                _ => "convert the error: `Result.map_err(catch …, convert)?`",
            };
            return error.hint(how);
        }
        error
    }

    /// The row around an expression does not hold what it performs.
    fn missing_effect(&self, effect: &str, watcher: Watcher<'a>, cause: Cause) -> Box<Diagnostic> {
        let allowed = match self.row_text(watcher.superset) {
            row if row.is_empty() => "`->` allows no effects".to_string(),
            row => format!("only `{row}` is allowed"),
        };
        let performer = self.performer_name(cause.performer);
        let message = format!("{performer} performs `{effect}`, but {allowed} here");
        let error = Diagnostic::new("missing-effect", cause.span, message);
        if !watcher.declared {
            return error;
        }
        let name = self.own_name(self.signature.name);
        error
            .note(self.signature.span, format!("the signature of `{name}` allows no more"))
            .hint(format!("add `{effect}` to its row, or handle it"))
    }

    /// What an expression calls, with backquotes.
    pub(super) fn performer_name(&self, performer: Performer) -> String {
        match performer {
            Performer::Function(id) => format!("`{}`", self.own_name(self.program.functions[id.index()].name)),
            Performer::Method(id, method) => {
                let owner = &self.program.traits[id.index()];
                format!("`{}.{}`", owner.name, owner.methods[method as usize].0)
            }
            Performer::Operation(id, operation) => {
                let effect = &self.program.effects[id.index()];
                format!("`{}.{}`", effect.name, effect.operations[operation as usize].name)
            }
            Performer::Value => "the function".to_string(),
            Performer::Fail => "`fail`".to_string(),
            Performer::Try => "`?`".to_string(),
        }
    }
}
