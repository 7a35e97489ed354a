//! Writing a function: its blocks and instructions.
//!
//! Code that nothing leads to is not written: behind a terminator, and in a block without edges, the builder is *dead* until it
//! goes on in a block that some edge leads to. Expressions are not lowered at all then, and where a value is needed all the same,
//! any will do.

use super::Lowering;
use super::OptionalOrigin;
use super::layouts::CallShape;
use super::regions::Region;
use super::scope::Binding;
use super::types::{EffectInstance, Mono, Substitution};
use crate::draft::{Draft, DraftInst};
use crate::hir::{Body, LocalId, Ty};
use crate::source::Span;
use kea_mir::contract::Mnemonic;
use kea_mir::entity::{Block, FuncId, TextId, Value};
use kea_mir::module::{Immediate, Label, Location, Target};
use kea_mir::types::{Scalar, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::rc::Rc;

/// How the code ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// By `return`.
    Function,
    /// By `resume`.
    Clause,
}

/// Where an expression's value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dest {
    /// To the code that follows.
    Value,
    /// It is the function's result: the code ends.
    Return,
}

/// The value of an expression: none of an empty type, and none in dead code.
pub(super) type Operand = Option<Value>;

/// A function that is being compiled.
pub(super) struct FunctionLowering<'l, 'p, 'a> {
    pub(super) lowering: &'l mut Lowering<'p, 'a>,
    pub(super) draft: Draft,
    current: Block,
    dead: bool,
    /// Which blocks an edge leads to.
    reached: Vec<bool>,
    location: Location,
    pub(super) role: Role,
    pub(super) name: Rc<str>,
    /// The name that lambdas and clauses begin with.
    pub(super) owner: Rc<str>,
    pub(super) shape: Rc<CallShape>,
    pub(super) substitution: Substitution,
    pub(super) body: Option<&'p Body<'a>>,
    pub(super) origin: OptionalOrigin,
    types: FxHashMap<*const crate::hir::Type<'a>, Mono>,
    pub(super) bindings: FxHashMap<LocalId, Binding>,
    /// Assignments of variables, with what they held before; see `scope`.
    pub(super) trail: Vec<(LocalId, Option<Value>)>,
    /// The evidence at hand; the last of an effect is the current one.
    pub(super) evidence: Vec<(EffectInstance, Value)>,
    /// What is open around the current place, from the outside in.
    pub(super) regions: Vec<Region>,
    /// The block that passes failures on to the caller.
    pub(super) refail: Option<Block>,
    /// Fields of structs that are being updated, which were read already.
    pub(super) exploded: FxHashMap<Value, Vec<Operand>>,
}

