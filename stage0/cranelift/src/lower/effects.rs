//! Evidence, and operations performed through it.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::results::result_slots;
use super::signature;
use cranelift_codegen::ir::{self, InstBuilder, types};
use kea_mir::convention::{ResultShape, SharedSlots};
use kea_mir::module::{Immediate, Inst};

/// The escape area of an evidence record of this frame.
#[derive(Clone, Copy)]
pub(super) struct EscapeArea {
    /// Bytes from the start of the record.
    pub offset: u32,
    /// What stands behind the status.
    pub slots: SharedSlots,
}

impl FunctionLowering<'_, '_> {
    /// A record in the frame: the clauses' code, what they capture, room for a failure that escapes.
    pub fn evidence(&mut self, inst: &Inst) {
        let Immediate::Evidence(_, clauses) = &inst.immediate else { return };
        let captures = clauses.first().map_or(&[][..], |clause| &self.module.function(*clause).captures);
        let shape = self.module.evidence_shape(clauses.len(), captures);
        let record = self.emit.frame_memory(shape.escape + self.escape_size(clauses));
        for (index, clause) in clauses.iter().enumerate() {
            let code = self.code_address(*clause);
            self.emit.store(code, record, 8 * index as u32);
        }
        self.store_captures(record, captures, &shape.offsets, inst);
        let area = EscapeArea { offset: shape.escape, slots: self.module.escape_slots(clauses) };
        self.escape_areas.insert(inst.first_result, area);
        self.define(inst, record);
    }

    /// Calls the clause of an operation: its code lies at the slot of the record.
    fn call_clause(&mut self, inst: &Inst) -> Option<(ResultShape, ir::Inst, Option<ir::Value>)> {
        let Immediate::Operation(effect, operation) = inst.immediate else { return None };
        let data = self.module.effect(effect);
        let shape = self.module.operation_shape(effect, operation);
        let clif = signature::clause(self.module, &data.operations[operation as usize], &shape);
        let clif = self.emit.builder.import_signature(clif);
        let record = self.operand(inst, 0);
        let code = self.emit.load(types::I64, record, 8 * data.clause_slot(operation) as u32);
        let area = self.call_area(&shape);
        let args: Words = area.into_iter().chain(self.flatten(&inst.args)).collect();
        let call = self.emit.ins().call_indirect(clif, code, &args);
        Some((shape, call, area))
    }

    pub fn perform_handler(&mut self, inst: &Inst) {
        let Some((shape, call, area)) = self.call_clause(inst) else { return };
        let words = self.receive(&shape, call, area);
        self.define_all(inst.results(), &words);
    }

    pub fn try_perform(&mut self, inst: &Inst) {
        let Immediate::Operation(effect, operation) = inst.immediate else { return };
        let results = &self.module.effect(effect).operations[operation as usize].results;
        let slots = result_slots(self.module, results);
        if let Some((shape, call, area)) = self.call_clause(inst) {
            self.finish_try(inst, &shape, &slots, call, area);
        }
    }
}
