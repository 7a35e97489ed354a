//! Lambdas.

use super::Checker;
use super::scope::FrameKind;
use crate::ast::{self, LambdaParameter};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    /// `|x, y| body`: under the row of the expected type, else under an open one.
    pub(super) fn lambda(
        &mut self,
        parameters: &'a [LambdaParameter<'a>],
        body: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let (types, row, result) = match expected.map(|ty| self.table.resolve(ty)) {
            Some(&Type::Function(types, ..)) if types.len() != parameters.len() => {
                return Err(wrong_parameters(types.len(), parameters.len(), span));
            }
            Some(&Type::Function(types, row, result)) => (types, row, result),
            _ => {
                let types = self.fresh_types(parameters.len() as u32);
                (types, self.table.open_row(&[]), self.table.fresh(self.arena))
            }
        };
        for (parameter, ty) in parameters.iter().zip(types) {
            if let Some(annotation) = parameter.ty {
                let written = self.annotation(annotation)?;
                self.expect_at(ty, written, annotation.span)?;
            }
        }
        let outer = std::mem::replace(&mut self.row, row);
        let declared = std::mem::replace(&mut self.declared, false);
        let mark = self.scope.enter();
        self.enter_frame(FrameKind::Lambda);
        let parameters =
            self.parameters(parameters.iter().map(|parameter| &parameter.pattern).zip(types.iter().copied()))?;
        let body = self.check(body, result)?;
        let captures = self.leave_frame();
        self.scope.leave(mark);
        self.row = outer;
        self.declared = declared;
        let kind = ExprKind::Lambda { parameters, body: self.arena.alloc(body), captures };
        let ty: Ty<'a> = self.arena.alloc(Type::Function(types, row, result));
        Ok(Expr { kind, ty, span })
    }
}

/// A lambda with another number of parameters than the function that is expected.
fn wrong_parameters(expected: usize, given: usize, span: Span) -> Box<Diagnostic> {
    let plural = if expected == 1 { "" } else { "s" };
    let message = format!("expected a function of {expected} parameter{plural}, but this one has {given}");
    Diagnostic::new("wrong-arity", span, message)
}
