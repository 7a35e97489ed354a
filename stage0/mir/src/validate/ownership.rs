//! Ownership, in one pass in reverse post-order and without a fixpoint. S is the set of owned names at a point.
//!
//! 1. `ownership-join` (O2): the first edge that reaches a block fixes the S that it is entered with; every other edge gives an
//!    equal one. Owned parameters of the block are added then.
//! 2. `O3`: a consumed operand is in S and leaves it, once. What leaves the function leaves S empty.
//! 3. `uniq`: what asks for `uniq` is given a name that is known to be the only one, and was neither retained nor
//!    lent to code that may have retained it (see `uniqueness`).
//! 4. `O4`: a borrow is used while its anchors are owned; what consumes an anchor ends its borrows. Evidence holds
//!    what it captured in the same way: it ends first.
//! 5. `O5`: what a borrowed block parameter is given lives as long as the parameter's anchors say.
//! 6. `O6`: no instruction consumes a value and reads a borrow of it. A tail call passes only borrows from outside the frame.
//! 7. `O7`: tokens end in a `new … reuse` or in `free_token`, holes in `fill`. (Sizes are the business of `operands`.)
//! 8. `O9`: what a `try_…` consumes is gone on both edges.
//!
//! `O1` is a rule of declarations, `O8` of `variants`. That a cell with an open hole is not read before `fill` is the
//! producer's responsibility: the cell is an ordinary value, because recursion modulo a constructor hands it on.
//! After a finding its value is left alone, so that one mistake is one finding.

use super::Context;
use super::anchors::{AnchorTable, callee_results};
use super::cfg::Cfg;
use super::finding::{Broken, Findings, Place, name, names};
use super::owned::OwnedSet;
use super::types::Uses;
use super::uniqueness::SharedNames;
use crate::contract::Opcode;
use crate::entity::{Block, InstId, Value};
use crate::module::{Inst, Label, ResultType, Target, ValueData};
use crate::types::{Anchor, Anchors, Ownership, Type};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

struct Flow<'a> {
    context: &'a Context<'a>,
    uses: &'a Uses,
    /// Names that are not the only ones, whatever they were defined as.
    shared: SharedNames,
    owned: OwnedSet,
    /// What each block is entered with, once an edge has said it.
    entries: Vec<Option<Box<[Value]>>>,
    anchors: AnchorTable<'a>,
    has_evidence: bool,
    /// What the instruction at hand has consumed.
    consumed: SmallVec<[Value; 4]>,
    /// The first finding of the instruction at hand.
    finding: Option<Broken>,
    /// Values that a finding was about.
    reported: FxHashSet<Value>,
}

/// All of the rules, for every block.
pub(super) fn check(context: &Context, cfg: &Cfg, uses: &Uses, findings: &mut Findings) {
    let values = &context.body.values;
    let mut flow = Flow {
        context,
        uses,
        shared: SharedNames::of(context, uses),
        owned: OwnedSet::new(values.len()),
        entries: vec![None; context.body.blocks.len()],
        anchors: AnchorTable::new(context),
        has_evidence: values.iter().any(|data| is_owned(data.ownership) && matches!(data.ty, Type::Ev(_))),
        consumed: SmallVec::new(),
        finding: None,
        reported: FxHashSet::default(),
    };
    for &block in &cfg.order {
        flow.enter(cfg, block);
        let range = context.body.blocks[block.index()].insts.clone();
        for (inst, index) in context.body.block_insts(block).iter().zip(range) {
            flow.visit(inst, InstId(index));
            if let Some(finding) = flow.finding.take() {
                findings.push(Place::Inst(block, InstId(index)), finding);
            }
        }
    }
}

/// How an owned value of the type ends.
fn end_of(ty: Type) -> &'static str {
    match ty {
        Type::Ev(_) => "`end_evidence` comes first",
        Type::Var(_) => "`var_end` or `var_drop` comes first",
        Type::Fail => "`switch_fail` or `refail` consumes a failure",
        _ => "release it or give it away first",
    }
}

fn is_owned(ownership: Ownership) -> bool {
    matches!(ownership, Ownership::Own | Ownership::Uniq)
}

impl<'a> Flow<'a> {
    fn report(&mut self, value: Value, rule: &'static str, message: impl FnOnce() -> String) {
        if self.reported.insert(value) && self.finding.is_none() {
            self.finding = Some(Broken { rule, message: message() });
        }
    }

