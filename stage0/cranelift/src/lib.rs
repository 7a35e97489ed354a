//! The Cranelift backend: one implementation of the backend interface, to object files and to memory.
//!
//! [`lower`] turns a function of MIR into Cranelift's intermediate form; [`compile`] does that and Cranelift's work on
//! several threads; [`assemble`] joins the code, static data and call sites to an [`image`], which [`elf`] writes as an
//! object file and [`jit`] loads into memory.

pub mod assemble;
pub mod compile;
pub mod data;
pub mod dwarf;
pub mod elf;
pub mod frame;
mod framing;
pub mod image;
pub mod isa;
pub mod jit;
mod loops;
pub mod lower;
mod mapping;
pub mod object;
pub mod sites;
pub mod symbol;

pub use self::jit::{Jit, JitOptions};
pub use self::object::Cranelift;
