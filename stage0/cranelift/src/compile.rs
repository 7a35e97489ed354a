//! Machine code for the functions of a module. Threads share the functions out; the results stand in the order of the
//! module, so that nothing depends on how many threads there were.

use crate::framing::{self, Framing};
use crate::image::FixupKind;
use crate::loops;
use crate::lower::{Lowered, Lowering, is_return, place_index};
use crate::symbol::Symbol;
use cranelift_codegen::binemit::CodeOffset;
use cranelift_codegen::ir::{ExternalName, Function, LibCall, SourceLoc};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{CodegenResult, CompiledCode, Context, FinalizedMachReloc, FinalizedRelocTarget};
use cranelift_control::ControlPlane;
use cranelift_frontend::FunctionBuilderContext;
use kea_mir::diagnostic::Diagnostic;
use kea_mir::entity::FuncId;
use kea_mir::module::{Location, Module};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Optimisation recurses over deep expressions in places; the memory is committed when it is touched.
const STACK_BYTES: usize = 64 << 20;

/// A function to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A function or a clause of the module.
    Function(FuncId),
    /// `kea_entry`, which calls that function.
    Entry(FuncId),
    /// `kea_task`, which calls a closure.
    Task,
    /// `main`.
    Main,
}

/// The machine code of an item.
#[derive(Debug)]
pub struct Code {
    /// What was compiled.
    pub item: Item,
    /// The machine code.
    pub bytes: Vec<u8>,
    /// Its alignment.
    pub align: u32,
    /// The addresses to fill in.
    pub references: Vec<Reference>,
    /// Where it is in the source.
    pub location: Location,
    /// From which offset on the code belongs to which known place, in order.
    pub rows: Vec<Row>,
    /// The calls, in order of return addresses.
    pub sites: Vec<Row>,
    /// How to find the caller's frame, unless the function has none of its own.
    pub frame: Option<UnwindInfo>,
}

/// An offset in code, and the place in the source that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Bytes from the start of the function.
    pub offset: CodeOffset,
    /// The place.
    pub location: Location,
}

/// An address that code holds.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Where in the code.
    pub offset: CodeOffset,
    /// How it is written.
    pub kind: FixupKind,
    /// The address of what.
    pub referent: Referent,
    /// Added to the address.
    pub addend: i64,
}

/// What code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Referent {
    /// Something of the module, the runtime, or the C library.
    Symbol(Symbol),
    /// A function of the C library that Cranelift calls for an instruction that the machine lacks.
    Library(&'static str),
}

/// How much work it was. Times are sums over threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Instructions of Cranelift's intermediate form.
    pub instructions: u64,
    /// Bytes of machine code.
    pub code_bytes: u64,
    /// Time from MIR to Cranelift's intermediate form.
    pub lowering: Duration,
    /// Time from there to machine code.
    pub codegen: Duration,
}

/// Compiles items on at most `jobs` threads; the code is in their order.
pub fn compile(lowering: &Lowering, items: &[Item], jobs: usize) -> Result<(Vec<Code>, Work), Vec<Diagnostic>> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut worker = Worker::new(lowering);
        let mut results = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            results.push(worker.item(*item));
        }
        (results, worker.work)
    };
    let threads = jobs.clamp(1, items.len().max(1));
    let shares = thread::scope(|scope| {
        let spawn = || thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run);
        let handles: Result<Vec<_>, _> = (0..threads).map(|_| spawn()).collect();
        let handles = handles.map_err(|error| vec![internal(&format!("no thread for code generation: {error}"))])?;
        let shares: Result<Vec<_>, _> = handles.into_iter().map(|handle| handle.join()).collect();
        shares.map_err(|panic| vec![internal(&panic_message(&*panic))])
    })?;
    merge(lowering.module, items, shares)
}

type Share = (Vec<Result<Code, (Item, Diagnostic)>>, Work);

fn merge(module: &Module, items: &[Item], shares: Vec<Share>) -> Result<(Vec<Code>, Work), Vec<Diagnostic>> {
    let mut work = Work::default();
    let (mut codes, mut failures) = (Vec::with_capacity(items.len()), Vec::new());
    for (results, share) in shares {
        work.add(share);
        for result in results {
            match result {
                Ok(code) => codes.push(code),
                Err(failure) => failures.push(failure),
            }
        }
    }
    let last = module.functions.len();
    let position = |item: Item| match item {
        Item::Function(id) => id.index(),
        Item::Entry(_) => last,
        Item::Task => last + 1,
        Item::Main => last + 2,
    };
    if failures.is_empty() {
        codes.sort_unstable_by_key(|code| position(code.item));
        return Ok((codes, work));
    }
    failures.sort_by_key(|(item, _)| position(*item));
    Err(failures.into_iter().map(|(_, diagnostic)| diagnostic).collect())
}

