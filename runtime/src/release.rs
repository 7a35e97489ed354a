//! Counting references, and freeing what nobody refers to any more.
//!
//! Freeing walks a dead structure with pointer reversal (Schorr and Waite, "An efficient machine-independent
//! procedure for garbage collection in various list structures", CACM 10(8), 1967): an object of which more than one
//! slot leads further down waits, and the slot through which it was left holds the address of the object that waits
//! above it. How far its slots were visited is kept in the object itself, in words that a dead object does not need:
//!
//! | kind | state |
//! | --- | --- |
//! | `mask` | the header's mask: the lowest bit is the slot that holds the link, the others those that lead down too |
//! | arrays of words | the length: how many elements are still to be visited |
//! | described cells and closures | the count: how many slots are still to be visited |
//! | described arrays | the length, and the count for the element at that index |
//!
//! The few slots of a cell are all visited before the first descent: a cell of which only one leads down, wherever
//! that one stands, is freed at once, so that a list is freed in a plain loop. Other objects are left where a slot
//! leads down, and freed before the descent from their last one. An object without managed words is freed where it is
//! met. So every object that is walked has some, or a descriptor.

use crate::allocate::give_back;
use crate::context::Context;
use crate::object::offsets::KIND_ARRAY;
use crate::object::{Info, Object, WORD, is_object};

/// Adds a reference to what a managed word refers to.
#[inline]
pub(crate) unsafe fn retain(context: &mut Context, word: usize) {
    if !is_object(word) {
        return;
    }
    let object = Object::from_word(word);
    // SAFETY: the caller holds a reference to the object.
    unsafe {
        match object.count() {
            0 => {}
            i32::MAX => make_immortal(context, word),
            count if count > 0 => object.set_count(count + 1),
            _ => object.retain_shared(),
        }
    }
}

/// Gives up a reference; the last one frees the object and what only it referred to.
#[inline]
pub(crate) unsafe fn release(context: &mut Context, word: usize) {
    unsafe {
        if leads_down(context, word) {
            free(context, Object::from_word(word));
        }
    }
}

/// Gives up a reference and says whether it was the last one to an object.
#[inline(always)]
unsafe fn dies(word: usize) -> bool {
    if !is_object(word) {
        return false;
    }
    let object = Object::from_word(word);
    unsafe {
        let count = object.count();
        if count == 1 {
            return true;
        }
        if count > 1 {
            object.set_count(count - 1);
            return false;
        }
        count < 0 && object.release_shared()
    }
}

/// How the walk over dead objects goes on.
enum Step {
    /// With an object that was not visited yet, and those that wait above it.
    Down { object: Object, above: Object },
    /// With the objects that wait above.
    Up { above: Object },
}

/// A step in two words, as which functions that are called can return it.
struct Place {
    /// Null for a step up.
    object: Object,
    above: Object,
}

impl Place {
    #[inline(always)]
    fn step(self) -> Step {
        let Place { object, above } = self;
        if object.is_null() { Step::Up { above } } else { Step::Down { object, above } }
    }
}

/// Frees a dead object with managed words and everything that dies with it.
unsafe fn free(context: &mut Context, dead: Object) {
    let mut object = dead;
    let mut above = Object::NULL;
    // SAFETY: `object` and the chain of objects above it are dead and not yet freed; nobody else has them.
    unsafe {
        loop {
            let mut step = visit(context, object, above);
            while let Step::Up { above: waiting } = step {
                if waiting.is_null() {
                    return;
                }
                step = go_on(context, waiting);
            }
            if let Step::Down { object: next, above: waiting } = step {
                (object, above) = (next, waiting);
            }
        }
    }
}

/// Gives up the references of a dead object up to one that leads down, and frees the object when no other does.
#[inline(always)]
unsafe fn visit(context: &mut Context, object: Object, above: Object) -> Step {
    unsafe {
        let info = object.info();
        if info.is_masked() {
            visit_cell(context, object, info, above)
        } else if info == Info::WORDS {
            visit_words(context, object, above)
        } else {
            visit_described(context, object, above).step()
        }
    }
}

