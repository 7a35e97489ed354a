//! Closures, and what their code and clauses capture.

use super::function::FunctionLowering;
use super::signature;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{self, InstBuilder, types};
use kea_mir::contract::object;
use kea_mir::entity::FuncId;
use kea_mir::module::{FunctionKind, Immediate, Inst};
use kea_mir::types::{Stored, Type};

impl FunctionLowering<'_, '_> {
    /// The address of a function's code.
    pub fn code_address(&mut self, id: FuncId) -> ir::Value {
        let function = self.emit.function(Symbol::Function(id), |lowering| signature::function(lowering, id));
        self.emit.ins().func_addr(types::I64, function)
    }

    pub fn closure(&mut self, inst: &Inst) {
        let Immediate::Closure(_, id) = inst.immediate else { return };
        let captures = &self.module.function(id).captures;
        let shape = self.module.closure_shape(captures);
        let object = self.emit_object(shape.size, shape.info);
        let code = self.code_address(id);
        self.emit.store(code, object, object::closure::CODE);
        if shape.described {
            let descriptor = self.emit.address(Symbol::ClosureDescriptor(id));
            self.emit.store(descriptor, object, object::closure::CAPTURES);
        }
        self.store_captures(object, captures, &shape.offsets, inst);
        self.define(inst, object);
    }

    fn emit_object(&mut self, size: u32, info: u32) -> ir::Value {
        let object = self.allocate(size);
        self.store_header(object, info);
        object
    }

    /// Writes the operands to where the object or the record keeps what is captured.
    pub fn store_captures(&mut self, base: ir::Value, captures: &[Type], offsets: &[u32], inst: &Inst) {
        for ((ty, offset), operand) in captures.iter().zip(offsets).zip(&inst.args) {
            let words = self.words(*operand);
            match ty.stored() {
                Some(stored) => self.store_stored(stored, &words, base, *offset),
                None => self.emit.store(words[0], base, *offset),
            }
        }
    }

    pub fn static_closure(&mut self, inst: &Inst) {
        let Immediate::Closure(_, id) = inst.immediate else { return };
        let address = self.emit.address(Symbol::StaticClosure(id));
        self.uncounted.insert(address);
        self.define(inst, address);
    }

    /// Reads from the closure's object, or from the evidence record of the clause.
    pub fn capture(&mut self, inst: &Inst) {
        let Immediate::Index(index) = inst.immediate else { return };
        let base = self.operand(inst, 0);
        let captures = &self.function.captures;
        let offsets = match self.function.kind {
            FunctionKind::Clause { effect, .. } => {
                self.module.evidence_shape(self.module.effect(effect).clause_count(), captures).offsets
            }
            _ => self.module.closure_shape(captures).offsets,
        };
        let Some((ty, offset)) = captures.get(index as usize).zip(offsets.get(index as usize)) else { return };
        let stored = ty.stored().unwrap_or(Stored::Scalar(kea_mir::types::Scalar::Ptr));
        let words = self.load_stored(stored, base, *offset);
        self.define_all(inst.results(), &words);
    }
}
