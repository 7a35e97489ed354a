//! `kea0 dump`: what a phase makes of a file, as text.

use anyhow::{Context, Result, bail};
use bumpalo::Bump;
use kea_frontend::diagnostic::Outcome;
use kea_frontend::source::Sources;
use kea_frontend::syntax;
use std::io::Write;
use std::path::PathBuf;

/// Prints what a phase makes of a file.
#[derive(clap::Args)]
pub struct Dump {
    #[command(flatten)]
    what: What,
    /// The source file.
    file: PathBuf,
}

/// The phase.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The tokens with layout marks.
    #[arg(long)]
    tokens: bool,
    /// The syntax tree.
    #[arg(long)]
    ast: bool,
}

/// Runs the command.
pub fn run(command: &Dump) -> Result<()> {
    let text = std::fs::read(&command.file).with_context(|| format!("cannot read {}", command.file.display()))?;
    let text = String::from_utf8(text).with_context(|| format!("{} is not UTF-8", command.file.display()))?;
    let mut sources = Sources::default();
    let file = sources.add(&command.file, text);
    let arena = Bump::new();
    let dumped: Outcome<String> = if command.what.tokens {
        syntax::dump::tokens(&sources, file)
    } else {
        syntax::parse(&arena, &sources, file).map(|module| syntax::dump::ast(&module))
    };
    match dumped {
        Ok(text) => Ok(std::io::stdout().write_all(text.as_bytes())?),
        Err(error) => bail!("{}", error.render(&sources).trim_end()),
    }
}
