//! From machine code to an image: symbols, static data as far as it is referred to, call sites.

use crate::compile::{Code, Item, Referent};
use crate::data::{self, Contents};
use crate::image::{Binding, Chunk, ChunkId, ChunkKind, Fixup, Image, SymbolId, SymbolKind};
use crate::sites;
use crate::symbol::Symbol;
use kea_mir::contract::SERVICES;
use kea_mir::entity::{DataId, FuncId, GlobalId};
use kea_mir::layout::Shape;
use kea_mir::module::{FunctionKind, Module};
use rustc_hash::FxHashMap;

/// The entry point by the platform's convention that `main` hands to the runtime.
pub const ENTRY: &str = "kea_entry";
/// The function by the platform's convention by which the runtime calls closures.
const TASK: &str = "kea_task";

/// The image of a module with that code, and the symbol of each code, in order.
pub fn assemble(module: &Module, codes: &[Code]) -> (Image, Vec<SymbolId>) {
    let mut assembler = Assembler {
        module,
        image: Image::default(),
        symbols: FxHashMap::default(),
        files: FxHashMap::default(),
        pending: Vec::new(),
    };
    let symbols = codes.iter().map(|code| assembler.code(code)).collect();
    for index in 0..module.globals.len() {
        assembler.global(GlobalId::new(index));
    }
    for index in 0..module.data.len() {
        assembler.symbol(Symbol::Data(DataId::new(index)));
    }
    while let Some((symbol, id)) = assembler.pending.pop() {
        assembler.data(symbol, id);
    }
    (assembler.image, symbols)
}

struct Assembler<'a> {
    module: &'a Module,
    image: Image,
    symbols: FxHashMap<Referent, SymbolId>,
    files: FxHashMap<u16, SymbolId>,
    /// Static data that is referred to and not yet there.
    pending: Vec<(Symbol, SymbolId)>,
}

impl Assembler<'_> {
    fn code(&mut self, code: &Code) -> SymbolId {
        let symbol = match code.item {
            Item::Function(id) => self.symbol(Symbol::Function(id)),
            Item::Entry(_) => self.symbol(Symbol::Entry),
            Item::Task => self.symbol(Symbol::Task),
            Item::Main => self.image.add_symbol("main".into(), Binding::Public),
        };
        let fixups = code.references.iter().map(|reference| Fixup {
            offset: reference.offset,
            kind: reference.kind,
            symbol: self.referent(reference.referent),
            addend: reference.addend,
        });
        let fixups = fixups.collect();
        let name = self.image.symbol(symbol).name.clone();
        let chunk = self.image.add_chunk(Chunk::new(ChunkKind::Code, name, code.align, code.bytes.clone(), fixups));
        self.image.define(symbol, SymbolKind::Function, chunk);
        if let Item::Function(id) = code.item {
            self.sites(id, code, symbol, chunk);
        }
        symbol
    }

    fn sites(&mut self, id: FuncId, code: &Code, symbol: SymbolId, chunk: ChunkId) {
        let module = self.module;
        let record = sites::record(&module.function(id).name, code, symbol, |number| self.file(number));
        self.image.add_chunk(Chunk::new(ChunkKind::Sites(chunk), "", 8, record.bytes, record.fixups));
    }

    fn file(&mut self, number: u16) -> SymbolId {
        if let Some(symbol) = self.files.get(&number) {
            return *symbol;
        }
        let symbol = self.image.add_symbol(format!("kea.file.{number}"), Binding::Local);
        self.read_only(symbol, 4, sites::file(self.module, number));
        self.files.insert(number, symbol);
        symbol
    }

    fn global(&mut self, id: GlobalId) {
        let global = &self.module.globals[id.index()];
        if global.imported {
            return;
        }
        let symbol = self.symbol(Symbol::Global(id));
        let (size, align) = self.module.size_align(global.ty);
        let name = self.image.symbol(symbol).name.clone();
        let chunk = self.image.add_chunk(Chunk::zeroed(name, align.max(8), u64::from(size.max(8))));
        self.image.define(symbol, SymbolKind::Object, chunk);
    }

    fn symbol(&mut self, symbol: Symbol) -> SymbolId {
        self.referent(Referent::Symbol(symbol))
    }

    fn referent(&mut self, referent: Referent) -> SymbolId {
        if let Some(id) = self.symbols.get(&referent) {
            return *id;
        }
        let (name, binding) = match referent {
            Referent::Symbol(symbol) => name(self.module, symbol),
            Referent::Library(library) => (library.into(), Binding::Public),
        };
        let id = self.image.add_symbol(name, binding);
        self.symbols.insert(referent, id);
        if let Referent::Symbol(symbol) = referent
            && is_static_data(symbol)
        {
            self.pending.push((symbol, id));
        }
        id
    }

    fn data(&mut self, symbol: Symbol, id: SymbolId) {
        let module = self.module;
        let contents = match symbol {
            Symbol::Operation(..) => Contents { bytes: vec![0; 8], fixups: Vec::new() },
            Symbol::Data(data) => data::objects(module, data, &mut |target| self.symbol(target)),
            Symbol::Text(text) => data::text(module, text),
            Symbol::StaticClosure(function) => data::static_closure(module, self.symbol(Symbol::Function(function))),
            Symbol::CellDescriptor(layout, variant) => {
                let Shape::Cell { size, .. } = module.layout(layout).variants()[variant as usize].shape else { return };
                data::descriptor(size, &module.cell_managed_offsets(layout, variant))
            }
            Symbol::ElementDescriptor(layout) => {
                let Some(element) = module.layout(layout).element() else { return };
                data::descriptor(module.array_shape(element).stride, &module.managed_offsets(element))
            }
            Symbol::ClosureDescriptor(function) => {
                let shape = module.closure_shape(&module.function(function).captures);
                data::descriptor(shape.size, &shape.managed)
            }
            Symbol::Function(_)
            | Symbol::Service(_)
            | Symbol::Memmove
            | Symbol::Entry
            | Symbol::Task
            | Symbol::Global(_) => return,
        };
        self.read_only(id, 8, contents);
    }

    fn read_only(&mut self, symbol: SymbolId, align: u32, contents: Contents) {
        let kind = if contents.fixups.is_empty() { ChunkKind::ReadOnly } else { ChunkKind::Relocated };
        let name = self.image.symbol(symbol).name.clone();
        let chunk = self.image.add_chunk(Chunk::new(kind, name, align, contents.bytes, contents.fixups));
        self.image.define(symbol, SymbolKind::Object, chunk);
    }
}