impl<'l, 'p, 'a> FunctionLowering<'l, 'p, 'a> {
    pub(super) fn new(
        lowering: &'l mut Lowering<'p, 'a>,
        func: FuncId,
        shape: Rc<CallShape>,
    ) -> FunctionLowering<'l, 'p, 'a> {
        let name: Rc<str> = lowering.module.function(func).name.as_ref().into();
        let mut draft = Draft::default();
        let entry = draft.block(false);
        FunctionLowering {
            lowering,
            draft,
            current: entry,
            dead: false,
            reached: vec![true],
            location: Location::default(),
            role: Role::Function,
            owner: name.clone(),
            name,
            shape,
            substitution: Substitution::empty(),
            body: None,
            origin: None,
            types: FxHashMap::default(),
            bindings: FxHashMap::default(),
            trail: Vec::new(),
            evidence: Vec::new(),
            regions: Vec::new(),
            refail: None,
            exploded: FxHashMap::default(),
        }
    }

    /// The function's code, without the blocks that nothing leads to.
    pub(super) fn finish(mut self) -> Draft {
        let mut numbers = Vec::with_capacity(self.reached.len());
        let mut next = 0;
        for reached in &self.reached {
            numbers.push(Block(next));
            next += u32::from(*reached);
        }
        let mut reached = self.reached.iter();
        self.draft.blocks.retain(|_| reached.next().copied().unwrap_or(false));
        let insts = self.draft.blocks.iter_mut().flat_map(|block| block.insts.last_mut());
        for target in insts.flat_map(|inst| inst.targets.iter_mut()) {
            target.block = numbers[target.block.index()];
        }
        self.draft
    }

    /// The monomorphic type.
    pub(super) fn ty(&mut self, ty: Ty<'a>) -> Mono {
        if let Some(known) = self.types.get(&std::ptr::from_ref(ty)) {
            return *known;
        }
        let mono = self.lowering.types.ty(ty, &self.substitution);
        self.types.insert(ty, mono);
        mono
    }

    /// The type of values of a monomorphic type.
    pub(super) fn value_type(&mut self, ty: Mono) -> Type {
        self.lowering.stored(ty).into()
    }

    /// A parameter of the function.
    pub(super) fn param(&mut self, ty: Type) -> Value {
        let value = self.draft.value(ty);
        self.draft.params.push(value);
        value
    }

    /// Whether nothing leads here.
    pub(super) fn is_dead(&self) -> bool {
        self.dead
    }

    /// The block that is being written.
    pub(super) fn current(&self) -> Block {
        self.current
    }

    /// A new block.
    pub(super) fn block(&mut self) -> Block {
        self.reached.push(false);
        self.draft.block(false)
    }

    /// A new block off the hot path.
    pub(super) fn cold_block(&mut self) -> Block {
        self.reached.push(false);
        self.draft.block(true)
    }

    /// Goes on in a block.
    pub(super) fn switch_to(&mut self, block: Block) {
        self.current = block;
        self.dead = !self.reached[block.index()];
    }

    /// Goes on in a block whose code ends openly.
    pub(super) fn resume_in(&mut self, block: Block) {
        self.current = block;
        self.dead = false;
    }

    /// What follows comes from this place of the source.
    pub(super) fn at(&mut self, span: Span) {
        if !self.dead {
            self.location = self.lowering.location(span);
        }
    }

    /// An instruction of one result.
    pub(super) fn define(&mut self, mnemonic: &str, immediate: Immediate, args: &[Value], ty: Type) -> Value {
        let result = self.draft.value(ty);
        self.push(known(mnemonic), immediate, args, &[result]);
        result
    }

    /// An instruction of two results.
    pub(super) fn define_two(
        &mut self,
        mnemonic: &str,
        immediate: Immediate,
        args: &[Value],
        types: (Type, Type),
    ) -> (Value, Value) {
        let results = (self.draft.value(types.0), self.draft.value(types.1));
        self.push(known(mnemonic), immediate, args, &[results.0, results.1]);
        results
    }

    /// An instruction without results.
    pub(super) fn run(&mut self, mnemonic: &str, immediate: Immediate, args: &[Value]) {
        self.push(known(mnemonic), immediate, args, &[]);
    }

    /// An instruction with these results.
    pub(super) fn run_with(&mut self, mnemonic: &str, immediate: Immediate, args: &[Value], results: &[Value]) {
        self.push(known(mnemonic), immediate, args, results);
    }

    /// An instruction.
    pub(super) fn push(&mut self, mnemonic: Mnemonic, immediate: Immediate, args: &[Value], results: &[Value]) {
        if self.dead {
            return;
        }
        let located = is_located(mnemonic);
        let inst = DraftInst {
            mnemonic,
            results: SmallVec::from_slice(results),
            location: if located { self.location } else { Location::default() },
            immediate,
            args: SmallVec::from_slice(args),
            targets: Vec::new(),
        };
        self.draft.blocks[self.current.index()].insts.push(inst);
    }

    /// The end of a block; dead from here on.
    pub(super) fn terminate(&mut self, mnemonic: &str, immediate: Immediate, args: &[Value], targets: Vec<Target>) {
        if self.dead {
            return;
        }
        let mnemonic = known(mnemonic);
        for target in &targets {
            self.reached[target.block.index()] = true;
        }
        let inst = DraftInst {
            mnemonic,
            results: SmallVec::new(),
            location: if is_located(mnemonic) { self.location } else { Location::default() },
            immediate,
            args: SmallVec::from_slice(args),
            targets,
        };
        self.draft.blocks[self.current.index()].insts.push(inst);
        self.dead = true;
    }

    /// A jump.
    pub(super) fn jump(&mut self, block: Block, args: &[Value]) {
        self.terminate("jump", Immediate::None, &[], vec![target(Label::Normal, block, args)]);
    }

    /// A branch.
    pub(super) fn branch(&mut self, condition: Value, then: Target, otherwise: Target) {
        self.terminate("branch", Immediate::None, &[condition], vec![then, otherwise]);
    }

    /// A value that stands for none, in dead code, or 0.
    pub(super) fn nothing(&mut self, ty: Mono) -> Value {
        let value_type = self.value_type(ty);
        if self.dead {
            return self.draft.value(value_type);
        }
        self.define("const.i8", Immediate::Int(0), &[], Scalar::I8.into())
    }

    /// The value of an operand of that type.
    pub(super) fn materialize(&mut self, operand: Operand, ty: Mono) -> Value {
        match operand {
            Some(value) => value,
            None => self.nothing(ty),
        }
    }

    /// An `i64`.
    pub(super) fn integer(&mut self, number: i64) -> Value {
        self.define("const.i64", Immediate::Int(number), &[], Type::I64)
    }

    /// A `bool`.
    pub(super) fn truth(&mut self, truth: bool) -> Value {
        self.define("const.bool", Immediate::Bool(truth), &[], Type::BOOL)
    }

    /// A string literal.
    pub(super) fn text(&mut self, text: &str) -> Value {
        let (index, _) = self.lowering.module.texts.insert_full(text.into());
        let ty = self.value_type(Mono::STRING);
        self.define("string", Immediate::Text(TextId::new(index)), &[], ty)
    }
}

/// The mnemonic of that text, which is one of the contract.
fn known(text: &str) -> Mnemonic {
    Mnemonic::from_text(text).expect("lowering writes mnemonics of the contract only")
}

/// Whether an instruction says where it comes from: calls, and what may panic.
fn is_located(mnemonic: Mnemonic) -> bool {
    use kea_mir::contract::{Class, Mode};
    let row = mnemonic.info();
    let info = row.opcode.info();
    let checked = matches!(row.mode, Some(Mode::Checked | Mode::CheckedUnsigned));
    info.checks || checked || info.class == Class::Call || row.text.contains("perform")
}

/// An edge.
pub(super) fn target(label: Label, block: Block, args: &[Value]) -> Target {
    Target { label, block, args: SmallVec::from_slice(args) }
}
