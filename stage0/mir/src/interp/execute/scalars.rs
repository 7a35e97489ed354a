//! Constants, arithmetic, bits, comparisons, conversions, checks.

use crate::contract::{Mode, Opcode};
use crate::interp::arithmetic::{self, truncate};
use crate::interp::float;
use crate::interp::machine::{Flow, Machine};
use crate::interp::stop::{Step, index_out_of_bounds, range_out_of_bounds, violation};
use crate::interp::value::Value;
use crate::module::{Immediate, Inst};
use crate::types::Scalar;

impl Machine<'_, '_> {
    pub(super) fn constant(&mut self, inst: &Inst) -> Step<Flow> {
        let bits = match &inst.immediate {
            Immediate::Int(number) => truncate(*number as u64, inst.scalar().bits()),
            Immediate::Float(bits) => *bits,
            Immediate::Bool(value) => u64::from(*value),
            _ => return violation("`const` has no literal"),
        };
        self.define_one(inst, Value::Scalar(bits))
    }

    pub(super) fn string(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Text(text) = &inst.immediate else { return violation("`string` has no text") };
        let value = self.text(*text)?;
        self.define_one(inst, value)
    }

    pub(super) fn static_data(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Data(data) = &inst.immediate else { return violation("`data` names no data") };
        self.define_one(inst, self.data[data.index()].clone())
    }

    pub(super) fn arithmetic(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        let result = if inst.scalar().is_float() {
            float::binary(inst.opcode(), inst.scalar(), a, b)
        } else {
            arithmetic::integer_binary(inst.opcode(), inst.mode(), inst.scalar(), a, b)?
        };
        self.define_one(inst, Value::Scalar(result))
    }

    pub(super) fn float_choice(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        self.define_one(inst, Value::Scalar(float::binary(inst.opcode(), inst.scalar(), a, b)))
    }

    pub(super) fn negate(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        let result = if inst.scalar().is_float() {
            float::unary(Opcode::Neg, inst.scalar(), a)
        } else {
            arithmetic::integer_negate(inst.mode(), inst.scalar(), a)?
        };
        self.define_one(inst, Value::Scalar(result))
    }

    pub(super) fn overflowing(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        let is_signed = inst.mode() == Some(Mode::Signed);
        let (result, overflowed) = arithmetic::overflowing(inst.opcode(), is_signed, inst.scalar().bits(), a, b);
        self.define(inst, [Value::Scalar(result), Value::bool(overflowed)])
    }

    pub(super) fn multiply_high(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        self.define_one(inst, Value::Scalar(arithmetic::multiply_high(inst.mode(), a, b)))
    }

    pub(super) fn float_function(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        self.define_one(inst, Value::Scalar(float::unary(inst.opcode(), inst.scalar(), a)))
    }

    pub(super) fn bitwise(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        self.define_one(inst, Value::Scalar(arithmetic::bitwise(inst.opcode(), a, b)))
    }

    pub(super) fn complement(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        self.define_one(inst, Value::Scalar(arithmetic::complement(inst.scalar(), a)))
    }

    pub(super) fn shift(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, amount) = (self.scalar(inst, 0)?, self.integer(inst, 1)?);
        let result = arithmetic::shift(inst.opcode(), inst.mode(), inst.scalar(), a, amount)?;
        self.define_one(inst, Value::Scalar(result))
    }

    pub(super) fn rotate(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, amount) = (self.scalar(inst, 0)?, self.integer(inst, 1)?);
        let left = if inst.opcode() == Opcode::RotateLeft { amount } else { amount.wrapping_neg() };
        self.define_one(inst, Value::Scalar(arithmetic::rotate_left(inst.scalar(), a, left)))
    }

    pub(super) fn count_bits(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        self.define_one(inst, Value::Scalar(arithmetic::count_bits(inst.opcode(), inst.scalar(), a)))
    }

    pub(super) fn compare(&mut self, inst: &Inst) -> Step<Flow> {
        let (a, b) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?);
        let result = if inst.scalar().is_float() {
            float::compare(inst.opcode(), inst.scalar(), a, b)
        } else {
            arithmetic::integer_compare(inst.opcode(), inst.mode(), inst.scalar(), a, b)
        };
        self.define_one(inst, Value::bool(result))
    }

    pub(super) fn select(&mut self, inst: &Inst) -> Step<Flow> {
        let chosen = if self.scalar(inst, 0)? != 0 { 1 } else { 2 };
        let value = self.scalar(inst, chosen)?;
        self.define_one(inst, Value::Scalar(value))
    }

    pub(super) fn resize(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        self.define_one(inst, Value::Scalar(arithmetic::resize(inst.opcode(), inst.scalar(), second(inst), a)))
    }

    pub(super) fn convert(&mut self, inst: &Inst) -> Step<Flow> {
        let a = self.scalar(inst, 0)?;
        let result = match inst.opcode() {
            Opcode::IntToFloat => float::from_integer(inst.mode(), inst.scalar(), second(inst), a),
            Opcode::FloatToInt => float::to_integer(inst.mode(), inst.scalar(), second(inst), a),
            Opcode::Promote => float::promote(a),
            Opcode::Demote => float::demote(a),
            // A bitcast keeps the bits.
            _ => a,
        };
        self.define_one(inst, Value::Scalar(result))
    }

    pub(super) fn bounds(&mut self, inst: &Inst) -> Step<Flow> {
        let (index, length) = (self.integer(inst, 0)?, self.integer(inst, 1)?);
        if (0..length).contains(&index) { Ok(Flow::Next) } else { index_out_of_bounds(index, length) }
    }

    pub(super) fn bounds_range(&mut self, inst: &Inst) -> Step<Flow> {
        let (from, to, length) = (self.integer(inst, 0)?, self.integer(inst, 1)?, self.integer(inst, 2)?);
        if 0 <= from && from <= to && to <= length { Ok(Flow::Next) } else { range_out_of_bounds(from, to, length) }
    }
}

/// The second type of a conversion's suffix.
fn second(inst: &Inst) -> Scalar {
    inst.mnemonic.info().scalar2.unwrap_or(Scalar::I64)
}
