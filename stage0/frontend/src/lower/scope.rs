//! Locals, and variables as values.
//!
//! A `var` that no clause uses is a plain value that changes. Where paths meet, what they assigned becomes parameters of the block
//! in which they meet. A trail notes every assignment with what the variable held before: a [`Join`] undoes it after each branch
//! and finds in it what the branch assigned.

use super::builder::{Dest, FunctionLowering, Operand, target};
use super::types::Mono;
use crate::hir::{LocalId, LocalKind};
use kea_mir::entity::{Block, Value};
use kea_mir::module::Label;
use rustc_hash::FxHashSet;

/// What a local is bound to.
#[derive(Clone, Copy)]
pub(super) enum Binding {
    /// A value, for good.
    Value(Value),
    /// A variable that holds a value now.
    Variable(Value),
    /// A variable in a cell of the frame.
    Cell(Value),
}

/// Branches that meet behind them.
pub(super) struct Join {
    mark: usize,
    dest: Dest,
    ty: Mono,
    branches: Vec<Branch>,
}

/// A branch that comes to its end.
struct Branch {
    /// Its last block, which is still open.
    end: Block,
    value: Operand,
    assigned: Vec<(LocalId, Value)>,
}

impl FunctionLowering<'_, '_, '_> {
    /// Binds a local that never changes.
    pub(super) fn bind(&mut self, local: LocalId, value: Value) {
        self.bindings.insert(local, Binding::Value(value));
    }

    /// Binds a variable that lives in a cell.
    pub(super) fn bind_cell(&mut self, local: LocalId, cell: Value) {
        self.bindings.insert(local, Binding::Cell(cell));
    }

    /// Gives a variable a value.
    pub(super) fn set_variable(&mut self, local: LocalId, value: Value) {
        if self.is_dead() {
            return;
        }
        let before = match self.bindings.insert(local, Binding::Variable(value)) {
            Some(Binding::Variable(before)) => Some(before),
            _ => None,
        };
        self.trail.push((local, before));
    }

    /// What a variable holds now; none of one that is not declared yet.
    pub(super) fn variable(&self, local: LocalId) -> Option<Value> {
        match self.bindings.get(&local) {
            Some(Binding::Variable(value)) => Some(*value),
            _ => None,
        }
    }

    /// What these variables hold now.
    pub(super) fn variables(&self, locals: &[LocalId]) -> Vec<Value> {
        locals.iter().filter_map(|local| self.variable(*local)).collect()
    }

    /// Those of these variables that are declared.
    pub(super) fn declared(&self, locals: &[LocalId]) -> Vec<LocalId> {
        locals.iter().copied().filter(|local| self.variable(*local).is_some()).collect()
    }

    /// Parameters of a block for these variables.
    pub(super) fn variable_params(&mut self, block: Block, locals: &[LocalId]) -> Vec<Value> {
        let mut params = Vec::with_capacity(locals.len());
        for value in self.variables(locals) {
            let ty = self.draft.values[value.index()];
            params.push(self.draft.block_param(block, ty));
        }
        params
    }

    /// Gives variables these values.
    pub(super) fn set_variables(&mut self, locals: &[LocalId], values: &[Value]) {
        for (local, value) in locals.iter().zip(values) {
            self.set_variable(*local, *value);
        }
    }

    /// What a local is.
    pub(super) fn local_kind(&self, local: LocalId) -> LocalKind {
        let declared = self.body.and_then(|body| body.locals.get(local.index()));
        declared.map_or(LocalKind::Value, |local| local.kind)
    }

    /// Takes assignments back.
    pub(super) fn undo(&mut self, mark: usize) {
        while self.trail.len() > mark {
            match self.trail.pop() {
                Some((local, Some(before))) => self.bindings.insert(local, Binding::Variable(before)),
                Some((local, None)) => self.bindings.remove(&local),
                None => return,
            };
        }
    }

    /// Branches begin here, whose values have that type.
    pub(super) fn open_join(&self, ty: Mono, dest: Dest) -> Join {
        Join { mark: self.trail.len(), dest, ty, branches: Vec::new() }
    }

    /// A path inside of the first branch of another join, which has gone through what has to be undone for other branches.
    pub(super) fn open_inner_join(&self, outer: &Join, ty: Mono) -> Join {
        Join { mark: outer.mark, dest: Dest::Value, ty, branches: Vec::new() }
    }

    /// A branch ends here with that value. The variables are as they were before it.
    pub(super) fn end_branch(&mut self, join: &mut Join, operand: Operand) {
        let mark = join.mark;
        self.end_inner_branch(join, operand, mark);
    }

    /// A branch ends here that began later than the join: the variables are as they were at the mark.
    pub(super) fn end_inner_branch(&mut self, join: &mut Join, operand: Operand, mark: usize) {
        if !self.is_dead() && join.dest == Dest::Value {
            let value = if join.ty.is_empty() { None } else { Some(self.materialize(operand, join.ty)) };
            let assigned = self.assigned_since(join.mark);
            join.branches.push(Branch { end: self.current(), value, assigned });
        }
        self.undo(mark);
    }

    /// The variables from before the mark that were assigned since, with what they hold.
    fn assigned_since(&self, mark: usize) -> Vec<(LocalId, Value)> {
        let mut seen = FxHashSet::default();
        let mut assigned = Vec::new();
        for (local, before) in &self.trail[mark..] {
            if seen.insert(*local)
                && before.is_some()
                && let Some(value) = self.variable(*local)
            {
                assigned.push((*local, value));
            }
        }
        assigned.sort_unstable();
        assigned
    }

    /// All branches have ended; what follows comes behind them.
    pub(super) fn close_join(&mut self, mut join: Join) -> Operand {
        match join.branches.len() {
            0 => {
                let unreached = self.block();
                self.switch_to(unreached);
                None
            }
            1 => {
                let branch = join.branches.remove(0);
                self.resume_in(branch.end);
                for (local, value) in branch.assigned {
                    self.set_variable(local, value);
                }
                branch.value
            }
            _ => self.meet(&join),
        }
    }

    fn meet(&mut self, join: &Join) -> Operand {
        let meeting = self.block();
        let value = (!join.ty.is_empty()).then(|| {
            let ty = self.value_type(join.ty);
            self.draft.block_param(meeting, ty)
        });
        let mut locals: Vec<LocalId> =
            join.branches.iter().flat_map(|branch| branch.assigned.iter().map(|(local, _)| *local)).collect();
        locals.sort_unstable();
        locals.dedup();
        let params = self.variable_params(meeting, &locals);
        for branch in &join.branches {
            let mut args: Vec<Value> = branch.value.into_iter().collect();
            let mut assigned = branch.assigned.iter().peekable();
            for local in &locals {
                match assigned.next_if(|(assigned, _)| assigned == local) {
                    Some((_, value)) => args.push(*value),
                    None => args.extend(self.variable(*local)),
                }
            }
            self.resume_in(branch.end);
            self.terminate("jump", kea_mir::module::Immediate::None, &[], vec![target(Label::Normal, meeting, &args)]);
        }
        self.switch_to(meeting);
        self.set_variables(&locals, &params);
        value
    }
}
