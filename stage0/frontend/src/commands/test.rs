//! `test`: the tests and the documentation's examples of files.

use super::{Folders, compile};
use crate::backend;
use crate::failure::Failure;
use kea_frontend::resolve::Purpose;
use std::path::PathBuf;

/// Run the tests and the documentation's examples of files
#[derive(clap::Args)]
pub struct Arguments {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let mut worst = 0;
        for file in &self.files {
            if self.files.len() > 1 {
                crate::print(&format!("{}: ", file.display()))?;
            }
            let module = compile(&self.folders.request(file, Purpose::Test)?)?;
            worst = worst.max(backend::run(&module, &[""; 0])?);
        }
        Ok(worst)
    }
}