/// Goes on with an object that waits.
#[inline(always)]
unsafe fn go_on(context: &mut Context, object: Object) -> Step {
    unsafe {
        let info = object.info();
        if info.is_masked() {
            take_waiting(context, object, info)
        } else if info == Info::WORDS {
            // What is left of an array is an array that was not visited yet.
            let above = link(object.word_element(object.length()));
            Step::Down { object, above }
        } else {
            let above = link(current_slot(object));
            visit_rest(context, object, above).step()
        }
    }
}

/// The object that waits above the one with that slot.
#[inline(always)]
unsafe fn link(slot: *mut usize) -> Object {
    Object::at(unsafe { *slot } as *mut u8)
}

/// Lets an object wait that was left through that slot.
#[inline(always)]
unsafe fn descend(object: Object, slot: *mut usize, above: Object) -> Step {
    let next = Object::from_word(unsafe { slot.replace(above.word()) });
    Step::Down { object: next, above: object }
}

/// Gives up a reference in a dead object. True when what it refers to died and has managed words itself;
/// without any, it is freed here.
#[inline(always)]
unsafe fn leads_down(context: &mut Context, word: usize) -> bool {
    unsafe {
        if !dies(word) {
            return false;
        }
        let object = Object::from_word(word);
        let info = object.info();
        if info.is_masked() {
            if info.mask() != 0 {
                return true;
            }
            give_back_cell(context, object, info);
        } else {
            if !info.is_data_array() {
                return true;
            }
            free_data(context, object);
        }
        false
    }
}

/// Frees an array without managed words.
#[inline(never)]
unsafe fn free_data(context: &mut Context, array: Object) {
    unsafe { give_back(context, array, array.array_size()) }
}

/// Gives back the memory of a cell of kind `mask`.
#[inline(always)]
unsafe fn give_back_cell(context: &mut Context, cell: Object, info: Info) {
    unsafe { give_back(context, cell, info.words() * WORD) }
}

/// Visits a cell whose managed words its mask names.
#[inline(always)]
unsafe fn visit_cell(context: &mut Context, cell: Object, info: Info, above: Object) -> Step {
    let mut mask = u32::from(info.mask());
    if without_lowest(mask) == 0 {
        return unsafe { free_chain(context, cell, info, above) };
    }
    let mut waiting = 0;
    // SAFETY: the mask names payload words that are managed.
    unsafe {
        while mask != 0 {
            let rest = without_lowest(mask);
            if leads_down(context, *lowest_slot(cell, mask)) {
                waiting |= mask ^ rest;
            }
            mask = rest;
        }
        if waiting == 0 {
            give_back_cell(context, cell, info);
            return Step::Up { above };
        }
        let slot = lowest_slot(cell, waiting);
        if without_lowest(waiting) == 0 {
            let object = Object::from_word(*slot);
            give_back_cell(context, cell, info);
            return Step::Down { object, above };
        }
        cell.set_mask(waiting as u16);
        descend(cell, slot, above)
    }
}

/// Takes the next one out of a cell with dead objects. With the last one, the cell is freed.
#[inline(always)]
unsafe fn take_waiting(context: &mut Context, cell: Object, info: Info) -> Step {
    let mask = u32::from(info.mask());
    let rest = without_lowest(mask);
    let later = without_lowest(rest);
    unsafe {
        let object = Object::from_word(*lowest_slot(cell, rest));
        if later == 0 {
            let above = link(lowest_slot(cell, mask));
            give_back_cell(context, cell, info);
            return Step::Down { object, above };
        }
        cell.set_mask((mask ^ rest ^ later) as u16);
        Step::Down { object, above: cell }
    }
}

/// A mask without its lowest bit.
#[inline(always)]
fn without_lowest(mask: u32) -> u32 {
    mask & (mask - 1)
}

/// The slot of a mask's lowest bit.
#[inline(always)]
unsafe fn lowest_slot(cell: Object, mask: u32) -> *mut usize {
    unsafe { cell.payload(mask.trailing_zeros() as usize) }
}

/// Frees a dead cell with one managed word, and the chain of dead cells with the same header that it leads to. What
/// the header says is worked out once, so that the machine need not wait for each header before it follows the chain.
#[inline(always)]
unsafe fn free_chain(context: &mut Context, dead: Object, info: Info, above: Object) -> Step {
    let mut cell = dead;
    let mask = u32::from(info.mask());
    unsafe {
        loop {
            let word = *lowest_slot(cell, mask);
            give_back_cell(context, cell, info);
            if !leads_down(context, word) {
                return Step::Up { above };
            }
            cell = Object::from_word(word);
            if cell.info() != info {
                return Step::Down { object: cell, above };
            }
        }
    }
}

