//! `mir`: the program as MIR text.

use super::Source;
use crate::failure::Failure;
use crate::files;
use kea_mir::writer;
use std::path::PathBuf;

/// Print the MIR of a program
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Write it to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let text = writer::write(&self.source.compile()?);
        match &self.output {
            Some(path) => files::write(path, text.as_bytes())?,
            None => crate::print(&text)?,
        }
        Ok(0)
    }
}
