//! The last pass over a body: puts the types in that inference found, and chooses what operators mean for them.

use super::deferred::{has_equality, has_order};
use super::{BOOL, Checker, INT, STRING, UNIT};
use crate::diagnostic::Outcome;
use crate::hir::{
    Arm, Body, Clause, DataId, EffectUse, Expr, ExprKind, FunctionUse, Handle, Literal, LocalId, MethodUse, Named,
    Pattern, PatternKind, Primitive, Row, RowTail, Statement, Subject, TraitId, Ty, Type,
};
use crate::source::Span;
use smallvec::SmallVec;

impl<'a> Checker<'a, '_> {
    /// Ends the declaration: checks what was put off, and gives the body its final types.
    pub(super) fn finish(&mut self, parameters: Vec<LocalId>, value: Expr<'a>) -> Outcome<Body<'a>> {
        self.settle()?;
        self.solve_obligations()?;
        let value = self.final_ref(&value);
        let mut locals = std::mem::take(&mut self.locals);
        for local in &mut locals {
            local.ty = self.final_type(local.ty);
        }
        Ok(Body { locals, parameters, value })
    }

    /// The type without variables: those that nothing fixed are `Int` where a literal has them, else `Unit`.
    pub(super) fn final_type(&mut self, ty: Ty<'a>) -> Ty<'a> {
        match *ty {
            Type::Inference(_) => {
                let found = self.table.resolve(ty);
                let Type::Inference(id) = *found else { return self.final_type(found) };
                let default = if self.table.is_number(id) { INT } else { UNIT };
                self.table.bind(id, default);
                default
            }
            Type::Vector(_) | Type::Data(..) | Type::Tuple(_) | Type::Function(..) => {
                let place = std::ptr::from_ref(ty);
                if let Some(known) = self.final_types.get(&place) {
                    return known;
                }
                let done = self.rebuild_type(ty);
                self.final_types.insert(place, done);
                self.final_types.insert(std::ptr::from_ref(done), done);
                done
            }
            _ => ty,
        }
    }

    fn rebuild_type(&mut self, ty: Ty<'a>) -> Ty<'a> {
        match *ty {
            Type::Vector(element) => {
                let done = self.final_type(element);
                if std::ptr::eq(done, element) { ty } else { self.arena.alloc(Type::Vector(done)) }
            }
            Type::Data(id, arguments) => {
                let done = self.type_list(arguments);
                if std::ptr::eq(done, arguments) { ty } else { self.arena.alloc(Type::Data(id, done)) }
            }
            Type::Tuple(elements) => {
                let done = self.type_list(elements);
                if std::ptr::eq(done, elements) { ty } else { self.arena.alloc(Type::Tuple(done)) }
            }
            Type::Function(parameters, row, result) => {
                let function = Type::Function(self.type_list(parameters), self.final_row(row), self.final_type(result));
                self.arena.alloc(function)
            }
            _ => ty,
        }
    }

    /// The types without variables; the same slice where nothing changes.
    fn type_list(&mut self, types: &'a [Ty<'a>]) -> &'a [Ty<'a>] {
        let done: SmallVec<[Ty<'a>; 4]> = types.iter().map(|ty| self.final_type(ty)).collect();
        let same = done.iter().zip(types).all(|(new, old)| std::ptr::eq(*new, *old));
        if same { types } else { self.arena.alloc_slice_copy(&done) }
    }

    /// The row without variables: what nothing needed is not in it.
    fn final_row(&mut self, row: Row<'a>) -> Row<'a> {
        let mut flat = self.table.flatten(row);
        for used in &mut flat.effects {
            used.arguments = self.type_list(used.arguments);
        }
        flat.effects.sort_by_key(|used| used.effect);
        let tail = flat.tail.filter(|tail| matches!(tail, RowTail::Parameter(_)));
        let effects: &[EffectUse<'a>] =
            if flat.effects.is_empty() { &[] } else { self.arena.alloc_slice_copy(&flat.effects) };
        Row { effects, tail }
    }

    fn rows(&mut self, rows: &'a [Row<'a>]) -> &'a [Row<'a>] {
        let done: SmallVec<[Row<'a>; 2]> = rows.iter().map(|row| self.final_row(*row)).collect();
        self.arena.alloc_slice_copy(&done)
    }

    fn named(&mut self, named: Named<'a>) -> Named<'a> {
        match named {
            Named::Function(used) => {
                Named::Function(FunctionUse { types: self.type_list(used.types), rows: self.rows(used.rows), ..used })
            }
            Named::Method(used) => Named::Method(MethodUse {
                self_ty: self.final_type(used.self_ty),
                types: self.type_list(used.types),
                rows: self.rows(used.rows),
                ..used
            }),
        }
    }

    fn effect(&mut self, used: EffectUse<'a>) -> EffectUse<'a> {
        EffectUse { effect: used.effect, arguments: self.type_list(used.arguments) }
    }

    fn final_ref(&mut self, expr: &Expr<'a>) -> &'a Expr<'a> {
        let done = self.final_expr(expr);
        self.arena.alloc(done)
    }

    fn final_option(&mut self, expr: Option<&'a Expr<'a>>) -> Option<&'a Expr<'a>> {
        expr.map(|expr| self.final_ref(expr))
    }

    fn final_list(&mut self, exprs: &'a [Expr<'a>]) -> &'a [Expr<'a>] {
        self.arena.alloc_slice_fill_iter(exprs.iter().map(|expr| self.final_expr(expr)))
    }

    fn final_expr(&mut self, expr: &Expr<'a>) -> Expr<'a> {
        let ty = self.final_type(expr.ty);
        let kind = match expr.kind {
            ExprKind::Literal(literal) => ExprKind::Literal(fit(literal, ty)),
            ExprKind::Local(_) | ExprKind::Constant(_) | ExprKind::ConstructorFunction { .. } => expr.kind,
            ExprKind::Function(named) => ExprKind::Function(self.named(named)),
            ExprKind::Call { callee, arguments } => {
                ExprKind::Call { callee: self.named(callee), arguments: self.final_list(arguments) }
            }
            ExprKind::CallValue { callee, arguments } => {
                ExprKind::CallValue { callee: self.final_ref(callee), arguments: self.final_list(arguments) }
            }
            ExprKind::Perform { effect, operation, arguments } => {
                ExprKind::Perform { effect: self.effect(effect), operation, arguments: self.final_list(arguments) }
            }
            ExprKind::Primitive { operation, operands } => {
                let operands = self.final_list(operands);
                return self.operator(operation, operands, ty, expr.span);
            }
            ExprKind::And(left, right) => ExprKind::And(self.final_ref(left), self.final_ref(right)),
            ExprKind::Or(left, right) => ExprKind::Or(self.final_ref(left), self.final_ref(right)),
            ExprKind::Construct { data, variant, fields } => {
                ExprKind::Construct { data, variant, fields: self.final_list(fields) }
            }
            ExprKind::Tuple(elements) => ExprKind::Tuple(self.final_list(elements)),
            ExprKind::List(elements) => ExprKind::List(self.final_list(elements)),
            ExprKind::Interpolate(parts) => {
                ExprKind::Interpolate(self.arena.alloc_slice_fill_iter(parts.iter().map(|part| self.shown(part))))
            }
            ExprKind::Field { object, field } => ExprKind::Field { object: self.final_ref(object), field },
            ExprKind::TupleField { object, index } => ExprKind::TupleField { object: self.final_ref(object), index },
            ExprKind::Update { object, fields } => ExprKind::Update {
                object: self.final_ref(object),
                fields: self
                    .arena
                    .alloc_slice_fill_iter(fields.iter().map(|(field, value)| (*field, self.final_expr(value)))),
            },
            ExprKind::Block { statements, value } => ExprKind::Block {
                statements: self.arena.alloc_slice_fill_iter(statements.iter().map(|each| self.statement(each))),
                value: self.final_option(value),
            },
            ExprKind::If { condition, consequent, alternative } => ExprKind::If {
                condition: self.final_ref(condition),
                consequent: self.final_ref(consequent),
                alternative: self.final_option(alternative),
            },
            ExprKind::Match { subject, arms } => ExprKind::Match {
                subject: self.final_ref(subject),
                arms: self.arena.alloc_slice_fill_iter(arms.iter().map(|arm| self.arm(arm))),
            },
            ExprKind::Lambda { parameters, body, captures } => {
                ExprKind::Lambda { parameters: self.final_patterns(parameters), body: self.final_ref(body), captures }
            }
            ExprKind::Widen(inner) => {
                let inner = self.final_ref(inner);
                if inner.ty == ty {
                    return *inner;
                }
                ExprKind::Widen(inner)
            }
            ExprKind::Handle(handle) => ExprKind::Handle(self.handle(handle)),
            ExprKind::Resume(value) => ExprKind::Resume(self.final_option(value)),
            ExprKind::Catch(body) => ExprKind::Catch(self.final_ref(body)),
            ExprKind::Try(result) => ExprKind::Try(self.final_ref(result)),
            ExprKind::Assign { local, value } => ExprKind::Assign { local, value: self.final_ref(value) },
            ExprKind::For { pattern, subject, body } => ExprKind::For {
                pattern: self.pattern_ref(pattern),
                subject: self.subject(subject),
                body: self.final_ref(body),
            },
            ExprKind::While { condition, body } => {
                ExprKind::While { condition: self.final_ref(condition), body: self.final_ref(body) }
            }
        };
        Expr { kind, ty, span: expr.span }
    }

    fn subject(&mut self, subject: Subject<'a>) -> Subject<'a> {
        match subject {
            Subject::Range { from, to, inclusive } => {
                Subject::Range { from: self.final_ref(from), to: self.final_ref(to), inclusive }
            }
            Subject::List(list) => Subject::List(self.final_ref(list)),
            Subject::Vector(vector) => Subject::Vector(self.final_ref(vector)),
        }
    }

    fn statement(&mut self, statement: &Statement<'a>) -> Statement<'a> {
        match *statement {
            Statement::Let(pattern, value) => {
                let value = self.final_ref(value);
                Statement::Let(self.pattern_ref(pattern), value)
            }
            Statement::Var(local, value) => Statement::Var(local, self.final_ref(value)),
            Statement::Expr(expr) => Statement::Expr(self.final_ref(expr)),
        }
    }

    fn arm(&mut self, arm: &Arm<'a>) -> Arm<'a> {
        Arm {
            pattern: self.final_pattern(&arm.pattern),
            guard: self.final_option(arm.guard),
            body: self.final_ref(arm.body),
            span: arm.span,
        }
    }

    fn handle(&mut self, handle: &'a Handle<'a>) -> &'a Handle<'a> {
        let body = self.final_ref(handle.body);
        let clauses = self.arena.alloc_slice_fill_iter(handle.clauses.iter().map(|clause| Clause {
            parameters: self.final_patterns(clause.parameters),
            body: self.final_ref(clause.body),
            captures: clause.captures,
            row: self.final_row(clause.row),
            span: clause.span,
        }));
        let then = handle.then.map(|(pattern, value)| (self.pattern_ref(pattern), self.final_ref(value)));
        let effect = self.effect(handle.effect);
        self.arena.alloc(Handle { effect, body, clauses, then })
    }

    fn pattern_ref(&mut self, pattern: &Pattern<'a>) -> &'a Pattern<'a> {
        let done = self.final_pattern(pattern);
        self.arena.alloc(done)
    }

    fn final_patterns(&mut self, patterns: &'a [Pattern<'a>]) -> &'a [Pattern<'a>] {
        self.arena.alloc_slice_fill_iter(patterns.iter().map(|pattern| self.final_pattern(pattern)))
    }

    fn final_pattern(&mut self, pattern: &Pattern<'a>) -> Pattern<'a> {
        let ty = self.final_type(pattern.ty);
        let kind = match pattern.kind {
            PatternKind::Wildcard => PatternKind::Wildcard,
            PatternKind::Bind(local, inner) => PatternKind::Bind(local, inner.map(|inner| self.pattern_ref(inner))),
            PatternKind::Literal(literal) => PatternKind::Literal(fit(literal, ty)),
            PatternKind::Variant { data, variant, fields } => {
                PatternKind::Variant { data, variant, fields: self.final_patterns(fields) }
            }
            PatternKind::Tuple(elements) => PatternKind::Tuple(self.final_patterns(elements)),
            PatternKind::Or(alternatives) => PatternKind::Or(self.final_patterns(alternatives)),
        };
        Pattern { kind, ty, span: pattern.span }
    }

    /// A part of a text: `Show.show` of what is not a text itself.
    fn shown(&mut self, part: &Expr<'a>) -> Expr<'a> {
        let part = self.final_expr(part);
        if matches!(part.ty, Type::String | Type::Never) {
            return part;
        }
        let arguments = self.arena.alloc_slice_copy(&[part]);
        self.method_call(self.program.known.show, arguments, part.ty, STRING, part.span)
    }

    /// A call of the first method of a trait, which has no type parameters of its own.
    fn method_call(
        &self,
        trait_id: TraitId,
        arguments: &'a [Expr<'a>],
        self_ty: Ty<'a>,
        ty: Ty<'a>,
        span: Span,
    ) -> Expr<'a> {
        let callee = Named::Method(MethodUse { trait_id, method: 0, self_ty, types: &[], rows: &[] });
        Expr { kind: ExprKind::Call { callee, arguments }, ty, span }
    }

    /// What an operator means for the type of its operands.
    fn operator(&mut self, operation: Primitive, operands: &'a [Expr<'a>], ty: Ty<'a>, span: Span) -> Expr<'a> {
        let operand = operands.iter().map(|operand| operand.ty).find(|ty| **ty != Type::Never);
        let known = self.program.known;
        let primitive = Expr { kind: ExprKind::Primitive { operation, operands }, ty, span };
        let Some(operand) = operand else { return primitive };
        match operation {
            Primitive::Equal | Primitive::NotEqual if !has_equality(operand) => {
                let equal = self.method_call(known.eq, operands, operand, BOOL, span);
                if operation == Primitive::Equal {
                    return equal;
                }
                let operands = self.arena.alloc_slice_copy(&[equal]);
                Expr { kind: ExprKind::Primitive { operation: Primitive::Not, operands }, ty: BOOL, span }
            }
            Primitive::Less | Primitive::GreaterEqual if !has_order(operand) => {
                self.compared(operands, operand, 0, operation == Primitive::Less, span)
            }
            Primitive::Greater | Primitive::LessEqual if !has_order(operand) => {
                self.compared(operands, operand, 2, operation == Primitive::Greater, span)
            }
            Primitive::Append => match *operand {
                Type::Vector(element) => self.append(known.vector_append, operands, element, ty, span),
                Type::Data(_, [element]) => self.append(known.list_append, operands, element, ty, span),
                _ => primitive,
            },
            _ => primitive,
        }
    }

    fn append(
        &self,
        function: crate::hir::FunctionId,
        operands: &'a [Expr<'a>],
        element: Ty<'a>,
        ty: Ty<'a>,
        span: Span,
    ) -> Expr<'a> {
        let types = self.arena.alloc_slice_copy(&[element]);
        let callee = Named::Function(FunctionUse { function, types, rows: &[] });
        Expr { kind: ExprKind::Call { callee, arguments: operands }, ty, span }
    }

    /// `Ord.compare` of the operands: `value` where it gives that variant of `Ordering`, else the opposite.
    fn compared(&self, operands: &'a [Expr<'a>], operand: Ty<'a>, variant: u32, value: bool, span: Span) -> Expr<'a> {
        let data: DataId = self.program.known.ordering;
        let ordering: Ty<'a> = self.arena.alloc(Type::Data(data, &[]));
        let subject = self.arena.alloc(self.method_call(self.program.known.ord, operands, operand, ordering, span));
        let arm = |kind, value| Arm {
            pattern: Pattern { kind, ty: ordering, span },
            guard: None,
            body: self.arena.alloc(Expr { kind: ExprKind::Literal(Literal::Bool(value)), ty: BOOL, span }),
            span,
        };
        let arms =
            [arm(PatternKind::Variant { data, variant, fields: &[] }, value), arm(PatternKind::Wildcard, !value)];
        Expr { kind: ExprKind::Match { subject, arms: self.arena.alloc_slice_copy(&arms) }, ty: BOOL, span }
    }
}

/// An integer literal as a literal of its type, which it is known to fit.
fn fit<'a>(literal: Literal<'a>, ty: Ty<'a>) -> Literal<'a> {
    match (literal, ty) {
        (Literal::Int(value), Type::UInt8) => Literal::UInt8(value as u8),
        (Literal::Int(value), Type::Float) => Literal::Float(value as f64),
        // Negated zero.
        (Literal::Float(_), Type::Int) => Literal::Int(0),
        (Literal::Float(_), Type::UInt8) => Literal::UInt8(0),
        _ => literal,
    }
}
