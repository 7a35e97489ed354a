//! Definitions and uses.
//!
//! 1. `dominance`: the definition of a value stands on every path to its use, before it. What a block parameter is
//!    anchored on is one of the block's parameters or is defined on every path to the block.

use super::Context;
use super::cfg::Cfg;
use super::finding::{Check, Findings, Place, broken, name};
use crate::entity::{Block, InstId, Value};
use crate::module::{Inst, Label};
use crate::types::Anchor;

/// Where each value is defined.
pub(super) struct Definitions {
    /// The block, and one more than the instruction's number; 0 for parameters.
    places: Vec<(Block, u32)>,
}

impl Definitions {
    /// The places of all definitions of a body of the right form.
    pub fn new(context: &Context) -> Definitions {
        let body = context.body;
        let mut places = vec![(Block(0), 0); body.values.len()];
        for (index, block) in body.blocks.iter().enumerate() {
            let block_id = Block::new(index);
            for value in body.params(block_id) {
                places[value.index()] = (block_id, 0);
            }
            for inst_index in block.insts.clone() {
                for value in body.insts[inst_index as usize].results() {
                    places[value.index()] = (block_id, inst_index + 1);
                }
            }
        }
        Definitions { places }
    }

    /// Whether the value is defined on every path to the instruction of the block.
    fn reaches(&self, cfg: &Cfg, value: Value, block: Block, inst: InstId) -> bool {
        let (home, definition) = self.places[value.index()];
        if home == block { definition <= inst.0 } else { cfg.dominates(home, block) }
    }

    /// Whether the value is defined on every path to the block, or is one of its parameters.
    fn reaches_block(&self, cfg: &Cfg, value: Value, block: Block) -> bool {
        let (home, definition) = self.places[value.index()];
        if home == block { definition == 0 } else { cfg.dominates(home, block) }
    }
}

/// The rule, for every use.
pub(super) fn check(context: &Context, cfg: &Cfg, findings: &mut Findings) {
    let definitions = Definitions::new(context);
    for (index, block) in context.body.blocks.iter().enumerate() {
        let block_id = Block::new(index);
        findings.note(Place::Block(block_id), check_anchors(context, cfg, &definitions, block_id));
        for inst_index in block.insts.clone() {
            let inst = &context.body.insts[inst_index as usize];
            let outcome = check_inst(cfg, &definitions, inst, block_id, InstId(inst_index));
            findings.note(Place::Inst(block_id, InstId(inst_index)), outcome);
        }
    }
}

fn check_inst(cfg: &Cfg, definitions: &Definitions, inst: &Inst, block: Block, id: InstId) -> Check {
    let evidence = inst.targets.iter().filter_map(|target| match target.label {
        Label::Escape(value) => Some(value),
        _ => None,
    });
    let edges = inst.targets.iter().flat_map(|target| target.args.iter().copied());
    let mut used = inst.args.iter().copied().chain(edges).chain(evidence);
    match used.find(|value| !definitions.reaches(cfg, *value, block, id)) {
        None => Ok(()),
        Some(value) => broken(
            "dominance",
            format!("{} is not defined on every path that leads here: pass it as a block parameter", name(value)),
        ),
    }
}

fn check_anchors(context: &Context, cfg: &Cfg, definitions: &Definitions, block: Block) -> Check {
    for param in context.body.params(block) {
        for anchor in context.body.anchors.get(&param).into_iter().flatten() {
            if let Anchor::Value(anchor) = *anchor
                && !definitions.reaches_block(cfg, anchor, block)
            {
                return broken(
                    "O5",
                    format!(
                        "{} is anchored on {}, which is neither a parameter of b{} nor defined on every path to it",
                        name(param),
                        name(anchor),
                        block.0
                    ),
                );
            }
        }
    }
    Ok(())
}
