//! The walk over a function: its blocks in order, each instruction to the module of its class.

use super::checks::Panics;
use super::control::Edge;
use super::effects::EscapeArea;
use super::emitter::{Emitter, Words};
use super::ranges::Ranges;
use super::signature;
use super::values::{ValueTable, types_of};
use super::{Lowered, Lowering, RETURN, place_index};
use crate::symbol::Symbol;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{self, SourceLoc, UserFuncName};
use cranelift_frontend::FunctionBuilderContext;
use kea_mir::contract::Opcode;
use kea_mir::convention::{ResultShape, SharedSlots};
use kea_mir::entity::{Block, FuncId, Value};
use kea_mir::module::{Body, Function, Immediate, Inst, Label, Location, Module};
use rustc_hash::{FxHashMap, FxHashSet};

/// A function that is being lowered.
pub(super) struct FunctionLowering<'a, 'b> {
    pub emit: Emitter<'a, 'b>,
    pub module: &'a Module,
    pub id: FuncId,
    pub function: &'a Function,
    pub body: &'a Body,
    /// How the function gives its results.
    pub shape: ResultShape,
    /// Where the results go that do not fit into registers.
    pub area: Option<ir::Value>,
    /// Where a call of the function itself in tail position goes: behind the entry, with the parameters.
    pub start: Option<ir::Block>,
    /// The slots of a failure, behind its status.
    pub failure: SharedSlots,
    pub blocks: Vec<ir::Block>,
    pub values: ValueTable,
    /// Managed words that are known not to be counted: immortal objects, immediates, 0.
    pub uncounted: EntitySet<ir::Value>,
    /// Tokens whose memory `take` itself frees, as nothing builds in it.
    pub freed_tokens: FxHashSet<Value>,
    pub panics: Panics,
    /// What comparisons say of integers; made for the first checked sum.
    pub ranges: Option<Ranges<'a>>,
    /// The block that is being lowered.
    pub current: Block,
    /// The memory of the result areas of calls.
    pub call_area: Option<ir::StackSlot>,
    /// The escape areas of the evidence records made so far.
    pub escape_areas: FxHashMap<Value, EscapeArea>,
    /// Edges of the current terminator that need a block of their own.
    pub edges: Vec<Edge>,
    locations: Locations,
}

/// The table that source locations index.
struct Locations {
    table: Vec<Location>,
    index: FxHashMap<Location, u32>,
}

impl Locations {
    fn source_loc(&mut self, location: Location) -> SourceLoc {
        if !location.is_known() {
            return SourceLoc::default();
        }
        let next = self.table.len() as u32;
        let index = *self.index.entry(location).or_insert(next);
        if index == next {
            self.table.push(location);
        }
        SourceLoc::new(index)
    }

    /// A source location that nothing else has.
    fn return_loc(&mut self, location: Location) -> SourceLoc {
        let index = self.table.len() as u32;
        self.table.push(location);
        SourceLoc::new(RETURN | index)
    }
}

/// Lowers a function with a body; without one, an empty function comes out.
pub(super) fn lower(lowering: &Lowering, id: FuncId, context: &mut FunctionBuilderContext) -> Lowered {
    let module: &Module = lowering.module;
    let function = module.function(id);
    let name = UserFuncName::User(Symbol::Function(id).name());
    let mut clif = ir::Function::with_name_signature(name, signature::function(lowering, id));
    let mut locations = vec![function.location];
    if let Some(body) = &function.body {
        let code = FunctionLowering {
            emit: Emitter::new(lowering, &mut clif, context),
            module,
            id,
            function,
            body,
            shape: signature::shape(module, id),
            area: None,
            start: None,
            failure: module.failure_slots(id),
            blocks: Vec::with_capacity(body.blocks.len()),
            values: ValueTable::new(body.values.len()),
            uncounted: EntitySet::new(),
            freed_tokens: tokens_freed_at_once(body),
            panics: Panics::default(),
            ranges: None,
            current: Block(0),
            call_area: None,
            escape_areas: FxHashMap::default(),
            edges: Vec::new(),
            locations: Locations { table: locations, index: FxHashMap::default() },
        };
        locations = code.lower();
    }
    Lowered { clif, locations }
}

/// The tokens of `take` that a `free_token` of the same block consumes.
fn tokens_freed_at_once(body: &Body) -> FxHashSet<Value> {
    let mut freed = FxHashSet::default();
    for block in 0..body.blocks.len() {
        let mut taken = None;
        for inst in body.block_insts(Block::new(block)) {
            match inst.opcode() {
                Opcode::Take => taken.get_or_insert_with(FxHashSet::default).extend(inst.results().last()),
                Opcode::FreeToken if taken.as_ref().is_some_and(|taken| taken.contains(&inst.args[0])) => {
                    freed.insert(inst.args[0]);
                }
                _ => {}
            }
        }
    }
    freed
}

