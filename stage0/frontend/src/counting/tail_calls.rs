//! Tail calls that have to come back.
//!
//! A tail call gives the frame up, so it cannot lend what the frame owns. One that would becomes a call with a `return` behind it, where
//! the value is released.
//!
//! ```text
//! tail_call @f (v1)        v2 = call @f (v1)
//!                          release v1
//!                          return (v2)
//! ```

use super::holders::Holders;
use super::operands::{Use, callee, use_of};
use super::words::{self, Word};
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::Value;
use kea_mir::module::{Label, Module, Results, Signature, Target};
use kea_mir::types::Type;
use smallvec::{SmallVec, smallvec};

/// Rewrites them; gives whether there was any.
pub(super) fn return_from_lending(
    module: &Module,
    signature: &Signature,
    draft: &mut Draft,
    holders: &Holders,
) -> bool {
    let mut changed = false;
    for block in 0..draft.blocks.len() {
        let lends = draft.blocks[block].insts.last().is_some_and(|last| lends(module, signature, draft, holders, last));
        if lends && let Some(last) = draft.blocks[block].insts.pop() {
            let insts = returning(module, draft, last, draft.blocks[block].cold);
            draft.blocks[block].insts.extend(insts);
            changed = true;
        }
    }
    changed
}

/// Whether it is a tail call that lends what the frame owns.
fn lends(module: &Module, signature: &Signature, draft: &Draft, holders: &Holders, inst: &DraftInst) -> bool {
    matches!(inst.mnemonic.info().opcode, Opcode::TailCall | Opcode::TailCallClosure)
        && inst.args.iter().enumerate().any(|(index, arg)| {
            holders.owner(*arg).is_some() && use_of(module, signature, &draft.values, inst, index) == Use::Read
        })
}

/// What stands for a tail call.
fn returning(module: &Module, draft: &mut Draft, tail_call: DraftInst, cold: bool) -> Vec<DraftInst> {
    let Some(callee) = callee(module, &draft.values, &tail_call) else { return vec![tail_call] };
    let (may_fail, never) = (callee.may_fail(), callee.results == Results::Never);
    let types: SmallVec<[Type; 2]> = callee.results().iter().map(|result| result.ty).collect();
    let through_closure = tail_call.mnemonic.info().opcode == Opcode::TailCallClosure;
    let results: SmallVec<[Value; 2]> = types.iter().map(|ty| draft.value(*ty)).collect();
    let leave = match never {
        true => words::UNREACHABLE.with(SmallVec::new(), SmallVec::new()),
        false => words::RETURN.with(results.iter().copied().collect(), SmallVec::new()),
    };
    let word = |plain: &'static Word, closure: &'static Word| if through_closure { closure } else { plain };
    if !may_fail {
        let call = word(&words::CALL, &words::CALL_CLOSURE);
        return vec![DraftInst { mnemonic: call.mnemonic(), results, ..tail_call }, leave];
    }
    let normal = draft.block(cold);
    draft.blocks[normal.index()].params.extend(results);
    draft.blocks[normal.index()].insts.push(leave);
    let failed = draft.block(true);
    let failure = draft.block_param(failed, Type::Fail);
    draft.blocks[failed.index()].insts.push(words::REFAIL.of(failure));
    let call = word(&words::TRY_CALL, &words::TRY_CALL_CLOSURE);
    let target = |label, block| Target { label, block, args: smallvec![] };
    let targets = vec![target(Label::Normal, normal), target(Label::Fail, failed)];
    vec![DraftInst { mnemonic: call.mnemonic(), targets, ..tail_call }]
}
