//! Loops that call: their values are kept apart from fixed registers.
//!
//! A parameter of a function, or the result of a call, is born in the register that the convention names, and what is
//! returned or passed on ends in one. The register allocator wants to keep such a value in that one register. Around a
//! loop with a call in it that is impossible, so it cuts the value into pieces, and moves it from one to the next in
//! each round. A copy outside the loop parts the two: the loop's own value is free to stay in one register that calls
//! preserve.
//!
//! The copy must not be seen through, so it is made behind Cranelift's optimiser: a multiplication by one.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstBuilder, SourceLoc, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use rustc_hash::FxHashMap;

/// Inserts the copies into a function that has been optimised.
pub fn detach(context: &mut Context) {
    context.compute_loop_analysis();
    let calling = calling_loops(&context.func, &context.loop_analysis);
    if calling.is_empty() {
        return;
    }
    let mut finder = Finder { context, calling, carried: EntitySet::new(), uses: Vec::new() };
    finder.find_carried();
    finder.find_uses();
    let uses = finder.uses;
    insert_copies(&mut context.func, uses);
}

/// The loops that call something in each round, as far as can be told.
fn calling_loops(function: &Function, loops: &LoopAnalysis) -> EntitySet<Loop> {
    let mut calling = EntitySet::new();
    for block in function.layout.blocks().filter(|block| !function.layout.is_cold(*block)) {
        let mut next = loops.innermost_loop(block);
        if next.is_some() && function.layout.block_insts(block).any(|inst| function.dfg.insts[inst].opcode().is_call()) {
            while let Some(around) = next.filter(|around| calling.insert(*around)) {
                next = loops.loop_parent(around);
            }
        }
    }
    calling
}

/// A use that is to read a copy.
struct Use {
    value: Value,
    /// In front of what the copy is made.
    place: Inst,
    user: Inst,
    operands: Operands,
}

/// Which operands of the user.
#[derive(Clone, Copy)]
enum Operands {
    All,
    /// What it hands over to that block.
    Edge(Block),
}

struct Finder<'a> {
    context: &'a Context,
    calling: EntitySet<Loop>,
    /// Values that go from one round of such a loop to the next.
    carried: EntitySet<Value>,
    uses: Vec<Use>,
}