/// What a thread keeps from one function to the next.
struct Worker<'a> {
    lowering: &'a Lowering<'a>,
    builder: FunctionBuilderContext,
    context: Context,
    emit: Emit,
    control: ControlPlane,
    work: Work,
}

impl<'a> Worker<'a> {
    fn new(lowering: &'a Lowering<'a>) -> Worker<'a> {
        Worker {
            lowering,
            builder: FunctionBuilderContext::new(),
            context: Context::new(),
            emit: emit(),
            control: ControlPlane::default(),
            work: Work::default(),
        }
    }

    /// Compiles an item. A panic on the way is a defect of this compiler, not the end of the process.
    fn item(&mut self, item: Item) -> Result<Code, (Item, Diagnostic)> {
        let result = catch_unwind(AssertUnwindSafe(|| self.generate(item))).unwrap_or_else(|panic| {
            self.builder = FunctionBuilderContext::new();
            self.context = Context::new();
            self.emit = emit();
            Err(panic_message(&*panic))
        });
        result.map_err(|message| {
            let mut diagnostic = internal(&message);
            if let Item::Function(id) | Item::Entry(id) = item {
                let function = self.lowering.module.function(id);
                diagnostic.function = Some(function.name.clone());
                diagnostic.line = function.line;
                diagnostic.location = function.location;
            }
            (item, diagnostic)
        })
    }

    fn generate(&mut self, item: Item) -> Result<Code, String> {
        let start = Instant::now();
        let Lowered { clif, locations } = match item {
            Item::Function(id) => self.lowering.function(id, &mut self.builder),
            Item::Entry(id) => self.lowering.entry(id, &mut self.builder),
            Item::Task => self.lowering.task(&mut self.builder),
            Item::Main => self.lowering.main(&mut self.builder),
        };
        let lowered = Instant::now();
        self.work.instructions += clif.dfg.num_insts() as u64;
        self.context.clear();
        self.context.func = clif;
        let isa = self.lowering.isa;
        let compiled = self.machine_code().map_err(|error| one_line(&error.to_string()))?;
        let code = finish(item, isa, &self.context.func, &compiled, &locations)?;
        self.work.lowering += lowered - start;
        self.work.codegen += lowered.elapsed();
        self.work.code_bytes += code.bytes.len() as u64;
        Ok(code)
    }

    /// What `Context::compile` does, with a step between the optimiser and the register allocator.
    fn machine_code(&mut self) -> CodegenResult<CompiledCode> {
        let isa = self.lowering.isa;
        self.context.optimize(isa, &mut self.control)?;
        if isa.flags().opt_level() != OptLevel::None {
            loops::detach(&mut self.context, preserved_registers(isa));
            self.context.verify_if(isa)?;
        }
        (self.emit)(isa, &self.context, &mut self.control)
    }
}

/// The last stage of Cranelift: from a function that is optimised to machine code.
type Emit = Box<dyn FnMut(&dyn TargetIsa, &Context, &mut ControlPlane) -> CodegenResult<CompiledCode>>;

/// It keeps the register allocator's memory from one function to the next; the memory's type has no public name.
fn emit() -> Emit {
    let mut memory = Default::default();
    Box::new(move |isa, Context { func, domtree, .. }, control| {
        let code = isa.compile_function(func, domtree, &mut memory, false, control)?;
        Ok(code.apply_params(&func.params))
    })
}

/// How many registers for integers calls preserve, the context's and the frame pointer aside.
fn preserved_registers(isa: &dyn TargetIsa) -> usize {
    // rbx, r12 to r14; x19, x20, x22 to x28.
    if isa.name() == "x64" { 4 } else { 9 }
}

impl Work {
    fn add(&mut self, other: Work) {
        self.instructions += other.instructions;
        self.code_bytes += other.code_bytes;
        self.lowering += other.lowering;
        self.codegen += other.codegen;
    }
}

