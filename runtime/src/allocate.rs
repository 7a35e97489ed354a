//! Memory for objects: free lists by size, carved from chunks, and the system's allocator for what is large.
//!
//! Cells of 2 to 63 words come from lists in the context, which generated code takes from and gives back to
//! without a call. In counting mode ([`Heap::counting`]) those lists stay empty on the taking side, so that
//! every allocation comes here, and what was given back is counted when it is taken over.

use std::ptr;

use crate::context::{Context, LISTS};
use crate::object::{Object, WORD};
use crate::panic;

/// The largest object of the free lists in bytes.
pub(crate) const SMALL_MAX: usize = (LISTS - 1) * WORD;

/// How much is carved from a chunk for one list at a time.
const BATCH_BYTES: usize = 4096;
/// How much is asked of the system for small objects at first, and at most.
const CHUNK_BYTES_MIN: usize = 1 << 20;
const CHUNK_BYTES_MAX: usize = 1 << 26;
/// How much of a chunk the system is asked to provide at a time: a call for many pages costs less than a fault for each.
const PROVIDED_BYTES: usize = 1 << 17;
const PAGE: usize = 4096;

/// No object is larger: what is asked beyond it is a mistake, and sums of sizes cannot overflow.
pub(crate) const BYTES_MAX: usize = 1 << 47;

/// Where memory comes from that is in no list.
pub(crate) struct Heap {
    /// Whether every allocation is counted.
    pub(crate) counting: bool,
    chunk_next: *mut u8,
    chunk_end: *mut u8,
    /// Up to where the pages of the chunk are there.
    provided_end: *mut u8,
    chunk_bytes: usize,
    /// In counting mode, the free cells by size: hidden from generated code.
    spare: [*mut u8; LISTS],
}

impl Heap {
    pub(crate) fn new(counting: bool) -> Heap {
        Heap {
            counting,
            chunk_next: ptr::null_mut(),
            chunk_end: ptr::null_mut(),
            provided_end: ptr::null_mut(),
            chunk_bytes: CHUNK_BYTES_MIN,
            spare: [ptr::null_mut(); LISTS],
        }
    }

    /// Up to a batch of cells of that size, linked in the order of their addresses.
    fn carve(&mut self, words: usize) -> Option<*mut u8> {
        let size = words * WORD;
        if self.chunk_left() < size {
            self.add_chunk()?;
        }
        self.provide();
        let count = (BATCH_BYTES / size).max(1).min(self.chunk_left() / size);
        let first = self.chunk_next;
        // SAFETY: `count` cells fit in what is left of the chunk, and nobody else has them.
        unsafe {
            for index in 0..count - 1 {
                set_next(first.add(index * size), first.add((index + 1) * size));
            }
            set_next(first.add((count - 1) * size), ptr::null_mut());
            self.chunk_next = first.add(count * size);
        }
        Some(first)
    }

    /// Asks the system for the pages behind those that are there, when the last ones are reached.
    fn provide(&mut self) {
        if self.provided_end as usize <= self.chunk_next as usize + BATCH_BYTES {
            let start = (self.provided_end as usize).next_multiple_of(PAGE);
            let bytes = PROVIDED_BYTES.min((self.chunk_end as usize).saturating_sub(start)) / PAGE * PAGE;
            // SAFETY: the pages lie in the chunk. Where the system cannot do it, they come when they are touched.
            unsafe { libc::madvise(start as *mut _, bytes, libc::MADV_POPULATE_WRITE) };
            self.provided_end = (start + PROVIDED_BYTES) as *mut u8;
        }
    }

    /// The free cells of that size that counting mode keeps.
    pub(crate) fn spare(&mut self, words: usize) -> &mut *mut u8 {
        &mut self.spare[words]
    }

    fn chunk_left(&self) -> usize {
        self.chunk_end as usize - self.chunk_next as usize
    }

    /// Starts a new chunk. What was left of the old one is smaller than a cell and lost.
    fn add_chunk(&mut self) -> Option<()> {
        let chunk = map_chunk(self.chunk_bytes)?;
        self.chunk_next = chunk;
        self.provided_end = chunk;
        // SAFETY: the end of the chunk that was just allocated.
        self.chunk_end = unsafe { chunk.add(self.chunk_bytes) };
        self.chunk_bytes = (self.chunk_bytes * 2).min(CHUNK_BYTES_MAX);
        Some(())
    }
}

/// Memory for a chunk. It does not ask for large pages: clearing them made the same program take 0.30 s in one run
/// and 0.85 s in the next, where it takes 0.43 s without.
fn map_chunk(bytes: usize) -> Option<*mut u8> {
    // SAFETY: asking for memory has no conditions.
    let chunk = unsafe { libc::malloc(bytes) }.cast::<u8>();
    (!chunk.is_null()).then_some(chunk)
}

/// The cell that follows a free one in its list.
#[inline(always)]
pub(crate) unsafe fn next(cell: *mut u8) -> *mut u8 {
    unsafe { cell.cast::<*mut u8>().read() }
}

