//! The first pass: which declarations there are, and where.

use super::cursor::{Cursor, LineStart, shorten};
use super::names::{Names, declare};
use super::{NAME, Read, STRUCTURE, SYNTAX};
use crate::entity::{DataId, EffectId, FuncId, GlobalId, LayoutId, SignatureId};
use std::ops::Range;

/// A declaration: its name, and the place behind it.
pub(super) struct Place<'t> {
    pub(super) name: &'t str,
    pub(super) cursor: Cursor<'t>,
}

/// What a function's declaration begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    Extern,
    Import,
    Func,
    LocalFunc,
    Clause,
}

/// The declaration of something that can be called.
pub(super) struct FunctionPlace<'t> {
    pub(super) place: Place<'t>,
    pub(super) head: Head,
    /// Its blocks, in [`Index::blocks`].
    pub(super) blocks: Range<usize>,
    /// How many lines its body has.
    pub(super) lines: usize,
}

/// Where the declarations are, by kind.
#[derive(Default)]
pub(super) struct Index<'t> {
    pub(super) target: Option<Cursor<'t>>,
    pub(super) entry: Option<Cursor<'t>>,
    pub(super) files: Vec<Cursor<'t>>,
    pub(super) layouts: Vec<Place<'t>>,
    pub(super) signatures: Vec<Place<'t>>,
    pub(super) effects: Vec<Place<'t>>,
    pub(super) functions: Vec<FunctionPlace<'t>>,
    /// Whether another unit defines the global.
    pub(super) globals: Vec<(Place<'t>, bool)>,
    pub(super) data: Vec<Place<'t>>,
    /// The numbers of the blocks of all functions, as the text has them.
    pub(super) blocks: Vec<u32>,
}

/// Finds the declarations of a module. The cursor stands at the end of the first line.
pub(super) fn index<'t>(cursor: Cursor<'t>) -> Read<(Index<'t>, Names<'t>)> {
    let start = cursor;
    let mut indexer = Indexer { cursor, index: Index::default(), names: Names::default() };
    loop {
        match indexer.cursor.next_line() {
            LineStart::Flush => indexer.declaration()?,
            LineStart::Indented => {
                return Err(indexer.cursor.error(SYNTAX, "expected a declaration, which begins in column 1"));
            }
            LineStart::EndOfText => break,
        }
    }
    if indexer.index.target.is_none() {
        return Err(start.error(STRUCTURE, "the module names no target: `target TRIPLE` is missing"));
    }
    Ok((indexer.index, indexer.names))
}

struct Indexer<'t> {
    cursor: Cursor<'t>,
    index: Index<'t>,
    names: Names<'t>,
}

impl<'t> Indexer<'t> {
    fn declaration(&mut self) -> Read<()> {
        let start = self.cursor;
        match self.cursor.name() {
            "file" => self.index.files.push(self.cursor),
            "target" => once(&mut self.index.target, self.cursor, "target")?,
            "entry" => once(&mut self.index.entry, self.cursor, "entry")?,
            "layout" => self.layout()?,
            "sig" => {
                let (id, place) = (SignatureId::new(self.index.signatures.len()), self.named("a signature's name")?);
                declare(&mut self.names.signatures, place.name, id, &self.cursor, "signature", place.name)?;
                self.index.signatures.push(place);
            }
            "effect" => self.effect()?,
            "global" => self.global(false)?,
            "data" => self.data()?,
            "extern" => self.function(Head::Extern)?,
            "import" if self.cursor.eat_word("global") => self.global(true)?,
            "import" => self.function(Head::Import)?,
            "local" => {
                self.cursor.expect_word("func")?;
                self.function(Head::LocalFunc)?;
            }
            "func" => self.function(Head::Func)?,
            "clause" => self.function(Head::Clause)?,
            _ => {
                return Err(start.expected(
                    "a declaration (`target`, `file`, `layout`, `sig`, `effect`, `extern`, `import`, `global`, `data`, `entry`, `func`, `local func` or `clause`)",
                ));
            }
        }
        Ok(())
    }

