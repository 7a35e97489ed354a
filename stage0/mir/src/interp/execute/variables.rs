//! Variables that clauses use, and globals.

use crate::interp::arena::Handle;
use crate::interp::machine::{Flow, Machine, unexpected};
use crate::interp::stop::{Step, violation};
use crate::interp::value::{Absence, Value};
use crate::module::{Immediate, Inst};

/// What an empty variable holds.
const EMPTY: Value = Value::Absent(Absence::Taken);

impl Machine<'_, '_> {
    pub(super) fn var_new(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.consume(inst, 0)?;
        let variable = self.variables.insert(value);
        self.define_one(inst, Value::Variable(variable))
    }

    pub(super) fn var_get(&mut self, inst: &Inst) -> Step<Flow> {
        let value = present(self.variable(inst)?.clone())?;
        self.heap.retain(&value)?;
        self.define_one(inst, value)
    }

    pub(super) fn var_take(&mut self, inst: &Inst) -> Step<Flow> {
        let value = std::mem::replace(self.variable(inst)?, EMPTY);
        self.define_one(inst, present(value)?)
    }

    pub(super) fn var_put(&mut self, inst: &Inst) -> Step<Flow> {
        let new = self.consume(inst, 1)?;
        match std::mem::replace(self.variable(inst)?, new) {
            Value::Absent(_) => Ok(Flow::Next),
            _ => violation("the variable is not empty"),
        }
    }

    pub(super) fn var_set(&mut self, inst: &Inst) -> Step<Flow> {
        let new = self.consume(inst, 1)?;
        let old = std::mem::replace(self.variable(inst)?, new);
        self.heap.release(&old)?;
        Ok(Flow::Next)
    }

    pub(super) fn var_end(&mut self, inst: &Inst) -> Step<Flow> {
        let value = present(self.end_variable(inst)?)?;
        self.define_one(inst, value)
    }

    pub(super) fn var_drop(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.end_variable(inst)?;
        self.heap.release(&value)?;
        Ok(Flow::Next)
    }

    /// What the variable holds that the first operand names.
    fn variable(&mut self, inst: &Inst) -> Step<&mut Value> {
        let handle = variable_of(self.operand(inst, 0)?)?;
        match self.variables.get_mut(handle) {
            Some(value) => Ok(value),
            None => violation("the variable has ended"),
        }
    }

    fn end_variable(&mut self, inst: &Inst) -> Step<Value> {
        let handle = variable_of(&self.consume(inst, 0)?)?;
        match self.variables.remove(handle) {
            Some(value) => Ok(value),
            None => violation("the variable has ended before"),
        }
    }

    pub(super) fn global_get(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Global(global) = inst.immediate else { return violation("there is no global") };
        match self.globals[global.index()].clone() {
            Some(value) => self.define_one(inst, value),
            None => violation(format!("@{} has no value yet", self.module.globals[global.index()].name)),
        }
    }

    pub(super) fn global_set(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Global(global) = inst.immediate else { return violation("there is no global") };
        let value = self.consume(inst, 0)?;
        self.heap.make_immortal(&value)?;
        match self.globals[global.index()].replace(value) {
            None => Ok(Flow::Next),
            Some(_) => violation(format!("@{} has a value already", self.module.globals[global.index()].name)),
        }
    }
}

fn variable_of(value: &Value) -> Step<Handle> {
    match value {
        Value::Variable(handle) => Ok(*handle),
        other => unexpected(other, "a variable"),
    }
}

fn present(value: Value) -> Step<Value> {
    match value {
        Value::Absent(_) => violation("the variable is empty"),
        value => Ok(value),
    }
}
