//! Which parameters are borrowed, of functions and of blocks.
//!
//! A parameter starts as borrowed and becomes owned when one of these holds; owning spreads along calls and edges until nothing
//! changes. (After Ullrich and de Moura: Counting Immutable Beans, IFL 2019.)
//!
//! 1. Its function is not only called directly: the code of closures and clauses take owned values.
//! 2. The function consumes it: stores it, returns it, passes it to an owned parameter.
//! 3. The function gives a part of it to code that may change the part in place, which it can only if the whole is gone by then.
//!    A part that is merely stored or returned, by this function or by one that it is passed to, is as good with a count of its own.
//! 4. The function reads fields of it and builds a cell of the same layout: it may build that in its memory. This is a change in
//!    place, too.
//! 5. A tail call of its own recursion group passes it an owned value: the call would have to come back to release it. A group is
//!    what can reach each other by calls, closures and clauses.
//! 6. It is a block's, and an edge gives it something that does not outlive the frame, or that the terminator hands over.

use super::holders::{Holders, Holding};
use super::operands::{Use, is_counted, use_of};
use super::simplify::targets;
use crate::draft::{Draft, DraftInst};
use kea_mir::contract::Opcode;
use kea_mir::entity::{FuncId, LayoutId, Value};
use kea_mir::module::{FunctionKind, Immediate, Module, Target};
use kea_mir::types::{Ownership, Type};
use rustc_hash::{FxHashMap, FxHashSet};

/// Writes `borrow` into the signatures of the drafts' functions; gives for each draft the block parameters that are borrowed.
pub(super) fn infer(module: &mut Module, drafts: &[(FuncId, Draft)]) -> Vec<FxHashSet<Value>> {
    let mut functions = Functions::new(module, drafts);
    functions.groups = recursion_groups(drafts, &functions);
    let mut facts = Facts::default();
    facts.grow(2 * functions.params);
    let blocks: Vec<FxHashMap<Value, Param>> = drafts
        .iter()
        .enumerate()
        .map(|(index, (id, draft))| Survey::new(module, &functions, &mut facts, index, *id, draft).run())
        .collect();
    facts.follow_all();
    for (index, (id, _)) in drafts.iter().enumerate() {
        if !functions.is_candidate[index] {
            continue;
        }
        for param in 0..module.function(*id).signature.params.len() {
            let ty = module.function(*id).signature.params[param].ty;
            if is_counted(module, ty) && !facts.holds(functions.param(index, param).owned) {
                module.functions[id.index()].signature.params[param].ownership = Ownership::Borrow;
            }
        }
    }
    let borrowed = |params: FxHashMap<Value, Param>| {
        params.into_iter().filter(|(_, param)| !facts.holds(param.owned)).map(|(value, _)| value).collect()
    };
    blocks.into_iter().map(borrowed).collect()
}

/// Something that may turn out to be so.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fact(usize);

/// Facts, and which follow from which.
#[derive(Default)]
struct Facts {
    held: Vec<bool>,
    consequences: Vec<Vec<Fact>>,
}

impl Facts {
    fn grow(&mut self, count: usize) {
        self.held.resize(self.held.len() + count, false);
        self.consequences.resize(self.held.len(), Vec::new());
    }

    fn new_fact(&mut self) -> Fact {
        self.grow(1);
        Fact(self.held.len() - 1)
    }

    fn holds(&self, fact: Fact) -> bool {
        self.held[fact.0]
    }

    fn hold(&mut self, fact: Fact) {
        self.held[fact.0] = true;
    }

    /// Notes that one fact follows from another; from none, that it is so.
    fn follows(&mut self, cause: Option<Fact>, consequence: Fact) {
        match cause {
            None => self.hold(consequence),
            Some(cause) => self.consequences[cause.0].push(consequence),
        }
    }

    fn follow_all(&mut self) {
        let mut pending: Vec<usize> = (0..self.held.len()).filter(|fact| self.held[*fact]).collect();
        while let Some(fact) = pending.pop() {
            for next in std::mem::take(&mut self.consequences[fact]) {
                if !std::mem::replace(&mut self.held[next.0], true) {
                    pending.push(next.0);
                }
            }
        }
    }
}

