//! Expressions and patterns as S-expressions.

use super::form::Form;
use super::items::ty;
use crate::ast::{
    Argument, Arm, BinaryOperator, Clause, Expr, ExprKind, FieldPattern, FieldValue, LambdaParameter, ListRest, Name,
    Pattern, PatternKind, Statement, StringPart, UnaryOperator,
};

/// An expression.
pub fn expression(expr: &Expr<'_>) -> Form {
    match &expr.kind {
        ExprKind::Int(value) => Form::list("Int", [Form::word(value.to_string())]),
        ExprKind::Float(text) => Form::list("Float", [Form::word(*text)]),
        ExprKind::Char(value) => Form::list("Char", [Form::quoted(value.encode_utf8(&mut [0; 4]))]),
        ExprKind::String(parts) => Form::list("String", parts.iter().map(string_part)),
        ExprKind::Bool(value) => Form::list("Bool", [Form::word(value.to_string())]),
        ExprKind::Unit => Form::list("Unit", []),
        ExprKind::Name(name) => Form::list("Name", [word(name)]),
        ExprKind::Constructor(path) => Form::list("Constructor", [Form::path(path)]),
        ExprKind::Qualified { path, name } => Form::list("Qualified", [Form::path(path), word(name)]),
        ExprKind::Field { object, name } => Form::list("Field", [word(name), expression(object)]),
        ExprKind::TupleField { object, index, .. } => {
            Form::list("TupleField", [Form::word(index.to_string()), expression(object)])
        }
        ExprKind::Call { callee, arguments } => {
            Form::list("Call", std::iter::once(expression(callee)).chain(arguments.iter().map(argument)))
        }
        ExprKind::MethodCall { receiver, name, arguments } => {
            let parts = [word(name), expression(receiver)];
            Form::list("MethodCall", parts.into_iter().chain(arguments.iter().map(argument)))
        }
        ExprKind::Struct { path, fields } => {
            Form::list("Struct", std::iter::once(Form::path(path)).chain(fields.iter().map(field_value)))
        }
        ExprKind::Update { object, fields } => {
            Form::list("Update", std::iter::once(expression(object)).chain(fields.iter().map(field_value)))
        }
        ExprKind::List(items) => Form::list("List", items.iter().map(expression)),
        ExprKind::Tuple(items) => Form::list("Tuple", items.iter().map(expression)),
        ExprKind::Lambda { parameters, body } => {
            Form::list("Lambda", parameters.iter().map(lambda_parameter).chain([expression(body)]))
        }
        ExprKind::Resume(value) => Form::list("Resume", value.iter().map(|value| expression(value))),
        ExprKind::Fail(value) => Form::list("Fail", [expression(value)]),
        ExprKind::Catch(body) => Form::list("Catch", [expression(body)]),
        ExprKind::Try(result) => Form::list("Try", [expression(result)]),
        ExprKind::Unary(UnaryOperator::Negate, operand) => Form::list("Negate", [expression(operand)]),
        ExprKind::Unary(UnaryOperator::Not, operand) => Form::list("Not", [expression(operand)]),
        ExprKind::Binary { operator, left, right, .. } => {
            Form::list("Binary", [Form::word(spelling(*operator)), expression(left), expression(right)])
        }
        ExprKind::Range { from, to, inclusive } => {
            let head = if *inclusive { "RangeInclusive" } else { "Range" };
            Form::list(head, [expression(from), expression(to)])
        }
        ExprKind::Block(statements) => Form::list("Block", statements.iter().map(statement)),
        ExprKind::Assign { name, value } => Form::list("Assign", [word(name), expression(value)]),
        kind => control(kind),
    }
}

/// Branches and loops.
fn control(kind: &ExprKind<'_>) -> Form {
    match kind {
        ExprKind::If { condition, consequent, alternative } => {
            let parts = [expression(condition), expression(consequent)];
            Form::list("If", parts.into_iter().chain(alternative.map(expression)))
        }
        ExprKind::Case { subject, arms } => {
            Form::list("Case", std::iter::once(expression(subject)).chain(arms.iter().map(arm)))
        }
        ExprKind::Cond { arms, otherwise } => {
            let arms = arms.iter().map(|arm| Form::list("Arm", [expression(&arm.condition), expression(&arm.body)]));
            Form::list("Cond", arms.chain([Form::list("Otherwise", [expression(otherwise)])]))
        }
        ExprKind::Handle { body, clauses, then } => {
            let then = then.map(|(result, value)| Form::list("Then", [pattern(result), expression(value)]));
            Form::list("Handle", std::iter::once(expression(body)).chain(clauses.iter().map(clause)).chain(then))
        }
        ExprKind::For { pattern: element, subject, body } => {
            Form::list("For", [pattern(element), expression(subject), expression(body)])
        }
        ExprKind::While { condition, body } => Form::list("While", [expression(condition), expression(body)]),
        other => expression(&Expr { kind: *other, span: crate::source::Span::default() }),
    }
}

