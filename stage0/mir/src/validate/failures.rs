//! What a failure on its way may be: a conservative set for every value of type `fail`, from the calls that give it and
//! the cases that were taken out.
//!
//! 1. `failure`: what `refail` lets out is listed in the function's `fails`.
//! 2. `failure`: a failure of evidence of this function does not leave it: an `escape` case takes it.
//! 3. `failure`: an edge that leads backwards passes no failure that the edges into the loop do not.
//! 4. `switch`: a `switch_fail` has `else` where the failure may be something that no case names. It may have one elsewhere:
//!    passes that remove calls make sets smaller.
//! 5. `escape`: an `escape` case names evidence that this function made, with a clause that may fail.

use super::Context;
use super::cfg::Cfg;
use super::effects::closure_signature;
use super::finding::{Check, Findings, Place, broken, ensure, name};
use super::types::has_else;
use crate::contract::Opcode;
use crate::entity::{Block, EffectId, InstId, Value};
use crate::module::{Immediate, Inst, Label, OperationClass, Signature, Target};
use crate::types::{Ownership, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What a failure may be.
#[derive(Clone, Default)]
struct FailureSet {
    /// Zero-resume operations.
    operations: SmallVec<[(EffectId, u32); 4]>,
    /// Evidence of this function that a clause failed through.
    escaped: SmallVec<[Value; 2]>,
    /// Whether it may be on its way to evidence of a caller.
    escapes_outwards: bool,
}

impl FailureSet {
    fn add(&mut self, other: &FailureSet) {
        for operation in &other.operations {
            if !self.operations.contains(operation) {
                self.operations.push(*operation);
            }
        }
        for evidence in &other.escaped {
            if !self.escaped.contains(evidence) {
                self.escaped.push(*evidence);
            }
        }
        self.escapes_outwards |= other.escapes_outwards;
    }

    fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.escaped.is_empty() && !self.escapes_outwards
    }

    fn covers(&self, other: &FailureSet) -> bool {
        other.operations.iter().all(|operation| self.operations.contains(operation))
            && other.escaped.iter().all(|evidence| self.escaped.contains(evidence))
            && (self.escapes_outwards || !other.escapes_outwards)
    }
}

struct Failures<'a> {
    context: &'a Context<'a>,
    sets: FxHashMap<Value, FailureSet>,
    /// The instructions that made evidence.
    evidence: FxHashMap<Value, &'a Inst>,
}

/// All of the rules. Blocks in reverse post-order: a failure's set is complete before it is looked at.
pub(super) fn check(context: &Context, cfg: &Cfg, findings: &mut Findings) {
    if !context.body.values.iter().any(|data| data.ty == Type::Fail) {
        return;
    }
    let mut failures = Failures { context, sets: FxHashMap::default(), evidence: FxHashMap::default() };
    for &block in &cfg.order {
        let range = context.body.blocks[block.index()].insts.clone();
        for (inst, index) in context.body.block_insts(block).iter().zip(range) {
            let outcome = failures.visit(cfg, block, inst);
            findings.note(Place::Inst(block, InstId(index)), outcome);
        }
    }
}

impl<'a> Failures<'a> {
    fn visit(&mut self, cfg: &Cfg, block: Block, inst: &'a Inst) -> Check {
        match inst.opcode() {
            Opcode::Evidence => {
                self.evidence.insert(inst.first_result, inst);
            }
            Opcode::Refail => self.check_refail(inst)?,
            Opcode::SwitchFail => {
                self.check_escapes(inst)?;
                self.check_else(inst)?;
            }
            _ => {}
        }
        inst.targets.iter().try_for_each(|target| self.follow(cfg, block, inst, target))
    }

    /// What the edge hands over, and the failures among its arguments.
    fn follow(&mut self, cfg: &Cfg, block: Block, inst: &Inst, target: &Target) -> Check {
        let params = self.context.body.params(target.block);
        let handed = params.len() - target.args.len();
        let mut given: SmallVec<[(Value, FailureSet); 2]> = SmallVec::new();
        for (index, param) in params.enumerate() {
            if self.context.body.ty(param) == Type::Fail {
                let set = match index.checked_sub(handed) {
                    None => self.handed_over(inst, target.label),
                    Some(index) => self.set_of(target.args[index]),
                };
                given.push((param, set));
            }
        }
        for (param, set) in given {
            let known = self.sets.entry(param).or_default();
            if cfg.is_back_edge(block, target.block) {
                ensure(known.covers(&set), "failure", || {
                    format!("{} may be another failure on this edge than on those into the loop", name(param))
                })?;
            } else {
                known.add(&set);
            }
        }
        Ok(())
    }

    fn set_of(&self, value: Value) -> FailureSet {
        self.sets.get(&value).cloned().unwrap_or_default()
    }

