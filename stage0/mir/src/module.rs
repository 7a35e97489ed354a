//! A module as data: what the text of a compilation unit says.

use crate::contract::{Mnemonic, Mode, Opcode, Version};
use crate::entity::{
    Block, CapabilityId, DataId, EffectId, FuncId, GlobalId, InstId, LayoutId, SignatureId, TextId, Value,
};
use crate::layout::Layout;
use crate::types::{Anchors, Ownership, Scalar, Stored, Type};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;
use std::ops::Range;

/// A compilation unit.
#[derive(Clone, Debug)]
pub struct Module {
    /// The version that its first line names.
    pub version: Version,
    /// The target's triple.
    pub target: Box<str>,
    /// Source files: the number that locations use, and the path.
    pub files: IndexMap<u16, Box<str>, FxBuildHasher>,
    /// Every layout in use.
    pub layouts: Vec<Layout>,
    /// Named signatures, for closures.
    pub signatures: Vec<NamedSignature>,
    /// Effects that handlers handle.
    pub effects: Vec<Effect>,
    /// The names of the capabilities that signatures mention.
    pub capabilities: IndexSet<Box<str>, FxBuildHasher>,
    /// Everything that can be called: externs, imports, functions, clauses.
    pub functions: Vec<Function>,
    /// Values that are computed once, at start.
    pub globals: Vec<Global>,
    /// Static, immortal objects.
    pub data: Vec<Data>,
    /// String literals.
    pub texts: IndexSet<Box<str>, FxBuildHasher>,
    /// The function that a program begins with.
    pub entry: Option<FuncId>,
    /// The lines of the text that declarations stand in.
    pub lines: DeclarationLines,
}

/// The name of the layout that string literals have.
pub const STRING: &str = "String";

/// The lines of a module's text that declarations begin in, by kind and number; empty when it was not read from text.
/// Functions keep their own.
#[derive(Clone, Debug, Default)]
pub struct DeclarationLines {
    /// Of layouts.
    pub layouts: Vec<u32>,
    /// Of named signatures.
    pub signatures: Vec<u32>,
    /// Of effects.
    pub effects: Vec<u32>,
    /// Of data.
    pub data: Vec<u32>,
    /// Of the entry; 0 when there is none.
    pub entry: u32,
}

/// A place in a source file. Line 0 is no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file's number.
    pub file: u16,
    /// From 1 on.
    pub column: u16,
    /// From 1 on.
    pub line: u32,
}

impl Location {
    /// Whether it is a place.
    pub fn is_known(self) -> bool {
        self.line != 0
    }
}

/// The signature of something that is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Types and ownership of the parameters: evidence first, then the environment, then the rest.
    pub params: Vec<Param>,
    /// The results.
    pub results: Results,
    /// The effects whose zero-resume operations may come out, in order of the text.
    pub fails: Vec<EffectId>,
    /// Whether a failure on its way to an evidence record may come out.
    pub escapes: bool,
    /// The capabilities that may be performed; empty: `pure`.
    pub performs: Vec<CapabilityId>,
}

impl Signature {
    /// Whether it has a status among its results.
    pub fn may_fail(&self) -> bool {
        self.escapes || !self.fails.is_empty()
    }

    /// The results as a slice, empty for `never`.
    pub fn results(&self) -> &[ResultType] {
        match &self.results {
            Results::Never => &[],
            Results::Values(values) => values,
        }
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Its type.
    pub ty: Type,
    /// `Borrow` for evidence and environments.
    pub ownership: Ownership,
}

/// What a call gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    /// It does not return.
    Never,
    /// Zero or more values.
    Values(Vec<ResultType>),
}

/// One result of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResultType {
    /// Its type.
    pub ty: Type,
    /// `Own`, `Uniq`, `Plain`, or `Borrow` of the parameters below.
    pub ownership: Ownership,
    /// Indices of the parameters that a borrowed result lives as long as; none: static.
    pub anchors: SmallVec<[u32; 2]>,
}

/// `sig NAME (…) -> …`.
#[derive(Clone, Debug)]
pub struct NamedSignature {
    /// Its name.
    pub name: Box<str>,
    /// The signature, without the environment.
    pub signature: Signature,
}

/// `effect NAME`.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Its qualified name.
    pub name: Box<str>,
    /// Its operations, in the order of the slots of an evidence record.
    pub operations: Vec<Operation>,
}

/// `op NAME (…) -> …`.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub name: Box<str>,
    /// Its parameters, without the evidence.
    pub params: Vec<Param>,
    /// Its results; `never` for a zero-resume operation.
    pub results: Results,
    /// How its clauses end.
    pub class: OperationClass,
}

impl Effect {
    /// The slot of an evidence record that holds the operation's clause: its number among the operations that
    /// have clauses, those that are not zero-resume.
    pub fn clause_slot(&self, operation: u32) -> usize {
        self.operations
            .iter()
            .take(operation as usize)
            .filter(|operation| operation.class != OperationClass::Zero)
            .count()
    }

