//! Arrays: elements in line, growing and copying by the runtime.

use super::emitter::Words;
use super::function::FunctionLowering;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use kea_mir::contract::{Opcode, object};
use kea_mir::entity::{LayoutId, Value};
use kea_mir::layout::ArrayShape;
use kea_mir::module::Inst;
use kea_mir::types::{Stored, Type};

/// The array type of an operand.
#[derive(Clone, Copy)]
struct ArrayType {
    layout: LayoutId,
    element: Stored,
    shape: ArrayShape,
}

impl FunctionLowering<'_, '_> {
    fn array_type(&self, array: Value) -> Option<ArrayType> {
        let Type::Stored(Stored::Ref(layout)) = self.body.ty(array) else { return None };
        let element = self.module.layout(layout).element()?;
        Some(ArrayType { layout, element, shape: self.module.array_shape(element) })
    }

    /// The start of an element and the offset behind it that is the same for all.
    fn element(&mut self, array: ir::Value, index: ir::Value, shape: ArrayShape) -> (ir::Value, u32) {
        let distance = self.scale(index, shape.stride);
        (self.emit.ins().iadd(array, distance), shape.elements)
    }

    fn scale(&mut self, index: ir::Value, stride: u32) -> ir::Value {
        match stride {
            1 => index,
            stride if stride.is_power_of_two() => self.emit.ins().ishl_imm_u(index, i64::from(stride.trailing_zeros())),
            stride => self.emit.ins().imul_imm_u(index, i64::from(stride)),
        }
    }

    fn length(&mut self, array: ir::Value) -> ir::Value {
        self.emit.load(types::I64, array, object::array::LENGTH)
    }

    fn set_length(&mut self, length: ir::Value, array: ir::Value) {
        self.emit.store(length, array, object::array::LENGTH);
    }

    /// Defines the array that comes first among the results, and what comes behind it.
    fn define_array(&mut self, inst: &Inst, array: ir::Value, rest: &[ir::Value]) {
        let words: Words = std::iter::once(array).chain(rest.iter().copied()).collect();
        self.define_all(inst.results(), &words);
    }

    pub fn array_new(&mut self, inst: &Inst) {
        let capacity = self.operand(inst, 0);
        let Some(ArrayType { layout, shape, .. }) = self.array_type(inst.first_result) else { return };
        let info = self.emit.int(types::I32, i64::from(shape.info));
        let descriptor = match shape.described {
            true => self.emit.address(Symbol::ElementDescriptor(layout)),
            false => self.emit.word(0),
        };
        let stride = self.emit.word(i64::from(shape.stride));
        let array = self.emit.service_value("kea_array_new", &[info, descriptor, stride, capacity]);
        self.define(inst, array);
    }

    /// `array_length` and `array_capacity`.
    pub fn array_extent(&mut self, inst: &Inst) {
        let array = self.operand(inst, 0);
        let extent = match inst.opcode() {
            Opcode::ArrayCapacity => self.emit.load(types::I64, array, object::array::CAPACITY),
            _ => self.length(array),
        };
        self.define(inst, extent);
    }

