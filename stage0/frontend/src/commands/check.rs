//! `check`: names, types, effects, matches.

use super::Folders;
use crate::failure::Failure;
use bumpalo::Bump;
use kea_frontend::pipeline;
use kea_frontend::resolve::Purpose;
use kea_frontend::source::Sources;
use std::path::PathBuf;

/// Check files without compiling them
#[derive(clap::Args)]
pub struct Arguments {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    folders: Folders,
    /// Check their tests and the documentation's examples, too
    #[arg(long)]
    tests: bool,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let purpose = if self.tests { Purpose::Test } else { Purpose::Check };
        for file in &self.files {
            let request = self.folders.request(file, purpose)?;
            let mut sources = Sources::default();
            pipeline::check(&Bump::new(), &mut sources, &request)
                .map_err(|diagnostic| Failure::of(&diagnostic, &sources))?;
        }
        Ok(0)
    }
}
