//! The context of a thread of a running program, to which a register of generated code points.

use std::ffi::c_char;
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;

use crate::allocate::Heap;
use crate::console::Console;
use crate::parallel::Segment;
use crate::pool::Pool;
use crate::process::Children;
use crate::stack::Bounds;
use crate::stats::{Counters, Reports};

/// How many free lists there are: one for each size in words below it.
pub const LISTS: usize = 64;

/// The offset of [`Context::free`].
pub const CONTEXT_FREE: usize = offset_of!(Context, free);
/// The offset of [`Context::freed`].
pub const CONTEXT_FREED: usize = offset_of!(Context, freed);
/// The offset of [`Context::reuse_hits`].
pub const CONTEXT_REUSE_HITS: usize = offset_of!(Context, reuse_hits);

/// What a thread of a running program shares with the runtime. Generated code knows the first three fields.
#[repr(C)]
pub struct Context {
    /// Free cells by their size in words, linked through their first word; generated code takes from here.
    pub free: [*mut u8; LISTS],
    /// Cells that were freed, likewise; generated code gives back to here.
    pub freed: [*mut u8; LISTS],
    /// How often generated code built a cell in the memory of one that died.
    pub reuse_hits: u64,
    pub(crate) heap: Heap,
    pub(crate) counters: Counters,
    pub(crate) reports: Reports,
    pub(crate) console: Console,
    pub(crate) children: Children,
    pub(crate) arguments: Arguments,
    /// The stack of the program; empty outside [`crate::kea_start`].
    pub(crate) stack: Bounds,
    pub(crate) panicking: bool,
    /// The threads that help, once they were needed.
    pub(crate) pool: Option<Arc<Pool>>,
    /// The frames of the innermost task that runs; null when there is none.
    pub(crate) segment: *const Segment,
}

/// The command line as the system handed it over.
#[derive(Clone, Copy)]
pub(crate) struct Arguments {
    pub(crate) count: usize,
    pub(crate) first: *const *const c_char,
}

impl Arguments {
    pub(crate) const NONE: Arguments = Arguments { count: 0, first: ptr::null() };
}

impl Context {
    pub(crate) fn new(reports: Reports, arguments: Arguments) -> Context {
        Context {
            free: [ptr::null_mut(); LISTS],
            freed: [ptr::null_mut(); LISTS],
            reuse_hits: 0,
            heap: Heap::new(reports.count()),
            counters: Counters::default(),
            reports,
            console: Console::default(),
            children: Children::default(),
            arguments,
            stack: Bounds::NONE,
            panicking: false,
            pool: None,
            segment: ptr::null(),
        }
    }

    /// A context outside a program, which counts every allocation or none.
    #[cfg(test)]
    pub(crate) fn for_test(counting: bool) -> Box<Context> {
        Box::new(Context::new(Reports::for_test(counting), Arguments::NONE))
    }
}