    /// How many clauses an evidence record of it holds.
    pub fn clause_count(&self) -> usize {
        self.clause_slot(self.operations.len() as u32)
    }
}

/// How the clauses of an operation end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationClass {
    /// Every path resumes in tail position or panics.
    Tail,
    /// The same, or fails in the context of the handler.
    TailEscapes,
    /// No path resumes: the operation is a failure.
    Zero,
}

/// `global @NAME TYPE`.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: Stored,
    /// Whether another unit defines it.
    pub imported: bool,
}

/// `data @NAME … end`.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name.
    pub name: Box<str>,
    /// Its objects; the first is the value of the whole.
    pub objects: Vec<DataObject>,
}

/// A static object.
#[derive(Clone, Debug)]
pub enum DataObject {
    /// A cell of a variant, with one item a field.
    Cell {
        /// Its layout.
        layout: LayoutId,
        /// Its variant.
        variant: u32,
        /// Its fields.
        fields: Vec<DataItem>,
    },
    /// An array, with one item an element. Length and capacity are the number of items.
    Array {
        /// Its layout.
        layout: LayoutId,
        /// Its elements.
        elements: Vec<DataItem>,
    },
}

/// A field or an element of a static object.
#[derive(Clone, Debug)]
pub enum DataItem {
    /// An integer or a bool.
    Int(i64),
    /// The bits of a float, in the low half for `f32`.
    Float(u64),
    /// Another object of the same data, by number.
    Object(u32),
    /// The first object of other data.
    Data(DataId),
    /// A string.
    Text(TextId),
    /// An immediate variant.
    Immediate(LayoutId, u32),
    /// A flat, by its variant and its fields.
    Flat(LayoutId, u32, Vec<DataItem>),
}

/// Something that can be called.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub kind: FunctionKind,
    /// Its signature, environment and evidence included. Of a clause: evidence, then the operation's
    /// parameters; its results are the operation's.
    pub signature: Signature,
    /// What its environment or its evidence record holds.
    pub captures: Vec<Type>,
    /// Where it stands in the source.
    pub location: Location,
    /// The line of the module's text that declares it; 0 when it was not read from text.
    pub line: u32,
    /// Its code, for functions and clauses of this unit.
    pub body: Option<Body>,
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// The runtime's or foreign code, by the platform's convention.
    Extern {
        /// The effect that it performs, when it is a capability.
        effect: Option<CapabilityId>,
        /// Foreign code takes no context.
        foreign: bool,
    },
    /// A function of another unit.
    Import,
    /// A function that other units see.
    Exported,
    /// A function that only this unit sees.
    Local,
    /// A clause of a handler.
    Clause {
        /// The effect.
        effect: EffectId,
        /// The operation's number.
        operation: u32,
    },
}

/// The code of a function.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The blocks, in order of the text; the first is the entry and has no parameters of its own.
    pub blocks: Vec<BlockData>,
    /// The instructions, block after block.
    pub insts: Vec<Inst>,
    /// The values, in order of definition: the function's parameters first.
    pub values: Vec<ValueData>,
    /// The declared anchors of borrowed block parameters.
    pub anchors: FxHashMap<Value, Anchors>,
    /// The line of the module's text that each instruction stands in; empty for a body that was not read from text.
    pub lines: Vec<u32>,
}

/// A block.
#[derive(Clone, Debug)]
pub struct BlockData {
    /// Its parameters.
    pub params: Range<u32>,
    /// Its instructions; the last, and no other, is a terminator.
    pub insts: Range<u32>,
    /// Whether it is off the hot path.
    pub cold: bool,
}

/// What is known of a value by its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueData {
    /// Its type.
    pub ty: Type,
    /// Its ownership.
    pub ownership: Ownership,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct Inst {
    /// The instruction with its suffix.
    pub mnemonic: Mnemonic,
    /// How many results it defines.
    pub result_count: u16,
    /// Its first result; the others follow.
    pub first_result: Value,
    /// Where it comes from.
    pub location: Location,
    /// What is neither a value nor a block.
    pub immediate: Immediate,
    /// The operands, in order of the text.
    pub args: SmallVec<[Value; 4]>,
    /// The edges of a terminator.
    pub targets: Vec<Target>,
}

