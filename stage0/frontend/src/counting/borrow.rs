//! Which parameters are borrowed.
//!
//! A parameter starts as borrowed and becomes owned when one of these holds; owning spreads along calls until nothing changes.
//! (After Ullrich and de Moura: Counting Immutable Beans, IFL 2019.)
//!
//! 1. Its function is not only called directly: the code of closures and clauses take owned values.
//! 2. The function consumes it: stores it, returns it, passes it to an owned parameter or along an edge.
//! 3. The function gives a part of it to code that may change the part in place, which it can only if the whole is gone by then.
//!    A part that is merely stored or returned is as good with a count of its own.
//! 4. A tail call of its own recursion group passes it an owned value: the call would have to come back to release it. A group is
//!    what can reach each other by calls, closures and clauses.

use super::holders::{Holders, Holding};
use super::operands::{Use, is_counted, use_of};
use super::simplify::targets;
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{FunctionKind, Immediate, Module};
use kea_mir::types::{Ownership, Type};
use rustc_hash::FxHashMap;

/// Writes `borrow` into the signatures of the drafts' functions.
pub(super) fn infer(module: &mut Module, drafts: &[(FuncId, Draft)]) {
    let nodes = Nodes::new(module, drafts);
    let mut flow = Flow { owned: vec![false; nodes.count], spread: vec![Vec::new(); nodes.count] };
    let groups = recursion_groups(drafts, &nodes);
    for (index, (id, draft)) in drafts.iter().enumerate() {
        let mut survey = Survey::new(module, &nodes, &groups, index, *id, draft);
        survey.run(&mut flow);
    }
    flow.spread_all();
    for (index, (id, _)) in drafts.iter().enumerate() {
        if !nodes.is_candidate[index] {
            continue;
        }
        for param in 0..module.function(*id).signature.params.len() {
            let ty = module.function(*id).signature.params[param].ty;
            if is_counted(module, ty) && !flow.owned[nodes.node(index, param)] {
                module.functions[id.index()].signature.params[param].ownership = Ownership::Borrow;
            }
        }
    }
}

/// The parameters of all drafts, numbered.
struct Nodes {
    count: usize,
    starts: Vec<usize>,
    /// Whether the function is only called directly.
    is_candidate: Vec<bool>,
    by_function: FxHashMap<FuncId, usize>,
}

impl Nodes {
    fn new(module: &Module, drafts: &[(FuncId, Draft)]) -> Nodes {
        let mut nodes =
            Nodes { count: 0, starts: Vec::new(), is_candidate: Vec::new(), by_function: FxHashMap::default() };
        for (index, (id, draft)) in drafts.iter().enumerate() {
            let function = module.function(*id);
            let plain = matches!(function.kind, FunctionKind::Exported | FunctionKind::Local);
            let is_code = function.signature.params.iter().any(|param| param.ty == Type::Env);
            nodes.is_candidate.push(plain && !is_code && module.entry != Some(*id));
            nodes.by_function.insert(*id, index);
            nodes.starts.push(nodes.count);
            nodes.count += draft.params.len();
        }
        nodes
    }

    fn node(&self, draft: usize, param: usize) -> usize {
        self.starts[draft] + param
    }

    /// The draft of a function whose parameters may be borrowed.
    fn candidate(&self, function: FuncId) -> Option<usize> {
        self.by_function.get(&function).copied().filter(|draft| self.is_candidate[*draft])
    }
}

/// What is known of the parameters.
struct Flow {
    owned: Vec<bool>,
    /// When a parameter is owned, these are too.
    spread: Vec<Vec<usize>>,
}

impl Flow {
    fn spread_all(&mut self) {
        let mut pending: Vec<usize> = (0..self.owned.len()).filter(|node| self.owned[*node]).collect();
        while let Some(node) = pending.pop() {
            for next in std::mem::take(&mut self.spread[node]) {
                if !std::mem::replace(&mut self.owned[next], true) {
                    pending.push(next);
                }
            }
        }
    }
}

/// What one function does with its parameters.
struct Survey<'a> {
    module: &'a Module,
    nodes: &'a Nodes,
    groups: &'a [u32],
    index: usize,
    id: FuncId,
    draft: &'a Draft,
    holders: Holders,
    params: FxHashMap<Value, usize>,
    /// Names that may be changed in place, themselves or in parts.
    changed: Vec<bool>,
    pending: Vec<Value>,
}