impl FunctionLowering<'_, '_> {
    fn lower(mut self) -> Vec<Location> {
        self.create_blocks();
        self.enter();
        for index in 0..self.body.blocks.len() {
            let block = Block::new(index);
            self.current = block;
            if index > 0 {
                self.emit.switch_to(self.blocks[index]);
            }
            for inst in self.body.block_insts(block) {
                let location = self.locations.source_loc(inst.location);
                self.emit.builder.set_srcloc(location);
                self.instruction(inst);
            }
        }
        self.emit_panics();
        self.emit.finish();
        self.locations.table
    }

    /// Creates the blocks with their parameters. What only failures and cold blocks lead to is cold.
    fn create_blocks(&mut self) {
        let hot = self.hot_blocks();
        for (data, hot) in self.body.blocks.iter().zip(hot) {
            let block = if hot { self.emit.block() } else { self.emit.cold_block() };
            for param in data.params.clone().map(Value) {
                let types = types_of(self.module, self.failure, self.body.ty(param));
                let params: Words =
                    types.into_iter().map(|ty| self.emit.builder.append_block_param(block, ty)).collect();
                self.values.define(param, &params);
            }
            self.blocks.push(block);
        }
    }

    /// The blocks that are reached without a failure and without passing a block that is declared cold.
    fn hot_blocks(&self) -> Vec<bool> {
        let mut hot = vec![false; self.body.blocks.len()];
        let mut work = vec![Block(0)];
        while let Some(block) = work.pop() {
            let Some(data) = self.body.blocks.get(block.index()) else { continue };
            if data.cold || std::mem::replace(&mut hot[block.index()], true) {
                continue;
            }
            let targets = self.body.terminator(block).map_or(&[][..], |inst| &inst.targets);
            work.extend(targets.iter().filter(|target| target.label != Label::Fail).map(|target| target.block));
        }
        hot
    }

    /// The entry block with the function's parameters.
    fn enter(&mut self) {
        let Some(entry) = self.blocks.first().copied() else { return };
        self.emit.builder.append_block_params_for_function_params(entry);
        self.emit.switch_to(entry);
        let params: Vec<ir::Value> = self.emit.builder.block_params(entry).to_vec();
        let mut rest = params.as_slice();
        if self.shape.has_area()
            && let Some((area, behind)) = rest.split_first()
        {
            self.area = Some(*area);
            rest = behind;
        }
        let count = self.function.signature.params.len() as u32;
        let params = if self.calls_itself_last() { self.start_loop(rest) } else { Words::from_slice(rest) };
        self.define_all((0..count).map(Value), &params);
    }

    fn calls_itself_last(&self) -> bool {
        let itself = Immediate::Func(self.id);
        self.body.insts.iter().any(|inst| inst.opcode() == Opcode::TailCall && inst.immediate == itself)
    }

    /// The block that calls of the function itself in tail position jump to; gives its parameters.
    fn start_loop(&mut self, params: &[ir::Value]) -> Words {
        let start = self.emit.block();
        let types: Vec<ir::Type> = params.iter().map(|param| self.emit.type_of(*param)).collect();
        let fresh = types.into_iter().map(|ty| self.emit.builder.append_block_param(start, ty)).collect();
        self.emit.jump(start, params);
        self.emit.switch_to(start);
        self.start = Some(start);
        fresh
    }

    /// What follows is a return: it gets a source location of its own.
    pub fn begin_return(&mut self) {
        let location = self.locations.table.get(place_index(self.emit.builder.srcloc())).copied();
        let location = self.locations.return_loc(location.unwrap_or_default());
        self.emit.builder.set_srcloc(location);
    }