/// Whether a symbol stands for data that this unit makes up as it is needed.
fn is_static_data(symbol: Symbol) -> bool {
    !matches!(
        symbol,
        Symbol::Function(_) | Symbol::Service(_) | Symbol::Memmove | Symbol::Entry | Symbol::Task | Symbol::Global(_)
    )
}

fn name(module: &Module, symbol: Symbol) -> (String, Binding) {
    let function = |id: FuncId| &module.function(id).name;
    let layout = |id| &module.layout(id).name;
    match symbol {
        Symbol::Function(id) => match module.function(id).kind {
            FunctionKind::Extern { .. } => (function(id).to_string(), Binding::Public),
            FunctionKind::Import | FunctionKind::Exported => (format!("kea.{}", function(id)), Binding::Program),
            FunctionKind::Local | FunctionKind::Clause { .. } => (format!("kea.{}", function(id)), Binding::Local),
        },
        Symbol::Service(row) => (SERVICES[row as usize].0.into(), Binding::Public),
        Symbol::Memmove => ("memmove".into(), Binding::Public),
        Symbol::Entry => (ENTRY.into(), Binding::Local),
        Symbol::Task => (TASK.into(), Binding::Local),
        Symbol::Operation(id, operation) => {
            let effect = module.effect(id);
            let operation = &effect.operations[operation as usize].name;
            (format!("kea.op.{}.{operation}", effect.name), Binding::Shared)
        }
        Symbol::Global(id) => (format!("kea.global.{}", module.globals[id.index()].name), Binding::Program),
        Symbol::Data(id) => (format!("kea.data.{}", module.data[id.index()].name), Binding::Local),
        Symbol::Text(id) => (format!("kea.text.{}", id.0), Binding::Local),
        Symbol::StaticClosure(id) => (format!("kea.closure.{}", function(id)), Binding::Local),
        Symbol::CellDescriptor(id, variant) => {
            let variant = &module.layout(id).variants()[variant as usize].name;
            (format!("kea.cell.{}.{variant}", layout(id)), Binding::Local)
        }
        Symbol::ElementDescriptor(id) => (format!("kea.elements.{}", layout(id)), Binding::Local),
        Symbol::ClosureDescriptor(id) => (format!("kea.captures.{}", function(id)), Binding::Local),
    }
}
