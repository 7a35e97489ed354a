//! Traits.

use super::super::environment::Environment;
use super::names::ItemSources;
use crate::ast::{self, ItemKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{FunctionId, ModuleId, Program, Trait, TraitId};

/// Declares traits with their supertraits, which form no cycle.
pub(super) fn declare<'a>(environment: &Environment<'a>, sources: &ItemSources<'a>) -> Outcome<Vec<Trait<'a>>> {
    let mut traits = Vec::with_capacity(sources.traits.len());
    for &(module, source, _) in &sources.traits {
        traits.push(Trait {
            name: source.name.text,
            module,
            supertraits: supertraits(environment, module, source)?,
            methods: Vec::new(),
            span: source.name.span,
        });
    }
    check_cycles(&traits)?;
    Ok(traits)
}

fn supertraits<'a>(environment: &Environment<'a>, module: ModuleId, source: &ast::Trait<'a>) -> Outcome<Vec<TraitId>> {
    let mut supertraits = Vec::new();
    for bound in source.bounds {
        if bound.subject.text != "Self" {
            let message = format!("the bounds of a trait are about `Self`, not `{}`", bound.subject.text);
            return Err(Diagnostic::new("bad-bound", bound.subject.span, message));
        }
        let supertrait = environment.trait_of(module, bound.trait_path)?;
        if !supertraits.contains(&supertrait) {
            supertraits.push(supertrait);
        }
    }
    Ok(supertraits)
}

/// Takes away again and again the traits all of whose supertraits are gone: what stays is in a cycle or behind one.
fn check_cycles(traits: &[Trait<'_>]) -> Outcome<()> {
    let mut waiting: Vec<usize> = traits.iter().map(|known| known.supertraits.len()).collect();
    let mut subtraits = vec![Vec::new(); traits.len()];
    for (index, known) in traits.iter().enumerate() {
        known.supertraits.iter().for_each(|supertrait| subtraits[supertrait.index()].push(index));
    }
    let mut free: Vec<usize> = (0..traits.len()).filter(|&index| waiting[index] == 0).collect();
    while let Some(done) = free.pop() {
        for &index in &subtraits[done] {
            waiting[index] -= 1;
            if waiting[index] == 0 {
                free.push(index);
            }
        }
    }
    match traits.iter().zip(waiting).find(|&(_, count)| count > 0) {
        Some((known, _)) => Err(Diagnostic::new(
            "recursive-trait",
            known.span,
            format!("`{}` is, through its supertraits, a supertrait of itself", known.name),
        )),
        None => Ok(()),
    }
}

/// Gives the traits their methods.
pub(super) fn add_methods<'a>(sources: &ItemSources<'a>, program: &mut Program<'a>) {
    for (known, (_, source, functions)) in program.traits.iter_mut().zip(&sources.traits) {
        let names = source.methods.iter().filter_map(|item| match &item.kind {
            ItemKind::Function(function) => Some(function.name.text),
            _ => None,
        });
        known.methods = names.zip(functions.clone().map(FunctionId)).collect();
    }
}

/// Whether one trait is the other or has it among its supertraits.
pub(super) fn includes(traits: &[Trait<'_>], known: TraitId, wanted: TraitId) -> bool {
    let mut open = vec![known];
    let mut seen = vec![known];
    while let Some(next) = open.pop() {
        if next == wanted {
            return true;
        }
        for &supertrait in &traits[next.index()].supertraits {
            if !seen.contains(&supertrait) {
                seen.push(supertrait);
                open.push(supertrait);
            }
        }
    }
    false
}