    fn instruction(&mut self, inst: &Inst) {
        match inst.opcode() {
            Opcode::Const => self.constant(inst),
            Opcode::String | Opcode::Data => self.static_object(inst),

            Opcode::Add | Opcode::Sub | Opcode::Mul => self.add_sub_mul(inst),
            Opcode::Div | Opcode::Rem => self.divide(inst),
            Opcode::Neg => self.negate(inst),
            Opcode::AddOverflow | Opcode::SubOverflow | Opcode::MulOverflow => self.with_overflow(inst),
            Opcode::MulHigh => self.multiply_high(inst),
            Opcode::Abs | Opcode::Sqrt | Opcode::Floor | Opcode::Ceil | Opcode::Trunc | Opcode::Nearest => {
                self.float_unary(inst)
            }
            Opcode::Min | Opcode::Max => self.float_extreme(inst),

            Opcode::And | Opcode::Or | Opcode::Xor => self.bitwise(inst),
            Opcode::Not => self.complement(inst),
            Opcode::ShiftLeft | Opcode::ShiftRightSigned | Opcode::ShiftRightUnsigned => self.shift(inst),
            Opcode::RotateLeft | Opcode::RotateRight => self.rotate(inst),
            Opcode::Popcount | Opcode::LeadingZeros | Opcode::TrailingZeros | Opcode::ByteSwap => self.count_bits(inst),

            Opcode::Eq | Opcode::Ne | Opcode::Lt | Opcode::Le | Opcode::Gt | Opcode::Ge => self.comparison(inst),
            Opcode::Select => self.select(inst),
            Opcode::ExtendSigned | Opcode::ExtendUnsigned | Opcode::Truncate => self.resize(inst),
            Opcode::IntToFloat | Opcode::FloatToInt => self.int_float(inst),
            Opcode::Promote | Opcode::Demote => self.resize_float(inst),
            Opcode::Bitcast => self.bitcast(inst),

            Opcode::Bounds => self.bounds(inst),
            Opcode::BoundsRange => self.bounds_range(inst),

            Opcode::Retain => self.retain(inst),
            Opcode::Release => self.release(inst),
            Opcode::Freeze => self.pass_on(inst),
            Opcode::FreeToken => self.free_token(inst),
            Opcode::TryClaim => self.try_claim(inst),

            Opcode::Immediate => self.immediate(inst),
            Opcode::New => self.new_cell(inst),
            Opcode::Fill => self.fill(inst),
            Opcode::Take => self.take(inst),
            Opcode::Field => self.field(inst),
            Opcode::Store => self.store_field(inst),
            Opcode::Swap => self.swap_field(inst),
            Opcode::Tag => self.tag(inst),
            Opcode::Same => self.same(inst),

            Opcode::Pack => self.pack(inst),
            Opcode::Unpack => self.unpack(inst),
            Opcode::Part => self.part(inst),

            Opcode::ArrayNew => self.array_new(inst),
            Opcode::ArrayLength | Opcode::ArrayCapacity => self.array_extent(inst),
            Opcode::Elem => self.elem(inst),
            Opcode::ElemStore | Opcode::ElemPut => self.elem_store(inst),
            Opcode::ElemSwap => self.elem_swap(inst),
            Opcode::ElemTake => self.elem_take(inst),
            Opcode::ArrayPush => self.array_push(inst),
            Opcode::ArrayPop => self.array_pop(inst),
            Opcode::ArrayReserve => self.array_reserve(inst),
            Opcode::ArrayUnshare => self.array_unshare(inst),
            Opcode::ArrayTruncate => self.array_truncate(inst),
            Opcode::ArrayExtend => self.array_extend(inst),
            Opcode::ArrayAppend => self.array_append(inst),
            Opcode::ArrayMove => self.array_move(inst),

            Opcode::Closure => self.closure(inst),
            Opcode::StaticClosure => self.static_closure(inst),
            Opcode::Capture => self.capture(inst),

            Opcode::Call | Opcode::PerformCapability => self.call(inst),
            Opcode::CallClosure => self.call_closure(inst),
            Opcode::TailCall => self.tail_call(inst),
            Opcode::Parallel => self.parallel(inst),
            Opcode::TailCallClosure => self.tail_call_closure(inst),
            Opcode::TryCall => self.try_call(inst),
            Opcode::TryCallClosure => self.try_call_closure(inst),

            Opcode::PerformHandler => self.perform_handler(inst),
            Opcode::TryPerform => self.try_perform(inst),
            Opcode::PerformFail => self.perform_fail(inst),
            Opcode::SwitchFail => self.switch_fail(inst),
            Opcode::Refail => self.refail(inst),
            Opcode::Evidence => self.evidence(inst),
            // The record lies in the frame.
            Opcode::EndEvidence => {}

            Opcode::VarNew => self.var_new(inst),
            Opcode::VarGet => self.var_get(inst),
            Opcode::VarTake => self.var_take(inst),
            Opcode::VarPut => self.var_put(inst),
            Opcode::VarSet => self.var_set(inst),
            Opcode::VarEnd => self.var_end(inst),
            Opcode::VarDrop => self.var_drop(inst),

            Opcode::GlobalGet => self.global_get(inst),
            Opcode::GlobalSet => self.global_set(inst),

            Opcode::RawAlloc => self.raw_alloc(inst),
            Opcode::RawFree => self.raw_free(inst),
            Opcode::RawOffset => self.raw_offset(inst),
            Opcode::RawLoad => self.raw_load(inst),
            Opcode::RawStore => self.raw_store(inst),
            Opcode::RawCopy => self.raw_copy(inst),

            Opcode::Jump => self.jump(inst),
            Opcode::Branch => self.branch(inst),
            Opcode::Switch => self.switch_integer(inst),
            Opcode::SwitchTag => self.switch_tag(inst),
            Opcode::Return | Opcode::Resume => self.return_values(inst),
            Opcode::Unreachable => self.unreachable(),
        }
    }
}
