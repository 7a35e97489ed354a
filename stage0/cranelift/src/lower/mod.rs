//! Lowering of MIR to CLIF, one function at a time.
//!
//! [`emitter`] holds what any code needs: symbols, memory, calls of the runtime. [`function`] walks the blocks of a
//! function and hands each instruction to the module of its class. MIR is in static single assignment form with block
//! parameters, as CLIF is, so a value becomes the list of the machine values that it is flattened to ([`values`]).

mod arithmetic;
mod arrays;
mod bits;
mod calls;
mod cells;
mod checks;
mod closures;
mod compare;
mod control;
mod counting;
mod effects;
mod emitter;
mod entry;
mod failures;
mod flats;
mod function;
mod memory;
mod ranges;
mod results;
mod signature;
mod switch;
mod values;

use cranelift_codegen::ir::{self, SourceLoc};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::FunctionBuilderContext;
use kea_mir::entity::FuncId;
use kea_mir::module::Location;
use kea_mir::validate::ValidModule;

/// What lowering needs to know besides the function.
pub struct Lowering<'a> {
    /// The module.
    pub module: &'a ValidModule,
    /// The target.
    pub isa: &'a dyn TargetIsa,
}

/// A function as CLIF.
pub struct Lowered {
    /// The code. Its external names are [`Symbol`]s.
    pub clif: ir::Function,
    /// The places that its source locations index, by [`place_index`]; place 0 is the function's own.
    pub locations: Vec<Location>,
}

/// Set in the source locations of returns. Each return has a location of its own, so that its code can be found.
const RETURN: u32 = 1 << 31;

/// The index in [`Lowered::locations`] of a source location.
pub fn place_index(location: SourceLoc) -> usize {
    (location.bits() & !RETURN) as usize
}

/// Whether it is the source location of a return.
pub fn is_return(location: SourceLoc) -> bool {
    !location.is_default() && location.bits() & RETURN != 0
}

impl Lowering<'_> {
    /// Lowers a function or a clause that has a body.
    pub fn function(&self, function: FuncId, context: &mut FunctionBuilderContext) -> Lowered {
        function::lower(self, function, context)
    }

    /// `main(argc, argv)`, which calls `kea_start(argc, argv, kea_entry)`.
    pub fn main(&self, context: &mut FunctionBuilderContext) -> Lowered {
        entry::main(self, context)
    }

    /// `kea_entry(context)`: loads the context and calls the module's entry function.
    pub fn entry(&self, entry: FuncId, context: &mut FunctionBuilderContext) -> Lowered {
        entry::entry(self, entry, context)
    }

    /// `kea_task(context, closure, number)`: loads the context and calls the closure.
    pub fn task(&self, context: &mut FunctionBuilderContext) -> Lowered {
        entry::task(self, context)
    }
}
