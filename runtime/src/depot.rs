//! Free cells that a context gives up, for whichever context runs out of them first.
//!
//! A cell may be freed by another thread than the one that built it. The lists of a context that only frees would grow
//! while another one, which only builds, asks the system for more; so contexts that rest give theirs up.

use std::array;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::allocate::{next, set_next};
use crate::context::{Context, LISTS};
use crate::object::WORD;

/// How much is taken at a time.
const TAKEN_BYTES: usize = 1 << 16;

/// The first cell of a list of free ones.
struct Cells(*mut u8);

// SAFETY: nobody else has the cells.
unsafe impl Send for Cells {}

/// Lists of free cells that belong to no context.
pub(crate) struct Depot {
    /// Bit i says that there are cells of i words. It may be out of date for who does not hold the lists.
    filled: AtomicU64,
    lists: Mutex<[Vec<Cells>; LISTS]>,
}

impl Depot {
    pub(crate) fn new() -> Depot {
        Depot { filled: AtomicU64::new(0), lists: Mutex::new(array::from_fn(|_| Vec::new())) }
    }

    /// Takes all free cells of a context. In counting mode, what was freed has been counted.
    pub(crate) fn fill(&self, context: &mut Context) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let mut filled = self.filled.load(Ordering::Relaxed);
        for (words, list) in lists.iter_mut().enumerate() {
            for cells in [&mut context.free[words], &mut context.freed[words], context.heap.spare(words)] {
                let cells = mem::replace(cells, ptr::null_mut());
                if !cells.is_null() {
                    list.push(Cells(cells));
                    filled |= 1 << words;
                }
            }
        }
        self.filled.store(filled, Ordering::Relaxed);
    }

    /// Some free cells of that many words, linked.
    pub(crate) fn take(&self, words: usize) -> Option<*mut u8> {
        if self.filled.load(Ordering::Relaxed) & 1 << words == 0 {
            return None;
        }
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = &mut lists[words];
        let Cells(first) = list.pop()?;
        let mut last = first;
        // SAFETY: lists of free cells, linked through their first words, which nobody else has.
        unsafe {
            for _ in 1..TAKEN_BYTES / (words * WORD) {
                if next(last).is_null() {
                    let Some(Cells(more)) = list.pop() else { break };
                    set_next(last, more);
                }
                last = next(last);
            }
            let rest = next(last);
            if !rest.is_null() {
                set_next(last, ptr::null_mut());
                list.push(Cells(rest));
            }
        }
        if list.is_empty() {
            self.filled.fetch_and(!(1 << words), Ordering::Relaxed);
        }
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate::{allocate, give_back};

    /// The addresses of a list.
    fn addresses(mut cells: *mut u8) -> Vec<usize> {
        let mut found = Vec::new();
        while !cells.is_null() {
            found.push(cells as usize);
            cells = unsafe { next(cells) };
        }
        found
    }

    #[test]
    fn another_context_gets_what_one_gives_up() {
        let depot = Depot::new();
        let mut context = Context::for_test(false);
        let cells: Vec<_> = (0..20_000).map(|_| allocate(&mut context, 4 * WORD)).collect();
        let mut expected: Vec<usize> = cells.iter().map(|cell| cell.address() as usize).collect();
        for cell in cells {
            unsafe { give_back(&mut context, cell, 4 * WORD) };
        }
        expected.extend(addresses(context.free[4]));
        depot.fill(&mut context);
        assert!(context.free[4].is_null() && context.freed[4].is_null());
        let mut taken = Vec::new();
        while let Some(cells) = depot.take(4) {
            let batch = addresses(cells);
            assert!(batch.len() <= TAKEN_BYTES / (4 * WORD));
            taken.extend(batch);
        }
        taken.sort_unstable();
        expected.sort_unstable();
        assert_eq!(taken, expected);
        assert!(depot.take(5).is_none());
    }

    #[test]
    fn short_lists_are_joined() {
        let depot = Depot::new();
        let mut context = Context::for_test(true);
        for _ in 0..10 {
            let cell = allocate(&mut context, 3 * WORD);
            unsafe { give_back(&mut context, cell, 3 * WORD) };
            // The spare cells of counting mode stay out of it here: only what was freed is given up.
            let kept = mem::replace(context.heap.spare(3), ptr::null_mut());
            depot.fill(&mut context);
            *context.heap.spare(3) = kept;
        }
        assert_eq!(addresses(depot.take(3).unwrap()).len(), 10);
    }
}
