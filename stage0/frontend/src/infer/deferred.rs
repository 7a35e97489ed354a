//! What is checked once the types of a declaration are known: operators, literals, and what clauses perform.

use super::Checker;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Row, Ty, Type};
use crate::source::Span;

/// Something to be checked at the end of the declaration.
#[derive(Clone, Copy)]
pub(super) enum Deferred<'a> {
    /// Operands of an operator.
    Operator(Operator, Ty<'a>, Span),
    /// An integer literal, whose value must fit its type.
    Literal(IntegerLiteral, Ty<'a>, Span),
    /// What a clause performs that resumes.
    Clause(Row<'a>, Span),
}

/// What an operator demands of its operands' type.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    /// `+ - * / %`: a type of numbers.
    Arithmetic(&'static str),
    /// Unary `-`: a signed type of numbers.
    Negate,
    /// `==`, `!=`
    Equality,
    /// `<` and its kin.
    Order,
    /// `++`
    Concat,
    /// A hole of a text.
    Show,
}

/// An integer as it was written.
#[derive(Clone, Copy)]
pub(super) struct IntegerLiteral {
    /// Whether it is negated.
    pub(super) negative: bool,
    /// Its value without the sign.
    pub(super) value: u64,
}

impl<'a> Checker<'a, '_> {
    /// Demands of a type what the operator demands: now if it is known, else at the end.
    pub(super) fn demand_operator(&mut self, operator: Operator, ty: Ty<'a>, span: Span) -> Outcome<()> {
        let ty = self.table.resolve(ty);
        if matches!(ty, Type::Inference(_)) {
            self.deferred.push(Deferred::Operator(operator, ty, span));
            return Ok(());
        }
        self.check_operator(operator, ty, span)
    }

    /// Demands that a literal fits its type.
    pub(super) fn demand_literal(&mut self, literal: IntegerLiteral, ty: Ty<'a>, span: Span) -> Outcome<()> {
        let ty = self.table.resolve(ty);
        if matches!(ty, Type::Inference(_)) {
            self.deferred.push(Deferred::Literal(literal, ty, span));
            return Ok(());
        }
        self.check_literal(literal, ty, span)
    }

    /// Checks everything that was put off.
    pub(super) fn settle(&mut self) -> Outcome<()> {
        for deferred in std::mem::take(&mut self.deferred) {
            match deferred {
                Deferred::Operator(operator, ty, span) => {
                    let unknown = matches!(*self.table.resolve(ty), Type::Inference(id) if !self.table.is_number(id));
                    if unknown && matches!(operator, Operator::Arithmetic(_) | Operator::Negate | Operator::Concat) {
                        return Err(self.type_not_known(span, "to choose the operator"));
                    }
                    let ty = self.final_type(ty);
                    self.check_operator(operator, ty, span)?;
                }
                Deferred::Literal(literal, ty, span) => {
                    let ty = self.final_type(ty);
                    self.check_literal(literal, ty, span)?;
                }
                Deferred::Clause(row, span) => self.check_clause_row(row, span)?,
            }
        }
        Ok(())
    }

    fn check_operator(&mut self, operator: Operator, ty: Ty<'a>, span: Span) -> Outcome<()> {
        let known = self.program.known;
        let defined = match operator {
            Operator::Arithmetic(_) => matches!(ty, Type::Int | Type::UInt8 | Type::Float),
            Operator::Negate => matches!(ty, Type::Int | Type::Float),
            Operator::Concat => match *ty {
                Type::String => true,
                Type::Vector(_) => {
                    self.references.function(known.vector_append);
                    true
                }
                Type::Data(id, _) if id == known.list => {
                    self.references.function(known.list_append);
                    true
                }
                _ => false,
            },
            Operator::Equality => {
                if !has_equality(ty) {
                    self.oblige(known.eq, ty, span);
                }
                true
            }
            Operator::Order => {
                if !has_order(ty) {
                    self.oblige(known.ord, ty, span);
                }
                true
            }
            Operator::Show => {
                if *ty != Type::String {
                    self.oblige(known.show, ty, span);
                }
                true
            }
        };
        if defined || *ty == Type::Never { Ok(()) } else { Err(self.undefined_operator(operator, ty, span)) }
    }

    fn undefined_operator(&self, operator: Operator, ty: Ty<'a>, span: Span) -> Box<Diagnostic> {
        let symbol = match operator {
            Operator::Arithmetic(symbol) => symbol,
            Operator::Concat => "++",
            _ => "-",
        };
        let error = Diagnostic::new(
            "undefined-operator",
            span,
            format!("`{symbol}` is not defined for {}", self.type_text(ty)),
        );
        match (symbol, ty) {
            ("+", Type::String) => error.hint("texts are joined by `++`"),
            ("++", _) => error.hint("`++` joins texts, lists and vectors"),
            _ => error,
        }
    }

    fn check_literal(&mut self, literal: IntegerLiteral, ty: Ty<'a>, span: Span) -> Outcome<()> {
        let limit = match (ty, literal.negative) {
            (Type::Int, false) => i64::MAX as u64,
            (Type::Int, true) => i64::MIN.unsigned_abs(),
            (Type::UInt8, false) => u64::from(u8::MAX),
            (Type::UInt8, true) => 0,
            _ => return Ok(()),
        };
        if literal.value <= limit {
            return Ok(());
        }
        let sign = if literal.negative { "-" } else { "" };
        let message = format!("{sign}{} does not fit {}", literal.value, self.type_text(ty));
        Err(Diagnostic::new("literal-out-of-range", span, message))
    }

    /// A clause that resumes must not end the code that performed its operation: stage 0 calls it like a function.
    fn check_clause_row(&mut self, row: Row<'a>, span: Span) -> Outcome<()> {
        for used in self.table.flatten(row).effects {
            let effect = &self.program.effects[used.effect.index()];
            if effect.operations.iter().any(|operation| *operation.result == Type::Never) {
                let what =
                    format!("a clause that resumes and performs `{}`, which may not return", self.effect_name(used));
                return Err(Diagnostic::unsupported(span, &what).hint("`catch` it in the clause"));
            }
        }
        Ok(())
    }
}

/// Whether `==` is an instruction for the type.
pub(super) fn has_equality(ty: Ty<'_>) -> bool {
    matches!(ty, Type::Int | Type::UInt8 | Type::Float | Type::Bool | Type::Char | Type::String | Type::Unit)
}

/// Whether `<` is an instruction for the type.
pub(super) fn has_order(ty: Ty<'_>) -> bool {
    matches!(ty, Type::Int | Type::UInt8 | Type::Float | Type::Char | Type::String)
}
