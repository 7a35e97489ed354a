//! Operators.

use super::deferred::{IntegerLiteral, Operator};
use super::expressions::{float, literal};
use super::{BOOL, Checker, FLOAT};
use crate::ast::{self, BinaryOperator, ExprKind as Syntax, UnaryOperator};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, Literal, Primitive, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    /// `-a`, `not a`
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        match (operator, operand.kind) {
            (UnaryOperator::Negate, Syntax::Int(value)) => {
                self.integer(IntegerLiteral { negative: true, value }, expected, span)
            }
            (UnaryOperator::Negate, Syntax::Float(text)) => Ok(literal(Literal::Float(float(text, true)), FLOAT, span)),
            (UnaryOperator::Negate, _) => {
                let operand = self.expression(operand, expected)?;
                self.demand_operator(Operator::Negate, operand.ty, operand.span)?;
                Ok(self.primitive(Primitive::Negate, &[operand], operand.ty, span))
            }
            (UnaryOperator::Not, _) => {
                let operand = self.check(operand, BOOL)?;
                Ok(self.primitive(Primitive::Not, &[operand], BOOL, span))
            }
        }
    }

    /// `a + b`
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        operator_span: Span,
        left: &'a ast::Expr<'a>,
        right: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let (operation, demand) = match operator {
            BinaryOperator::And | BinaryOperator::Or => return self.logical(operator, left, right, span),
            BinaryOperator::Cons => return self.cons(left, right, expected, span),
            BinaryOperator::Combine => return Err(Diagnostic::unsupported(operator_span, "the operator `<>`")),
            BinaryOperator::Multiply => (Primitive::Multiply, Operator::Arithmetic("*")),
            BinaryOperator::Divide => (Primitive::Divide, Operator::Arithmetic("/")),
            BinaryOperator::Remainder => (Primitive::Remainder, Operator::Arithmetic("%")),
            BinaryOperator::Add => (Primitive::Add, Operator::Arithmetic("+")),
            BinaryOperator::Subtract => (Primitive::Subtract, Operator::Arithmetic("-")),
            BinaryOperator::Concat => (Primitive::Append, Operator::Concat),
            BinaryOperator::Equal => (Primitive::Equal, Operator::Equality),
            BinaryOperator::NotEqual => (Primitive::NotEqual, Operator::Equality),
            BinaryOperator::Less => (Primitive::Less, Operator::Order),
            BinaryOperator::Greater => (Primitive::Greater, Operator::Order),
            BinaryOperator::LessEqual => (Primitive::LessEqual, Operator::Order),
            BinaryOperator::GreaterEqual => (Primitive::GreaterEqual, Operator::Order),
        };
        let compares = matches!(demand, Operator::Equality | Operator::Order);
        let left = self.expression(left, if compares { None } else { expected })?;
        // A left operand that does not return says nothing about the type.
        let ty = if *self.table.resolve(left.ty) == Type::Never { self.table.fresh(self.arena) } else { left.ty };
        if !compares {
            // `text + 1` is about the operator, not about the right operand.
            self.demand_operator(demand, ty, operator_span)?;
        }
        let right = self.check(right, ty)?;
        if compares {
            self.demand_operator(demand, ty, span)?;
        }
        let result = if compares { BOOL } else { ty };
        Ok(self.primitive(operation, &[left, right], result, span))
    }

    fn primitive(&self, operation: Primitive, operands: &[Expr<'a>], ty: Ty<'a>, span: Span) -> Expr<'a> {
        let operands = self.arena.alloc_slice_copy(operands);
        Expr { kind: ExprKind::Primitive { operation, operands }, ty, span }
    }

    /// `a and b`, `a or b`
    fn logical(
        &mut self,
        operator: BinaryOperator,
        left: &'a ast::Expr<'a>,
        right: &'a ast::Expr<'a>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let left = &*self.arena.alloc(self.check(left, BOOL)?);
        let right = &*self.arena.alloc(self.check(right, BOOL)?);
        let kind = if operator == BinaryOperator::And { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
        Ok(Expr { kind, ty: BOOL, span })
    }

    /// `head :: tail`
    fn cons(
        &mut self,
        head: &'a ast::Expr<'a>,
        tail: &'a ast::Expr<'a>,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let element = self.list_element(expected);
        let ty = self.list_of(element);
        let head = self.check(head, element)?;
        let tail = self.check(tail, ty)?;
        let fields = self.arena.alloc_slice_copy(&[head, tail]);
        Ok(Expr { kind: ExprKind::Construct { data: self.program.known.list, variant: 1, fields }, ty, span })
    }
}
