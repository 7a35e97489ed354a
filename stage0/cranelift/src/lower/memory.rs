//! Variables in the frame, globals, unmanaged memory.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::signature::scalar_type;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use kea_mir::layout::Slot;
use kea_mir::module::{Immediate, Inst};
use kea_mir::types::{Stored, Type};

/// Unmanaged memory: there, as the program says, but not aligned.
const RAW: MemFlagsData = MemFlagsData::new().with_notrap();

impl FunctionLowering<'_, '_> {
    // -- variables: memory of the frame; the managed words of an empty one are 0

    pub fn var_new(&mut self, inst: &Inst) {
        let Immediate::Type(ty) = inst.immediate else { return };
        let words = self.words(inst.args[0]);
        let (size, _) = self.module.size_align(ty);
        let memory = self.emit.frame_memory(size);
        self.store_stored(ty, &words, memory, 0);
        self.define(inst, memory);
    }

    /// The variable's memory, its type, and what it holds.
    fn read_variable(&mut self, inst: &Inst) -> (ir::Value, Stored, Words) {
        let memory = self.operand(inst, 0);
        let ty = match self.body.ty(inst.args[0]) {
            Type::Var(ty) => ty,
            _ => self.stored_type(inst.args[0]),
        };
        let words = self.load_stored(ty, memory, 0);
        (memory, ty, words)
    }

    pub fn var_get(&mut self, inst: &Inst) {
        let (_, ty, words) = self.read_variable(inst);
        self.retain_stored(ty, &words);
        self.define_all(inst.results(), &words);
    }

    pub fn var_take(&mut self, inst: &Inst) {
        let (memory, ty, words) = self.read_variable(inst);
        self.clear_stored(ty, memory, 0);
        self.define_all(inst.results(), &words);
    }

    pub fn var_put(&mut self, inst: &Inst) {
        let Type::Var(ty) = self.body.ty(inst.args[0]) else { return };
        let (memory, words) = (self.operand(inst, 0), self.words(inst.args[1]));
        self.store_stored(ty, &words, memory, 0);
    }

    pub fn var_set(&mut self, inst: &Inst) {
        let (memory, ty, old) = self.read_variable(inst);
        let words = self.words(inst.args[1]);
        self.store_stored(ty, &words, memory, 0);
        self.release_cleared(ty, &old);
    }

    pub fn var_end(&mut self, inst: &Inst) {
        let (_, _, words) = self.read_variable(inst);
        self.define_all(inst.results(), &words);
    }

    pub fn var_drop(&mut self, inst: &Inst) {
        let (_, ty, words) = self.read_variable(inst);
        self.release_cleared(ty, &words);
    }

    // -- globals

    fn global(&mut self, inst: &Inst) -> Option<(Stored, ir::Value)> {
        let Immediate::Global(global) = inst.immediate else { return None };
        Some((self.module.globals[global.index()].ty, self.emit.address(Symbol::Global(global))))
    }

    pub fn global_get(&mut self, inst: &Inst) {
        let Some((ty, address)) = self.global(inst) else { return };
        let words = self.load_stored(ty, address, 0);
        words.iter().for_each(|word| {
            self.uncounted.insert(*word);
        });
        self.define_all(inst.results(), &words);
    }

    pub fn global_set(&mut self, inst: &Inst) {
        let words = self.words(inst.args[0]);
        let Some((ty, address)) = self.global(inst) else { return };
        for (word, (_, slot)) in words.iter().zip(self.module.slots(ty)) {
            if slot == Slot::Managed && !self.uncounted.contains(*word) {
                self.emit.service("kea_immortal", &[*word]);
            }
        }
        self.store_stored(ty, &words, address, 0);
    }

    // -- unmanaged memory

    pub fn raw_alloc(&mut self, inst: &Inst) {
        let size = self.operand(inst, 0);
        let address = self.emit.service_value("kea_raw_alloc", &[size]);
        self.define(inst, address);
    }

    pub fn raw_free(&mut self, inst: &Inst) {
        let address = self.operand(inst, 0);
        self.emit.service("kea_raw_free", &[address]);
    }

    pub fn raw_offset(&mut self, inst: &Inst) {
        let (address, offset) = (self.operand(inst, 0), self.operand(inst, 1));
        let address = self.emit.ins().iadd(address, offset);
        self.define(inst, address);
    }

    /// The address and the offset that an instruction reads or writes at.
    fn raw_place(&mut self, inst: &Inst) -> (ir::Value, i32) {
        let address = self.operand(inst, 0);
        let Immediate::Index(index) = inst.immediate else { return (address, 0) };
        match i32::try_from(index) {
            Ok(offset) => (address, offset),
            Err(_) => (self.emit.offset(address, i64::from(index)), 0),
        }
    }

    pub fn raw_load(&mut self, inst: &Inst) {
        let (address, offset) = self.raw_place(inst);
        let value = self.emit.ins().load(scalar_type(inst.scalar()), RAW, address, offset);
        self.define(inst, value);
    }

    pub fn raw_store(&mut self, inst: &Inst) {
        let (address, offset) = self.raw_place(inst);
        let value = self.operand(inst, 1);
        self.emit.ins().store(RAW, value, address, offset);
    }

    pub fn raw_copy(&mut self, inst: &Inst) {
        let (target, source, size) = (self.operand(inst, 0), self.operand(inst, 1), self.operand(inst, 2));
        self.emit.memmove(target, source, size);
    }
}
