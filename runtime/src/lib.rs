//! The runtime of Kea programs: a static library with a C ABI, described in `docs/runtime.md`.
//!
//! Generated code does what is hot inline and calls the functions of this crate for the rest. Their names
//! and signatures stand in the MIR contract; [`symbols`] lists them, and a test compares the two.
//!
//! # Safety
//! The exported functions that take objects are `unsafe`, all on the same conditions, which generated code
//! fulfils and a validator proves: every [`Object`] and word is alive and of the layout that the contract
//! names, `own` arguments are given up, arguments said to be unique have a count of 1, and what an
//! instruction "promises" (an index within the length, say) holds.
#![allow(
    clippy::missing_safety_doc,
    reason = "the conditions are the same for every exported function; they stand above"
)]

mod allocate;
mod array;
mod clock;
mod console;
mod context;
mod depot;
mod digest;
mod environment;
mod file;
mod math;
mod number;
mod object;
mod outcome;
mod panic;
mod parallel;
mod pool;
mod process;
mod release;
mod share;
mod sites;
mod stack;
mod start;
mod stats;
mod string;
mod symbols;
mod trace;

pub use context::{CONTEXT_FREE, CONTEXT_FREED, CONTEXT_REUSE_HITS, Context, LISTS};
pub use object::{Object, offsets};
pub use outcome::{Outcome, Parsed};
pub use parallel::Task;
pub use sites::register_sites;
pub use start::{Entry, kea_start};
pub use symbols::{Symbol, symbols};
