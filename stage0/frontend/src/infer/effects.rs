//! Failures: `fail`, `catch` and `?`.

use super::errors::value_at;
use super::rows::{Cause, Performer, Watcher};
use super::{Checker, NEVER};
use crate::ast;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{EffectId, EffectUse, Expr, ExprKind, Row, RowTail, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    /// `Fail error`
    fn fail_with(&self, error: Ty<'a>) -> EffectUse<'a> {
        EffectUse { effect: self.program.known.fail, arguments: self.arena.alloc_slice_copy(&[error]) }
    }

    /// The error type of the row's own `Fail`.
    fn own_error(&self) -> Option<Ty<'a>> {
        let used = self.table.flatten(self.row).find(self.program.known.fail)?;
        used.arguments.first().copied()
    }

    /// `fail error`
    pub(super) fn fail(&mut self, error: &'a ast::Expr<'a>, span: Span) -> Outcome<Expr<'a>> {
        let ty = match self.own_error() {
            Some(ty) => ty,
            None => self.table.fresh(self.arena),
        };
        let effect = self.fail_with(ty);
        let error = self.check(error, ty)?;
        self.perform(effect, Cause { span, performer: Performer::Fail })?;
        let arguments = self.arena.alloc_slice_copy(&[error]);
        Ok(Expr { kind: ExprKind::Perform { effect, operation: 0, arguments }, ty: NEVER, span })
    }

    /// `result?`
    pub(super) fn try_result(
        &mut self,
        result: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let value = match expected.map(|ty| self.table.resolve(ty)) {
            // What is expected may be wider than what the result holds.
            Some(Type::Function(..)) | None => self.table.fresh(self.arena),
            Some(ty) => ty,
        };
        let error = self.table.fresh(self.arena);
        let ty = self.result_of(value, error);
        let result = self.check(result, ty)?;
        self.perform(self.fail_with(error), Cause { span, performer: Performer::Try })?;
        Ok(Expr { kind: ExprKind::Try(self.arena.alloc(result)), ty: value, span })
    }

    /// `Result value error`
    fn result_of(&self, value: Ty<'a>, error: Ty<'a>) -> Ty<'a> {
        let arguments = self.arena.alloc_slice_copy(&[value, error]);
        self.arena.alloc(Type::Data(self.program.known.result, arguments))
    }

    /// `catch body`
    pub(super) fn catch(&mut self, body: &'a ast::Expr<'a>, expected: Option<Ty<'a>>, span: Span) -> Outcome<Expr<'a>> {
        let known = self.program.known;
        let value = match expected.map(|ty| self.table.resolve(ty)) {
            Some(Type::Data(id, [value, _])) if *id == known.result => value,
            _ => self.table.fresh(self.arena),
        };
        let error = self.table.fresh(self.arena);
        let (outer, row) = self.enter_handled(self.fail_with(error));
        let body = self.check(body, value)?;
        self.row = outer;
        if !self.close_to(row, known.fail) {
            self.expect(error, NEVER, value_at(span))?;
        }
        Ok(Expr { kind: ExprKind::Catch(self.arena.alloc(body)), ty: self.result_of(value, error), span })
    }

    /// Begins an expression whose effect is handled: its row is open, and all of it but the effect is performed outside.
    /// Gives the row outside and the new one.
    pub(super) fn enter_handled(&mut self, handled: EffectUse<'a>) -> (Row<'a>, Row<'a>) {
        let row = self.watched_row(Some(handled));
        (std::mem::replace(&mut self.row, row), row)
    }

    /// A new open row, all of which but the handled effect the row of the code around must hold.
    pub(super) fn watched_row(&mut self, except: Option<EffectUse<'a>>) -> Row<'a> {
        let id = self.table.fresh_row(&[]);
        self.table.watch(id, Watcher { except, ..self.around(None) });
        Row { effects: &[], tail: Some(RowTail::Inference(id)) }
    }

    /// Whether the row of a handled expression holds the effect; if not, it never will.
    fn close_to(&mut self, row: Row<'a>, effect: EffectId) -> bool {
        let flat = self.table.flatten(row);
        let held = flat.find(effect).is_some();
        if let (false, Some(RowTail::Inference(id))) = (held, flat.tail) {
            self.table.forbid(id, effect);
        }
        held
    }

    /// What cannot be handled: capabilities.
    pub(super) fn require_handleable(&self, effect: EffectId, span: Span) -> Outcome<()> {
        let effect = &self.program.effects[effect.index()];
        if effect.capability {
            return Err(Diagnostic::unsupported(span, &format!("a handler of the capability `{}`", effect.name)));
        }
        Ok(())
    }
}