#[inline(always)]
pub(crate) unsafe fn set_next(cell: *mut u8, next: *mut u8) {
    unsafe { cell.cast::<*mut u8>().write(next) }
}

/// Memory for an object of that many bytes, a multiple of the word; counted as an allocation.
#[inline(always)]
pub(crate) fn allocate(context: &mut Context, bytes: usize) -> Object {
    take_free(context, bytes).map_or_else(|| allocate_elsewhere(context, bytes), Object::at)
}

/// A cell of the list that generated code takes from, too. It is empty in counting mode, so that there is nothing to
/// be counted.
#[inline(always)]
pub(crate) fn take_free(context: &mut Context, bytes: usize) -> Option<*mut u8> {
    if bytes > SMALL_MAX {
        return None;
    }
    let list = &mut context.free[bytes / WORD];
    let cell = *list;
    if cell.is_null() {
        return None;
    }
    // SAFETY: the cell is the first of a list of free cells.
    *list = unsafe { next(cell) };
    Some(cell)
}

/// The same where [`take_free`] gives none.
#[cold]
pub(crate) fn allocate_elsewhere(context: &mut Context, bytes: usize) -> Object {
    let address = take_block(context, bytes);
    if context.heap.counting {
        count_allocation(context, bytes);
    }
    Object::at(address)
}

/// Gives back the memory of an object that died.
///
/// # Safety
/// The object came from [`allocate`] with the same size and is not used any more.
#[inline(always)]
pub(crate) unsafe fn give_back(context: &mut Context, object: Object, bytes: usize) {
    if bytes <= SMALL_MAX {
        let words = bytes / WORD;
        unsafe { set_next(object.address(), context.freed[words]) };
        context.freed[words] = object.address();
    } else {
        unsafe { free_large(context, object, bytes) }
    }
}

#[cold]
unsafe fn free_large(context: &mut Context, object: Object, bytes: usize) {
    unsafe { libc::free(object.address().cast()) };
    if context.heap.counting {
        context.counters.freed(1, bytes);
    }
}

/// Moves an object to a block of another size with its first `used` bytes. It stays the same object, so
/// that neither an allocation nor a free is counted.
///
/// # Safety
/// The object came from [`allocate`] or this function with the size `from`; both sizes hold `used` bytes.
pub(crate) unsafe fn resize(context: &mut Context, object: Object, from: usize, to: usize, used: usize) -> Object {
    debug_assert!(used <= from && used <= to);
    let address = if from > SMALL_MAX && to > SMALL_MAX {
        let address = unsafe { libc::realloc(object.address().cast(), to) };
        require(context, address.cast(), to)
    } else {
        let address = take_free(context, to).unwrap_or_else(|| take_block(context, to));
        unsafe {
            ptr::copy_nonoverlapping(object.address(), address, used);
            drop_block(context, object.address(), from);
        }
        address
    };
    if context.heap.counting {
        context.counters.resized(from, to);
        record_peak(context);
    }
    Object::at(address)
}

/// Memory without counting it.
fn take_block(context: &mut Context, bytes: usize) -> *mut u8 {
    debug_assert!(bytes.is_multiple_of(WORD) && bytes >= 2 * WORD);
    if bytes > SMALL_MAX {
        // SAFETY: asking for memory has no conditions.
        let address = unsafe { libc::malloc(bytes) };
        return require(context, address.cast(), bytes);
    }
    let words = bytes / WORD;
    let list = if context.heap.counting { context.heap.spare[words] } else { context.free[words] };
    let cell = if list.is_null() { refill(context, words) } else { list };
    // SAFETY: the cell is the first of a list of free cells.
    let rest = unsafe { next(cell) };
    if context.heap.counting {
        context.heap.spare[words] = rest;
    } else {
        context.free[words] = rest;
    }
    cell
}

/// A list of free cells of that size: those that were freed, here or by other threads, or a new batch.
fn refill(context: &mut Context, words: usize) -> *mut u8 {
    if context.heap.counting {
        count_freed(context, words);
        let list = context.heap.spare[words];
        if !list.is_null() {
            return list;
        }
    } else {
        let list = context.freed[words];
        if !list.is_null() {
            context.freed[words] = ptr::null_mut();
            return list;
        }
    }
    let given_up = context.pool.as_ref().and_then(|pool| pool.depot.take(words));
    match given_up.or_else(|| context.heap.carve(words)) {
        Some(list) => list,
        None => panic::out_of_memory(context, words * WORD),
    }
}

/// Gives memory back without counting it.
unsafe fn drop_block(context: &mut Context, address: *mut u8, bytes: usize) {
    if bytes > SMALL_MAX {
        unsafe { libc::free(address.cast()) };
        return;
    }
    let words = bytes / WORD;
    let list = if context.heap.counting { &mut context.heap.spare[words] } else { &mut context.freed[words] };
    unsafe { set_next(address, *list) };
    *list = address;
}

fn require(context: &mut Context, address: *mut u8, bytes: usize) -> *mut u8 {
    if address.is_null() {
        panic::out_of_memory(context, bytes);
    }
    address
}

#[cold]
fn count_allocation(context: &mut Context, bytes: usize) {
    context.counters.allocated(bytes);
    record_peak(context);
}