fn finish(
    item: Item,
    isa: &dyn TargetIsa,
    function: &Function,
    compiled: &CompiledCode,
    locations: &[Location],
) -> Result<Code, String> {
    let mut bytes = compiled.code_buffer().to_vec();
    let mut references =
        compiled.buffer.relocs().iter().map(|reloc| reference(function, reloc)).collect::<Result<Vec<_>, _>>()?;
    let framing = match isa.name() {
        "x64" => framing::simplify(function, compiled, &mut bytes, &mut references),
        _ => Framing::Framed,
    };
    let (removed, frame) = match framing {
        Framing::Framed => (0, compiled.create_unwind_info(isa).map_err(|error| error.to_string())?),
        Framing::Frameless(removed) => (removed, None),
    };
    let location = locations.first().copied().unwrap_or_default();
    let places = Places { compiled, locations, function: location, removed };
    Ok(Code {
        item,
        bytes,
        align: compiled.buffer.alignment.max(isa.function_alignment().minimum),
        references,
        location,
        rows: places.rows(),
        sites: places.sites(),
        frame,
    })
}

fn reference(function: &Function, reloc: &FinalizedMachReloc) -> Result<Reference, String> {
    let kind = FixupKind::from_reloc(reloc.kind).ok_or_else(|| format!("unexpected relocation {}", reloc.kind))?;
    let referent = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
            let name = &function.params.user_named_funcs()[*name];
            Symbol::from_name(name).map(Referent::Symbol).ok_or_else(|| format!("unknown symbol {name}"))?
        }
        FinalizedRelocTarget::ExternalName(ExternalName::LibCall(library)) => {
            library_name(*library).map(Referent::Library).ok_or_else(|| format!("unexpected call of {library}"))?
        }
        other => return Err(format!("unexpected reference to {other:?}")),
    };
    Ok(Reference { offset: reloc.offset, kind, referent, addend: reloc.addend })
}

/// The C library's name of what an instruction becomes where the machine lacks it.
fn library_name(library: LibCall) -> Option<&'static str> {
    Some(match library {
        LibCall::CeilF32 => "ceilf",
        LibCall::CeilF64 => "ceil",
        LibCall::FloorF32 => "floorf",
        LibCall::FloorF64 => "floor",
        LibCall::TruncF32 => "truncf",
        LibCall::TruncF64 => "trunc",
        LibCall::NearestF32 => "nearbyintf",
        LibCall::NearestF64 => "nearbyint",
        LibCall::Memcpy => "memcpy",
        LibCall::Memset => "memset",
        LibCall::Memmove => "memmove",
        LibCall::Memcmp => "memcmp",
        _ => return None,
    })
}

/// The source locations of a function's code.
struct Places<'a> {
    compiled: &'a CompiledCode,
    locations: &'a [Location],
    function: Location,
    /// Bytes that are gone from the start of the code.
    removed: CodeOffset,
}

impl Places<'_> {
    fn known(&self, index: SourceLoc) -> Option<Location> {
        self.locations.get(place_index(index)).copied().filter(|location| location.is_known())
    }

    /// The prologue belongs to the function's own place, and code of unknown origin to what stands before it. Where
    /// there is no prologue, the function's place has a row all the same: debuggers stop at the second one.
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        if self.function.is_known() {
            rows.push(Row { offset: 0, location: self.function });
        }
        let prologue = rows.len();
        for range in self.compiled.buffer.get_srclocs_sorted() {
            let Some(location) = self.known(range.loc) else { continue };
            let row = Row { offset: range.start.saturating_sub(self.removed), location };
            match rows[prologue..].last_mut() {
                Some(last) if last.location == location => {}
                Some(last) if last.offset == row.offset => *last = row,
                _ => rows.push(row),
            }
        }
        rows
    }

    /// A call without a place of its own belongs to that of the function. What is called in tail position does not
    /// come back.
    fn sites(&self) -> Vec<Row> {
        let ranges = self.compiled.buffer.get_srclocs_sorted();
        let site = |behind: CodeOffset| {
            let before = ranges.partition_point(|range| range.start < behind);
            let range = ranges[..before].last().filter(|range| behind <= range.end);
            if range.is_some_and(|range| is_return(range.loc)) {
                return None;
            }
            let location = range.and_then(|range| self.known(range.loc)).unwrap_or(self.function);
            location.is_known().then_some(Row { offset: behind - self.removed, location })
        };
        let mut sites: Vec<Row> = self.compiled.buffer.call_sites().filter_map(|call| site(call.ret_addr)).collect();
        sites.sort_unstable_by_key(|site| site.offset);
        sites
    }
}

fn internal(message: &str) -> Diagnostic {
    Diagnostic::error("internal", 0, format!("internal compiler error: {message}"))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    one_line(text.unwrap_or("a panic without a message"))
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