    fn named(&mut self, what: &str) -> Read<Place<'t>> {
        let name = self.cursor.expect_name(what)?;
        Ok(Place { name, cursor: self.cursor })
    }

    fn symbol(&mut self, what: &str) -> Read<Place<'t>> {
        let name = self.cursor.expect_symbol(what)?;
        Ok(Place { name, cursor: self.cursor })
    }

    fn layout(&mut self) -> Read<()> {
        let (id, place) = (LayoutId::new(self.index.layouts.len()), self.named("a layout's name")?);
        declare(&mut self.names.layouts, place.name, id, &self.cursor, "layout", place.name)?;
        if !self.cursor.eat_word("array") {
            self.skip_lines("layout", place.name)?;
        }
        self.index.layouts.push(place);
        Ok(())
    }

    fn effect(&mut self) -> Read<()> {
        let (id, place) = (EffectId::new(self.index.effects.len()), self.named("an effect's name")?);
        declare(&mut self.names.effects, place.name, id, &self.cursor, "effect", place.name)?;
        self.skip_lines("effect", place.name)?;
        self.index.effects.push(place);
        Ok(())
    }

    fn global(&mut self, imported: bool) -> Read<()> {
        let (id, place) = (GlobalId::new(self.index.globals.len()), self.symbol("a global's name (`@NAME`)")?);
        declare(&mut self.names.globals, place.name, id, &self.cursor, "global", place.name)?;
        self.index.globals.push((place, imported));
        Ok(())
    }

    fn data(&mut self) -> Read<()> {
        let (id, place) = (DataId::new(self.index.data.len()), self.symbol("the name of data (`@NAME`)")?);
        declare(&mut self.names.data, place.name, id, &self.cursor, "data", place.name)?;
        self.skip_lines("data", place.name)?;
        self.index.data.push(place);
        Ok(())
    }

    fn function(&mut self, head: Head) -> Read<()> {
        let (id, place) = (FuncId::new(self.index.functions.len()), self.symbol("a function's name (`@NAME`)")?);
        declare(&mut self.names.functions, place.name, id, &self.cursor, "function", place.name)?;
        let first_block = self.index.blocks.len();
        let mut lines = 0;
        if !matches!(head, Head::Extern | Head::Import) {
            lines = self.skip_body(place.name)?;
        }
        self.index.functions.push(FunctionPlace { place, head, blocks: first_block..self.index.blocks.len(), lines });
        Ok(())
    }

    /// Goes over indented lines to `end`.
    fn skip_lines(&mut self, kind: &str, name: &str) -> Read<()> {
        let start = self.cursor.line();
        while self.cursor.next_line() == LineStart::Indented {}
        self.expect_end(kind, name, start)
    }

    /// Goes over the body of a function to `end` and notes its blocks. Gives how many lines it has.
    fn skip_body(&mut self, name: &str) -> Read<usize> {
        let start = self.cursor.line();
        let mut lines = 0;
        loop {
            match self.cursor.next_line() {
                LineStart::Indented => lines += 1,
                LineStart::Flush if self.cursor.peek() == b'b' && self.cursor.peek_at(1).is_ascii_digit() => {
                    let number = self.cursor.block_number()?;
                    self.index.blocks.push(number);
                }
                LineStart::Flush | LineStart::EndOfText => break,
            }
        }
        self.expect_end("function", name, start)?;
        Ok(lines)
    }

    fn expect_end(&mut self, kind: &str, name: &str, start: u32) -> Read<()> {
        let here = self.cursor;
        if self.cursor.name() == "end" {
            return self.cursor.end_of_line();
        }
        let (name, found) = (shorten(name), here.found());
        Err(here.error(
            STRUCTURE,
            format!("expected `end` of {kind} `{name}`, which begins in line {start}, found {found}"),
        ))
    }
}

fn once<'t>(place: &mut Option<Cursor<'t>>, cursor: Cursor<'t>, what: &str) -> Read<()> {
    match place.replace(cursor) {
        None => Ok(()),
        Some(_) => Err(cursor.error(NAME, format!("`{what}` is declared twice"))),
    }
}
