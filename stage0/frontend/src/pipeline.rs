//! The phases in order.

use crate::diagnostic::Outcome;
use crate::hir::Program;
use crate::resolve::{self, Request};
use crate::source::Sources;
use crate::{counting, infer, lower, matching};
use bumpalo::Bump;
use kea_mir::module::Module;

/// From a file to a checked program: every name bound, every type known, every match exhaustive.
pub fn check<'a>(arena: &'a Bump, sources: &mut Sources, request: &Request) -> Outcome<Program<'a>> {
    let (mut program, environment) = resolve::load(arena, sources, request)?;
    infer::infer(arena, &environment, &mut program)?;
    matching::check(&program)?;
    Ok(program)
}

/// From a file to MIR: what its `main` reaches.
pub fn compile(sources: &mut Sources, request: &Request) -> Outcome<Module> {
    let arena = Bump::new();
    let program = check(&arena, sources, request)?;
    let (mut module, drafts) = lower::lower(&program, sources)?;
    counting::count(&mut module, drafts);
    Ok(module)
}
