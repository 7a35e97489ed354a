//! `run`: the program, in memory.

use super::Source;
use crate::backend;
use crate::failure::Failure;
use std::ffi::OsString;

/// Run a program
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// The program's arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        backend::run(&self.source.compile()?, &self.arguments)
    }
}
