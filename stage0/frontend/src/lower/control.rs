//! `if` and loops. Loops are rotated: a guard, the body, the test at the bottom.

use super::builder::{Dest, FunctionLowering, Operand, target};
use super::operators::Exit;
use super::types::{Kind, Mono};
use crate::diagnostic::Outcome;
use crate::hir::{Expr, ExprKind, LocalId, Pattern, Subject};
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Target};
use kea_mir::types::Type;

/// A loop's condition is written twice when it is not larger than so many expressions.
const CONDITION_COPIED_MAX: u32 = 24;

/// What the parts of a loop share: the block of the body, the block behind the loop, and the variables that the body assigns,
/// which are parameters of both.
struct Loop {
    body: Block,
    exit: Block,
    exit_params: Vec<Value>,
    variables: Vec<LocalId>,
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// `if`
    pub(super) fn if_expr(
        &mut self,
        condition: &'a Expr<'a>,
        consequent: &'a Expr<'a>,
        alternative: Option<&'a Expr<'a>>,
        expr: &'a Expr<'a>,
        dest: Dest,
    ) -> Outcome<Operand> {
        let ty = self.ty(expr.ty);
        let mut join = self.open_join(ty, dest);
        let (mut condition, mut consequent, mut alternative) = (condition, consequent, alternative);
        // The branches of a chain of `else if` all meet in one place.
        loop {
            let (yes, no) = (self.block(), self.block());
            self.condition(condition, Exit::to(yes), Exit::to(no))?;
            let tested = self.trail.len();
            self.switch_to(yes);
            let operand = self.expr(consequent, dest)?;
            self.end_inner_branch(&mut join, operand, tested);
            self.switch_to(no);
            match alternative.map(|alternative| alternative.kind) {
                Some(ExprKind::If { condition: next, consequent: then, alternative: otherwise }) => {
                    (condition, consequent, alternative) = (next, then, otherwise);
                }
                _ => break,
            }
        }
        let operand = match alternative {
            Some(alternative) => self.expr(alternative, dest)?,
            None => self.deliver(None, expr.span, dest)?,
        };
        self.end_branch(&mut join, operand);
        Ok(self.close_join(join))
    }

    /// `while`
    pub(super) fn while_expr(
        &mut self,
        condition: &'a Expr<'a>,
        body: &'a Expr<'a>,
        expr: &'a Expr<'a>,
    ) -> Outcome<Operand> {
        let variables = self.declared(&self.assigned_in(expr));
        let parts = self.open_loop(variables, &[]);
        let (inside, outside) = (parts.body, parts.exit);
        let variables = parts.variables.clone();
        let into = Exit { block: inside, variables: &variables };
        let out = Exit { block: outside, variables: &variables };
        if is_small(condition) {
            self.condition(condition, into, out)?;
            self.enter_body(&parts);
            self.expr(body, Dest::Value)?;
            self.condition(condition, into, out)?;
        } else {
            let args = self.variables(&variables);
            self.jump(inside, &args);
            self.enter_body(&parts);
            let rest = self.block();
            // The test may assign variables that the body, and what follows, must see.
            let rest_params = self.variable_params(rest, &variables);
            let through = Exit { block: rest, variables: &variables };
            self.condition(condition, through, out)?;
            self.switch_to(rest);
            self.set_variables(&variables, &rest_params);
            self.expr(body, Dest::Value)?;
            let args = self.variables(&variables);
            self.jump(inside, &args);
        }
        self.leave_loop(parts);
        Ok(None)
    }

    /// `for`
    pub(super) fn for_expr(
        &mut self,
        pattern: &'a Pattern<'a>,
        subject: &Subject<'a>,
        body: &'a Expr<'a>,
        expr: &'a Expr<'a>,
    ) -> Outcome<Operand> {
        let assigned = self.assigned_in(expr);
        match *subject {
            Subject::Range { from, to, inclusive } => {
                let bounds = self.values([from, to])?;
                let variables = self.declared(&assigned);
                let [from, to] = bounds[..] else { return Ok(None) };
                self.for_range((from, to, inclusive), pattern, body, variables)?;
            }
            Subject::List(list) => {
                let value = self.value(list)?;
                let ty = self.ty(list.ty);
                let variables = self.declared(&assigned);
                self.for_list(value, ty, pattern, body, variables)?;
            }
            Subject::Vector(vector) => {
                let value = self.value(vector)?;
                let ty = self.ty(vector.ty);
                let variables = self.declared(&assigned);
                self.for_vector(value, ty, pattern, body, variables)?;
            }
        }
        Ok(None)
    }

    fn for_range(
        &mut self,
        (from, to, inclusive): (Value, Value, bool),
        pattern: &'a Pattern<'a>,
        body: &'a Expr<'a>,
        variables: Vec<LocalId>,
    ) -> Outcome<()> {
        let parts = self.open_loop(variables, &[Type::I64]);
        let test = if inclusive { "le.i64.signed" } else { "lt.i64.signed" };
        let guard = self.define(test, Immediate::None, &[from, to], Type::BOOL);
        self.loop_branch(&parts, guard, from);
        let index = self.enter_body(&parts);
        self.bind_pattern(pattern, index)?;
        self.expr(body, Dest::Value)?;
        let Some(index) = index else { return Ok(()) };
        if inclusive {
            // Compared before it is increased: the end may be the largest number.
            let more = self.define("lt.i64.signed", Immediate::None, &[index, to], Type::BOOL);
            let next = self.successor(index);
            self.loop_branch(&parts, more, next);
        } else {
            let next = self.successor(index);
            let more = self.define("lt.i64.signed", Immediate::None, &[next, to], Type::BOOL);
            self.loop_branch(&parts, more, next);
        }
        self.leave_loop(parts);
        Ok(())
    }

