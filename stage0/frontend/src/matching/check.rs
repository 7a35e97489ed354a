//! Exhaustiveness of all matches of a program.

use super::missing;
use super::tree::{Tree, compile, compile_pattern};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Body, Clause, Code, Expr, ExprKind, Pattern, PatternKind, Program, Statement, Subject};
use crate::source::Span;

/// Every `case` has an arm for every value of its subject, and every pattern of a `let`, a `for`, a lambda, a clause or a `then` fits every
/// value. The first that does not is an error with an example.
pub fn check(program: &Program) -> Outcome<()> {
    let checker = Checker { program };
    for function in &program.functions {
        if let Code::Body(body) = &function.code {
            checker.body(body)?;
        }
    }
    program.constants.iter().filter_map(|constant| constant.body.as_ref()).try_for_each(|body| checker.body(body))
}

struct Checker<'p, 'a> {
    program: &'p Program<'a>,
}

impl<'a> Checker<'_, 'a> {
    fn body(&self, body: &Body<'a>) -> Outcome<()> {
        self.expr(body.value)
    }

    fn exprs(&self, exprs: &'a [Expr<'a>]) -> Outcome<()> {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }

    fn expr(&self, expr: &'a Expr<'a>) -> Outcome<()> {
        match expr.kind {
            ExprKind::Literal(_)
            | ExprKind::Local(_)
            | ExprKind::Constant(_)
            | ExprKind::Function(_)
            | ExprKind::ConstructorFunction { .. } => Ok(()),
            ExprKind::Call { arguments: parts, .. }
            | ExprKind::Perform { arguments: parts, .. }
            | ExprKind::Primitive { operands: parts, .. }
            | ExprKind::Construct { fields: parts, .. }
            | ExprKind::Tuple(parts)
            | ExprKind::List(parts)
            | ExprKind::Interpolate(parts) => self.exprs(parts),
            ExprKind::CallValue { callee, arguments } => {
                self.expr(callee)?;
                self.exprs(arguments)
            }
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::Field { object: inner, .. }
            | ExprKind::TupleField { object: inner, .. }
            | ExprKind::Widen(inner)
            | ExprKind::Catch(inner)
            | ExprKind::Try(inner)
            | ExprKind::Assign { value: inner, .. } => self.expr(inner),
            ExprKind::Resume(value) => value.map_or(Ok(()), |value| self.expr(value)),
            ExprKind::Update { object, fields } => {
                self.expr(object)?;
                fields.iter().try_for_each(|(_, value)| self.expr(value))
            }
            ExprKind::Block { statements, value } => {
                statements.iter().try_for_each(|statement| self.statement(statement))?;
                value.map_or(Ok(()), |value| self.expr(value))
            }
            ExprKind::If { condition, consequent, alternative } => {
                self.expr(condition)?;
                self.expr(consequent)?;
                alternative.map_or(Ok(()), |alternative| self.expr(alternative))
            }
            ExprKind::While { condition, body } => {
                self.expr(condition)?;
                self.expr(body)
            }
            ExprKind::Match { .. } => self.case(expr),
            ExprKind::Lambda { parameters, body, .. } => {
                self.patterns(parameters)?;
                self.expr(body)
            }
            ExprKind::Handle(handle) => {
                self.expr(handle.body)?;
                handle.clauses.iter().try_for_each(|clause| self.clause(clause))?;
                handle.then.map_or(Ok(()), |(pattern, value)| {
                    self.pattern(pattern)?;
                    self.expr(value)
                })
            }
            ExprKind::For { pattern, subject, body } => {
                match subject {
                    Subject::Range { from, to, .. } => {
                        self.expr(from)?;
                        self.expr(to)?;
                    }
                    Subject::List(subject) | Subject::Vector(subject) => self.expr(subject)?,
                }
                self.pattern(pattern)?;
                self.expr(body)
            }
        }
    }

    fn statement(&self, statement: &'a Statement<'a>) -> Outcome<()> {
        match statement {
            Statement::Let(pattern, value) => {
                self.expr(value)?;
                self.pattern(pattern)
            }
            Statement::Var(_, value) | Statement::Expr(value) => self.expr(value),
        }
    }

    fn clause(&self, clause: &'a Clause<'a>) -> Outcome<()> {
        self.patterns(clause.parameters)?;
        self.expr(clause.body)
    }

    fn case(&self, expr: &'a Expr<'a>) -> Outcome<()> {
        let ExprKind::Match { subject, arms } = expr.kind else { return Ok(()) };
        self.expr(subject)?;
        let tree = compile(self.program, subject.ty, arms);
        self.exhaustive(
            &tree,
            expr.span,
            |missing| format!("this `case` has no arm for `{missing}`"),
            "add an arm for it",
        )?;
        arms.iter().try_for_each(|arm| {
            arm.guard.map_or(Ok(()), |guard| self.expr(guard))?;
            self.expr(arm.body)
        })
    }

    fn patterns(&self, patterns: &'a [Pattern<'a>]) -> Outcome<()> {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern))
    }

    /// A pattern that has to fit every value.
    fn pattern(&self, pattern: &'a Pattern<'a>) -> Outcome<()> {
        if matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Bind(_, None)) {
            return Ok(());
        }
        let tree = compile_pattern(self.program, pattern);
        let message = |missing| format!("a pattern here has to fit every value, and this one does not fit `{missing}`");
        self.exhaustive(&tree, pattern.span, message, "use `case`")
    }

    fn exhaustive(&self, tree: &Tree<'a>, span: Span, message: impl Fn(String) -> String, hint: &str) -> Outcome<()> {
        match missing::find(self.program, tree) {
            None => Ok(()),
            Some(missing) => Err(Diagnostic::new("not-exhaustive", span, message(missing)).hint(hint)),
        }
    }
}
