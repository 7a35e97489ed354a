//! Messages about types.

use super::Checker;
use super::print::Printer;
use super::rows::{Cause, Performer};
use crate::ast::Name;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{EffectUse, Expr, ExprKind, ModuleId, Named, Program, Row, Ty, Type};
use crate::source::Span;

impl<'a> Checker<'a, '_> {
    fn printer(&self) -> Printer<'a, '_> {
        Printer {
            program: self.program,
            table: Some(&self.table),
            types: self.signature.variables.types,
            rows: self.signature.variables.rows,
        }
    }

    /// The type as Kea writes it, with the signature's names.
    pub(super) fn type_text(&self, ty: Ty<'a>) -> String {
        self.printer().ty(ty)
    }

    /// The row in brackets; empty for a pure one.
    pub(super) fn row_text(&self, row: Row<'a>) -> String {
        self.printer().row(row)
    }

    /// The name of a function or a constant as the module that is checked calls it.
    pub(super) fn own_name<'n>(&self, name: &'n str) -> &'n str {
        local_name(self.program, self.signature.module, name)
    }

    /// The effect with its arguments.
    pub(super) fn effect_name(&self, used: EffectUse<'a>) -> String {
        self.printer().effect(used)
    }

    /// The name of a row parameter of the signature.
    pub(super) fn row_parameter_name(&self, number: u32) -> String {
        self.printer().row_parameter(number)
    }

    /// Two types that must be equal and are not.
    pub(super) fn wrong_type(&self, expected: Ty<'a>, found: Ty<'a>, span: Span) -> Box<Diagnostic> {
        let (expected, found) = (self.type_text(expected), self.type_text(found));
        Diagnostic::new("wrong-type", span, format!("expected {expected}, found {found}"))
    }

    /// A type that would contain itself.
    pub(super) fn infinite_type(&self, expected: Ty<'a>, found: Ty<'a>, span: Span) -> Box<Diagnostic> {
        let (expected, found) = (self.type_text(expected), self.type_text(found));
        Diagnostic::new(
            "infinite-type",
            span,
            format!("the type would contain itself: expected {expected}, found {found}"),
        )
    }

    /// The type is needed before anything says what it is.
    pub(super) fn type_not_known(&self, span: Span, what: &str) -> Box<Diagnostic> {
        Diagnostic::new("type-not-known", span, format!("the type of this must be known {what}"))
            .hint("write it down: `let x: T = …`, or `|x: T| …`")
    }

    /// A wrong number of arguments, fields or parameters.
    pub(super) fn wrong_arity(&self, span: Span, what: &str, takes: usize, given: usize) -> Box<Diagnostic> {
        let plural = if takes == 1 { "" } else { "s" };
        let verb = if given == 1 { "is" } else { "are" };
        Diagnostic::new("wrong-arity", span, format!("{what} takes {takes} argument{plural}, but {given} {verb} given"))
    }

    /// The type with its outermost constructor; an integer literal's is `Int` from here on.
    pub(super) fn known_type(&mut self, ty: Ty<'a>, span: Span, what: &str) -> Outcome<Ty<'a>> {
        let ty = self.table.resolve(ty);
        match *ty {
            Type::Inference(id) if self.table.is_number(id) => {
                self.table.bind(id, super::INT);
                Ok(super::INT)
            }
            Type::Inference(_) => Err(self.type_not_known(span, what)),
            _ => Ok(ty),
        }
    }

    /// What an expression does to types and rows where it stands.
    pub(super) fn cause_of(&self, expr: &Expr<'a>) -> Cause {
        let performer = match expr.kind {
            ExprKind::Function(Named::Function(used)) => Performer::Function(used.function),
            ExprKind::Function(Named::Method(used)) => Performer::Method(used.trait_id, used.method),
            _ => Performer::Value,
        };
        Cause { span: expr.span, performer }
    }
}

/// The name of a function or a constant without that of the module that it is seen from.
pub(super) fn local_name<'n>(program: &Program<'_>, module: ModuleId, name: &'n str) -> &'n str {
    let module = program.modules[module.index()].name;
    name.strip_prefix(module).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
}

/// A cause without a callee.
pub(super) fn value_at(span: Span) -> Cause {
    Cause { span, performer: Performer::Value }
}

/// From the first to the last name of a path.
pub(super) fn path_span(path: &[Name<'_>]) -> Span {
    match path {
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
        [] => Span::default(),
    }
}
