//! The commands, one a file: its arguments and what it does.

pub mod compile;
pub mod contract;
pub mod fmt;
pub mod interp;
pub mod link;
pub mod run;
pub mod stats;
pub mod validate;

use crate::diagnose::Failure;
use std::io::{self, Write};

/// Prints text on standard output.
fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).map_err(Failure::of_output)
}
