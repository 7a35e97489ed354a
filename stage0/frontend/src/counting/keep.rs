//! Which parts of values get a count of their own, and where a whole is taken apart.
//!
//! A part that is lent is free, but it makes its whole live longer, and a whole that lives on keeps its parts from being changed in
//! place. So a part is kept
//!
//! 1. when something consumes it;
//! 2. when it is still needed where its whole is consumed;
//! 3. when its whole is not used itself any more, the part is read otherwise than for its structure, and the whole should end now:
//!    because other parts of it that are needed are kept, and may be changed in place once the whole is gone; or because it holds
//!    parts that nobody needs.
//!
//! Where the last thing that happens to such a cell is that a block reads fields of it, the reads become one
//! `take`: fields of a cell that nobody else holds move out without being counted, and the cell is free before anything else happens
//! (Reinking, Xie, de Moura, Leijen: Perceus, PLDI 2021).

use super::holders::{Holders, Holding};
use super::liveness::Liveness;
use super::operands::{Use, is_counted, is_evidence, use_of};
use super::simplify::targets;
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{Block, LayoutId, Value};
use kea_mir::module::{Immediate, Label, Module, Signature};
use kea_mir::types::{Stored, Type};
use rustc_hash::FxHashMap;

const NONE: u32 = u32::MAX;

/// The `field` instructions of a block that become one `take`, in the place of the first.
pub(super) struct Take {
    /// The cell.
    pub whole: Value,
    /// Its layout.
    pub layout: LayoutId,
    /// Its variant.
    pub variant: u32,
    /// The fields that are read, each with its name.
    pub fields: Vec<(u32, Value)>,
}

/// The takes of a function.
pub(super) struct Takes {
    /// By the first result.
    by_first: FxHashMap<Value, Take>,
    /// Whether a value is a field of one.
    taken: Vec<bool>,
}

impl Takes {
    fn new(values: usize) -> Takes {
        Takes { by_first: FxHashMap::default(), taken: vec![false; values] }
    }

    /// Whether a `take` defines the value; false for values that were added since.
    pub fn defines(&self, value: Value) -> bool {
        self.taken.get(value.index()).is_some_and(|taken| *taken)
    }

    /// The take whose first field the value is.
    pub fn remove(&mut self, value: Value) -> Option<Take> {
        self.by_first.remove(&value)
    }
}

/// Rule 1, which needs no liveness.
pub(super) fn keep_consumed(module: &Module, signature: &Signature, draft: &Draft, holders: &mut Holders) {
    for inst in draft.blocks.iter().flat_map(|block| &block.insts) {
        for (index, arg) in inst.args.iter().enumerate() {
            if holders.is_lent_part(*arg) && use_of(module, signature, &draft.values, inst, index) != Use::Read {
                holders.keep(*arg);
            }
        }
        for arg in inst.targets.iter().flat_map(|target| &target.args) {
            holders.keep(*arg);
        }
    }
}

/// Rules 2 and 3, and the takes. `liveness` is that of every name for itself.
pub(super) fn keep_for_life(
    module: &Module,
    signature: &Signature,
    draft: &Draft,
    holders: &mut Holders,
    liveness: &Liveness,
) -> Takes {
    let count = draft.values.len();
    let mut keeper = Keeper {
        module,
        signature,
        draft,
        holders,
        liveness,
        takes: Takes::new(count),
        last: vec![LastUse { stamp: NONE, ..LastUse::default() }; count],
        live_out: vec![NONE; count],
        touched: Vec::new(),
        earlier: Vec::new(),
        parts: FxHashMap::default(),
        stamp: 0,
    };
    for block in 0..draft.blocks.len() {
        keeper.visit_block(block);
    }
    keeper.takes
}

/// The last use of a name in the block at hand.
#[derive(Clone, Copy, Default)]
struct LastUse {
    /// The block, plus one; otherwise the name is not used in the block.
    stamp: u32,
    position: u32,
    /// Whether the instruction consumes it.
    consumes: bool,
    /// The first of the reads of fields of one variant that the uses end in; `NONE` when the last use is something else.
    fields_from: u32,
    variant: u32,
    /// Whether it reads an element.
    reads_element: bool,
}

struct Keeper<'a> {
    module: &'a Module,
    signature: &'a Signature,
    draft: &'a Draft,
    holders: &'a mut Holders,
    liveness: &'a Liveness,
    takes: Takes,
    last: Vec<LastUse>,
    /// By name, the block (plus one) that it is live behind.
    live_out: Vec<u32>,
    /// The names that the block uses, in order of first use.
    touched: Vec<Value>,
    /// For each instruction of the block, the one before that reads a field of the same value.
    earlier: Vec<u32>,
    /// The parts that the block uses or leaves alive, by the owners of what they are parts of.
    parts: FxHashMap<Value, Vec<Value>>,
    stamp: u32,
}

