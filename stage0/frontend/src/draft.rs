//! Functions before counting: what `lower` builds and `counting` turns into MIR.
//!
//! A draft is MIR in which reference counts are still implicit. Values may be used any number of times, there is no `retain`, `release` or
//! `freeze`, and nobody says who owns what: `counting` decides which parameters are borrowed, gives every owned value its one
//! consumer on every path, and writes the ownership down. Frame objects that are consumed exactly once anyway are already complete in a
//! draft: variables (`var_end`, `var_drop`), evidence (`end_evidence`), failures (`switch_fail`, `refail`).

use kea_mir::contract::Mnemonic;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Location, Target};
use kea_mir::types::Type;
use smallvec::SmallVec;

/// The code of a function. The first block is the entry, has no parameters, and no edge leads to it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The function's parameters, in the order of its signature.
    pub params: Vec<Value>,
    /// The blocks, in any order.
    pub blocks: Vec<DraftBlock>,
    /// The type of each value.
    pub values: Vec<Type>,
}

/// A block of a draft.
#[derive(Clone, Debug, Default)]
pub struct DraftBlock {
    /// Its parameters. As in MIR, what a terminator itself hands over comes first.
    pub params: Vec<Value>,
    /// Its instructions; the last one is its only terminator.
    pub insts: Vec<DraftInst>,
    /// Whether it is off the hot path.
    pub cold: bool,
}

/// An instruction of a draft. Operands and edges are as in [`kea_mir::module::Inst`].
#[derive(Clone, Debug)]
pub struct DraftInst {
    /// The instruction with its suffix.
    pub mnemonic: Mnemonic,
    /// What it defines.
    pub results: SmallVec<[Value; 2]>,
    /// Where it comes from.
    pub location: Location,
    /// What is neither a value nor a block.
    pub immediate: Immediate,
    /// The operands, in order of the text.
    pub args: SmallVec<[Value; 4]>,
    /// The edges of a terminator.
    pub targets: Vec<Target>,
}

impl Draft {
    /// A new value.
    pub fn value(&mut self, ty: Type) -> Value {
        self.values.push(ty);
        Value(self.values.len() as u32 - 1)
    }

    /// A new, empty block.
    pub fn block(&mut self, cold: bool) -> Block {
        self.blocks.push(DraftBlock { cold, ..DraftBlock::default() });
        Block(self.blocks.len() as u32 - 1)
    }

    /// Adds a parameter to a block.
    pub fn block_param(&mut self, block: Block, ty: Type) -> Value {
        let value = self.value(ty);
        self.blocks[block.index()].params.push(value);
        value
    }
}
