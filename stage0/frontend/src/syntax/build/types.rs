//! Types and effect rows.

use super::{Builder, collect};
use crate::ast::{EffectUse, Name, Row, Type, TypeKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use crate::syntax::grammar::{Node, Rule};

impl<'a> Builder<'a, '_> {
    /// A type.
    pub fn ty(&self, node: Node<'_>) -> Outcome<Type<'a>> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::type_ => match node.into_inner().next() {
                Some(inner) => return self.ty(inner),
                None => return Err(Diagnostic::new("syntax", span, "a type is missing")),
            },
            Rule::applied_type | Rule::named_type => {
                let (path, arguments) = self.applied(node)?;
                TypeKind::Named { path, arguments }
            }
            Rule::variable => {
                if node.clone().into_inner().nth(1).is_some() {
                    return Err(Diagnostic::unsupported(span, "associated types"));
                }
                TypeKind::Variable(self.name(&node))
            }
            Rule::grouped_type => return self.grouped_type(node, span),
            Rule::function_type => self.function_type(node)?,
            _ => return Err(Diagnostic::unsupported(span, "record types")),
        };
        Ok(Type { kind, span })
    }

    /// A type in the arena.
    pub fn ty_ref(&self, node: Node<'_>) -> Outcome<&'a Type<'a>> {
        Ok(self.alloc(self.ty(node)?))
    }

    /// A path and types that it is applied to.
    fn applied(&self, node: Node<'_>) -> Outcome<(&'a [Name<'a>], &'a [Type<'a>])> {
        let mut path: &[Name<'a>] = &[];
        let mut arguments = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::path => path = self.names(child),
                _ => arguments.push(self.ty(child)?),
            }
        }
        Ok((path, self.slice(&arguments)))
    }

    /// `()`, `(A)`, `(A, B)`
    fn grouped_type(&self, node: Node<'_>, span: Span) -> Outcome<Type<'a>> {
        let types = collect(node.into_inner(), |child| self.ty(child))?;
        let kind = match types.as_slice() {
            [] => TypeKind::Named { path: self.slice(&[Name { text: "Unit", span }]), arguments: &[] },
            [only] => return Ok(*only),
            several => TypeKind::Tuple(self.slice(several)),
        };
        Ok(Type { kind, span })
    }

    /// `fn(A) -[…]> B`
    fn function_type(&self, node: Node<'_>) -> Outcome<TypeKind<'a>> {
        let span = self.span(&node);
        let mut row = None;
        let mut types = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::row_arrow => row = Some(self.row(child)?),
                _ => types.push(self.ty(child)?),
            }
        }
        match types.split_last() {
            Some((result, parameters)) => {
                Ok(TypeKind::Function { parameters: self.slice(parameters), row, result: self.alloc(*result) })
            }
            None => Err(Diagnostic::new("syntax", span, "the function type has no result")),
        }
    }

    /// An effect row, in `[…]` or in `-[…]>`.
    pub fn row(&self, node: Node<'_>) -> Outcome<Row<'a>> {
        let span = self.span(&node);
        let mut effects = Vec::new();
        let mut variable: Option<Name<'a>> = None;
        for child in node.into_inner() {
            let place = self.span(&child);
            if let Some(variable) = variable {
                let message = "an effect row has one variable, at its end";
                let error = Diagnostic::new("malformed-row", place, message);
                return Err(error.note(variable.span, "this is its variable"));
            }
            match child.as_rule() {
                Rule::variable => variable = Some(self.name(&child)),
                _ => {
                    let (path, arguments) = self.applied(child)?;
                    effects.push(EffectUse { path, arguments, span: place });
                }
            }
        }
        // The brackets, without the marks around them.
        let is_arrow = self.lexed.text[span.start as usize..].starts_with('-');
        let span = if is_arrow { Span { start: span.start + 1, end: span.end - 1, ..span } } else { span };
        Ok(Row { effects: self.slice(&effects), variable, span })
    }
}
