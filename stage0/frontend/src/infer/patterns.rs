//! Patterns.

use super::Checker;
use super::constructors::Given;
use super::deferred::IntegerLiteral;
use super::expressions::{float, integer_literal};
use super::{BOOL, CHAR, FLOAT, STRING, UNIT};
use crate::ast::{self, FieldPattern, ListRest, Name, PatternKind as Syntax};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Literal, LocalId, LocalKind, Pattern, PatternKind, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

/// The names that a pattern binds, or the patterns of parameters, while they are checked.
#[derive(Default)]
pub(super) struct Bindings<'a> {
    names: Vec<(Name<'a>, LocalId)>,
    /// The names of the first alternatives around, which the others must bind, too.
    templates: Vec<Vec<(Name<'a>, LocalId)>>,
}

impl<'a> Bindings<'a> {
    /// What the first alternative made of a name.
    fn template(&self, name: &str) -> Option<LocalId> {
        let mut known = self.templates.iter().rev().flatten();
        known.find(|(other, _)| other.text == name).map(|(_, local)| *local)
    }
}

impl<'a> Checker<'a, '_> {
    /// Checks a pattern against the type of what it matches, and declares its names.
    pub(super) fn pattern(&mut self, pattern: &'a ast::Pattern<'a>, ty: Ty<'a>) -> Outcome<Pattern<'a>> {
        let mut bindings = Bindings::default();
        let done = self.matched(pattern, ty, &mut bindings)?;
        self.declare(bindings);
        Ok(done)
    }

    /// Checks the patterns of parameters, which bind no name twice, and declares their names.
    pub(super) fn parameters(
        &mut self,
        parameters: impl IntoIterator<Item = (&'a ast::Pattern<'a>, Ty<'a>)>,
    ) -> Outcome<&'a [Pattern<'a>]> {
        let mut bindings = Bindings::default();
        let mut patterns: SmallVec<[Pattern<'a>; 4]> = SmallVec::new();
        for (pattern, ty) in parameters {
            patterns.push(self.matched(pattern, ty, &mut bindings)?);
        }
        self.declare(bindings);
        Ok(self.arena.alloc_slice_copy(&patterns))
    }

    fn declare(&mut self, bindings: Bindings<'a>) {
        for (name, local) in bindings.names {
            self.scope.declare(name.text, local);
        }
    }

    fn matched(
        &mut self,
        pattern: &'a ast::Pattern<'a>,
        ty: Ty<'a>,
        bindings: &mut Bindings<'a>,
    ) -> Outcome<Pattern<'a>> {
        let span = pattern.span;
        let kind = match pattern.kind {
            Syntax::Wildcard => PatternKind::Wildcard,
            Syntax::Name(name) => PatternKind::Bind(self.bound(name, ty, bindings)?, None),
            Syntax::Int { negative, value } => {
                return self.integer_pattern(IntegerLiteral { negative, value }, ty, span);
            }
            Syntax::Float(text) => self.literal_pattern(Literal::Float(float(text, false)), FLOAT, ty, span)?,
            Syntax::Char(value) => self.literal_pattern(Literal::Char(value), CHAR, ty, span)?,
            Syntax::String(text) => self.literal_pattern(Literal::String(text), STRING, ty, span)?,
            Syntax::Bool(value) => self.literal_pattern(Literal::Bool(value), BOOL, ty, span)?,
            Syntax::Unit => self.literal_pattern(Literal::Unit, UNIT, ty, span)?,
            Syntax::Constructor { path, fields, rest } => {
                let shape = self.constructor(path, Some(ty))?;
                self.expect_at(ty, shape.ty, span)?;
                self.variant_pattern(shape, fields, rest, span, bindings)?
            }
            Syntax::Struct { path, fields, rest } => {
                let data = self.environment.structure(self.signature.module, path)?;
                let shape = self.shape(data, 0, Some(ty));
                self.expect_at(ty, shape.ty, span)?;
                self.variant_pattern(shape, fields, rest, span, bindings)?
            }
            Syntax::Tuple(elements) => self.tuple_pattern(elements, ty, span, bindings)?,
            Syntax::List { items, rest } => return self.list_pattern(items, rest, ty, span, bindings),
            Syntax::Cons(head, tail) => {
                let element = self.list_type(ty, span)?;
                let head = self.matched(head, element, bindings)?;
                let tail = self.matched(tail, ty, bindings)?;
                self.cons_pattern(head, tail)
            }
            Syntax::As(inner, name) => {
                let inner = self.matched(inner, ty, bindings)?;
                PatternKind::Bind(self.bound(name, ty, bindings)?, Some(self.arena.alloc(inner)))
            }
            Syntax::Or(alternatives) => self.alternatives(alternatives, ty, span, bindings)?,
        };
        Ok(Pattern { kind, ty, span })
    }

    /// A name: a new local, or in a further alternative that of the first one.
    fn bound(&mut self, name: Name<'a>, ty: Ty<'a>, bindings: &mut Bindings<'a>) -> Outcome<LocalId> {
        if let Some((before, _)) = bindings.names.iter().find(|(known, _)| known.text == name.text) {
            let message = format!("`{}` is bound twice", name.text);
            return Err(
                Diagnostic::new("duplicate-binding", name.span, message).note(before.span, "it is bound here already")
            );
        }
        let local = match bindings.template(name.text) {
            Some(local) => {
                self.expect_at(self.locals[local.index()].ty, ty, name.span)?;
                local
            }
            None => self.new_local(name, ty, LocalKind::Value),
        };
        bindings.names.push((name, local));
        Ok(local)
    }

    /// `a | b`: all alternatives bind the same names.
    fn alternatives(
        &mut self,
        alternatives: &'a [ast::Pattern<'a>],
        ty: Ty<'a>,
        span: Span,
        bindings: &mut Bindings<'a>,
    ) -> Outcome<PatternKind<'a>> {
        let start = bindings.names.len();
        let mut done = Vec::with_capacity(alternatives.len());
        for (index, alternative) in alternatives.iter().enumerate() {
            if index == 0 {
                done.push(self.matched(alternative, ty, bindings)?);
                let template = bindings.names[start..].to_vec();
                bindings.templates.push(template);
                continue;
            }
            bindings.names.truncate(start);
            done.push(self.matched(alternative, ty, bindings)?);
            let first = bindings.templates.last().map_or(&[][..], |names| names);
            same_names(first, &bindings.names[start..], alternative.span, span)?;
        }
        bindings.templates.pop();
        Ok(PatternKind::Or(self.arena.alloc_slice_copy(&done)))
    }

    fn integer_pattern(&mut self, written: IntegerLiteral, ty: Ty<'a>, span: Span) -> Outcome<Pattern<'a>> {
        let own = self.number_type(Some(ty));
        self.expect_at(ty, own, span)?;
        self.demand_literal(written, own, span)?;
        Ok(Pattern { kind: PatternKind::Literal(integer_literal(written)), ty: own, span })
    }

    fn literal_pattern(
        &mut self,
        literal: Literal<'a>,
        own: Ty<'a>,
        ty: Ty<'a>,
        span: Span,
    ) -> Outcome<PatternKind<'a>> {
        self.expect_at(ty, own, span)?;
        Ok(PatternKind::Literal(literal))
    }

    /// A constructor's or struct's fields.
    fn variant_pattern(
        &mut self,
        shape: super::constructors::Shape<'a>,
        fields: &'a [FieldPattern<'a>],
        rest: bool,
        span: Span,
        bindings: &mut Bindings<'a>,
    ) -> Outcome<PatternKind<'a>> {
        let given: Vec<Given<'a, &'a ast::Pattern<'a>>> = fields
            .iter()
            .map(|field| Given { name: field.name, value: &field.pattern, span: field.pattern.span })
            .collect();
        let places = self.places(shape, &given, span)?;
        if !rest {
            self.require_all(shape, &places, &given, span)?;
        }
        let mut patterns: Vec<Pattern<'a>> = (0..self.fields_of(shape).len())
            .map(|field| Pattern { kind: PatternKind::Wildcard, ty: self.field_type(shape, field), span })
            .collect();
        for (&place, each) in places.iter().zip(&given) {
            patterns[place] = self.matched(each.value, patterns[place].ty, bindings)?;
        }
        let fields = self.arena.alloc_slice_copy(&patterns);
        Ok(PatternKind::Variant { data: shape.data, variant: shape.variant, fields })
    }

    fn tuple_pattern(
        &mut self,
        elements: &'a [ast::Pattern<'a>],
        ty: Ty<'a>,
        span: Span,
        bindings: &mut Bindings<'a>,
    ) -> Outcome<PatternKind<'a>> {
        let types = match *self.table.resolve(ty) {
            Type::Tuple(types) if types.len() == elements.len() => types,
            _ => {
                let types = self.fresh_types(elements.len() as u32);
                self.expect_at(ty, self.arena.alloc(Type::Tuple(types)), span)?;
                types
            }
        };
        let mut done = Vec::with_capacity(elements.len());
        for (element, ty) in elements.iter().zip(types) {
            done.push(self.matched(element, ty, bindings)?);
        }
        Ok(PatternKind::Tuple(self.arena.alloc_slice_copy(&done)))
    }

    /// The type of the elements of what a list's pattern matches.
    fn list_type(&mut self, ty: Ty<'a>, span: Span) -> Outcome<Ty<'a>> {
        let element = self.list_element(Some(ty));
        self.expect_at(ty, self.list_of(element), span)?;
        Ok(element)
    }

    fn cons_pattern(&self, head: Pattern<'a>, tail: Pattern<'a>) -> PatternKind<'a> {
        let fields = self.arena.alloc_slice_copy(&[head, tail]);
        PatternKind::Variant { data: self.program.known.list, variant: 1, fields }
    }

    /// `[a, b, ..rest]`: `Cons` of `Cons` of the rest.
    fn list_pattern(
        &mut self,
        items: &'a [ast::Pattern<'a>],
        rest: ListRest<'a>,
        ty: Ty<'a>,
        span: Span,
        bindings: &mut Bindings<'a>,
    ) -> Outcome<Pattern<'a>> {
        let element = self.list_type(ty, span)?;
        let mut heads = Vec::with_capacity(items.len());
        for item in items {
            heads.push(self.matched(item, element, bindings)?);
        }
        let end = match rest {
            ListRest::None => PatternKind::Variant { data: self.program.known.list, variant: 0, fields: &[] },
            ListRest::Ignored => PatternKind::Wildcard,
            ListRest::Name(name) => PatternKind::Bind(self.bound(name, ty, bindings)?, None),
        };
        let mut done = Pattern { kind: end, ty, span };
        for head in heads.into_iter().rev() {
            done = Pattern { kind: self.cons_pattern(head, done), ty, span };
        }
        Ok(done)
    }
}

/// Two alternatives bind the same names.
fn same_names(first: &[(Name<'_>, LocalId)], other: &[(Name<'_>, LocalId)], place: Span, whole: Span) -> Outcome<()> {
    let missing = first.iter().find(|(name, _)| !other.iter().any(|(known, _)| known.text == name.text));
    let extra = other.iter().find(|(name, _)| !first.iter().any(|(known, _)| known.text == name.text));
    let error = |message: String, place| Diagnostic::new("alternative-bindings", place, message);
    match (missing, extra) {
        (Some((name, _)), _) => {
            Err(error(format!("this alternative does not bind `{}`, but the first one does", name.text), place))
        }
        (None, Some((name, _))) => {
            let message = format!("only one of the alternatives binds `{}`", name.text);
            Err(error(message, name.span).note(whole, "all of them bind the same names"))
        }
        (None, None) => Ok(()),
    }
}
