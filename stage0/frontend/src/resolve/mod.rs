//! Names: finds a program's modules, declares their items with resolved signatures, and answers what a name means where it stands.

mod environment;
mod variables;

pub use environment::{Environment, FunctionSource, Item};
pub use variables::TypeVariables;

use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir;
use crate::source::{Sources, Span};
use bumpalo::Bump;
use std::path::PathBuf;

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
    _arena: &'a Bump,
    _sources: &mut Sources,
    _request: &Request,
) -> Outcome<(hir::Program<'a>, Environment<'a>)> {
    Err(Diagnostic::unsupported(Span::default(), "loading"))
}
