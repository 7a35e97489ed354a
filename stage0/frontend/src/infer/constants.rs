//! The order of constants: each after those that its value needs, through the functions that it calls.

use super::errors::local_name;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{ConstantId, FunctionId, ImplementationId, MethodSource, Program};

/// How many members of a cycle a message shows.
const CYCLE_NOTES: usize = 8;

/// Something that code can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A function.
    Function(FunctionId),
    /// A constant.
    Constant(ConstantId),
    /// An implementation: all its methods.
    Implementation(ImplementationId),
}

/// What each declaration refers to. A method that is called on a type variable is one of an implementation that the code around chose:
/// that code refers to the implementation.
#[derive(Debug, Default)]
pub(super) struct References {
    /// The declarations that were checked, with where what they refer to begins in `targets`.
    sources: Vec<(Node, usize)>,
    targets: Vec<Node>,
}

impl References {
    /// Begins a declaration.
    pub(super) fn begin(&mut self, node: Node) {
        self.sources.push((node, self.targets.len()));
    }

    /// The declaration refers to a function.
    pub(super) fn function(&mut self, id: FunctionId) {
        self.targets.push(Node::Function(id));
    }

    /// The declaration refers to a constant.
    pub(super) fn constant(&mut self, id: ConstantId) {
        self.targets.push(Node::Constant(id));
    }

    /// The declaration refers to an implementation.
    pub(super) fn implementation(&mut self, id: ImplementationId) {
        self.targets.push(Node::Implementation(id));
    }
}

/// The constants in order of dependence.
pub(super) fn order(program: &Program<'_>, references: &References) -> Outcome<Vec<ConstantId>> {
    let mut search = Search::new(program, references);
    for index in 0..program.constants.len() {
        search.visit(index as u32)?;
    }
    Ok(search.order)
}

/// Tarjan's search for strongly connected components: they come out in order of dependence. Nodes are numbered: constants,
/// functions, implementations.
struct Search<'p, 'a> {
    program: &'p Program<'a>,
    /// For each node what it refers to.
    edges: Vec<Vec<u32>>,
    /// When the search came to a node; 0 if it has not.
    found: Vec<u32>,
    /// The earliest node on the stack that a node leads to.
    lowest: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    time: u32,
    order: Vec<ConstantId>,
}

impl<'p, 'a> Search<'p, 'a> {
    fn new(program: &'p Program<'a>, references: &References) -> Search<'p, 'a> {
        let count = program.constants.len() + program.functions.len() + program.implementations.len();
        let number = |node: Node| match node {
            Node::Constant(id) => id.0,
            Node::Function(id) => program.constants.len() as u32 + id.0,
            Node::Implementation(id) => (program.constants.len() + program.functions.len()) as u32 + id.0,
        };
        let mut edges = vec![Vec::new(); count];
        for (index, (source, start)) in references.sources.iter().enumerate() {
            let end = references.sources.get(index + 1).map_or(references.targets.len(), |(_, start)| *start);
            edges[number(*source) as usize].extend(references.targets[*start..end].iter().map(|node| number(*node)));
        }
        for (index, implementation) in program.implementations.iter().enumerate() {
            let methods = implementation.methods.iter().map(|method| match method {
                MethodSource::Own(id) | MethodSource::Default(id) => number(Node::Function(*id)),
            });
            let own = &mut edges[number(Node::Implementation(ImplementationId(index as u32))) as usize];
            own.extend(methods);
            // Who has the trait has its supertraits, too.
            let supertraits = &program.traits[implementation.trait_id.index()].supertraits;
            own.extend(supertraits.iter().filter_map(|&supertrait| {
                let instance = program.instances.get(&(supertrait, implementation.target.head()?))?;
                Some(number(Node::Implementation(*instance)))
            }));
        }
        Search {
            program,
            edges,
            found: vec![0; count],
            lowest: vec![0; count],
            on_stack: vec![false; count],
            stack: Vec::new(),
            time: 0,
            order: Vec::new(),
        }
    }

    /// Searches from a node, without recursion: chains of calls may be long.
    fn visit(&mut self, root: u32) -> Outcome<()> {
        if self.found[root as usize] != 0 {
            return Ok(());
        }
        self.enter(root);
        let mut path: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some(&target) = self.edges[node as usize].get(*next) {
                *next += 1;
                if self.found[target as usize] == 0 {
                    self.enter(target);
                    path.push((target, 0));
                } else if self.on_stack[target as usize] {
                    self.lower(node, self.found[target as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                self.lower(parent, self.lowest[node as usize]);
            }
            if self.lowest[node as usize] == self.found[node as usize] {
                self.component(node)?;
            }
        }
        Ok(())
    }

    fn enter(&mut self, node: u32) {
        self.time += 1;
        self.found[node as usize] = self.time;
        self.lowest[node as usize] = self.time;
        self.on_stack[node as usize] = true;
        self.stack.push(node);
    }

    fn lower(&mut self, node: u32, time: u32) {
        let lowest = &mut self.lowest[node as usize];
        *lowest = (*lowest).min(time);
    }

    /// Takes a finished component off the stack. One with a constant and anything else is a cycle.
    fn component(&mut self, root: u32) -> Outcome<()> {
        let start = self.stack.iter().rposition(|&node| node == root).unwrap_or(0);
        let members = self.stack.split_off(start);
        members.iter().for_each(|&node| self.on_stack[node as usize] = false);
        let constants: Vec<ConstantId> = members
            .iter()
            .filter(|&&node| (node as usize) < self.program.constants.len())
            .map(|&node| ConstantId(node))
            .collect();
        let Some(&first) = constants.iter().min() else { return Ok(()) };
        if members.len() == 1 && !self.edges[first.index()].contains(&first.0) {
            self.order.push(first);
            return Ok(());
        }
        Err(self.cycle(first, &members))
    }

    fn cycle(&self, first: ConstantId, members: &[u32]) -> Box<Diagnostic> {
        let constant = &self.program.constants[first.index()];
        let local = |name| local_name(self.program, constant.module, name);
        let message = format!("the value of `{}` needs itself", local(constant.name));
        let mut error = Diagnostic::new("constant-cycle", constant.span, message);
        let mut others: Vec<u32> = members.iter().copied().filter(|&node| node != first.0).collect();
        others.sort_unstable();
        let constants = self.program.constants.len();
        let places = others.iter().filter_map(|&node| match self.program.constants.get(node as usize) {
            Some(constant) => Some((constant.span, constant.name)),
            None => {
                self.program.functions.get(node as usize - constants).map(|function| (function.span, function.name))
            }
        });
        for (span, name) in places.take(CYCLE_NOTES) {
            error = error.note(span, format!("through `{}`", local(name)));
        }
        error
    }
}
