//! Operators: how tightly they bind, and what must not stand side by side.

use super::Builder;
use crate::ast::{BinaryOperator, Expr, ExprKind, UnaryOperator};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::token::TokenKind;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

/// The levels of the operators, loosest first.
static LEVELS: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::disjunction, Assoc::Left))
        .op(Op::infix(Rule::conjunction, Assoc::Left))
        .op(Op::infix(Rule::comparison, Assoc::Left))
        .op(Op::infix(Rule::range, Assoc::Left))
        .op(Op::infix(Rule::cons, Assoc::Right))
        .op(Op::infix(Rule::concatenation, Assoc::Right))
        .op(Op::infix(Rule::addition, Assoc::Left))
        .op(Op::infix(Rule::multiplication, Assoc::Left))
        .op(Op::prefix(Rule::negate) | Op::prefix(Rule::not))
});

impl<'a> Builder<'a, '_> {
    /// Operands with operators. A range may be the whole of it where `range` says so.
    pub fn operation(&self, node: Node<'_>, range: bool) -> Outcome<Expr<'a>> {
        let mut inner = node.into_inner();
        if inner.len() == 1
            && let Some(operand) = inner.next()
        {
            return self.operand(operand);
        }
        self.check_neighbours(inner.clone(), range)?;
        LEVELS
            .map_primary(|operand| self.operand(operand))
            .map_prefix(|operator, operand| self.unary(&operator, operand?))
            .map_infix(|left, operator, right| self.binary(&operator, left?, right?))
            .parse(inner)
    }

    /// Comparisons do not chain; a range is the subject of a `for`.
    fn check_neighbours<'m>(&self, nodes: impl Iterator<Item = Node<'m>>, range: bool) -> Outcome<()> {
        let mut comparison: Option<Span> = None;
        let mut operators = 0;
        let mut ranges = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::comparison => {
                    let span = self.token_span(self.token(&node));
                    if let Some(first) = comparison {
                        let error = Diagnostic::new("chained-comparison", span, "comparisons do not chain");
                        return Err(error.note(first, "the first one").hint("join two comparisons with `and`"));
                    }
                    comparison = Some(span);
                    operators += 1;
                }
                Rule::conjunction | Rule::disjunction => {
                    comparison = None;
                    operators += 1;
                }
                Rule::range => ranges.push(self.token_span(self.token(&node))),
                _ => {}
            }
        }
        match ranges.as_slice() {
            [] => Ok(()),
            [_] if range && operators == 0 => Ok(()),
            [.., last] => Err(Diagnostic::unsupported(*last, "ranges outside `for`")),
        }
    }

    fn unary(&self, operator: &Node<'_>, operand: Expr<'a>) -> Outcome<Expr<'a>> {
        let kind = match operator.as_rule() {
            Rule::not => UnaryOperator::Not,
            _ => UnaryOperator::Negate,
        };
        let span = self.token_span(self.token(operator)).to(operand.span);
        Ok(Expr { kind: ExprKind::Unary(kind, self.alloc(operand)), span })
    }

    fn binary(&self, node: &Node<'_>, left: Expr<'a>, right: Expr<'a>) -> Outcome<Expr<'a>> {
        let token = self.token(node);
        let span = left.span.to(right.span);
        let operator = match token.kind {
            TokenKind::Star => BinaryOperator::Multiply,
            TokenKind::Slash => BinaryOperator::Divide,
            TokenKind::Percent => BinaryOperator::Remainder,
            TokenKind::Plus => BinaryOperator::Add,
            TokenKind::Minus => BinaryOperator::Subtract,
            TokenKind::PlusPlus => BinaryOperator::Concat,
            TokenKind::ColonColon => BinaryOperator::Cons,
            TokenKind::Equal => BinaryOperator::Equal,
            TokenKind::NotEqual => BinaryOperator::NotEqual,
            TokenKind::Less => BinaryOperator::Less,
            TokenKind::Greater => BinaryOperator::Greater,
            TokenKind::LessEqual => BinaryOperator::LessEqual,
            TokenKind::GreaterEqual => BinaryOperator::GreaterEqual,
            TokenKind::And => BinaryOperator::And,
            TokenKind::Or => BinaryOperator::Or,
            kind => {
                let inclusive = kind == TokenKind::DotDotEqual;
                let range = ExprKind::Range { from: self.alloc(left), to: self.alloc(right), inclusive };
                return Ok(Expr { kind: range, span });
            }
        };
        let (left, right) = (self.alloc(left), self.alloc(right));
        let kind = ExprKind::Binary { operator, operator_span: self.token_span(token), left, right };
        Ok(Expr { kind, span })
    }
}
