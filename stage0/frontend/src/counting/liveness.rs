//! Which names are needed at the start of each block.
//!
//! Computed name by name: from each block that uses a name, backwards to the block that defines it. The work is as large as
//! its result; there are no sets of all names for all blocks.

use super::simplify::targets;
use crate::draft::Draft;
use kea_mir::entity::{Block, Value};

/// The blocks that lead to each block, each as often as it has edges there.
struct Predecessors {
    from: Vec<u32>,
    starts: Vec<u32>,
}

impl Predecessors {
    fn new(draft: &Draft) -> Predecessors {
        let mut starts = vec![0u32; draft.blocks.len() + 1];
        for target in draft.blocks.iter().flat_map(targets) {
            starts[target.block.index() + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut from = vec![0; starts.last().copied().unwrap_or(0) as usize];
        for (index, block) in draft.blocks.iter().enumerate() {
            for target in targets(block) {
                let slot = &mut next[target.block.index()];
                from[*slot as usize] = index as u32;
                *slot += 1;
            }
        }
        Predecessors { from, starts }
    }

    /// Those of a block.
    fn of(&self, block: usize) -> &[u32] {
        &self.from[self.starts[block] as usize..self.starts[block + 1] as usize]
    }
}

/// For each block, the names that are live when it is entered; its own parameters are not among them.
pub(super) struct Liveness {
    live_in: Vec<Vec<Value>>,
}

impl Liveness {
    /// `uses(block, visit)` calls `visit` with each name that a block uses; `home` gives the block that defines a name.
    pub fn new(
        draft: &Draft,
        home: impl Fn(Value) -> Block,
        mut uses: impl FnMut(usize, &mut dyn FnMut(Value)),
    ) -> Liveness {
        let blocks = draft.blocks.len();
        let mut live_in = vec![Vec::new(); blocks];
        if blocks == 1 {
            return Liveness { live_in };
        }
        let mut used: Vec<(Value, u32)> = Vec::new();
        let mut seen = vec![u32::MAX; draft.values.len()];
        for block in 0..blocks {
            uses(block, &mut |value| {
                if home(value).index() != block
                    && std::mem::replace(&mut seen[value.index()], block as u32) != block as u32
                {
                    used.push((value, block as u32));
                }
            });
        }
        used.sort_unstable();
        let predecessors = Predecessors::new(draft);
        let mut reached = vec![u32::MAX; blocks];
        let mut pending = Vec::new();
        for (value, block) in used {
            pending.push(block);
            while let Some(block) = pending.pop() {
                let block = block as usize;
                if block == home(value).index() || std::mem::replace(&mut reached[block], value.0) == value.0 {
                    continue;
                }
                live_in[block].push(value);
                pending.extend_from_slice(predecessors.of(block));
            }
        }
        Liveness { live_in }
    }

    /// The liveness of owners: as long as a name is needed, the owner of what it stands for is. Names without an owner are dropped.
    pub fn into_owners(mut self, owner: impl Fn(Value) -> Option<Value>) -> Liveness {
        for names in &mut self.live_in {
            if names.iter().any(|name| owner(*name) != Some(*name)) {
                *names = names.iter().filter_map(|name| owner(*name)).collect();
                names.sort_unstable();
                names.dedup();
            }
        }
        self
    }

    /// What is live when a block is entered, sorted.
    pub fn at_start(&self, block: Block) -> &[Value] {
        &self.live_in[block.index()]
    }
}
