//! `handle`, `catch` and `?`.
//!
//! A handled expression is a region. What its effect's operations that never resume fail with arrives in the region's landing, or
//! by a jump from the same function, and their clauses are code of this function. Clauses that resume are functions of their own;
//! a record of them, the evidence, lies in the frame while the expression runs.

use super::builder::{Dest, FunctionLowering, Operand, target};
use super::jobs::{Job, Task};
use super::layouts::{CallShape, internal};
use super::regions::RegionKind;
use super::scope::{Binding, Join};
use super::types::{EffectInstance, Effects, Kind, Mono, Substitution};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Clause, Expr, Handle, LocalId, Type as HirType};
use kea_mir::entity::{Block, FuncId, Value};
use kea_mir::module::{FunctionKind, Immediate, Label, Param, Signature};
use kea_mir::types::{Ownership, Type};
use std::rc::Rc;

/// `Result.Ok`
const OK: u32 = 0;
/// `Result.Err`
const ERR: u32 = 1;
/// `Fail.fail`
const FAIL: u32 = 0;

/// What the clauses of a record share.
struct Captures {
    locals: Vec<LocalId>,
    evidence: Vec<EffectInstance>,
    values: Vec<Value>,
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// `handle`
    pub(super) fn handle_expr(&mut self, handle: &'a Handle<'a>, expr: &'a Expr<'a>, dest: Dest) -> Outcome<Operand> {
        let arguments = self.lowering.types.tys(handle.effect.arguments, &self.substitution);
        let effect = self.lowering.types.intern_effect(handle.effect.effect, arguments);
        let evidence =
            if self.lowering.types.resumes(effect) { Some(self.make_evidence(handle, effect)?) } else { None };
        let ty = self.ty(expr.ty);
        let mut join = self.open_join(ty, dest);
        let operations = self.lowering.types.effect(effect).0.operations.len();
        let region = RegionKind::Handler { effect, evidence, cases: vec![None; operations] };
        let known = self.evidence.len();
        self.evidence.extend(evidence.map(|evidence| (effect, evidence)));
        let assigned = self.declared(&self.assigned_in(handle.body));
        self.open_region(region, assigned.clone().into());
        let operand = self.expr(handle.body, Dest::Value)?;
        self.evidence.truncate(known);
        let (operand, cases) = self.end_handled(&join, operand, handle.body, evidence)?;
        let operand = match handle.then {
            Some((pattern, value)) => {
                self.bind_pattern(pattern, operand)?;
                self.expr(value, dest)?
            }
            None => self.deliver(operand, expr.span, dest)?,
        };
        self.end_branch(&mut join, operand);
        for (case, clause) in cases.into_iter().zip(handle.clauses) {
            let Some(block) = case else { continue };
            self.switch_to(block);
            let params = self.draft.blocks[block.index()].params.clone();
            let (payload, variables) = params.split_at(params.len() - assigned.len());
            self.set_variables(&assigned, variables);
            for (pattern, value) in clause.parameters.iter().zip(payload) {
                self.bind_pattern(pattern, Some(*value))?;
            }
            let operand = self.expr(clause.body, dest)?;
            self.end_branch(&mut join, operand);
        }
        Ok(self.close_join(join))
    }

    /// Behind a handled expression: its evidence ends, its landing is written. Gives its value, and the blocks of its failures.
    fn end_handled(
        &mut self,
        join: &Join,
        operand: Operand,
        body: &'a Expr<'a>,
        evidence: Option<Value>,
    ) -> Outcome<(Operand, Vec<Option<Block>>)> {
        self.end_evidence(evidence);
        let ty = self.ty(body.ty);
        let mut normal = self.open_inner_join(join, ty);
        self.end_branch(&mut normal, operand);
        let cases = self.close_handler(body.span)?;
        Ok((self.close_join(normal), cases))
    }

