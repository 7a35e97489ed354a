//! Results on both sides of a call: in registers, in a result area, or behind a status.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::signature::slot_type;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, types};
use kea_mir::convention::{ResultShape, SharedSlots};
use kea_mir::layout::Slot;
use kea_mir::module::{Inst, Module, Results};
use kea_mir::types::Scalar;

/// Values in the slots that results and payloads share: integers of 64 bits, and `f64`.
#[derive(Clone, Default)]
pub(super) struct SharedWords {
    pub integers: Words,
    pub floats: Words,
}

/// The slots of results, one value after another.
pub(super) fn result_slots(module: &Module, results: &Results) -> Vec<Slot> {
    match results {
        Results::Never => Vec::new(),
        Results::Values(values) => values.iter().flat_map(|result| module.value_slots(result.ty)).collect(),
    }
}

/// Bytes of the result area.
fn area_size(shape: &ResultShape) -> u32 {
    match shape {
        ResultShape::Area(slots) => 8 * slots.len() as u32,
        ResultShape::FailingArea(shared) => shared.size(),
        _ => 0,
    }
}

impl FunctionLowering<'_, '_> {
    // -- the caller's side

    /// The result area for a call, where it needs one. All calls share it, as each is read at once.
    pub fn call_area(&mut self, shape: &ResultShape) -> Option<ir::Value> {
        if !shape.has_area() {
            return None;
        }
        let size = area_size(shape).max(8);
        let slot = match self.call_area {
            Some(slot) => slot,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3);
                *self.call_area.insert(self.emit.builder.create_sized_stack_slot(data))
            }
        };
        let data = &mut self.emit.builder.func.sized_stack_slots[slot];
        data.size = data.size.max(size);
        Some(self.emit.ins().stack_addr(types::I64, slot, 0))
    }

    /// The results of a call that cannot fail.
    pub fn receive(&mut self, shape: &ResultShape, call: ir::Inst, area: Option<ir::Value>) -> Words {
        match (shape, area) {
            (ResultShape::Area(slots), Some(area)) => slots
                .iter()
                .enumerate()
                .map(|(index, slot)| self.emit.load(slot_type(*slot), area, 8 * index as u32))
                .collect(),
            _ => self.emit.results(call),
        }
    }

    /// What a call that may fail gives behind its status. To be read on the edge that needs it.
    pub fn receive_shared(
        &mut self,
        shape: &ResultShape,
        registers: &[ir::Value],
        area: Option<ir::Value>,
    ) -> SharedWords {
        match (shape, area) {
            (ResultShape::FailingRegisters(shared), _) => {
                let (integers, floats) = registers[1..].split_at(shared.integers);
                SharedWords { integers: Words::from_slice(integers), floats: Words::from_slice(floats) }
            }
            (ResultShape::FailingArea(shared), Some(area)) => SharedWords {
                integers: (0..shared.integers).map(|i| self.emit.load(types::I64, area, 8 * i as u32)).collect(),
                floats: (shared.integers..shared.integers + shared.floats)
                    .map(|i| self.emit.load(types::F64, area, 8 * i as u32))
                    .collect(),
            },
            _ => SharedWords::default(),
        }
    }

    // -- the callee's side

    /// `return` and `resume`.
    pub fn return_values(&mut self, inst: &Inst) {
        let words = self.flatten(&inst.args);
        let slots: Vec<Slot> =
            inst.args.iter().flat_map(|value| self.module.value_slots(self.body.ty(*value))).collect();
        self.return_words(&slots, &words);
    }

    fn leave(&mut self, registers: &[ir::Value]) {
        self.begin_return();
        self.emit.ins().return_(registers);
    }

    /// Returns values with these slots, as a success.
    fn return_words(&mut self, slots: &[Slot], words: &[ir::Value]) {
        match self.shape {
            ResultShape::Never => self.unreachable(),
            ResultShape::Registers(_) => self.leave(words),
            ResultShape::Area(_) => {
                if let Some(area) = self.area {
                    for (index, word) in words.iter().enumerate() {
                        self.emit.store(*word, area, 8 * index as u32);
                    }
                }
                self.leave(&[]);
            }
            ResultShape::FailingRegisters(_) | ResultShape::FailingArea(_) => {
                let shared = self.encode(slots, words);
                let status = self.emit.word(0);
                self.return_shared(status, &shared);
            }
        }
    }

    /// Returns a status and what stands behind it; slots that hold nothing are 0.
    pub fn return_shared(&mut self, status: ir::Value, words: &SharedWords) {
        match (&self.shape, self.area) {
            (ResultShape::FailingArea(shared), Some(area)) => {
                let SharedSlots { integers, floats } = *shared;
                for (index, word) in words.integers.iter().take(integers).enumerate() {
                    self.emit.store(*word, area, 8 * index as u32);
                }
                for (index, word) in words.floats.iter().take(floats).enumerate() {
                    self.emit.store(*word, area, 8 * (integers + index) as u32);
                }
                self.leave(&[status]);
            }
            (ResultShape::FailingRegisters(shared), _) => {
                let shared = *shared;
                let registers = self.fit(status, words, shared);
                self.leave(&registers);
            }
            _ => self.unreachable(),
        }
    }

    /// Status, integers, floats: as many as these slots, 0 where there are none.
    pub fn fit(&mut self, status: ir::Value, words: &SharedWords, slots: SharedSlots) -> Words {
        let mut registers = Words::from_slice(&[status]);
        registers.extend(words.integers.iter().take(slots.integers).copied());
        while registers.len() < 1 + slots.integers {
            registers.push(self.emit.word(0));
        }
        registers.extend(words.floats.iter().take(slots.floats).copied());
        while registers.len() < 1 + slots.integers + slots.floats {
            registers.push(self.emit.zero(types::F64));
        }
        registers
    }

    // -- values in shared slots

    pub fn encode(&mut self, slots: &[Slot], words: &[ir::Value]) -> SharedWords {
        let mut shared = SharedWords::default();
        for (slot, word) in slots.iter().zip(words) {
            match slot {
                Slot::Scalar(Scalar::F64) => shared.floats.push(*word),
                Slot::Scalar(Scalar::F32) => {
                    let bits = self.emit.ins().bitcast(types::I32, MemFlagsData::new(), *word);
                    shared.integers.push(self.emit.ins().uextend(types::I64, bits));
                }
                Slot::Scalar(Scalar::I64 | Scalar::Ptr) | Slot::Managed => shared.integers.push(*word),
                Slot::Scalar(_) => shared.integers.push(self.emit.ins().uextend(types::I64, *word)),
            }
        }
        shared
    }

    pub fn decode(&mut self, slots: &[Slot], words: &SharedWords) -> Words {
        let mut integers = words.integers.iter().copied();
        let mut floats = words.floats.iter().copied();
        let mut decoded = Words::new();
        for slot in slots {
            let float = *slot == Slot::Scalar(Scalar::F64);
            let Some(word) = (if float { floats.next() } else { integers.next() }) else { break };
            decoded.push(match slot {
                Slot::Scalar(Scalar::F32) => {
                    let bits = self.emit.ins().ireduce(types::I32, word);
                    self.emit.ins().bitcast(types::F32, MemFlagsData::new(), bits)
                }
                slot if slot_type(*slot).bits() == 64 => word,
                slot => self.emit.ins().ireduce(slot_type(*slot), word),
            });
        }
        decoded
    }
}