/// Visits an array of managed words from its end.
#[inline(always)]
unsafe fn visit_words(context: &mut Context, array: Object, above: Object) -> Step {
    unsafe {
        let mut step = Step::Up { above };
        let mut left = array.length();
        while left > 0 {
            left -= 1;
            let slot = array.word_element(left);
            if leads_down(context, *slot) {
                if left > 0 {
                    array.set_length(left);
                    return descend(array, slot, above);
                }
                step = Step::Down { object: Object::from_word(*slot), above };
            }
        }
        give_back(context, array, array.size_of_words());
        step
    }
}

/// Visits an object with a descriptor.
#[inline(never)]
unsafe fn visit_described(context: &mut Context, object: Object, above: Object) -> Place {
    unsafe {
        let slots = if object.info().kind() == KIND_ARRAY { 0 } else { object.descriptor().count() as i32 };
        object.set_count(slots);
        visit_rest(context, object, above)
    }
}

/// Goes on with the slots of an object with a descriptor, from the last one to the first.
#[inline(never)]
unsafe fn visit_rest(context: &mut Context, object: Object, above: Object) -> Place {
    unsafe {
        let info = object.info();
        let mut last = Object::NULL;
        while let Some(slot) = next_described(object, info) {
            if leads_down(context, *slot) {
                let next = Object::from_word(*slot);
                if object.count() > 0 || info.kind() == KIND_ARRAY && object.length() > 0 {
                    *slot = above.word();
                    return Place { object: next, above: object };
                }
                last = next;
            }
        }
        give_back(context, object, object.size());
        Place { object: last, above }
    }
}

/// Moves on to the next slot of an object with a descriptor.
#[inline(always)]
unsafe fn next_described(object: Object, info: Info) -> Option<*mut usize> {
    unsafe {
        let mut left = object.count();
        if left == 0 {
            let length = if info.kind() == KIND_ARRAY { object.length() } else { 0 };
            left = if length == 0 { 0 } else { object.descriptor().count() as i32 };
            if left == 0 {
                return None;
            }
            object.set_length(length - 1);
        }
        object.set_count(left - 1);
        Some(current_slot(object))
    }
}

/// The slot that the visit of an object with a descriptor has come to.
#[inline(always)]
unsafe fn current_slot(object: Object) -> *mut usize {
    unsafe {
        if object.info().kind() != KIND_ARRAY {
            return object.word_at(object.descriptor().offset(object.count() as usize));
        }
        let element = object.elements().add(object.length() * object.stride());
        element.add(object.descriptor().offset(object.count() as usize)).cast()
    }
}

/// Makes an object and all that it reaches immortal: their counts become 0 and they are not live any more.
pub(crate) unsafe fn make_immortal(context: &mut Context, word: usize) {
    let mut waiting = Vec::new();
    unsafe {
        mark_immortal(context, word, &mut waiting);
        while let Some(object) = waiting.pop() {
            object.each_managed(|word| mark_immortal(context, word, &mut waiting));
        }
    }
}

/// Takes one object out of counting, once.
unsafe fn mark_immortal(context: &mut Context, word: usize, waiting: &mut Vec<Object>) {
    if !is_object(word) {
        return;
    }
    let object = Object::from_word(word);
    unsafe {
        if object.count() == 0 {
            return;
        }
        object.set_count(0);
        if context.heap.counting {
            context.counters.made_immortal(object.size());
        }
    }
    waiting.push(object);
}

/// Adds a reference to what any managed word refers to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_retain(context: &mut Context, word: *mut u8) {
    context.counters.retains_slow += 1;
    unsafe { retain(context, word as usize) }
}

/// Gives up a reference to what any managed word refers to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_release(context: &mut Context, word: *mut u8) {
    context.counters.releases_slow += 1;
    unsafe { release(context, word as usize) }
}

/// Makes what a managed word refers to immortal, with all that it reaches.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_immortal(context: &mut Context, word: *mut u8) {
    unsafe { make_immortal(context, word as usize) }
}

#[cfg(test)]
mod tests;
