//! The direct parts of an expression.

use crate::hir::{Expr, ExprKind, Statement, Subject};

/// Calls the function with each direct part of an expression, in order of evaluation. The bodies of lambdas and of clauses that
/// resume are parts too.
pub(super) fn for_each_part<'a>(expr: &Expr<'a>, visit: &mut dyn FnMut(&'a Expr<'a>)) {
    match expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Local(_)
        | ExprKind::Constant(_)
        | ExprKind::Function(_)
        | ExprKind::ConstructorFunction { .. } => {}
        ExprKind::Call { arguments: parts, .. }
        | ExprKind::Perform { arguments: parts, .. }
        | ExprKind::Primitive { operands: parts, .. }
        | ExprKind::Construct { fields: parts, .. }
        | ExprKind::Tuple(parts)
        | ExprKind::List(parts)
        | ExprKind::Interpolate(parts) => parts.iter().for_each(visit),
        ExprKind::CallValue { callee, arguments } => {
            visit(callee);
            arguments.iter().for_each(visit);
        }
        ExprKind::And(a, b) | ExprKind::Or(a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::Field { object: part, .. }
        | ExprKind::TupleField { object: part, .. }
        | ExprKind::Lambda { body: part, .. }
        | ExprKind::Widen(part)
        | ExprKind::Catch(part)
        | ExprKind::Try(part)
        | ExprKind::Assign { value: part, .. } => visit(part),
        ExprKind::Resume(part) => part.into_iter().for_each(visit),
        ExprKind::Update { object, fields } => {
            visit(object);
            fields.iter().for_each(|(_, value)| visit(value));
        }
        ExprKind::Block { statements, value } => {
            for statement in statements {
                match statement {
                    Statement::Let(_, part) | Statement::Var(_, part) | Statement::Expr(part) => visit(part),
                }
            }
            value.into_iter().for_each(visit);
        }
        ExprKind::If { condition, consequent, alternative } => {
            visit(condition);
            visit(consequent);
            alternative.into_iter().for_each(visit);
        }
        ExprKind::Match { subject, arms } => {
            visit(subject);
            for arm in arms {
                arm.guard.into_iter().for_each(&mut *visit);
                visit(arm.body);
            }
        }
        ExprKind::Handle(handle) => {
            visit(handle.body);
            handle.clauses.iter().for_each(|clause| visit(clause.body));
            handle.then.iter().for_each(|(_, value)| visit(value));
        }
        ExprKind::For { subject, body, .. } => {
            match subject {
                Subject::Range { from, to, .. } => {
                    visit(from);
                    visit(to);
                }
                Subject::List(part) | Subject::Vector(part) => visit(part),
            }
            visit(body);
        }
        ExprKind::While { condition, body } => {
            visit(condition);
            visit(body);
        }
    }
}