/// Records a new peak of live bytes, after everything that was freed before it has been counted.
fn record_peak(context: &mut Context) {
    if context.counters.above_peak() {
        count_all_freed(context);
        context.counters.record_peak();
    }
}

/// In counting mode, counts what generated code and releases gave back.
pub(crate) fn count_all_freed(context: &mut Context) {
    if context.heap.counting {
        for words in 0..LISTS {
            count_freed(context, words);
        }
    }
}

/// Counts the cells of one `freed` list and moves them to the spare ones.
fn count_freed(context: &mut Context, words: usize) {
    let mut cell = context.freed[words];
    context.freed[words] = ptr::null_mut();
    let mut count = 0;
    while !cell.is_null() {
        // SAFETY: a list of free cells, linked through their first word.
        unsafe {
            let rest = next(cell);
            set_next(cell, context.heap.spare[words]);
            context.heap.spare[words] = cell;
            cell = rest;
        }
        count += 1;
    }
    context.counters.freed(count, words * WORD);
}

/// A cell of 2 to 63 words, when the list of that size is empty.
#[unsafe(no_mangle)]
pub extern "C" fn kea_alloc(context: &mut Context, words: i64) -> *mut u8 {
    debug_assert!((2..LISTS as i64).contains(&words));
    let words = words as usize;
    if context.heap.counting {
        return allocate(context, words * WORD).address();
    }
    let list = refill(context, words);
    // SAFETY: the first of a list of free cells.
    context.free[words] = unsafe { next(list) };
    list
}

/// A cell of 64 words or more.
#[unsafe(no_mangle)]
pub extern "C" fn kea_alloc_large(context: &mut Context, bytes: i64) -> *mut u8 {
    allocate(context, (bytes as usize).next_multiple_of(WORD)).address()
}

/// Gives back the memory of a cell of 64 words or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_free_large(context: &mut Context, cell: *mut u8, bytes: i64) {
    let bytes = (bytes as usize).next_multiple_of(WORD);
    unsafe { give_back(context, Object::at(cell), bytes) }
}

/// Unmanaged memory, not initialised.
#[unsafe(no_mangle)]
pub extern "C" fn kea_raw_alloc(context: &mut Context, size: i64) -> *mut u8 {
    match usize::try_from(size) {
        Ok(bytes) if bytes <= BYTES_MAX => {
            // SAFETY: asking for memory has no conditions. Of 0 bytes, it might give the null address.
            let address = unsafe { libc::malloc(bytes.max(1)) };
            require(context, address.cast(), bytes)
        }
        _ => panic::fail(context, format_args!("raw memory of {size} bytes")),
    }
}

/// Gives back unmanaged memory; nothing for the null address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_raw_free(_context: &mut Context, address: *mut u8) {
    unsafe { libc::free(address.cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_cell_is_used_again() {
        let mut context = Context::for_test(false);
        let first = kea_alloc(&mut context, 4);
        let second = context.free[4];
        assert_eq!(second as usize - first as usize, 4 * WORD);
        unsafe { give_back(&mut context, Object::at(first), 4 * WORD) };
        context.free[4] = ptr::null_mut();
        assert_eq!(kea_alloc(&mut context, 4), first);
        assert!(context.free[4].is_null());
    }

    #[test]
    fn cells_of_every_size_are_apart() {
        let mut context = Context::for_test(false);
        let mut cells = Vec::new();
        for words in 2..LISTS {
            for _ in 0..1000 {
                let cell = allocate(&mut context, words * WORD).word();
                assert!(cell.is_multiple_of(WORD));
                cells.push((cell, words * WORD));
            }
        }
        cells.sort_unstable();
        assert!(cells.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
    }

    #[test]
    fn in_counting_mode_every_allocation_is_seen() {
        let mut context = Context::for_test(true);
        let cells: Vec<*mut u8> = (0..100).map(|_| kea_alloc(&mut context, 3)).collect();
        assert!(context.free[3].is_null());
        for cell in &cells[..40] {
            unsafe { give_back(&mut context, Object::at(*cell), 24) };
        }
        let large = kea_alloc_large(&mut context, 1000);
        let counters = &context.counters;
        assert_eq!(counters.allocations, 101);
        assert_eq!(counters.bytes_allocated, 3400);
        // 100 cells were the peak until the large one came: with it, 60 cells make 2440 bytes.
        assert_eq!(counters.peak_bytes, 2440);
        assert_eq!((counters.frees, counters.live_objects, counters.live_bytes), (40, 61, 2440));
        unsafe { kea_free_large(&mut context, large, 1000) };
        assert_eq!(context.counters.live_bytes, 1440);
    }

    #[test]
    fn raw_memory_is_not_an_object() {
        let mut context = Context::for_test(true);
        let memory = kea_raw_alloc(&mut context, 0);
        assert!(!memory.is_null());
        unsafe {
            kea_raw_free(&mut context, memory);
            kea_raw_free(&mut context, ptr::null_mut());
        }
        assert_eq!(context.counters.allocations, 0);
    }
}
