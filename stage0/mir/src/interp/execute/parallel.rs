//! `parallel`: its tasks run one after another, in the order of their numbers.

use crate::interp::array::Array;
use crate::interp::machine::{Flow, Machine, Values, object_of};
use crate::interp::object::ObjectBody;
use crate::interp::stop::{Step, violation};
use crate::interp::value::Value;
use crate::module::{Immediate, Inst};
use crate::types::Type;
use smallvec::smallvec;

impl<'m> Machine<'m, '_> {
    pub(super) fn parallel(&mut self, inst: &'m Inst) -> Step<Flow> {
        self.parallel.push(Vec::new());
        self.start_task(inst)
    }

    /// Keeps what a task gave, and starts the next one.
    pub(super) fn next_task(&mut self, inst: &'m Inst, results: Values) -> Step<Flow> {
        let Some(given) = self.parallel.last_mut() else { return violation("a task ends that nobody started") };
        given.extend(results);
        match self.start_task(inst)? {
            Flow::Next => {
                self.stack.advance();
                Ok(Flow::Moved)
            }
            flow => Ok(flow),
        }
    }

    /// Calls the closure with the next number; behind the last one, the results become an array.
    fn start_task(&mut self, inst: &'m Inst) -> Step<Flow> {
        let number = self.parallel.last().map_or(0, |given| given.len() as i64);
        if number < self.integer(inst, 1)? {
            return self.call_task(inst, number);
        }
        let Immediate::Layout(layout) = inst.immediate else { return violation("`parallel` names no layout") };
        let array = Array::of_values(self.module, layout, self.parallel.pop().unwrap_or_default())?;
        let handle = self.heap.allocate(ObjectBody::Array(array));
        self.define_one(inst, Value::Object(handle))
    }

    fn call_task(&mut self, inst: &'m Inst, number: i64) -> Step<Flow> {
        let closure = self.operand(inst, 0)?.clone();
        let ObjectBody::Closure { code, .. } = self.heap.object(object_of(&closure)?)?.body else {
            return violation("the value is not a closure");
        };
        let params = &self.module.function(code).signature.params;
        let number = Value::i64(number);
        let environment_first = params.first().is_some_and(|param| param.ty == Type::Env);
        self.enter(code, if environment_first { smallvec![closure, number] } else { smallvec![number, closure] })
    }
}
