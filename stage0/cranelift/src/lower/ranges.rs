//! What comparisons on the way to a block say of integers: enough to see that many a checked sum cannot overflow.
//!
//! A block that one edge leads to knows what that edge's branch compared, and all that the branch's block knows. A block
//! parameter is in the union of its arguments' ranges on their edges, so that a counter that is tested at the end of its
//! loop is known to be below the limit at the start, too. Nothing is computed to a fixpoint.

use kea_mir::contract::{Mode, Opcode};
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Body, Immediate, Inst};
use kea_mir::types::Scalar;

/// So many facts are looked at for one question, to bound the time.
const FACTS_MAX: usize = 16;

/// The least and the greatest value, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub low: i64,
    pub high: i64,
}

impl Range {
    fn of(scalar: Scalar) -> Range {
        let unused = 64 - scalar.bits();
        Range { low: i64::MIN >> unused, high: i64::MAX >> unused }
    }

    fn intersect(self, other: Range) -> Range {
        Range { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    fn union(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// A value is in a range, and what else is known.
struct Fact {
    value: Value,
    range: Range,
    earlier: Option<u32>,
}

/// An edge: the block that it leaves, and its number there.
#[derive(Clone, Copy)]
struct Edge {
    from: Block,
    target: usize,
}

/// What is known of the integers of a function.
pub(super) struct Ranges<'a> {
    body: &'a Body,
    /// The instruction that defines each value; none for parameters.
    definitions: Vec<Option<&'a Inst>>,
    /// The block of each block parameter.
    params: Vec<Option<Block>>,
    facts: Vec<Fact>,
    /// The latest fact of each block.
    known: Vec<Option<u32>>,
    edges: Vec<Vec<Edge>>,
}

impl<'a> Ranges<'a> {
    pub fn new(body: &'a Body) -> Ranges<'a> {
        let mut ranges = Ranges {
            body,
            definitions: vec![None; body.values.len()],
            params: vec![None; body.values.len()],
            facts: Vec::new(),
            known: vec![None; body.blocks.len()],
            edges: vec![Vec::new(); body.blocks.len()],
        };
        for inst in &body.insts {
            inst.results().for_each(|result| ranges.definitions[result.index()] = Some(inst));
        }
        for from in (0..body.blocks.len()).map(Block::new) {
            body.params(from).for_each(|param| ranges.params[param.index()] = Some(from));
            let targets = body.terminator(from).map_or(&[][..], |inst| &inst.targets);
            for (target, edge) in targets.iter().enumerate() {
                ranges.edges[edge.block.index()].push(Edge { from, target });
            }
        }
        // The only predecessor of a block dominates it and so stands before it.
        for block in 0..body.blocks.len() {
            if let [edge] = ranges.edges[block][..] {
                ranges.known[block] = ranges.edge_facts(edge);
            }
        }
        ranges
    }

    /// Whether the sum or difference of two values of that type is certain to be in its range.
    pub fn fits(&self, block: Block, inst: &Inst) -> bool {
        let (a, b) = (self.range(block, inst.args[0]), self.range(block, inst.args[1]));
        let (low, high) = match inst.opcode() {
            Opcode::Add => (i128::from(a.low) + i128::from(b.low), i128::from(a.high) + i128::from(b.high)),
            Opcode::Sub => (i128::from(a.low) - i128::from(b.high), i128::from(a.high) - i128::from(b.low)),
            _ => return false,
        };
        let all = Range::of(inst.scalar());
        i128::from(all.low) <= low && high <= i128::from(all.high)
    }

    /// The range of a value in a block.
    fn range(&self, block: Block, value: Value) -> Range {
        let range = self.range_with(self.known[block.index()], value);
        match self.params[value.index()] {
            Some(home) => range.intersect(self.param_range(home, value)),
            None => range,
        }
    }

    /// The range of a value where these facts hold.
    fn range_with(&self, facts: Option<u32>, value: Value) -> Range {
        let Some(scalar) = self.body.ty(value).scalar() else { return Range { low: i64::MIN, high: i64::MAX } };
        if let Some(inst) = self.definitions[value.index()]
            && inst.opcode() == Opcode::Const
            && let Immediate::Int(number) = inst.immediate
        {
            return Range { low: number, high: number };
        }
        let mut range = Range::of(scalar);
        let mut next = facts;
        for _ in 0..FACTS_MAX {
            let Some(fact) = next.map(|index| &self.facts[index as usize]) else { break };
            if fact.value == value {
                range = range.intersect(fact.range);
            }
            next = fact.earlier;
        }
        range
    }

    /// The union of what the edges to a block pass for its parameter.
    fn param_range(&self, home: Block, param: Value) -> Range {
        let all = Range { low: i64::MIN, high: i64::MAX };
        let behind = self.body.blocks[home.index()].params.end - param.0;
        let mut union: Option<Range> = None;
        for edge in &self.edges[home.index()] {
            let Some(terminator) = self.body.terminator(edge.from) else { return all };
            let args = &terminator.targets[edge.target].args;
            // Other parameters come from the terminator itself.
            let Some(index) = args.len().checked_sub(behind as usize) else { return all };
            let range = self.edge_range(*edge, terminator, args[index]);
            union = Some(union.map_or(range, |union| union.union(range)));
        }
        union.unwrap_or(all)
    }

    /// The range of a value on an edge.
    fn edge_range(&self, edge: Edge, terminator: &Inst, value: Value) -> Range {
        let range = self.range_with(self.known[edge.from.index()], value);
        self.compared(edge, terminator)
            .into_iter()
            .filter(|(compared, _)| *compared == value)
            .fold(range, |range, (_, found)| range.intersect(found))
    }

    /// Adds what an edge says to what its block knows.
    fn edge_facts(&mut self, edge: Edge) -> Option<u32> {
        let mut facts = self.known[edge.from.index()];
        let terminator = self.body.terminator(edge.from)?;
        for (value, range) in self.compared(edge, terminator) {
            let index = self.facts.len() as u32;
            self.facts.push(Fact { value, range, earlier: facts });
            facts = Some(index);
        }
        facts
    }

    /// What a branch on a comparison says of its operands on an edge.
    fn compared(&self, edge: Edge, terminator: &Inst) -> Vec<(Value, Range)> {
        if terminator.opcode() != Opcode::Branch {
            return Vec::new();
        }
        let Some(test) = self.definitions[terminator.args[0].index()] else { return Vec::new() };
        let (holds, known) = (edge.target == 0, self.known[edge.from.index()]);
        if test.scalar().is_float() || test.mode() == Some(Mode::Unsigned) {
            return Vec::new();
        }
        let &[a, b] = test.args.as_slice() else { return Vec::new() };
        match (test.opcode(), holds) {
            (Opcode::Lt, true) | (Opcode::Ge, false) => self.ordered(known, a, b, 1),
            (Opcode::Le, true) | (Opcode::Gt, false) => self.ordered(known, a, b, 0),
            (Opcode::Gt, true) | (Opcode::Le, false) => self.ordered(known, b, a, 1),
            (Opcode::Ge, true) | (Opcode::Lt, false) => self.ordered(known, b, a, 0),
            (Opcode::Eq, true) | (Opcode::Ne, false) => {
                vec![(a, self.range_with(known, b)), (b, self.range_with(known, a))]
            }
            _ => Vec::new(),
        }
    }

    /// What `a + distance <= b` says of both.
    fn ordered(&self, known: Option<u32>, a: Value, b: Value, distance: i64) -> Vec<(Value, Range)> {
        let (range_a, range_b) = (self.range_with(known, a), self.range_with(known, b));
        let below = Range { low: i64::MIN, high: range_b.high.saturating_sub(distance) };
        let above = Range { low: range_a.low.saturating_add(distance), high: i64::MAX };
        vec![(a, below), (b, above)]
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;
    use kea_mir::contract::Opcode;
    use kea_mir::entity::Block;
    use kea_mir::reader::read;

    /// For each sum and difference of the code, whether it is certain not to overflow.
    fn fits(params: &str, code: &str) -> Vec<bool> {
        let target = "x86_64-unknown-linux-gnu";
        let text = format!("kea-mir 1.0\ntarget {target}\nfunc @f ({params}) -> i64 pure\nb0:\n{code}end\n");
        let module = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let body = module.functions[0].body.as_ref().expect("the function has a body");
        let ranges = Ranges::new(body);
        let blocks = (0..body.blocks.len()).map(Block::new);
        let insts = blocks.flat_map(|block| body.block_insts(block).iter().map(move |inst| (block, inst)));
        let sums = insts.filter(|(_, inst)| matches!(inst.opcode(), Opcode::Add | Opcode::Sub));
        sums.map(|(block, inst)| ranges.fits(block, inst)).collect()
    }

    #[test]
    fn a_dominating_comparison_bounds_a_difference() {
        let code = |condition: &str, sum: &str| {
            format!(
                "  v1 = const.i64 2\n  v2 = {condition} v0 v1\n  branch v2 b1 b2\nb1:\n  return (v0)\nb2:\n  v3 = {sum}.i64.checked v0 v1\n  return (v3)\n"
            )
        };
        assert_eq!(fits("v0: i64", &code("lt.i64.signed", "sub")), [true]);
        assert_eq!(fits("v0: i64", &code("lt.i64.signed", "add")), [false]);
        assert_eq!(fits("v0: i64", &code("ge.i64.signed", "add")), [true]);
        assert_eq!(fits("v0: i64", &code("ge.i64.signed", "sub")), [false]);
        assert_eq!(fits("v0: i64", &code("ne.i64", "sub")), [true]);
        assert_eq!(fits("v0: i64", &code("lt.i64.unsigned", "sub")), [false]);
    }

    #[test]
    fn a_counter_that_is_tested_behind_its_step_is_below_the_limit() {
        let code = |condition: &str, start: &str| {
            format!(
                "  v1 = const.i64 1\n  jump b1 ({start})\nb1 (v2: i64):\n  v3 = add.i64.checked v2 v1\n  v4 = {condition} v3 v0\n  branch v4 b1 (v3) b2\nb2:\n  return (v3)\n"
            )
        };
        assert_eq!(fits("v0: i64", &code("lt.i64.signed", "v1")), [true]);
        assert_eq!(fits("v0: i64", &code("le.i64.signed", "v1")), [false]);
        assert_eq!(fits("v0: i64", &code("lt.i64.signed", "v0")), [false]);
    }
}
