//! The pieces of code that are compiled: one function of MIR each.

use super::builder::{FunctionLowering, Role};
use super::instances::FunctionInstance;
use super::layouts::CallShape;
use super::types::{EffectInstance, Mono, Substitution};
use super::{Lowering, OptionalOrigin};
use crate::diagnostic::Outcome;
use crate::draft::Draft;
use crate::hir::{Body, Clause, Expr, LocalId, Pattern};
use crate::source::Span;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::Immediate;
use kea_mir::types::Type;
use std::rc::Rc;

/// A function that is declared and not yet compiled.
pub(super) struct Job<'p, 'a> {
    /// The function.
    pub func: FuncId,
    /// How it is called. Of a clause: without its own evidence.
    pub shape: Rc<CallShape>,
    /// What parameters of types and rows stand for.
    pub substitution: Substitution,
    /// The body that its locals belong to.
    pub body: Option<&'p Body<'a>>,
    /// The instance that it is, or belongs to.
    pub origin: OptionalOrigin,
    /// The name of the function or constant that a lambda or a clause stands in.
    pub owner: Option<Rc<str>>,
    /// What its code is.
    pub task: Task<'p, 'a>,
}

/// What a function's code is.
pub(super) enum Task<'p, 'a> {
    /// A function of the program.
    Body(&'p Body<'a>),
    /// The value of a constant.
    Constant(&'a Expr<'a>),
    /// A lambda.
    Lambda { parameters: &'a [Pattern<'a>], body: &'a Expr<'a>, captures: Vec<LocalId> },
    /// A clause of an operation that resumes.
    Clause { clause: &'a Clause<'a>, captures: Vec<LocalId>, evidence: Vec<EffectInstance> },
    /// A named function as a closure.
    FunctionValue { instance: FunctionInstance, span: Span },
    /// A constructor as a closure.
    ConstructorValue { variant: u32, span: Span },
    /// A function value of that type as one of a larger row.
    Widened { from: Mono, span: Span },
}

impl<'p, 'a> Lowering<'p, 'a> {
    /// The code of a job.
    pub(super) fn compile(&mut self, job: Job<'p, 'a>) -> Outcome<Draft> {
        if let Some(body) = job.body {
            self.analyse(body);
        }
        let mut code = FunctionLowering::new(self, job.func, job.shape.clone());
        code.substitution = job.substitution.clone();
        code.body = job.body;
        code.origin = job.origin;
        if let Some(owner) = &job.owner {
            code.owner = owner.clone();
        }
        if matches!(job.task, Task::Clause { .. }) {
            code.role = Role::Clause;
        }
        code.compile_task(&job)?;
        Ok(code.finish())
    }
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    fn compile_task(&mut self, job: &Job<'_, 'a>) -> Outcome<()> {
        match &job.task {
            Task::Body(body) => {
                self.evidence_params(&job.shape.evidence)?;
                let params = self.value_params(&job.shape.params);
                for (local, value) in body.parameters.iter().zip(params) {
                    self.bind(*local, value);
                }
                self.tail(body.value)
            }
            Task::Constant(value) => self.tail(value),
            Task::Lambda { parameters, body, captures } => {
                self.evidence_params(&job.shape.evidence)?;
                let environment = self.param(Type::Env);
                self.bind_captures(job, environment, captures);
                let params = self.value_params(&job.shape.params);
                for (pattern, value) in parameters.iter().zip(params) {
                    self.bind_pattern(pattern, Some(value))?;
                }
                self.tail(body)
            }
            Task::Clause { clause, captures, evidence } => self.compile_clause(job, clause, captures, evidence),
            Task::FunctionValue { instance, span } => {
                self.evidence_params(&job.shape.evidence)?;
                self.param(Type::Env);
                let params = self.value_params(&job.shape.params);
                self.tail_instance(instance.clone(), params, *span)
            }
            Task::ConstructorValue { variant, span } => {
                self.param(Type::Env);
                let params = self.value_params(&job.shape.params);
                let value = self.construct(job.shape.result, *variant, &params, *span)?;
                self.give_back(Some(value), *span)
            }
            Task::Widened { from, span } => {
                self.evidence_params(&job.shape.evidence)?;
                let environment = self.param(Type::Env);
                let inner = self.captured(job.func, environment, 0);
                let params = self.value_params(&job.shape.params);
                self.tail_closure(inner, *from, params, *span)
            }
        }
    }

    /// Parameters for evidence, which becomes current.
    fn evidence_params(&mut self, effects: &[EffectInstance]) -> Outcome<()> {
        for effect in effects {
            let ty = Type::Ev(self.lowering.effect(*effect)?);
            let value = self.param(ty);
            self.evidence.push((*effect, value));
        }
        Ok(())
    }

    /// Parameters of these types.
    pub(super) fn value_params(&mut self, types: &[Mono]) -> Vec<Value> {
        types
            .iter()
            .map(|ty| {
                let stored = self.lowering.stored(*ty);
                self.param(stored.into())
            })
            .collect()
    }

    /// Binds what a closure or a clause captures, in the order of its captures.
    pub(super) fn bind_captures(&mut self, job: &Job<'_, 'a>, record: Value, captures: &[LocalId]) {
        for (index, local) in captures.iter().enumerate() {
            let value = self.captured(job.func, record, index as u32);
            match self.draft.values[value.index()] {
                Type::Var(_) => self.bind_cell(*local, value),
                _ => self.bind(*local, value),
            }
        }
    }

    /// A captured value, by number.
    pub(super) fn captured(&mut self, func: FuncId, record: Value, index: u32) -> Value {
        let ty = self.lowering.module.function(func).captures[index as usize];
        self.define("capture", Immediate::Index(index), &[record], ty)
    }
}
