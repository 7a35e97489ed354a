//! Names: finds a program's modules, declares their items with resolved signatures, and answers what a name means where it stands.

mod declare;
mod environment;
mod loading;
mod module_name;
mod order;
mod places;
mod prelude;
mod scope;
mod substitution;
#[cfg(test)]
mod tests;
mod types;
mod unknown;
mod variables;

pub use environment::{Environment, FunctionSource, Item};
pub use variables::TypeVariables;

use crate::ast::Name;
use crate::diagnostic::Outcome;
use crate::hir;
use crate::source::{FileId, Sources, Span};
use bumpalo::Bump;
use std::path::{Path, PathBuf};

/// What is to be compiled.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file whose `main` or whose tests count.
    pub file: PathBuf,
    /// The program's root, where it is given.
    pub root: Option<PathBuf>,
    /// The folder of the standard library.
    pub library: PathBuf,
    /// What for.
    pub purpose: Purpose,
}

/// What a file is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To run: it needs a `main`.
    Program,
    /// To be checked: it may have a `main`.
    Check,
    /// To run its tests: they become its `main`.
    Test,
}

/// Loads the file, the prelude and all that they use. The program is complete but for the bodies.
pub fn load<'a>(
    arena: &'a Bump,
    sources: &mut Sources,
    request: &Request,
) -> Outcome<(hir::Program<'a>, Environment<'a>)> {
    let loaded = loading::load(arena, sources, request)?;
    declare::declare(arena, &loaded, request.purpose)
}

/// Reads a file into the sources.
pub fn read(sources: &mut Sources, path: &Path) -> Outcome<FileId> {
    loading::read(sources, path)
}

/// The place of a path, which has at least one name.
fn path_span(path: &[Name<'_>]) -> Span {
    match path {
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
        [] => Span::default(),
    }
}