    /// `catch`
    pub(super) fn catch_expr(&mut self, body: &'a Expr<'a>, expr: &'a Expr<'a>, dest: Dest) -> Outcome<Operand> {
        let ty = self.ty(expr.ty);
        let (value_ty, error_ty) = self.result_types(ty, expr)?;
        let effect = self.lowering.types.intern_effect(self.lowering.program.known.fail, Rc::from([error_ty]));
        let mut join = self.open_join(ty, dest);
        let assigned = self.declared(&self.assigned_in(body));
        self.open_region(RegionKind::Handler { effect, evidence: None, cases: vec![None] }, assigned.clone().into());
        let operand = self.expr(body, Dest::Value)?;
        let (operand, cases) = self.end_handled(&join, operand, body, None)?;
        let caught = self.result_value(ty, OK, operand, value_ty, expr)?;
        let caught = self.deliver(caught, expr.span, dest)?;
        self.end_branch(&mut join, caught);
        if let Some(Some(block)) = cases.first() {
            self.switch_to(*block);
            let params = self.draft.blocks[block.index()].params.clone();
            self.set_variables(&assigned, &params[1..]);
            let caught = self.result_value(ty, ERR, Some(params[0]), error_ty, expr)?;
            let caught = self.deliver(caught, expr.span, dest)?;
            self.end_branch(&mut join, caught);
        }
        Ok(self.close_join(join))
    }

    /// `Ok` or `Err` of a value.
    fn result_value(
        &mut self,
        ty: Mono,
        variant: u32,
        operand: Operand,
        content: Mono,
        expr: &'a Expr<'a>,
    ) -> Outcome<Operand> {
        let value = self.materialize(operand, content);
        self.construct(ty, variant, &[value], expr.span).map(Some)
    }

    /// The arguments of a `Result`.
    fn result_types(&mut self, ty: Mono, expr: &Expr) -> Outcome<(Mono, Mono)> {
        match self.lowering.types.kind(ty) {
            Kind::Data(_, arguments) if arguments.len() == 2 => Ok((arguments[0], arguments[1])),
            _ => Err(internal(expr.span, "a `Result` was expected")),
        }
    }

    /// `result?`
    pub(super) fn try_expr(&mut self, result: &'a Expr<'a>, expr: &'a Expr<'a>) -> Outcome<Operand> {
        let value = self.value(result)?;
        if self.is_dead() {
            return Ok(None);
        }
        let ty = self.ty(result.ty);
        let (_, error_ty) = self.result_types(ty, expr)?;
        let (ok, err) = (self.block(), self.cold_block());
        let cases = vec![target(Label::Variant(OK), ok, &[]), target(Label::Variant(ERR), err, &[])];
        self.terminate("switch_tag", Immediate::None, &[value], cases);
        self.switch_to(err);
        let error = self.read_field(value, ty, ERR, 0, expr.span)?;
        let error = self.materialize(error, error_ty);
        let effect = self.lowering.types.intern_effect(self.lowering.program.known.fail, Rc::from([error_ty]));
        self.at(expr.span);
        self.fail(effect, FAIL, &[error], expr.span)?;
        self.switch_to(ok);
        self.read_field(value, ty, OK, 0, expr.span)
    }

    /// The record of a handle's clauses that resume.
    fn make_evidence(&mut self, handle: &'a Handle<'a>, effect: EffectInstance) -> Outcome<Value> {
        let (declaration, arguments) = self.lowering.types.effect(effect);
        let substitution = Substitution { types: arguments, rows: Rc::from([]) };
        let resuming = declaration.operations.iter().zip(handle.clauses).zip(0..);
        let resuming: Vec<_> = resuming.filter(|((operation, _), _)| *operation.result != HirType::Never).collect();
        let captures = self.clause_captures(resuming.iter().map(|((_, clause), _)| *clause), handle)?;
        let id = self.lowering.effect(effect)?;
        let mut clauses = Vec::with_capacity(resuming.len());
        for ((operation, clause), number) in resuming {
            let result = self.lowering.types.ty(operation.result, &substitution);
            let params = operation.parameters.iter().map(|(_, ty)| self.lowering.types.ty(ty, &substitution));
            let params: Rc<[Mono]> = params.collect();
            let none: Effects = Rc::from([]);
            let shape = Rc::new(CallShape { evidence: none.clone(), fails: none, params, result });
            let kind = FunctionKind::Clause { effect: id, operation: number };
            let name = format!("{}.{}", self.owner, operation.name);
            clauses.push(self.request_clause(clause, &captures, shape, kind, &name)?);
        }
        let immediate = Immediate::Evidence(id, clauses.into());
        Ok(self.define("evidence", immediate, &captures.values, Type::Ev(id)))
    }

