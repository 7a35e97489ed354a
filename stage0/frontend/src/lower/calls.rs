//! Calls of functions, closures and operations.

use super::builder::{Dest, FunctionLowering, Operand, Role, target};
use super::instances::FunctionInstance;
use super::layouts::{CallShape, internal};
use super::types::{EffectInstance, Mono};
use crate::diagnostic::Outcome;
use crate::hir::{Code, EffectUse, Expr, Named, Type as HirType};
use crate::source::Span;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{Immediate, Label};
use std::rc::Rc;

/// What is called.
#[derive(Clone, Copy)]
enum Callee {
    /// A function.
    Function(FuncId),
    /// A closure.
    Closure(Value),
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// A call of a named function.
    pub(super) fn call_expr(
        &mut self,
        named: &Named<'a>,
        arguments: &'a [Expr<'a>],
        expr: &'a Expr<'a>,
        dest: Dest,
    ) -> Outcome<Operand> {
        let values = self.values(arguments)?;
        if self.is_dead() {
            return Ok(None);
        }
        let instance = self.lowering.resolve(named, &self.substitution, expr.span)?;
        self.call_instance(instance, values, expr.span, dest)
    }

    /// A call of an instance.
    pub(super) fn call_instance(
        &mut self,
        instance: FunctionInstance,
        values: Vec<Value>,
        span: Span,
        dest: Dest,
    ) -> Outcome<Operand> {
        if let Code::Intrinsic(name) = self.lowering.program.functions[instance.function.index()].code {
            let shape = self.lowering.instance_shape(&instance);
            let operand = self.intrinsic(name, &values, &shape, span)?;
            return self.deliver(operand, span, dest);
        }
        let (func, shape) = self.lowering.request(instance, span, self.origin)?;
        self.call(Callee::Function(func), &shape, &values, span, dest)
    }

    /// Calls an instance in tail position of an adapter.
    pub(super) fn tail_instance(&mut self, instance: FunctionInstance, values: Vec<Value>, span: Span) -> Outcome<()> {
        self.call_instance(instance, values, span, Dest::Return)?;
        self.write_refail();
        Ok(())
    }

    /// Calls a closure of that type in tail position of an adapter.
    pub(super) fn tail_closure(&mut self, closure: Value, ty: Mono, values: Vec<Value>, span: Span) -> Outcome<()> {
        let shape = self.lowering.closure_shape(ty, span)?;
        self.call(Callee::Closure(closure), &shape, &values, span, Dest::Return)?;
        self.write_refail();
        Ok(())
    }

    /// A call of a function value.
    pub(super) fn call_value_expr(
        &mut self,
        callee: &'a Expr<'a>,
        arguments: &'a [Expr<'a>],
        expr: &'a Expr<'a>,
        dest: Dest,
    ) -> Outcome<Operand> {
        let closure = self.value(callee)?;
        let values = self.values(arguments)?;
        if self.is_dead() {
            return Ok(None);
        }
        let ty = self.ty(callee.ty);
        let shape = self.lowering.closure_shape(ty, expr.span)?;
        self.call(Callee::Closure(closure), &shape, &values, expr.span, dest)
    }

    /// A call: in tail position where it can be, with a failing edge where the callee may fail.
    fn call(
        &mut self,
        callee: Callee,
        shape: &Rc<CallShape>,
        values: &[Value],
        span: Span,
        dest: Dest,
    ) -> Outcome<Operand> {
        let mut args = Vec::with_capacity(shape.evidence.len() + values.len() + 1);
        let immediate = match callee {
            Callee::Function(func) => Immediate::Func(func),
            Callee::Closure(closure) => {
                args.push(closure);
                Immediate::None
            }
        };
        for effect in shape.evidence.iter() {
            args.push(self.current_evidence(*effect, span)?);
        }
        args.extend_from_slice(values);
        self.at(span);
        let word = |function: &'static str, closure: &'static str| match callee {
            Callee::Function(_) => function,
            Callee::Closure(_) => closure,
        };
        if dest == Dest::Return && self.role == Role::Function && self.regions.is_empty() && self.is_tail_form(shape)? {
            self.terminate(word("tail_call", "tail_call_closure"), immediate, &args, Vec::new());
            return Ok(None);
        }
        let operand = if shape.fails.is_empty() {
            self.plain_call(word("call", "call_closure"), immediate, &args, shape.result)
        } else {
            self.failing_call(word("try_call", "try_call_closure"), immediate, &args, shape, span)?
        };
        self.deliver(operand, span, dest)
    }

    /// Whether the results and failures of a callee come in the form of this function's own.
    fn is_tail_form(&mut self, shape: &CallShape) -> Outcome<bool> {
        if shape.result != self.shape.result || shape.fails == self.shape.fails {
            return Ok(shape.result == self.shape.result);
        }
        if shape.fails.is_empty() || shape.fails.iter().any(|effect| !self.shape.fails.contains(effect)) {
            return Ok(false);
        }
        let own = self.shape.clone();
        let own = self.lowering.signature(&own, false)?;
        let other = self.lowering.signature(shape, false)?;
        Ok(self.lowering.module.result_shape(&own) == self.lowering.module.result_shape(&other))
    }

    /// An instruction that calls something with that result and cannot fail.
    pub(super) fn plain_call(&mut self, mnemonic: &str, immediate: Immediate, args: &[Value], result: Mono) -> Operand {
        match result {
            Mono::NEVER => {
                self.run(mnemonic, immediate, args);
                self.terminate("unreachable", Immediate::None, &[], Vec::new());
                None
            }
            Mono::UNIT => {
                self.run(mnemonic, immediate, args);
                None
            }
            _ => {
                let ty = self.value_type(result);
                Some(self.define(mnemonic, immediate, args, ty))
            }
        }
    }

    fn failing_call(
        &mut self,
        mnemonic: &str,
        immediate: Immediate,
        args: &[Value],
        shape: &CallShape,
        span: Span,
    ) -> Outcome<Operand> {
        let normal = self.block();
        let result = (!shape.result.is_empty()).then(|| {
            let ty = self.value_type(shape.result);
            self.draft.block_param(normal, ty)
        });
        let failing = self.failure_edge(Label::Fail, self.regions.len(), &shape.fails, span)?;
        self.terminate(mnemonic, immediate, args, vec![target(Label::Normal, normal, &[]), failing]);
        self.switch_to(normal);
        if shape.result == Mono::NEVER {
            self.terminate("unreachable", Immediate::None, &[], Vec::new());
        }
        Ok(result)
    }

    /// The evidence that a call passes for an effect.
    pub(super) fn current_evidence(&mut self, effect: EffectInstance, span: Span) -> Outcome<Value> {
        match self.evidence.iter().rev().find(|(known, _)| *known == effect) {
            Some((_, value)) => Ok(*value),
            None => {
                let effect = self.lowering.types.effect_name(effect).clone();
                Err(internal(span, &format!("{} has no evidence of {effect}", self.name)))
            }
        }
    }

    /// An operation that is performed.
    pub(super) fn perform_expr(
        &mut self,
        effect: &EffectUse<'a>,
        operation: u32,
        arguments: &'a [Expr<'a>],
        span: Span,
    ) -> Outcome<Operand> {
        let values = self.values(arguments)?;
        if self.is_dead() {
            return Ok(None);
        }
        let types = self.lowering.types.tys(effect.arguments, &self.substitution);
        let instance = self.lowering.types.intern_effect(effect.effect, types.clone());
        let (declaration, _) = self.lowering.types.effect(instance);
        let Some(declared) = declaration.operations.get(operation as usize) else {
            return Err(internal(span, "an operation that does not exist"));
        };
        self.at(span);
        if *declared.result == HirType::Never {
            self.fail(instance, operation, &values, span)?;
            return Ok(None);
        }
        let substitution = super::types::Substitution { types, rows: Rc::from([]) };
        let result = self.lowering.types.ty(declared.result, &substitution);
        let mut args = vec![self.current_evidence(instance, span)?];
        args.extend(values);
        let effect = self.lowering.effect(instance)?;
        Ok(self.plain_call("perform.handler", Immediate::Operation(effect, operation), &args, result))
    }

    /// Stops the program: nothing comes here.
    pub(super) fn unreachable(&mut self, span: Span) -> Outcome<()> {
        let message = self.text("internal error: code that cannot be reached was reached");
        self.call_runtime("kea_panic", &[message], span).map(drop)
    }
}
