//! Text to the tree of [`crate::ast`]: a lexer, the layout pass, a grammar ([`grammar`], `kea.pest`) over text in which
//! layout is explicit, and a builder.

mod build;
pub mod dump;
mod grammar;
mod layout;
mod lexer;
mod literal;
mod marked;
mod stage1;
mod token;

use crate::ast::Module;
use crate::diagnostic::Outcome;
use crate::source::{FileId, Sources};
use bumpalo::Bump;

/// Parses a file.
pub fn parse<'a>(arena: &'a Bump, sources: &Sources, file: FileId) -> Outcome<Module<'a>> {
    let text = arena.alloc_str(&sources.file(file).text);
    let lexed = lexer::lex(arena, file, text)?;
    let tokens = layout::arrange(file, &lexed)?;
    build::module(arena, file, &lexed, &tokens)
}
