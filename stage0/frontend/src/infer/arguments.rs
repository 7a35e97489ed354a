//! Arguments: from left to right, lambdas last, so that what the others say about types is known in them.

use super::Checker;
use crate::ast::{self, ExprKind as Syntax};
use crate::diagnostic::Outcome;
use crate::hir::{Expr, Ty, Type};
use smallvec::SmallVec;

impl<'a> Checker<'a, '_> {
    /// Checks expressions against types, each against its own; gives them in their order.
    pub(super) fn check_all(
        &mut self,
        types: &[Ty<'a>],
        exprs: &[&'a ast::Expr<'a>],
    ) -> Outcome<SmallVec<[Expr<'a>; 4]>> {
        debug_assert_eq!(types.len(), exprs.len(), "one type an expression");
        let mut done: SmallVec<[Option<Expr<'a>>; 4]> = SmallVec::from_elem(None, exprs.len());
        let mut lambdas: SmallVec<[usize; 4]> = SmallVec::new();
        for (index, expr) in exprs.iter().enumerate() {
            if is_lambda(expr) {
                lambdas.push(index);
            } else {
                done[index] = Some(self.check(expr, types[index])?);
            }
        }
        while !lambdas.is_empty() {
            // The first whose parameters are known; each one checked may say more about the others.
            let ready = lambdas.iter().position(|&index| self.is_ready(exprs[index], types[index])).unwrap_or(0);
            let index = lambdas.remove(ready);
            done[index] = Some(self.check(exprs[index], types[index])?);
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// Whether the types of a lambda's parameters are known.
    fn is_ready(&mut self, lambda: &'a ast::Expr<'a>, expected: Ty<'a>) -> bool {
        let Syntax::Lambda { parameters, .. } = lambda.kind else { return true };
        let types: &[Ty<'a>] = match *self.table.resolve(expected) {
            Type::Function(types, ..) => types,
            _ => &[],
        };
        parameters.iter().enumerate().all(|(index, parameter)| {
            parameter.ty.is_some()
                || types.get(index).is_some_and(|ty| !matches!(self.table.resolve(ty), Type::Inference(_)))
        })
    }
}

/// Whether an expression is a lambda.
fn is_lambda(expr: &ast::Expr<'_>) -> bool {
    matches!(expr.kind, Syntax::Lambda { .. })
}
