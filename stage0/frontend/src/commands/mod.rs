//! The commands.

pub mod dump;
