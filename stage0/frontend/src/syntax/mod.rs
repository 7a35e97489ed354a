//! Text to the tree of [`crate::ast`]: a lexer, the layout pass, a grammar ([`grammar`], `kea.pest`) over text in which
//! layout is explicit, and a builder.

mod build;
pub mod dump;
pub mod expand;
mod expected;
mod grammar;
mod layout;
mod lexer;
mod literal;
mod marked;
mod stage1;
mod token;

use crate::ast::{Expr, Module};
use crate::diagnostic::Outcome;
use crate::source::{FileId, Sources};
use bumpalo::Bump;
use std::ops::Range;

/// Parses a file.
pub fn parse<'a>(arena: &'a Bump, sources: &Sources, file: FileId) -> Outcome<Module<'a>> {
    parse_items(arena, sources, file, Tests::Kept)
}

/// Parses a file, but leaves its `test` blocks out, which takes less time.
pub fn parse_without_tests<'a>(arena: &'a Bump, sources: &Sources, file: FileId) -> Outcome<Module<'a>> {
    parse_items(arena, sources, file, Tests::Skipped)
}

/// What becomes of `test` blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    Kept,
    Skipped,
}

fn parse_items<'a>(arena: &'a Bump, sources: &Sources, file: FileId, tests: Tests) -> Outcome<Module<'a>> {
    let text = arena.alloc_str(&sources.file(file).text);
    let lexed = lexer::lex(arena, file, text, 0..text.len())?;
    let tokens = layout::arrange(file, &lexed)?;
    build::module(arena, file, &lexed, &tokens, tests)
}

/// Parses an expression that is a part of a file, whose text is given.
fn parse_expression<'a>(arena: &'a Bump, file: FileId, text: &'a str, range: Range<usize>) -> Outcome<Expr<'a>> {
    let lexed = lexer::lex(arena, file, text, range)?;
    let tokens = layout::arrange(file, &lexed)?;
    build::expression(arena, file, &lexed, &tokens)
}
