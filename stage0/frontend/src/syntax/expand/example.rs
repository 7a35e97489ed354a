//! The examples of documentation: indented lines of the form `expr   -- => value`.

use crate::ast::{DocLine, Expr};
use crate::diagnostic::Outcome;
use crate::source::{FileId, Sources};
use crate::syntax;
use bumpalo::Bump;

/// How deep an example is indented.
const INDENTATION: &str = "    ";
/// What stands between an example's two sides.
const ARROW: &str = "-- =>";

/// An example.
pub struct Example<'a> {
    /// Its left side as it is written.
    pub text: &'a str,
    /// Its left side.
    pub actual: Expr<'a>,
    /// Its right side.
    pub expected: Expr<'a>,
}

/// Reads examples.
pub struct Reader<'a> {
    arena: &'a Bump,
    /// The file read last, with its text.
    file: Option<(FileId, &'a str)>,
}

impl<'a> Reader<'a> {
    /// A reader whose trees lie in the arena.
    pub fn new(arena: &'a Bump) -> Reader<'a> {
        Reader { arena, file: None }
    }

    /// The example that a line of documentation is.
    pub fn read(&mut self, sources: &Sources, line: &DocLine<'a>) -> Outcome<Option<Example<'a>>> {
        let Some(arrow) = line.text.find(ARROW).filter(|_| line.text.starts_with(INDENTATION)) else {
            return Ok(None);
        };
        let file = line.span.file;
        let text = match self.file {
            Some((known, text)) if known == file => text,
            _ => self.arena.alloc_str(&sources.file(file).text),
        };
        self.file = Some((file, text));
        let start = line.span.start as usize;
        let side = |from: usize, to: usize| {
            let written = &line.text[from..to];
            let begin = start + to - written.trim_start().len();
            syntax::parse_expression(self.arena, file, text, begin..start + to)
        };
        let actual = side(0, arrow)?;
        let expected = side(arrow + ARROW.len(), line.text.len())?;
        Ok(Some(Example { text: line.text[..arrow].trim(), actual, expected }))
    }
}
