//! Counting references, and freeing what nobody refers to any more.
//!
//! Freeing walks a dead structure with pointer reversal (Schorr and Waite, "An efficient machine-independent
//! procedure for garbage collection in various list structures", CACM 10(8), 1967): on the way down, the slot
//! through which an object was left holds the address of the object above. How far an object's slots were
//! visited is kept in the object itself, in words that a dead object does not need:
//!
//! | kind | state |
//! | --- | --- |
//! | `mask` | the header's mask: the lowest bit is the slot that was left |
//! | described cells and closures | the count: how many slots are still to be visited |
//! | arrays | the length: how many elements are; with a descriptor, the count for the element at that index |
//!
//! An object whose last slot leads down is freed before the descent, so that a list is freed in a plain loop,
//! and an object without managed words is freed where it is met. So every object that is walked has some, or a
//! descriptor.

use crate::allocate::give_back;
use crate::context::Context;
use crate::object::offsets::{KIND_ARRAY, KIND_MASK};
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
        match object.count() {
            1 => true,
            0 => false,
            count if count > 1 => {
                object.set_count(count - 1);
                false
            }
            _ => object.release_shared(),
        }
    }
}

/// What a visit of a dead object's slots came upon.
enum Visit {
    /// A slot whose object died, with more slots behind it.
    Down(*mut usize),
    /// The last slot's object died: its word.
    Last(usize),
    /// No slot is left.
    Done,
}

/// Frees a dead object with managed words and everything that dies with it.
unsafe fn free(context: &mut Context, dead: Object) {
    let mut object = dead;
    let mut above = Object::NULL;
    // SAFETY: `object` and the chain of objects above it are dead and not yet freed; nobody else has them.
    unsafe {
        begin(object);
        loop {
            let info = object.info();
            let visit = if info.kind() == KIND_MASK {
                free_cell(context, object, info)
            } else {
                free_slots(context, object, info)
            };
            match visit {
                Visit::Down(slot) => {
                    let word = slot.replace(above.word());
                    above = object;
                    object = Object::from_word(word);
                    begin(object);
                }
                Visit::Last(word) => {
                    object = Object::from_word(word);
                    begin(object);
                }
                Visit::Done => {
                    if above.is_null() {
                        return;
                    }
                    object = above;
                    above = Object::at(*slot_left(object) as *mut u8);
                }
            }
        }
    }
}

/// Prepares the state of a dead object. That of a cell with a mask is in place.
#[inline(always)]
unsafe fn begin(object: Object) {
    unsafe {
        let info = object.info();
        if info.kind() != KIND_MASK {
            let slots = if info.kind() == KIND_ARRAY { 0 } else { object.descriptor().count() as i32 };
            object.set_count(slots);
        }
    }
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
        if info.is_plain_cell() {
            give_back(context, object, info.words() * WORD);
            return false;
        }
        if info.has_managed() {
            return true;
        }
        give_back(context, object, object.size());
        false
    }
}

/// Goes on with the words of a dead cell that its mask names, and frees it when no more than one leads to an object
/// that dies too.
#[inline(always)]
unsafe fn free_cell(context: &mut Context, object: Object, info: Info) -> Visit {
    let mut mask = u32::from(info.mask());
    loop {
        let rest = mask & (mask - 1);
        if rest == 0 {
            return unsafe { free_chain(context, object, info.with_mask(mask)) };
        }
        // SAFETY: the mask names payload words that are managed.
        unsafe {
            let slot = object.payload(mask.trailing_zeros() as usize);
            if leads_down(context, *slot) {
                object.set_mask(mask as u16);
                return Visit::Down(slot);
            }
        }
        mask = rest;
    }
}

/// Frees a dead cell with one managed word left, which the header names, and the chain of dead cells with the same
/// header that it leads to. What the header says is worked out once, so that the machine need not wait for each
/// header before it follows the chain.
#[inline(always)]
unsafe fn free_chain(context: &mut Context, dead: Object, info: Info) -> Visit {
    let mut object = dead;
    let index = u32::from(info.mask()).trailing_zeros() as usize;
    let bytes = info.words() * WORD;
    unsafe {
        loop {
            let word = *object.payload(index);
            give_back(context, object, bytes);
            if !leads_down(context, word) {
                return Visit::Done;
            }
            object = Object::from_word(word);
            if object.info() != info {
                return Visit::Last(word);
            }
        }
    }
}

/// Goes on with the slots of a dead object that is no cell with a mask, from the last one to the first, and frees it
/// when no more than the first leads to an object that dies too.
unsafe fn free_slots(context: &mut Context, object: Object, info: Info) -> Visit {
    let visit = unsafe {
        if info.kind() == KIND_ARRAY && !info.is_described_array() {
            visit_words(context, object)
        } else {
            visit_described(context, object, info)
        }
    };
    if !matches!(visit, Visit::Down(_)) {
        unsafe { give_back(context, object, object.size()) };
    }
    visit
}

/// Visits an array of managed words.
unsafe fn visit_words(context: &mut Context, object: Object) -> Visit {
    unsafe {
        let elements = object.elements().cast::<usize>();
        let mut left = object.length();
        while left > 0 {
            left -= 1;
            let slot = elements.add(left);
            if leads_down(context, *slot) {
                object.set_length(left);
                return if left == 0 { Visit::Last(*slot) } else { Visit::Down(slot) };
            }
        }
    }
    Visit::Done
}

/// Visits an object with a descriptor.
unsafe fn visit_described(context: &mut Context, object: Object, info: Info) -> Visit {
    unsafe {
        while let Some(slot) = next_described(object, info) {
            if leads_down(context, *slot) {
                let is_last = object.count() == 0 && (info.kind() != KIND_ARRAY || object.length() == 0);
                return if is_last { Visit::Last(*slot) } else { Visit::Down(slot) };
            }
        }
    }
    Visit::Done
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

/// The slot that the visit of an object that is no cell with a mask has come to.
#[inline(always)]
unsafe fn current_slot(object: Object) -> *mut usize {
    unsafe {
        let info = object.info();
        if info.kind() != KIND_ARRAY {
            return object.word_at(object.descriptor().offset(object.count() as usize));
        }
        let element = object.elements().add(object.length() * object.stride());
        if info.is_described_array() {
            element.add(object.descriptor().offset(object.count() as usize)).cast()
        } else {
            element.cast()
        }
    }
}

/// Moves a dead object past the slot through which it was left, and gives that slot.
#[inline(always)]
unsafe fn slot_left(object: Object) -> *mut usize {
    unsafe {
        let info = object.info();
        if info.kind() != KIND_MASK {
            return current_slot(object);
        }
        let mask = u32::from(info.mask());
        object.set_mask((mask & (mask - 1)) as u16);
        object.payload(mask.trailing_zeros() as usize)
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
