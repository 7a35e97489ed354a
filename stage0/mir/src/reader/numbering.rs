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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_any_order_are_found_again() {
        let mut numbering = Numbering::default();
        numbering.reset(8);
        let numbers = [0, 5, 3, 7, 8, 4_000_000_000, u32::MAX];
        for (dense, number) in numbers.into_iter().enumerate() {
            assert_eq!(numbering.get(number), None);
            assert!(numbering.define(number, dense as u32));
        }
        for (dense, number) in numbers.into_iter().enumerate() {
            assert_eq!(numbering.get(number), Some(dense as u32));
            assert!(!numbering.define(number, 100), "v{number} is defined already");
        }
        assert_eq!(numbering.get(4), None);
        assert!(numbering.table.len() <= 8);
    }

    #[test]
    fn a_reset_forgets() {
        let mut numbering = Numbering::default();
        numbering.reset(4);
        assert!(numbering.define(1, 0) && numbering.define(100, 1));
        numbering.reset(4);
        assert_eq!((numbering.get(1), numbering.get(100)), (None, None));
    }
}
