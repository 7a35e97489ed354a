//! Cells that are built in the memory of cells that were taken apart.
//!
//! A `take` leaves a token. The next `new` of the same size behind it in the block builds in it:
//!
//! ```text
//! v2, v3, v4 = take v1 Cons        v2, v3, v4 = take v1 Cons
//! free_token v4                    v5 = call @f (v2)
//! v5 = call @f (v2)                v6 = new List.Cons (v5, v3) reuse v4
//! v6 = new List.Cons (v5, v3)
//! ```
//!
//! Where the block has none, but those that it leads to do, the token is given back there instead: each of them builds in it or gives it
//! back. That is done where the block is the only way to them; on the failing edge of a call, which usually leads to a block that many
//! lead to, the token is given back in a block of its own.

use super::simplify::{count_edges, targets};
use super::words::{self, jump};
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{Block, Value};
use kea_mir::layout::Shape;
use kea_mir::module::{Immediate, Label, Module};
use kea_mir::types::Type;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// How far a token is handed on, in blocks one behind another.
const DISTANCE_MAX: u32 = 6;
/// A token is not handed on where a block leads to more than so many.
const TARGETS_MAX: usize = 8;

/// Finds them. Blocks stand behind those that are the only way to them.
pub(super) fn reuse_memory(module: &Module, draft: &mut Draft) {
    let frees = |inst: &DraftInst| inst.mnemonic.info().opcode == Opcode::FreeToken;
    if !draft.blocks.iter().flat_map(|block| &block.insts).any(frees) {
        return;
    }
    let sizes =
        draft.blocks.iter().map(|block| block.insts.iter().filter_map(|inst| built_size(module, inst)).collect());
    let mut reuse = Reuse { module, edges: count_edges(draft), sizes: sizes.collect() };
    for block in 0..draft.blocks.len() {
        let left = reuse.reuse_in_block(draft, block);
        if !left.is_empty() {
            reuse.hand_on(draft, block, left);
        }
    }
}

/// The size of the cell that an instruction builds in new memory.
fn built_size(module: &Module, inst: &DraftInst) -> Option<u32> {
    let Immediate::New { layout, variant, reuse: false, .. } = inst.immediate else { return None };
    match module.layout(layout).variants()[variant as usize].shape {
        Shape::Cell { size, .. } => Some(size),
        _ => None,
    }
}

/// A token that a block gives back.
#[derive(Clone, Copy)]
struct Token {
    value: Value,
    size: u32,
    /// The number of the `free_token`.
    position: usize,
}

struct Reuse<'a> {
    module: &'a Module,
    /// How many edges lead to each block.
    edges: Vec<u32>,
    /// The sizes of the cells that each block builds in new memory.
    sizes: Vec<SmallVec<[u32; 4]>>,
}

impl Reuse<'_> {
    /// Builds cells in the tokens that the block gives back before; gives the tokens that are left.
    fn reuse_in_block(&self, draft: &mut Draft, block: usize) -> Vec<Token> {
        let mut tokens: FxHashMap<u32, Vec<Token>> = FxHashMap::default();
        let mut used = Vec::new();
        let insts = &mut draft.blocks[block].insts;
        for (position, inst) in insts.iter_mut().enumerate() {
            if inst.mnemonic.info().opcode == Opcode::FreeToken {
                let value = inst.args[0];
                if let Type::Token(size) = draft.values[value.index()] {
                    tokens.entry(size).or_default().push(Token { value, size, position });
                }
            } else if !tokens.is_empty()
                && let Some(size) = built_size(self.module, inst)
                && let Some(token) = tokens.get_mut(&size).and_then(Vec::pop)
                && let Immediate::New { reuse, .. } = &mut inst.immediate
            {
                *reuse = true;
                inst.args.push(token.value);
                used.push(token.position);
            }
        }
        let mut left: Vec<Token> = tokens.into_values().flatten().collect();
        left.sort_unstable_by_key(|token| token.position);
        used.sort_unstable();
        for token in &mut left {
            token.position -= used.partition_point(|position| *position < token.position);
        }
        remove_insts(insts, &used);
        left
    }

    /// Gives tokens back in the blocks that a block leads to, where one of them can build in them.
    fn hand_on(&mut self, draft: &mut Draft, block: usize, tokens: Vec<Token>) {
        let edges = targets(&draft.blocks[block]);
        let single = |block: Block| self.edges.get(block.index()) == Some(&1);
        let fits =
            |size| edges.iter().any(|edge| single(edge.block) && self.builds(draft, edge.block, size, DISTANCE_MAX));
        let all = edges.iter().all(|edge| single(edge.block) || edge.label == Label::Fail);
        if !all || edges.is_empty() || edges.len() > TARGETS_MAX {
            return;
        }
        let handed: Vec<Token> = tokens.into_iter().filter(|token| fits(token.size)).collect();
        if handed.is_empty() {
            return;
        }
        let positions: Vec<usize> = handed.iter().map(|token| token.position).collect();
        remove_insts(&mut draft.blocks[block].insts, &positions);
        let frees: Vec<DraftInst> = handed.iter().map(|token| words::FREE_TOKEN.of(token.value)).collect();
        for index in 0..targets(&draft.blocks[block]).len() {
            let to = targets(&draft.blocks[block])[index].block;
            if self.edges.get(to.index()) == Some(&1) {
                if !is_dead_end(draft, to) {
                    draft.blocks[to.index()].insts.splice(0..0, frees.iter().cloned());
                }
            } else {
                split_failing_edge(draft, block, index, &frees);
            }
        }
    }

    /// Whether a block builds a cell of that size, or all that it leads to alone are such that one of them does.
    fn builds(&self, draft: &Draft, block: Block, size: u32, distance: u32) -> bool {
        let Some(sizes) = self.sizes.get(block.index()) else { return false };
        if sizes.contains(&size) {
            return true;
        }
        let edges = targets(&draft.blocks[block.index()]);
        let single = |block: Block| self.edges.get(block.index()) == Some(&1);
        distance > 0
            && edges.len() <= TARGETS_MAX
            && edges.iter().all(|edge| single(edge.block) || edge.label == Label::Fail)
            && edges.iter().any(|edge| single(edge.block) && self.builds(draft, edge.block, size, distance - 1))
    }
}

fn is_dead_end(draft: &Draft, block: Block) -> bool {
    let last = draft.blocks[block.index()].insts.last();
    last.is_some_and(|last| last.mnemonic.info().opcode == Opcode::Unreachable)
}

/// Takes out the instructions with these numbers, which are sorted.
fn remove_insts(insts: &mut Vec<DraftInst>, positions: &[usize]) {
    if positions.is_empty() {
        return;
    }
    let mut position = 0;
    insts.retain(|_| {
        position += 1;
        positions.binary_search(&(position - 1)).is_err()
    });
}

/// Puts instructions on a failing edge. Where it leads many others do, too.
fn split_failing_edge(draft: &mut Draft, block: usize, index: usize, insts: &[DraftInst]) {
    let between = draft.block(true);
    let failure = draft.block_param(between, Type::Fail);
    let Some(last) = draft.blocks[block].insts.last_mut() else { return };
    let target = &mut last.targets[index];
    let mut args: SmallVec<[Value; 2]> = SmallVec::from_slice(&[failure]);
    args.extend(target.args.drain(..));
    let onwards = jump(std::mem::replace(&mut target.block, between), args);
    draft.blocks[between.index()].insts = insts.iter().cloned().chain([onwards]).collect();
}
