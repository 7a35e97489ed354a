//! Who holds what a name stands for.
//!
//! A name of a counted type either has a count of its own, or it is a part of what another name holds (`field`, `part`,
//! `elem`), or what it stands for outlives the frame: static data, captured values, borrowed parameters and parts of those.
//! A part that is to live on its own is *kept*: it gets a count by `retain` where it is defined, or by a `take` of the whole.

use super::operands::{is_counted, is_evidence, is_lasting, is_projection, is_structural};
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Label, Module};
use kea_mir::types::Ownership;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// What a name is to counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    /// Not counted: scalars, unmanaged flats, and the frame objects that drafts complete themselves.
    Uncounted,
    /// It has a count.
    Own,
    /// What it stands for outlives the frame.
    Lasting,
    /// A part of what that name holds.
    PartOf(Value),
}

/// Of every name of a function, what it is and where it is defined.
pub(super) struct Holders {
    holdings: Vec<Holding>,
    kept: Vec<bool>,
    /// Whether anything but a look at its structure reads it.
    used_whole: Vec<bool>,
    /// The block and the instruction that define it; instruction 0 and its block for parameters.
    definitions: Vec<(Block, u32)>,
    /// What evidence captured: it has to live until the evidence ends.
    captured: FxHashMap<Value, SmallVec<[Value; 4]>>,
}

impl Holders {
    /// Finds them for a function whose parameters are owned as its signature says, and whose block parameters are owned but for those
    /// that are borrowed from what outlives the frame.
    pub fn new(
        module: &Module,
        ownership: impl Fn(usize) -> Ownership,
        borrowed: &FxHashSet<Value>,
        draft: &Draft,
    ) -> Holders {
        let count = draft.values.len();
        let mut holders = Holders {
            holdings: vec![Holding::Uncounted; count],
            kept: vec![false; count],
            used_whole: vec![false; count],
            definitions: vec![(Block(0), 0); count],
            captured: FxHashMap::default(),
        };
        let counted = |value: Value| is_counted(module, draft.values[value.index()]);
        for (index, param) in draft.params.iter().enumerate() {
            if counted(*param) {
                let lasting = ownership(index) == Ownership::Borrow;
                holders.holdings[param.index()] = if lasting { Holding::Lasting } else { Holding::Own };
            }
        }
        for (index, block) in draft.blocks.iter().enumerate() {
            for param in &block.params {
                holders.definitions[param.index()] = (Block::new(index), 0);
                if counted(*param) {
                    let lasting = borrowed.contains(param);
                    holders.holdings[param.index()] = if lasting { Holding::Lasting } else { Holding::Own };
                }
            }
            for (position, inst) in block.insts.iter().enumerate() {
                holders.visit(draft, inst, (Block::new(index), position as u32), counted);
            }
        }
        holders
    }

    fn visit(&mut self, draft: &Draft, inst: &DraftInst, place: (Block, u32), counted: impl Fn(Value) -> bool) {
        let opcode = inst.mnemonic.info().opcode;
        for result in &inst.results {
            self.definitions[result.index()] = place;
            if counted(*result) {
                self.holdings[result.index()] = match opcode {
                    _ if is_lasting(opcode) => Holding::Lasting,
                    _ if is_projection(opcode) => match self.holdings[inst.args[0].index()] {
                        Holding::Own | Holding::PartOf(_) => Holding::PartOf(inst.args[0]),
                        Holding::Lasting | Holding::Uncounted => Holding::Lasting,
                    },
                    _ => Holding::Own,
                };
            }
        }
        if opcode == Opcode::Evidence {
            self.captured.insert(inst.results[0], inst.args.iter().copied().collect());
        }
        if !is_structural(opcode) {
            for arg in inst.args.iter().chain(inst.targets.iter().flat_map(|target| &target.args)) {
                self.used_whole[arg.index()] = true;
            }
        }
        debug_assert!(inst.results.iter().all(|result| result.index() < draft.values.len()));
    }

    pub fn holding(&self, value: Value) -> Holding {
        self.holdings[value.index()]
    }

    /// Where it is defined: the block and the instruction.
    pub fn definition(&self, value: Value) -> (Block, u32) {
        self.definitions[value.index()]
    }

    /// Whether the name has a count of its own: from its definition, or because it is kept.
    pub fn is_owner(&self, value: Value) -> bool {
        self.kept[value.index()] || self.holdings[value.index()] == Holding::Own
    }

    /// The name with a count that what the name stands for lives as long as; none where it outlives the frame.
    pub fn owner(&self, mut value: Value) -> Option<Value> {
        loop {
            match self.holdings[value.index()] {
                Holding::Own => return Some(value),
                Holding::PartOf(_) if self.kept[value.index()] => return Some(value),
                Holding::PartOf(whole) => value = whole,
                Holding::Lasting | Holding::Uncounted => return None,
            }
        }
    }

    /// The same as if nothing was kept: the name that the whole of all the parts is.
    pub fn whole(&self, mut value: Value) -> Value {
        while let Holding::PartOf(whole) = self.holdings[value.index()] {
            value = whole;
        }
        value
    }

    /// Whether it is a part that is not kept.
    pub fn is_lent_part(&self, value: Value) -> bool {
        matches!(self.holdings[value.index()], Holding::PartOf(_)) && !self.kept[value.index()]
    }

    /// Whether the name is kept.
    pub fn is_kept(&self, value: Value) -> bool {
        self.kept[value.index()]
    }

    /// Keeps a part.
    pub fn keep(&mut self, value: Value) {
        if self.is_lent_part(value) {
            self.kept[value.index()] = true;
        }
    }

    /// Whether anything but a look at its structure reads it.
    pub fn is_used_whole(&self, value: Value) -> bool {
        self.used_whole[value.index()]
    }

    /// Calls `visit` with every name that an instruction uses, those of its edges and what evidence stands for included.
    pub fn for_uses(&self, draft: &Draft, inst: &DraftInst, mut visit: impl FnMut(Value)) {
        let escapes = inst.targets.iter().filter_map(|target| match target.label {
            Label::Escape(evidence) => Some(evidence),
            _ => None,
        });
        let args = inst.targets.iter().flat_map(|target| &target.args);
        for value in inst.args.iter().chain(args).copied().chain(escapes) {
            visit(value);
            if is_evidence(&draft.values, value) {
                self.for_captured(value, &mut visit);
            }
        }
    }

    /// What evidence holds, and what evidence in it holds.
    pub fn for_captured(&self, evidence: Value, visit: &mut impl FnMut(Value)) {
        let mut pending: SmallVec<[Value; 4]> = SmallVec::from_slice(&[evidence]);
        while let Some(evidence) = pending.pop() {
            for value in self.captured.get(&evidence).into_iter().flatten() {
                visit(*value);
                if self.captured.contains_key(value) {
                    pending.push(*value);
                }
            }
        }
    }
}
