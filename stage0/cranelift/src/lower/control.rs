//! Edges between blocks, and the terminators that need nothing else.

use super::emitter::{NOT_REACHED, Words};
use super::function::FunctionLowering;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use kea_mir::module::{Inst, Target};
use smallvec::SmallVec;

/// A block that only passes arguments on.
pub(super) struct Edge {
    block: ir::Block,
    target: ir::Block,
    args: Words,
}

type Args = SmallVec<[BlockArg; 4]>;

impl FunctionLowering<'_, '_> {
    fn edge_words(&self, target: &Target, leading: &[ir::Value]) -> Words {
        let mut words = Words::from_slice(leading);
        words.extend(self.flatten(&target.args));
        words
    }

    fn edge_args(&self, target: &Target) -> Args {
        self.flatten(&target.args).into_iter().map(BlockArg::Value).collect()
    }

    /// Jumps to a target with what the terminator hands over and the target's own arguments.
    pub fn jump_edge(&mut self, target: &Target, leading: &[ir::Value]) {
        let words = self.edge_words(target, leading);
        self.emit.jump(self.blocks[target.block.index()], &words);
    }

    /// A block without parameters that leads to the target; `emit_edges` must follow when the current block has ended.
    pub fn edge_block(&mut self, target: &Target, leading: &[ir::Value]) -> ir::Block {
        let args = self.edge_words(target, leading);
        let target = self.blocks[target.block.index()];
        if args.is_empty() {
            return target;
        }
        let cold = self.emit.builder.func.layout.is_cold(target);
        let block = if cold { self.emit.cold_block() } else { self.emit.block() };
        self.edges.push(Edge { block, target, args });
        block
    }

    /// Writes the blocks that `edge_block` made.
    pub fn emit_edges(&mut self) {
        for Edge { block, target, args } in std::mem::take(&mut self.edges) {
            self.emit.switch_to(block);
            self.emit.jump(target, &args);
        }
    }

    pub fn jump(&mut self, inst: &Inst) {
        if let Some(target) = inst.targets.first() {
            self.jump_edge(target, &[]);
        }
    }

    pub fn branch(&mut self, inst: &Inst) {
        let condition = self.operand(inst, 0);
        let [then, otherwise] = inst.targets.as_slice() else { return };
        let (then_args, otherwise_args) = (self.edge_args(then), self.edge_args(otherwise));
        let (then, otherwise) = (self.blocks[then.block.index()], self.blocks[otherwise.block.index()]);
        self.emit.ins().brif(condition, then, &then_args, otherwise, &otherwise_args);
    }

    pub fn unreachable(&mut self) {
        self.emit.ins().trap(NOT_REACHED);
    }
}