    pub fn elem(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, index) = (self.operand(inst, 0), self.operand(inst, 1));
        let (base, offset) = self.element(array, index, shape);
        let words = self.load_stored(element, base, offset);
        self.inherit_uncounted(array, &words);
        self.define_all(inst.results(), &words);
    }

    /// `elem_store` and `elem_put`: whatever was there is not released.
    pub fn elem_store(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, index) = (self.operand(inst, 0), self.operand(inst, 1));
        let words = self.words(inst.args[2]);
        let (base, offset) = self.element(array, index, shape);
        self.store_stored(element, &words, base, offset);
        self.pass_on(inst);
    }

    pub fn elem_swap(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, index) = (self.operand(inst, 0), self.operand(inst, 1));
        let words = self.words(inst.args[2]);
        let (base, offset) = self.element(array, index, shape);
        let old = self.load_stored(element, base, offset);
        self.store_stored(element, &words, base, offset);
        self.define_array(inst, array, &old);
    }

    pub fn elem_take(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, index) = (self.operand(inst, 0), self.operand(inst, 1));
        let (base, offset) = self.element(array, index, shape);
        let old = self.load_stored(element, base, offset);
        self.clear_stored(element, base, offset);
        self.define_array(inst, array, &old);
    }

    pub fn array_push(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, words) = (self.operand(inst, 0), self.words(inst.args[1]));
        let length = self.length(array);
        let (base, offset) = self.element(array, length, shape);
        self.store_stored(element, &words, base, offset);
        let more = self.emit.ins().iadd_imm_s(length, 1);
        self.set_length(more, array);
        self.pass_on(inst);
    }

    pub fn array_pop(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let array = self.operand(inst, 0);
        let length = self.length(array);
        let last = self.emit.ins().iadd_imm_s(length, -1);
        let (base, offset) = self.element(array, last, shape);
        let words = self.load_stored(element, base, offset);
        self.set_length(last, array);
        self.define_array(inst, array, &words);
    }

    /// Leaves for the runtime when the room is not there.
    pub fn array_reserve(&mut self, inst: &Inst) {
        let (array, extra) = (self.operand(inst, 0), self.operand(inst, 1));
        let length = self.length(array);
        let capacity = self.emit.load(types::I64, array, object::array::CAPACITY);
        let room = self.emit.ins().isub(capacity, length);
        let enough = self.emit.ins().icmp(IntCC::SignedLessThanOrEqual, extra, room);
        let (grow, done) = (self.emit.cold_block(), self.emit.block());
        self.array_or(inst, array, enough, (grow, done), |this| {
            this.emit.service_value("kea_array_reserve", &[array, extra])
        });
    }

    pub fn array_unshare(&mut self, inst: &Inst) {
        let array = self.operand(inst, 0);
        let count = self.load_count(array);
        let alone = self.emit.compare(IntCC::Equal, count, 1);
        let (copy, done) = (self.emit.block(), self.emit.block());
        self.array_or(inst, array, alone, (copy, done), |this| this.emit.service_value("kea_array_unshare", &[array]));
    }

    /// The result is the array itself when `keep` holds, else what `replace` makes of it.
    fn array_or(
        &mut self,
        inst: &Inst,
        array: ir::Value,
        keep: ir::Value,
        (other, done): (ir::Block, ir::Block),
        replace: impl FnOnce(&mut Self) -> ir::Value,
    ) {
        let result = self.emit.builder.append_block_param(done, types::I64);
        self.emit.ins().brif(keep, done, &[ir::BlockArg::Value(array)], other, &[]);
        self.emit.switch_to(other);
        let replaced = replace(self);
        self.emit.jump(done, &[replaced]);
        self.emit.switch_to(done);
        self.define(inst, result);
    }

    /// Elements without managed words need no release.
    pub fn array_truncate(&mut self, inst: &Inst) {
        let Some(ArrayType { element, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, length) = (self.operand(inst, 0), self.operand(inst, 1));
        if self.module.is_managed_stored(element) {
            self.emit.service("kea_array_truncate", &[array, length]);
        } else {
            self.set_length(length, array);
        }
        self.pass_on(inst);
    }

    /// The runtime copies the element from the frame.
    pub fn array_extend(&mut self, inst: &Inst) {
        let Some(ArrayType { element, shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, count) = (self.operand(inst, 0), self.operand(inst, 1));
        let words = self.words(inst.args[2]);
        let memory = self.emit.frame_memory(shape.stride);
        self.store_stored(element, &words, memory, 0);
        let array = self.emit.service_value("kea_array_extend", &[array, count, memory]);
        self.define(inst, array);
    }

    pub fn array_append(&mut self, inst: &Inst) {
        let words = self.flatten(&inst.args);
        let array = self.emit.service_value("kea_array_append", &words);
        self.define(inst, array);
    }

    pub fn array_move(&mut self, inst: &Inst) {
        let Some(ArrayType { shape, .. }) = self.array_type(inst.args[0]) else { return };
        let (array, from) = (self.operand(inst, 0), self.operand(inst, 1));
        let (to, target) = (self.operand(inst, 2), self.operand(inst, 3));
        let count = self.emit.ins().isub(to, from);
        let size = self.scale(count, shape.stride);
        let (source, offset) = self.element(array, from, shape);
        let source = self.emit.offset(source, i64::from(offset));
        let (target, offset) = self.element(array, target, shape);
        let target = self.emit.offset(target, i64::from(offset));
        self.emit.memmove(target, source, size);
        self.pass_on(inst);
    }
}
