//! Calls: direct, through closures, in tail position, of what may fail.

use super::emitter::Words;
use super::entry;
use super::function::FunctionLowering;
use super::results::result_slots;
use super::signature;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{self, FuncRef, InstBuilder, types};
use kea_mir::contract::object;
use kea_mir::convention::ResultShape;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{FunctionKind, Immediate, Inst, Signature};
use kea_mir::types::Type;

/// What is called through a closure.
struct ClosureCall<'a> {
    signature: &'a Signature,
    shape: ResultShape,
    clif: ir::SigRef,
    code: ir::Value,
    /// Evidence, environment, values; without the result area.
    args: Words,
}

fn callee(inst: &Inst) -> Option<FuncId> {
    match inst.immediate {
        Immediate::Func(id) => Some(id),
        _ => None,
    }
}

impl<'a> FunctionLowering<'a, '_> {
    fn function_ref(&mut self, id: FuncId) -> FuncRef {
        self.emit.function(Symbol::Function(id), |lowering| signature::function(lowering, id))
    }

    /// Calls a function of whatever kind; gives its shape, the call and the result area.
    fn call_function(&mut self, id: FuncId, args: &[Value]) -> (ResultShape, ir::Inst, Option<ir::Value>) {
        let leading = match self.module.function(id).kind {
            FunctionKind::Extern { foreign: false, .. } => Some(self.emit.context()),
            _ => None,
        };
        let shape = signature::shape(self.module, id);
        let area = self.call_area(&shape);
        let args: Words = leading.into_iter().chain(area).chain(self.flatten(args)).collect();
        let function = self.function_ref(id);
        let call = self.emit.ins().call(function, &args);
        (shape, call, area)
    }

    /// `call` and `perform.capability`.
    pub fn call(&mut self, inst: &Inst) {
        let Some(id) = callee(inst) else { return };
        let (shape, call, area) = self.call_function(id, &inst.args);
        let words = self.receive(&shape, call, area);
        self.define_all(inst.results(), &words);
    }

    pub fn try_call(&mut self, inst: &Inst) {
        let Some(id) = callee(inst) else { return };
        let (shape, call, area) = self.call_function(id, &inst.args);
        let slots = result_slots(self.module, &self.module.function(id).signature.results);
        self.finish_try(inst, &shape, &slots, call, area);
    }

    /// The result area is handed on. A call of the function itself is a jump.
    pub fn tail_call(&mut self, inst: &Inst) {
        let Some(id) = callee(inst) else { return };
        if let Some(start) = self.start
            && id == self.id
        {
            let args = self.flatten(&inst.args);
            return self.emit.jump(start, &args);
        }
        let args: Words = self.area.into_iter().chain(self.flatten(&inst.args)).collect();
        let function = self.function_ref(id);
        self.begin_return();
        self.emit.ins().return_call(function, &args);
    }

    /// Evidence stands before the environment, which is the closure itself.
    fn closure_call(&mut self, inst: &Inst) -> Option<ClosureCall<'a>> {
        let id = self.module.closure_signature(self.body.ty(inst.args[0]))?;
        let signature = self.module.signature(id);
        let shape = self.module.result_shape(signature);
        let clif = self.emit.builder.import_signature(signature::closure(self.module, signature));
        let closure = self.operand(inst, 0);
        let code = self.emit.load(types::I64, closure, object::closure::CODE);
        let evidence = signature.params.iter().take_while(|param| matches!(param.ty, Type::Ev(_))).count();
        let (evidence, rest) = inst.args[1..].split_at(evidence);
        let mut args = self.flatten(evidence);
        args.push(closure);
        args.extend(self.flatten(rest));
        Some(ClosureCall { signature, shape, clif, code, args })
    }

    fn call_code(&mut self, call: &ClosureCall) -> (ir::Inst, Option<ir::Value>) {
        let area = self.call_area(&call.shape);
        let args: Words = area.into_iter().chain(call.args.iter().copied()).collect();
        (self.emit.ins().call_indirect(call.clif, call.code, &args), area)
    }

    pub fn call_closure(&mut self, inst: &Inst) {
        let Some(callee) = self.closure_call(inst) else { return };
        let (call, area) = self.call_code(&callee);
        let words = self.receive(&callee.shape, call, area);
        self.define_all(inst.results(), &words);
    }

    /// The runtime calls the closure on its threads, by way of `kea_task`.
    pub fn parallel(&mut self, inst: &Inst) {
        let (closure, count) = (self.operand(inst, 0), self.operand(inst, 1));
        let task = self.emit.function(Symbol::Task, entry::task_signature);
        let task = self.emit.ins().func_addr(types::I64, task);
        let results = self.emit.service_value("kea_parallel", &[closure, count, task]);
        self.define(inst, results);
    }

    pub fn try_call_closure(&mut self, inst: &Inst) {
        let Some(callee) = self.closure_call(inst) else { return };
        let (call, area) = self.call_code(&callee);
        let slots = result_slots(self.module, &callee.signature.results);
        self.finish_try(inst, &callee.shape, &slots, call, area);
    }

    pub fn tail_call_closure(&mut self, inst: &Inst) {
        let Some(callee) = self.closure_call(inst) else { return };
        let args: Words = self.area.into_iter().chain(callee.args).collect();
        self.begin_return();
        self.emit.ins().return_call_indirect(callee.clif, callee.code, &args);
    }
}
