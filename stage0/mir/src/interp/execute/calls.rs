//! Calls of functions and closures.

use crate::entity::{FuncId, Value as ValueId};
use crate::interp::machine::{Flow, Machine, Values, object_of};
use crate::interp::object::ObjectBody;
use crate::interp::runtime_functions::Call;
use crate::interp::stop::{Step, Stop, violation};
use crate::interp::value::Value;
use crate::module::{FunctionKind, Immediate, Inst, Param};
use crate::types::Type;

impl<'m> Machine<'m, '_> {
    pub(super) fn closure(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Closure(_, code) = inst.immediate else { return violation("`closure` names no code") };
        let captures = self.consume_from(inst, 0)?;
        let handle = self.heap.allocate(ObjectBody::Closure { code, captures: captures.into_vec().into() });
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn define_static_closure(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Closure(_, code) = inst.immediate else {
            return violation("`static_closure` names no code");
        };
        let value = self.static_closure(code);
        self.define_one(inst, value)
    }

    pub(super) fn capture(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Index(index) = inst.immediate else { return violation("`capture` has no number") };
        let captured = match self.operand(inst, 0)? {
            Value::Evidence(record) => self.record(*record)?.captures.get(index as usize),
            environment => match &self.heap.object(object_of(environment)?)?.body {
                ObjectBody::Closure { captures, .. } => captures.get(index as usize),
                _ => return violation("the environment is not a closure's"),
            },
        };
        match captured.cloned() {
            Some(value) => self.define_one(inst, value),
            None => violation(format!("there is no captured value {index}")),
        }
    }

    pub(super) fn call(&mut self, inst: &'m Inst) -> Step<Flow> {
        let callee = callee(inst)?;
        let args = self.arguments(&self.module.function(callee).signature.params, &inst.args)?;
        self.enter(callee, args)
    }

    pub(super) fn call_closure(&mut self, inst: &'m Inst) -> Step<Flow> {
        let (callee, args) = self.closure_call(inst)?;
        self.enter(callee, args)
    }

    pub(super) fn tail_call(&mut self, inst: &'m Inst) -> Step<Flow> {
        let callee = callee(inst)?;
        let args = self.arguments(&self.module.function(callee).signature.params, &inst.args)?;
        self.replace_frame(callee, args)
    }

    pub(super) fn tail_call_closure(&mut self, inst: &'m Inst) -> Step<Flow> {
        let (callee, args) = self.closure_call(inst)?;
        self.replace_frame(callee, args)
    }

    /// The code of a closure that is called, and its arguments with the environment in its place.
    fn closure_call(&mut self, inst: &Inst) -> Step<(FuncId, Values)> {
        let environment = self.operand(inst, 0)?.clone();
        let ObjectBody::Closure { code, .. } = self.heap.object(object_of(&environment)?)?.body else {
            return violation("the value is not a closure");
        };
        let all = &self.module.function(code).signature.params;
        let place = all.iter().position(|param| param.ty == Type::Env).unwrap_or(0);
        let params: Vec<Param> = all.iter().copied().filter(|param| param.ty != Type::Env).collect();
        let mut args = self.arguments(&params, inst.args.get(1..).unwrap_or_default())?;
        args.insert(place, environment);
        Ok((code, args))
    }

    /// The arguments for these parameters: owned ones leave their names.
    pub(super) fn arguments(&mut self, params: &[Param], names: &[ValueId]) -> Step<Values> {
        if params.len() != names.len() {
            return violation(format!("{} arguments are given for {} parameters", names.len(), params.len()));
        }
        names.iter().zip(params).map(|(name, param)| self.hand_over(*name, param.ownership)).collect()
    }

    /// Starts a call: a frame for a Kea function, the whole of it for the runtime's and foreign ones.
    pub fn enter(&mut self, callee: FuncId, args: Values) -> Step<Flow> {
        let function = self.module.function(callee);
        let Some(body) = &function.body else {
            let results = self.call_extern(callee, args)?;
            return self.deliver(results);
        };
        if !self.stack.has_room(body) {
            return Err(Stop::StackOverflow(function.name.to_string()));
        }
        self.stack.push(callee, body, args);
        Ok(Flow::Moved)
    }

    /// Ends the frame on top and starts a call in its place.
    fn replace_frame(&mut self, callee: FuncId, args: Values) -> Step<Flow> {
        self.require_empty_frame()?;
        self.stack.pop();
        self.enter(callee, args)
    }

    fn call_extern(&mut self, callee: FuncId, args: Values) -> Step<Values> {
        let performs = matches!(self.module.function(callee).kind, FunctionKind::Extern { effect: Some(_), .. });
        if performs && !self.parallel.is_empty() {
            return violation("a task of `parallel` performs a capability");
        }
        let function = self.extern_function(callee)?;
        let call = Call { signature: &self.module.function(callee).signature, args };
        function(self, &call)
    }
}

fn callee(inst: &Inst) -> Step<FuncId> {
    match inst.immediate {
        Immediate::Func(callee) => Ok(callee),
        _ => violation("the call names no function"),
    }
}
