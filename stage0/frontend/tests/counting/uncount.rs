//! Text to drafts: a module whose functions use values freely, or one with counts, which are taken out.

use kea_frontend::draft::{Draft, DraftBlock, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{Body, Function, FunctionKind, Label, Module, Param, Results};
use kea_mir::types::{Ownership, Type};

/// Takes bodies and ownership out of a module.
pub fn uncount(module: &mut Module) -> Vec<(FuncId, Draft)> {
    own_signatures(module);
    let mut drafts = Vec::new();
    for (index, function) in module.functions.iter_mut().enumerate() {
        if let Some(body) = function.body.take() {
            drafts.push((FuncId::new(index), draft(function, body)));
        }
    }
    drafts
}

/// Whether the module passes borrowed or unique values between functions, which drafts do not.
pub fn passes_borrows(module: &Module) -> bool {
    let results = |results: &Results| match results {
        Results::Never => false,
        Results::Values(values) => {
            values.iter().any(|result| matches!(result.ownership, Ownership::Borrow | Ownership::Uniq))
        }
    };
    let unique = |params: &[Param]| params.iter().any(|param| param.ownership == Ownership::Uniq);
    let signature = |signature: &kea_mir::module::Signature| results(&signature.results) || unique(&signature.params);
    module.functions.iter().any(|function| signature(&function.signature))
        || module.signatures.iter().any(|named| signature(&named.signature))
        || module.effects.iter().flat_map(|effect| &effect.operations).any(|operation| results(&operation.results))
}

/// Every managed parameter of what is not an extern becomes owned.
fn own_signatures(module: &mut Module) {
    let managed: Vec<bool> = (0..module.layouts.len() as u32)
        .map(|layout| module.is_managed_stored(kea_mir::types::Stored::Flat(kea_mir::entity::LayoutId(layout))))
        .collect();
    let own = |params: &mut Vec<Param>| {
        for param in params {
            let counted = match param.ty {
                Type::Stored(kea_mir::types::Stored::Flat(layout)) => managed[layout.index()],
                Type::Stored(kea_mir::types::Stored::Scalar(_)) => false,
                Type::Stored(_) => true,
                _ => false,
            };
            if counted {
                param.ownership = Ownership::Own;
            }
        }
    };
    for function in &mut module.functions {
        if !matches!(function.kind, FunctionKind::Extern { .. }) {
            own(&mut function.signature.params);
        }
    }
    module.signatures.iter_mut().for_each(|named| own(&mut named.signature.params));
    for operation in module.effects.iter_mut().flat_map(|effect| &mut effect.operations) {
        own(&mut operation.params);
    }
}

fn draft(function: &Function, body: Body) -> Draft {
    let mut names: Vec<Value> = (0..body.values.len()).map(Value::new).collect();
    let mut blocks = Vec::new();
    for (index, block) in body.blocks.iter().enumerate() {
        let params = if index == 0 { Vec::new() } else { block.params.clone().map(Value).collect() };
        let mut insts = Vec::new();
        for inst in &body.insts[block.insts.start as usize..block.insts.end as usize] {
            match inst.opcode() {
                Opcode::Release => {}
                Opcode::Retain | Opcode::Freeze => {
                    names[inst.first_result.index()] = names[inst.args[0].index()];
                }
                _ => insts.push(DraftInst {
                    mnemonic: inst.mnemonic,
                    results: inst.results().collect(),
                    location: inst.location,
                    immediate: inst.immediate.clone(),
                    args: inst.args.clone(),
                    targets: inst.targets.clone(),
                }),
            }
        }
        blocks.push(DraftBlock { params, insts, cold: block.cold });
    }
    for inst in blocks.iter_mut().flat_map(|block| &mut block.insts) {
        inst.args.iter_mut().for_each(|arg| *arg = names[arg.index()]);
        for target in &mut inst.targets {
            target.args.iter_mut().for_each(|arg| *arg = names[arg.index()]);
            if let Label::Escape(evidence) = &mut target.label {
                *evidence = names[evidence.index()];
            }
        }
    }
    Draft {
        params: (0..function.signature.params.len()).map(Value::new).collect(),
        blocks,
        values: body.values.iter().map(|data| data.ty).collect(),
    }
}
