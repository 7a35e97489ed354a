//! `validate`: the reader's and the validator's verdict on modules.

use crate::diagnose::Failure;
use crate::input::Input;

/// Check modules; every error is printed
#[derive(clap::Args)]
pub struct Arguments {
    /// Modules
    #[arg(required = true)]
    files: Vec<Input>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let mut findings = Vec::new();
        for file in &self.files {
            match file.valid_module() {
                Ok(_) => {}
                Err(Failure::Findings(found)) => findings.extend(found),
                Err(other) => return Err(other),
            }
        }
        if findings.is_empty() { Ok(0) } else { Err(Failure::Findings(findings)) }
    }
}
