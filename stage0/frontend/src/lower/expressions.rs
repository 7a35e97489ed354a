//! Expressions: which code each kind becomes, blocks, and reading and assigning locals.

use super::builder::{Dest, FunctionLowering, Operand, Role};
use super::layouts::internal;
use super::scope::Binding;
use super::types::Mono;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, Literal, LocalId, LocalKind, Statement};
use crate::source::Span;
use kea_mir::entity::Value;
use kea_mir::module::Immediate;
use kea_mir::types::{Scalar, Stored, Type};

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// Lowers the body of the function: its value is the result.
    pub(super) fn tail(&mut self, body: &'a Expr<'a>) -> Outcome<()> {
        self.expr(body, Dest::Return)?;
        self.write_refail();
        Ok(())
    }

    /// Lowers an expression. With [`Dest::Return`] the code ends in it.
    pub(super) fn expr(&mut self, expr: &'a Expr<'a>, dest: Dest) -> Outcome<Operand> {
        if self.is_dead() {
            return Ok(None);
        }
        let operand = match expr.kind {
            ExprKind::Block { statements, value } => self.block_expr(statements, value, expr, dest)?,
            ExprKind::If { condition, consequent, alternative } => {
                self.if_expr(condition, consequent, alternative, expr, dest)?
            }
            ExprKind::Match { subject, arms } => self.match_expr(subject, arms, expr, dest)?,
            ExprKind::Handle(handle) => self.handle_expr(handle, expr, dest)?,
            ExprKind::Catch(body) => self.catch_expr(body, expr, dest)?,
            ExprKind::Call { callee, arguments } => self.call_expr(&callee, arguments, expr, dest)?,
            ExprKind::CallValue { callee, arguments } => self.call_value_expr(callee, arguments, expr, dest)?,
            _ => {
                let operand = self.simple(expr)?;
                self.stop_at_never(expr.ty, expr.span)?;
                return self.deliver(operand, expr.span, dest);
            }
        };
        self.stop_at_never(expr.ty, expr.span)?;
        Ok(operand)
    }

    /// A value of type `Never` cannot be there: whatever would come behind it is not reached.
    fn stop_at_never(&mut self, ty: crate::hir::Ty<'a>, span: Span) -> Outcome<()> {
        if !self.is_dead() && self.ty(ty) == Mono::NEVER { self.unreachable(span) } else { Ok(()) }
    }

    /// Hands a value to where it goes.
    pub(super) fn deliver(&mut self, operand: Operand, span: Span, dest: Dest) -> Outcome<Operand> {
        match dest {
            Dest::Value => Ok(operand),
            Dest::Return => {
                self.give_back(operand, span)?;
                Ok(None)
            }
        }
    }

    /// Returns from the function.
    pub(super) fn give_back(&mut self, operand: Operand, span: Span) -> Outcome<()> {
        if self.is_dead() {
            return Ok(());
        }
        if self.role == Role::Clause {
            return Err(internal(span, "a clause ends without resuming"));
        }
        match self.shape.result {
            Mono::NEVER => self.unreachable(span)?,
            Mono::UNIT => self.terminate("return", Immediate::None, &[], Vec::new()),
            result => {
                let value = self.materialize(operand, result);
                self.terminate("return", Immediate::None, &[value], Vec::new());
            }
        }
        Ok(())
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &'a Expr<'a>) -> Outcome<Value> {
        let operand = self.expr(expr, Dest::Value)?;
        let ty = self.ty(expr.ty);
        Ok(self.materialize(operand, ty))
    }

    /// The values of operands, from left to right. A variable is read when all have been evaluated.
    pub(super) fn values(&mut self, exprs: impl IntoIterator<Item = &'a Expr<'a>>) -> Outcome<Vec<Value>> {
        let mut values = Vec::new();
        let mut late = Vec::new();
        for expr in exprs {
            if self.is_variable(expr) {
                late.push((values.len(), expr));
                values.push(Value(0));
            } else {
                values.push(self.value(expr)?);
            }
        }
        for (index, expr) in late {
            values[index] = self.value(expr)?;
        }
        Ok(values)
    }

    /// Whether an expression is a mere variable, as itself or as a function with a larger row.
    fn is_variable(&self, expr: &Expr<'a>) -> bool {
        match expr.kind {
            ExprKind::Local(local) => self.local_kind(local) != LocalKind::Value,
            ExprKind::Widen(inner) => self.is_variable(inner),
            _ => false,
        }
    }

    /// Expressions in which no path branches off.
    fn simple(&mut self, expr: &'a Expr<'a>) -> Outcome<Operand> {
        match expr.kind {
            ExprKind::Literal(literal) => Ok(self.literal(literal)),
            ExprKind::Local(local) => self.local(local, expr.span),
            ExprKind::Constant(constant) => self.constant(constant, expr.span),
            ExprKind::Function(named) => self.function_value(&named, expr).map(Some),
            ExprKind::ConstructorFunction { variant, .. } => self.constructor_value(variant, expr).map(Some),
            ExprKind::Lambda { parameters, body, captures } => self.lambda(parameters, body, captures, expr).map(Some),
            ExprKind::Widen(inner) => self.widen(inner, expr).map(Some),
            ExprKind::Perform { effect, operation, arguments } => {
                self.perform_expr(&effect, operation, arguments, expr.span)
            }
            ExprKind::Primitive { operation, operands } => self.primitive(operation, operands, expr),
            ExprKind::And(..) | ExprKind::Or(..) => self.logic(expr).map(Some),
            ExprKind::Construct { variant, fields, .. } => {
                let fields = self.values(fields)?;
                let ty = self.ty(expr.ty);
                self.construct(ty, variant, &fields, expr.span).map(Some)
            }
            ExprKind::Tuple(elements) => {
                let elements = self.values(elements)?;
                let ty = self.ty(expr.ty);
                self.construct(ty, 0, &elements, expr.span).map(Some)
            }
            ExprKind::List(elements) => self.list(elements, expr).map(Some),
            ExprKind::Interpolate(parts) => self.interpolate(parts, expr.span).map(Some),
            ExprKind::Field { object, field } | ExprKind::TupleField { object, index: field } => {
                self.field_expr(object, field, expr.span)
            }
            ExprKind::Update { object, fields } => self.update(object, fields, expr.span).map(Some),
            ExprKind::Resume(value) => self.resume_expr(value),
            ExprKind::Try(result) => self.try_expr(result, expr),
            ExprKind::Assign { local, value } => self.assign(local, value),
            ExprKind::For { pattern, subject, body } => self.for_expr(pattern, &subject, body, expr),
            ExprKind::While { condition, body } => self.while_expr(condition, body, expr),
            ExprKind::Block { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Handle(_)
            | ExprKind::Catch(_)
            | ExprKind::Call { .. }
            | ExprKind::CallValue { .. } => self.expr(expr, Dest::Value),
        }
    }

    /// A literal; `()` has no value.
    pub(super) fn literal(&mut self, literal: Literal) -> Operand {
        Some(match literal {
            Literal::Int(number) => self.integer(number),
            Literal::UInt8(number) => {
                self.define("const.i8", Immediate::Int(i64::from(number as i8)), &[], Scalar::I8.into())
            }
            Literal::Float(number) => {
                self.define("const.f64", Immediate::Float(number.to_bits()), &[], Scalar::F64.into())
            }
            Literal::Char(char) => {
                self.define("const.i32", Immediate::Int(i64::from(u32::from(char))), &[], Scalar::I32.into())
            }
            Literal::Bool(truth) => self.truth(truth),
            Literal::String(text) => self.text(text),
            Literal::Unit => return None,
        })
    }

    fn local(&mut self, local: LocalId, span: Span) -> Outcome<Operand> {
        match self.bindings.get(&local) {
            Some(Binding::Value(value) | Binding::Variable(value)) => Ok(Some(*value)),
            Some(Binding::Cell(cell)) => {
                let cell = *cell;
                let stored = self.cell_type(cell, span)?;
                Ok(Some(self.define("var_get", Immediate::None, &[cell], stored.into())))
            }
            None => Err(internal(span, "a local is read that is not bound")),
        }
    }

    fn cell_type(&self, cell: Value, span: Span) -> Outcome<Stored> {
        match self.draft.values[cell.index()] {
            Type::Var(stored) => Ok(stored),
            _ => Err(internal(span, "a cell is no variable")),
        }
    }

    fn block_expr(
        &mut self,
        statements: &'a [Statement<'a>],
        value: Option<&'a Expr<'a>>,
        expr: &'a Expr<'a>,
        dest: Dest,
    ) -> Outcome<Operand> {
        let is_cell = |statement: &Statement| match statement {
            Statement::Var(local, _) => self.local_kind(*local) == LocalKind::Cell,
            _ => false,
        };
        // While a cell is open the frame is needed: nothing in the block is in tail position.
        let has_cells = statements.iter().any(is_cell);
        let inner = if has_cells { Dest::Value } else { dest };
        let mut cells = Vec::new();
        for statement in statements {
            if self.is_dead() {
                break;
            }
            self.statement(statement, &mut cells)?;
        }
        let last_cell = cells.last().copied();
        let taken = match value.map(|value| value.kind) {
            Some(ExprKind::Local(local)) => last_cell.is_some_and(|(cell, _)| cell == local),
            _ => false,
        };
        let mut operand = match value {
            Some(value) if !taken => self.expr(value, inner)?,
            _ => None,
        };
        while let Some((_, span)) = cells.pop() {
            let ended = self.close_cell(taken && operand.is_none(), span)?;
            operand = operand.or(ended);
        }
        if has_cells || value.is_none() { self.deliver(operand, expr.span, dest) } else { Ok(operand) }
    }

    fn statement(&mut self, statement: &'a Statement<'a>, cells: &mut Vec<(LocalId, Span)>) -> Outcome<()> {
        match *statement {
            Statement::Let(pattern, value) => self.let_pattern(pattern, value),
            Statement::Expr(expr) => self.expr(expr, Dest::Value).map(drop),
            Statement::Var(local, init) => {
                let value = self.value(init)?;
                if self.is_dead() {
                    return Ok(());
                }
                if self.local_kind(local) == LocalKind::Cell {
                    let Type::Stored(stored) = self.draft.values[value.index()] else {
                        return Err(internal(init.span, "a variable holds what cannot be stored"));
                    };
                    let cell = self.define("var_new", Immediate::Type(stored), &[value], Type::Var(stored));
                    self.bind_cell(local, cell);
                    self.open_cell(cell);
                    cells.push((local, init.span));
                } else {
                    // A declaration in a loop makes a new variable every time.
                    self.bindings.remove(&local);
                    self.set_variable(local, value);
                }
                Ok(())
            }
        }
    }

    fn assign(&mut self, local: LocalId, value: &'a Expr<'a>) -> Outcome<Operand> {
        let Some(Binding::Cell(cell)) = self.bindings.get(&local).copied() else {
            let value = self.value(value)?;
            self.set_variable(local, value);
            return Ok(None);
        };
        let stored = self.cell_type(cell, value.span)?;
        if !matches!(stored, Stored::Scalar(_)) && self.may_take(local, value)? {
            let taken = self.define("var_take", Immediate::None, &[cell], stored.into());
            self.bind(local, taken);
            let new = self.value(value)?;
            self.bind_cell(local, cell);
            self.run("var_put", Immediate::None, &[cell, new]);
        } else {
            let new = self.value(value)?;
            self.run("var_set", Immediate::None, &[cell, new]);
        }
        Ok(None)
    }

    fn resume_expr(&mut self, value: Option<&'a Expr<'a>>) -> Outcome<Operand> {
        let values = match value {
            Some(value) => {
                let resumed = self.expr(value, Dest::Value)?;
                if self.shape.result.is_empty() {
                    Vec::new()
                } else {
                    let result = self.shape.result;
                    vec![self.materialize(resumed, result)]
                }
            }
            None => Vec::new(),
        };
        if self.role != Role::Clause
            && let Some(value) = value
        {
            return Err(Diagnostic::unsupported(value.span, "`resume` outside of a clause's tail position"));
        }
        self.leave_regions(0);
        self.terminate("resume", Immediate::None, &values, Vec::new());
        Ok(None)
    }
}
