//! The order of modules: each behind those that it uses. Imports form no cycle; only the modules of the prelude may refer to each
//! other, and to use one of them is no import, for every module sees them.

use super::loading::{Loaded, LoadedModule};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::ModuleId;

/// Puts the modules in order, beginning with the first ones given.
pub(super) fn order<'a>(modules: Vec<LoadedModule<'a>>, root: ModuleId) -> Outcome<Loaded<'a>> {
    let mut search = Search { modules: &modules, states: vec![State::New; modules.len()], order: Vec::new() };
    for module in 0..modules.len() {
        search.visit(module)?;
    }
    let order = search.order;
    let mut places = vec![ModuleId(0); order.len()];
    for (place, &module) in order.iter().enumerate() {
        places[module] = ModuleId(place as u32);
    }
    let mut modules: Vec<Option<LoadedModule<'a>>> = modules.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(modules.len());
    for module in order {
        ordered.extend(modules[module].take().map(|module| renumbered(module, &places)));
    }
    Ok(Loaded { modules: ordered, root: places[root.index()] })
}

/// The module with the new numbers of those that it uses.
fn renumbered<'a>(mut module: LoadedModule<'a>, places: &[ModuleId]) -> LoadedModule<'a> {
    module.uses.iter_mut().for_each(|used| *used = places[used.index()]);
    module
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// A search in depth; the stack is its own, for programs may have thousands of modules in a row.
struct Search<'m, 'a> {
    modules: &'m [LoadedModule<'a>],
    states: Vec<State>,
    order: Vec<usize>,
}

impl Search<'_, '_> {
    /// Appends what a module uses, then the module, but for what is there.
    fn visit(&mut self, start: usize) -> Outcome<()> {
        if self.states[start] != State::New {
            return Ok(());
        }
        // The modules that are open, each with the number of its next `use`.
        let mut open = vec![(start, 0)];
        self.states[start] = State::Open;
        while let Some((module, next)) = open.last_mut() {
            let Some(target) = self.modules[*module].uses.get(*next).map(|used| used.index()) else {
                self.states[*module] = State::Done;
                self.order.push(*module);
                open.pop();
                continue;
            };
            *next += 1;
            if self.modules[target].prelude {
                continue;
            }
            match self.states[target] {
                State::Done => {}
                State::Open => return Err(self.cycle(&open, target)),
                State::New => {
                    self.states[target] = State::Open;
                    open.push((target, 0));
                }
            }
        }
        Ok(())
    }

    /// The error for the open modules from `target` on, the last of which uses `target`.
    fn cycle(&self, open: &[(usize, usize)], target: usize) -> Box<Diagnostic> {
        let from = open.iter().position(|&(module, _)| module == target).unwrap_or(0);
        let chain = &open[from..];
        let name = |module: usize| self.modules[module].name;
        let uses: Vec<_> =
            chain.iter().map(|&(module, next)| (module, &self.modules[module].ast.uses[next - 1])).collect();
        let names: Vec<&str> = chain.iter().map(|&(module, _)| name(module)).chain([name(target)]).collect();
        let span = uses.first().map_or(self.start_of(target), |(_, used)| used.span);
        let error = Diagnostic::new("import-cycle", span, format!("modules import each other: {}", names.join(" -> ")));
        let rest = uses.iter().zip(&names[1..]).skip(1);
        rest.fold(error, |error, ((module, used), target)| {
            error.note(used.span, format!("`{}` uses `{target}` here", name(*module)))
        })
    }

    fn start_of(&self, module: usize) -> crate::source::Span {
        super::loading::at_start(self.modules[module].file)
    }
}