    /// S at the start of a block.
    fn enter(&mut self, cfg: &Cfg, block: Block) {
        let body = self.context.body;
        self.owned.reset(self.entries[block.index()].as_deref().unwrap_or(&[]));
        if !cfg.edges_into(block).iter().any(|edge| cfg.is_back_edge(edge.from, block)) {
            // Every edge into the block has been compared.
            self.entries[block.index()] = None;
        }
        let params = if block == Block(0) { 0..self.context.function.signature.params.len() as u32 } else { 0..0 };
        for param in params.map(Value).chain(body.params(block)) {
            if is_owned(body.ownership(param)) {
                self.owned.insert(param);
            }
        }
        for param in body.params(block) {
            if let Some(declared) = body.anchors.get(&param) {
                self.anchors.define(param, declared);
            }
        }
    }

    fn visit(&mut self, inst: &Inst, id: InstId) {
        self.consumed.clear();
        let uses = self.uses.of(id);
        for (value, ownership) in inst.args.iter().zip(uses) {
            if is_owned(*ownership) {
                self.consume(*value, *ownership, inst, false);
            }
        }
        for (value, ownership) in inst.args.iter().zip(uses) {
            if *ownership == Ownership::Borrow {
                self.read(*value);
            }
        }
        if inst.opcode().info().terminator {
            return self.leave(inst);
        }
        self.anchors.define_results(inst);
        for value in inst.results() {
            if is_owned(self.context.body.ownership(value)) {
                self.owned.insert(value);
            }
        }
    }

    /// O3, `uniq`, and O4 for what evidence holds. Gives whether the value was owned.
    fn consume(&mut self, value: Value, wanted: Ownership, inst: &Inst, on_edge: bool) -> bool {
        let ownership = self.context.body.ownership(value);
        if ownership == Ownership::Borrow {
            self.report(value, "O3", || {
                format!("{} is borrowed and cannot be consumed: `retain` it and use the new name", name(value))
            });
            return false;
        }
        if wanted == Ownership::Uniq && ownership == Ownership::Own {
            self.report(value, "uniq", || {
                format!("{} is owned, but others may hold it too: `try_claim` it first", name(value))
            });
        }
        if wanted == Ownership::Uniq
            && ownership == Ownership::Uniq
            && inst.opcode() != Opcode::Freeze
            && self.shared.contains(value)
        {
            self.report(value, "uniq", || {
                format!("{} was retained or lent, so others may hold it too: `try_claim` it first", name(value))
            });
        }
        if self.owned.remove(value) {
            self.consumed.push(value);
            self.check_captured(value);
            return true;
        }
        self.report_gone(value, inst, on_edge);
        false
    }

    fn report_gone(&mut self, value: Value, inst: &Inst, on_edge: bool) {
        use Opcode::{TryCall, TryCallClosure, TryPerform};
        let now = self.consumed.contains(&value);
        let tries = matches!(inst.opcode(), TryCall | TryCallClosure | TryPerform);
        if now && on_edge && tries && inst.args.contains(&value) {
            let opcode = inst.opcode().info().name;
            self.report(value, "O9", || {
                format!("{} is consumed by `{opcode}` on both edges: neither can pass it on", name(value))
            });
        } else if now {
            self.report(value, "O3", || {
                format!("{} is consumed twice by this instruction: `retain` it for the second use", name(value))
            });
        } else {
            self.report(value, "O3", || {
                format!("{} was consumed before: `retain` it there to consume it again here", name(value))
            });
        }
    }

    /// Evidence that is alive holds what it captured.
    fn check_captured(&mut self, value: Value) {
        if !self.has_evidence {
            return;
        }
        let holder = self.owned.members().iter().copied().find(|evidence| {
            matches!(self.context.body.ty(*evidence), Type::Ev(_))
                && self.anchors.of(*evidence).contains(&Anchor::Value(value))
        });
        if let Some(evidence) = holder {
            self.report(value, "O4", || {
                format!("{} is captured by the evidence {1}: `end_evidence {1}` first", name(value), name(evidence))
            });
        }
    }

    /// O4 and O6 for a value that is read.
    fn read(&mut self, value: Value) {
        for anchor in self.anchors.lifetime(value) {
            if let Anchor::Value(anchor) = anchor
                && !self.is_alive(anchor)
            {
                self.report_ended(value, anchor);
            }
        }
    }

    fn is_alive(&self, anchor: Value) -> bool {
        self.context.body.ownership(anchor) == Ownership::Borrow || self.owned.contains(anchor)
    }

