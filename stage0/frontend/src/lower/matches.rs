//! `case` and patterns: decision trees as code.

use super::builder::{Dest, FunctionLowering, Operand, target};
use super::operators::Exit;
use super::scope::Join;
use super::types::Mono;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Arm, Expr, ExprKind, Literal, LocalId, Pattern, PatternKind};
use crate::matching::tree::{self, Leaf, Node, NodeId, PlaceId, Step, Test, Tree};
use crate::source::Span;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Target};

/// A match that is being lowered.
struct Matching<'a> {
    tree: Tree<'a>,
    /// What each place's value is, once it was read on the way to the current node.
    places: Vec<Option<Operand>>,
    /// Places in the order in which they were read, to forget them behind a node.
    read: Vec<PlaceId>,
    /// The arms' code.
    arms: Vec<ArmCode>,
    join: Join,
    dest: Dest,
    span: Span,
}

/// Where an arm's code is.
#[derive(Clone, Copy)]
enum ArmCode {
    /// One leaf leads there: it stands in its place.
    Inline,
    /// Several do: it is a block with the arm's names as parameters.
    Shared(Block),
}

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// `case`
    pub(super) fn match_expr(
        &mut self,
        subject: &'a Expr<'a>,
        arms: &'a [Arm<'a>],
        expr: &'a Expr<'a>,
        dest: Dest,
    ) -> Outcome<Operand> {
        for guard in arms.iter().filter_map(|arm| arm.guard) {
            if !self.declared(&self.assigned_in(guard)).is_empty() {
                return Err(Diagnostic::unsupported(guard.span, "a guard that assigns a variable"));
            }
        }
        let parts = self.parts(subject)?;
        let whole = match parts {
            Some(_) => None,
            None => {
                let value = self.value(subject)?;
                Some(Some(value))
            }
        };
        if self.is_dead() {
            return Ok(None);
        }
        let tree = tree::compile(self.lowering.program, subject.ty, arms);
        let ty = self.ty(expr.ty);
        let join = self.open_join(ty, dest);
        let mut matching = self.matching(tree, whole, parts.as_deref(), join, dest, subject.span)?;
        let root = matching.tree.root;
        self.node(&mut matching, root, arms)?;
        for (number, arm) in arms.iter().enumerate() {
            if let ArmCode::Shared(block) = matching.arms[number] {
                self.switch_to(block);
                let params = self.draft.blocks[block.index()].params.clone();
                for (local, param) in matching.tree.bound[number].iter().zip(params) {
                    self.bind(*local, param);
                }
                self.arm_body(&mut matching, arm)?;
            }
        }
        Ok(self.close_join(matching.join))
    }

    /// A match of a whole value, or of the elements of a tuple that is never made.
    fn matching(
        &mut self,
        tree: Tree<'a>,
        whole: Option<Operand>,
        elements: Option<&[Value]>,
        join: Join,
        dest: Dest,
        span: Span,
    ) -> Outcome<Matching<'a>> {
        let mut places = vec![None; tree.places.len()];
        if let Some(whole) = whole {
            places[0] = Some(whole);
        }
        for (place, value) in tree.places.iter().zip(&mut places) {
            if let (Some((PlaceId(0), Step::Element(index))), Some(elements)) = (place.part_of, elements) {
                *value = elements.get(index as usize).map(|value| Some(*value));
            }
        }
        let mut leaves = vec![0_u32; tree.bound.len()];
        for node in &tree.nodes {
            if let Node::Leaf(leaf) | Node::Guard { leaf, .. } = node {
                leaves[leaf.arm as usize] += 1;
            }
        }
        let arms = leaves.iter().zip(&tree.bound).map(|(count, bound)| match count {
            0 | 1 => ArmCode::Inline,
            _ => ArmCode::Shared(self.arm_block(bound)),
        });
        let arms = arms.collect();
        let mut matching = Matching { tree, places, read: Vec::new(), arms, join, dest, span };
        if let Some(elements) = elements {
            self.make_whole(&mut matching, elements)?;
        }
        Ok(matching)
    }

    /// Makes the tuple after all where a name stands for the whole.
    fn make_whole(&mut self, matching: &mut Matching<'a>, elements: &[Value]) -> Outcome<()> {
        let binds_whole = matching.tree.nodes.iter().any(|node| match node {
            Node::Leaf(leaf) | Node::Guard { leaf, .. } => leaf.bindings.iter().any(|(_, place)| *place == PlaceId(0)),
            _ => false,
        });
        if binds_whole {
            let ty = self.ty(matching.tree.places[0].ty);
            let whole = self.construct(ty, 0, elements, matching.span)?;
            matching.places[0] = Some(Some(whole));
        }
        Ok(())
    }

    fn arm_block(&mut self, bound: &[LocalId]) -> Block {
        let block = self.block();
        for local in bound {
            let ty = self.local_type(*local);
            let ty = self.value_type(ty);
            self.draft.block_param(block, ty);
        }
        block
    }

    /// The type of a local.
    pub(super) fn local_type(&mut self, local: LocalId) -> Mono {
        match self.body.and_then(|body| body.locals.get(local.index())) {
            Some(local) => self.ty(local.ty),
            None => Mono::UNIT,
        }
    }

    fn node(&mut self, matching: &mut Matching<'a>, node: NodeId, arms: &'a [Arm<'a>]) -> Outcome<()> {
        if self.is_dead() {
            return Ok(());
        }
        let mark = matching.read.len();
        match matching.tree.nodes[node.0 as usize].clone() {
            Node::Switch { place, cases, otherwise } => self.switch_node(matching, place, &cases, otherwise, arms)?,
            Node::Leaf(leaf) => self.leaf(matching, &leaf, arms)?,
            Node::Guard { leaf, otherwise } => {
                self.bind_leaf(matching, &leaf)?;
                let (yes, no) = (self.block(), self.block());
                if let Some(guard) = arms.get(leaf.arm as usize).and_then(|arm| arm.guard) {
                    self.condition(guard, Exit::to(yes), Exit::to(no))?;
                }
                self.switch_to(yes);
                self.leaf(matching, &leaf, arms)?;
                self.switch_to(no);
                self.node(matching, otherwise, arms)?;
            }
            Node::Unreachable => self.unreachable(matching.span)?,
        }
        for place in matching.read.drain(mark..) {
            matching.places[place.0 as usize] = None;
        }
        Ok(())
    }

    /// An arm is found: its code is here, or in a block that takes its names.
    fn leaf(&mut self, matching: &mut Matching<'a>, leaf: &Leaf, arms: &'a [Arm<'a>]) -> Outcome<()> {
        match (matching.arms[leaf.arm as usize], arms.get(leaf.arm as usize)) {
            (ArmCode::Shared(block), _) => {
                let mut args = Vec::with_capacity(leaf.bindings.len());
                for (local, place) in &leaf.bindings {
                    let ty = self.local_type(*local);
                    let operand = self.place(matching, *place)?;
                    args.push(self.materialize(operand, ty));
                }
                self.jump(block, &args);
                Ok(())
            }
            (ArmCode::Inline, Some(arm)) => {
                self.bind_leaf(matching, leaf)?;
                self.arm_body(matching, arm)
            }
            (ArmCode::Inline, None) => Ok(()),
        }
    }

    fn bind_leaf(&mut self, matching: &mut Matching<'a>, leaf: &Leaf) -> Outcome<()> {
        for (local, place) in &leaf.bindings {
            let operand = self.place(matching, *place)?;
            let ty = self.local_type(*local);
            let value = self.materialize(operand, ty);
            self.bind(*local, value);
        }
        Ok(())
    }

    fn arm_body(&mut self, matching: &mut Matching<'a>, arm: &'a Arm<'a>) -> Outcome<()> {
        let operand = self.expr(arm.body, matching.dest)?;
        self.end_branch(&mut matching.join, operand);
        Ok(())
    }

    /// The value at a place: read once on every path. Places on the way to it are read first.
    fn place(&mut self, matching: &mut Matching<'a>, place: PlaceId) -> Outcome<Operand> {
        let mut way = vec![place];
        while let Some(place) = way.last().copied() {
            if matching.places[place.0 as usize].is_some() {
                way.pop();
                continue;
            }
            let Some((whole, step)) = matching.tree.places[place.0 as usize].part_of else { break };
            let Some(object) = matching.places[whole.0 as usize] else {
                way.push(whole);
                continue;
            };
            let ty = self.ty(matching.tree.places[whole.0 as usize].ty);
            let object = self.materialize(object, ty);
            let (variant, field) = match step {
                Step::Field { variant, field, .. } => (variant, field),
                Step::Element(index) => (0, index),
            };
            let value = self.read_field(object, ty, variant, field, matching.span)?;
            matching.places[place.0 as usize] = Some(value);
            matching.read.push(place);
        }
        Ok(matching.places[place.0 as usize].flatten())
    }

    fn switch_node(
        &mut self,
        matching: &mut Matching<'a>,
        place: PlaceId,
        cases: &[(Test<'a>, NodeId)],
        otherwise: Option<NodeId>,
        arms: &'a [Arm<'a>],
    ) -> Outcome<()> {
        let operand = self.place(matching, place)?;
        let ty = self.ty(matching.tree.places[place.0 as usize].ty);
        let value = self.materialize(operand, ty);
        let blocks: Vec<Block> = cases.iter().map(|_| self.block()).collect();
        let default = otherwise.map(|node| (self.block(), node));
        self.at(matching.span);
        self.dispatch(value, ty, cases, &blocks, default.map(|(block, _)| block), matching.span)?;
        for ((_, node), block) in cases.iter().zip(blocks) {
            self.switch_to(block);
            self.node(matching, *node, arms)?;
        }
        if let Some((block, node)) = default {
            self.switch_to(block);
            self.node(matching, node, arms)?;
        }
        Ok(())
    }

    /// Goes to the block of the test that the value passes.
    fn dispatch(
        &mut self,
        value: Value,
        ty: Mono,
        cases: &[(Test<'a>, NodeId)],
        blocks: &[Block],
        default: Option<Block>,
        span: Span,
    ) -> Outcome<()> {
        let mut targets: Vec<Target> = Vec::with_capacity(cases.len() + 1);
        for ((test, _), block) in cases.iter().zip(blocks) {
            let label = match *test {
                Test::Variant(_, variant) => Label::Variant(variant),
                Test::Literal(Literal::Int(number)) => Label::Int(number),
                Test::Literal(Literal::UInt8(number)) => Label::Int(i64::from(number as i8)),
                Test::Literal(Literal::Char(char)) => Label::Int(i64::from(u32::from(char))),
                Test::Literal(_) => return self.compare_each(value, ty, cases, blocks, default, span),
            };
            targets.push(target(label, *block, &[]));
        }
        targets.extend(default.map(|block| target(Label::Else, block, &[])));
        let mnemonic = match ty {
            Mono::INT => "switch.i64",
            Mono::UINT8 => "switch.i8",
            Mono::CHAR => "switch.i32",
            _ => "switch_tag",
        };
        self.terminate(mnemonic, Immediate::None, &[value], targets);
        Ok(())
    }

    /// Compares a value with one literal after another.
    fn compare_each(
        &mut self,
        value: Value,
        ty: Mono,
        cases: &[(Test<'a>, NodeId)],
        blocks: &[Block],
        default: Option<Block>,
        span: Span,
    ) -> Outcome<()> {
        let last = if default.is_none() { cases.len().saturating_sub(1) } else { cases.len() };
        for ((test, _), block) in cases.iter().zip(blocks).take(last) {
            let Test::Literal(literal) = *test else { continue };
            let next = self.block();
            match literal {
                Literal::Bool(true) => self.branch_to(value, *block, next),
                Literal::Bool(false) => self.branch_to(value, next, *block),
                _ => {
                    let operand = self.literal(literal);
                    let literal = self.materialize(operand, ty);
                    let equal = self.equality(ty, value, literal, false, span)?;
                    self.branch_to(equal, *block, next);
                }
            }
            self.switch_to(next);
        }
        // The last case of a type with few values needs no test.
        if let Some(rest) = default.or_else(|| blocks.last().copied()) {
            self.jump(rest, &[]);
        }
        Ok(())
    }

    fn branch_to(&mut self, condition: Value, yes: Block, no: Block) {
        self.branch(condition, target(Label::Normal, yes, &[]), target(Label::Normal, no, &[]));
    }

    /// `let pattern = value`. A tuple that is taken apart at once is not made.
    pub(super) fn let_pattern(&mut self, pattern: &'a Pattern<'a>, value: &'a Expr<'a>) -> Outcome<()> {
        if let PatternKind::Tuple(patterns) = pattern.kind
            && let Some(parts) = self.parts(value)?
        {
            for (pattern, part) in patterns.iter().zip(parts) {
                self.bind_pattern(pattern, Some(part))?;
            }
            return Ok(());
        }
        let operand = self.expr(value, Dest::Value)?;
        self.bind_pattern(pattern, operand)
    }

    /// The elements of a tuple that need not be made: it is written out, or an intrinsic gives them.
    fn parts(&mut self, expr: &'a Expr<'a>) -> Outcome<Option<Vec<Value>>> {
        match expr.kind {
            ExprKind::Tuple(elements) => self.values(elements).map(Some),
            ExprKind::Call { callee, arguments } => self.intrinsic_parts(&callee, arguments, expr.span),
            _ => Ok(None),
        }
    }

    /// Binds the names of an irrefutable pattern.
    pub(super) fn bind_pattern(&mut self, pattern: &'a Pattern<'a>, operand: Operand) -> Outcome<()> {
        if self.is_dead() {
            return Ok(());
        }
        match pattern.kind {
            PatternKind::Wildcard | PatternKind::Literal(Literal::Unit) => Ok(()),
            PatternKind::Bind(local, inner) => {
                let ty = self.ty(pattern.ty);
                let value = self.materialize(operand, ty);
                self.bind(local, value);
                inner.map_or(Ok(()), |inner| self.bind_pattern(inner, Some(value)))
            }
            PatternKind::Tuple(parts) => self.bind_parts(pattern, parts, operand),
            PatternKind::Variant { data, fields, .. }
                if self.lowering.program.data[data.index()].variants.len() == 1 =>
            {
                self.bind_parts(pattern, fields, operand)
            }
            _ => self.bind_by_tree(pattern, operand),
        }
    }

    fn bind_parts(&mut self, pattern: &'a Pattern<'a>, parts: &'a [Pattern<'a>], operand: Operand) -> Outcome<()> {
        let ty = self.ty(pattern.ty);
        let whole = self.materialize(operand, ty);
        // All fields are read before any is taken apart, so that the whole is free to go.
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in (0..).zip(parts) {
            let used = !matches!(part.kind, PatternKind::Wildcard);
            values.push(if used { self.read_field(whole, ty, 0, index, part.span)? } else { None });
        }
        for (part, value) in parts.iter().zip(values) {
            self.bind_pattern(part, value)?;
        }
        Ok(())
    }

    /// A pattern with alternatives, of which one fits whatever comes.
    fn bind_by_tree(&mut self, pattern: &'a Pattern<'a>, operand: Operand) -> Outcome<()> {
        let tree = tree::compile_pattern(self.lowering.program, pattern);
        let ty = self.ty(pattern.ty);
        let value = self.materialize(operand, ty);
        let bound = tree.bound.first().cloned().unwrap_or_default();
        let block = self.arm_block(&bound);
        let join = self.open_join(Mono::UNIT, Dest::Value);
        let mut matching = self.matching(tree, Some(Some(value)), None, join, Dest::Value, pattern.span)?;
        matching.arms = vec![ArmCode::Shared(block)];
        let root = matching.tree.root;
        self.node(&mut matching, root, &[])?;
        self.switch_to(block);
        let params = self.draft.blocks[block.index()].params.clone();
        for (local, param) in bound.iter().zip(params) {
            self.bind(*local, param);
        }
        Ok(())
    }
}
