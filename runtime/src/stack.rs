//! The program's stack: large, committed as it is used, with a guard at its end that tells when it is full.

use std::arch::naked_asm;
use std::cell::Cell;
use std::mem;
use std::ptr;

use crate::console;
use crate::context::Context;
use crate::panic;
use crate::sites::function_at;
use crate::start::Entry;
use crate::trace::{self, Frames, Report};

/// The size of the stack when nothing else is asked for, and the smallest that is tried.
const STACK_BYTES: usize = 1 << 30;
const STACK_BYTES_MIN: usize = 1 << 20;
/// The memory below the stack that must not be touched. A function whose frame is larger than this has to
/// touch the pages of its frame in order.
const GUARD_BYTES: usize = 1 << 20;
/// The stack on which the signal's handler runs.
const HANDLER_BYTES: usize = 1 << 16;

/// The addresses of a stack: from `low` to below `high`.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    low: usize,
    high: usize,
}

impl Bounds {
    pub(crate) const NONE: Bounds = Bounds { low: 0, high: 0 };

    /// Whether the two words of a frame lie on the stack at that address.
    pub(crate) fn holds_frame(self, frame: usize) -> bool {
        frame.is_multiple_of(size_of::<usize>())
            && frame >= self.low
            && frame < self.high.saturating_sub(2 * size_of::<usize>() - 1)
    }

    pub(crate) fn size(self) -> usize {
        self.high - self.low
    }

    /// The part of the stack below an address.
    pub(crate) fn below(self, high: usize) -> Bounds {
        Bounds { low: self.low, high }
    }

    fn guards(self, address: usize) -> bool {
        address < self.low && address >= self.low - GUARD_BYTES
    }
}

/// One mapping: the handler's stack, the guard, and the program's stack above them.
pub(crate) struct Stack {
    base: *mut libc::c_void,
    bytes: usize,
}

// SAFETY: the memory is nobody else's.
unsafe impl Send for Stack {}

impl Stack {
    /// A stack of that many bytes, or of fewer where the system refuses them.
    pub(crate) fn map(asked: Option<usize>) -> Option<Stack> {
        let mut bytes = asked.unwrap_or(STACK_BYTES).max(STACK_BYTES_MIN);
        loop {
            match Stack::map_exactly(bytes) {
                None if bytes > STACK_BYTES_MIN => bytes = (bytes / 2).max(STACK_BYTES_MIN),
                result => return result,
            }
        }
    }

    /// A stack of exactly that many bytes.
    pub(crate) fn map_exactly(stack_bytes: usize) -> Option<Stack> {
        let bytes = HANDLER_BYTES + GUARD_BYTES + stack_bytes;
        // SAFETY: a new private mapping, of which the middle part is then made inaccessible. Large pages
        // would commit more of it than is used.
        unsafe {
            let base = libc::mmap(
                ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK,
                -1,
                0,
            );
            if base == libc::MAP_FAILED {
                return None;
            }
            let stack = Stack { base, bytes };
            libc::madvise(base, bytes, libc::MADV_NOHUGEPAGE);
            let guarded = libc::mprotect(base.add(HANDLER_BYTES), GUARD_BYTES, libc::PROT_NONE);
            (guarded == 0).then_some(stack)
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let base = self.base as usize;
        Bounds { low: base + HANDLER_BYTES + GUARD_BYTES, high: base + self.bytes }
    }

    /// Calls a thread's entry on this stack. The end of the stack is noticed while a [`Handler`] is installed.
    pub(crate) fn run(&self, context: &mut Context, entry: Entry) -> i64 {
        context.stack = self.bounds();
        let context: *mut Context = context;
        let before = RUNNING.replace(context);
        let handler_stack = HandlerStack::install(self.base);
        // SAFETY: the top of the mapping is aligned and free to use; the entry follows the C convention.
        let status = unsafe { call_on_stack(context, entry, self.bounds().high) };
        drop(handler_stack);
        RUNNING.set(before);
        status
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this stack's own, and nothing runs on it any more.
        unsafe { libc::munmap(self.base, self.bytes) };
    }
}

/// Calls `entry(context)` with the stack pointer at `top`. The context's register, which generated code
/// overwrites, is saved; everything else that C expects is kept by the entry.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn call_on_stack(context: *mut Context, entry: Entry, top: usize) -> i64 {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "push r15",
        ".cfi_offset r15, -24",
        "mov rsp, rdx",
        "call rsi",
        "mov r15, [rbp - 8]",
        "mov rsp, rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}

/// Calls `entry(context)` with the stack pointer at `top`. The context's register, which generated code
/// overwrites, is saved; everything else that C expects is kept by the entry.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn call_on_stack(context: *mut Context, entry: Entry, top: usize) -> i64 {
    naked_asm!(
        ".cfi_startproc",
        "stp x29, x30, [sp, #-32]!",
        ".cfi_def_cfa_offset 32",
        ".cfi_offset x29, -32",
        ".cfi_offset x30, -24",
        "mov x29, sp",
        ".cfi_def_cfa_register x29",
        "str x21, [x29, #16]",
        ".cfi_offset x21, -16",
        "mov sp, x2",
        "blr x1",
        "ldr x21, [x29, #16]",
        "mov sp, x29",
        ".cfi_def_cfa_register sp",
        "ldp x29, x30, [sp], #32",
        ".cfi_def_cfa_offset 0",
        "ret",
        ".cfi_endproc",
    )
}

