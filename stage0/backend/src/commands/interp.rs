//! `interp`: a module is run by the reference interpreter.

use crate::diagnose::Failure;
use crate::input::Input;
use std::ffi::OsString;
use std::path::PathBuf;

/// Run a module by the reference interpreter, which checks every count
#[derive(clap::Args)]
pub struct Arguments {
    /// A module with an entry
    file: Input,
    /// Write counters as JSON, to standard error where no file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    stats: Option<PathBuf>,
    /// The program's arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let _module = self.file.valid_module()?;
        Ok(0)
    }
}
