//! The parser that pest makes of `kea.pest`, and syntax errors in words.

use super::expected::{self, Expected};
use super::marked::Marked;
use super::token::{Token, TokenKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::{FileId, Span};
use pest::Parser;
use pest::error::{Error, ErrorVariant};
use pest::iterators::{Pair, Pairs};
use pest_derive::Parser;

/// The parser. What the rules mean stands in the grammar.
#[derive(Parser)]
#[grammar = "syntax/kea.pest"]
struct Grammar;

/// A node of the parse.
pub type Node<'m> = Pair<'m, Rule>;

/// Where the tokens of a parse come from.
#[derive(Clone, Copy)]
pub struct Origin<'t> {
    /// The file.
    pub file: FileId,
    /// Its text, up to the end of what is parsed.
    pub text: &'t str,
    /// Its tokens.
    pub tokens: &'t [Token],
}

/// Parses marked text.
pub fn parse<'m>(rule: Rule, origin: Origin<'_>, marked: &'m Marked) -> Outcome<Pairs<'m, Rule>> {
    Grammar::parse(rule, &marked.text).map_err(|error| {
        // Only now is it worth the time to note what could have stood where.
        pest::set_error_detail(true);
        let detailed = Grammar::parse(rule, &marked.text).err().unwrap_or(error);
        pest::set_error_detail(false);
        origin.diagnose(rule, marked, &detailed)
    })
}

impl Origin<'_> {
    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    /// Makes an error of pest one about the source.
    fn diagnose(&self, rule: Rule, marked: &Marked, error: &Error<Rule>) -> Box<Diagnostic> {
        let first = marked.token_at.first().map(|&index| self.tokens[index as usize]);
        if let Some(token) = first.filter(|token| rule == Rule::unit && !begins_declaration(token.kind)) {
            let message = format!("expected a declaration, but found {}", self.found(Some(token)));
            return Diagnostic::new("syntax", self.span(token.start, token.end), message);
        }
        let attempts = error.parse_attempts();
        let offset = attempts.as_ref().map_or(0, |attempts| attempts.max_position);
        let token = marked.token_at.get(offset).map(|&index| self.tokens[index as usize]);
        let place = self.place(token);
        if let ErrorVariant::CustomError { message } = &error.variant {
            return Diagnostic::new("nesting-too-deep", place, message.clone());
        }
        let expected = Expected::new(
            attempts.iter().flat_map(|attempts| attempts.expected_tokens()).map(|token| token.to_string()),
        );
        let found = self.found(token);
        let message = match expected.words().as_slice() {
            [] => format!("unexpected {}", found.trim_start_matches("the ")),
            words => format!("expected {}, but found {found}", expected::list(words)),
        };
        let error = Diagnostic::new("syntax", place, message);
        match token.and_then(|token| advice(token.kind, &expected)) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The place of the token that did not fit; that of a mark is where the line before ends.
    fn place(&self, token: Option<Token>) -> Span {
        match token {
            Some(token) if token.kind == TokenKind::Open => self.span(token.start, token.start + 1),
            Some(token) if token.kind.is_mark() => self.span(token.end, token.end),
            Some(token) => self.span(token.start, token.end),
            None => {
                let code = self.tokens.iter().rfind(|token| token.kind != TokenKind::Doc && token.start < self.end());
                let end = code.map_or(self.end(), |token| token.end);
                self.span(end, end)
            }
        }
    }

    fn end(&self) -> u32 {
        self.text.len() as u32
    }

    /// The token that did not fit, in words.
    fn found(&self, token: Option<Token>) -> String {
        let Some(token) = token else { return "the end of the line".to_string() };
        let text = || &self.text[token.start as usize..token.end as usize];
        match token.kind {
            TokenKind::Open => "an indented block".to_string(),
            TokenKind::Next => "the end of the line".to_string(),
            TokenKind::Close => "the end of the block".to_string(),
            TokenKind::String | TokenKind::StringStart => "a string".to_string(),
            TokenKind::StringMiddle | TokenKind::StringEnd => "the end of the hole".to_string(),
            kind if kind.class() == "keyword" => format!("the keyword `{}`", text()),
            _ => format!("`{}`", text()),
        }
    }
}

/// Whether a declaration or `use` can begin with a token.
fn begins_declaration(kind: TokenKind) -> bool {
    use TokenKind::{At, Const, Effect, Enum, Fn, Pub, RoundOpen, Struct, Test, Trait, Type, Upper, Use};
    matches!(kind, At | Const | Effect | Enum | Fn | Pub | RoundOpen | Struct | Test | Trait | Type | Upper | Use)
}

/// What to do about mistakes that are often made.
fn advice(found: TokenKind, expected: &Expected) -> Option<&'static str> {
    use TokenKind::{BarOpen, Case, Catch, Cond, Fail, For, Handle, If, Resume, While};
    match found {
        TokenKind::Equals => Some("`==` compares, `:=` assigns to a `var`, `let` names a value"),
        TokenKind::Assign => Some("`:=` assigns to a `var`; it is a statement, no operand"),
        BarOpen => Some("as an operand or a guard, a lambda stands in parentheses"),
        Case | Catch | Cond | Fail | For | Handle | If | Resume | While if expected.is_operand() => {
            Some("as an operand it stands in parentheses")
        }
        _ => None,
    }
}
