//! Edges between blocks, and the ends of frames.

use crate::contract::Opcode;
use crate::interp::arithmetic::truncate;
use crate::interp::machine::{Flow, Machine, Values};
use crate::interp::stop::{Step, violation};
use crate::module::{Inst, Label, Results, Target};

impl<'m> Machine<'m, '_> {
    pub(super) fn jump(&mut self, inst: &'m Inst) -> Step<Flow> {
        self.follow(inst, 0, Values::new())
    }

    pub(super) fn branch(&mut self, inst: &'m Inst) -> Step<Flow> {
        let taken = if self.scalar(inst, 0)? != 0 { 0 } else { 1 };
        self.follow(inst, taken, Values::new())
    }

    pub(super) fn switch(&mut self, inst: &'m Inst) -> Step<Flow> {
        let bits = inst.scalar().bits();
        let value = self.scalar(inst, 0)?;
        self.follow_label(inst, |label| matches!(label, Label::Int(case) if truncate(case as u64, bits) == value))
    }

    pub(super) fn switch_tag(&mut self, inst: &'m Inst) -> Step<Flow> {
        let variant = self.variant_of(self.operand(inst, 0)?)?;
        self.follow_label(inst, |label| label == Label::Variant(variant))
    }

    pub(super) fn unreachable(&mut self) -> Step<Flow> {
        violation("a call that does not return did")
    }

    /// Goes on at the target of the case that fits, or at that of `else`.
    fn follow_label(&mut self, inst: &'m Inst, fits: impl Fn(Label) -> bool) -> Step<Flow> {
        let case = inst.targets.iter().position(|target| fits(target.label));
        let case = case.or_else(|| inst.targets.iter().position(|target| target.label == Label::Else));
        match case {
            Some(index) => self.follow(inst, index, Values::new()),
            None => violation("no case fits the value"),
        }
    }

    /// Goes on at a target, whose first parameters are what the terminator itself hands over.
    pub(super) fn follow(&mut self, inst: &'m Inst, target: usize, mut values: Values) -> Step<Flow> {
        let (Some(Target { block, args, .. }), Some(frame)) = (inst.targets.get(target), self.stack.top()) else {
            return violation(format!("there is no target {target}"));
        };
        let body = frame.body;
        let params = body.params(*block);
        if params.len() != values.len() + args.len() {
            return violation(format!("b{} has {} parameters", block.0, params.len()));
        }
        // All arguments leave their names before any parameter gets its value: an edge assigns at once.
        for (param, arg) in params.skip(values.len()).zip(args) {
            values.push(self.hand_over(*arg, body.ownership(param))?);
        }
        for (param, value) in body.params(*block).zip(values) {
            self.define_name(param, value)?;
        }
        self.stack.jump(*block);
        Ok(Flow::Moved)
    }

    /// `return` and `resume`.
    pub(super) fn return_values(&mut self, inst: &Inst) -> Step<Flow> {
        let Some(frame) = self.stack.top() else { return violation("there is no frame") };
        let results = match &self.module.function(frame.function).signature.results {
            Results::Never => return violation("a function that does not return returns"),
            Results::Values(results) => results,
        };
        let names = inst.args.iter().zip(results);
        let values = names.map(|(name, result)| self.hand_over(*name, result.ownership)).collect::<Step<Values>>()?;
        self.require_empty_frame()?;
        self.stack.pop();
        self.deliver(values)
    }

    /// Gives the results of a call that returned to the instruction that made it.
    pub(super) fn deliver(&mut self, results: Values) -> Step<Flow> {
        let Some(inst) = self.stack.inst() else { return Ok(Flow::Finished(results)) };
        match inst.opcode() {
            Opcode::TryCall | Opcode::TryCallClosure | Opcode::TryPerform => self.follow(inst, 0, results),
            Opcode::Parallel => self.next_task(inst, results),
            _ => {
                self.define(inst, results)?;
                self.stack.advance();
                Ok(Flow::Moved)
            }
        }
    }
}