    fn request_clause(
        &mut self,
        clause: &'a Clause<'a>,
        captures: &Captures,
        shape: Rc<CallShape>,
        kind: FunctionKind,
        name: &str,
    ) -> Outcome<FuncId> {
        let FunctionKind::Clause { effect, .. } = kind else {
            return Err(internal(clause.span, "a clause of no effect"));
        };
        let mut params = vec![Param { ty: Type::Ev(effect), ownership: Ownership::Borrow }];
        params.extend(shape.params.iter().map(|ty| self.lowering.param(*ty)));
        let results = self.lowering.results(shape.result);
        let signature = Signature { params, results, fails: Vec::new(), escapes: false, performs: Vec::new() };
        let types = captures.values.iter().map(|value| self.draft.values[value.index()]).collect();
        let func = self.lowering.declare_function(name, kind, signature, types, clause.span);
        let task = Task::Clause { clause, captures: captures.locals.clone(), evidence: captures.evidence.clone() };
        self.lowering.jobs.push_back(Job {
            func,
            shape,
            substitution: self.substitution.clone(),
            body: self.body,
            origin: self.origin,
            owner: Some(self.owner.clone()),
            task,
        });
        Ok(func)
    }

    /// What the clauses use of the code around them: locals, and evidence for what they perform.
    fn clause_captures(
        &mut self,
        clauses: impl Iterator<Item = &'a Clause<'a>>,
        handle: &'a Handle<'a>,
    ) -> Outcome<Captures> {
        let mut captures = Captures { locals: Vec::new(), evidence: Vec::new(), values: Vec::new() };
        for clause in clauses {
            for local in clause.captures {
                if !captures.locals.contains(local) {
                    captures.locals.push(*local);
                }
            }
            let effects = self.lowering.types.row(clause.row, &self.substitution);
            captures.evidence.extend(effects.iter().filter(|effect| self.lowering.types.resumes(**effect)));
        }
        let types = &self.lowering.types;
        captures.evidence.sort_by(|a, b| types.effect_name(*a).cmp(types.effect_name(*b)));
        captures.evidence.dedup();
        for local in &captures.locals {
            match self.bindings.get(local) {
                Some(Binding::Value(value) | Binding::Cell(value)) => captures.values.push(*value),
                _ => return Err(internal(handle.body.span, "a clause captures what cannot be captured")),
            }
        }
        for effect in &captures.evidence {
            let value = self.current_evidence(*effect, handle.body.span)?;
            captures.values.push(value);
        }
        Ok(captures)
    }

    /// The code of a clause that resumes.
    pub(super) fn compile_clause(
        &mut self,
        job: &Job<'_, 'a>,
        clause: &'a Clause<'a>,
        captures: &[LocalId],
        evidence: &[EffectInstance],
    ) -> Outcome<()> {
        let FunctionKind::Clause { effect, .. } = self.lowering.module.function(job.func).kind else {
            return Err(internal(clause.span, "a clause of no effect"));
        };
        let record = self.param(Type::Ev(effect));
        let params = self.value_params(&job.shape.params);
        self.bind_captures(job, record, captures);
        for (index, effect) in (captures.len() as u32..).zip(evidence) {
            let value = self.captured(job.func, record, index);
            self.evidence.push((*effect, value));
        }
        for (pattern, value) in clause.parameters.iter().zip(params) {
            self.bind_pattern(pattern, Some(value))?;
        }
        self.expr(clause.body, Dest::Value)?;
        if self.is_dead() {
            return Ok(());
        }
        Err(Diagnostic::unsupported(clause.span, "a clause that does not resume on every path"))
    }
}
