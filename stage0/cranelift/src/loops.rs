//! Loops that call: their values are kept apart from fixed registers.
//!
//! A parameter of a function, or the result of a call, is born in the register that the convention names, and what is
//! returned or handed to a call ends in one. The register allocator wants to keep such a value in that one register.
//! Around a loop that calls in every round it cannot, so it cuts the value into pieces and moves it from one to the
//! next in each round. A copy outside the loop parts the two: the loop's own value is free to stay in one register
//! that calls preserve. Where there are more values than such registers, cutting them up is the better way.
//!
//! Copies are made behind Cranelift's optimiser, which would see through them. They must not become part of an address
//! either, as additions do, nor ask for the same register on both sides, as instructions with two operands on x86-64
//! do: a multiplication by one does neither.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstBuilder, Opcode, SourceLoc, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use rustc_hash::{FxHashMap, FxHashSet};

/// Inserts the copies into a function that has been optimised, for a machine on which calls preserve that many
/// registers for integers.
pub fn detach(context: &mut Context, preserved: usize) {
    context.compute_loop_analysis();
    let loops = Loops { context, selected: EntitySet::new() };
    if let Some(loops) = loops.select(preserved) {
        let uses = loops.uses();
        insert_copies(&mut context.func, uses);
    }
}

/// A use that is to read a copy.
struct Use {
    value: Value,
    /// The instruction before which the copy is made.
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

/// The loops of a function, and those that are worth the copies.
struct Loops<'a> {
    context: &'a Context,
    selected: EntitySet<Loop>,
}

impl<'a> Loops<'a> {
    fn function(&self) -> &'a Function {
        &self.context.func
    }

    fn analysis(&self) -> &'a LoopAnalysis {
        &self.context.loop_analysis
    }

    /// The loops around a block, from the inside out.
    fn around(&self, block: Block) -> impl Iterator<Item = Loop> + use<'a> {
        let analysis = self.analysis();
        std::iter::successors(analysis.innermost_loop(block), |inner| analysis.loop_parent(*inner))
    }

    /// The blocks and instructions in loops.
    fn instructions(&self) -> impl Iterator<Item = (Block, Inst)> + use<'a> {
        let (layout, analysis) = (&self.function().layout, self.analysis());
        let blocks = layout.blocks().filter(|block| analysis.innermost_loop(*block).is_some());
        blocks.flat_map(|block| layout.block_insts(block).map(move |inst| (block, inst)))
    }

    // -- which loops

    /// The loops that call in every round, and have few enough values.
    fn select(mut self, preserved: usize) -> Option<Loops<'a>> {
        let dfg = &self.function().dfg;
        for (block, inst) in self.instructions() {
            if dfg.insts[inst].opcode().is_call() {
                let always = self.around(block).filter(|around| self.is_in_every_round(block, *around));
                let always: Vec<Loop> = always.collect();
                self.selected.extend(always);
            }
        }
        if self.selected.is_empty() {
            return None;
        }
        for (around, values) in self.pressure() {
            if values > preserved {
                self.selected.remove(around);
            }
        }
        Some(self)
    }

    fn is_in_every_round(&self, block: Block, around: Loop) -> bool {
        let Context { cfg, domtree, .. } = self.context;
        let header = self.analysis().loop_header(around);
        let mut back = cfg.pred_iter(header).filter(|pred| self.analysis().is_in_loop(pred.block, around));
        back.all(|pred| domtree.block_dominates(block, pred.block))
    }

    /// About how many integers want a register throughout each selected loop: those that it reads from outside, and
    /// those that it and the loops within it carry from round to round.
    fn pressure(&self) -> FxHashMap<Loop, usize> {
        let dfg = &self.function().dfg;
        let mut entering: FxHashSet<(Loop, Value)> = FxHashSet::default();
        let mut pressure: FxHashMap<Loop, usize> = FxHashMap::default();
        for (block, inst) in self.instructions() {
            for value in dfg.inst_values(inst).filter(|value| self.takes_register(*value)) {
                let Some(origin) = self.origin(value) else { continue };
                let outside = self.around(block).take_while(|around| !self.analysis().is_in_loop(origin, *around));
                entering.extend(outside.map(|around| (around, value)));
            }
        }
        for (around, _) in entering {
            *pressure.entry(around).or_default() += 1;
        }
        for inner in self.analysis().loops() {
            let header = self.analysis().loop_header(inner);
            let carried = dfg.block_params(header).iter().filter(|value| is_integer(self.function(), **value)).count();
            for around in self.around(header) {
                *pressure.entry(around).or_default() += carried;
            }
        }
        pressure.retain(|around, _| self.selected.contains(*around));
        pressure
    }

    /// Whether a value is an integer that is not simply made anew where it is needed.
    fn takes_register(&self, value: Value) -> bool {
        let dfg = &self.function().dfg;
        let opcode = dfg.value_def(value).inst().map(|inst| dfg.insts[inst].opcode());
        is_integer(self.function(), value)
            && !matches!(opcode, Some(Opcode::Iconst | Opcode::SymbolValue | Opcode::FuncAddr | Opcode::GetPinnedReg))
    }

    // -- which values

    fn origin(&self, value: Value) -> Option<Block> {
        match self.function().dfg.value_def(value) {
            ValueDef::Param(block, _) => Some(block),
            ValueDef::Result(inst, _) => self.function().layout.inst_block(inst),
            ValueDef::Union(..) => None,
        }
    }

    /// Whether a value is defined in a fixed register.
    fn is_fixed(&self, value: Value) -> bool {
        let (dfg, layout) = (&self.function().dfg, &self.function().layout);
        match dfg.value_def(value) {
            ValueDef::Param(block, _) => layout.entry_block() == Some(block),
            ValueDef::Result(inst, _) => dfg.insts[inst].opcode().is_call(),
            ValueDef::Union(..) => false,
        }
    }

    /// The outermost selected loop around a block that a value comes into from a fixed register outside.
    fn entered(&self, value: Value, block: Block) -> Option<Loop> {
        if !is_integer(self.function(), value) || !self.is_fixed(value) {
            return None;
        }
        let origin = self.origin(value)?;
        let outside = self.around(block).take_while(|around| !self.analysis().is_in_loop(origin, *around));
        outside.filter(|around| self.selected.contains(*around)).last()
    }

    /// What goes from one round of a selected loop to the next.
    fn carried(&self) -> FxHashSet<Value> {
        let mut carried = FxHashSet::default();
        for around in self.selected.keys() {
            let header = self.analysis().loop_header(around);
            carried.extend(self.function().dfg.block_params(header));
            for pred in self.context.cfg.pred_iter(header) {
                if self.analysis().is_in_loop(pred.block, around) {
                    carried.extend(edge_args(self.function(), pred.inst, header));
                }
            }
        }
        carried.retain(|value| is_integer(self.function(), *value));
        carried
    }

    // -- which uses

    fn uses(&self) -> Vec<Use> {
        let (dfg, layout) = (&self.function().dfg, &self.function().layout);
        let mut uses = Vec::new();
        for (block, user) in self.instructions() {
            for value in dfg.inst_values(user) {
                if let Some(place) = self.entered(value, block).and_then(|around| self.entrance(around)) {
                    uses.push(Use { value, place, user, operands: Operands::All });
                }
            }
        }
        for around in self.selected.keys() {
            self.edge_uses(around, &mut uses);
        }
        let carried = self.carried();
        for block in layout.blocks() {
            for user in layout.block_insts(block) {
                let opcode = dfg.insts[user].opcode();
                if opcode.is_call() || opcode.is_return() {
                    let values = dfg.inst_args(user).iter().filter(|value| carried.contains(*value));
                    let left = values.filter(|value| self.is_left(**value, block));
                    uses.extend(left.map(|value| Use { value: *value, place: user, user, operands: Operands::All }));
                }
            }
        }
        uses
    }

    /// The instruction by which control comes to a loop.
    fn entrance(&self, around: Loop) -> Option<Inst> {
        let header = self.analysis().loop_header(around);
        self.function().layout.last_inst(self.context.domtree.idom(header)?)
    }

    /// What the entrance hands over to a loop.
    fn edge_uses(&self, around: Loop, uses: &mut Vec<Use>) {
        let header = self.analysis().loop_header(around);
        let Some(place) = self.entrance(around) else { return };
        for value in edge_args(self.function(), place, header) {
            if self.entered(value, header) == Some(around) {
                uses.push(Use { value, place, user: place, operands: Operands::Edge(header) });
            }
        }
    }

    /// Whether a value that a selected loop carries is used behind the loop, and not in another one.
    fn is_left(&self, value: Value, user: Block) -> bool {
        let Some(origin) = self.origin(value) else { return false };
        let inner = self.analysis().innermost_loop(origin);
        inner.is_some_and(|inner| self.selected.contains(inner) && !self.analysis().is_in_loop(user, inner))
            && self.around(user).all(|around| self.analysis().is_in_loop(origin, around))
    }
}

