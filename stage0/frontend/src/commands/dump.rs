//! `dump`: what the phases see of a file.

use super::Folders;
use crate::failure::Failure;
use bumpalo::Bump;
use kea_frontend::diagnostic::Outcome;
use kea_frontend::resolve::{self, Purpose, Request};
use kea_frontend::source::Sources;
use kea_frontend::{infer, pipeline, syntax};
use std::path::PathBuf;

/// Print the tokens, the tree or the types of a file
#[derive(clap::Args)]
pub struct Arguments {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    what: What,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The tokens with their layout marks, one a line
    #[arg(long)]
    tokens: bool,
    /// The syntax tree, as docs/ast.md fixes it
    #[arg(long)]
    ast: bool,
    /// The type of every top-level item
    #[arg(long)]
    types: bool,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let request = self.folders.request(&self.file, Purpose::Check)?;
        let mut sources = Sources::default();
        let text = self.text(&mut sources, &request).map_err(|diagnostic| Failure::of(&diagnostic, &sources))?;
        crate::print(&text)?;
        Ok(0)
    }

    fn text(&self, sources: &mut Sources, request: &Request) -> Outcome<String> {
        let arena = Bump::new();
        if self.what.types {
            let program = pipeline::check(&arena, sources, request)?;
            return Ok(infer::print::items(&program, program.root));
        }
        let file = resolve::read(sources, &request.file)?;
        if self.what.tokens {
            return syntax::dump::tokens(sources, file);
        }
        Ok(syntax::dump::ast(&syntax::parse(&arena, sources, file)?))
    }
}