/// The functions that have drafts.
struct Functions {
    /// How many parameters they have together. The first facts are about these.
    params: usize,
    starts: Vec<usize>,
    /// Whether the function is only called directly.
    is_candidate: Vec<bool>,
    by_id: FxHashMap<FuncId, usize>,
    groups: Vec<u32>,
}

impl Functions {
    fn new(module: &Module, drafts: &[(FuncId, Draft)]) -> Functions {
        let mut functions = Functions {
            params: 0,
            starts: Vec::new(),
            is_candidate: Vec::new(),
            by_id: FxHashMap::default(),
            groups: Vec::new(),
        };
        for (index, (id, draft)) in drafts.iter().enumerate() {
            let function = module.function(*id);
            let plain = matches!(function.kind, FunctionKind::Exported | FunctionKind::Local);
            let is_code = function.signature.params.iter().any(|param| param.ty == Type::Env);
            functions.is_candidate.push(plain && !is_code && module.entry != Some(*id));
            functions.by_id.insert(*id, index);
            functions.starts.push(functions.params);
            functions.params += draft.params.len();
        }
        functions
    }

    fn param(&self, draft: usize, param: usize) -> Param {
        let first = 2 * (self.starts[draft] + param);
        Param { owned: Fact(first), changed: Fact(first + 1) }
    }

    /// The draft of a function whose parameters may be borrowed.
    fn candidate(&self, function: FuncId) -> Option<usize> {
        self.by_id.get(&function).copied().filter(|draft| self.is_candidate[*draft])
    }
}

/// What is to be found out about a parameter.
#[derive(Clone, Copy)]
struct Param {
    /// That it is owned.
    owned: Fact,
    /// That what it stands for may be changed in place, as a whole or in parts. It is owned then.
    changed: Fact,
}

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// A parameter of the function or of a block.
    Param(Param),
    /// The function's own code.
    Frame,
    /// Data that outlives the frame.
    Lasting,
}

/// What one function does with its parameters and those of its blocks.
struct Survey<'a> {
    module: &'a Module,
    functions: &'a Functions,
    facts: &'a mut Facts,
    index: usize,
    id: FuncId,
    draft: &'a Draft,
    holders: Holders,
    params: FxHashMap<Value, Param>,
    blocks: FxHashMap<Value, Param>,
}

