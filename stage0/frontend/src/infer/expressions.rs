//! Expressions: the walk over a body, and the expressions that are about their parts only.

use super::deferred::{IntegerLiteral, Operator};
use super::errors::value_at;
use super::{BOOL, CHAR, Checker, FLOAT, NEVER, STRING, UNIT};
use crate::ast::{self, ExprKind as Syntax, StringPart};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, Literal, Pattern, PatternKind, Statement, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

impl<'a> Checker<'a, '_> {
    /// Checks that an expression fits a type.
    pub(super) fn check(&mut self, expr: &'a ast::Expr<'a>, expected: Ty<'a>) -> Outcome<Expr<'a>> {
        let found = self.expression(expr, Some(expected))?;
        self.coerce(found, expected)
    }

    /// The same for an expression whose value is that of the expression around it, which stood in tail position or not.
    pub(super) fn check_last(&mut self, expr: &'a ast::Expr<'a>, expected: Ty<'a>, tail: bool) -> Outcome<Expr<'a>> {
        self.tail = tail;
        self.check(expr, expected)
    }

    /// Finds the type of an expression.
    pub(super) fn infer(&mut self, expr: &'a ast::Expr<'a>) -> Outcome<Expr<'a>> {
        self.expression(expr, None)
    }

    /// An expression; the caller makes its type the expected one, where there is one.
    pub(super) fn expression(&mut self, expr: &'a ast::Expr<'a>, expected: Option<Ty<'a>>) -> Outcome<Expr<'a>> {
        let tail = std::mem::take(&mut self.tail);
        let span = expr.span;
        match expr.kind {
            Syntax::Int(value) => self.integer(IntegerLiteral { negative: false, value }, expected, span),
            Syntax::Float(text) => Ok(literal(Literal::Float(float(text, false)), FLOAT, span)),
            Syntax::Char(value) => Ok(literal(Literal::Char(value), CHAR, span)),
            Syntax::String(parts) => self.text(parts, span),
            Syntax::Bool(value) => Ok(literal(Literal::Bool(value), BOOL, span)),
            Syntax::Unit => Ok(literal(Literal::Unit, UNIT, span)),
            Syntax::Name(name) => self.name(name),
            Syntax::Constructor(path) => self.constructor_value(path, expected, span),
            Syntax::Qualified { path, name } => {
                let item = self.environment.qualified(self.signature.module, path, name)?;
                self.item_value(item, span)
            }
            Syntax::Field { object, name } => self.field(object, name, span),
            Syntax::TupleField { object, index, index_span } => self.tuple_field(object, index, index_span, span),
            Syntax::Call { callee, arguments } => self.call(callee, arguments, expected, span),
            Syntax::MethodCall { receiver, name, arguments } => self.method(receiver, name, arguments, expected, span),
            Syntax::Struct { path, fields } => self.structure(path, fields, expected, span),
            Syntax::Update { object, fields } => self.update(object, fields, span),
            Syntax::List(items) => self.list(items, expected, span),
            Syntax::Tuple(items) => self.tuple(items, expected, span),
            Syntax::Lambda { parameters, body } => self.lambda(parameters, body, expected, span),
            Syntax::If { condition, consequent, alternative } => {
                self.conditional(condition, consequent, alternative, expected, tail, span)
            }
            Syntax::Case { subject, arms } => self.case(subject, arms, expected, tail, span),
            Syntax::Cond { arms, otherwise } => self.cond(arms, otherwise, expected, tail, span),
            Syntax::Handle { body, clauses, then } => self.handle_effect(body, clauses, then, expected, span),
            Syntax::Resume(value) => self.resume(value, tail, span),
            Syntax::Fail(error) => self.fail(error, span),
            Syntax::Catch(body) => self.catch(body, expected, span),
            Syntax::Try(result) => self.try_result(result, expected, span),
            Syntax::Unary(operator, operand) => self.unary(operator, operand, expected, span),
            Syntax::Binary { operator, operator_span, left, right } => {
                self.binary(operator, operator_span, left, right, expected, span)
            }
            Syntax::Range { .. } => Err(Diagnostic::unsupported(span, "a range outside the head of a `for`")),
            Syntax::Block(statements) => self.block(statements, expected, tail, span),
            Syntax::Assign { name, value } => self.assign(name, value, span),
            Syntax::For { pattern, subject, body } => self.for_loop(pattern, subject, body, span),
            Syntax::While { condition, body } => self.while_loop(condition, body, span),
        }
    }

    /// An integer literal: of the expected type where that is one of numbers, else of a type that is found later.
    pub(super) fn integer(
        &mut self,
        written: IntegerLiteral,
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let ty = self.number_type(expected);
        self.demand_literal(written, ty, span)?;
        Ok(literal(integer_literal(written), ty, span))
    }

    /// The type of an integer literal or pattern.
    pub(super) fn number_type(&mut self, expected: Option<Ty<'a>>) -> Ty<'a> {
        let expected = expected.map(|ty| self.table.resolve(ty));
        match expected {
            Some(ty @ (Type::Int | Type::UInt8 | Type::Float)) => ty,
            _ => self.table.fresh_number(self.arena),
        }
    }

    /// A text with its holes.
    fn text(&mut self, parts: &'a [StringPart<'a>], span: Span) -> Outcome<Expr<'a>> {
        match parts {
            [] => return Ok(literal(Literal::String(""), STRING, span)),
            [StringPart::Text(text)] => return Ok(literal(Literal::String(text), STRING, span)),
            _ => {}
        }
        let mut done = Vec::with_capacity(parts.len());
        for part in parts {
            done.push(match part {
                StringPart::Text(text) => literal(Literal::String(text), STRING, span),
                StringPart::Hole(value) => {
                    let value = self.infer(value)?;
                    if *self.table.resolve(value.ty) != Type::Never {
                        self.demand_operator(Operator::Show, value.ty, value.span)?;
                    }
                    value
                }
            });
        }
        let parts = self.arena.alloc_slice_copy(&done);
        Ok(Expr { kind: ExprKind::Interpolate(parts), ty: STRING, span })
    }

    /// `(a, b)`
    fn tuple(&mut self, items: &'a [ast::Expr<'a>], expected: Option<Ty<'a>>, span: Span) -> Outcome<Expr<'a>> {
        let expected = expected.map(|ty| self.table.resolve(ty));
        let types = match expected {
            Some(Type::Tuple(types)) if types.len() == items.len() => types,
            _ => self.fresh_types(items.len() as u32),
        };
        let mut elements = Vec::with_capacity(items.len());
        for (item, ty) in items.iter().zip(types) {
            elements.push(self.check(item, ty)?);
        }
        let elements = self.arena.alloc_slice_copy(&elements);
        Ok(Expr { kind: ExprKind::Tuple(elements), ty: self.arena.alloc(Type::Tuple(types)), span })
    }

    /// `[a, b]`
    fn list(&mut self, items: &'a [ast::Expr<'a>], expected: Option<Ty<'a>>, span: Span) -> Outcome<Expr<'a>> {
        let element = self.list_element(expected);
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            elements.push(self.check(item, element)?);
        }
        let elements = self.arena.alloc_slice_copy(&elements);
        Ok(Expr { kind: ExprKind::List(elements), ty: self.list_of(element), span })
    }

    /// The type of the elements of a list, where a list is expected; else a new variable.
    pub(super) fn list_element(&mut self, expected: Option<Ty<'a>>) -> Ty<'a> {
        let list = self.program.known.list;
        match expected.map(|ty| self.table.resolve(ty)) {
            Some(Type::Data(id, [element])) if *id == list => element,
            _ => self.table.fresh(self.arena),
        }
    }

    /// `List element`
    pub(super) fn list_of(&self, element: Ty<'a>) -> Ty<'a> {
        let arguments = self.arena.alloc_slice_copy(&[element]);
        self.arena.alloc(Type::Data(self.program.known.list, arguments))
    }

    /// `object.0`
    fn tuple_field(
        &mut self,
        object: &'a ast::Expr<'a>,
        index: u32,
        index_span: Span,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let object = self.infer(object)?;
        let ty = self.known_type(object.ty, object.span, "to take an element of it")?;
        let Type::Tuple(elements) = ty else {
            let message = format!("{} is not a tuple", self.type_text(ty));
            return Err(Diagnostic::new("unknown-field", index_span, message));
        };
        let Some(ty) = elements.get(index as usize) else {
            let message = format!("{} has no element {index}: the first is 0", self.type_text(ty));
            return Err(Diagnostic::new("unknown-field", index_span, message));
        };
        Ok(Expr { kind: ExprKind::TupleField { object: self.arena.alloc(object), index }, ty, span })
    }

    /// `name := value`
    fn assign(&mut self, name: ast::Name<'a>, value: &'a ast::Expr<'a>, span: Span) -> Outcome<Expr<'a>> {
        let Some(local) = self.scope.find(name.text) else {
            return Err(match self.environment.value(self.signature.module, name)? {
                Some(_) => not_a_variable(name),
                None => self.environment.unknown_value(self.signature.module, name, &self.scope.visible()),
            });
        };
        let declared = self.locals[local.index()];
        if declared.kind == crate::hir::LocalKind::Value {
            return Err(not_a_variable(name).note(declared.span, "it is declared here").hint("declare it by `var`"));
        }
        self.use_local(local, name.span)?;
        let value = self.check(value, declared.ty)?;
        Ok(Expr { kind: ExprKind::Assign { local, value: self.arena.alloc(value) }, ty: UNIT, span })
    }

    /// Gives values names, in the order in which they were written, before an expression that takes them in another order.
    /// A mere name stays where it is taken: a variable is read when all values are there, in whatever order they stand.
    pub(super) fn with_names(
        &mut self,
        values: &[(ast::Name<'a>, Expr<'a>)],
        build: impl FnOnce(&mut Self, SmallVec<[Expr<'a>; 4]>) -> Expr<'a>,
    ) -> Expr<'a> {
        let mut statements = Vec::with_capacity(values.len());
        let mut names: SmallVec<[Expr<'a>; 4]> = SmallVec::new();
        for (name, value) in values {
            if matches!(value.kind, ExprKind::Local(_)) {
                names.push(*value);
                continue;
            }
            let local = self.new_local(*name, value.ty, crate::hir::LocalKind::Value);
            let pattern = Pattern { kind: PatternKind::Bind(local, None), ty: value.ty, span: value.span };
            statements.push(Statement::Let(self.arena.alloc(pattern), self.arena.alloc(*value)));
            names.push(Expr { kind: ExprKind::Local(local), ty: value.ty, span: value.span });
        }
        let value = build(self, names);
        let statements = self.arena.alloc_slice_copy(&statements);
        Expr {
            kind: ExprKind::Block { statements, value: Some(self.arena.alloc(value)) },
            ty: value.ty,
            span: value.span,
        }
    }

    /// The type that an annotation means.
    pub(super) fn annotation(&mut self, ty: &'a ast::Type<'a>) -> Outcome<Ty<'a>> {
        let meaning = self.environment.ty(self.signature.module, self.signature.variables, ty)?;
        self.check_annotation(meaning, ty.span)?;
        Ok(meaning)
    }

    /// The type of several values of which one is taken: `Never` where all are, else the type that they fit.
    pub(super) fn joined(&mut self, parts: &[Ty<'a>], target: Ty<'a>) -> Ty<'a> {
        let never = parts.iter().all(|ty| *self.table.resolve(ty) == Type::Never);
        if never { NEVER } else { target }
    }

    /// Makes a pattern's type that of what it matches.
    pub(super) fn expect_at(&mut self, expected: Ty<'a>, found: Ty<'a>, span: Span) -> Outcome<()> {
        self.expect(expected, found, value_at(span))
    }
}

/// A literal.
pub(super) fn literal<'a>(literal: Literal<'a>, ty: Ty<'a>, span: Span) -> Expr<'a> {
    Expr { kind: ExprKind::Literal(literal), ty, span }
}

/// The value of an integer literal. One that only a `Float` tells apart is a float already: negated zero, and what no `Int` holds.
pub(super) fn integer_literal<'a>(written: IntegerLiteral) -> Literal<'a> {
    if written.negative && written.value == 0 {
        return Literal::Float(-0.0);
    }
    let value = if written.negative { -i128::from(written.value) } else { i128::from(written.value) };
    i64::try_from(value).map_or(Literal::Float(value as f64), Literal::Int)
}

/// The value of a float literal, which the lexer has checked.
pub(super) fn float(text: &str, negative: bool) -> f64 {
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    if negative { -value } else { value }
}

/// `:=` to something that never changes.
fn not_a_variable(name: ast::Name<'_>) -> Box<Diagnostic> {
    Diagnostic::new("not-a-variable", name.span, format!("`{}` is not a variable", name.text))
}
