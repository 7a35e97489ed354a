//! Capabilities: which of them each function performs. They are no part of an instance: functions are compiled first, then what each
//! performs follows from whom it calls. Every closure may perform every capability of the program.

use super::Lowering;
use kea_mir::contract::Opcode;
use kea_mir::entity::{CapabilityId, FuncId};
use kea_mir::module::{FunctionKind, Immediate};
use kea_mir::types::Type;

/// A set of capabilities, one bit each.
type Set = u64;

impl Lowering<'_, '_> {
    /// Completes all signatures.
    pub(super) fn add_capabilities(&mut self) {
        let count = self.module.capabilities.len().min(Set::BITS as usize);
        let all: Set = if count == Set::BITS as usize { Set::MAX } else { (1 << count) - 1 };
        for named in &mut self.module.signatures {
            named.signature.performs = listed(all);
        }
        let performed = self.performed(all);
        for (function, set) in self.module.functions.iter_mut().zip(performed) {
            if !matches!(function.kind, FunctionKind::Extern { .. }) {
                function.signature.performs = listed(set);
            }
        }
    }

    /// What each function performs: its own, and what those perform that it calls, until nothing changes.
    fn performed(&self, all: Set) -> Vec<Set> {
        let functions = &self.module.functions;
        let mut performed: Vec<Set> = vec![0; functions.len()];
        let mut callers: Vec<Vec<FuncId>> = vec![Vec::new(); functions.len()];
        for (index, function) in functions.iter().enumerate() {
            if let FunctionKind::Extern { effect: Some(effect), .. } = function.kind {
                performed[index] = 1 << effect.index();
            }
            if function.signature.params.iter().any(|param| param.ty == Type::Env) {
                performed[index] = all;
            }
        }
        for (func, draft) in &self.drafts {
            for inst in draft.blocks.iter().flat_map(|block| &block.insts) {
                match (&inst.immediate, inst.mnemonic.info().opcode) {
                    (_, Opcode::CallClosure | Opcode::TryCallClosure | Opcode::TailCallClosure | Opcode::Parallel) => {
                        performed[func.index()] = all
                    }
                    (Immediate::Func(callee), _) => callers[callee.index()].push(*func),
                    (Immediate::Evidence(_, clauses), _) => {
                        clauses.iter().for_each(|clause| callers[clause.index()].push(*func));
                    }
                    _ => {}
                }
            }
        }
        let mut changed: Vec<usize> = (0..functions.len()).filter(|index| performed[*index] != 0).collect();
        while let Some(callee) = changed.pop() {
            for caller in std::mem::take(&mut callers[callee]) {
                let more = performed[caller.index()] | performed[callee];
                if more != performed[caller.index()] {
                    performed[caller.index()] = more;
                    changed.push(caller.index());
                }
                callers[callee].push(caller);
            }
        }
        performed
    }
}

fn listed(set: Set) -> Vec<CapabilityId> {
    (0..Set::BITS).filter(|bit| set & (1 << bit) != 0).map(CapabilityId).collect()
}
