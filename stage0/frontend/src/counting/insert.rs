//! Retains and releases.
//!
//! Every block is gone through backwards with the set of names that are needed behind the instruction at hand:
//!
//! - what consumes a name that is needed afterwards consumes a second name instead, from a `retain` before it;
//! - a name that is read for the last time is released behind the instruction, a result that nobody needs at once;
//! - a part that is kept is retained where it is defined, or its whole is taken apart there (see `keep`).
//!
//! A name that only some of the edges of a block need ends on the others: at the start of the block that an edge leads to, or, where
//! other edges lead there too, in a block of its own on the edge. Where a block ends in `unreachable` nothing is released.

use super::holders::Holders;
use super::keep::{Take, Takes};
use super::liveness::Liveness;
use super::operands::{Use, is_counted, is_evidence, use_of};
use super::simplify::count_edges;
use super::words::{self, jump};
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{Block, Value};
use kea_mir::layout::Shape;
use kea_mir::module::{Immediate, Label, Location, Module, Signature, Target};
use kea_mir::types::Type;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// Adds them. `liveness` is that of the owners.
pub(super) fn insert_counts(
    module: &Module,
    signature: &Signature,
    draft: &mut Draft,
    holders: &Holders,
    liveness: &Liveness,
    takes: Takes,
) {
    let edges = count_edges(draft);
    let count = draft.values.len();
    let blocks = draft.blocks.len();
    let old = draft.blocks.iter_mut().map(|block| std::mem::take(&mut block.insts)).collect();
    let mut inserter = Inserter {
        module,
        signature,
        holders,
        liveness,
        takes,
        edges,
        old,
        draft,
        live: NameSet::new(count),
        on_edge: NameSet::new(count),
        endings: vec![Vec::new(); blocks],
        splits: FxHashMap::default(),
    };
    for block in 0..blocks {
        inserter.block(block);
    }
    inserter.finish();
}

/// A set of names that is emptied at no cost.
struct NameSet {
    stamps: Vec<u32>,
    stamp: u32,
}

impl NameSet {
    fn new(values: usize) -> NameSet {
        NameSet { stamps: vec![0; values], stamp: 0 }
    }

    fn clear(&mut self) {
        self.stamp += 1;
    }

    fn contains(&self, value: Value) -> bool {
        self.stamps[value.index()] == self.stamp
    }

    /// Gives whether it was not there.
    fn insert(&mut self, value: Value) -> bool {
        std::mem::replace(&mut self.stamps[value.index()], self.stamp) != self.stamp
    }

    /// Gives whether it was there.
    fn remove(&mut self, value: Value) -> bool {
        std::mem::take(&mut self.stamps[value.index()]) == self.stamp
    }
}

struct Inserter<'a> {
    module: &'a Module,
    signature: &'a Signature,
    holders: &'a Holders,
    liveness: &'a Liveness,
    takes: Takes,
    /// How many edges lead to each block.
    edges: Vec<u32>,
    /// The instructions of each block before counting.
    old: Vec<Vec<DraftInst>>,
    /// The blocks with their instructions after it, and all values.
    draft: &'a mut Draft,
    /// The owners that are needed behind the instruction at hand.
    live: NameSet,
    on_edge: NameSet,
    /// What ends at the start of each block, because the only edge there is the one it is not needed on.
    endings: Vec<Vec<Value>>,
    /// The blocks on edges, by where they lead and what they pass; the latest of each.
    splits: FxHashMap<(Block, SmallVec<[Value; 2]>), Vec<Split>>,
}

/// How many blocks on edges to one block are looked at for one that can be shared.
const SPLITS_MAX: usize = 4;

/// A block on an edge, and what ends there or behind.
struct Split {
    block: Block,
    ended: Vec<Value>,
}

