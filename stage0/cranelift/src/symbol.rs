//! The symbols that generated code refers to, as Cranelift's external names.
//!
//! Lowering a function needs no shared table: every symbol follows from ids of the module. Whoever emits the code
//! (object or JIT) maps the names back.

use cranelift_codegen::ir::UserExternalName;
use kea_mir::contract::SERVICES;
use kea_mir::entity::{DataId, EffectId, FuncId, GlobalId, LayoutId, TextId};

/// Something that generated code refers to by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A function of the module: extern, import, function or clause.
    Function(FuncId),
    /// A service of the runtime, by its row in [`SERVICES`].
    Service(u32),
    /// `memmove` of the platform's C library.
    Memmove,
    /// The platform-convention entry, `kea_entry`.
    Entry,
    /// The platform-convention call of a closure by a thread of the runtime, `kea_task`.
    Task,
    /// The static descriptor of a zero-resume operation.
    Operation(EffectId, u32),
    /// The memory of a global.
    Global(GlobalId),
    /// The first object of static data.
    Data(DataId),
    /// The object of a string literal.
    Text(TextId),
    /// The immortal closure of a function's code.
    StaticClosure(FuncId),
    /// The drop descriptor of a variant's cells.
    CellDescriptor(LayoutId, u32),
    /// The drop descriptor of an array layout's elements.
    ElementDescriptor(LayoutId),
    /// The drop descriptor of the closures over a function's code.
    ClosureDescriptor(FuncId),
}

const NAMESPACES: u32 = 13;

impl Symbol {
    /// The service of that name in the contract.
    pub fn service(name: &str) -> Symbol {
        let index = SERVICES.iter().position(|(service, _)| *service == name);
        Symbol::Service(index.expect("generated code calls services of the contract only") as u32)
    }

    /// As an external name of Cranelift.
    pub fn name(self) -> UserExternalName {
        let (kind, minor, index) = match self {
            Symbol::Function(id) => (0, 0, id.0),
            Symbol::Service(index) => (1, 0, index),
            Symbol::Memmove => (2, 0, 0),
            Symbol::Entry => (3, 0, 0),
            Symbol::Operation(effect, operation) => (4, operation, effect.0),
            Symbol::Global(id) => (5, 0, id.0),
            Symbol::Data(id) => (6, 0, id.0),
            Symbol::Text(id) => (7, 0, id.0),
            Symbol::StaticClosure(id) => (8, 0, id.0),
            Symbol::CellDescriptor(layout, variant) => (9, variant, layout.0),
            Symbol::ElementDescriptor(layout) => (10, 0, layout.0),
            Symbol::ClosureDescriptor(id) => (11, 0, id.0),
            Symbol::Task => (12, 0, 0),
        };
        UserExternalName { namespace: minor * NAMESPACES + kind, index }
    }

    /// The symbol of an external name that [`Symbol::name`] made.
    pub fn from_name(name: &UserExternalName) -> Option<Symbol> {
        let (kind, minor, index) = (name.namespace % NAMESPACES, name.namespace / NAMESPACES, name.index);
        Some(match kind {
            0 => Symbol::Function(FuncId(index)),
            1 => Symbol::Service(index),
            2 => Symbol::Memmove,
            3 => Symbol::Entry,
            4 => Symbol::Operation(EffectId(index), minor),
            5 => Symbol::Global(GlobalId(index)),
            6 => Symbol::Data(DataId(index)),
            7 => Symbol::Text(TextId(index)),
            8 => Symbol::StaticClosure(FuncId(index)),
            9 => Symbol::CellDescriptor(LayoutId(index), minor),
            10 => Symbol::ElementDescriptor(LayoutId(index)),
            11 => Symbol::ClosureDescriptor(FuncId(index)),
            12 => Symbol::Task,
            _ => return None,
        })
    }
}
