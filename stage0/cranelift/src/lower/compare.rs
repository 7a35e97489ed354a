//! Comparison, choice, conversion.

use super::function::FunctionLowering;
use super::signature::scalar_type;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData};
use kea_mir::contract::{Mode, Opcode};
use kea_mir::module::Inst;
use kea_mir::types::Scalar;

fn float_condition(opcode: Opcode) -> FloatCC {
    match opcode {
        Opcode::Ne => FloatCC::NotEqual,
        Opcode::Lt => FloatCC::LessThan,
        Opcode::Le => FloatCC::LessThanOrEqual,
        Opcode::Gt => FloatCC::GreaterThan,
        Opcode::Ge => FloatCC::GreaterThanOrEqual,
        _ => FloatCC::Equal,
    }
}

fn int_condition(opcode: Opcode, mode: Option<Mode>) -> IntCC {
    let signed = match opcode {
        Opcode::Ne => IntCC::NotEqual,
        Opcode::Lt => IntCC::SignedLessThan,
        Opcode::Le => IntCC::SignedLessThanOrEqual,
        Opcode::Gt => IntCC::SignedGreaterThan,
        Opcode::Ge => IntCC::SignedGreaterThanOrEqual,
        _ => IntCC::Equal,
    };
    if mode == Some(Mode::Unsigned) { signed.unsigned() } else { signed }
}

impl FunctionLowering<'_, '_> {
    pub fn comparison(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = if inst.scalar().is_float() {
            self.emit.ins().fcmp(float_condition(inst.opcode()), a, b)
        } else {
            self.emit.ins().icmp(int_condition(inst.opcode(), inst.mode()), a, b)
        };
        self.define(inst, value);
    }

    pub fn select(&mut self, inst: &Inst) {
        let (condition, a, b) = (self.operand(inst, 0), self.operand(inst, 1), self.operand(inst, 2));
        let value = self.emit.ins().select(condition, a, b);
        self.define(inst, value);
    }

    /// The type that a conversion makes.
    fn target_scalar(inst: &Inst) -> Scalar {
        inst.mnemonic.info().scalar2.unwrap_or(inst.scalar())
    }

    /// Extension and truncation of integers.
    pub fn resize(&mut self, inst: &Inst) {
        let (a, to) = (self.operand(inst, 0), scalar_type(Self::target_scalar(inst)));
        let value = match inst.opcode() {
            _ if self.emit.type_of(a) == to => a,
            Opcode::ExtendSigned => self.emit.ins().sextend(to, a),
            Opcode::ExtendUnsigned => self.emit.ins().uextend(to, a),
            _ => self.emit.ins().ireduce(to, a),
        };
        self.define(inst, value);
    }

    pub fn int_float(&mut self, inst: &Inst) {
        let (a, to) = (self.operand(inst, 0), scalar_type(Self::target_scalar(inst)));
        let signed = inst.mode() != Some(Mode::Unsigned);
        let value = match (inst.opcode(), signed) {
            (Opcode::IntToFloat, true) => self.emit.ins().fcvt_from_sint(to, a),
            (Opcode::IntToFloat, false) => self.emit.ins().fcvt_from_uint(to, a),
            (_, true) => self.emit.ins().fcvt_to_sint_sat(to, a),
            (_, false) => self.emit.ins().fcvt_to_uint_sat(to, a),
        };
        self.define(inst, value);
    }

    pub fn resize_float(&mut self, inst: &Inst) {
        let (a, to) = (self.operand(inst, 0), scalar_type(Self::target_scalar(inst)));
        let value = match inst.opcode() {
            Opcode::Promote => self.emit.ins().fpromote(to, a),
            _ => self.emit.ins().fdemote(to, a),
        };
        self.define(inst, value);
    }

    pub fn bitcast(&mut self, inst: &Inst) {
        let (a, to) = (self.operand(inst, 0), scalar_type(Self::target_scalar(inst)));
        let same = self.emit.type_of(a) == to;
        let value = if same { a } else { self.emit.ins().bitcast(to, MemFlagsData::new(), a) };
        self.define(inst, value);
    }
}
