//! Tokens that only forms outside stage 0 have. The other such forms are refused where they are built.

use super::token::{Token, TokenKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::{FileId, Span};

/// Refuses such tokens.
pub fn refuse(file: FileId, tokens: &[Token]) -> Outcome<()> {
    for token in tokens {
        let what = match token.kind {
            TokenKind::RecordOpen => "records",
            TokenKind::MapOpen | TokenKind::FatArrow => "maps",
            TokenKind::With | TokenKind::LeftArrow => "`with`",
            TokenKind::Unsafe => "`unsafe`",
            TokenKind::Dollar => "a place for the receiver",
            TokenKind::Combine => "`<>`",
            _ => continue,
        };
        let span = Span { file, start: token.start, end: token.end };
        return Err(Diagnostic::unsupported(span, what));
    }
    Ok(())
}
