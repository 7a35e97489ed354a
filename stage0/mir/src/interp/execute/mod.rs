//! What each instruction does, by the contract's classes.

mod arrays;
mod calls;
mod cells;
mod control;
mod effects;
mod flats;
mod memory;
mod parallel;
mod scalars;
mod variables;

use crate::contract::Opcode;
use crate::interp::machine::{Flow, Machine};
use crate::interp::stop::Step;
use crate::module::Inst;

impl<'m> Machine<'m, '_> {
    /// Executes the instruction of the frame on top.
    pub fn execute(&mut self, inst: &'m Inst) -> Step<Flow> {
        match inst.opcode() {
            Opcode::Const => self.constant(inst),
            Opcode::String => self.string(inst),
            Opcode::Data => self.static_data(inst),

            Opcode::Add | Opcode::Sub | Opcode::Mul | Opcode::Div | Opcode::Rem => self.arithmetic(inst),
            Opcode::Min | Opcode::Max => self.float_choice(inst),
            Opcode::Neg => self.negate(inst),
            Opcode::AddOverflow | Opcode::SubOverflow | Opcode::MulOverflow => self.overflowing(inst),
            Opcode::MulHigh => self.multiply_high(inst),
            Opcode::Abs | Opcode::Sqrt | Opcode::Floor | Opcode::Ceil | Opcode::Trunc | Opcode::Nearest => {
                self.float_function(inst)
            }
            Opcode::And | Opcode::Or | Opcode::Xor => self.bitwise(inst),
            Opcode::Not => self.complement(inst),
            Opcode::ShiftLeft | Opcode::ShiftRightSigned | Opcode::ShiftRightUnsigned => self.shift(inst),
            Opcode::RotateLeft | Opcode::RotateRight => self.rotate(inst),
            Opcode::Popcount | Opcode::LeadingZeros | Opcode::TrailingZeros | Opcode::ByteSwap => self.count_bits(inst),
            Opcode::Eq | Opcode::Ne | Opcode::Lt | Opcode::Le | Opcode::Gt | Opcode::Ge => self.compare(inst),
            Opcode::Select => self.select(inst),
            Opcode::ExtendSigned | Opcode::ExtendUnsigned | Opcode::Truncate => self.resize(inst),
            Opcode::IntToFloat | Opcode::FloatToInt | Opcode::Promote | Opcode::Demote | Opcode::Bitcast => {
                self.convert(inst)
            }
            Opcode::Bounds => self.bounds(inst),
            Opcode::BoundsRange => self.bounds_range(inst),

            Opcode::Retain => self.retain(inst),
            Opcode::Release => self.release(inst),
            Opcode::Freeze => self.freeze(inst),
            Opcode::FreeToken => self.free_token(inst),
            Opcode::TryClaim => self.try_claim(inst),

            Opcode::Immediate => self.immediate(inst),
            Opcode::New => self.new_cell(inst),
            Opcode::Fill => self.fill(inst),
            Opcode::Take => self.take(inst),
            Opcode::Field => self.field(inst),
            Opcode::Store => self.store(inst),
            Opcode::Swap => self.swap(inst),
            Opcode::Tag => self.tag(inst),
            Opcode::Same => self.same(inst),

            Opcode::Pack => self.pack(inst),
            Opcode::Unpack => self.unpack(inst),
            Opcode::Part => self.part(inst),

            Opcode::ArrayNew => self.array_new(inst),
            Opcode::ArrayLength => self.array_length(inst),
            Opcode::ArrayCapacity => self.array_capacity(inst),
            Opcode::Elem => self.elem(inst),
            Opcode::ElemStore => self.elem_store(inst),
            Opcode::ElemSwap => self.elem_swap(inst),
            Opcode::ElemTake => self.elem_take(inst),
            Opcode::ElemPut => self.elem_put(inst),
            Opcode::ArrayPush => self.array_push(inst),
            Opcode::ArrayPop => self.array_pop(inst),
            Opcode::ArrayReserve => self.array_reserve(inst),
            Opcode::ArrayUnshare => self.array_unshare(inst),
            Opcode::ArrayTruncate => self.array_truncate(inst),
            Opcode::ArrayExtend => self.array_extend(inst),
            Opcode::ArrayAppend => self.array_append(inst),
            Opcode::ArrayMove => self.array_move(inst),

            Opcode::Closure => self.closure(inst),
            Opcode::StaticClosure => self.define_static_closure(inst),
            Opcode::Capture => self.capture(inst),
            Opcode::Call | Opcode::TryCall | Opcode::PerformCapability => self.call(inst),
            Opcode::CallClosure | Opcode::TryCallClosure => self.call_closure(inst),
            Opcode::Parallel => self.parallel(inst),
            Opcode::TailCall => self.tail_call(inst),
            Opcode::TailCallClosure => self.tail_call_closure(inst),

            Opcode::PerformHandler | Opcode::TryPerform => self.perform(inst),
            Opcode::PerformFail => self.perform_fail(inst),
            Opcode::SwitchFail => self.switch_fail(inst),
            Opcode::Refail => self.refail(inst),
            Opcode::Evidence => self.evidence(inst),
            Opcode::EndEvidence => self.end_evidence(inst),
            Opcode::Return | Opcode::Resume => self.return_values(inst),

            Opcode::VarNew => self.var_new(inst),
            Opcode::VarGet => self.var_get(inst),
            Opcode::VarTake => self.var_take(inst),
            Opcode::VarPut => self.var_put(inst),
            Opcode::VarSet => self.var_set(inst),
            Opcode::VarEnd => self.var_end(inst),
            Opcode::VarDrop => self.var_drop(inst),
            Opcode::GlobalGet => self.global_get(inst),
            Opcode::GlobalSet => self.global_set(inst),

            Opcode::RawAlloc => self.raw_alloc(inst),
            Opcode::RawFree => self.raw_free(inst),
            Opcode::RawOffset => self.raw_offset(inst),
            Opcode::RawLoad => self.raw_load(inst),
            Opcode::RawStore => self.raw_store(inst),
            Opcode::RawCopy => self.raw_copy(inst),

            Opcode::Jump => self.jump(inst),
            Opcode::Branch => self.branch(inst),
            Opcode::Switch => self.switch(inst),
            Opcode::SwitchTag => self.switch_tag(inst),
            Opcode::Unreachable => self.unreachable(),
        }
    }
}
