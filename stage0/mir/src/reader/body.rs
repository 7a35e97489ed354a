//! The third pass: the code of functions.

use super::cursor::{Cursor, LineStart};
use super::numbering::Numbering;
use super::types::ownership;
use super::{NAME, Read, Reader, STRUCTURE};
use crate::diagnostic::Diagnostic;
use crate::entity::{Block, FuncId, LayoutId, Value};
use crate::module::{BlockData, Body, ValueData};
use crate::types::{Anchor, Anchors, Ownership};
use smallvec::SmallVec;
use std::ops::Range;

/// The functions whose heads have been read.
#[derive(Default)]
pub(super) struct Pending<'t> {
    pub(super) bodies: Vec<PendingBody<'t>>,
    /// The numbers of the parameters of all functions, as the text has them.
    pub(super) params: Vec<u32>,
}

/// A function whose head has been read.
pub(super) struct PendingBody<'t> {
    pub(super) function: FuncId,
    /// The end of the head.
    pub(super) cursor: Cursor<'t>,
    /// Its parameters, in the list of all.
    pub(super) params: Range<usize>,
    /// Its blocks, in the index's list.
    pub(super) blocks: Range<usize>,
    /// How many lines there are besides those of blocks.
    pub(super) lines: usize,
}

/// Reads the bodies. `blocks` has the numbers of all blocks as the text has them.
pub(super) fn read_bodies<'t>(reader: &mut Reader<'t>, pending: &Pending<'t>, blocks: &[u32]) -> Read<()> {
    let string_layout = reader.module.string_layout();
    let mut body_reader = BodyReader {
        reader,
        string_layout,
        function: FuncId(0),
        body: Body::default(),
        values: Numbering::default(),
        blocks: Numbering::default(),
        file: 0,
        inst: 0,
        result_names: Vec::new(),
    };
    pending.bodies.iter().try_for_each(|body| {
        body_reader.function = body.function;
        let (params, blocks) = (&pending.params[body.params.clone()], &blocks[body.blocks.clone()]);
        body_reader.read(body, params, blocks).map_err(|error| body_reader.in_function(error))
    })
}

/// The reader of one body after the other.
pub(super) struct BodyReader<'r, 't> {
    pub(super) reader: &'r mut Reader<'t>,
    /// The layout of string literals.
    pub(super) string_layout: Option<LayoutId>,
    /// The function whose body it is.
    pub(super) function: FuncId,
    pub(super) body: Body,
    /// The values that are defined, by their numbers in the text.
    pub(super) values: Numbering,
    /// All blocks of the function, by their numbers in the text.
    blocks: Numbering,
    /// The file that the last location names.
    pub(super) file: u16,
    /// The instruction that is being read.
    pub(super) inst: usize,
    /// The numbers on the left of it.
    pub(super) result_names: Vec<u32>,
}

