//! The beginning and the end of functions on x86-64.
//!
//! Cranelift begins every function by `push rbp`, `mov rbp, rsp` and ends it by `add rsp, N`, `mov rsp, rbp`,
//! `pop rbp`, `ret`. Two things are done about it once the code is there:
//!
//! - The last `mov` changes nothing, as the `add` has brought the stack pointer to where the frame pointer is, but it
//!   makes every return wait for the frame pointer that the return before it has loaded: a chain of loads through
//!   memory that takes a third of the time of code that mostly calls. So it goes.
//! - A function that neither calls nor keeps anything on the stack has no use for a frame: neither the panic's trace
//!   nor anybody else looks for its caller while it runs. So it gets none, as on AArch64, where Cranelift knows that.
//!
//! Code behind an exit is reached by jumps only, so what is taken out of an exit is filled up behind it, and nothing
//! else moves. Lowering gives each return a source location of its own ([`crate::lower::is_return`]), whose range of
//! code ends exactly behind the return, so that no other bytes are mistaken for these.

use crate::compile::Reference;
use crate::lower::is_return;
use cranelift_codegen::CompiledCode;
use cranelift_codegen::ir::{Function, Type};
use cranelift_codegen::isa::unwind::UnwindInst;

/// `push rbp` and `mov rbp, rsp`.
const ENTER: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// `mov rsp, rbp` and `pop rbp`.
const LEAVE: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
/// `pop rbp`.
const POP: u8 = 0x5d;
/// `nop`, four bytes long.
const NOTHING: [u8; 4] = [0x0f, 0x1f, 0x40, 0x00];
/// What is never reached: `int3`.
const FILLER: u8 = 0xcc;
/// The return address and the caller's frame pointer.
const FRAME_BYTES: u32 = 16;
/// Parameters that surely come in registers, of whatever types they are.
const REGISTER_PARAMS: usize = 6;

/// What may stand behind [`LEAVE`], by the bytes that it begins with and its size: `ret`, `ret N`, `jmp` by a relative
/// address, `jmp` by a register.
const EXITS: [(&[u8], usize); 5] = [(&[0xc3], 1), (&[0xc2], 3), (&[0xe9], 5), (&[0xff], 2), (&[0x41, 0xff], 3)];

/// How a function was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It has a frame.
    Framed,
    /// It has none; that many bytes are gone from its start.
    Frameless(u32),
}

/// Makes the exits of a function shorter, and does without its frame where nothing needs it.
pub fn simplify(
    function: &Function,
    compiled: &CompiledCode,
    bytes: &mut Vec<u8>,
    references: &mut [Reference],
) -> Framing {
    let returns = compiled.buffer.get_srclocs_sorted().iter().filter(|range| is_return(range.loc));
    let exits: Vec<Option<Exit>> = returns.map(|range| Exit::find(bytes, range.start, range.end)).collect();
    let known: Vec<Exit> = exits.iter().copied().flatten().collect();
    if known.len() < exits.len() || needs_frame(function, compiled, &known) || !bytes.starts_with(&ENTER) {
        known.iter().for_each(|exit| exit.shorten(bytes, references, &[POP]));
        return Framing::Framed;
    }
    known.iter().for_each(|exit| exit.shorten(bytes, references, &[]));
    if may_have_constants(function) {
        bytes[..ENTER.len()].copy_from_slice(&NOTHING);
        return Framing::Frameless(0);
    }
    bytes.drain(..ENTER.len());
    for reference in references {
        reference.offset -= ENTER.len() as u32;
    }
    Framing::Frameless(ENTER.len() as u32)
}

