//! Which variables code assigns: known before a loop or a handled expression is lowered, because its blocks have parameters for
//! them. One walk over a body finds all of them.

use super::Lowering;
use super::builder::FunctionLowering;
use super::types::Effects;
use super::walk::for_each_part;
use crate::diagnostic::Outcome;
use crate::hir::{Body, Expr, ExprKind, LocalId, LocalKind};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What is known of an expression by where it lies in memory, which its copies in the tree do not share.
fn key(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

impl<'p, 'a> Lowering<'p, 'a> {
    /// Finds what the loops and handled expressions of a body assign.
    pub(super) fn analyse(&mut self, body: &'p Body<'a>) {
        let has_variables = body.locals.iter().any(|local| local.kind == LocalKind::Variable);
        if has_variables && self.analysed.insert(key(body.value)) {
            let mut walk = Walk { body, lowering: self, open: vec![BTreeSet::new()] };
            walk.expr(body.value);
        }
    }
}

struct Walk<'w, 'p, 'a> {
    body: &'p Body<'a>,
    lowering: &'w mut Lowering<'p, 'a>,
    /// What is assigned in each expression around the current place that is asked about.
    open: Vec<BTreeSet<LocalId>>,
}

impl<'a> Walk<'_, '_, 'a> {
    fn expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::For { .. } | ExprKind::While { .. } => self.noted(expr, |walk| walk.parts(expr)),
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                self.expr(left);
                self.noted(expr, |walk| walk.expr(right));
            }
            ExprKind::Catch(body) => self.noted(body, |walk| walk.expr(body)),
            ExprKind::Handle(handle) => {
                self.noted(handle.body, |walk| walk.expr(handle.body));
                handle.clauses.iter().for_each(|clause| self.expr(clause.body));
                handle.then.iter().for_each(|(_, value)| self.expr(value));
            }
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                for arm in arms {
                    arm.guard.into_iter().for_each(|guard| self.noted(guard, |walk| walk.expr(guard)));
                    self.expr(arm.body);
                }
            }
            ExprKind::Assign { local, value } => {
                self.expr(value);
                let kind = self.body.locals.get(local.index()).map(|local| local.kind);
                if let (Some(LocalKind::Variable), Some(open)) = (kind, self.open.last_mut()) {
                    open.insert(local);
                }
            }
            _ => self.parts(expr),
        }
    }

    fn parts(&mut self, expr: &'a Expr<'a>) {
        for_each_part(expr, &mut |part| self.expr(part));
    }

    /// Notes what is assigned in there, under the expression's key.
    fn noted(&mut self, expr: &'a Expr<'a>, walk: impl FnOnce(&mut Self)) {
        self.open.push(BTreeSet::new());
        walk(self);
        let Some(assigned) = self.open.pop() else { return };
        if assigned.is_empty() {
            return;
        }
        if let Some(outer) = self.open.last_mut() {
            outer.extend(assigned.iter().copied());
        }
        // `a and b` as a handled expression has what both say.
        let known = self.lowering.assigned.entry(key(expr)).or_insert_with(|| Rc::from([]));
        let all: BTreeSet<LocalId> = known.iter().copied().chain(assigned).collect();
        *known = all.into_iter().collect();
    }
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// The variables that a loop, a handled expression, a guard, or the right operand of `and` and `or` assigns.
    pub(super) fn assigned_in(&self, expr: &Expr) -> Rc<[LocalId]> {
        self.lowering.assigned.get(&key(expr)).cloned().unwrap_or_else(|| Rc::from([]))
    }

    /// Whether `local := value` may move the old value out of its cell: the new one is made of it, and nothing on the way can leave
    /// early or perform an operation whose clause could look at the cell.
    pub(super) fn may_take(&mut self, local: LocalId, value: &'a Expr<'a>) -> Outcome<bool> {
        let mut mentioned = false;
        let mut open = vec![value];
        while let Some(expr) = open.pop() {
            let harmless = match expr.kind {
                ExprKind::Local(read) => {
                    mentioned |= read == local;
                    true
                }
                ExprKind::Call { callee, .. } => {
                    let instance = self.lowering.resolve(&callee, &self.substitution, expr.span)?;
                    let row = self.lowering.program.functions[instance.function.index()].row;
                    self.lowering.types.row(row, &instance.substitution).is_empty()
                }
                ExprKind::CallValue { callee, .. } => {
                    let ty = self.ty(callee.ty);
                    let shape = self.lowering.closure_shape(ty, expr.span)?;
                    let none = |effects: &Effects| effects.is_empty();
                    none(&shape.evidence) && none(&shape.fails)
                }
                ExprKind::Perform { .. }
                | ExprKind::Handle(_)
                | ExprKind::Resume(_)
                | ExprKind::Catch(_)
                | ExprKind::Try(_)
                | ExprKind::Assign { .. } => false,
                // What a lambda performs, it performs where it is called.
                ExprKind::Lambda { .. } => continue,
                _ => true,
            };
            if !harmless {
                return Ok(false);
            }
            for_each_part(expr, &mut |part| open.push(part));
        }
        Ok(mentioned)
    }
}
