//! Evidence, clauses and failures.

use crate::contract::Opcode;
use crate::interp::arena::Handle;
use crate::interp::machine::{Flow, Machine, Record, Values, unexpected};
use crate::interp::stop::{Step, violation};
use crate::interp::value::{Failure, Value};
use crate::module::{FunctionKind, Immediate, Inst, Label};
use smallvec::smallvec;

impl<'m> Machine<'m, '_> {
    pub(super) fn evidence(&mut self, inst: &'m Inst) -> Step<Flow> {
        let Immediate::Evidence(_, clauses) = &inst.immediate else { return violation("`evidence` names no effect") };
        let captures = inst.args.iter().map(|name| self.read(*name).cloned()).collect::<Step<_>>()?;
        let record = self.records.insert(Record { clauses, captures, escape: None });
        self.define_one(inst, Value::Evidence(record))
    }

    pub(super) fn end_evidence(&mut self, inst: &Inst) -> Step<Flow> {
        let handle = evidence_of(&self.consume(inst, 0)?)?;
        match self.records.remove(handle) {
            Some(Record { escape: None, .. }) => Ok(Flow::Next),
            Some(_) => violation("the evidence ends with a failure of a clause that nobody has taken"),
            None => violation("the evidence has ended before"),
        }
    }

    /// The record that evidence names.
    pub(super) fn record(&self, handle: Handle) -> Step<&Record<'m>> {
        match self.records.get(handle) {
            Some(record) => Ok(record),
            None => violation("the evidence has ended"),
        }
    }

    /// `perform.handler` and `try_perform`.
    pub(super) fn perform(&mut self, inst: &'m Inst) -> Step<Flow> {
        let Immediate::Operation(effect, operation) = inst.immediate else {
            return violation("there is no operation");
        };
        let evidence = self.operand(inst, 0)?.clone();
        let slot = self.module.effect(effect).clause_slot(operation);
        let Some(clause) = self.record(evidence_of(&evidence)?)?.clauses.get(slot).copied() else {
            return violation("the evidence has no clause for the operation");
        };
        let args = self.arguments(&self.module.function(clause).signature.params, &inst.args)?;
        self.enter(clause, args)
    }

    pub(super) fn perform_fail(&mut self, inst: &'m Inst) -> Step<Flow> {
        let Immediate::Operation(effect, operation) = inst.immediate else {
            return violation("there is no operation");
        };
        let params = &self.module.effect(effect).operations[operation as usize].params;
        let payload = self.arguments(params, &inst.args)?.into_vec();
        self.fail(Failure::Raised { effect, operation, payload })
    }

    pub(super) fn refail(&mut self, inst: &'m Inst) -> Step<Flow> {
        match self.consume(inst, 0)? {
            Value::Failure(failure) => self.fail(*failure),
            other => unexpected(&other, "a failure"),
        }
    }

    /// Ends the frame on top by a failure. A clause's goes through its evidence record.
    fn fail(&mut self, failure: Failure) -> Step<Flow> {
        let Some(frame) = self.stack.top() else { return violation("there is no frame") };
        let function = self.module.function(frame.function);
        let declared = match &failure {
            Failure::Raised { effect, .. } => function.signature.fails.contains(effect),
            Failure::Escaping(_) => function.signature.escapes,
        };
        if !declared {
            return violation(format!("@{} does not declare that it fails like that", function.name));
        }
        self.require_empty_frame()?;
        let failure = match function.kind {
            FunctionKind::Clause { .. } => self.store_escape(failure)?,
            _ => failure,
        };
        self.stack.pop();
        self.deliver_failure(failure)
    }

    /// Leaves the failure of the clause on top in the evidence record that it was called through.
    fn store_escape(&mut self, failure: Failure) -> Step<Failure> {
        let handle = evidence_of(self.stack.get(crate::entity::Value(0)))?;
        match self.records.get_mut(handle) {
            Some(record) if record.escape.is_none() => record.escape = Some(failure),
            Some(_) => return violation("the evidence holds a failure already"),
            None => return violation("the evidence has ended"),
        }
        Ok(Failure::Escaping(handle))
    }

    /// Gives a failure to the instruction whose call ended by it.
    fn deliver_failure(&mut self, failure: Failure) -> Step<Flow> {
        let Some(inst) = self.stack.inst() else { return violation("the entry function fails") };
        match inst.opcode() {
            Opcode::TryCall | Opcode::TryCallClosure | Opcode::TryPerform => {
                self.follow(inst, 1, smallvec![Value::Failure(Box::new(failure))])
            }
            _ => violation("a call that cannot fail did"),
        }
    }

    pub(super) fn switch_fail(&mut self, inst: &'m Inst) -> Step<Flow> {
        let failure = match self.consume(inst, 0)? {
            Value::Failure(failure) => *failure,
            other => return unexpected(&other, "a failure"),
        };
        let mut case = None;
        for (index, target) in inst.targets.iter().enumerate() {
            let fits = match (&failure, target.label) {
                (Failure::Raised { effect, operation, .. }, Label::Operation(e, o)) => (*effect, *operation) == (e, o),
                (Failure::Escaping(record), Label::Escape(name)) => evidence_of(self.read(name)?)? == *record,
                _ => false,
            };
            if fits {
                case = Some(index);
                break;
            }
        }
        let case = case.or_else(|| inst.targets.iter().position(|target| target.label == Label::Else));
        let Some(index) = case else { return violation("no case fits the failure") };
        let values = match (failure, inst.targets[index].label) {
            (failure, Label::Else) => smallvec![Value::Failure(Box::new(failure))],
            (Failure::Raised { payload, .. }, _) => Values::from_vec(payload),
            (Failure::Escaping(record), _) => smallvec![self.take_escape(record)?],
        };
        self.follow(inst, index, values)
    }

    /// Takes the failure that a clause left in its evidence record.
    fn take_escape(&mut self, handle: Handle) -> Step<Value> {
        let Some(record) = self.records.get_mut(handle) else { return violation("the evidence has ended") };
        match record.escape.take() {
            Some(failure) => Ok(Value::Failure(Box::new(failure))),
            None => violation("the evidence holds no failure"),
        }
    }
}

/// The record that a value names.
fn evidence_of(value: &Value) -> Step<Handle> {
    match value {
        Value::Evidence(handle) => Ok(*handle),
        other => unexpected(other, "evidence"),
    }
}