    fn report_ended(&mut self, value: Value, anchor: Value) {
        let now = self.consumed.contains(&anchor);
        match (value == anchor, now) {
            (true, true) => self.report(value, "O6", || {
                format!("{} is consumed and read by the same instruction: `retain` it for one of the two", name(value))
            }),
            (false, true) => self.report(value, "O6", || {
                format!(
                    "{} lives as long as {}, which the same instruction consumes: `retain` {0} before",
                    name(value),
                    name(anchor)
                )
            }),
            (true, false) => {
                self.report(value, "O4", || format!("{} was consumed before: it cannot be read", name(value)))
            }
            (false, false) => self.report(value, "O4", || {
                format!(
                    "{} lives as long as {}, which was consumed before: `retain` {0} there to keep it",
                    name(value),
                    name(anchor)
                )
            }),
        }
    }

    /// The end of a block: of the function, or by its edges.
    fn leave(&mut self, inst: &Inst) {
        use Opcode::*;
        match inst.opcode() {
            Return | Resume => self.check_results(inst),
            TailCall | TailCallClosure => self.check_tail_call(inst),
            _ => {}
        }
        if matches!(inst.opcode(), Return | Resume | Refail | PerformFail | TailCall | TailCallClosure) {
            self.check_empty(inst);
        }
        for index in 0..inst.targets.len() {
            self.follow(inst, index);
        }
    }

    /// O3 and O7 at the end of the function.
    fn check_empty(&mut self, inst: &Inst) {
        let left: Vec<Value> =
            self.owned.members().iter().copied().filter(|value| !self.reported.contains(value)).collect();
        let body = self.context.body;
        let unfinished = |value: &&Value| matches!(body.ty(**value), Type::Token(_) | Type::Hole(_));
        if let Some(value) = left.iter().filter(unfinished).min().copied() {
            let right = match body.ty(value) {
                Type::Hole(_) => "a hole ends in `fill`",
                _ => "a token ends in `new … reuse` or in `free_token`",
            };
            self.report(value, "O7", || format!("{} is left over: {right} on every path", name(value)));
            return;
        }
        let Some(value) = left.iter().min().copied() else { return };
        let end = inst.opcode().info().name;
        let (verb, right) = (if left.len() == 1 { "is" } else { "are" }, end_of(body.ty(value)));
        self.report(value, "O3", || {
            format!("`{end}` leaves the function and {} {verb} still owned: {right}", names(&left))
        });
    }

    /// Borrowed results live as long as the parameters that the signature names.
    fn check_results(&mut self, inst: &Inst) {
        let results = self.context.function.signature.results();
        for (value, result) in inst.args.iter().zip(results) {
            if result.ownership == Ownership::Borrow {
                let lifetime = self.anchors.lifetime(*value);
                self.check_result(*value, &lifetime, result);
            }
        }
    }

    fn check_result(&mut self, value: Value, lifetime: &Anchors, result: &ResultType) {
        let named = |anchor: &Value| result.anchors.contains(&anchor.0);
        let outside = lifetime.iter().find_map(|anchor| match anchor {
            Anchor::Value(anchor) if !named(anchor) => Some(*anchor),
            _ => None,
        });
        if let Some(anchor) = outside {
            self.report(value, "O4", || {
                let named: Vec<Value> = result.anchors.iter().map(|index| Value(*index)).collect();
                let named = if named.is_empty() { "static data".into() } else { names(&named) };
                format!("{} is a result borrowed from {named}, but lives as long as {}", name(value), name(anchor))
            });
        }
    }

    /// O6 for a tail call: the frame is gone when the callee begins.
    fn check_tail_call(&mut self, inst: &Inst) {
        let body = self.context.body;
        for value in inst.args.iter().copied() {
            let local = |anchor: &Anchor| matches!(anchor, Anchor::Value(anchor) if is_owned(body.ownership(*anchor)));
            let lends = !self.consumed.contains(&value) && self.anchors.lifetime(value).iter().any(local);
            if lends {
                self.report(value, "O6", || {
                    format!(
                        "{} does not outlive the frame, which a tail call gives up: use a call and `return`",
                        name(value)
                    )
                });
            }
        }
        let Some((results, first)) = callee_results(self.context, inst) else { return };
        for (given, wanted) in results.iter().zip(self.context.function.signature.results()) {
            if given.ownership == Ownership::Borrow {
                let named = given.anchors.iter().filter_map(|index| inst.args.get(first + *index as usize).copied());
                let named: SmallVec<[Value; 4]> = named.collect();
                let lifetime = self.anchors.lifetimes(named.iter().copied());
                if let Some(value) = named.first() {
                    self.check_result(*value, &lifetime, wanted);
                }
            }
        }
    }

