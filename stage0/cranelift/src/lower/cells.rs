//! Cells: built, read, changed, taken apart.

use super::counting::Taken;
use super::emitter::Words;
use super::function::FunctionLowering;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use kea_mir::contract::object;
use kea_mir::entity::{LayoutId, Value};
use kea_mir::layout::{Field, Shape};
use kea_mir::module::{Immediate, Inst};
use kea_mir::types::Type;

/// The count of a new object.
const ONE: u64 = 1;

impl FunctionLowering<'_, '_> {
    pub fn immediate(&mut self, inst: &Inst) {
        let Immediate::Variant(_, variant) = inst.immediate else { return };
        let word = self.emit.word(i64::from(variant) * 2 + 1);
        self.uncounted.insert(word);
        self.define(inst, word);
    }

    /// Writes count and description at once.
    pub fn store_header(&mut self, object: ir::Value, info: u32) {
        let header = self.emit.word((ONE | u64::from(info) << 32) as i64);
        self.emit.store(header, object, object::header::COUNT);
    }

    pub fn new_cell(&mut self, inst: &Inst) {
        let Immediate::New { layout, variant, hole, reuse } = inst.immediate else { return };
        let shape = self.module.layout(layout).variants()[variant as usize].shape;
        let Shape::Cell { size, described, .. } = shape else { return };
        let (fields, token) = match inst.args.split_last() {
            Some((token, fields)) if reuse => (fields, Some(self.word(*token))),
            _ => (inst.args.as_slice(), None),
        };
        let cell = match token {
            Some(token) => self.allocate_reusing(token, size),
            None => self.allocate(size),
        };
        self.store_header(cell, self.module.cell_info(layout, variant));
        if described {
            let descriptor = self.emit.address(Symbol::CellDescriptor(layout, variant));
            self.emit.store(descriptor, cell, object::header::PAYLOAD);
        }
        let open = self.store_fields(cell, (layout, variant), hole, fields);
        let results: Words = std::iter::once(cell).chain(open).collect();
        self.define_all(inst.results(), &results);
    }

    /// Fills a new cell; gives the address of the field that stays open.
    fn store_fields(
        &mut self,
        cell: ir::Value,
        (layout, variant): (LayoutId, u32),
        hole: Option<u32>,
        operands: &[Value],
    ) -> Option<ir::Value> {
        let mut operands = operands.iter();
        let mut open = None;
        let fields = &self.module.layout(layout).variants()[variant as usize].fields;
        for (number, field) in fields.iter().enumerate() {
            if hole == Some(number as u32) {
                self.clear_stored(field.ty, cell, field.offset);
                open = Some(self.emit.offset(cell, i64::from(field.offset)));
            } else if let Some(operand) = operands.next() {
                let words = self.words(*operand);
                self.store_stored(field.ty, &words, cell, field.offset);
            }
        }
        open
    }

    pub fn fill(&mut self, inst: &Inst) {
        let Type::Hole(ty) = self.body.ty(inst.args[0]) else { return };
        let (hole, words) = (self.operand(inst, 0), self.words(inst.args[1]));
        self.store_stored(ty, &words, hole, 0);
    }

    pub fn take(&mut self, inst: &Inst) {
        let Immediate::Variant(layout, variant) = inst.immediate else { return };
        let data = &self.module.layout(layout).variants()[variant as usize];
        let Shape::Cell { size, .. } = data.shape else { return };
        let cell = self.operand(inst, 0);
        let fields =
            data.fields.iter().map(|field| (field.ty, self.load_stored(field.ty, cell, field.offset))).collect();
        let free = inst.results().last().is_some_and(|token| self.freed_tokens.contains(&token));
        let taken = Taken { size, fields, free };
        let token = self.give_up_cell(cell, &taken);
        let words = taken.fields.into_iter().flat_map(|(_, words)| words);
        let words: Words = words.chain(std::iter::once(token)).collect();
        self.define_all(inst.results(), &words);
    }

    /// The field that an instruction names.
    fn named_field(&self, inst: &Inst) -> Option<&'_ Field> {
        let Immediate::Field { layout, variant, field } = inst.immediate else { return None };
        self.module.layout(layout).variants()[variant as usize].fields.get(field as usize)
    }

    pub fn field(&mut self, inst: &Inst) {
        let Some(&Field { ty, offset, .. }) = self.named_field(inst) else { return };
        let cell = self.operand(inst, 0);
        let words = self.load_stored(ty, cell, offset);
        self.inherit_uncounted(cell, &words);
        self.define_all(inst.results(), &words);
    }

    /// What an immortal object holds is immortal, too.
    pub fn inherit_uncounted(&mut self, object: ir::Value, words: &[ir::Value]) {
        if self.uncounted.contains(object) {
            words.iter().for_each(|word| {
                self.uncounted.insert(*word);
            });
        }
    }

    pub fn store_field(&mut self, inst: &Inst) {
        let Some(&Field { ty, offset, .. }) = self.named_field(inst) else { return };
        let (cell, words) = (self.operand(inst, 0), self.words(inst.args[1]));
        self.store_stored(ty, &words, cell, offset);
        self.pass_on(inst);
    }

    pub fn swap_field(&mut self, inst: &Inst) {
        let Some(&Field { ty, offset, .. }) = self.named_field(inst) else { return };
        let (cell, words) = (self.operand(inst, 0), self.words(inst.args[1]));
        let old = self.load_stored(ty, cell, offset);
        self.store_stored(ty, &words, cell, offset);
        let results: Words = std::iter::once(cell).chain(old).collect();
        self.define_all(inst.results(), &results);
    }

    pub fn same(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let same = self.emit.ins().icmp(IntCC::Equal, a, b);
        self.define(inst, same);
    }
}
