//! Constants and arithmetic.

use super::checks::PanicKind;
use super::function::FunctionLowering;
use super::ranges::Ranges;
use super::signature::scalar_type;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, immediates};
use kea_mir::contract::{Mode, Opcode};
use kea_mir::module::{Immediate, Inst};
use kea_mir::types::Scalar;

/// The operations that can overflow in either direction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Sub,
    Mul,
}

impl Operation {
    fn of(opcode: Opcode) -> Operation {
        match opcode {
            Opcode::Sub | Opcode::SubOverflow => Operation::Sub,
            Opcode::Mul | Opcode::MulOverflow => Operation::Mul,
            _ => Operation::Add,
        }
    }
}

impl FunctionLowering<'_, '_> {
    pub fn constant(&mut self, inst: &Inst) {
        let scalar = inst.scalar();
        let value = match (scalar, &inst.immediate) {
            (Scalar::F32, Immediate::Float(bits)) => {
                self.emit.ins().f32const(immediates::Ieee32::with_bits(*bits as u32))
            }
            (Scalar::F64, Immediate::Float(bits)) => self.emit.ins().f64const(immediates::Ieee64::with_bits(*bits)),
            (_, Immediate::Bool(value)) => self.emit.int(ir::types::I8, i64::from(*value)),
            (_, Immediate::Int(value)) => self.emit.int(scalar_type(scalar), *value),
            _ => self.emit.zero(scalar_type(scalar)),
        };
        self.define(inst, value);
    }

    /// `string` and `data`: immortal objects.
    pub fn static_object(&mut self, inst: &Inst) {
        let symbol = match inst.immediate {
            Immediate::Text(text) => Symbol::Text(text),
            Immediate::Data(data) => Symbol::Data(data),
            _ => return,
        };
        let address = self.emit.address(symbol);
        self.uncounted.insert(address);
        self.define(inst, address);
    }

    pub fn add_sub_mul(&mut self, inst: &Inst) {
        let operation = Operation::of(inst.opcode());
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = match (operation, inst.mode()) {
            _ if inst.scalar().is_float() => match operation {
                Operation::Add => self.emit.ins().fadd(a, b),
                Operation::Sub => self.emit.ins().fsub(a, b),
                Operation::Mul => self.emit.ins().fmul(a, b),
            },
            (_, Some(Mode::Checked)) if self.cannot_overflow(inst) => self.wrapping(operation, a, b),
            (_, Some(Mode::Checked)) => self.checked(operation, true, a, b),
            (_, Some(Mode::CheckedUnsigned)) => self.checked(operation, false, a, b),
            _ => self.wrapping(operation, a, b),
        };
        self.define(inst, value);
    }

    /// Whether comparisons on the way here leave no room for overflow.
    fn cannot_overflow(&mut self, inst: &Inst) -> bool {
        let body = self.body;
        self.ranges.get_or_insert_with(|| Ranges::new(body)).fits(self.current, inst)
    }

    fn wrapping(&mut self, operation: Operation, a: ir::Value, b: ir::Value) -> ir::Value {
        match operation {
            Operation::Add => self.emit.ins().iadd(a, b),
            Operation::Sub => self.emit.ins().isub(a, b),
            Operation::Mul => self.emit.ins().imul(a, b),
        }
    }

    /// Where an operand is constant, a comparison of the result with the other operand tells of overflow, and so does
    /// one without sign in sums and differences: it fuses with the branch, which the machine's flag would not.
    fn checked(&mut self, operation: Operation, signed: bool, a: ir::Value, b: ir::Value) -> ir::Value {
        if operation != Operation::Mul {
            if let Some(value) = self.checked_by_comparison(operation, signed, a, b) {
                return value;
            }
            if operation == Operation::Add
                && let Some(value) = self.checked_by_comparison(operation, signed, b, a)
            {
                return value;
            }
        }
        let (value, overflow) = self.overflowing(operation, signed, a, b);
        self.panic_if(overflow, PanicKind::Overflow, &[]);
        value
    }

    fn checked_by_comparison(
        &mut self,
        operation: Operation,
        signed: bool,
        a: ir::Value,
        b: ir::Value,
    ) -> Option<ir::Value> {
        let condition = match (operation, signed) {
            (Operation::Add, false) => IntCC::UnsignedLessThan,
            (_, false) => IntCC::UnsignedGreaterThan,
            (_, true) => {
                let grows = (self.emit.constant(b)? >= 0) == (operation == Operation::Add);
                if grows { IntCC::SignedLessThan } else { IntCC::SignedGreaterThan }
            }
        };
        let value = self.wrapping(operation, a, b);
        let overflow = self.emit.ins().icmp(condition, value, a);
        self.panic_if(overflow, PanicKind::Overflow, &[]);
        Some(value)
    }

