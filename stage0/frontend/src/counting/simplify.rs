//! The first step: a draft with less in it. Ownership is decided block by block and name by name, so every block boundary and every
//! second name of a value makes the result worse.
//!
//! 1. Blocks that no path reaches are dropped; the others come to stand in reverse post-order, which puts each behind its immediate
//!    dominator.
//! 2. A block parameter that is given the same value by every edge is that value.
//! 3. A block behind a `jump` that is its only edge becomes part of the block that jumps.
//! 4. Each edge to a block that is nothing but `unreachable` gets a block of its own: nothing is owed there, and edges with different
//!    owned values need not agree.
//! 5. A field that a block reads again is the value that was read first: a name's fields never change.

use crate::draft::{Draft, DraftBlock};
use kea_mir::contract::Opcode;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Target};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Does all of it.
pub(super) fn simplify(draft: &mut Draft) {
    order_blocks(draft);
    let mut names = Names::new(draft.values.len());
    remove_parameters(draft, &mut names);
    rename(draft, &mut names);
    merge_blocks(draft);
    separate_dead_ends(draft);
    order_blocks(draft);
    share_reads(draft);
}

/// The blocks that the entry reaches, in reverse post-order.
pub(super) fn order_blocks(draft: &mut Draft) {
    let order = reverse_post_order(draft);
    let mut position = vec![None; draft.blocks.len()];
    for (index, block) in order.iter().enumerate() {
        position[block.index()] = Some(Block::new(index));
    }
    let mut old: Vec<DraftBlock> = std::mem::take(&mut draft.blocks);
    draft.blocks = order.iter().map(|block| std::mem::take(&mut old[block.index()])).collect();
    for target in draft.blocks.iter_mut().filter_map(|block| block.insts.last_mut()).flat_map(|inst| &mut inst.targets)
    {
        if let Some(block) = position[target.block.index()] {
            target.block = block;
        }
    }
}

/// The edges of a block.
pub(super) fn targets(block: &DraftBlock) -> &[Target] {
    block.insts.last().map_or(&[], |inst| &inst.targets)
}

fn reverse_post_order(draft: &Draft) -> Vec<Block> {
    let mut seen = vec![false; draft.blocks.len()];
    let mut order = Vec::with_capacity(draft.blocks.len());
    let mut stack = vec![(Block(0), targets(&draft.blocks[0]).len())];
    seen[0] = true;
    while let Some((block, left)) = stack.last_mut() {
        // Backwards, so that the first target comes first in the reversed order.
        let Some(next) = left.checked_sub(1) else {
            order.push(*block);
            stack.pop();
            continue;
        };
        *left = next;
        let to = targets(&draft.blocks[block.index()])[next].block;
        if !std::mem::replace(&mut seen[to.index()], true) {
            stack.push((to, targets(&draft.blocks[to.index()]).len()));
        }
    }
    order.reverse();
    order
}

/// Which value each name stands for.
struct Names(Vec<Value>);

impl Names {
    fn new(count: usize) -> Names {
        Names((0..count).map(Value::new).collect())
    }

    fn find(&mut self, value: Value) -> Value {
        let mut root = value;
        while self.0[root.index()] != root {
            root = self.0[root.index()];
        }
        let mut next = value;
        while next != root {
            next = std::mem::replace(&mut self.0[next.index()], root);
        }
        root
    }
}

/// Step 2. A loop's parameter may depend on that of the loop around it or inside it: blocks are gone through in both directions
/// until nothing changes.
fn remove_parameters(draft: &mut Draft, names: &mut Names) {
    let mut edges: Vec<SmallVec<[(u32, u32); 2]>> = vec![SmallVec::new(); draft.blocks.len()];
    for (from, block) in draft.blocks.iter().enumerate() {
        for (index, target) in targets(block).iter().enumerate() {
            edges[target.block.index()].push((from as u32, index as u32));
        }
    }
    let forwards: Vec<usize> =
        (1..draft.blocks.len()).filter(|block| !draft.blocks[*block].params.is_empty()).collect();
    let backwards: Vec<usize> = forwards.iter().rev().copied().collect();
    let mut gone = vec![false; draft.values.len()];
    let mut changed = !forwards.is_empty();
    while changed {
        changed = false;
        for &block in forwards.iter().chain(&backwards) {
            changed |= remove_parameters_of(draft, names, &edges, block, &mut gone);
        }
    }
    for block in forwards {
        drop_parameters(draft, &edges[block], block, &gone);
    }
}

/// Notes the parameters of a block that are given one value by every edge.
fn remove_parameters_of(
    draft: &Draft,
    names: &mut Names,
    edges: &[SmallVec<[(u32, u32); 2]>],
    block: usize,
    gone: &mut [bool],
) -> bool {
    let params = &draft.blocks[block].params;
    let given = |&(from, index): &(u32, u32)| &targets(&draft.blocks[from as usize])[index as usize].args;
    let Some(handed) = edges[block].iter().map(|edge| params.len() - given(edge).len()).max() else { return false };
    let mut changed = false;
    for (index, param) in params.iter().enumerate().skip(handed) {
        if gone[param.index()] {
            continue;
        }
        let mut only = None;
        let same = edges[block].iter().all(|edge| {
            let args = given(edge);
            let value = names.find(args[index + args.len() - params.len()]);
            value == *param || *only.get_or_insert(value) == value
        });
        if let (true, Some(value)) = (same, only) {
            names.0[param.index()] = value;
            gone[param.index()] = true;
            changed = true;
        }
    }
    changed
}

