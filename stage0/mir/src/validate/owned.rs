//! The set S of the ownership rules: the names that are owned at a point.

use crate::entity::Value;

const ABSENT: u32 = u32::MAX;

/// Values with constant-time insertion and removal, whose members can be listed.
pub(super) struct OwnedSet {
    members: Vec<Value>,
    positions: Vec<u32>,
}

impl OwnedSet {
    /// The empty set, for the values of a body.
    pub fn new(values: usize) -> OwnedSet {
        OwnedSet { members: Vec::new(), positions: vec![ABSENT; values] }
    }

    pub fn members(&self) -> &[Value] {
        &self.members
    }

    pub fn contains(&self, value: Value) -> bool {
        self.positions[value.index()] != ABSENT
    }

    pub fn insert(&mut self, value: Value) {
        if !self.contains(value) {
            self.positions[value.index()] = self.members.len() as u32;
            self.members.push(value);
        }
    }

    /// Gives whether it was there.
    pub fn remove(&mut self, value: Value) -> bool {
        let position = std::mem::replace(&mut self.positions[value.index()], ABSENT);
        if position == ABSENT {
            return false;
        }
        self.members.swap_remove(position as usize);
        if let Some(moved) = self.members.get(position as usize) {
            self.positions[moved.index()] = position;
        }
        true
    }

    /// Makes it hold just these.
    pub fn reset(&mut self, values: &[Value]) {
        for value in self.members.drain(..) {
            self.positions[value.index()] = ABSENT;
        }
        values.iter().for_each(|value| self.insert(*value));
    }

    /// Whether it holds just these, which are all different.
    pub fn equals(&self, values: &[Value]) -> bool {
        self.members.len() == values.len() && values.iter().all(|value| self.contains(*value))
    }
}
