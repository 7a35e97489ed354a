//! The control-flow graph of a body: reverse post-order, predecessors, and the dominator tree, computed by
//! iteration over the reverse post-order (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm, 2001).

use crate::entity::Block;
use crate::module::Body;

const NONE: u32 = u32::MAX;

/// An edge: the block that it leaves, and the number of the terminator's target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: Block,
    pub target: usize,
}

/// The control-flow graph.
pub(super) struct Cfg {
    /// The blocks that the entry reaches, in reverse post-order.
    pub order: Vec<Block>,
    /// The position of each block in `order`.
    position: Vec<u32>,
    /// The edges into each block: `edges[starts[b]..starts[b + 1]]`.
    edges: Vec<Edge>,
    starts: Vec<u32>,
    /// The immediate dominator of each block; the entry's own is itself.
    idom: Vec<Block>,
    /// The dominator tree in preorder.
    pub preorder: Vec<Block>,
    /// Where a block stands in `preorder`, and where the last of its subtree does.
    subtree: Vec<(u32, u32)>,
}

impl Cfg {
    /// The graph of a body whose blocks end in terminators that lead to blocks of it.
    pub fn new(body: &Body) -> Cfg {
        let count = body.blocks.len();
        let mut cfg = Cfg {
            order: reverse_post_order(body),
            position: vec![NONE; count],
            edges: Vec::new(),
            starts: Vec::new(),
            idom: vec![Block(NONE); count],
            preorder: Vec::with_capacity(count),
            subtree: vec![(0, 0); count],
        };
        for (position, block) in cfg.order.iter().enumerate() {
            cfg.position[block.index()] = position as u32;
        }
        cfg.find_edges(body);
        cfg.find_dominators();
        cfg.number_tree();
        cfg
    }

    /// Whether the entry reaches the block.
    pub fn is_reached(&self, block: Block) -> bool {
        self.position[block.index()] != NONE
    }

    /// Whether an edge leads backwards in reverse post-order, or to the block that it leaves.
    pub fn is_back_edge(&self, from: Block, to: Block) -> bool {
        self.position[to.index()] <= self.position[from.index()]
    }

    /// The edges into the block, from blocks that the entry reaches.
    pub fn edges_into(&self, block: Block) -> &[Edge] {
        &self.edges[self.starts[block.index()] as usize..self.starts[block.index() + 1] as usize]
    }

    /// The only edge into the block.
    pub fn single_edge(&self, block: Block) -> Option<Edge> {
        match self.edges_into(block) {
            [edge] => Some(*edge),
            _ => None,
        }
    }

    /// The immediate dominator; none for the entry.
    pub fn idom(&self, block: Block) -> Option<Block> {
        let idom = self.idom[block.index()];
        (idom != block && idom.0 != NONE).then_some(idom)
    }

    /// Whether every path to `b` goes through `a`.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (first, last) = self.subtree[a.index()];
        (first..=last).contains(&self.subtree[b.index()].0)
    }

    fn find_edges(&mut self, body: &Body) {
        let mut counts = vec![0u32; body.blocks.len() + 1];
        for_edges(body, &self.order, |_, to| counts[to.index() + 1] += 1);
        for index in 1..counts.len() {
            counts[index] += counts[index - 1];
        }
        let mut next = counts.clone();
        let total = counts.last().copied().unwrap_or(0);
        self.edges = vec![Edge { from: Block(0), target: 0 }; total as usize];
        for_edges(body, &self.order, |edge, to| {
            self.edges[next[to.index()] as usize] = edge;
            next[to.index()] += 1;
        });
        self.starts = counts;
    }

    fn find_dominators(&mut self) {
        let Some(&entry) = self.order.first() else { return };
        self.idom[entry.index()] = entry;
        let mut changed = true;
        while changed {
            changed = false;
            for index in 1..self.order.len() {
                let block = self.order[index];
                let known = self.edges_into(block).iter().map(|edge| edge.from);
                let known = known.filter(|from| self.idom[from.index()].0 != NONE);
                let idom = known.reduce(|a, b| self.intersect(a, b)).unwrap_or(entry);
                changed |= self.idom[block.index()] != idom;
                self.idom[block.index()] = idom;
            }
        }
    }

    /// The nearest block that dominates both.
    fn intersect(&self, mut a: Block, mut b: Block) -> Block {
        while a != b {
            if self.position[a.index()] > self.position[b.index()] {
                a = self.idom[a.index()];
            } else {
                b = self.idom[b.index()];
            }
        }
        a
    }

    fn number_tree(&mut self) {
        let Some(&entry) = self.order.first() else { return };
        let mut first_child = vec![NONE; self.idom.len()];
        let mut sibling = vec![NONE; self.idom.len()];
        for &block in self.order[1..].iter().rev() {
            let parent = self.idom[block.index()].index();
            sibling[block.index()] = first_child[parent];
            first_child[parent] = block.0;
        }
        let mut block = entry;
        loop {
            self.subtree[block.index()].0 = self.preorder.len() as u32;
            self.preorder.push(block);
            let child = first_child[block.index()];
            if child != NONE {
                block = Block(child);
                continue;
            }
            while sibling[block.index()] == NONE {
                self.subtree[block.index()].1 = self.preorder.len() as u32 - 1;
                if block == entry {
                    return;
                }
                block = self.idom[block.index()];
            }
            self.subtree[block.index()].1 = self.preorder.len() as u32 - 1;
            block = Block(sibling[block.index()]);
        }
    }
}

fn for_edges(body: &Body, order: &[Block], mut visit: impl FnMut(Edge, Block)) {
    for &from in order {
        let targets = body.terminator(from).map_or(&[][..], |inst| &inst.targets);
        for (target, to) in targets.iter().enumerate() {
            visit(Edge { from, target }, to.block);
        }
    }
}

fn reverse_post_order(body: &Body) -> Vec<Block> {
    let mut seen = vec![false; body.blocks.len()];
    let mut order = Vec::with_capacity(body.blocks.len());
    let mut stack = vec![(Block(0), 0usize)];
    seen[0] = true;
    while let Some((block, next)) = stack.last_mut() {
        let targets = body.terminator(*block).map_or(&[][..], |inst| &inst.targets);
        // Backwards, so that the first target comes first in the reversed order.
        match targets.len().checked_sub(*next + 1) {
            Some(index) => {
                *next += 1;
                let to = targets[index].block;
                if !std::mem::replace(&mut seen[to.index()], true) {
                    stack.push((to, 0));
                }
            }
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}
