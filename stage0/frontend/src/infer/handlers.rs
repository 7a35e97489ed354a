//! Handlers: `handle` with its clauses, and `resume`.

use super::scope::FrameKind;
use super::table::Substitution;
use super::{Checker, NEVER, UNIT};
use crate::ast;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Clause, EffectId, EffectUse, Expr, ExprKind, Handle, Ty, Type};
use crate::source::Span;

use super::deferred::Deferred;
use super::errors::path_span;

impl<'a> Checker<'a, '_> {
    /// `handle body` with clauses, and perhaps a `then`.
    pub(super) fn handle_effect(
        &mut self,
        body: &'a ast::Expr<'a>,
        clauses: &'a [ast::Clause<'a>],
        then: Option<(&'a ast::Pattern<'a>, &'a ast::Expr<'a>)>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let Some(first) = clauses.first() else {
            return Err(Diagnostic::new("missing-clause", span, "a `handle` needs the clauses of one effect"));
        };
        let effect = self.environment.effect(self.signature.module, first.path)?;
        self.require_handleable(effect, path_span(first.path))?;
        let numbers = self.clause_numbers(effect, clauses, span)?;

        let arguments = self.fresh_types(self.program.effects[effect.index()].parameters);
        let handled = EffectUse { effect, arguments };
        let target = self.target(expected);
        let (outer, _) = self.enter_handled(handled);
        let body = match then {
            None => self.check(body, target)?,
            Some(_) => self.infer(body)?,
        };
        self.row = outer;

        let mut done = Vec::with_capacity(clauses.len());
        for (clause, &operation) in clauses.iter().zip(&numbers) {
            done.push((operation, self.clause(handled, operation, clause, target)?));
        }
        done.sort_by_key(|(operation, _)| *operation);
        let then = match then {
            None => None,
            Some((pattern, value)) => {
                let mark = self.scope.enter();
                let pattern = self.pattern(pattern, body.ty)?;
                let value = self.check(value, target)?;
                self.scope.leave(mark);
                Some((&*self.arena.alloc(pattern), &*self.arena.alloc(value)))
            }
        };
        // A clause that resumes gives its value to the operation.
        let mut values = vec![then.map_or(body.ty, |(_, value)| value.ty)];
        values.extend(
            done.iter().filter(|(operation, _)| !self.returns(effect, *operation)).map(|(_, clause)| clause.body.ty),
        );
        let ty = self.joined(&values, target);
        let clauses = self.arena.alloc_slice_fill_iter(done.into_iter().map(|(_, clause)| clause));
        let handle = Handle { effect: handled, body: self.arena.alloc(body), clauses, then };
        Ok(Expr { kind: ExprKind::Handle(self.arena.alloc(handle)), ty, span })
    }

    /// Whether an operation returns to the code that performs it.
    fn returns(&self, effect: EffectId, operation: u32) -> bool {
        *self.program.effects[effect.index()].operations[operation as usize].result != Type::Never
    }

    /// The operation of each clause: every operation has one.
    fn clause_numbers(&self, effect: EffectId, clauses: &'a [ast::Clause<'a>], span: Span) -> Outcome<Vec<u32>> {
        let declared = &self.program.effects[effect.index()];
        let mut seen: Vec<Option<Span>> = vec![None; declared.operations.len()];
        let mut numbers = Vec::with_capacity(clauses.len());
        for clause in clauses {
            let place = path_span(clause.path);
            if self.environment.effect(self.signature.module, clause.path)? != effect {
                let message = format!("a `handle` handles one effect, and this one handles `{}`", declared.name);
                return Err(Diagnostic::new("unknown-operation", place, message));
            }
            let name = clause.operation;
            let Some(number) = declared.operations.iter().position(|operation| operation.name == name.text) else {
                let message = format!("`{}` has no operation `{}`", declared.name, name.text);
                return Err(Diagnostic::new("unknown-operation", name.span, message));
            };
            if let Some(before) = seen[number].replace(clause.span) {
                let message = format!("`{}.{}` has a clause already", declared.name, name.text);
                return Err(
                    Diagnostic::new("duplicate-clause", place.to(name.span), message).note(before, "it is here")
                );
            }
            numbers.push(number as u32);
        }
        let missing: Vec<String> = (declared.operations.iter().zip(&seen))
            .filter(|(_, seen)| seen.is_none())
            .map(|(operation, _)| format!("`{}.{}`", declared.name, operation.name))
            .collect();
        if missing.is_empty() {
            return Ok(numbers);
        }
        Err(Diagnostic::new("missing-clause", span, format!("this `handle` has no clause for {}", missing.join(", "))))
    }

    /// A clause, in the context around the `handle`.
    fn clause(
        &mut self,
        handled: EffectUse<'a>,
        operation: u32,
        clause: &'a ast::Clause<'a>,
        target: Ty<'a>,
    ) -> Outcome<Clause<'a>> {
        let effect = &self.program.effects[handled.effect.index()];
        let declared = &effect.operations[operation as usize];
        if declared.parameters.len() != clause.parameters.len() {
            let what = format!("`{}.{}`", effect.name, declared.name);
            return Err(self.wrong_arity(clause.span, &what, declared.parameters.len(), clause.parameters.len()));
        }
        let substitution = Substitution { arena: self.arena, types: handled.arguments, rows: &[] };
        let result = substitution.ty(declared.result);
        let returns = self.returns(handled.effect, operation);

        let row = self.watched_row(None);
        let outer = std::mem::replace(&mut self.row, row);
        let mark = self.scope.enter();
        self.enter_frame(FrameKind::Clause { result, returns });
        let types = declared.parameters.iter().map(|(_, ty)| substitution.ty(ty));
        let parameters = self.parameters(clause.parameters.iter().zip(types))?;
        let body = if returns { self.resuming_body(&clause.body, row)? } else { self.check(&clause.body, target)? };
        let captures = self.leave_frame();
        self.scope.leave(mark);
        self.row = outer;
        Ok(Clause { parameters, body: self.arena.alloc(body), captures, row, span: clause.span })
    }

    /// The body of a clause that goes on where its operation was performed.
    fn resuming_body(&mut self, body: &'a ast::Expr<'a>, row: crate::hir::Row<'a>) -> Outcome<Expr<'a>> {
        self.tail = true;
        let body = self.infer(body)?;
        self.deferred.push(Deferred::Clause(row, body.span));
        if *self.table.resolve(body.ty) != Type::Never {
            return Err(Diagnostic::unsupported(body.span, "a clause that may end without `resume`")
                .hint("end every path in `resume`, or give the operation the result `Never`"));
        }
        Ok(body)
    }

    /// `resume value`
    pub(super) fn resume(&mut self, value: Option<&'a ast::Expr<'a>>, tail: bool, span: Span) -> Outcome<Expr<'a>> {
        let result = match self.frames.last().map(|frame| frame.kind) {
            Some(FrameKind::Clause { result, returns: true }) => result,
            Some(FrameKind::Clause { .. }) => {
                let message = "this operation does not return, so there is nothing to resume";
                return Err(Diagnostic::new("cannot-resume", span, message));
            }
            Some(FrameKind::Lambda) => {
                return Err(Diagnostic::new("cannot-resume", span, "`resume` does not stand in a lambda"));
            }
            _ => return Err(Diagnostic::new("cannot-resume", span, "`resume` stands in a clause of a `handle` only")),
        };
        if !tail {
            return Err(Diagnostic::unsupported(span, "a `resume` that is not the last thing its clause does"));
        }
        let value = match value {
            Some(value) => Some(&*self.arena.alloc(self.check(value, result)?)),
            None => {
                self.expect_at(result, UNIT, span)?;
                None
            }
        };
        Ok(Expr { kind: ExprKind::Resume(value), ty: NEVER, span })
    }
}