fn is_integer(function: &Function, value: Value) -> bool {
    // Narrower ones are rare, and multiplied otherwise.
    matches!(function.dfg.value_type(value), types::I32 | types::I64)
}

/// What a branch hands over to a block.
fn edge_args(function: &Function, branch: Inst, target: Block) -> Vec<Value> {
    let dfg = &function.dfg;
    let edges = dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    let edges = edges.iter().filter(|edge| edge.block(&dfg.value_lists) == target);
    edges.flat_map(|edge| edge.args(&dfg.value_lists)).filter_map(|arg| arg.as_value()).collect()
}

fn insert_copies(function: &mut Function, uses: Vec<Use>) {
    let mut copies: FxHashMap<(Value, Inst), Value> = FxHashMap::default();
    for Use { value, place, user, operands } in uses {
        let copy = *copies.entry((value, place)).or_insert_with(|| insert_copy(function, value, place));
        let replaced = |other: Value| if other == value { copy } else { other };
        match operands {
            Operands::All => function.dfg.map_inst_values(user, replaced),
            Operands::Edge(target) => map_edge_args(function, user, target, replaced),
        }
    }
}

fn map_edge_args(function: &mut Function, branch: Inst, target: Block, map: impl Fn(Value) -> Value) {
    let dfg = &mut function.dfg;
    for edge in dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if edge.block(&dfg.value_lists) == target {
            edge.update_args(&mut dfg.value_lists, |arg| match arg {
                BlockArg::Value(value) => BlockArg::Value(map(value)),
                other => other,
            });
        }
    }
}

fn insert_copy(function: &mut Function, value: Value, place: Inst) -> Value {
    let ty = function.dfg.value_type(value);
    let mut cursor = FuncCursor::new(function).at_inst(place).with_srcloc(SourceLoc::default());
    let one = cursor.ins().iconst(ty, 1);
    cursor.ins().imul(value, one)
}