impl<'t> BodyReader<'_, 't> {
    fn read(&mut self, pending: &PendingBody<'t>, params: &[u32], blocks: &[u32]) -> Read<()> {
        self.reader.cursor = pending.cursor;
        // A list of results or parameters may define many values in a line; numbers beyond go to the map.
        self.values.reset(4 * (pending.lines + params.len() + blocks.len()) + 64);
        self.blocks.reset(4 * blocks.len() + 64);
        self.body = Body::default();
        self.body.insts.reserve_exact(pending.lines);
        self.body.lines.reserve_exact(pending.lines);
        self.body.blocks.reserve_exact(blocks.len());
        self.body.values.reserve(params.len() + pending.lines);
        self.function_params(params)?;
        self.number_blocks(pending, blocks)?;
        self.lines()?;
        self.reader.module.functions[self.function.index()].body = Some(std::mem::take(&mut self.body));
        Ok(())
    }

    fn in_function(&self, mut error: Box<Diagnostic>) -> Box<Diagnostic> {
        error.function = Some(self.reader.module.function(self.function).name.clone());
        error
    }

    pub(super) fn cursor(&mut self) -> &mut Cursor<'t> {
        &mut self.reader.cursor
    }

    /// An error in the line that is being read.
    #[cold]
    pub(super) fn error(&self, rule: &'static str, message: impl Into<String>) -> Box<Diagnostic> {
        self.reader.cursor.error(rule, message)
    }

    fn function_params(&mut self, numbers: &[u32]) -> Read<()> {
        for (index, number) in numbers.iter().enumerate() {
            let param = self.reader.module.function(self.function).signature.params[index];
            self.define(*number, ValueData { ty: param.ty, ownership: param.ownership })?;
        }
        Ok(())
    }

    /// Defines a value.
    #[inline]
    pub(super) fn define(&mut self, number: u32, data: ValueData) -> Read<Value> {
        let value = Value::new(self.body.values.len());
        if !self.values.define(number, value.0) {
            return Err(self.error(NAME, format!("v{number} is defined twice")));
        }
        self.body.values.push(data);
        Ok(value)
    }

    /// A value that is used, behind blanks.
    #[inline]
    pub(super) fn operand(&mut self) -> Read<Value> {
        let number = self.reader.cursor.value_number()?;
        self.value(number)
    }

    #[inline]
    fn value(&self, number: u32) -> Read<Value> {
        match self.values.get(number) {
            Some(value) => Ok(Value(value)),
            None => Err(self.error(NAME, format!("v{number} is not defined on an earlier line"))),
        }
    }

    /// A block that an edge leads to, behind blanks.
    pub(super) fn block(&mut self) -> Read<Block> {
        let number = self.reader.cursor.block_number()?;
        match self.blocks.get(number) {
            Some(block) => Ok(Block(block)),
            None => Err(self.error(NAME, format!("there is no block b{number} in this function"))),
        }
    }

    fn number_blocks(&mut self, pending: &PendingBody<'_>, numbers: &[u32]) -> Read<()> {
        for (index, number) in numbers.iter().enumerate() {
            if !self.blocks.define(*number, index as u32) {
                return Err(self.error(NAME, format!("there are two blocks b{number} in this function")));
            }
        }
        if numbers.is_empty() {
            return Err(pending.cursor.error(STRUCTURE, "the function has no blocks: its body begins with `b0:`"));
        }
        Ok(())
    }

    /// The lines of the body, up to `end`.
    fn lines(&mut self) -> Read<()> {
        loop {
            match self.reader.cursor.next_line() {
                LineStart::Indented if self.in_block() => self.instruction()?,
                LineStart::Indented if self.body.blocks.is_empty() => {
                    return Err(self.error(STRUCTURE, "an instruction stands behind the head of its block (`b0:`)"));
                }
                LineStart::Indented => {
                    return Err(self.error(STRUCTURE, "nothing stands behind the terminator of a block: expected the head of a block (`bN:`) or `end`"));
                }
                LineStart::Flush if self.reader.cursor.peek() == b'b' => {
                    self.check_terminated()?;
                    self.block_head()?;
                }
                // The first pass saw that this is `end`.
                LineStart::Flush | LineStart::EndOfText => return self.check_terminated(),
            }
        }
    }

    /// Whether an instruction may follow: there is a block, and its last instruction is no terminator.
    #[inline]
    fn in_block(&self) -> bool {
        let Some(block) = self.body.blocks.last() else { return false };
        let empty = block.insts.start as usize == self.body.insts.len();
        empty || self.body.insts.last().is_none_or(|inst| !inst.opcode().info().terminator)
    }

    fn check_terminated(&mut self) -> Read<()> {
        if !self.body.blocks.is_empty() && self.in_block() {
            return Err(
                self.error(STRUCTURE, "the block before this line does not end in a terminator (`jump`, `return`, …)")
            );
        }
        let end = self.body.insts.len() as u32;
        if let Some(block) = self.body.blocks.last_mut() {
            block.insts.end = end;
        }
        Ok(())
    }

    /// `bN [(vM: TYPE, …)] [cold]:`
    fn block_head(&mut self) -> Read<()> {
        self.cursor().block_number()?;
        let first_param = self.body.values.len() as u32;
        let mut anchored = SmallVec::<[(Value, SmallVec<[Option<u32>; 2]>); 2]>::new();
        if self.cursor().eat(b'(') {
            if self.body.blocks.is_empty() {
                return Err(self.error(STRUCTURE, "the first block is the entry, which has no parameters"));
            }
            let mut first = true;
            while self.cursor().list_goes_on(b')', &mut first)? {
                let (value, anchors) = self.block_param()?;
                if !anchors.is_empty() {
                    anchored.push((value, anchors));
                }
            }
        }
        // A parameter may be anchored on one behind it.
        for (value, numbers) in anchored {
            let resolve = |number: Option<u32>| number.map_or(Ok(Anchor::Static), |n| self.value(n).map(Anchor::Value));
            let anchors = numbers.into_iter().map(resolve).collect::<Read<Anchors>>()?;
            self.body.anchors.insert(value, anchors);
        }
        let cold = self.cursor().eat_word("cold");
        self.cursor().expect(b':')?;
        self.cursor().end_of_line()?;
        let (params, insts) = (first_param..self.body.values.len() as u32, self.body.insts.len() as u32);
        self.body.blocks.push(BlockData { params, insts: insts..insts, cold });
        Ok(())
    }

    /// `vN: [own | uniq | borrow(ANCHORS)] TYPE`; the anchors as numbers of the text, none for `static`.
    fn block_param(&mut self) -> Read<(Value, SmallVec<[Option<u32>; 2]>)> {
        let number = self.cursor().value_number()?;
        self.cursor().expect(b':')?;
        let stated = self.cursor().stated_ownership();
        let mut anchors = SmallVec::new();
        if stated == Some(Ownership::Borrow) {
            anchors = self.anchors()?;
        }
        let ty = self.reader.names.ty(&mut self.reader.cursor)?;
        let ownership = ownership(&self.reader.module, &self.reader.cursor, ty, stated)?;
        Ok((self.define(number, ValueData { ty, ownership })?, anchors))
    }

    fn anchors(&mut self) -> Read<SmallVec<[Option<u32>; 2]>> {
        let mut anchors = SmallVec::new();
        let mut first = true;
        self.cursor().expect(b'(')?;
        while self.cursor().list_goes_on(b')', &mut first)? {
            let is_static = self.cursor().eat_word("static");
            anchors.push(if is_static { None } else { Some(self.cursor().value_number()?) });
        }
        if anchors.is_empty() {
            return Err(self
                .reader
                .cursor
                .expected("`borrow(static)`, or the values that are borrowed from in the parentheses"));
        }
        Ok(anchors)
    }
}
