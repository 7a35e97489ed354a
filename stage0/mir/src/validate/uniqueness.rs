//! Which names stop being known as the only reference to their object, although they were defined `uniq`.
//!
//! A name is no longer known to be the only one once it was retained, or lent to code that may retain it: a function
//! of Kea, a clause, evidence, or a borrowed block parameter. The runtime's and foreign functions keep nothing of
//! what they borrow. The set is found without looking at the order of instructions: what asks for `uniq` consumes the
//! name, so that on a path through it whatever else reads the name comes before. Where paths part and only the other
//! one lends the name, `freeze` it there first.

use super::Context;
use super::types::Uses;
use crate::contract::Opcode;
use crate::entity::{InstId, Value};
use crate::module::{FunctionKind, Immediate, Inst};
use crate::types::Ownership;

/// The names, as a set by value.
pub(super) struct SharedNames(Vec<bool>);

impl SharedNames {
    /// Finds them in a whole body.
    pub(super) fn of(context: &Context, uses: &Uses) -> SharedNames {
        let body = context.body;
        let mut shared = SharedNames(vec![false; body.values.len()]);
        for (index, inst) in body.insts.iter().enumerate() {
            if lends(context, inst) {
                for (value, ownership) in inst.args.iter().zip(uses.of(InstId::new(index))) {
                    if *ownership == Ownership::Borrow {
                        shared.add(*value);
                    }
                }
            }
            for target in &inst.targets {
                let params = body.params(target.block);
                let handed = params.len().saturating_sub(target.args.len());
                for (value, param) in target.args.iter().zip(params.skip(handed)) {
                    if body.ownership(param) == Ownership::Borrow {
                        shared.add(*value);
                    }
                }
            }
        }
        shared
    }

    fn add(&mut self, value: Value) {
        self.0[value.index()] = true;
    }

    /// Whether others may hold what the name holds.
    pub(super) fn contains(&self, value: Value) -> bool {
        self.0[value.index()]
    }
}

/// Whether what the instruction reads may have other references afterwards.
fn lends(context: &Context, inst: &Inst) -> bool {
    use Opcode::{
        Call, CallClosure, Evidence, Parallel, PerformHandler, Retain, TailCall, TailCallClosure, TryCall,
        TryCallClosure, TryPerform,
    };
    match (inst.opcode(), &inst.immediate) {
        (Call | TryCall | TailCall, Immediate::Func(callee)) => {
            !matches!(context.module.function(*callee).kind, FunctionKind::Extern { .. })
        }
        (opcode, _) => matches!(
            opcode,
            Retain | CallClosure | TryCallClosure | TailCallClosure | Parallel | PerformHandler | TryPerform | Evidence
        ),
    }
}
