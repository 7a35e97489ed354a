//! Control flow: `if`, `cond`, `case`, loops.

use super::{BOOL, Checker, INT, UNIT};
use crate::ast::{self, ExprKind as Syntax};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Arm, Expr, ExprKind, Subject, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    /// `if c then a else b`
    pub(super) fn conditional(
        &mut self,
        condition: &'a ast::Expr<'a>,
        consequent: &'a ast::Expr<'a>,
        alternative: Option<&'a ast::Expr<'a>>,
        expected: Option<Ty<'a>>,
        tail: bool,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let condition = self.check(condition, BOOL)?;
        let target = match alternative {
            None => UNIT,
            Some(_) => self.target(expected),
        };
        let consequent = self.check_last(consequent, target, tail)?;
        let alternative = match alternative {
            None => None,
            Some(alternative) => Some(self.check_last(alternative, target, tail)?),
        };
        let ty = match alternative {
            None => UNIT,
            Some(alternative) => self.joined(&[consequent.ty, alternative.ty], target),
        };
        Ok(self.branch(condition, consequent, alternative, ty, span))
    }

    /// `cond`: nested `if`s.
    pub(super) fn cond(
        &mut self,
        arms: &'a [ast::CondArm<'a>],
        otherwise: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        tail: bool,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let target = self.target(expected);
        let mut done = Vec::with_capacity(arms.len());
        for arm in arms {
            let condition = self.check(&arm.condition, BOOL)?;
            done.push((condition, self.check_last(&arm.body, target, tail)?));
        }
        let mut value = self.check_last(otherwise, target, tail)?;
        for (condition, body) in done.into_iter().rev() {
            let ty = self.joined(&[body.ty, value.ty], target);
            value = self.branch(condition, body, Some(value), ty, condition.span.to(span));
        }
        Ok(Expr { span, ..value })
    }

    fn branch(
        &self,
        condition: Expr<'a>,
        consequent: Expr<'a>,
        alternative: Option<Expr<'a>>,
        ty: Ty<'a>,
        span: Span,
    ) -> Expr<'a> {
        let kind = ExprKind::If {
            condition: self.arena.alloc(condition),
            consequent: self.arena.alloc(consequent),
            alternative: alternative.map(|alternative| &*self.arena.alloc(alternative)),
        };
        Expr { kind, ty, span }
    }

    /// The type that several values must fit.
    pub(super) fn target(&mut self, expected: Option<Ty<'a>>) -> Ty<'a> {
        expected.unwrap_or_else(|| self.table.fresh(self.arena))
    }

    /// `case subject` with arms.
    pub(super) fn case(
        &mut self,
        subject: &'a ast::Expr<'a>,
        arms: &'a [ast::Arm<'a>],
        expected: Option<Ty<'a>>,
        tail: bool,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let subject = self.infer(subject)?;
        let target = self.target(expected);
        let mut done = Vec::with_capacity(arms.len());
        for arm in arms {
            let mark = self.scope.enter();
            let pattern = self.pattern(&arm.pattern, subject.ty)?;
            let guard = match arm.guard {
                None => None,
                Some(guard) => Some(&*self.arena.alloc(self.check(guard, BOOL)?)),
            };
            let body = self.check_last(&arm.body, target, tail)?;
            self.scope.leave(mark);
            let span = arm.pattern.span.to(arm.body.span);
            done.push(Arm { pattern, guard, body: self.arena.alloc(body), span });
        }
        let types: Vec<Ty<'a>> = done.iter().map(|arm| arm.body.ty).collect();
        let ty = self.joined(&types, target);
        let kind = ExprKind::Match { subject: self.arena.alloc(subject), arms: self.arena.alloc_slice_copy(&done) };
        Ok(Expr { kind, ty, span })
    }

    /// `for pattern in subject`
    pub(super) fn for_loop(
        &mut self,
        pattern: &'a ast::Pattern<'a>,
        subject: &'a ast::Expr<'a>,
        body: &'a ast::Expr<'a>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let (subject, element) = self.loop_subject(subject)?;
        let mark = self.scope.enter();
        let pattern = self.pattern(pattern, element)?;
        let body = self.check(body, UNIT)?;
        self.scope.leave(mark);
        let kind = ExprKind::For { pattern: self.arena.alloc(pattern), subject, body: self.arena.alloc(body) };
        Ok(Expr { kind, ty: UNIT, span })
    }

    /// What a `for` goes through, and the type of what it gives.
    fn loop_subject(&mut self, subject: &'a ast::Expr<'a>) -> Outcome<(Subject<'a>, Ty<'a>)> {
        if let Syntax::Range { from, to, inclusive } = subject.kind {
            let from = &*self.arena.alloc(self.check(from, INT)?);
            let to = &*self.arena.alloc(self.check(to, INT)?);
            return Ok((Subject::Range { from, to, inclusive }, INT));
        }
        let subject = &*self.arena.alloc(self.infer(subject)?);
        let ty = self.known_type(subject.ty, subject.span, "to go through it")?;
        let list = self.program.known.list;
        match *ty {
            Type::Vector(element) => Ok((Subject::Vector(subject), element)),
            Type::Data(id, [element]) if id == list => Ok((Subject::List(subject), element)),
            _ => {
                let message = format!("`for` cannot go through {}", self.type_text(ty));
                Err(Diagnostic::new("not-iterable", subject.span, message)
                    .hint("stage 0 goes through ranges, lists and vectors"))
            }
        }
    }

    /// `while condition`
    pub(super) fn while_loop(
        &mut self,
        condition: &'a ast::Expr<'a>,
        body: &'a ast::Expr<'a>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let condition = self.check(condition, BOOL)?;
        let body = self.check(body, UNIT)?;
        let kind = ExprKind::While { condition: self.arena.alloc(condition), body: self.arena.alloc(body) };
        Ok(Expr { kind, ty: UNIT, span })
    }
}