fn word(name: &Name<'_>) -> Form {
    Form::word(name.text)
}

fn string_part(part: &StringPart<'_>) -> Form {
    match part {
        StringPart::Text(text) => Form::quoted(text),
        StringPart::Hole(hole) => Form::list("Hole", [expression(hole)]),
    }
}

fn argument(argument: &Argument<'_>) -> Form {
    match &argument.name {
        Some(name) => Form::list("Argument", [word(name), expression(&argument.value)]),
        None => expression(&argument.value),
    }
}

fn field_value(field: &FieldValue<'_>) -> Form {
    let value = (!field.short).then(|| expression(&field.value));
    Form::list("FieldValue", std::iter::once(word(&field.name)).chain(value))
}

fn lambda_parameter(parameter: &LambdaParameter<'_>) -> Form {
    Form::list("Parameter", std::iter::once(pattern(&parameter.pattern)).chain(parameter.ty.map(ty)))
}

fn arm(arm: &Arm<'_>) -> Form {
    let guard = arm.guard.map(|guard| Form::list("Guard", [expression(guard)]));
    Form::list("Arm", std::iter::once(pattern(&arm.pattern)).chain(guard).chain([expression(&arm.body)]))
}

fn clause(clause: &Clause<'_>) -> Form {
    let head = [Form::path(clause.path), word(&clause.operation)];
    let parameters = clause.parameters.iter().map(pattern);
    Form::list("Clause", head.into_iter().chain(parameters).chain([expression(&clause.body)]))
}

fn statement(statement: &Statement<'_>) -> Form {
    match statement {
        Statement::Let { pattern: target, ty: annotation, value } => {
            let parts = std::iter::once(pattern(target)).chain(annotation.map(ty));
            Form::list("Let", parts.chain([expression(value)]))
        }
        Statement::Var { name, ty: annotation, value } => {
            let parts = std::iter::once(word(name)).chain(annotation.map(ty));
            Form::list("Var", parts.chain([expression(value)]))
        }
        Statement::Expr(value) => expression(value),
    }
}

/// How an operator is written.
fn spelling(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Concat => "++",
        BinaryOperator::Combine => "<>",
        BinaryOperator::Cons => "::",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::Greater => ">",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
    }
}

/// A pattern.
pub fn pattern(value: &Pattern<'_>) -> Form {
    match &value.kind {
        PatternKind::Wildcard => Form::list("Wildcard", []),
        PatternKind::Name(name) => Form::list("Name", [word(name)]),
        PatternKind::Int { negative, value } => {
            let sign = if *negative { "-" } else { "" };
            Form::list("Int", [Form::word(format!("{sign}{value}"))])
        }
        PatternKind::Float(text) => Form::list("Float", [Form::word(*text)]),
        PatternKind::Char(value) => Form::list("Char", [Form::quoted(value.encode_utf8(&mut [0; 4]))]),
        PatternKind::String(text) => Form::list("String", [Form::quoted(text)]),
        PatternKind::Bool(value) => Form::list("Bool", [Form::word(value.to_string())]),
        PatternKind::Unit => Form::list("Unit", []),
        PatternKind::Constructor { path, fields, rest } => field_patterns("Constructor", path, fields, *rest),
        PatternKind::Struct { path, fields, rest } => field_patterns("Struct", path, fields, *rest),
        PatternKind::Tuple(items) => Form::list("Tuple", items.iter().map(pattern)),
        PatternKind::List { items, rest } => {
            let rest = match rest {
                ListRest::None => None,
                ListRest::Ignored => Some(Form::list("Rest", [])),
                ListRest::Name(name) => Some(Form::list("Rest", [word(name)])),
            };
            Form::list("List", items.iter().map(pattern).chain(rest))
        }
        PatternKind::Cons(head, tail) => Form::list("Cons", [pattern(head), pattern(tail)]),
        PatternKind::As(inner, name) => Form::list("As", [word(name), pattern(inner)]),
        PatternKind::Or(alternatives) => Form::list("Or", alternatives.iter().map(pattern)),
    }
}

fn field_patterns(head: &str, path: &[Name<'_>], fields: &[FieldPattern<'_>], rest: bool) -> Form {
    let fields = fields.iter().map(|field| match &field.name {
        Some(name) => Form::list("FieldPattern", [word(name), pattern(&field.pattern)]),
        None => pattern(&field.pattern),
    });
    let rest = rest.then(|| Form::list("Rest", []));
    Form::list(head, std::iter::once(Form::path(path)).chain(fields).chain(rest))
}
