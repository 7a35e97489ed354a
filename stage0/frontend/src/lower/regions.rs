//! Regions: what is open around a place, and what has to be done when a failure leaves it.
//!
//! A *handler* region is the body of a `catch` or a `handle`; a *cell* region is the rest of a block behind a `var` that lives in
//! a cell. A failing call leads to the *landing* of the innermost region that has to do something about what it may fail with: a
//! cold block that ends the region's evidence or cell, takes out the failures that the region handles, and sends the others on.
//! Landings are made when the first edge needs them and written when their region closes. Variables that were assigned inside
//! come along as parameters.

use super::builder::{FunctionLowering, Role, target};
use super::layouts::internal;
use super::types::EffectInstance;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::LocalId;
use crate::source::Span;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Target};
use kea_mir::types::Type;
use std::rc::Rc;

/// Something that is open.
pub(super) struct Region {
    /// What it is.
    pub kind: RegionKind,
    /// Where failures inside of it come to; its first parameter is the failure, the others are `variables`.
    pub landing: Option<Block>,
    /// What may come to the landing.
    pub failing: Vec<EffectInstance>,
    /// The variables that code inside assigns and code that failures lead to may read.
    pub variables: Rc<[LocalId]>,
}

/// What is open.
pub(super) enum RegionKind {
    /// A variable in a cell.
    Cell(Value),
    /// A handled expression.
    Handler {
        /// What it handles.
        effect: EffectInstance,
        /// The evidence that it passes, where the effect has operations that resume.
        evidence: Option<Value>,
        /// For each operation the block that handles its failure, once something leads there. The payload comes
        /// first, then the variables.
        cases: Vec<Option<Block>>,
    },
}

