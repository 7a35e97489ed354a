//! The last step: a counted draft becomes a body, with blocks and values in canonical order.

use super::operands::result_ownership;
use super::simplify::order_blocks;
use super::unique::claimed_params;
use crate::draft::{Draft, DraftBlock, DraftInst};
use kea_mir::entity::Value;
use kea_mir::module::{BlockData, Body, Inst, Label, Module, Signature, ValueData};
use kea_mir::types::{Anchor, Anchors, Ownership, Type};
use rustc_hash::FxHashSet;

/// The body of a function with that signature. The borrowed block parameters live as long as any borrowed parameter of the function, or
/// for ever.
pub(super) fn build(module: &Module, signature: &Signature, borrowed: &FxHashSet<Value>, mut draft: Draft) -> Body {
    order_blocks(&mut draft);
    let claimed = claimed_params(&draft);
    let blocks = std::mem::take(&mut draft.blocks);
    let mut builder = Builder {
        module,
        types: &draft.values,
        numbers: vec![Value(u32::MAX); draft.values.len()],
        body: Body::default(),
    };
    builder.body.values.reserve_exact(draft.params.len() + blocks.iter().map(values_defined).sum::<usize>());
    builder.body.insts.reserve_exact(blocks.iter().map(|block| block.insts.len()).sum());
    builder.body.blocks.reserve_exact(blocks.len());
    for (value, param) in draft.params.iter().zip(&signature.params) {
        builder.define(*value, param.ownership);
    }
    let lasting = (0..signature.params.len()).map(Value::new);
    let lasting = lasting.filter(|param| builder.body.ownership(*param) == Ownership::Borrow);
    let mut lasting: Anchors = lasting.map(Anchor::Value).collect();
    if lasting.is_empty() {
        lasting.push(Anchor::Static);
    }
    for block in blocks {
        let first_param = builder.body.values.len() as u32;
        for param in &block.params {
            let ownership = match module.is_managed(draft.values[param.index()]) {
                false => Ownership::Plain,
                true if borrowed.contains(param) => Ownership::Borrow,
                true if claimed.contains(param) => Ownership::Uniq,
                true => Ownership::Own,
            };
            builder.define(*param, ownership);
            if ownership == Ownership::Borrow {
                builder.body.anchors.insert(builder.numbers[param.index()], lasting.clone());
            }
        }
        let params = first_param..builder.body.values.len() as u32;
        let first_inst = builder.body.insts.len() as u32;
        block.insts.into_iter().for_each(|inst| builder.push(inst));
        let insts = first_inst..builder.body.insts.len() as u32;
        builder.body.blocks.push(BlockData { params, insts, cold: block.cold });
    }
    builder.body
}

/// How many values a block defines.
fn values_defined(block: &DraftBlock) -> usize {
    block.params.len() + block.insts.iter().map(|inst| inst.results.len()).sum::<usize>()
}

struct Builder<'a> {
    module: &'a Module,
    types: &'a [Type],
    /// The number in the body of each value of the draft.
    numbers: Vec<Value>,
    body: Body,
}

impl Builder<'_> {
    fn define(&mut self, value: Value, ownership: Ownership) {
        self.numbers[value.index()] = Value::new(self.body.values.len());
        self.body.values.push(ValueData { ty: self.types[value.index()], ownership });
    }

    fn push(&mut self, mut inst: DraftInst) {
        let first_result = Value::new(self.body.values.len());
        for (index, result) in inst.results.iter().enumerate() {
            let ownership = result_ownership(self.module, self.types, &inst, index, self.types[result.index()]);
            self.define(*result, ownership);
        }
        let numbers = &self.numbers;
        let renumber = |value: &mut Value| *value = numbers[value.index()];
        inst.args.iter_mut().for_each(renumber);
        for target in &mut inst.targets {
            target.args.iter_mut().for_each(renumber);
            if let Label::Escape(evidence) = &mut target.label {
                renumber(evidence);
            }
        }
        self.body.insts.push(Inst {
            mnemonic: inst.mnemonic,
            result_count: inst.results.len() as u16,
            first_result: if inst.results.is_empty() { Value(0) } else { first_result },
            location: inst.location,
            immediate: inst.immediate,
            args: inst.args,
            targets: inst.targets,
        });
    }
}
