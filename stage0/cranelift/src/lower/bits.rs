//! Bits: logic, shifts, rotations, counting.

use super::checks::PanicKind;
use super::function::FunctionLowering;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use kea_mir::contract::{Mode, Opcode};
use kea_mir::module::Inst;
use kea_mir::types::Scalar;

impl FunctionLowering<'_, '_> {
    pub fn bitwise(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = match inst.opcode() {
            Opcode::And => self.emit.ins().band(a, b),
            Opcode::Or => self.emit.ins().bor(a, b),
            _ => self.emit.ins().bxor(a, b),
        };
        self.define(inst, value);
    }

    pub fn complement(&mut self, inst: &Inst) {
        let a = self.operand(inst, 0);
        let value = match inst.scalar() {
            Scalar::Bool => self.emit.ins().bxor_imm_u(a, 1),
            _ => self.emit.ins().bnot(a),
        };
        self.define(inst, value);
    }

    /// A shift; CLIF takes the amount modulo the width.
    pub fn shift(&mut self, inst: &Inst) {
        let (a, amount) = (self.operand(inst, 0), self.operand(inst, 1));
        let bits = i64::from(inst.scalar().bits());
        let known = self.emit.constant(amount).is_some_and(|amount| (0..bits).contains(&amount));
        if inst.mode() == Some(Mode::Checked) && !known {
            let width = self.emit.word(bits);
            let outside = self.emit.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, amount, width);
            self.panic_if(outside, PanicKind::Shift, &[amount, width]);
        }
        let value = match inst.opcode() {
            Opcode::ShiftLeft => self.emit.ins().ishl(a, amount),
            Opcode::ShiftRightSigned => self.emit.ins().sshr(a, amount),
            _ => self.emit.ins().ushr(a, amount),
        };
        self.define(inst, value);
    }

    pub fn rotate(&mut self, inst: &Inst) {
        let (a, amount) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = match inst.opcode() {
            Opcode::RotateLeft => self.emit.ins().rotl(a, amount),
            _ => self.emit.ins().rotr(a, amount),
        };
        self.define(inst, value);
    }

    pub fn count_bits(&mut self, inst: &Inst) {
        let a = self.operand(inst, 0);
        let value = match inst.opcode() {
            Opcode::Popcount => self.emit.ins().popcnt(a),
            Opcode::LeadingZeros => self.emit.ins().clz(a),
            Opcode::TrailingZeros => self.emit.ins().ctz(a),
            _ => self.emit.ins().bswap(a),
        };
        self.define(inst, value);
    }
}
