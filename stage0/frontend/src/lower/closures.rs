//! Function values: lambdas, named functions and constructors as values, wider rows.

use super::builder::FunctionLowering;
use super::instances::Adapter;
use super::jobs::{Job, Task};
use super::layouts::{CallShape, internal};
use super::scope::Binding;
use super::types::{Mono, Substitution};
use crate::diagnostic::Outcome;
use crate::hir::{Expr, LocalId, Named, Pattern};
use crate::source::Span;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{FunctionKind, Immediate};
use kea_mir::types::Type;
use std::rc::Rc;

impl<'p, 'a> FunctionLowering<'_, 'p, 'a> {
    /// A lambda.
    pub(super) fn lambda(
        &mut self,
        parameters: &'a [Pattern<'a>],
        body: &'a Expr<'a>,
        captures: &'a [LocalId],
        expr: &'a Expr<'a>,
    ) -> Outcome<Value> {
        let ty = self.ty(expr.ty);
        let mut values = Vec::with_capacity(captures.len());
        for local in captures {
            match self.bindings.get(local) {
                Some(Binding::Value(value)) => values.push(*value),
                _ => return Err(internal(expr.span, "a lambda captures what cannot be captured")),
            }
        }
        let types = values.iter().map(|value| self.draft.values[value.index()]).collect();
        let shape = self.lowering.closure_shape(ty, expr.span)?;
        let name = format!("{}.fn", self.owner);
        let task = Task::Lambda { parameters, body, captures: captures.to_vec() };
        let func = self.request_code(&name, shape, types, task, expr.span)?;
        self.closure(ty, func, &values, expr.span)
    }

    /// Asks for the code of a closure.
    fn request_code(
        &mut self,
        name: &str,
        shape: Rc<CallShape>,
        captures: Vec<Type>,
        task: Task<'p, 'a>,
        span: Span,
    ) -> Outcome<FuncId> {
        let signature = self.lowering.signature(&shape, true)?;
        let func = self.lowering.declare_function(name, FunctionKind::Local, signature, captures, span);
        let own = matches!(task, Task::Lambda { .. });
        self.lowering.jobs.push_back(Job {
            func,
            shape,
            substitution: if own { self.substitution.clone() } else { Substitution::empty() },
            body: if own { self.body } else { None },
            origin: self.origin,
            owner: own.then(|| self.owner.clone()),
            task,
        });
        Ok(func)
    }

    /// A closure over code; an immortal one when it captures nothing.
    fn closure(&mut self, ty: Mono, func: FuncId, captures: &[Value], span: Span) -> Outcome<Value> {
        let signature = self.lowering.signature_of(ty, span)?;
        let result = self.value_type(ty);
        let mnemonic = if captures.is_empty() { "static_closure" } else { "closure" };
        Ok(self.define(mnemonic, Immediate::Closure(signature, func), captures, result))
    }

    /// The code of an adapter, which is the same for all its uses.
    fn adapter(
        &mut self,
        adapter: Adapter,
        name: &str,
        ty: Mono,
        captures: Vec<Type>,
        task: Task<'p, 'a>,
        span: Span,
    ) -> Outcome<FuncId> {
        if let Some(func) = self.lowering.adapters.get(&adapter) {
            return Ok(*func);
        }
        let shape = self.lowering.closure_shape(ty, span)?;
        let func = self.request_code(name, shape, captures, task, span)?;
        self.lowering.adapters.insert(adapter, func);
        Ok(func)
    }

    /// A named function as a value.
    pub(super) fn function_value(&mut self, named: &Named<'a>, expr: &'a Expr<'a>) -> Outcome<Value> {
        let ty = self.ty(expr.ty);
        let instance = self.lowering.resolve(named, &self.substitution, expr.span)?;
        let name = format!("{}.value", self.lowering.instance_name(&instance));
        let adapter = Adapter::Function(instance.clone(), ty);
        let task = Task::FunctionValue { instance, span: expr.span };
        let func = self.adapter(adapter, &name, ty, Vec::new(), task, expr.span)?;
        self.closure(ty, func, &[], expr.span)
    }

    /// A constructor as a value.
    pub(super) fn constructor_value(&mut self, variant: u32, expr: &'a Expr<'a>) -> Outcome<Value> {
        let ty = self.ty(expr.ty);
        let shape = self.lowering.closure_shape(ty, expr.span)?;
        let name = format!("{}.constructor", self.lowering.types.name(shape.result));
        let task = Task::ConstructorValue { variant, span: expr.span };
        let func = self.adapter(Adapter::Constructor(ty, variant), &name, ty, Vec::new(), task, expr.span)?;
        self.closure(ty, func, &[], expr.span)
    }

    /// A function value as one of a larger row. Capabilities make no difference.
    pub(super) fn widen(&mut self, inner: &'a Expr<'a>, expr: &'a Expr<'a>) -> Outcome<Value> {
        let value = self.value(inner)?;
        let (from, to) = (self.ty(inner.ty), self.ty(expr.ty));
        if from == to || self.is_dead() {
            return Ok(value);
        }
        let captures = vec![self.value_type(from)];
        let name = format!("{}.widened", self.lowering.types.name(from));
        let task = Task::Widened { from, span: expr.span };
        let func = self.adapter(Adapter::Widened(from, to), &name, to, captures, task, expr.span)?;
        self.closure(to, func, &[value], expr.span)
    }
}
