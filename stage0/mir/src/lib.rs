//! The MIR contract: the boundary between what a Kea program means and what a machine does.
//!
//! `contract/kea-mir-1.contract` is the machine-readable contract, `docs/mir.md` its explanation. This crate holds
//! the data types, the reader and the writer of the text, the validator, the reference interpreter, statistics, and
//! the interface that every backend implements. It depends on no other crate of the project.

pub mod backend;
pub mod contract;
pub mod convention;
pub mod diagnostic;
pub mod entity;
pub mod infer;
pub mod interp;
pub mod kea_module;
pub mod layout;
pub mod module;
mod names;
pub mod reader;
pub mod request;
pub mod stats;
pub mod types;
pub mod validate;
pub mod writer;