    /// An edge: what it passes, and the S that it gives its block.
    fn follow(&mut self, inst: &Inst, index: usize) {
        let target = &inst.targets[index];
        let body = self.context.body;
        if let Label::Escape(evidence) = target.label
            && !self.owned.contains(evidence)
        {
            self.report(evidence, "O4", || format!("{} has ended: its failures cannot be met here", name(evidence)));
        }
        let handed = self.context.module.edge_values(body, inst, index);
        let mut moved: SmallVec<[(Value, Value); 4]> = SmallVec::new();
        for (arg, param) in target.args.iter().zip(body.params(target.block).skip(handed.len())) {
            if is_owned(body.ownership(param)) && self.consume(*arg, body.ownership(param), inst, true) {
                moved.push((*arg, param));
            }
        }
        let given_back = moved.len();
        if inst.opcode() == Opcode::TryClaim {
            // The parameter is a new name of the claimed value: borrows go on under it.
            moved.extend(body.params(target.block).next().map(|param| (inst.args[0], param)));
        }
        self.check_handed(inst, target, &handed, &moved);
        for (arg, param) in target.args.iter().zip(body.params(target.block).skip(handed.len())) {
            if body.ownership(param) == Ownership::Borrow {
                let lifetime = self.anchors.lifetime(*arg);
                self.check_passed(*arg, &lifetime, param, &moved);
            }
        }
        self.join(target.block);
        for (value, _) in &moved[..given_back] {
            self.owned.insert(*value);
            self.consumed.retain(|consumed| consumed != value);
        }
    }

    /// What the terminator itself hands over fits the ownership of the block's first parameters.
    fn check_handed(&mut self, inst: &Inst, target: &Target, handed: &[ValueData], moved: &[(Value, Value)]) {
        let context = self.context;
        let body = context.body;
        for (index, (data, param)) in handed.iter().zip(body.params(target.block)).enumerate() {
            let wanted = body.ownership(param);
            let weaker = data.ownership == Ownership::Uniq && wanted == Ownership::Own;
            if data.ownership != wanted && !weaker {
                let rule = if wanted == Ownership::Uniq { "uniq" } else { "edge" };
                self.report(param, rule, || {
                    let opcode = inst.opcode().info().name;
                    let given = context.describe(data.ty, data.ownership);
                    format!("{} of b{} is given `{given}` by `{opcode}`", name(param), target.block.0)
                });
            } else if wanted == Ownership::Borrow {
                let lifetime = self.anchors.of_call_result(inst, index);
                self.check_passed(param, &lifetime, param, moved);
            }
        }
    }

    /// O4 and O5: a borrow that an edge passes to a parameter is alive and lives as long as the parameter says.
    fn check_passed(&mut self, value: Value, lifetime: &Anchors, param: Value, moved: &[(Value, Value)]) {
        let declared = self.context.body.anchors.get(&param).map_or(&[][..], |anchors| anchors);
        for anchor in lifetime {
            let Anchor::Value(anchor) = *anchor else { continue };
            let receiver = moved.iter().find(|(arg, _)| *arg == anchor).map(|(_, param)| *param);
            if receiver.is_none() && !self.is_alive(anchor) {
                self.report_ended(value, anchor);
            } else if !declared.contains(&Anchor::Value(receiver.unwrap_or(anchor))) {
                let right = name(receiver.unwrap_or(anchor));
                self.report(value, "O5", || {
                    format!(
                        "{1} is given {0}, which lives as long as {right}: {1} must name {right} as an anchor",
                        name(value),
                        name(param)
                    )
                });
            }
        }
    }

    /// O2: every edge into a block gives the same S.
    fn join(&mut self, block: Block) {
        let Some(entry) = &self.entries[block.index()] else {
            self.entries[block.index()] = Some(self.owned.members().into());
            return;
        };
        if self.owned.equals(entry) {
            return;
        }
        let unreported = |value: &Value| !self.reported.contains(value);
        let lacking: Vec<Value> =
            entry.iter().copied().filter(|value| !self.owned.contains(*value)).filter(unreported).collect();
        let extra: Vec<Value> =
            self.owned.members().iter().copied().filter(|value| !entry.contains(value)).filter(unreported).collect();
        let Some(first) = lacking.iter().chain(&extra).min().copied() else { return };
        self.report(first, "ownership-join", || {
            let lacks = format!("another edge to b{} leaves {} owned, and this one does not", block.0, names(&lacking));
            let exceeds = format!("this edge leaves {} owned, and another to b{} does not", names(&extra), block.0);
            match (lacking.is_empty(), extra.is_empty()) {
                (false, true) => lacks,
                (true, _) => exceeds,
                (false, false) => format!("{lacks}; {exceeds}"),
            }
        });
        self.reported.extend(lacking.into_iter().chain(extra));
    }
}
