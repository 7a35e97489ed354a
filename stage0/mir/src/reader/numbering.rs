//! The numbers of values or blocks in the text, and the dense ones that they stand for.

use rustc_hash::FxHashMap;

/// No value or block.
const NONE: u32 = u32::MAX;

/// From numbers of the text to dense ones. Numbers as canonical text has them are looked up in a table, others, which
/// would make that table larger than the text, in a map.
#[derive(Default)]
pub(super) struct Numbering {
    table: Vec<u32>,
    table_max: usize,
    others: FxHashMap<u32, u32>,
}

impl Numbering {
    /// Forgets everything. Numbers below `table_max` go to the table.
    pub(super) fn reset(&mut self, table_max: usize) {
        self.table.clear();
        self.table_max = table_max;
        self.others.clear();
    }

    /// The dense number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<u32> {
        match self.table.get(number as usize) {
            Some(&NONE) => None,
            Some(&dense) => Some(dense),
            None => self.get_other(number),
        }
    }

    #[cold]
    fn get_other(&self, number: u32) -> Option<u32> {
        self.others.get(&number).copied()
    }

    /// Defines a number; false when it is defined already.
    #[inline]
    pub(super) fn define(&mut self, number: u32, dense: u32) -> bool {
        let index = number as usize;
        if index == self.table.len() && index < self.table_max {
            self.table.push(dense);
            return true;
        }
        self.define_out_of_order(number, dense)
    }

    fn define_out_of_order(&mut self, number: u32, dense: u32) -> bool {
        let index = number as usize;
        if index >= self.table_max {
            return self.others.insert(number, dense).is_none();
        }
        if index >= self.table.len() {
            self.table.resize(index + 1, NONE);
        }
        let free = self.table[index] == NONE;
        self.table[index] = dense;
        free
    }
}
