//! Lowering: from the typed, polymorphic tree to monomorphic code without counts.
//!
//! What `main` reaches is compiled, each function once for the types and effects it is used at. There is a worklist ([`Job`]),
//! so that instances ask for instances without recursion:
//!
//! | file | is about |
//! | --- | --- |
//! | `types` | monomorphic types and effects |
//! | `layouts` | their representation: layouts, signatures, effects of MIR |
//! | `instances` | which code a named function means, and asking for it |
//! | `jobs` | the pieces of code that are asked for, one function of MIR each |
//! | `builder`, `scope`, `regions` | writing a function: instructions; variables as values; what failures pass on their way out |
//! | `expressions`, `operators`, `aggregates`, `calls`, `control`, `matches`, `handlers`, `closures` | expressions, by kind |
//! | `intrinsics`, `arrays`, `externs` | what `@intrinsic` functions become |
//! | `constants`, `entry` | globals, and the function that a program begins with |
//! | `assigned` | which variables a loop or a handled expression changes |
//! | `walk`, `describe` | the parts of an expression; types in messages |
//! | `performs` | which capabilities each function performs, once all are known |
//!
//! **Effects.** An effect of a row is evidence (a parameter) where it has operations that resume, and a failure where it has
//! operations that do not. Capabilities are neither: they are no part of an instance, of a signature only at the very end.
//!
//! **Unit.** A value of type `Unit` is an `i8` 0 where it is stored or passed; a function that gives `Unit` gives `()`.

mod aggregates;
mod arrays;
mod assigned;
mod builder;
mod calls;
mod closures;
mod constants;
mod control;
mod describe;
mod entry;
mod expressions;
mod externs;
mod handlers;
mod instances;
mod intrinsics;
mod jobs;
mod layouts;
mod matches;
mod operators;
mod performs;
mod regions;
mod scope;
mod types;
mod walk;

use crate::diagnostic::Outcome;
use crate::draft::Draft;
use crate::hir::{ConstantId, LocalId, Program};
use crate::source::{FileId, Sources, Span};
use instances::{Adapter, FunctionInstance, Origin, OriginId};
use jobs::Job;
use kea_mir::entity::{EffectId, FuncId, GlobalId};
use kea_mir::module::{Function, FunctionKind, Location, Module, Signature};
use kea_mir::types::{Stored, Type};
use layouts::{CallShape, Pending};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use types::{EffectInstance, Mono, Types};

/// The machine that programs are compiled for.
const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };

/// Compiles what the program's `main` reaches: a module whose functions have no bodies yet, and their code.
pub fn lower<'a>(program: &Program<'a>, sources: &Sources) -> Outcome<(Module, Vec<(FuncId, Draft)>)> {
    let mut lowering = Lowering::new(program, sources);
    if let Some(main) = program.main {
        lowering.compile_program(main)?;
    }
    lowering.complete_declarations()?;
    lowering.add_capabilities();
    lowering.declare_files();
    Ok((lowering.module, lowering.drafts))
}

/// A whole compilation.
struct Lowering<'p, 'a> {
    program: &'p Program<'a>,
    sources: &'p Sources,
    module: Module,
    drafts: Vec<(FuncId, Draft)>,
    types: Types<'p, 'a>,
    /// The representation of each type that was asked for.
    stored: Vec<Option<Stored>>,
    /// The types of each constructor's fields that were asked for.
    field_types: FxHashMap<(Mono, u32), Rc<[Mono]>>,
    /// Layouts and signatures that are still to be filled in.
    pending: VecDeque<Pending>,
    effects: FxHashMap<EffectInstance, EffectId>,
    jobs: VecDeque<Job<'p, 'a>>,
    instances: FxHashMap<FunctionInstance, (FuncId, Rc<CallShape>)>,
    adapters: FxHashMap<Adapter, FuncId>,
    /// Why each instance exists.
    origins: Vec<Origin>,
    /// The constants that are reached and kept in globals, with the functions that compute them.
    constants: FxHashMap<ConstantId, (GlobalId, FuncId)>,
    externs: FxHashMap<&'static str, FuncId>,
    /// How often each name of a function was asked for.
    function_names: FxHashMap<Box<str>, u32>,
    /// The variables that loops and handled expressions assign, by the address of the expression.
    assigned: FxHashMap<usize, Rc<[LocalId]>>,
    analysed: FxHashSet<usize>,
    /// The files that locations are in.
    files: BTreeSet<FileId>,
}

impl<'p, 'a> Lowering<'p, 'a> {
    fn new(program: &'p Program<'a>, sources: &'p Sources) -> Lowering<'p, 'a> {
        Lowering {
            program,
            sources,
            module: Module::new(TARGET),
            drafts: Vec::new(),
            types: Types::new(program),
            stored: Vec::new(),
            field_types: FxHashMap::default(),
            pending: VecDeque::new(),
            effects: FxHashMap::default(),
            jobs: VecDeque::new(),
            instances: FxHashMap::default(),
            adapters: FxHashMap::default(),
            origins: Vec::new(),
            constants: FxHashMap::default(),
            externs: FxHashMap::default(),
            function_names: FxHashMap::default(),
            assigned: FxHashMap::default(),
            analysed: FxHashSet::default(),
            files: BTreeSet::new(),
        }
    }

    /// Compiles everything that is asked for.
    fn run_jobs(&mut self) -> Outcome<()> {
        while let Some(job) = self.jobs.pop_front() {
            let func = job.func;
            let draft = self.compile(job)?;
            self.drafts.push((func, draft));
        }
        Ok(())
    }

    /// Declares a function of this unit, whose code follows.
    fn declare_function(
        &mut self,
        name: &str,
        kind: FunctionKind,
        signature: Signature,
        captures: Vec<Type>,
        span: Span,
    ) -> FuncId {
        let name = self.distinct_function_name(name);
        let location = self.location(span);
        let id = FuncId::new(self.module.functions.len());
        self.module.functions.push(Function { name, kind, signature, captures, location, line: 0, body: None });
        id
    }

    /// The name, with a number behind it when another function has it.
    fn distinct_function_name(&mut self, name: &str) -> Box<str> {
        let mut candidate: Box<str> = types::mir_name(name).into();
        loop {
            match self.function_names.get_mut(&candidate) {
                None => {
                    self.function_names.insert(candidate.clone(), 1);
                    return candidate;
                }
                Some(count) => {
                    *count += 1;
                    candidate = format!("{candidate}#{count}").into();
                }
            }
        }
    }

    /// Line and column of a place.
    fn location(&mut self, span: Span) -> Location {
        let (line, column) = self.sources.file(span.file).line_column(span.start);
        self.files.insert(span.file);
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        Location { file: span.file.0.saturating_add(1), column, line }
    }

    /// Declares the files that locations are in.
    fn declare_files(&mut self) {
        for file in &self.files {
            let path = self.sources.file(*file).name.display().to_string();
            self.module.files.insert(file.0.saturating_add(1), path.into());
        }
    }
}

/// Where a piece of code comes from: nothing asked for the first.
type OptionalOrigin = Option<OriginId>;
