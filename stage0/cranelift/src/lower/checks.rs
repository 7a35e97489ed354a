//! Checks: a compare and a branch to a block off the hot path, where a call says what went wrong.

use super::emitter::Words;
use super::function::FunctionLowering;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, SourceLoc};
use kea_mir::module::Inst;
use rustc_hash::FxHashMap;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PanicKind {
    Overflow,
    Divide,
    Shift,
    Bounds,
    Range,
}

impl PanicKind {
    fn service(self) -> &'static str {
        match self {
            PanicKind::Overflow => "kea_panic_overflow",
            PanicKind::Divide => "kea_panic_divide",
            PanicKind::Shift => "kea_panic_shift",
            PanicKind::Bounds => "kea_panic_bounds",
            PanicKind::Range => "kea_panic_range",
        }
    }
}

/// The blocks of failed checks. The return address of the call in them says where the check stands, so checks share
/// a block only when their location, and what they report, is the same.
#[derive(Default)]
pub(super) struct Panics {
    blocks: FxHashMap<(PanicKind, SourceLoc, Words), ir::Block>,
    pending: Vec<(PanicKind, SourceLoc, Words, ir::Block)>,
}

impl FunctionLowering<'_, '_> {
    /// The block of a failed check at the current location.
    pub fn panic_block(&mut self, kind: PanicKind, args: &[ir::Value]) -> ir::Block {
        let location = self.emit.builder.srcloc();
        let args = Words::from_slice(args);
        let key = (kind, location, args.clone());
        if let Some(block) = self.panics.blocks.get(&key) {
            return *block;
        }
        let block = self.emit.cold_block();
        self.panics.blocks.insert(key, block);
        self.panics.pending.push((kind, location, args, block));
        block
    }

    /// Goes on unless the condition holds, which is a panic.
    pub fn panic_if(&mut self, condition: ir::Value, kind: PanicKind, args: &[ir::Value]) {
        let block = self.panic_block(kind, args);
        self.emit.leave_if(condition, block);
    }

    /// Writes the blocks of failed checks behind everything else.
    pub fn emit_panics(&mut self) {
        for (kind, location, args, block) in std::mem::take(&mut self.panics.pending) {
            self.emit.switch_to(block);
            self.emit.builder.set_srcloc(location);
            self.emit.service_never(kind.service(), &args);
        }
    }

    /// `bounds`: a negative index is a large one without sign.
    pub fn bounds(&mut self, inst: &Inst) {
        let (index, length) = (self.operand(inst, 0), self.operand(inst, 1));
        let outside = self.emit.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.panic_if(outside, PanicKind::Bounds, &[index, length]);
    }

    /// `bounds_range`: with `to` within the length, which is not negative, `from` need not be compared with 0.
    pub fn bounds_range(&mut self, inst: &Inst) {
        let (from, to, length) = (self.operand(inst, 0), self.operand(inst, 1), self.operand(inst, 2));
        let outside = self.emit.ins().icmp(IntCC::UnsignedGreaterThan, to, length);
        self.panic_if(outside, PanicKind::Range, &[from, to, length]);
        let reversed = self.emit.ins().icmp(IntCC::UnsignedGreaterThan, from, to);
        self.panic_if(reversed, PanicKind::Range, &[from, to, length]);
    }
}
