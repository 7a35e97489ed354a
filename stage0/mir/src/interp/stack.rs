//! Frames of Kea functions, kept explicitly: however deep a program recurses, the interpreter itself does not.

use crate::entity::{Block, FuncId, Value as ValueId};
use crate::interp::value::{Absence, Value};
use crate::module::{Body, Inst};

/// The call of a function that has not returned.
#[derive(Debug)]
pub struct Frame<'m> {
    /// The function.
    pub function: FuncId,
    /// Its code.
    pub body: &'m Body,
    /// Where its values begin on the stack.
    base: usize,
    /// The instruction that is executed, or that made the call whose frame comes next.
    pub inst: u32,
}

/// What a frame takes besides its values, in words.
const FRAME_WORDS: usize = 4;

/// The frames, and the values of all their names.
#[derive(Debug)]
pub struct Stack<'m> {
    frames: Vec<Frame<'m>>,
    values: Vec<Value>,
    words_max: usize,
}

impl<'m> Stack<'m> {
    /// An empty stack that holds so many words.
    pub fn new(words_max: usize) -> Stack<'m> {
        Stack { frames: Vec::new(), values: Vec::new(), words_max }
    }

    /// Whether there is room for a frame of that code.
    pub fn has_room(&self, body: &Body) -> bool {
        (self.frames.len() + 1) * FRAME_WORDS + self.values.len() + body.values.len() <= self.words_max
    }

    /// How many frames there are.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// The frame on top.
    pub fn top(&self) -> Option<&Frame<'m>> {
        self.frames.last()
    }

    /// The frames, from the top down.
    pub fn frames(&self) -> impl Iterator<Item = &Frame<'m>> {
        self.frames.iter().rev()
    }

    /// The instruction that is executed.
    pub fn inst(&self) -> Option<&'m Inst> {
        let frame = self.top()?;
        frame.body.insts.get(frame.inst as usize)
    }

    /// Starts a frame with these arguments.
    pub fn push(&mut self, function: FuncId, body: &'m Body, args: impl IntoIterator<Item = Value>) {
        let base = self.values.len();
        self.values.extend(args);
        self.values.resize(base + body.values.len(), Value::Absent(Absence::Undefined));
        let inst = body.blocks.first().map_or(0, |block| block.insts.start);
        self.frames.push(Frame { function, body, base, inst });
    }

    /// Ends the frame on top.
    pub fn pop(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.values.truncate(frame.base);
        }
    }

    /// Goes on at the next instruction of the block.
    pub fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.inst += 1;
        }
    }

    /// Goes on at the beginning of a block.
    pub fn jump(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut() {
            frame.inst = frame.body.blocks[block.index()].insts.start;
        }
    }

    /// What the name stands for in the frame on top.
    pub fn get(&self, name: ValueId) -> &Value {
        &self.values[self.base() + name.index()]
    }

    /// Gives the name a value in the frame on top, and gives the one that it had.
    pub fn replace(&mut self, name: ValueId, value: Value) -> Value {
        let index = self.base() + name.index();
        std::mem::replace(&mut self.values[index], value)
    }

    fn base(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.base)
    }
}
