//! Unboxed aggregates: one machine value for each slot.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::signature::{scalar_type, slot_type};
use cranelift_codegen::ir;
use kea_mir::layout::{Field, Flat, FlatTag, Slot};
use kea_mir::module::{Immediate, Inst, Module};

/// The indices in the flat's slots of a field's slots.
fn field_slots(module: &Module, flat: &Flat, field: &Field) -> Vec<usize> {
    let slots = module.slots(field.ty).into_iter();
    slots.filter_map(|(offset, slot)| flat.slots.binary_search(&(field.offset + offset, slot)).ok()).collect()
}

impl FunctionLowering<'_, '_> {
    /// The variant's fields in their slots, its number in the tag's, 0 in the others.
    pub fn pack(&mut self, inst: &Inst) {
        let Immediate::Variant(layout, variant) = inst.immediate else { return };
        let Some(flat) = self.module.layout(layout).flat() else { return };
        let mut slots: Vec<Option<ir::Value>> = vec![None; flat.slots.len()];
        if let FlatTag::Integer(scalar, offset) = flat.tag
            && let Ok(index) = flat.slots.binary_search(&(offset, Slot::Scalar(scalar)))
        {
            slots[index] = Some(self.emit.int(scalar_type(scalar), i64::from(variant)));
        }
        let fields = &flat.variants[variant as usize].fields;
        for (field, operand) in fields.iter().zip(&inst.args) {
            for (index, word) in field_slots(self.module, flat, field).into_iter().zip(self.words(*operand)) {
                slots[index] = Some(word);
            }
        }
        let words = slots.into_iter().zip(&flat.slots).map(|(word, (_, slot))| match word {
            Some(word) => word,
            None => self.inactive(*slot),
        });
        let words: Words = words.collect();
        self.values.define(inst.first_result, &words);
    }

    fn inactive(&mut self, slot: Slot) -> ir::Value {
        let zero = self.emit.zero(slot_type(slot));
        if slot == Slot::Managed {
            self.uncounted.insert(zero);
        }
        zero
    }

    pub fn unpack(&mut self, inst: &Inst) {
        let Immediate::Variant(layout, variant) = inst.immediate else { return };
        let Some(flat) = self.module.layout(layout).flat() else { return };
        let whole = self.words(inst.args[0]);
        for (field, result) in flat.variants[variant as usize].fields.iter().zip(inst.results()) {
            let words: Words = field_slots(self.module, flat, field).into_iter().map(|index| whole[index]).collect();
            self.values.define(result, &words);
        }
    }

    pub fn part(&mut self, inst: &Inst) {
        let Immediate::Field { layout, variant, field } = inst.immediate else { return };
        let Some(flat) = self.module.layout(layout).flat() else { return };
        let Some(field) = flat.variants[variant as usize].fields.get(field as usize) else { return };
        let whole = self.words(inst.args[0]);
        let words: Words = field_slots(self.module, flat, field).into_iter().map(|index| whole[index]).collect();
        self.values.define(inst.first_result, &words);
    }
}
