//! Documentation, which stands between the tokens of declarations.

use super::Builder;
use crate::ast::DocLine;
use crate::source::Span;
use crate::syntax::token::{Token, TokenKind};
use std::ops::Range;

/// How many tokens at the start of a file document the module: all before the first declaration, but for those that stand
/// directly before it, unless it is a `use`.
pub fn of_module(text: &str, tokens: &[Token]) -> usize {
    let count = tokens.iter().take_while(|token| token.kind == TokenKind::Doc).count();
    match tokens.get(count) {
        Some(token) if token.kind != TokenKind::Use => attached(text, tokens, count, 0).start,
        _ => count,
    }
}

/// The documentation that stands directly before a token, without an empty line between; from `floor` on.
fn attached(text: &str, tokens: &[Token], index: usize, floor: usize) -> Range<usize> {
    let end = tokens[..index].iter().rposition(|token| !token.kind.is_mark()).map_or(0, |last| last + 1);
    let mut start = end;
    let mut behind = tokens[index].start;
    while start > floor && tokens[start - 1].kind == TokenKind::Doc {
        let doc = tokens[start - 1];
        if has_empty_line(&text[doc.end as usize..behind as usize]) {
            break;
        }
        behind = doc.start;
        start -= 1;
    }
    start..end
}

/// Whether there is an empty line between two tokens.
fn has_empty_line(gap: &str) -> bool {
    let mut lines = gap.split('\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() && line.trim().is_empty() {
            return true;
        }
    }
    false
}

impl<'a> Builder<'a, '_> {
    /// The lines of documentation before some tokens of a declaration.
    pub fn docs(&self, indices: impl Iterator<Item = usize>) -> &'a [DocLine<'a>] {
        let mut lines: Vec<DocLine<'a>> = Vec::new();
        for index in indices {
            let is_documented = self.tokens[..index].iter().rfind(|token| !token.kind.is_mark());
            if is_documented.is_some_and(|token| token.kind == TokenKind::Doc) {
                lines.extend(self.documentation(attached(self.lexed.text, self.tokens, index, self.module_docs)));
            }
        }
        self.slice(&lines)
    }

    /// Tokens of documentation as lines.
    pub fn documentation(&self, range: Range<usize>) -> &'a [DocLine<'a>] {
        let lines = self.tokens[range].iter().map(|&token| {
            let text = self.value(token);
            // Documentation is a part of the file as it is.
            let start = (text.as_ptr() as usize - self.lexed.text.as_ptr() as usize) as u32;
            DocLine { text, span: Span { file: self.file, start, end: start + text.len() as u32 } }
        });
        let lines: Vec<DocLine<'a>> = lines.collect();
        self.slice(&lines)
    }
}
