//! Flats.

use crate::entity::LayoutId;
use crate::interp::machine::{Flow, Machine, unexpected};
use crate::interp::stop::{Step, violation};
use crate::interp::value::{FlatValue, Value};
use crate::module::{Immediate, Inst};
use std::rc::Rc;

impl Machine<'_, '_> {
    pub(super) fn pack(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Variant(_, variant) = inst.immediate else { return violation("`pack` names no variant") };
        let fields = self.consume_from(inst, 0)?;
        self.define_one(inst, Value::flat(variant, fields.into_vec()))
    }

    pub(super) fn unpack(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Variant(layout, variant) = inst.immediate else {
            return violation("`unpack` names no variant");
        };
        let value = self.consume(inst, 0)?;
        let flat = self.flat_of(&value, layout, variant)?;
        self.define(inst, flat.fields.iter().cloned())
    }

    pub(super) fn part(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Field { layout, variant, field } = inst.immediate else {
            return violation("`part` names no field");
        };
        let flat = self.flat_of(self.operand(inst, 0)?, layout, variant)?;
        match flat.fields.get(field as usize) {
            Some(value) => self.define_one(inst, value.clone()),
            None => violation(format!("the flat has no field {field}")),
        }
    }

    /// The flat of the variant that the instruction names, which facts on its path have promised.
    fn flat_of(&self, value: &Value, layout: LayoutId, variant: u32) -> Step<Rc<FlatValue>> {
        let names = self.module.layout(layout).variants();
        let name = |index: u32| names.get(index as usize).map_or("?", |variant| &variant.name);
        match value {
            Value::Flat(flat) if flat.variant == variant => Ok(Rc::clone(flat)),
            Value::Flat(flat) => violation(format!("the value is a {}, not a {}", name(flat.variant), name(variant))),
            other => unexpected(other, "a flat"),
        }
    }
}
