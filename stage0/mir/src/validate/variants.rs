//! Which variant a value is known to be.
//!
//! 1. `O8`: `field`, `part`, `take`, `unpack`, `store` and `swap` on `V` stand where a `switch_tag` edge on the value, the
//!    `new`, `pack` or `immediate` that made it, or a layout with one variant says that it is `V`.
//!
//! A fact of an edge holds in all that its block dominates, when no other edge leads there; `else` is one when it
//! leaves a single variant. Facts of a definition hold wherever the value does. Retaining, freezing, claiming and
//! storing give a new name to the same cell: it has the facts of the old one. So does a parameter of a block with a
//! single edge. The dominator tree is walked in preorder, facts of edges are undone when their subtree ends.

use super::Context;
use super::cfg::Cfg;
use super::finding::{Check, Findings, Place, broken, name};
use crate::contract::Opcode;
use crate::entity::{Block, InstId, LayoutId, Value};
use crate::module::{Immediate, Inst, Label};

const UNKNOWN: u32 = u32::MAX;

struct Facts<'a> {
    context: &'a Context<'a>,
    /// The variant of each value, where it is known.
    known: Vec<u32>,
    /// The facts of edges that hold here: the block, the value, and what was known before.
    scopes: Vec<(Block, Value, u32)>,
}

/// The rule, for every instruction.
pub(super) fn check(context: &Context, cfg: &Cfg, findings: &mut Findings) {
    if context.module.layouts.is_empty() {
        return;
    }
    let mut facts = Facts { context, known: vec![UNKNOWN; context.body.values.len()], scopes: Vec::new() };
    for &block in &cfg.preorder {
        facts.leave_scopes(cfg, block);
        facts.enter(cfg, block);
        let range = context.body.blocks[block.index()].insts.clone();
        for (inst, index) in context.body.block_insts(block).iter().zip(range) {
            let outcome = facts.check(inst);
            findings.note(Place::Inst(block, InstId(index)), outcome);
            facts.define(inst);
        }
    }
}

impl Facts<'_> {
    fn leave_scopes(&mut self, cfg: &Cfg, block: Block) {
        while let Some((scope, value, before)) = self.scopes.last().copied() {
            if cfg.dominates(scope, block) {
                return;
            }
            self.known[value.index()] = before;
            self.scopes.pop();
        }
    }

    /// The facts of the only edge into a block.
    fn enter(&mut self, cfg: &Cfg, block: Block) {
        let Some(edge) = cfg.single_edge(block) else { return };
        let body = self.context.body;
        let Some(inst) = body.terminator(edge.from) else { return };
        let target = &inst.targets[edge.target];
        match inst.opcode() {
            Opcode::TryClaim => {
                if let Some(param) = body.params(block).next() {
                    self.known[param.index()] = self.known[inst.args[0].index()];
                }
            }
            Opcode::SwitchTag => {
                let value = inst.args[0];
                if let Some(variant) = self.variant_of_edge(inst, target.label) {
                    self.scopes.push((block, value, self.known[value.index()]));
                    self.known[value.index()] = variant;
                }
            }
            _ => {}
        }
        let handed = body.params(block).len() - target.args.len();
        for (param, arg) in body.params(block).skip(handed).zip(&target.args) {
            self.known[param.index()] = self.known[arg.index()];
        }
    }

    fn variant_of_edge(&self, inst: &Inst, label: Label) -> Option<u32> {
        if let Label::Variant(variant) = label {
            return Some(variant);
        }
        let layout = self.context.layout_of(self.context.body.ty(inst.args[0]))?;
        let count = self.context.module.layout(layout).variants().len();
        if inst.targets.len() != count {
            return None;
        }
        // As many targets as variants, `else` among them: one variant is left.
        let named = |variant: u32| inst.targets.iter().any(|target| target.label == Label::Variant(variant));
        (0..count as u32).find(|variant| !named(*variant))
    }

    fn define(&mut self, inst: &Inst) {
        let Some(result) = inst.results().next() else { return };
        self.known[result.index()] = match (inst.opcode(), &inst.immediate) {
            (Opcode::New, Immediate::New { variant, .. }) => *variant,
            (Opcode::Pack | Opcode::Immediate, Immediate::Variant(_, variant)) => *variant,
            (Opcode::Retain | Opcode::Freeze | Opcode::Store | Opcode::Swap, _) => self.known[inst.args[0].index()],
            _ => return,
        };
    }

    fn check(&self, inst: &Inst) -> Check {
        use Opcode::{Field, Part, Store, Swap, Take, Unpack};
        match (inst.opcode(), &inst.immediate) {
            (Field | Part | Store | Swap, Immediate::Field { layout, variant, .. })
            | (Take | Unpack, Immediate::Variant(layout, variant)) => {
                self.check_variant(inst.args[0], *layout, *variant)
            }
            _ => Ok(()),
        }
    }

    fn check_variant(&self, value: Value, layout: LayoutId, variant: u32) -> Check {
        let layout = self.context.module.layout(layout);
        let wanted = &layout.variants()[variant as usize].name;
        match self.known[value.index()] {
            known if known == variant => Ok(()),
            _ if layout.variants().len() == 1 => Ok(()),
            UNKNOWN => broken(
                "O8",
                format!(
                    "{0} is not known to be {wanted} here: come from the edge of a `switch_tag {0}` that no other edge joins",
                    name(value)
                ),
            ),
            known => {
                let known = layout.variants().get(known as usize).map_or("?", |variant| &variant.name);
                broken("O8", format!("{} is {known} here, not {wanted}", name(value)))
            }
        }
    }
}
