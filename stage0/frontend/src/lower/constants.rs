//! Constants: globals that are set before `main`, in order of dependence. Literals of scalars are written where they are used.

use super::Lowering;
use super::builder::{FunctionLowering, Operand};
use super::jobs::{Job, Task};
use super::layouts::internal;
use super::types::{Mono, Substitution};
use crate::diagnostic::Outcome;
use crate::hir::{Body, ConstantId, ExprKind, Literal};
use crate::source::Span;
use kea_mir::entity::{FuncId, GlobalId};
use kea_mir::module::{FunctionKind, Global, Immediate};
use std::rc::Rc;

impl Lowering<'_, '_> {
    /// The global of a constant and the function that computes it.
    fn global(&mut self, constant: ConstantId, span: Span) -> Outcome<(GlobalId, FuncId)> {
        if let Some(known) = self.constants.get(&constant) {
            return Ok(*known);
        }
        let declaration = &self.program.constants[constant.index()];
        let Some(body) = &declaration.body else {
            return Err(internal(span, &format!("the constant {} has no value", declaration.name)));
        };
        let substitution = Substitution::empty();
        let ty = self.types.ty(declaration.ty, &substitution);
        let shape = self.call_shape(Rc::from([]), &Rc::from([]), ty);
        let signature = self.signature(&shape, false)?;
        let kind = FunctionKind::Local;
        let func = self.declare_function(declaration.name, kind, signature, Vec::new(), declaration.span);
        let global = GlobalId::new(self.module.globals.len());
        let stored = self.stored(ty);
        let name = self.module.function(func).name.clone();
        self.module.globals.push(Global { name, ty: stored, imported: false });
        self.constants.insert(constant, (global, func));
        let task = Task::Constant(body.value);
        self.jobs.push_back(Job { func, shape, substitution, body: Some(body), origin: None, owner: None, task });
        Ok((global, func))
    }
}

impl FunctionLowering<'_, '_, '_> {
    /// The value of a constant.
    pub(super) fn constant(&mut self, constant: ConstantId, span: Span) -> Outcome<Operand> {
        let declaration = &self.lowering.program.constants[constant.index()];
        if let Some(literal) = declaration.body.as_ref().and_then(scalar) {
            return Ok(self.literal(literal));
        }
        let ty = self.lowering.types.ty(declaration.ty, &Substitution::empty());
        if ty == Mono::UNIT {
            return Ok(None);
        }
        let (global, _) = self.lowering.global(constant, span)?;
        let value_type = self.value_type(ty);
        Ok(Some(self.define("global_get", Immediate::Global(global), &[], value_type)))
    }
}

/// The literal of a scalar that a constant is.
fn scalar<'a>(body: &Body<'a>) -> Option<Literal<'a>> {
    match body.value.kind {
        ExprKind::Literal(Literal::String(_)) => None,
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}
