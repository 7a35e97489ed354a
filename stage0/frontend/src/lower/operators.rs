//! Operators on primitive types, `and` and `or`, interpolation.

use super::builder::{Dest, FunctionLowering, Operand, target};
use super::layouts::internal;
use super::types::Mono;
use crate::diagnostic::Outcome;
use crate::hir::{Expr, ExprKind, Literal, LocalId, Primitive};
use crate::source::Span;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Target};
use kea_mir::types::Type;

/// Where a condition leads, and the variables that come along.
#[derive(Clone, Copy)]
pub(super) struct Exit<'v> {
    /// The block.
    pub block: Block,
    /// The variables that its parameters are.
    pub variables: &'v [LocalId],
}

impl Exit<'_> {
    /// A block without parameters.
    pub(super) fn to(block: Block) -> Exit<'static> {
        Exit { block, variables: &[] }
    }
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// Branches on a condition, of which `and`, `or` and `not` become edges.
    pub(super) fn condition(&mut self, expr: &'a Expr<'a>, yes: Exit, no: Exit) -> Outcome<()> {
        if self.is_dead() {
            return Ok(());
        }
        match expr.kind {
            ExprKind::And(left, right) if self.branches_meet_equal(expr, yes, no) => {
                let between = self.block();
                self.condition(left, Exit::to(between), no)?;
                self.switch_to(between);
                self.condition(right, yes, no)
            }
            ExprKind::Or(left, right) if self.branches_meet_equal(expr, yes, no) => {
                let between = self.block();
                self.condition(left, yes, Exit::to(between))?;
                self.switch_to(between);
                self.condition(right, yes, no)
            }
            ExprKind::Primitive { operation: Primitive::Not, operands: [operand] } => self.condition(operand, no, yes),
            ExprKind::Literal(Literal::Bool(truth)) => {
                let exit = if truth { yes } else { no };
                let args = self.variables(exit.variables);
                self.jump(exit.block, &args);
                Ok(())
            }
            _ => {
                let truth = self.value(expr)?;
                let yes = self.exit_edge(yes);
                let no = self.exit_edge(no);
                self.branch(truth, yes, no);
                Ok(())
            }
        }
    }

    fn exit_edge(&self, exit: Exit) -> Target {
        target(Label::Normal, exit.block, &self.variables(exit.variables))
    }

    /// Whether what the right operand assigns reaches the exits as their parameters.
    fn branches_meet_equal(&self, expr: &Expr, yes: Exit, no: Exit) -> bool {
        let assigned = self.assigned_in(expr);
        assigned.iter().all(|local| {
            self.variable(*local).is_none() || yes.variables.contains(local) && no.variables.contains(local)
        })
    }

    /// `and` and `or` as values.
    pub(super) fn logic(&mut self, expr: &'a Expr<'a>) -> Outcome<Value> {
        let (left, right, decided) = match expr.kind {
            ExprKind::And(left, right) => (left, right, false),
            ExprKind::Or(left, right) => (left, right, true),
            _ => return Err(internal(expr.span, "neither `and` nor `or`")),
        };
        let (yes, no) = (self.block(), self.block());
        self.condition(left, Exit::to(yes), Exit::to(no))?;
        let mut join = self.open_join(Mono::BOOL, Dest::Value);
        let (evaluated, skipped) = if decided { (no, yes) } else { (yes, no) };
        self.switch_to(evaluated);
        let value = self.expr(right, Dest::Value)?;
        self.end_branch(&mut join, value);
        self.switch_to(skipped);
        let value = self.truth(decided);
        self.end_branch(&mut join, Some(value));
        let operand = self.close_join(join);
        Ok(self.materialize(operand, Mono::BOOL))
    }

    /// An operation on primitive types.
    pub(super) fn primitive(
        &mut self,
        operation: Primitive,
        operands: &'a [Expr<'a>],
        expr: &'a Expr<'a>,
    ) -> Outcome<Operand> {
        let values = self.values(operands)?;
        if self.is_dead() {
            return Ok(None);
        }
        let Some(first) = operands.first() else {
            return Err(internal(expr.span, "an operation without operands"));
        };
        let ty = self.ty(first.ty);
        self.at(expr.span);
        use Primitive::{Add, Append, Divide, Equal, Multiply, Negate, Not, NotEqual, Remainder, Subtract};
        match (operation, &values[..]) {
            (Add | Subtract | Multiply | Divide | Remainder, [a, b]) => {
                self.arithmetic(operation, ty, *a, *b, expr.span)
            }
            (Negate, [a]) => {
                let mnemonic = if ty == Mono::FLOAT { "neg.f64" } else { "neg.i64.checked" };
                let ty = self.value_type(ty);
                Ok(Some(self.define(mnemonic, Immediate::None, &[*a], ty)))
            }
            (Not, [a]) => Ok(Some(self.negated(*a))),
            (Append, [a, b]) => self.append_strings(*a, *b, expr.span).map(Some),
            (Equal | NotEqual, [a, b]) => {
                let negated = operation == NotEqual;
                self.equality(ty, *a, *b, negated, expr.span).map(Some)
            }
            (_, [a, b]) => self.order(operation, ty, *a, *b, expr.span).map(Some),
            _ => Err(internal(expr.span, "an operation with the wrong number of operands")),
        }
    }

    fn arithmetic(&mut self, operation: Primitive, ty: Mono, a: Value, b: Value, span: Span) -> Outcome<Operand> {
        let name = match operation {
            Primitive::Add => "add",
            Primitive::Subtract => "sub",
            Primitive::Multiply => "mul",
            Primitive::Divide => "div",
            _ => "rem",
        };
        if ty == Mono::FLOAT && operation == Primitive::Remainder {
            return self.call_runtime("kea_f64_rem", &[a, b], span);
        }
        let suffix = match ty {
            Mono::FLOAT => "f64",
            Mono::UINT8 => "i8.checked_unsigned",
            Mono::INT => "i64.checked",
            _ => return Err(internal(span, "arithmetic on what is no number")),
        };
        let result = self.value_type(ty);
        Ok(Some(self.define(&format!("{name}.{suffix}"), Immediate::None, &[a, b], result)))
    }

    fn negated(&mut self, truth: Value) -> Value {
        self.define("not.bool", Immediate::None, &[truth], Type::BOOL)
    }

    /// Whether two values of a primitive type are equal.
    pub(super) fn equality(&mut self, ty: Mono, a: Value, b: Value, negated: bool, span: Span) -> Outcome<Value> {
        if ty.is_empty() {
            return Ok(self.truth(!negated));
        }
        if ty == Mono::STRING {
            let equal = self.call_runtime("kea_string_equal", &[a, b], span)?;
            let equal = self.materialize(equal, Mono::BOOL);
            return Ok(if negated { self.negated(equal) } else { equal });
        }
        let suffix = scalar_suffix(ty, span)?;
        let name = if negated { "ne" } else { "eq" };
        Ok(self.define(&format!("{name}.{suffix}"), Immediate::None, &[a, b], Type::BOOL))
    }

    fn order(&mut self, operation: Primitive, ty: Mono, a: Value, b: Value, span: Span) -> Outcome<Value> {
        let name = match operation {
            Primitive::Less => "lt",
            Primitive::LessEqual => "le",
            Primitive::Greater => "gt",
            _ => "ge",
        };
        if ty == Mono::STRING {
            let order = self.call_runtime("kea_string_compare", &[a, b], span)?;
            let order = self.materialize(order, Mono::INT);
            let zero = self.integer(0);
            return Ok(self.define(&format!("{name}.i64.signed"), Immediate::None, &[order, zero], Type::BOOL));
        }
        let suffix = match ty {
            Mono::INT => "i64.signed",
            Mono::UINT8 => "i8.unsigned",
            Mono::CHAR => "i32.unsigned",
            _ => scalar_suffix(ty, span)?,
        };
        Ok(self.define(&format!("{name}.{suffix}"), Immediate::None, &[a, b], Type::BOOL))
    }

    /// The first string with the second behind it, in place where nobody else holds it.
    pub(super) fn append_strings(&mut self, a: Value, b: Value, span: Span) -> Outcome<Value> {
        let joined = self.call_runtime("kea_string_append", &[a, b], span)?;
        Ok(self.materialize(joined, Mono::STRING))
    }

    /// One buffer, to which the parts are appended from left to right.
    pub(super) fn interpolate(&mut self, parts: &'a [Expr<'a>], span: Span) -> Outcome<Value> {
        let mut buffer = None;
        for part in parts {
            let part = self.value(part)?;
            buffer = Some(match buffer {
                None => part,
                Some(buffer) => self.append_strings(buffer, part, span)?,
            });
        }
        Ok(buffer.unwrap_or_else(|| self.text("")))
    }
}

/// The suffix of instructions on values of a primitive type.
fn scalar_suffix(ty: Mono, span: Span) -> Outcome<&'static str> {
    match ty {
        Mono::INT => Ok("i64"),
        Mono::UINT8 => Ok("i8"),
        Mono::FLOAT => Ok("f64"),
        Mono::BOOL => Ok("bool"),
        Mono::CHAR => Ok("i32"),
        _ => Err(internal(span, "a comparison of what is not primitive")),
    }
}
