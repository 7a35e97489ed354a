//! The writer of canonical text: equal modules have equal text, and reading it gives the same module.
//!
//! Values and blocks have the dense numbers that bodies keep. Declarations stand by kind, in the order of the module's
//! tables: target and files; layouts; signatures; effects; externs; imports; globals; data; the entry; functions and
//! clauses. An empty line stands between kinds (externs and imports count as one, globals and data too) and before
//! every function.

mod declarations;
mod instruction;
mod literal;
mod signatures;

use crate::entity::{Block, FuncId, Value};
use crate::module::{Body, FunctionKind, Inst, Location, Module};

/// The canonical text of a module.
pub fn write(module: &Module) -> String {
    let mut writer = Writer::new(module);
    writer.out.reserve(text_size(module));
    writer.declarations();
    for (index, function) in module.functions.iter().enumerate() {
        if !matches!(function.kind, FunctionKind::Extern { .. } | FunctionKind::Import) {
            writer.out.push('\n');
            writer.function(FuncId::new(index));
        }
    }
    writer.out
}

/// The canonical text of a function or of the declaration of one.
pub fn write_function(module: &Module, function: FuncId) -> String {
    let mut writer = Writer::new(module);
    writer.function(function);
    writer.out
}

/// The canonical text of an instruction, without indentation, location and line feed.
pub fn write_inst(module: &Module, body: &Body, inst: &Inst) -> String {
    debug_assert!(inst.results().all(|value| value.index() < body.values.len()), "the instruction is of this body");
    let mut writer = Writer::new(module);
    writer.inst(inst);
    writer.out
}

/// About how long the text will be: an instruction takes some 32 bytes.
fn text_size(module: &Module) -> usize {
    let bodies = module.functions.iter().filter_map(|function| function.body.as_ref());
    4096 + bodies.map(|body| 256 + 32 * body.insts.len() + 16 * body.blocks.len()).sum::<usize>()
}

struct Writer<'m> {
    module: &'m Module,
    out: String,
    digits: itoa::Buffer,
}

impl<'m> Writer<'m> {
    fn new(module: &'m Module) -> Writer<'m> {
        Writer { module, out: String::new(), digits: itoa::Buffer::new() }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn number(&mut self, number: impl itoa::Integer) {
        self.out.push_str(self.digits.format(number));
    }

    fn value(&mut self, value: Value) {
        self.out.push('v');
        self.number(value.0);
    }

    fn block(&mut self, block: Block) {
        self.out.push('b');
        self.number(block.0);
    }

    /// `@NAME`
    fn symbol(&mut self, name: &str) {
        self.out.push('@');
        self.out.push_str(name);
    }

    /// The items with commas between them.
    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        for (index, one) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            item(self, one);
        }
    }

    /// ` !FILE:LINE:COLUMN`, where it is known.
    fn location(&mut self, location: Location) {
        if location.is_known() {
            self.out.push_str(" !");
            self.number(location.file);
            self.out.push(':');
            self.number(location.line);
            self.out.push(':');
            self.number(location.column);
        }
    }
}