    fn overflowing(
        &mut self,
        operation: Operation,
        signed: bool,
        a: ir::Value,
        b: ir::Value,
    ) -> (ir::Value, ir::Value) {
        match (operation, signed) {
            (Operation::Add, true) => self.emit.ins().sadd_overflow(a, b),
            (Operation::Add, false) => self.emit.ins().uadd_overflow(a, b),
            (Operation::Sub, true) => self.emit.ins().ssub_overflow(a, b),
            (Operation::Sub, false) => self.emit.ins().usub_overflow(a, b),
            (Operation::Mul, true) => self.emit.ins().smul_overflow(a, b),
            (Operation::Mul, false) => self.emit.ins().umul_overflow(a, b),
        }
    }

    /// `add_overflow` and its kin.
    pub fn with_overflow(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let signed = inst.mode() != Some(Mode::Unsigned);
        let (value, overflow) = self.overflowing(Operation::of(inst.opcode()), signed, a, b);
        self.define_all(inst.results(), &[value, overflow]);
    }

    pub fn multiply_high(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = match inst.mode() {
            Some(Mode::Unsigned) => self.emit.ins().umulhi(a, b),
            _ => self.emit.ins().smulhi(a, b),
        };
        self.define(inst, value);
    }

    pub fn divide(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        if inst.scalar().is_float() {
            let value = self.emit.ins().fdiv(a, b);
            return self.define(inst, value);
        }
        let quotient = inst.opcode() == Opcode::Div;
        let signed = matches!(inst.mode(), Some(Mode::Checked | Mode::Signed));
        if matches!(inst.mode(), Some(Mode::Checked | Mode::CheckedUnsigned)) {
            self.check_divisor(b);
        }
        if quotient && inst.mode() == Some(Mode::Checked) {
            self.check_quotient(a, b);
        }
        // The remainder by -1 is 0 in CLIF, too.
        let value = match (quotient, signed) {
            (true, true) => self.emit.ins().sdiv(a, b),
            (true, false) => self.emit.ins().udiv(a, b),
            (false, true) => self.emit.ins().srem(a, b),
            (false, false) => self.emit.ins().urem(a, b),
        };
        self.define(inst, value);
    }

    fn check_divisor(&mut self, b: ir::Value) {
        if self.emit.constant(b).is_none_or(|b| b == 0) {
            let zero = self.emit.is_zero(b);
            self.panic_if(zero, PanicKind::Divide, &[]);
        }
    }

    /// The smallest number divided by -1 overflows: few divisors are -1, so the other half is off the hot path.
    fn check_quotient(&mut self, a: ir::Value, b: ir::Value) {
        if self.emit.constant(b).is_some_and(|b| b != -1) {
            return;
        }
        let (check, next) = (self.emit.cold_block(), self.emit.block());
        let negates = self.emit.compare(IntCC::Equal, b, -1);
        self.emit.branch(negates, check, next);
        self.emit.switch_to(check);
        self.check_negatable(a);
        self.emit.jump(next, &[]);
        self.emit.switch_to(next);
    }

    /// Panics when it is the smallest number.
    fn check_negatable(&mut self, a: ir::Value) {
        let smallest = i64::MIN >> (64 - self.emit.type_of(a).bits());
        let overflow = self.emit.compare(IntCC::Equal, a, smallest);
        self.panic_if(overflow, PanicKind::Overflow, &[]);
    }

    pub fn negate(&mut self, inst: &Inst) {
        let a = self.operand(inst, 0);
        if inst.mode() == Some(Mode::Checked) {
            self.check_negatable(a);
        }
        let value = if inst.scalar().is_float() { self.emit.ins().fneg(a) } else { self.emit.ins().ineg(a) };
        self.define(inst, value);
    }

    pub fn float_unary(&mut self, inst: &Inst) {
        let a = self.operand(inst, 0);
        let value = match inst.opcode() {
            Opcode::Abs => self.emit.ins().fabs(a),
            Opcode::Sqrt => self.emit.ins().sqrt(a),
            Opcode::Floor => self.emit.ins().floor(a),
            Opcode::Ceil => self.emit.ins().ceil(a),
            Opcode::Trunc => self.emit.ins().trunc(a),
            _ => self.emit.ins().nearest(a),
        };
        self.define(inst, value);
    }

    /// `min` and `max`: in CLIF, too, a NaN wins and -0.0 is below 0.0.
    pub fn float_extreme(&mut self, inst: &Inst) {
        let (a, b) = (self.operand(inst, 0), self.operand(inst, 1));
        let value = if inst.opcode() == Opcode::Min { self.emit.ins().fmin(a, b) } else { self.emit.ins().fmax(a, b) };
        self.define(inst, value);
    }
}