impl FunctionLowering<'_, '_, '_> {
    /// A cell is open from here on.
    pub(super) fn open_cell(&mut self, cell: Value) {
        // Whatever an outer landing reads may be assigned in here.
        let mut variables: Vec<LocalId> =
            self.regions.iter().flat_map(|region| region.variables.iter().copied()).collect();
        variables.sort_unstable();
        variables.dedup();
        self.open_region(RegionKind::Cell(cell), variables.into());
    }

    /// A region is open from here on.
    pub(super) fn open_region(&mut self, kind: RegionKind, variables: Rc<[LocalId]>) {
        self.regions.push(Region { kind, landing: None, failing: Vec::new(), variables });
    }

    /// The edge that a failure with one of these effects takes out of the regions with numbers below `below`.
    pub(super) fn failure_edge(
        &mut self,
        label: Label,
        below: usize,
        effects: &[EffectInstance],
        span: Span,
    ) -> Outcome<Target> {
        for index in (0..below).rev() {
            let lands = match &self.regions[index].kind {
                RegionKind::Cell(_) => true,
                RegionKind::Handler { effect, evidence, .. } => evidence.is_some() || effects.contains(effect),
            };
            if lands {
                let block = self.landing(index);
                let failing = &mut self.regions[index].failing;
                failing.extend(effects);
                failing.sort_unstable();
                failing.dedup();
                let variables = self.regions[index].variables.clone();
                let args = self.variables(&variables);
                return Ok(target(label, block, &args));
            }
        }
        self.check_may_fail(effects, span)?;
        let block = match self.refail {
            Some(block) => block,
            None => {
                let block = self.cold_block();
                self.draft.block_param(block, Type::Fail);
                self.refail = Some(block);
                block
            }
        };
        Ok(target(label, block, &[]))
    }

    fn landing(&mut self, index: usize) -> Block {
        if let Some(block) = self.regions[index].landing {
            return block;
        }
        let block = self.cold_block();
        self.draft.block_param(block, Type::Fail);
        let variables = self.regions[index].variables.clone();
        self.variable_params(block, &variables);
        self.regions[index].landing = Some(block);
        block
    }

    /// Whether these failures may leave the function.
    pub(super) fn check_may_fail(&mut self, effects: &[EffectInstance], span: Span) -> Outcome<()> {
        if self.role == Role::Clause {
            return Err(Diagnostic::unsupported(span, "a clause that resumes and may fail")
                .hint("catch the failure inside of the clause"));
        }
        match effects.iter().find(|effect| !self.shape.fails.contains(effect)) {
            None => Ok(()),
            Some(missing) => {
                let missing = self.lowering.types.effect_name(*missing).clone();
                Err(internal(span, &format!("{} may fail with {missing}, which its row lacks", self.name)))
            }
        }
    }

    /// Writes the block that passes failures on to the caller.
    pub(super) fn write_refail(&mut self) {
        if let Some(block) = self.refail {
            self.switch_to(block);
            let failure = self.draft.blocks[block.index()].params[0];
            self.terminate("refail", Immediate::None, &[failure], Vec::new());
        }
    }

    /// Ends what is open in the regions from number `from` on; the regions stay open for other paths.
    pub(super) fn leave_regions(&mut self, from: usize) {
        for index in (from..self.regions.len()).rev() {
            match self.regions[index].kind {
                RegionKind::Cell(cell) => self.run("var_drop", Immediate::None, &[cell]),
                RegionKind::Handler { evidence, .. } => self.end_evidence(evidence),
            }
        }
    }

    /// Ends evidence, where there is some.
    pub(super) fn end_evidence(&mut self, evidence: Option<Value>) {
        if let Some(evidence) = evidence {
            self.run("end_evidence", Immediate::None, &[evidence]);
        }
    }

    /// Fails with an operation that never resumes: a jump to the handler in this function, or the failing form.
    pub(super) fn fail(
        &mut self,
        effect: EffectInstance,
        operation: u32,
        payload: &[Value],
        span: Span,
    ) -> Outcome<()> {
        let handler = self.regions.iter().rposition(
            |region| matches!(&region.kind, RegionKind::Handler { effect: handled, .. } if *handled == effect),
        );
        match handler {
            Some(index) => {
                let types: Vec<Type> = payload.iter().map(|value| self.draft.values[value.index()]).collect();
                let block = self.case_block(index, operation, &types);
                self.leave_regions(index);
                let variables = self.regions[index].variables.clone();
                let mut args = payload.to_vec();
                args.extend(self.variables(&variables));
                self.jump(block, &args);
            }
            None => {
                self.check_may_fail(&[effect], span)?;
                self.leave_regions(0);
                let effect = self.lowering.effect(effect)?;
                self.terminate("perform.fail", Immediate::Operation(effect, operation), payload, Vec::new());
            }
        }
        Ok(())
    }

    /// The block that handles an operation's failure.
    fn case_block(&mut self, index: usize, operation: u32, payload: &[Type]) -> Block {
        if let RegionKind::Handler { cases, .. } = &self.regions[index].kind
            && let Some(block) = cases[operation as usize]
        {
            return block;
        }
        let block = self.block();
        for ty in payload {
            self.draft.block_param(block, *ty);
        }
        let variables = self.regions[index].variables.clone();
        self.variable_params(block, &variables);
        if let RegionKind::Handler { cases, .. } = &mut self.regions[index].kind {
            cases[operation as usize] = Some(block);
        }
        block
    }

    /// Closes a cell: it ends, with its value where that is asked for.
    pub(super) fn close_cell(&mut self, take: bool, span: Span) -> Outcome<Option<Value>> {
        let Some(Region { kind: RegionKind::Cell(cell), .. }) = self.regions.last() else {
            return Err(internal(span, "a cell is closed that is not open"));
        };
        let cell = *cell;
        let mut value = None;
        match self.draft.values[cell.index()] {
            Type::Var(stored) if take => {
                value = Some(self.define("var_end", Immediate::None, &[cell], stored.into()));
            }
            _ => self.run("var_drop", Immediate::None, &[cell]),
        }
        let end = (self.current(), self.is_dead());
        let Some(region) = self.regions.pop() else { return Ok(value) };
        if let Some(landing) = region.landing {
            self.switch_to(landing);
            let mark = self.trail.len();
            let params = self.draft.blocks[landing.index()].params.clone();
            let declared = self.declared(&region.variables);
            self.set_variables(&declared, &params[1..]);
            self.run("var_drop", Immediate::None, &[cell]);
            let mut edge = self.failure_edge(Label::Normal, self.regions.len(), &region.failing, span)?;
            edge.args.insert(0, params[0]);
            self.terminate("jump", Immediate::None, &[], vec![edge]);
            self.undo(mark);
        }
        if end.1 {
            let unreached = self.block();
            self.switch_to(unreached);
        } else {
            self.resume_in(end.0);
        }
        Ok(value)
    }

    /// Closes a handled expression behind its normal end: writes its landing, and gives the blocks that handle failures of its
    /// operations. The variables are as they were before the expression.
    pub(super) fn close_handler(&mut self, span: Span) -> Outcome<Vec<Option<Block>>> {
        let index = self.regions.len() - 1;
        let Some(landing) = self.regions[index].landing else { return Ok(self.pop_cases()) };
        let RegionKind::Handler { effect, evidence, .. } = self.regions[index].kind else {
            return Err(internal(span, "a handler is closed that is not open"));
        };
        let failing = std::mem::take(&mut self.regions[index].failing);
        let variables = self.regions[index].variables.clone();
        let mark = self.trail.len();
        self.switch_to(landing);
        let params = self.draft.blocks[landing.index()].params.clone();
        self.set_variables(&variables, &params[1..]);
        self.end_evidence(evidence);
        let mut targets = Vec::new();
        if failing.contains(&effect) {
            self.add_cases(index, effect, &mut targets)?;
        }
        let others: Vec<EffectInstance> = failing.into_iter().filter(|failing| *failing != effect).collect();
        if targets.is_empty() {
            let mut edge = self.failure_edge(Label::Normal, index, &others, span)?;
            edge.args.insert(0, params[0]);
            self.terminate("jump", Immediate::None, &[], vec![edge]);
        } else {
            if !others.is_empty() {
                targets.push(self.failure_edge(Label::Else, index, &others, span)?);
            }
            self.terminate("switch_fail", Immediate::None, &[params[0]], targets);
        }
        self.undo(mark);
        Ok(self.pop_cases())
    }

    /// A case for each operation that never resumes.
    fn add_cases(&mut self, index: usize, effect: EffectInstance, targets: &mut Vec<Target>) -> Outcome<()> {
        let id = self.lowering.effect(effect)?;
        let operations = self.lowering.module.effect(id).operations.clone();
        let variables = self.regions[index].variables.clone();
        for (number, operation) in (0..).zip(&operations) {
            if operation.class == kea_mir::module::OperationClass::Zero {
                let payload: Vec<Type> = operation.params.iter().map(|param| param.ty).collect();
                let block = self.case_block(index, number, &payload);
                let args = self.variables(&variables);
                targets.push(target(Label::Operation(id, number), block, &args));
            }
        }
        Ok(())
    }

    fn pop_cases(&mut self) -> Vec<Option<Block>> {
        match self.regions.pop() {
            Some(Region { kind: RegionKind::Handler { cases, .. }, .. }) => cases,
            _ => Vec::new(),
        }
    }
}