impl Inserter<'_> {
    fn block(&mut self, block: usize) {
        let mut insts = std::mem::take(&mut self.old[block]);
        let Some(last) = insts.pop() else { return };
        let silent = is_dead_end(&last);
        let mut out = Vec::with_capacity(insts.len() + insts.len() / 2 + 1);
        self.live.clear();
        self.terminator(last, self.draft.blocks[block].cold, &mut out);
        for inst in insts.into_iter().rev() {
            match inst.results.first() {
                Some(first) if self.takes.defines(*first) => {
                    if let Some(take) = self.takes.remove(*first) {
                        self.take(&take, inst.location, &mut out, silent);
                    }
                }
                _ => self.inst(inst, &mut out, silent),
            }
        }
        if !silent {
            self.end_params(block, &mut out);
        }
        out.reverse();
        self.draft.blocks[block].insts = out;
    }

    /// Parameters that nobody needs end at once.
    fn end_params(&mut self, block: usize, out: &mut Vec<DraftInst>) {
        let of_function = if block == 0 { &self.draft.params[..] } else { &[] };
        for param in self.draft.blocks[block].params.iter().chain(of_function) {
            if self.holders.is_owner(*param) && !self.live.remove(*param) {
                out.push(words::RELEASE.of(*param));
            }
        }
    }

    /// Any instruction but the last of a block. `out` is in reverse.
    fn inst(&mut self, mut inst: DraftInst, out: &mut Vec<DraftInst>, silent: bool) {
        let mut ended: SmallVec<[Value; 4]> = SmallVec::new();
        let mut kept = None;
        for result in &mut inst.results {
            if self.holders.is_owner(*result) {
                let needed = self.live.remove(*result);
                if !self.holders.is_kept(*result) {
                    ended.extend((!needed).then_some(*result));
                } else if needed {
                    let part = self.draft.value(self.draft.values[result.index()]);
                    kept = Some(words::RETAIN.giving(std::mem::replace(result, part), part));
                }
            }
        }
        for (index, arg) in inst.args.iter().enumerate() {
            if self.reads(&inst, index) {
                self.for_owners(*arg, |live, owner| {
                    if live.insert(owner) {
                        ended.push(owner);
                    }
                });
            }
        }
        if !silent {
            out.extend(ended.into_iter().map(|value| words::RELEASE.of(value)));
        }
        out.extend(kept);
        let retains = self.consume_operands(&mut inst);
        out.push(inst);
        out.extend(retains);
    }

    fn use_of(&self, inst: &DraftInst, index: usize) -> Use {
        use_of(self.module, self.signature, &self.draft.values, inst, index)
    }

    /// Whether the instruction needs what the operand lives as long as. Evidence holds what it captured to its very end.
    fn reads(&self, inst: &DraftInst, index: usize) -> bool {
        is_evidence(&self.draft.values, inst.args[index]) || self.use_of(inst, index) == Use::Read
    }

    /// Calls `visit` with the owners that a name needs alive when it is read.
    fn for_owners(&mut self, value: Value, mut visit: impl FnMut(&mut NameSet, Value)) {
        if is_evidence(&self.draft.values, value) {
            let (holders, live) = (self.holders, &mut self.live);
            holders.for_captured(value, &mut |captured| {
                if let Some(owner) = holders.owner(captured) {
                    visit(live, owner);
                }
            });
        } else if let Some(owner) = self.holders.owner(value) {
            visit(&mut self.live, owner);
        }
    }

    /// Makes the consumed operands live; gives the retains for those that are needed afterwards or have no count.
    fn consume_operands(&mut self, inst: &mut DraftInst) -> SmallVec<[DraftInst; 2]> {
        let mut retains = SmallVec::new();
        for index in 0..inst.args.len() {
            let arg = inst.args[index];
            if is_counted(self.module, self.draft.values[arg.index()]) && self.use_of(inst, index) != Use::Read {
                let moved = self.holders.is_owner(arg) && self.live.insert(arg);
                if !moved {
                    inst.args[index] = self.second_name(arg, &mut retains);
                }
            }
        }
        retains
    }

    fn second_name(&mut self, value: Value, retains: &mut SmallVec<[DraftInst; 2]>) -> Value {
        let second = self.draft.value(self.draft.values[value.index()]);
        retains.push(words::RETAIN.giving(second, value));
        second
    }

    /// A `take` in the place of the first of the fields that it gives.
    fn take(&mut self, take: &Take, location: Location, out: &mut Vec<DraftInst>, silent: bool) {
        let variant = &self.module.layout(take.layout).variants()[take.variant as usize];
        let mut results: SmallVec<[Value; 2]> = SmallVec::new();
        for (index, field) in variant.fields.iter().enumerate() {
            let read = take.fields.iter().find(|(field, _)| *field == index as u32);
            let result = read.map_or_else(|| self.draft.value(field.ty.into()), |(_, result)| *result);
            let needed = read.is_some() && self.live.remove(result);
            if self.module.is_managed_stored(field.ty) && !needed && !silent {
                out.push(words::RELEASE.of(result));
            }
            results.push(result);
        }
        let Shape::Cell { size, .. } = variant.shape else { return };
        let token = self.draft.value(Type::Token(size));
        results.push(token);
        out.push(words::FREE_TOKEN.of(token));
        let mut inst = words::TAKE.with(smallvec![take.whole], results);
        inst.immediate = Immediate::Variant(take.layout, take.variant);
        inst.location = location;
        let retains = self.consume_operands(&mut inst);
        out.push(inst);
        out.extend(retains);
    }

    /// The last instruction of a block, and what ends on its edges.
    fn terminator(&mut self, mut last: DraftInst, cold: bool, out: &mut Vec<DraftInst>) {
        let needed = self.needed_at_end(&last);
        let mut retains = SmallVec::new();
        let single = last.targets.len() == 1;
        for target in &mut last.targets {
            let Edge { ended, mut doubled } = self.edge(target, &needed);
            if single {
                self.retain_args(target, &doubled, &mut retains);
                doubled.clear();
            }
            if doubled.is_empty() && (ended.is_empty() || self.edges[target.block.index()] == 1) {
                self.endings[target.block.index()].extend(ended);
            } else {
                target.block = self.between(target, ended, &doubled, cold);
                target.args.clear();
            }
        }
        retains.extend(self.consume_operands(&mut last));
        out.push(last);
        out.extend(retains);
    }

    /// The owners that an edge or its block needs, or that the terminator reads. They are live then.
    fn needed_at_end(&mut self, last: &DraftInst) -> Vec<Value> {
        let mut needed = Vec::new();
        let mut note = |live: &mut NameSet, owner: Value| {
            if live.insert(owner) {
                needed.push(owner);
            }
        };
        for target in &last.targets {
            for value in self.liveness.at_start(target.block) {
                note(&mut self.live, *value);
            }
            for arg in target.args.iter().filter(|arg| self.holders.is_owner(**arg)) {
                note(&mut self.live, *arg);
            }
            if let Label::Escape(evidence) = target.label {
                self.for_owners(evidence, &mut note);
            }
        }
        for (index, arg) in last.args.iter().enumerate() {
            if self.reads(last, index) {
                self.for_owners(*arg, &mut note);
            }
        }
        needed
    }

    /// What an edge does to the owners that are there at the end of its block.
    fn edge(&mut self, target: &Target, needed: &[Value]) -> Edge {
        self.on_edge.clear();
        for value in self.liveness.at_start(target.block) {
            self.on_edge.insert(*value);
        }
        let mut doubled = SmallVec::new();
        let params = &self.draft.blocks[target.block.index()].params;
        let handed = params.len() - target.args.len();
        for (index, (arg, param)) in target.args.iter().zip(&params[handed..]).enumerate() {
            if self.holders.is_owner(*param) {
                let moved = self.holders.is_owner(*arg) && self.on_edge.insert(*arg);
                if !moved {
                    doubled.push(index);
                }
            }
        }
        let ended = needed.iter().copied().filter(|value| !self.on_edge.contains(*value)).collect();
        Edge { ended, doubled }
    }

    /// Gives arguments second names.
    fn retain_args(&mut self, target: &mut Target, doubled: &[usize], retains: &mut SmallVec<[DraftInst; 2]>) {
        for index in doubled {
            target.args[*index] = self.second_name(target.args[*index], retains);
        }
    }

    /// A block on an edge. Where another edge to the same block ends the same owners, it is that edge's; where it ends some of them, this
    /// one leads to that edge's. So the ends of calls that fail one after another become one chain.
    fn between(&mut self, target: &Target, ended: Vec<Value>, doubled: &[usize], cold: bool) -> Block {
        let key = (target.block, target.args.clone());
        self.on_edge.clear();
        for value in &ended {
            self.on_edge.insert(*value);
        }
        let known = self.splits.get(&key).map_or(&[][..], |splits| &splits[..]);
        let nested = known.iter().rev().find(|split| split.ended.iter().all(|value| self.on_edge.contains(*value)));
        let block = match nested {
            Some(split) if split.ended.len() == ended.len() => return split.block,
            Some(split) => {
                let onwards = Target { block: split.block, args: SmallVec::new(), ..target.clone() };
                split.ended.iter().for_each(|value| {
                    self.on_edge.remove(*value);
                });
                let rest: Vec<Value> = ended.iter().copied().filter(|value| self.on_edge.contains(*value)).collect();
                self.split(&onwards, &rest, &[], cold)
            }
            None => self.split(target, &ended, doubled, cold),
        };
        let splits = self.splits.entry(key).or_default();
        if splits.len() == SPLITS_MAX {
            splits.remove(0);
        }
        splits.push(Split { block, ended });
        block
    }

    fn split(&mut self, target: &Target, ended: &[Value], doubled: &[usize], cold: bool) -> Block {
        let params = &self.draft.blocks[target.block.index()].params;
        let handed = params.len() - target.args.len();
        let types: SmallVec<[Type; 2]> =
            params[..handed].iter().map(|param| self.draft.values[param.index()]).collect();
        let cold = cold || self.draft.blocks[target.block.index()].cold;
        let between = self.draft.block(cold);
        let mut args: SmallVec<[Value; 2]> = SmallVec::new();
        for ty in types {
            args.push(self.draft.block_param(between, ty));
        }
        let mut onwards = target.clone();
        let mut retains = SmallVec::new();
        self.retain_args(&mut onwards, doubled, &mut retains);
        args.extend(onwards.args);
        let mut insts: Vec<DraftInst> = retains.into_vec();
        insts.extend(ended.iter().map(|value| words::RELEASE.of(*value)));
        insts.push(jump(target.block, args));
        self.draft.blocks[between.index()].insts = insts;
        between
    }

    /// Puts what ends at the start of blocks there.
    fn finish(self) {
        for (block, ended) in self.draft.blocks.iter_mut().zip(self.endings) {
            let silent = block.insts.last().is_some_and(is_dead_end);
            if !ended.is_empty() && !silent {
                block.insts.splice(0..0, ended.into_iter().map(|value| words::RELEASE.of(value)));
            }
        }
    }
}

/// What an edge does.
struct Edge {
    /// The owners that end on it.
    ended: Vec<Value>,
    /// Which arguments need a second name.
    doubled: SmallVec<[usize; 2]>,
}

fn is_dead_end(last: &DraftInst) -> bool {
    last.mnemonic.info().opcode == Opcode::Unreachable
}
