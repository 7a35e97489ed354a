//! The marked text: tokens written for the grammar, with the way back to them. `kea.pest` says how.

use super::token::{Token, TokenKind};
use std::ops::Range;

/// Marked text of a piece of a file.
#[derive(Default)]
pub struct Marked {
    /// The text.
    pub text: String,
    /// For each byte of the text, the token that it belongs to; a space belongs to the token before it.
    pub token_at: Vec<u32>,
}

impl Marked {
    /// Writes tokens in place of what was written before.
    pub fn write(&mut self, source: &str, tokens: &[Token], range: Range<usize>) {
        self.text.clear();
        self.token_at.clear();
        let mut previous: Option<TokenKind> = None;
        for index in range {
            let token = tokens[index];
            if token.kind == TokenKind::Doc {
                continue;
            }
            self.token(source, token, previous);
            self.text.push(' ');
            self.token_at.resize(self.text.len(), index as u32);
            previous = Some(token.kind);
        }
    }

    fn token(&mut self, source: &str, token: Token, previous: Option<TokenKind>) {
        let text = match token.kind {
            TokenKind::Open => "\u{2}",
            TokenKind::Next => "\u{1E}",
            TokenKind::Close => "\u{3}",
            TokenKind::Lower | TokenKind::Upper => &source[token.start as usize..token.end as usize],
            TokenKind::Integer => "0",
            TokenKind::Float => "0.0",
            TokenKind::Char => "''",
            TokenKind::String => "\"\"",
            TokenKind::StringStart => "\"{",
            TokenKind::StringMiddle => "}{",
            TokenKind::StringEnd => "}\"",
            TokenKind::BarOpen | TokenKind::BarClose => "`|",
            TokenKind::RoundOpen if token.tight && previous.is_some_and(TokenKind::ends_operand) => "`(",
            kind => {
                if kind.class() == "keyword" {
                    self.text.push('`');
                }
                kind.spelling()
            }
        };
        self.text.push_str(text);
    }
}

/// The tokens of each declaration and `use`: what lies between the marks of no block.
pub fn units(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut units = Vec::new();
    let (mut start, mut depth) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth -= 1,
            TokenKind::Next if depth == 0 => {
                units.push(start..index);
                start = index + 1;
            }
            _ => {}
        }
    }
    if tokens[start..].iter().any(|token| token.kind != TokenKind::Doc) {
        units.push(start..tokens.len());
    }
    units
}
