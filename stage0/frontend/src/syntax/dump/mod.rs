//! Tokens and trees as text. `docs/ast.md` fixes both forms.

mod expressions;
mod form;
mod items;

use super::{layout, lexer};
use crate::ast::Module;
use crate::diagnostic::Outcome;
use crate::source::{FileId, Sources};
use bumpalo::Bump;
use std::fmt::Write;

/// The tokens of a file, one a line.
pub fn tokens(sources: &Sources, file: FileId) -> Outcome<String> {
    let arena = Bump::new();
    let source = sources.file(file);
    let lexed = lexer::lex(&arena, file, &source.text, 0..source.text.len())?;
    let tokens = layout::arrange(file, &lexed)?;
    let mut out = String::new();
    for token in tokens {
        let (line, column) = source.line_column(token.start);
        let _ = write!(out, "{line}:{column} {}", token.kind.class());
        let text = match token.kind {
            kind if kind.is_mark() => "",
            super::token::TokenKind::Doc => lexed.values[token.value as usize],
            _ => &source.text[token.start as usize..token.end as usize],
        };
        if !text.is_empty() {
            let _ = write!(out, " {}", text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"));
        }
        out.push('\n');
    }
    Ok(out)
}

/// The tree of a file.
pub fn ast(module: &Module<'_>) -> String {
    let mut out = String::new();
    items::module(module).print(0, &mut out);
    out.push('\n');
    out
}
