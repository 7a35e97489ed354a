//! Blocks and their statements.

use super::{Checker, UNIT};
use crate::ast;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, LocalKind, Statement, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    /// Statements, the last of which is the value.
    pub(super) fn block(
        &mut self,
        statements: &'a [ast::Statement<'a>],
        expected: Option<Ty<'a>>,
        tail: bool,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let mark = self.scope.enter();
        let (last, before) = match statements.split_last() {
            Some((ast::Statement::Expr(last), before)) => (Some(*last), before),
            _ => (None, statements),
        };
        let mut done = Vec::with_capacity(before.len());
        for statement in before {
            done.push(self.statement_of(statement)?);
        }
        let value = match last {
            None => None,
            Some(last) => {
                self.tail = tail;
                let value = match expected {
                    Some(expected) => self.check(last, expected)?,
                    None => self.infer(last)?,
                };
                Some(&*self.arena.alloc(value))
            }
        };
        self.scope.leave(mark);
        let ty = value.map_or(UNIT, |value| value.ty);
        Ok(Expr { kind: ExprKind::Block { statements: self.arena.alloc_slice_copy(&done), value }, ty, span })
    }

    fn statement_of(&mut self, statement: &'a ast::Statement<'a>) -> Outcome<Statement<'a>> {
        match *statement {
            ast::Statement::Let { pattern, ty, value } => {
                let value = self.annotated(ty, value)?;
                let pattern = self.pattern(pattern, value.1)?;
                Ok(Statement::Let(self.arena.alloc(pattern), self.arena.alloc(value.0)))
            }
            ast::Statement::Var { name, ty, value } => {
                let (value, ty) = self.annotated(ty, value)?;
                let local = self.new_local(name, ty, LocalKind::Variable);
                self.scope.declare(name.text, local);
                Ok(Statement::Var(local, self.arena.alloc(value)))
            }
            ast::Statement::Expr(expr) => {
                let value = self.infer(expr)?;
                match *self.table.resolve(value.ty) {
                    Type::Unit | Type::Never => {}
                    Type::Inference(id) if !self.table.is_number(id) => self.expect_at(UNIT, value.ty, value.span)?,
                    _ => return Err(self.unused_value(&value)),
                }
                Ok(Statement::Expr(self.arena.alloc(value)))
            }
        }
    }

    /// The value of a `let` or a `var` and the type that its name gets.
    fn annotated(&mut self, ty: Option<&'a ast::Type<'a>>, value: &'a ast::Expr<'a>) -> Outcome<(Expr<'a>, Ty<'a>)> {
        match ty {
            Some(ty) => {
                let ty = self.annotation(ty)?;
                Ok((self.check(value, ty)?, ty))
            }
            None => {
                let value = self.infer(value)?;
                Ok((value, value.ty))
            }
        }
    }

    fn unused_value(&self, value: &Expr<'a>) -> Box<Diagnostic> {
        let message = format!("this value of type {} is not used", self.type_text(value.ty));
        Diagnostic::new("unused-value", value.span, message).hint("`let _ = …` says that it is not needed")
    }
}
