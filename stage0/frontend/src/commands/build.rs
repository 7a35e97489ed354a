//! `build`: an executable.

use super::Source;
use crate::backend::{self, Optimize};
use crate::failure::Failure;
use std::path::PathBuf;

/// Build an executable
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// The executable to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How well to optimise
    #[arg(short = 'O', long, value_enum, default_value_t = Optimize::None)]
    optimize: Optimize,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        backend::build(&self.source.compile()?, &self.output, self.optimize)?;
        Ok(0)
    }
}