    /// The failure that a terminator itself hands to a target.
    fn handed_over(&self, inst: &Inst, label: Label) -> FailureSet {
        match (inst.opcode(), label, &inst.immediate) {
            (Opcode::TryCall, _, Immediate::Func(callee)) => {
                self.of_call(&self.context.module.function(*callee).signature, inst)
            }
            (Opcode::TryCallClosure, _, _) => {
                closure_signature(self.context, inst).map(|signature| self.of_call(signature, inst)).unwrap_or_default()
            }
            (Opcode::TryPerform, _, _) => {
                let mut set = FailureSet::default();
                self.add_escapes(&mut set, &inst.args[..1]);
                set
            }
            (Opcode::SwitchFail, Label::Escape(evidence), _) => self.of_clauses(evidence),
            (Opcode::SwitchFail, Label::Else, _) => self.without_cases(inst),
            _ => FailureSet::default(),
        }
    }

    fn of_call(&self, signature: &Signature, inst: &Inst) -> FailureSet {
        let mut set = self.of_effects(&signature.fails);
        if signature.escapes {
            self.add_escapes(&mut set, &inst.args);
        }
        set
    }

    fn of_effects(&self, fails: &[EffectId]) -> FailureSet {
        let mut set = FailureSet::default();
        for effect in fails {
            let operations = self.context.module.effect(*effect).operations.iter().enumerate();
            let zero = operations.filter(|(_, operation)| operation.class == OperationClass::Zero);
            set.operations.extend(zero.map(|(index, _)| (*effect, index as u32)));
        }
        set
    }

    /// Failures escape to the evidence that is passed, this function's own or a caller's, when its effect has operations
    /// that escape.
    fn add_escapes(&self, set: &mut FailureSet, args: &[Value]) {
        for value in args {
            let data = self.context.body.values[value.index()];
            let Type::Ev(effect) = data.ty else { continue };
            let mut operations = self.context.module.effect(effect).operations.iter();
            if operations.any(|operation| operation.class == OperationClass::TailEscapes) {
                match data.ownership {
                    Ownership::Own => set.escaped.push(*value),
                    _ => set.escapes_outwards = true,
                }
            }
        }
    }

    /// What the clauses of a record may have failed with.
    fn of_clauses(&self, evidence: Value) -> FailureSet {
        let mut set = FailureSet::default();
        let Some(inst) = self.evidence.get(&evidence) else { return set };
        let Immediate::Evidence(_, clauses) = &inst.immediate else { return set };
        for clause in clauses {
            set.add(&self.of_call(&self.context.module.function(*clause).signature, inst));
        }
        set
    }

    fn without_cases(&self, inst: &Inst) -> FailureSet {
        let mut set = self.set_of(inst.args[0]);
        for target in &inst.targets {
            match target.label {
                Label::Operation(effect, operation) => set.operations.retain(|item| *item != (effect, operation)),
                Label::Escape(evidence) => set.escaped.retain(|item| *item != evidence),
                _ => {}
            }
        }
        set
    }

    fn check_refail(&self, inst: &Inst) -> Check {
        let failure = inst.args[0];
        let set = self.set_of(failure);
        let signature = &self.context.function.signature;
        let module = self.context.module;
        if let Some((effect, operation)) = set.operations.iter().find(|(effect, _)| !signature.fails.contains(effect)) {
            let effect = module.effect(*effect);
            let operation = &effect.operations[*operation as usize].name;
            return broken(
                "failure",
                format!(
                    "{} may be {1}.{operation}, and {1} is not in this function's `fails`",
                    name(failure),
                    effect.name
                ),
            );
        }
        if let Some(evidence) = set.escaped.first() {
            return broken(
                "failure",
                format!("{} may have escaped through {1}: handle it by `escape {1}`", name(failure), name(*evidence)),
            );
        }
        ensure(signature.escapes || !set.escapes_outwards, "failure", || {
            format!("{} may escape to evidence of a caller: write `escape` in this function's `fails`", name(failure))
        })
    }

    fn check_else(&self, inst: &Inst) -> Check {
        let rest = self.without_cases(inst);
        ensure(has_else(inst) || rest.is_empty(), "switch", || {
            format!(
                "{} may be {}, which no case names: add the case, or `else`",
                name(inst.args[0]),
                self.describe(&rest)
            )
        })
    }

    /// What of a set comes first, for messages.
    fn describe(&self, set: &FailureSet) -> String {
        match (set.operations.first(), set.escaped.first()) {
            (Some((effect, operation)), _) => {
                let effect = self.context.module.effect(*effect);
                format!("{}.{}", effect.name, effect.operations[*operation as usize].name)
            }
            (_, Some(evidence)) => format!("an escape through {}", name(*evidence)),
            _ => "on its way to evidence of a caller".into(),
        }
    }

    fn check_escapes(&self, inst: &Inst) -> Check {
        for target in &inst.targets {
            let Label::Escape(evidence) = target.label else { continue };
            let Some(made) = self.evidence.get(&evidence) else {
                return broken(
                    "escape",
                    format!(
                        "{} is not evidence that this function made: a caller's failures pass by `else`",
                        name(evidence)
                    ),
                );
            };
            let Immediate::Evidence(_, clauses) = &made.immediate else { continue };
            let may_fail = clauses.iter().any(|clause| self.context.module.function(*clause).signature.may_fail());
            ensure(may_fail, "escape", || format!("no clause of {} may fail: remove the case", name(evidence)))?;
        }
        Ok(())
    }
}