impl<'a> Survey<'a> {
    fn new(
        module: &'a Module,
        nodes: &'a Nodes,
        groups: &'a [u32],
        index: usize,
        id: FuncId,
        draft: &'a Draft,
    ) -> Survey<'a> {
        Survey {
            module,
            nodes,
            groups,
            index,
            id,
            draft,
            holders: Holders::new(module, |_| Ownership::Own, draft),
            params: draft.params.iter().enumerate().map(|(number, value)| (*value, number)).collect(),
            changed: vec![false; draft.values.len()],
            pending: Vec::new(),
        }
    }

    fn run(&mut self, flow: &mut Flow) {
        let signature = &self.module.function(self.id).signature;
        for inst in self.draft.blocks.iter().flat_map(|block| &block.insts) {
            for (index, arg) in inst.args.iter().enumerate() {
                if self.holders.holding(*arg) == Holding::Uncounted {
                    continue;
                }
                if !self.visit_call(flow, inst, index, *arg)
                    && use_of(self.module, signature, &self.draft.values, inst, index) != Use::Read
                {
                    self.consume(flow, *arg, may_change(inst.mnemonic.info().opcode, index));
                }
            }
            for arg in inst.targets.iter().flat_map(|target| &target.args) {
                self.consume(flow, *arg, false);
            }
        }
        self.spread_changes();
        for (param, value) in self.draft.params.iter().enumerate() {
            if self.changed[value.index()] {
                flow.owned[self.nodes.node(self.index, param)] = true;
            }
        }
    }

    /// An argument for a parameter that may be borrowed; false for other operands.
    fn visit_call(&mut self, flow: &mut Flow, inst: &DraftInst, index: usize, arg: Value) -> bool {
        let opcode = inst.mnemonic.info().opcode;
        let Immediate::Func(callee) = inst.immediate else { return false };
        let Some(draft) = self.nodes.candidate(callee) else { return false };
        let node = self.nodes.node(draft, index);
        let whole = self.holders.whole(arg);
        let own_param = self.params.get(&whole).map(|param| self.nodes.node(self.index, *param));
        match own_param {
            Some(param) => flow.spread[node].push(param),
            None => self.change(arg),
        }
        if opcode == Opcode::TailCall && self.groups[draft] == self.groups[self.index] {
            match own_param {
                Some(param) => flow.spread[param].push(node),
                None if self.holders.holding(whole) == Holding::Own => flow.owned[node] = true,
                None => {}
            }
        }
        true
    }

    fn consume(&mut self, flow: &mut Flow, value: Value, changes: bool) {
        if let Some(param) = self.params.get(&value) {
            flow.owned[self.nodes.node(self.index, *param)] = true;
        }
        if changes {
            self.change(value);
        }
    }

    /// Notes that a value may be changed in place, and with it what it is a part of.
    fn change(&mut self, mut value: Value) {
        while !std::mem::replace(&mut self.changed[value.index()], true) {
            self.pending.push(value);
            match self.holders.holding(value) {
                Holding::PartOf(whole) => value = whole,
                _ => return,
            }
        }
    }

    /// What a block parameter stands for comes along the edges.
    fn spread_changes(&mut self) {
        let mut given: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        for target in self.draft.blocks.iter().flat_map(targets) {
            let params = &self.draft.blocks[target.block.index()].params;
            for (arg, param) in target.args.iter().rev().zip(params.iter().rev()) {
                given.entry(*param).or_default().push(*arg);
            }
        }
        while let Some(value) = self.pending.pop() {
            for arg in given.remove(&value).into_iter().flatten() {
                self.change(arg);
            }
        }
    }
}

/// Whether what consumes an operand may change it in place, rather than keep it.
fn may_change(opcode: Opcode, index: usize) -> bool {
    use Opcode::{
        ArrayPush, Closure, ElemPut, ElemSwap, Fill, GlobalSet, New, Pack, PerformFail, Resume, Return, Swap,
    };
    match opcode {
        New | Pack | Closure | Fill | GlobalSet | PerformFail | Return | Resume => false,
        ArrayPush | ElemPut | ElemSwap | Swap => index == 0,
        _ => true,
    }
}

/// For each draft, the number of its recursion group (Tarjan's strongly connected components).
fn recursion_groups(drafts: &[(FuncId, Draft)], nodes: &Nodes) -> Vec<u32> {
    let calls: Vec<Vec<usize>> = drafts.iter().map(|(_, draft)| mentioned(draft, nodes)).collect();
    let mut search = GroupSearch {
        calls: &calls,
        order: vec![0; drafts.len()],
        low: vec![0; drafts.len()],
        groups: vec![u32::MAX; drafts.len()],
        stack: Vec::new(),
        visited: 0,
        found: 0,
    };
    for draft in 0..drafts.len() {
        if search.order[draft] == 0 {
            search.visit(draft);
        }
    }
    search.groups
}

struct GroupSearch<'a> {
    calls: &'a [Vec<usize>],
    /// In which order drafts were visited, from 1 on.
    order: Vec<u32>,
    /// The earliest draft on the stack that each is known to reach.
    low: Vec<u32>,
    groups: Vec<u32>,
    stack: Vec<usize>,
    visited: u32,
    found: u32,
}

impl GroupSearch<'_> {
    fn visit(&mut self, root: usize) {
        let mut path = vec![(root, 0)];
        self.enter(root);
        while let Some((draft, next)) = path.last_mut() {
            let draft = *draft;
            if let Some(&callee) = self.calls[draft].get(*next) {
                *next += 1;
                if self.order[callee] == 0 {
                    self.enter(callee);
                    path.push((callee, 0));
                } else if self.groups[callee] == u32::MAX {
                    self.low[draft] = self.low[draft].min(self.order[callee]);
                }
                continue;
            }
            path.pop();
            if let Some((caller, _)) = path.last() {
                self.low[*caller] = self.low[*caller].min(self.low[draft]);
            }
            if self.low[draft] == self.order[draft] {
                self.close(draft);
            }
        }
    }

    fn enter(&mut self, draft: usize) {
        self.visited += 1;
        self.order[draft] = self.visited;
        self.low[draft] = self.visited;
        self.stack.push(draft);
    }

    fn close(&mut self, root: usize) {
        while let Some(draft) = self.stack.pop() {
            self.groups[draft] = self.found;
            if draft == root {
                break;
            }
        }
        self.found += 1;
    }
}

/// The drafts that a draft calls, makes closures over or installs as clauses.
fn mentioned(draft: &Draft, nodes: &Nodes) -> Vec<usize> {
    let mut callees = Vec::new();
    for inst in draft.blocks.iter().flat_map(|block| &block.insts) {
        match &inst.immediate {
            Immediate::Func(id) | Immediate::Closure(_, id) => callees.extend(nodes.by_function.get(id)),
            Immediate::Evidence(_, clauses) => {
                callees.extend(clauses.iter().filter_map(|id| nodes.by_function.get(id)));
            }
            _ => {}
        }
    }
    callees.sort_unstable();
    callees.dedup();
    callees
}
