//! Arrays that are to be changed in place.
//!
//! The instructions that change an array ask for a name that is known to be the only one. Where the name at hand is not (others may hold
//! the array, or the name was lent), `array_unshare` goes before: it finds out, and copies if it must.

use super::operands::{Use, is_counted, result_ownership, use_of};
use super::simplify::count_edges;
use super::words;
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::Value;
use kea_mir::module::{FunctionKind, Immediate, Module, Signature};
use kea_mir::types::Ownership;

/// Adds `array_unshare` where it is needed.
pub(super) fn unshare_arrays(module: &Module, signature: &Signature, draft: &mut Draft) {
    let changes = |inst: &DraftInst| changes_array(inst.mnemonic.info().opcode);
    if !draft.blocks.iter().flat_map(|block| &block.insts).any(changes) {
        return;
    }
    let mut unique = unique_names(module, signature, draft);
    for block in 0..draft.blocks.len() {
        let mut position = 0;
        while position < draft.blocks[block].insts.len() {
            let inst = &draft.blocks[block].insts[position];
            if changes(inst) && !unique[inst.args[0].index()] {
                let shared = inst.args[0];
                let only = draft.value(draft.values[shared.index()]);
                unique.push(true);
                let insts = &mut draft.blocks[block].insts;
                insts[position].args[0] = only;
                insts.insert(position, words::ARRAY_UNSHARE.giving(only, shared));
                position += 1;
            }
            position += 1;
        }
    }
}

fn changes_array(opcode: Opcode) -> bool {
    use Opcode::{
        ArrayAppend, ArrayExtend, ArrayMove, ArrayPop, ArrayPush, ArrayReserve, ArrayTruncate, ElemPut, ElemStore,
        ElemSwap, ElemTake,
    };
    matches!(
        opcode,
        ArrayAppend
            | ArrayExtend
            | ArrayMove
            | ArrayPop
            | ArrayPush
            | ArrayReserve
            | ArrayTruncate
            | ElemPut
            | ElemStore
            | ElemSwap
            | ElemTake
    )
}

/// Whether a block parameter is handed over by the edge of a `try_claim` that found its value to be the only reference.
pub(super) fn claimed_params(draft: &Draft) -> Vec<Value> {
    let mut edges = None;
    let mut claimed = Vec::new();
    for inst in draft.blocks.iter().filter_map(|block| block.insts.last()) {
        if inst.mnemonic.info().opcode == Opcode::TryClaim {
            let edges = edges.get_or_insert_with(|| count_edges(draft));
            let block = inst.targets[0].block.index();
            if edges[block] == 1 {
                claimed.extend(draft.blocks[block].params.first());
            }
        }
    }
    claimed
}

/// For each name whether it is known to be the only one wherever it is consumed: the validator's rule.
fn unique_names(module: &Module, signature: &Signature, draft: &Draft) -> Vec<bool> {
    let types = &draft.values;
    let mut unique = vec![false; types.len()];
    for value in claimed_params(draft) {
        unique[value.index()] = true;
    }
    let insts = || draft.blocks.iter().flat_map(|block| &block.insts);
    for inst in insts() {
        for (index, result) in inst.results.iter().enumerate() {
            let ownership = result_ownership(module, types, inst, index, types[result.index()]);
            unique[result.index()] = ownership == Ownership::Uniq;
        }
    }
    for inst in insts().filter(|inst| lends(module, inst)) {
        for (index, arg) in inst.args.iter().enumerate() {
            if is_counted(module, types[arg.index()]) && use_of(module, signature, types, inst, index) == Use::Read {
                unique[arg.index()] = false;
            }
        }
    }
    unique
}

/// Whether what the instruction reads may have other references afterwards.
fn lends(module: &Module, inst: &DraftInst) -> bool {
    use Opcode::{
        Call, CallClosure, Evidence, Parallel, PerformHandler, Retain, TailCall, TailCallClosure, TryCall,
        TryCallClosure, TryPerform,
    };
    match (inst.mnemonic.info().opcode, &inst.immediate) {
        (Call | TryCall | TailCall, Immediate::Func(callee)) => {
            !matches!(module.function(*callee).kind, FunctionKind::Extern { .. })
        }
        (opcode, _) => matches!(
            opcode,
            Retain | CallClosure | TryCallClosure | TailCallClosure | Parallel | PerformHandler | TryPerform | Evidence
        ),
    }
}
