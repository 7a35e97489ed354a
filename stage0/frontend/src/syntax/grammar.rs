//! The parser that pest makes of `kea.pest`, and syntax errors in words.

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

/// Parses the marked text of a declaration or `use`.
pub fn parse<'m>(file: FileId, source: &str, marked: &'m Marked, tokens: &[Token]) -> Outcome<Pairs<'m, Rule>> {
    Grammar::parse(Rule::unit, &marked.text).map_err(|error| {
        // Only now is it worth the time to note what could have stood where.
        pest::set_error_detail(true);
        let detailed = Grammar::parse(Rule::unit, &marked.text).err().unwrap_or(error);
        pest::set_error_detail(false);
        diagnose(file, source, marked, tokens, &detailed)
    })
}

/// Makes an error of pest one about the source.
fn diagnose(file: FileId, source: &str, marked: &Marked, tokens: &[Token], error: &Error<Rule>) -> Box<Diagnostic> {
    let attempts = error.parse_attempts();
    let offset = attempts.as_ref().map_or(0, |attempts| attempts.max_position);
    let index = match marked.token_at.get(offset) {
        Some(&index) => index as usize,
        None => tokens.len(),
    };
    let span = |start: u32, end: u32| Span { file, start, end };
    let token = tokens.get(index).copied();
    let place = match token {
        Some(token) if token.kind.is_mark() && token.kind != TokenKind::Open => span(token.end, token.end),
        Some(token) if token.kind == TokenKind::Open => span(token.start, token.start + 1),
        Some(token) => span(token.start, token.end),
        None => span(source.len() as u32, source.len() as u32),
    };
    if let ErrorVariant::CustomError { message } = &error.variant {
        return Diagnostic::new("nesting-too-deep", place, message.clone());
    }
    let expected = attempts.map(|attempts| attempts.expected_tokens()).unwrap_or_default();
    let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
    Diagnostic::new("syntax", place, format!("expected {}", expected.join(", ")))
}