thread_local! {
    /// The context of the program that runs on this thread, for the signal's handler.
    static RUNNING: Cell<*mut Context> = const { Cell::new(ptr::null_mut()) };
}

/// The signals by which systems report an access to the guard.
const SIGNALS: [i32; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// The stack of this thread for the signal's handler while it is in use, with what it replaced.
struct HandlerStack {
    before: libc::stack_t,
}

impl HandlerStack {
    fn install(base: *mut libc::c_void) -> HandlerStack {
        // SAFETY: the structures are plain data; the memory outlives its use.
        unsafe {
            let mut before: libc::stack_t = mem::zeroed();
            let stack = libc::stack_t { ss_sp: base, ss_flags: 0, ss_size: HANDLER_BYTES };
            libc::sigaltstack(&raw const stack, &raw mut before);
            HandlerStack { before }
        }
    }
}

impl Drop for HandlerStack {
    fn drop(&mut self) {
        // SAFETY: restores what was in force.
        unsafe { libc::sigaltstack(&raw const self.before, ptr::null_mut()) };
    }
}

/// The handler for the ends of all threads' stacks while it is installed, with what it replaced.
pub(crate) struct Handler {
    actions: [libc::sigaction; 2],
}

impl Handler {
    pub(crate) fn install() -> Handler {
        // SAFETY: the structures are plain data; the handler is of the type that `SA_SIGINFO` asks for.
        unsafe {
            let mut before: Handler = mem::zeroed();
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            for (signal, before) in SIGNALS.into_iter().zip(&mut before.actions) {
                libc::sigaction(signal, &raw const action, before);
            }
            before
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // SAFETY: restores what was in force.
        unsafe {
            for (signal, action) in SIGNALS.into_iter().zip(&self.actions) {
                libc::sigaction(signal, action, ptr::null_mut());
            }
        }
    }
}

/// Says that the stack is full when the guard was touched. Any other fault happens again, without handler.
extern "C" fn on_fault(signal: i32, information: *mut libc::siginfo_t, state: *mut libc::c_void) {
    let context = RUNNING.get();
    // SAFETY: the system hands over valid structures. The context, where there is one, is that of the code
    // that was interrupted on this thread and does not go on.
    unsafe {
        let address = (*information).si_addr() as usize;
        match context.as_mut() {
            Some(context) if context.stack.guards(address) => {
                stack_overflow(context, &*state.cast::<libc::ucontext_t>())
            }
            _ => {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// Reports the end of the stack. It runs in a signal's handler: without allocating, and without `exit`.
fn stack_overflow(context: &mut Context, state: &libc::ucontext_t) -> ! {
    panic::end_alone(context);
    console::flush(context);
    let (instruction, frame) = registers(state);
    let frames = trace::skip_runtime(Frames::from(frame, context));
    let mut report = Report::new();
    report.push(b"panic: stack overflow");
    let function = function_at(instruction).or_else(|| trace::function(frames));
    if let Some(function) = function {
        report.push(b" in ");
        report.push(function);
    }
    report.push(b"\n");
    trace::print(&mut report, frames);
    report.flush();
    // SAFETY: ends the process.
    unsafe { libc::_exit(panic::STATUS) }
}

/// The instruction that was interrupted, and the frame it ran in.
fn registers(state: &libc::ucontext_t) -> (usize, usize) {
    #[cfg(target_arch = "x86_64")]
    {
        let registers = &state.uc_mcontext.gregs;
        (registers[libc::REG_RIP as usize] as usize, registers[libc::REG_RBP as usize] as usize)
    }
    #[cfg(target_arch = "aarch64")]
    {
        let registers = &state.uc_mcontext;
        (registers.pc as usize, registers.regs[29] as usize)
    }
}
