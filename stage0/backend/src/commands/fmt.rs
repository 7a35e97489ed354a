//! `fmt`: a module's canonical text.

use super::print;
use crate::diagnose::Failure;
use crate::files;
use crate::input::Input;
use kea_mir::writer;
use std::path::PathBuf;

/// Print the canonical text of a module, without its comments
#[derive(clap::Args)]
pub struct Arguments {
    /// A module
    file: Input,
    /// Write nothing; fail with the first line that differs
    #[arg(long, conflicts_with = "output")]
    check: bool,
    /// Write to a file in place of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let text = self.file.read()?;
        let canonical = writer::write(&self.file.parse(&text)?);
        match &self.output {
            _ if self.check => self.compare(&text, canonical.as_bytes())?,
            Some(path) => files::write(path, canonical.as_bytes())?,
            None => print(canonical)?,
        }
        Ok(0)
    }

    fn compare(&self, text: &[u8], canonical: &[u8]) -> Result<(), Failure> {
        if text == canonical {
            return Ok(());
        }
        let same = text.iter().zip(canonical).take_while(|(a, b)| a == b).count();
        let start = text[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = text[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
        let canonical_line = canonical[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let message = format!("not canonical; it would be `{}`", String::from_utf8_lossy(canonical_line));
        let diagnostic = kea_mir::diagnostic::Diagnostic::error("format", line as u32, message);
        Err(Failure::in_file(&self.file, vec![diagnostic]))
    }
}