impl Finder<'_> {
    fn function(&self) -> &Function {
        &self.context.func
    }

    fn loops(&self) -> &LoopAnalysis {
        &self.context.loop_analysis
    }

    fn find_carried(&mut self) {
        let context = self.context;
        let calling: Vec<Loop> = self.calling.keys().collect();
        for around in calling {
            let header = context.loop_analysis.loop_header(around);
            self.carried.extend(context.func.dfg.block_params(header).iter().copied());
            for pred in context.cfg.pred_iter(header).filter(|pred| context.loop_analysis.is_in_loop(pred.block, around)) {
                let args = edge_args(&context.func, pred.inst, header);
                self.carried.extend(args);
            }
        }
    }

    fn find_uses(&mut self) {
        let context = self.context;
        let function = &context.func;
        for block in function.layout.blocks() {
            for inst in function.layout.block_insts(block) {
                for value in function.dfg.inst_values(inst) {
                    self.operand(block, inst, value);
                }
            }
        }
        let calling: Vec<Loop> = self.calling.keys().collect();
        for around in calling {
            self.edges_into(around);
        }
    }

    fn operand(&mut self, block: Block, inst: Inst, value: Value) {
        if let Some(around) = self.fixed_outside(value, block) {
            if let Some(place) = self.entry(around) {
                self.uses.push(Use { value, place, user: inst, operands: Operands::All });
            }
        } else if self.carried.contains(value) && self.leaves_loop(value, block) {
            let opcode = self.function().dfg.insts[inst].opcode();
            if opcode.is_call() || opcode.is_return() {
                self.uses.push(Use { value, place: inst, user: inst, operands: Operands::All });
            }
        }
    }

    /// The outermost calling loop around a block that a value with a fixed register comes into from outside.
    fn fixed_outside(&self, value: Value, block: Block) -> Option<Loop> {
        let origin = self.fixed_origin(value)?;
        let mut outermost = None;
        let mut next = self.loops().innermost_loop(block);
        while let Some(around) = next.filter(|around| !self.loops().is_in_loop(origin, *around)) {
            outermost = Some(around);
            next = self.loops().loop_parent(around);
        }
        outermost.filter(|around| self.calling.contains(*around))
    }

    /// The block in which a value is defined in a fixed register.
    fn fixed_origin(&self, value: Value) -> Option<Block> {
        let function = self.function();
        if !matches!(function.dfg.value_type(value), types::I64 | types::I32) {
            return None;
        }
        match function.dfg.value_def(value) {
            ValueDef::Param(block, _) => (function.layout.entry_block() == Some(block)).then_some(block),
            ValueDef::Result(inst, _) if function.dfg.insts[inst].opcode().is_call() => function.layout.inst_block(inst),
            _ => None,
        }
    }

    fn leaves_loop(&self, value: Value, user: Block) -> bool {
        let function = self.function();
        let origin = match function.dfg.value_def(value) {
            ValueDef::Param(block, _) => Some(block),
            ValueDef::Result(inst, _) => function.layout.inst_block(inst),
            ValueDef::Union(..) => None,
        };
        if !matches!(function.dfg.value_type(value), types::I64 | types::I32) {
            return false;
        }
        let around = origin.and_then(|origin| self.loops().innermost_loop(origin));
        around.is_some_and(|around| self.calling.contains(around) && !self.loops().is_in_loop(user, around))
    }

    /// The instruction by which control comes to a loop.
    fn entry(&self, around: Loop) -> Option<Inst> {
        let header = self.loops().loop_header(around);
        self.function().layout.last_inst(self.context.domtree.idom(header)?)
    }

    /// What an edge brings into a loop.
    fn edges_into(&mut self, around: Loop) {
        let header = self.loops().loop_header(around);
        let Some(place) = self.entry(around) else { return };
        if !self.context.cfg.pred_iter(header).any(|pred| pred.inst == place) {
            return;
        }
        for value in edge_args(self.function(), place, header) {
            if self.fixed_outside(value, header) == Some(around) {
                self.uses.push(Use { value, place, user: place, operands: Operands::Edge(header) });
            }
        }
    }
}

fn edge_args(function: &Function, inst: Inst, target: Block) -> Vec<Value> {
    let dfg = &function.dfg;
    let destinations = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    let edges = destinations.iter().filter(|call| call.block(&dfg.value_lists) == target);
    edges.flat_map(|call| call.args(&dfg.value_lists)).filter_map(|arg| arg.as_value()).collect()
}

fn insert_copies(function: &mut Function, uses: Vec<Use>) {
    let mut copies: FxHashMap<(Value, Inst), Value> = FxHashMap::default();
    for Use { value, place, user, operands } in uses {
        let copy = *copies.entry((value, place)).or_insert_with(|| insert_copy(function, value, place));
        let replaced = |other: Value| if other == value { copy } else { other };
        match operands {
            Operands::All => function.dfg.map_inst_values(user, replaced),
            Operands::Edge(target) => {
                let dfg = &mut function.dfg;
                let calls =
                    dfg.insts[user].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
                for call in calls {
                    if call.block(&dfg.value_lists) == target {
                        call.update_args(&mut dfg.value_lists, |arg| match arg {
                            BlockArg::Value(other) => BlockArg::Value(replaced(other)),
                            other => other,
                        });
                    }
                }
            }
        }
    }
}

fn insert_copy(function: &mut Function, value: Value, place: Inst) -> Value {
    let ty = function.dfg.value_type(value);
    let mut cursor = FuncCursor::new(function).at_inst(place).with_srcloc(SourceLoc::default());
    let one = cursor.ins().iconst(ty, 1);
    cursor.ins().imul(value, one)
}
