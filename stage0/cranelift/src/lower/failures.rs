//! Failures: raised, told apart, passed on.
//!
//! A failure is its status, then as many integers and floats as the function's failures need. In a clause it leaves
//! through the evidence record: the escape area holds the status, then integers and floats in turn, so that its
//! layout depends on neither's number.

use super::effects::EscapeArea;
use super::emitter::Words;
use super::function::FunctionLowering;
use super::results::SharedWords;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use kea_mir::convention::{ResultShape, SharedSlots};
use kea_mir::entity::{EffectId, FuncId, Value};
use kea_mir::layout::Slot;
use kea_mir::module::{FunctionKind, Immediate, Inst, Label, Target};

/// The place of an integer in the escape area.
fn escape_integer(index: usize) -> u32 {
    8 + 16 * index as u32
}

/// The place of a float in the escape area.
fn escape_float(index: usize) -> u32 {
    16 + 16 * index as u32
}

impl FunctionLowering<'_, '_> {
    /// Bytes of the escape area of a record with these clauses.
    pub fn escape_size(&self, clauses: &[FuncId]) -> u32 {
        let may_fail = clauses.iter().any(|clause| self.module.function(*clause).signature.may_fail());
        let slots = self.module.escape_slots(clauses);
        if may_fail { escape_integer(slots.integers.max(slots.floats)) } else { 0 }
    }

    /// The edges of a call that may fail: the failure's own block is cold, and results are decoded where they arrive.
    pub fn finish_try(
        &mut self,
        inst: &Inst,
        shape: &ResultShape,
        slots: &[Slot],
        call: ir::Inst,
        area: Option<ir::Value>,
    ) {
        let [normal, fail] = inst.targets.as_slice() else { return };
        let registers = self.emit.results(call);
        let Some(status) = registers.first().copied() else { return };
        let (succeeded, failed) = (self.emit.block(), self.emit.cold_block());
        self.emit.branch(status, failed, succeeded);
        self.emit.switch_to(failed);
        let shared = self.receive_shared(shape, &registers, area);
        let failure = self.fit(status, &shared, self.failure);
        self.jump_edge(fail, &failure);
        self.emit.switch_to(succeeded);
        let shared = self.receive_shared(shape, &registers, area);
        let words = self.decode(slots, &shared);
        self.jump_edge(normal, &words);
    }

    /// The parts of a failure.
    fn failure_parts(&self, value: Value) -> (ir::Value, SharedWords) {
        let words = self.values.get(value);
        let (integers, floats) = words[1..].split_at(self.failure.integers);
        (words[0], SharedWords { integers: Words::from_slice(integers), floats: Words::from_slice(floats) })
    }

    pub fn perform_fail(&mut self, inst: &Inst) {
        let Immediate::Operation(effect, operation) = inst.immediate else { return };
        let slots = self.payload_slots(effect, operation);
        let words = self.flatten(&inst.args);
        let payload = self.encode(&slots, &words);
        let status = self.emit.address(Symbol::Operation(effect, operation));
        self.fail_with(status, &payload);
    }

    fn payload_slots(&self, effect: EffectId, operation: u32) -> Vec<Slot> {
        self.module.param_slots(&self.module.effect(effect).operations[operation as usize].params)
    }

    pub fn refail(&mut self, inst: &Inst) {
        let (status, payload) = self.failure_parts(inst.args[0]);
        self.fail_with(status, &payload);
    }

    /// Returns a failure: a function as it is, a clause through its evidence.
    fn fail_with(&mut self, status: ir::Value, payload: &SharedWords) {
        let FunctionKind::Clause { effect, .. } = self.function.kind else {
            return self.return_shared(status, payload);
        };
        let record = self.word(Value(0));
        let operations = self.module.effect(effect).clause_count();
        let escape = self.module.evidence_shape(operations, &self.function.captures).escape;
        let SharedSlots { integers, floats } = self.module.payload_slots(&self.function.signature.fails);
        self.emit.store(status, record, escape);
        for (index, word) in payload.integers.iter().take(integers).enumerate() {
            self.emit.store(*word, record, escape + escape_integer(index));
        }
        for (index, word) in payload.floats.iter().take(floats).enumerate() {
            self.emit.store(*word, record, escape + escape_float(index));
        }
        self.return_shared(record, &SharedWords::default());
    }

    /// Compares the status with each case in turn.
    pub fn switch_fail(&mut self, inst: &Inst) {
        let failure = inst.args[0];
        let (status, payload) = self.failure_parts(failure);
        for (index, target) in inst.targets.iter().enumerate() {
            if index + 1 < inst.targets.len()
                && let Some(expected) = self.expected_status(target)
            {
                let (found, next) = (self.emit.block(), self.emit.block());
                let equal = self.emit.ins().icmp(IntCC::Equal, status, expected);
                self.emit.branch(equal, found, next);
                self.emit.switch_to(found);
                self.handle(target, failure, &payload);
                self.emit.switch_to(next);
            } else {
                // The last case is what remains.
                return self.handle(target, failure, &payload);
            }
        }
    }

    fn expected_status(&mut self, target: &Target) -> Option<ir::Value> {
        match target.label {
            Label::Operation(effect, operation) => Some(self.emit.address(Symbol::Operation(effect, operation))),
            Label::Escape(evidence) => Some(self.word(evidence)),
            _ => None,
        }
    }

    /// Goes to the block of a case with what it is for.
    fn handle(&mut self, target: &Target, failure: Value, payload: &SharedWords) {
        let words = match target.label {
            Label::Operation(effect, operation) => {
                let slots = self.payload_slots(effect, operation);
                self.decode(&slots, payload)
            }
            Label::Escape(evidence) => self.escaped(evidence),
            _ => self.words(failure),
        };
        self.jump_edge(target, &words);
    }

    /// The failure that a clause left in its evidence record.
    fn escaped(&mut self, evidence: Value) -> Words {
        let Some(EscapeArea { offset, slots }) = self.escape_areas.get(&evidence).copied() else { return Words::new() };
        let record = self.word(evidence);
        let status = self.emit.load(types::I64, record, offset);
        let shared = SharedWords {
            integers: (0..slots.integers)
                .map(|index| self.emit.load(types::I64, record, offset + escape_integer(index)))
                .collect(),
            floats: (0..slots.floats)
                .map(|index| self.emit.load(types::F64, record, offset + escape_float(index)))
                .collect(),
        };
        self.fit(status, &shared, self.failure)
    }
}
