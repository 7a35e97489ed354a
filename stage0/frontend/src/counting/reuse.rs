//! Cells that are built in the memory of cells that were taken apart.
//!
//! A `take` leaves a token. The next `new` of the same size in the block builds in it, where there is one:
//!
//! ```text
//! v2, v3, v4 = take v1 Cons        v2, v3, v4 = take v1 Cons
//! free_token v4                    v5 = call @f (v2)
//! v5 = call @f (v2)                v6 = new List.Cons (v5, v3) reuse v4
//! v6 = new List.Cons (v5, v3)
//! ```

use crate::draft::{Draft, DraftBlock};
use kea_mir::contract::Opcode;
use kea_mir::entity::Value;
use kea_mir::layout::Shape;
use kea_mir::module::{Immediate, Module};
use kea_mir::types::Type;
use rustc_hash::FxHashMap;

/// Finds them, block by block.
pub(super) fn reuse_memory(module: &Module, draft: &mut Draft) {
    let Draft { blocks, values, .. } = draft;
    for block in blocks {
        reuse_in_block(module, values, block);
    }
}

fn reuse_in_block(module: &Module, types: &[Type], block: &mut DraftBlock) {
    // The tokens that are given back so far, by size, and where that happens.
    let mut tokens: FxHashMap<u32, Vec<(Value, usize)>> = FxHashMap::default();
    let mut unused = vec![];
    for position in 0..block.insts.len() {
        let inst = &mut block.insts[position];
        match (inst.mnemonic.info().opcode, &mut inst.immediate) {
            (Opcode::FreeToken, _) => {
                if let Type::Token(size) = types[inst.args[0].index()] {
                    tokens.entry(size).or_default().push((inst.args[0], position));
                }
            }
            (Opcode::New, Immediate::New { layout, variant, reuse, .. }) if !*reuse => {
                let Shape::Cell { size, .. } = module.layout(*layout).variants()[*variant as usize].shape else {
                    continue;
                };
                let Some((token, freed)) = tokens.get_mut(&size).and_then(Vec::pop) else { continue };
                *reuse = true;
                inst.args.push(token);
                unused.push(freed);
            }
            _ => {}
        }
    }
    if unused.is_empty() {
        return;
    }
    unused.sort_unstable();
    let mut position = 0;
    block.insts.retain(|_| {
        position += 1;
        unused.binary_search(&(position - 1)).is_err()
    });
}
