//! The Cranelift backend: one implementation of the backend interface, to object files and to memory.

pub mod lower;
pub mod symbol;
