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
    pub fn write(&mut self, tokens: &[Token], range: Range<usize>) {
        self.text.clear();
        self.token_at.clear();
        let mut previous: Option<TokenKind> = None;
        for index in range {
            let token = tokens[index];
            if token.kind == TokenKind::Doc {
                continue;
            }
            self.token(token, previous);
            self.text.push(' ');
            self.token_at.resize(self.text.len(), index as u32);
            previous = Some(token.kind);
        }
    }

    fn token(&mut self, token: Token, previous: Option<TokenKind>) {
        use TokenKind::{
            And, BarClose, BarOpen, Case, Catch, Char, Close, ColonColon, Cond, Dot, DotDot, DotDotEqual, Equal, Fail,
            Float, For, Greater, GreaterEqual, Handle, If, Integer, Less, LessEqual, Let, Lower, Minus, Next, NotEqual,
            Open, Or, Percent, Plus, PlusPlus, Question, Resume, RoundOpen, Slash, Star, String, StringEnd,
            StringMiddle, StringStart, UpdateOpen, Upper, Var, While,
        };
        let (mark, text) = match token.kind {
            Open => ("", "\u{2}"),
            Next => ("", "\u{1E}"),
            Close => ("", "\u{3}"),
            Lower => ("", "a"),
            Upper => ("", "A"),
            Integer => ("", "0"),
            Float => ("", "0.0"),
            Char => ("", "''"),
            String => ("", "\"\""),
            StringStart => ("", "\"{"),
            StringMiddle => ("", "}{"),
            StringEnd => ("", "}\""),
            BarOpen | BarClose => ("`", "|"),
            RoundOpen if token.tight && previous.is_some_and(TokenKind::ends_operand) => ("'", "("),
            kind => {
                let mark = match kind {
                    Let | Var | If | Case | Cond | Handle | For | While | Catch | Fail | Resume => "`",
                    Plus | Minus | Star | Slash | Percent | PlusPlus | ColonColon | DotDot | DotDotEqual | Equal
                    | NotEqual | Less | LessEqual | Greater | GreaterEqual | And | Or => "&",
                    Dot | Question | UpdateOpen => "'",
                    _ => "",
                };
                (mark, kind.spelling())
            }
        };
        self.text.push_str(mark);
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
