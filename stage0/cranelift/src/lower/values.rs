//! From values of MIR to the machine values that they are flattened to, and how those lie in memory.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::signature::slot_type;
use cranelift_codegen::ir::{self, types};
use kea_mir::convention::SharedSlots;
use kea_mir::entity::{LayoutId, Value};
use kea_mir::layout::Slot;
use kea_mir::module::{Inst, Module};
use kea_mir::types::{Stored, Type};
use smallvec::SmallVec;

/// What a managed word may be besides an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordKind {
    /// Whether it may be an immediate.
    pub immediate: bool,
    /// Whether it may be 0.
    pub nothing: bool,
}

/// The machine values of every value defined so far: for each the start and the end of a stretch of a pool.
#[derive(Default)]
pub(super) struct ValueTable {
    ranges: Vec<(u32, u32)>,
    pool: Vec<ir::Value>,
}

impl ValueTable {
    pub fn new(values: usize) -> ValueTable {
        ValueTable { ranges: vec![(0, 0); values], pool: Vec::with_capacity(values) }
    }

    pub fn define(&mut self, value: Value, words: &[ir::Value]) {
        let start = self.pool.len() as u32;
        self.pool.extend_from_slice(words);
        self.ranges[value.index()] = (start, self.pool.len() as u32);
    }

    /// The same machine values under another name.
    pub fn alias(&mut self, value: Value, of: Value) {
        self.ranges[value.index()] = self.ranges[of.index()];
    }

    pub fn get(&self, value: Value) -> &[ir::Value] {
        let (start, end) = self.ranges[value.index()];
        &self.pool[start as usize..end as usize]
    }
}

/// The machine types of a value; those of a failure depend on the function.
pub(super) fn types_of(module: &Module, failure: SharedSlots, ty: Type) -> SmallVec<[ir::Type; 4]> {
    match ty {
        Type::Stored(stored) => module.slots(stored).into_iter().map(|(_, slot)| slot_type(slot)).collect(),
        Type::Token(_) | Type::Hole(_) | Type::Var(_) | Type::Ev(_) | Type::Env => SmallVec::from_slice(&[types::I64]),
        Type::Fail => std::iter::repeat_n(types::I64, 1 + failure.integers)
            .chain(std::iter::repeat_n(types::F64, failure.floats))
            .collect(),
    }
}

/// For each slot of a type: none for a scalar, what the word may be for a managed one.
pub(super) fn word_kinds(module: &Module, ty: Stored) -> SmallVec<[Option<WordKind>; 4]> {
    match ty {
        Stored::Scalar(_) => SmallVec::from_slice(&[None]),
        Stored::Ref(layout) => {
            let immediate = module.layout(layout).has_immediates();
            SmallVec::from_slice(&[Some(WordKind { immediate, nothing: false })])
        }
        Stored::Fn(_) => SmallVec::from_slice(&[Some(WordKind::default())]),
        Stored::Flat(layout) => flat_word_kinds(module, layout),
    }
}

/// A word of a flat with several variants is 0 in those that do not use it.
fn flat_word_kinds(module: &Module, layout: LayoutId) -> SmallVec<[Option<WordKind>; 4]> {
    let Some(flat) = module.layout(layout).flat() else { return SmallVec::new() };
    let nothing = flat.variants.len() > 1;
    let mut kinds: SmallVec<[Option<WordKind>; 4]> = flat
        .slots
        .iter()
        .map(|(_, slot)| (*slot == Slot::Managed).then_some(WordKind { immediate: false, nothing }))
        .collect();
    for field in flat.variants.iter().flat_map(|variant| &variant.fields) {
        let inner = word_kinds(module, field.ty);
        for ((offset, _), kind) in module.slots(field.ty).into_iter().zip(inner) {
            let Some(kind) = kind else { continue };
            let index = flat.slots.binary_search(&(field.offset + offset, Slot::Managed));
            if let Ok(index) = index
                && let Some(word) = &mut kinds[index]
            {
                word.immediate |= kind.immediate;
                word.nothing |= kind.nothing;
            }
        }
    }
    kinds
}

impl FunctionLowering<'_, '_> {
    /// The machine values of a value.
    pub fn words(&self, value: Value) -> Words {
        Words::from_slice(self.values.get(value))
    }

    /// The machine value of a value that has one.
    pub fn word(&self, value: Value) -> ir::Value {
        self.values.get(value)[0]
    }

    /// The machine value of an operand that has one.
    pub fn operand(&self, inst: &Inst, index: usize) -> ir::Value {
        self.word(inst.args[index])
    }

    /// The machine values of a list of values.
    pub fn flatten(&self, values: &[Value]) -> Words {
        values.iter().flat_map(|value| self.values.get(*value)).copied().collect()
    }

    /// Defines the only result of an instruction by one machine value.
    pub fn define(&mut self, inst: &Inst, word: ir::Value) {
        self.values.define(inst.first_result, &[word]);
    }

    /// Defines the results of an instruction, or what a block receives, by machine values one after another.
    pub fn define_all(&mut self, values: impl Iterator<Item = Value>, words: &[ir::Value]) {
        let mut rest = words;
        for value in values {
            let count = types_of(self.module, self.failure, self.body.ty(value)).len();
            let (words, behind) = rest.split_at(count.min(rest.len()));
            self.values.define(value, words);
            rest = behind;
        }
    }

    /// The first result of an instruction is its first operand.
    pub fn pass_on(&mut self, inst: &Inst) {
        self.values.alias(inst.first_result, inst.args[0]);
    }

    /// Reads what lies in memory.
    pub fn load_stored(&mut self, ty: Stored, base: ir::Value, offset: u32) -> Words {
        let slots = self.module.slots(ty);
        slots.into_iter().map(|(inner, slot)| self.emit.load(slot_type(slot), base, offset + inner)).collect()
    }

    /// Writes to memory.
    pub fn store_stored(&mut self, ty: Stored, words: &[ir::Value], base: ir::Value, offset: u32) {
        for ((inner, _), word) in self.module.slots(ty).into_iter().zip(words) {
            self.emit.store(*word, base, offset + inner);
        }
    }

    /// Writes 0 to the managed words of what lies in memory, so that dropping it does nothing.
    pub fn clear_stored(&mut self, ty: Stored, base: ir::Value, offset: u32) {
        let offsets = self.module.managed_offsets(ty);
        if offsets.is_empty() {
            return;
        }
        let zero = self.emit.word(0);
        offsets.into_iter().for_each(|inner| self.emit.store(zero, base, offset + inner));
    }

    /// The type of a value that may lie in memory.
    pub fn stored_type(&self, value: Value) -> Stored {
        self.body.ty(value).stored().unwrap_or(Stored::Scalar(kea_mir::types::Scalar::Ptr))
    }
}