/// Whether a function calls, or has anything on the stack besides its return address.
fn needs_frame(function: &Function, compiled: &CompiledCode, exits: &[Exit]) -> bool {
    let buffer = &compiled.buffer;
    let is_tail_call = |behind: u32| exits.iter().any(|exit| exit.end() == behind as usize);
    let calls = buffer.call_sites().any(|site| !is_tail_call(site.ret_addr));
    let keeps = buffer.frame_layout().is_none_or(|layout| layout.frame_to_fp_offset > 0);
    // Tail calls with more arguments than fit into registers move the frame.
    let plain = buffer.unwind_info.iter().all(|(_, step)| match step {
        UnwindInst::PushFrameRegs { offset_upward_to_caller_sp } => *offset_upward_to_caller_sp == FRAME_BYTES,
        UnwindInst::DefineNewFrame { offset_upward_to_caller_sp, offset_downward_to_clobbers } => {
            (*offset_upward_to_caller_sp, *offset_downward_to_clobbers) == (FRAME_BYTES, 0)
        }
        _ => false,
    });
    calls || keeps || !plain || function.signature.params.len() > REGISTER_PARAMS
}

/// Whether constants may lie behind the code. They are aligned, so the code must not move. Only floats have them.
fn may_have_constants(function: &Function) -> bool {
    let is_float = |ty: Type| !ty.is_int();
    function.dfg.values().any(|value| is_float(function.dfg.value_type(value)))
}

/// The end of a way through a function: [`LEAVE`] and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exit {
    start: usize,
    /// Bytes of the last instruction.
    last: usize,
}

impl Exit {
    /// The exit at the end of a range of code.
    fn find(code: &[u8], start: u32, end: u32) -> Option<Exit> {
        let (start, end) = (start as usize, end as usize);
        let code = code.get(start..end)?;
        EXITS.iter().find_map(|(first, last)| {
            let (before, after) = code.split_at(code.len().checked_sub(*last)?);
            let found = after.starts_with(first) && before.ends_with(&LEAVE);
            found.then(|| Exit { start: start + before.len() - LEAVE.len(), last: *last })
        })
    }

    fn end(self) -> usize {
        self.start + LEAVE.len() + self.last
    }

    /// Puts something shorter in front of the last instruction.
    fn shorten(self, code: &mut [u8], references: &mut [Reference], leave: &[u8]) {
        let last = self.start + LEAVE.len()..self.end();
        let moved = LEAVE.len() - leave.len();
        code.copy_within(last.clone(), last.start - moved);
        code[self.start..last.start - moved].copy_from_slice(leave);
        code[last.end - moved..last.end].fill(FILLER);
        for reference in references.iter_mut().filter(|reference| last.contains(&(reference.offset as usize))) {
            reference.offset -= moved as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, LEAVE, POP};
    use crate::compile::{Reference, Referent};
    use crate::image::FixupKind;

    const RETURNS: [&[u8]; 5] = [&[0xc3], &[0xc2, 16, 0], &[0xe9, 1, 2, 3, 4], &[0xff, 0xe0], &[0x41, 0xff, 0xe3]];

    fn exit(code: &[u8]) -> Option<Exit> {
        Exit::find(code, 0, code.len() as u32)
    }

    #[test]
    fn every_way_out_is_shortened() {
        for last in RETURNS {
            let code = [&[0x90], &LEAVE[..], last].concat();
            let found = exit(&code).expect("it is an exit");
            assert_eq!(found.end(), code.len());
            for (leave, filler) in [(&[POP][..], &[0xcc; 3][..]), (&[], &[0xcc; 4])] {
                let mut code = code.clone();
                found.shorten(&mut code, &mut [], leave);
                assert_eq!(code, [&[0x90], leave, last, filler].concat());
            }
        }
    }

    #[test]
    fn the_address_of_a_jump_moves_along() {
        let mut code = [&LEAVE[..], &[0xe9, 1, 2, 3, 4]].concat();
        let reference = |offset| Reference {
            offset,
            kind: FixupKind::Relative32,
            referent: Referent::Library("memmove"),
            addend: -4,
        };
        let mut references = [reference(0), reference(5), reference(9)];
        exit(&code).expect("it is an exit").shorten(&mut code, &mut references, &[POP]);
        assert_eq!(references.map(|reference| reference.offset), [0, 2, 9]);
    }

    #[test]
    fn anything_else_is_no_exit() {
        for code in [&[][..], &[0xc3], &[0x48, 0x89, 0xec, 0x5d, 0xc3, 0x90], &[0x5d, 0xc3]] {
            assert_eq!(exit(code), None);
        }
    }
}
