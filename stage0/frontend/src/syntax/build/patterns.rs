//! Patterns.

use super::{Builder, collect};
use crate::ast::{FieldPattern, ListRest, Name, Pattern, PatternKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::literal;
use crate::syntax::token::{Token, TokenKind};

impl<'a> Builder<'a, '_> {
    /// A pattern in the arena.
    pub fn pattern_ref(&self, node: Node<'_>) -> Outcome<&'a Pattern<'a>> {
        Ok(self.alloc(self.pattern(node)?))
    }

    /// A pattern.
    pub fn pattern(&self, node: Node<'_>) -> Outcome<Pattern<'a>> {
        let span = self.span(&node);
        let alternatives = collect(node.into_inner(), |child| self.alternative(child))?;
        match alternatives.as_slice() {
            [only] => Ok(*only),
            several => Ok(Pattern { kind: PatternKind::Or(self.slice(several)), span }),
        }
    }

    /// `a :: b as name`
    fn alternative(&self, node: Node<'_>) -> Outcome<Pattern<'a>> {
        let mut cells = Vec::new();
        let mut names = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::as_name => names.push(self.name(&child)),
                _ => cells.push(self.simple_pattern(child)?),
            }
        }
        let tail = cells.pop().unwrap_or(Pattern { kind: PatternKind::Wildcard, span: Span::default() });
        let list = cells.into_iter().rev().fold(tail, |tail, head| Pattern {
            kind: PatternKind::Cons(self.alloc(head), self.alloc(tail)),
            span: head.span.to(tail.span),
        });
        Ok(names.into_iter().fold(list, |pattern, name| Pattern {
            kind: PatternKind::As(self.alloc(pattern), name),
            span: pattern.span.to(name.span),
        }))
    }

    fn simple_pattern(&self, node: Node<'_>) -> Outcome<Pattern<'a>> {
        let span = self.span(&node);
        let token = self.token(&node);
        let kind = match node.as_rule() {
            Rule::lower => PatternKind::Name(self.name(&node)),
            Rule::wildcard => PatternKind::Wildcard,
            Rule::literal => self.literal_pattern(token)?,
            Rule::negative => self.negative(node)?,
            Rule::template => {
                return Err(Diagnostic::new("hole-in-pattern", span, "a string in a pattern has no holes"));
            }
            Rule::constructor_pattern => self.constructor_pattern(node)?,
            Rule::grouped_pattern => return self.grouped_pattern(node, span),
            _ => self.list_pattern(node)?,
        };
        Ok(Pattern { kind, span })
    }

    fn literal_pattern(&self, token: Token) -> Outcome<PatternKind<'a>> {
        let span = self.token_span(token);
        Ok(match token.kind {
            TokenKind::Integer => {
                PatternKind::Int { negative: false, value: literal::integer(self.text(token), span)? }
            }
            TokenKind::Float => PatternKind::Float(self.float(self.text(token), span)?),
            TokenKind::Char => PatternKind::Char(self.character(token)),
            TokenKind::String => PatternKind::String(self.value(token)),
            kind => PatternKind::Bool(kind == TokenKind::True),
        })
    }

    /// `-1`, `-1.5`
    fn negative(&self, node: Node<'_>) -> Outcome<PatternKind<'a>> {
        let span = self.span(&node);
        let number = super::expect(&mut node.into_inner(), span)?;
        let token = self.token(&number);
        let text = self.text(token);
        match token.kind {
            TokenKind::Integer => Ok(PatternKind::Int { negative: true, value: literal::integer(text, span)? }),
            _ => Ok(PatternKind::Float(self.arena.alloc_str(&format!("-{}", literal::float(text, span)?)))),
        }
    }

    /// `Some(x)`, `None`, `Point { x, .. }`
    fn constructor_pattern(&self, node: Node<'_>) -> Outcome<PatternKind<'a>> {
        let span = self.span(&node);
        let mut path: &[Name<'a>] = &[];
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::path => path = self.names(child),
                Rule::member_name => return Err(Diagnostic::unsupported(span, "constants as patterns")),
                rule => {
                    let (fields, rest) = self.field_patterns(child)?;
                    return Ok(match rule {
                        Rule::positional_fields => PatternKind::Constructor { path, fields, rest },
                        _ => PatternKind::Struct { path, fields, rest },
                    });
                }
            }
        }
        Ok(PatternKind::Constructor { path, fields: &[], rest: false })
    }

    /// The patterns of fields, and whether `..` ends them.
    fn field_patterns(&self, node: Node<'_>) -> Outcome<(&'a [FieldPattern<'a>], bool)> {
        let mut fields = Vec::new();
        let mut rest = None;
        for child in node.into_inner() {
            let span = self.span(&child);
            self.refuse_behind_rest(rest, span)?;
            match child.as_rule() {
                Rule::rest_mark => {
                    if child.into_inner().next().is_some() {
                        return Err(Diagnostic::new("syntax", span, "`..` for the other fields has no name"));
                    }
                    rest = Some(span);
                }
                Rule::named_pattern => {
                    let mut parts = child.into_inner();
                    let name = self.name(&super::expect(&mut parts, span)?);
                    let pattern = self.pattern(super::expect(&mut parts, span)?)?;
                    fields.push(FieldPattern { name: Some(name), pattern });
                }
                Rule::short_field => {
                    let name = self.name(&child);
                    let pattern = Pattern { kind: PatternKind::Name(name), span };
                    fields.push(FieldPattern { name: Some(name), pattern });
                }
                _ => fields.push(FieldPattern { name: None, pattern: self.pattern(child)? }),
            }
        }
        Ok((self.slice(&fields), rest.is_some()))
    }

    fn refuse_behind_rest(&self, rest: Option<Span>, span: Span) -> Outcome<()> {
        match rest {
            None => Ok(()),
            Some(rest) => Err(Diagnostic::new("syntax", span, "nothing follows `..`").note(rest, "`..` stands here")),
        }
    }

    /// `()`, `(a)`, `(a, b)`
    fn grouped_pattern(&self, node: Node<'_>, span: Span) -> Outcome<Pattern<'a>> {
        let patterns = collect(node.into_inner(), |child| self.pattern(child))?;
        let kind = match patterns.as_slice() {
            [] => PatternKind::Unit,
            [only] => only.kind,
            several => PatternKind::Tuple(self.slice(several)),
        };
        Ok(Pattern { kind, span })
    }

    /// `[a, b]`, `[a, ..rest]`, `[a, ..]`
    fn list_pattern(&self, node: Node<'_>) -> Outcome<PatternKind<'a>> {
        let mut items = Vec::new();
        let mut rest = ListRest::None;
        let mut rest_span = None;
        for child in node.into_inner() {
            let span = self.span(&child);
            self.refuse_behind_rest(rest_span, span)?;
            match child.as_rule() {
                Rule::rest_mark => {
                    rest_span = Some(span);
                    let name = child.into_inner().next();
                    rest = name.map_or(ListRest::Ignored, |name| ListRest::Name(self.name(&name)));
                }
                _ => items.push(self.pattern(child)?),
            }
        }
        Ok(PatternKind::List { items: self.slice(&items), rest })
    }
}