/// Takes the noted parameters out of a block, and their arguments out of its edges.
fn drop_parameters(draft: &mut Draft, edges: &[(u32, u32)], block: usize, gone: &[bool]) {
    let params = std::mem::take(&mut draft.blocks[block].params);
    if params.iter().any(|param| gone[param.index()]) {
        for (from, index) in edges {
            let Some(inst) = draft.blocks[*from as usize].insts.last_mut() else { continue };
            let args = &mut inst.targets[*index as usize].args;
            let handed = params.len() - args.len();
            let mut position = handed;
            args.retain(|_| {
                position += 1;
                !gone[params[position - 1].index()]
            });
        }
    }
    draft.blocks[block].params = params.into_iter().filter(|param| !gone[param.index()]).collect();
}

fn rename(draft: &mut Draft, names: &mut Names) {
    for inst in draft.blocks.iter_mut().flat_map(|block| &mut block.insts) {
        inst.args.iter_mut().for_each(|arg| *arg = names.find(*arg));
        for target in &mut inst.targets {
            target.args.iter_mut().for_each(|arg| *arg = names.find(*arg));
            if let Label::Escape(evidence) = &mut target.label {
                *evidence = names.find(*evidence);
            }
        }
    }
}

/// How many edges lead to each block.
pub(super) fn count_edges(draft: &Draft) -> Vec<u32> {
    let mut counts = vec![0; draft.blocks.len()];
    for target in draft.blocks.iter().flat_map(targets) {
        counts[target.block.index()] += 1;
    }
    counts
}

/// Step 3. Merged blocks stay behind, empty, and are dropped by the next ordering.
fn merge_blocks(draft: &mut Draft) {
    let counts = count_edges(draft);
    let mut merged = vec![false; draft.blocks.len()];
    for block in 0..draft.blocks.len() {
        if merged[block] {
            continue;
        }
        while let Some(next) = only_successor(draft, &counts, block) {
            draft.blocks[block].insts.pop();
            let mut insts = std::mem::take(&mut draft.blocks[next].insts);
            draft.blocks[block].insts.append(&mut insts);
            merged[next] = true;
        }
    }
}

/// The block that a jump leads to, when no other edge does and both are equally hot.
fn only_successor(draft: &Draft, counts: &[u32], block: usize) -> Option<usize> {
    let last = draft.blocks[block].insts.last()?;
    let [target] = &last.targets[..] else { return None };
    let next = target.block.index();
    let fits = last.mnemonic.info().opcode == Opcode::Jump
        && counts[next] == 1
        && next != block
        && draft.blocks[next].params.is_empty()
        && draft.blocks[next].cold == draft.blocks[block].cold;
    fits.then_some(next)
}

/// Step 4.
fn separate_dead_ends(draft: &mut Draft) {
    let mut reached = vec![false; draft.blocks.len()];
    for block in 0..draft.blocks.len() {
        for index in 0..targets(&draft.blocks[block]).len() {
            let to = targets(&draft.blocks[block])[index].block;
            let Some([only]) = draft.blocks.get(to.index()).map(|to| &to.insts[..]) else { continue };
            let dead_end =
                only.mnemonic.info().opcode == Opcode::Unreachable && draft.blocks[to.index()].params.is_empty();
            if dead_end && std::mem::replace(&mut reached[to.index()], true) {
                let copy = draft.blocks[to.index()].clone();
                draft.blocks.push(copy);
                let copy = Block::new(draft.blocks.len() - 1);
                if let Some(inst) = draft.blocks[block].insts.last_mut() {
                    inst.targets[index].block = copy;
                }
            }
        }
    }
}

/// Step 5.
fn share_reads(draft: &mut Draft) {
    let mut names = Names::new(draft.values.len());
    let mut reads: FxHashMap<(Value, u32, u32), Value> = FxHashMap::default();
    let mut shared = false;
    for block in &mut draft.blocks {
        reads.clear();
        block.insts.retain(|inst| {
            let Immediate::Field { variant, field, .. } = inst.immediate else { return true };
            if !matches!(inst.mnemonic.info().opcode, Opcode::Field | Opcode::Part) {
                return true;
            }
            let whole = names.find(inst.args[0]);
            match reads.get(&(whole, variant, field)) {
                Some(first) => {
                    names.0[inst.results[0].index()] = *first;
                    shared = true;
                    false
                }
                None => {
                    reads.insert((whole, variant, field), inst.results[0]);
                    true
                }
            }
        });
    }
    if shared {
        rename(draft, &mut names);
    }
}
