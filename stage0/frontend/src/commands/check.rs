//! `kea0 check`: whether a file and all that it uses is a correct program.

use anyhow::{Result, bail};
use bumpalo::Bump;
use kea_frontend::diagnostic::Outcome;
use kea_frontend::resolve::{Purpose, Request};
use kea_frontend::source::Sources;
use kea_frontend::{infer, resolve};
use std::path::PathBuf;

/// Checks a file and all that it uses.
#[derive(clap::Args)]
pub struct Check {
    /// The source file.
    file: PathBuf,
    /// The folder of the standard library.
    #[arg(long, default_value = "lib")]
    lib: PathBuf,
    /// The program's root.
    #[arg(long)]
    root: Option<PathBuf>,
}

/// Runs the command.
pub fn run(command: &Check) -> Result<()> {
    let mut sources = Sources::default();
    let request = Request {
        file: command.file.clone(),
        root: command.root.clone(),
        library: command.lib.clone(),
        purpose: Purpose::Check,
    };
    match check(&mut sources, &request) {
        Ok(()) => Ok(()),
        Err(error) => bail!("{}", error.render(&sources).trim_end()),
    }
}

fn check(sources: &mut Sources, request: &Request) -> Outcome<()> {
    let arena = Bump::new();
    let (mut program, environment) = resolve::load(&arena, sources, request)?;
    infer::infer(&arena, &environment, &mut program)
}