    /// The next index, which is known not to overflow where it is used.
    fn successor(&mut self, index: Value) -> Value {
        let one = self.integer(1);
        self.define("add.i64.wrapping", Immediate::None, &[index, one], Type::I64)
    }

    fn for_vector(
        &mut self,
        vector: Value,
        ty: Mono,
        pattern: &'a Pattern<'a>,
        body: &'a Expr<'a>,
        variables: Vec<LocalId>,
    ) -> Outcome<()> {
        let element = match self.lowering.types.kind(ty) {
            Kind::Vector(element) => *element,
            _ => Mono::UINT8,
        };
        let parts = self.open_loop(variables, &[Type::I64]);
        let from = self.integer(0);
        let length = self.define("array_length", Immediate::None, &[vector], Type::I64);
        let guard = self.define("lt.i64.signed", Immediate::None, &[from, length], Type::BOOL);
        self.loop_branch(&parts, guard, from);
        let Some(index) = self.enter_body(&parts) else { return Ok(()) };
        let element_type = self.value_type(element);
        let item = self.define("elem", Immediate::None, &[vector, index], element_type);
        self.bind_pattern(pattern, Some(item))?;
        self.expr(body, Dest::Value)?;
        let next = self.successor(index);
        let more = self.define("lt.i64.signed", Immediate::None, &[next, length], Type::BOOL);
        self.loop_branch(&parts, more, next);
        self.leave_loop(parts);
        Ok(())
    }

    /// A list's loop tests at the top: only behind that test the cell's fields may be read.
    fn for_list(
        &mut self,
        list: Value,
        ty: Mono,
        pattern: &'a Pattern<'a>,
        body: &'a Expr<'a>,
        variables: Vec<LocalId>,
    ) -> Outcome<()> {
        let list_type = self.value_type(ty);
        let parts = self.open_loop(variables, &[list_type]);
        let mut args = vec![list];
        args.extend(self.variables(&parts.variables));
        self.jump(parts.body, &args);
        let Some(cell) = self.enter_body(&parts) else { return Ok(()) };
        let element = self.block();
        let cases = vec![
            target(Label::Variant(0), parts.exit, &self.variables(&parts.variables)),
            target(Label::Variant(1), element, &[]),
        ];
        self.terminate("switch_tag", Immediate::None, &[cell], cases);
        self.switch_to(element);
        let head = self.read_field(cell, ty, 1, 0, pattern.span)?;
        let rest = self.read_field(cell, ty, 1, 1, pattern.span)?;
        self.bind_pattern(pattern, head)?;
        self.expr(body, Dest::Value)?;
        let mut args = vec![self.materialize(rest, ty)];
        args.extend(self.variables(&parts.variables));
        self.jump(parts.body, &args);
        self.leave_loop(parts);
        Ok(())
    }

    /// The blocks of a loop. Its body has parameters of these types before the variables.
    fn open_loop(&mut self, variables: Vec<LocalId>, types: &[Type]) -> Loop {
        let body = self.block();
        for ty in types {
            self.draft.block_param(body, *ty);
        }
        self.variable_params(body, &variables);
        let exit = self.block();
        let exit_params = self.variable_params(exit, &variables);
        Loop { body, exit, exit_params, variables }
    }

    /// Goes on in the body: gives its own parameter, where it has one.
    fn enter_body(&mut self, parts: &Loop) -> Option<Value> {
        self.switch_to(parts.body);
        let params = self.draft.blocks[parts.body.index()].params.clone();
        let own = params.len() - parts.variables.len();
        self.set_variables(&parts.variables, &params[own..]);
        params[..own].first().copied()
    }

    /// Into the body with that value, or out of the loop.
    fn loop_branch(&mut self, parts: &Loop, more: Value, next: Value) {
        let variables = self.variables(&parts.variables);
        let mut args = vec![next];
        args.extend_from_slice(&variables);
        let into: Target = target(Label::Normal, parts.body, &args);
        self.branch(more, into, target(Label::Normal, parts.exit, &variables));
    }

    fn leave_loop(&mut self, parts: Loop) {
        self.switch_to(parts.exit);
        self.set_variables(&parts.variables, &parts.exit_params);
    }
}

/// Whether an expression is small enough to be written twice.
fn is_small(expr: &Expr) -> bool {
    fn count(expr: &Expr, left: &mut u32) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match expr.kind {
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Constant(_) => true,
            ExprKind::Call { arguments: parts, .. } | ExprKind::Primitive { operands: parts, .. } => {
                parts.iter().all(|part| count(part, left))
            }
            ExprKind::And(a, b) | ExprKind::Or(a, b) => count(a, left) && count(b, left),
            ExprKind::Field { object, .. } | ExprKind::TupleField { object, .. } => count(object, left),
            _ => false,
        }
    }
    count(expr, &mut CONDITION_COPIED_MAX.clone())
}