impl Keeper<'_> {
    fn visit_block(&mut self, block: usize) {
        self.stamp = block as u32 + 1;
        self.find_uses(block);
        self.find_parts(block);
        if self.parts.is_empty() {
            return;
        }
        self.visit_edges(block);
        for index in 0..self.touched.len() {
            let value = self.touched[index];
            if self.holders.is_owner(value) && !self.is_live_out(value) {
                self.visit_end(Block::new(block), value);
            }
        }
    }

    fn is_live_out(&self, value: Value) -> bool {
        self.live_out[value.index()] == self.stamp
    }

    /// The last use in the block, where there is one.
    fn last_use(&self, value: Value) -> Option<LastUse> {
        let last = self.last[value.index()];
        (last.stamp == self.stamp).then_some(last)
    }

    /// Whether the name is needed at that instruction or behind it.
    fn is_needed_from(&self, value: Value, position: u32) -> bool {
        self.is_live_out(value) || self.last_use(value).is_some_and(|last| last.position >= position)
    }

    fn find_uses(&mut self, block: usize) {
        let draft = self.draft;
        for target in targets(&draft.blocks[block]) {
            for value in self.liveness.at_start(target.block) {
                self.live_out[value.index()] = self.stamp;
            }
        }
        self.touched.clear();
        self.earlier.clear();
        self.earlier.resize(draft.blocks[block].insts.len(), NONE);
        for (position, inst) in draft.blocks[block].insts.iter().enumerate() {
            self.touch_operands(inst, position as u32);
        }
    }

    fn touch_operands(&mut self, inst: &DraftInst, position: u32) {
        for (index, arg) in inst.args.iter().enumerate() {
            if self.holders.holding(*arg) != Holding::Uncounted {
                let consumes = use_of(self.module, self.signature, &self.draft.values, inst, index) != Use::Read;
                match inst.immediate {
                    Immediate::Field { variant, .. } if inst.mnemonic.info().opcode == Opcode::Field => {
                        self.touch_field(*arg, variant, position);
                    }
                    _ => {
                        self.touch(*arg, position, consumes);
                        self.last[arg.index()].reads_element = inst.mnemonic.info().opcode == Opcode::Elem;
                    }
                }
            } else if is_evidence(&self.draft.values, *arg) {
                self.touch_captured(*arg, position);
            }
        }
        for target in &inst.targets {
            if let Label::Escape(evidence) = target.label {
                self.touch_captured(evidence, position);
            }
            for arg in &target.args {
                if self.holders.holding(*arg) != Holding::Uncounted {
                    // What an edge consumes is looked at by `visit_edges`.
                    self.touch(*arg, position, false);
                }
            }
        }
    }

    fn touch_captured(&mut self, evidence: Value, position: u32) {
        let mut captured = Vec::new();
        self.holders.for_captured(evidence, &mut |value| captured.push(value));
        for value in captured {
            if self.holders.holding(value) != Holding::Uncounted {
                self.touch(value, position, false);
            }
        }
    }

    fn touch(&mut self, value: Value, position: u32, consumes: bool) {
        let again = self.last_use(value).filter(|last| last.position == position);
        let consumes = consumes || again.is_some_and(|last| last.consumes);
        let last = LastUse { stamp: self.stamp, position, consumes, fields_from: NONE, ..LastUse::default() };
        self.note(value, last);
    }

    fn touch_field(&mut self, value: Value, variant: u32, position: u32) {
        let before = self.last_use(value).filter(|last| last.fields_from != NONE && last.variant == variant);
        self.earlier[position as usize] = before.map_or(NONE, |last| last.position);
        let fields_from = before.map_or(position, |last| last.fields_from);
        let last = LastUse { stamp: self.stamp, position, fields_from, variant, ..LastUse::default() };
        self.note(value, last);
    }

    fn note(&mut self, value: Value, last: LastUse) {
        if self.last_use(value).is_none() {
            self.touched.push(value);
        }
        self.last[value.index()] = last;
    }

    fn find_parts(&mut self, block: usize) {
        self.parts.clear();
        for index in 0..self.touched.len() {
            self.note_part(self.touched[index]);
        }
        // What is used here and alive behind stands in the list twice, which does no harm.
        for target in targets(&self.draft.blocks[block]) {
            for value in self.liveness.at_start(target.block) {
                self.note_part(*value);
            }
        }
    }

    fn note_part(&mut self, value: Value) {
        if let Holding::PartOf(whole) = self.holders.holding(value)
            && let Some(owner) = self.holders.owner(whole)
        {
            self.parts.entry(owner).or_default().push(value);
        }
    }

    /// Rule 2 for what edges consume.
    fn visit_edges(&mut self, block: usize) {
        let draft = self.draft;
        for target in targets(&draft.blocks[block]) {
            let live = self.liveness.at_start(target.block);
            for arg in &target.args {
                if !self.holders.is_owner(*arg) || live.binary_search(arg).is_ok() {
                    continue;
                }
                for part in self.parts.get(arg).cloned().unwrap_or_default() {
                    if live.binary_search(&part).is_ok() {
                        self.holders.keep(part);
                    }
                }
                self.sort_parts(*arg);
            }
        }
    }

    /// The parts of a name whose owner is another one by now go to that.
    fn sort_parts(&mut self, owner: Value) {
        for part in self.parts.remove(&owner).unwrap_or_default() {
            self.note_part(part);
        }
    }

    /// What happens to the parts of a name that the block uses for the last time.
    fn visit_end(&mut self, block: Block, value: Value) {
        let Some(last) = self.last_use(value) else { return };
        let parts = self.parts.get(&value).cloned().unwrap_or_default();
        if last.consumes {
            for part in parts {
                if self.is_needed_from(part, last.position) {
                    self.holders.keep(part);
                }
            }
        } else if self.should_end(value, last, &parts) {
            if last.fields_from != NONE && self.try_take(block, value, last, &parts) {
                return self.sort_parts(value);
            }
            for part in parts {
                if self.outlives(part, last) {
                    self.holders.keep(part);
                }
            }
        }
        self.sort_parts(value);
    }

    /// Whether a lent part is read, otherwise than for its structure, behind the last use of its whole.
    fn outlives(&self, part: Value, last: LastUse) -> bool {
        self.holders.is_lent_part(part)
            && self.holders.is_used_whole(part)
            && self.is_needed_from(part, last.position + 1)
    }

    /// The conditions of rule 3.
    fn should_end(&self, value: Value, last: LastUse, parts: &[Value]) -> bool {
        let from = if last.fields_from == NONE { last.position } else { last.fields_from };
        parts.iter().any(|part| self.holders.is_kept(*part) && self.is_needed_from(*part, from))
            || self.holds_others(value, last, parts) && parts.iter().any(|part| self.outlives(*part, last))
    }

    /// Whether a value whose last use reads a part of it holds parts that nobody needs from there on.
    fn holds_others(&self, value: Value, last: LastUse, parts: &[Value]) -> bool {
        if last.fields_from == NONE {
            return last.reads_element;
        }
        let Type::Stored(Stored::Ref(layout)) = self.draft.values[value.index()] else { return false };
        let fields = &self.module.layout(layout).variants()[last.variant as usize].fields;
        let counted = fields.iter().filter(|field| self.module.is_managed_stored(field.ty)).count();
        let direct = |part: &&Value| self.holders.holding(**part) == Holding::PartOf(value);
        let mut needed: Vec<Value> = parts.iter().filter(direct).copied().collect();
        needed.sort_unstable();
        needed.dedup();
        needed.len() < counted
    }

    /// Makes the reads that the uses of a cell end in a `take`, where that is worth it.
    fn try_take(&mut self, block: Block, value: Value, last: LastUse, parts: &[Value]) -> bool {
        let mut fields = Vec::new();
        let mut position = last.position;
        while position != NONE {
            fields.push(position);
            position = self.earlier[position as usize];
        }
        fields.reverse();
        let insts = &self.draft.blocks[block.index()].insts;
        let Immediate::Field { layout, variant, .. } = insts[last.position as usize].immediate else { return false };
        let fields = fields.iter().map(|position| &insts[*position as usize]);
        let fields = fields.filter_map(|inst| match inst.immediate {
            Immediate::Field { field, .. } => Some((field, inst.results[0])),
            _ => None,
        });
        let take = Take { whole: value, layout, variant, fields: fields.collect() };
        let outside = |part: &Value| !self.is_read_from(block, value, *part, last.fields_from);
        let lives_on = |part: &Value| self.is_needed_from(*part, last.fields_from + 1);
        if parts.iter().any(|part| outside(part) && lives_on(part)) || !self.is_worth_taking(&take) {
            return false;
        }
        for (_, result) in &take.fields {
            self.holders.keep(*result);
            self.takes.taken[result.index()] = true;
        }
        self.takes.by_first.insert(take.fields[0].1, take);
        true
    }

    /// Whether a part comes from a read of the value in the block, at that instruction or behind it.
    fn is_read_from(&self, block: Block, value: Value, part: Value, from: u32) -> bool {
        let mut top = part;
        while let Holding::PartOf(whole) = self.holders.holding(top) {
            if whole == value {
                let (home, position) = self.holders.definition(top);
                return home == block && position >= from;
            }
            top = whole;
        }
        false
    }

    /// A counted field is needed, and no fewer are than there are others, which are released.
    fn is_worth_taking(&self, take: &Take) -> bool {
        let variant = &self.module.layout(take.layout).variants()[take.variant as usize];
        let counted = variant.fields.iter().filter(|field| self.module.is_managed_stored(field.ty)).count();
        let needed = take.fields.iter().filter(|(_, result)| {
            is_counted(self.module, self.draft.values[result.index()]) && self.is_needed_from(*result, 0)
        });
        let needed = needed.count();
        needed > 0 && 2 * needed >= counted
    }
}