/// The part of an instruction that is neither a value nor a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Immediate {
    /// Nothing.
    None,
    /// The literal of an integer or `ptr`, sign-extended.
    Int(i64),
    /// The literal of a float: its bits, in the low half for `f32`.
    Float(u64),
    /// The literal of a `bool`.
    Bool(bool),
    /// A string literal.
    Text(TextId),
    /// A number.
    Index(u32),
    /// A layout.
    Layout(LayoutId),
    /// A variant: of `immediate`, `pack`, `take`, `unpack`.
    Variant(LayoutId, u32),
    /// The variant that `new` builds, the field that stays open, and whether the last operand is a token.
    New {
        /// The layout.
        layout: LayoutId,
        /// The variant.
        variant: u32,
        /// The field that stays open; it has no operand.
        hole: Option<u32>,
        /// Whether the last operand is a token to build in.
        reuse: bool,
    },
    /// A field of a variant.
    Field {
        /// The layout.
        layout: LayoutId,
        /// The variant.
        variant: u32,
        /// The field.
        field: u32,
    },
    /// A type.
    Type(Stored),
    /// A function.
    Func(FuncId),
    /// A signature and a function's code.
    Closure(SignatureId, FuncId),
    /// A global.
    Global(GlobalId),
    /// Data.
    Data(DataId),
    /// An operation.
    Operation(EffectId, u32),
    /// An effect and the clauses of its operations, in order.
    Evidence(EffectId, Box<[FuncId]>),
}

/// An edge to a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// When it is taken.
    pub label: Label,
    /// Where it leads.
    pub block: Block,
    /// The arguments for the block's last parameters; what the terminator itself defines comes first.
    pub args: SmallVec<[Value; 2]>,
}

/// When an edge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// By the terminator's own rule: the only target, the first or the second, the normal one.
    Normal,
    /// The failing edge of `try_…`.
    Fail,
    /// The operand equals the number.
    Int(i64),
    /// The operand is of the variant with that number.
    Variant(u32),
    /// The failure is that operation's.
    Operation(EffectId, u32),
    /// The failure was met by a clause of that evidence.
    Escape(Value),
    /// None of the others.
    Else,
}

impl Inst {
    /// The instruction without its suffix.
    pub fn opcode(&self) -> Opcode {
        self.mnemonic.info().opcode
    }

    /// The suffix's first scalar; `i64` for instructions without one.
    pub fn scalar(&self) -> Scalar {
        self.mnemonic.info().scalar.unwrap_or(Scalar::I64)
    }

    /// The suffix's mode.
    pub fn mode(&self) -> Option<Mode> {
        self.mnemonic.info().mode
    }

    /// The values that it defines.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Value> + use<> {
        let first = self.first_result.0;
        (first..first + u32::from(self.result_count)).map(Value)
    }
}

impl Body {
    /// The block's parameters.
    pub fn params(&self, block: Block) -> impl ExactSizeIterator<Item = Value> + use<> {
        self.blocks[block.index()].params.clone().map(Value)
    }

    /// The block's instructions.
    pub fn block_insts(&self, block: Block) -> &[Inst] {
        let range = &self.blocks[block.index()].insts;
        &self.insts[range.start as usize..range.end as usize]
    }

    /// The instruction.
    pub fn inst(&self, inst: InstId) -> &Inst {
        &self.insts[inst.index()]
    }

    /// The block's last instruction.
    pub fn terminator(&self, block: Block) -> Option<&Inst> {
        self.block_insts(block).last()
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// The ownership of a value.
    pub fn ownership(&self, value: Value) -> Ownership {
        self.values[value.index()].ownership
    }
}

impl Module {
    /// An empty module of this contract's version.
    pub fn new(target: &str) -> Module {
        Module {
            version: crate::contract::VERSION,
            target: target.into(),
            files: IndexMap::default(),
            layouts: Vec::new(),
            signatures: Vec::new(),
            effects: Vec::new(),
            capabilities: IndexSet::default(),
            functions: Vec::new(),
            globals: Vec::new(),
            data: Vec::new(),
            texts: IndexSet::default(),
            entry: None,
            lines: DeclarationLines::default(),
        }
    }

    /// The layout.
    pub fn layout(&self, id: LayoutId) -> &Layout {
        &self.layouts[id.index()]
    }

    /// The function.
    pub fn function(&self, id: FuncId) -> &Function {
        &self.functions[id.index()]
    }

    /// The effect.
    pub fn effect(&self, id: EffectId) -> &Effect {
        &self.effects[id.index()]
    }

    /// The signature of that name.
    pub fn signature(&self, id: SignatureId) -> &Signature {
        &self.signatures[id.index()].signature
    }

    /// The text of a string literal.
    pub fn text(&self, id: TextId) -> &str {
        self.texts.get_index(id.index()).map_or("", |text| text)
    }

    /// The layout that string literals have: the one named [`STRING`]. It looks through all layouts.
    pub fn string_layout(&self) -> Option<LayoutId> {
        self.layouts.iter().position(|layout| &*layout.name == STRING).map(LayoutId::new)
    }
}

impl Data {
    /// The layout of its first object.
    pub fn layout(&self) -> Option<LayoutId> {
        self.objects.first().map(|object| match object {
            DataObject::Cell { layout, .. } | DataObject::Array { layout, .. } => *layout,
        })
    }
}