impl<'a> Survey<'a> {
    fn new(
        module: &'a Module,
        functions: &'a Functions,
        facts: &'a mut Facts,
        index: usize,
        id: FuncId,
        draft: &'a Draft,
    ) -> Survey<'a> {
        let params = draft.params.iter().enumerate();
        let params: FxHashMap<Value, Param> =
            params.map(|(number, value)| (*value, functions.param(index, number))).collect();
        let counted = |value: &&Value| is_counted(module, draft.values[value.index()]);
        let mut blocks = FxHashMap::default();
        for param in draft.blocks.iter().flat_map(|block| &block.params).filter(counted) {
            blocks.insert(*param, Param { owned: facts.new_fact(), changed: facts.new_fact() });
        }
        for param in params.values().chain(blocks.values()) {
            facts.follows(Some(param.changed), param.owned);
            if !functions.is_candidate[index] && param.owned.0 < 2 * functions.params {
                facts.hold(param.owned);
            }
        }
        let holders = Holders::new(module, |_| Ownership::Own, &FxHashSet::default(), draft);
        Survey { module, functions, facts, index, id, draft, holders, params, blocks }
    }

    /// Notes what follows from what; gives the block parameters.
    fn run(mut self) -> FxHashMap<Value, Param> {
        let draft = self.draft;
        let signature = &self.module.function(self.id).signature;
        for inst in draft.blocks.iter().flat_map(|block| &block.insts) {
            for (index, arg) in inst.args.iter().enumerate() {
                if self.holders.holding(*arg) != Holding::Uncounted
                    && !self.visit_argument(inst, index, *arg)
                    && use_of(self.module, signature, &draft.values, inst, index) != Use::Read
                {
                    self.consume(None, *arg);
                    if may_change(inst.mnemonic.info().opcode, index) {
                        self.change(None, *arg);
                    }
                }
            }
        }
        for target in draft.blocks.iter().flat_map(targets) {
            self.visit_edge(target);
        }
        self.own_rebuilt();
        self.blocks
    }

    /// What a value is, or is a part of.
    fn origin(&self, value: Value) -> Origin {
        let whole = self.holders.whole(value);
        match self.params.get(&whole).or_else(|| self.blocks.get(&whole)) {
            Some(param) => Origin::Param(*param),
            None if self.holders.holding(whole) == Holding::Own => Origin::Frame,
            None => Origin::Lasting,
        }
    }

    fn is_part(&self, value: Value) -> bool {
        matches!(self.holders.holding(value), Holding::PartOf(_))
    }

    /// An argument for a parameter that may be borrowed; false for other operands.
    fn visit_argument(&mut self, inst: &DraftInst, index: usize, arg: Value) -> bool {
        let Immediate::Func(callee) = inst.immediate else { return false };
        let Some(draft) = self.functions.candidate(callee) else { return false };
        let param = self.functions.param(draft, index);
        self.consume(Some(param.owned), arg);
        self.change(Some(param.changed), arg);
        let groups = &self.functions.groups;
        if inst.mnemonic.info().opcode == Opcode::TailCall && groups[draft] == groups[self.index] {
            self.give(arg, param.owned);
        }
        true
    }

    /// A parameter is owned if what it is given is: rules 5 and 6.
    fn give(&mut self, value: Value, owned: Fact) {
        match self.origin(value) {
            Origin::Param(param) => self.facts.follows(Some(param.owned), owned),
            Origin::Frame => self.facts.hold(owned),
            Origin::Lasting => {}
        }
    }

    /// A value is consumed if `cause` is so: rule 2. A part is retained for that.
    fn consume(&mut self, cause: Option<Fact>, value: Value) {
        if let (Origin::Param(param), false) = (self.origin(value), self.is_part(value)) {
            self.facts.follows(cause, param.owned);
        }
    }

    /// A value may be changed in place if `cause` is so: rule 3.
    fn change(&mut self, cause: Option<Fact>, value: Value) {
        if let Origin::Param(param) = self.origin(value) {
            self.facts.follows(cause, param.changed);
        }
    }

    fn visit_edge(&mut self, target: &Target) {
        let params = &self.draft.blocks[target.block.index()].params;
        let handed = params.len() - target.args.len();
        for (index, param) in params.iter().enumerate() {
            let Some(param) = self.blocks.get(param).copied() else { continue };
            match index.checked_sub(handed) {
                None => self.facts.hold(param.owned),
                Some(index) => {
                    let arg = target.args[index];
                    self.give(arg, param.owned);
                    self.consume(Some(param.owned), arg);
                    self.change(Some(param.changed), arg);
                }
            }
        }
    }

    /// Rule 4.
    fn own_rebuilt(&mut self) {
        let insts = || self.draft.blocks.iter().flat_map(|block| &block.insts);
        let built: FxHashSet<LayoutId> = insts()
            .filter_map(|inst| match inst.immediate {
                Immediate::New { layout, .. } => Some(layout),
                _ => None,
            })
            .collect();
        if built.is_empty() {
            return;
        }
        for inst in insts() {
            if let (Opcode::Field, Immediate::Field { layout, .. }) = (inst.mnemonic.info().opcode, &inst.immediate)
                && built.contains(layout)
                && !self.is_part(inst.args[0])
            {
                self.change(None, inst.args[0]);
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
fn recursion_groups(drafts: &[(FuncId, Draft)], functions: &Functions) -> Vec<u32> {
    let calls: Vec<Vec<usize>> = drafts.iter().map(|(_, draft)| mentioned(draft, functions)).collect();
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
fn mentioned(draft: &Draft, functions: &Functions) -> Vec<usize> {
    let mut callees = Vec::new();
    for inst in draft.blocks.iter().flat_map(|block| &block.insts) {
        match &inst.immediate {
            Immediate::Func(id) | Immediate::Closure(_, id) => callees.extend(functions.by_id.get(id)),
            Immediate::Evidence(_, clauses) => {
                callees.extend(clauses.iter().filter_map(|id| functions.by_id.get(id)));
            }
            _ => {}
        }
    }
    callees.sort_unstable();
    callees.dedup();
    callees
}
