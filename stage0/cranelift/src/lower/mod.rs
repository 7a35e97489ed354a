//! Lowering of one function to CLIF.

use crate::symbol::Symbol;
use cranelift_codegen::ir;
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
    /// Whether a symbol is known to lie near the code (always in objects; not the runtime's under JIT).
    pub colocated: fn(Symbol) -> bool,
}

/// A function as CLIF.
pub struct Lowered {
    /// The code. Its external names are [`Symbol`]s.
    pub clif: ir::Function,
    /// The places that its source locations index; location 0 is the function's own.
    pub locations: Vec<Location>,
}

impl Lowering<'_> {
    /// Lowers a function or a clause that has a body.
    pub fn function(&self, _function: FuncId, _context: &mut FunctionBuilderContext) -> Lowered {
        todo!()
    }

    /// `main(argc, argv)`, which calls `kea_start(argc, argv, kea_entry)`.
    pub fn main(&self, _context: &mut FunctionBuilderContext) -> Lowered {
        todo!()
    }

    /// `kea_entry(context)`: loads the context and calls the module's entry function.
    pub fn entry(&self, _entry: FuncId, _context: &mut FunctionBuilderContext) -> Lowered {
        todo!()
    }
}
