//! Declares the items of all modules: first their names, then what the names are imported as, then their signatures.

mod attributes;
mod data;
mod distinct;
mod effects;
mod entry;
mod functions;
mod implementations;
mod known;
mod names;
mod traits;

use super::environment::Environment;
use super::loading::Loaded;
use super::types::{TypeReader, alias_meaning};
use super::{Purpose, scope, unknown};
use crate::ast;
use crate::diagnostic::Outcome;
use crate::hir::{Bound, Constant, Module, ModuleId, Program};
use bumpalo::Bump;

/// Declares everything. The program is complete but for the bodies.
pub(super) fn declare<'a>(
    arena: &'a Bump,
    loaded: &Loaded<'a>,
    purpose: Purpose,
) -> Outcome<(Program<'a>, Environment<'a>)> {
    let (mut environment, sources) = names::collect(arena, loaded)?;
    scope::import(&mut environment, loaded)?;
    for alias in 0..environment.aliases.len() {
        alias_meaning(&environment, alias)?;
    }
    let known = known::find(&environment)?;
    let mut program = Program {
        modules: modules(&environment, loaded),
        data: data::declare(&environment, &sources)?,
        traits: traits::declare(&environment, &sources)?,
        implementations: Vec::new(),
        instances: Default::default(),
        effects: effects::declare(&environment, &sources)?,
        functions: Vec::new(),
        constants: constants(&environment, &sources)?,
        constant_order: Vec::new(),
        known,
        root: loaded.root,
        main: None,
    };
    let headers = implementations::declare(&environment, &sources, &mut program)?;
    functions::declare(&mut environment, &sources, &headers, &mut program)?;
    traits::add_methods(&sources, &mut program);
    implementations::add_methods(&environment, &sources, &mut program)?;
    implementations::check_supertraits(&program)?;
    program.main = entry::find(&environment, &program, loaded.root, purpose)?;
    Ok((program, environment))
}

fn modules<'a>(environment: &Environment<'a>, loaded: &Loaded<'a>) -> Vec<Module<'a>> {
    let starts = environment.starts.iter();
    let modules = loaded.modules.iter().zip(starts);
    modules.map(|(module, &span)| Module { name: module.name, span, library: module.library }).collect()
}

fn constants<'a>(environment: &Environment<'a>, sources: &names::ItemSources<'a>) -> Outcome<Vec<Constant<'a>>> {
    let constant = |&(module, source): &(ModuleId, &'a ast::Constant<'a>)| {
        let known = "the type of a constant has no variables";
        let ty = TypeReader::declaration(environment, module, &[], known).ty(source.ty)?;
        let name = environment.arena.alloc_str(&names::qualified(environment, module, source.name.text));
        Ok(Constant { name, module, ty, body: None, span: source.name.span })
    };
    sources.constants.iter().map(constant).collect()
}

/// The bounds of a `where`, each once, behind those that are there.
fn add_bounds<'a>(
    environment: &Environment<'a>,
    module: ModuleId,
    reader: &TypeReader<'_, 'a>,
    written: &[ast::Bound<'a>],
    bounds: &mut Vec<Bound>,
) -> Outcome<()> {
    for bound in written {
        let trait_id = environment.trait_of(module, bound.trait_path)?;
        let Some(parameter) = reader.type_parameter(bound.subject.text) else {
            return Err(unknown::variable(bound.subject, "a bound is about a type variable of its declaration"));
        };
        let bound = Bound { parameter, trait_id };
        if !bounds.contains(&bound) {
            bounds.push(bound);
        }
    }
    Ok(())
}
