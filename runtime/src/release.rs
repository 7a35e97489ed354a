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
//! and an object without managed words is freed where it is met.

use crate::allocate::give_back;
use crate::context::Context;
use crate::object::offsets::{KIND_ARRAY, KIND_MASK};
use crate::object::{Object, WORD, is_object};

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
        if dies(word) {
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

/// Frees a dead object and everything that dies with it.
unsafe fn free(context: &mut Context, dead: Object) {
    let mut object = dead;
    let mut above = Object::NULL;
    // SAFETY: `object` and the chain of objects above it are dead and not yet freed; nobody else has them.
    unsafe {
        'down: loop {
            object = free_chain(context, object);
            if object.is_null() {
                if above.is_null() {
                    return;
                }
                object = above;
                above = Object::at(*slot_left(object) as *mut u8);
            } else {
                begin(object);
            }
            loop {
                match visit(context, object) {
                    Visit::Down(slot) => {
                        let word = slot.replace(above.word());
                        above = object;
                        object = Object::from_word(word);
                        continue 'down;
                    }
                    Visit::Last(word) => {
                        give_back_dead(context, object);
                        object = Object::from_word(word);
                        continue 'down;
                    }
                    Visit::Done => {
                        give_back_dead(context, object);
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
}

/// Frees a chain of dead cells that have one header, which names one managed word; gives the dead object that
/// is no part of it, or null. What the header says is worked out once, so that the machine need not wait for
/// each header before it follows the chain.
#[inline(always)]
unsafe fn free_chain(context: &mut Context, dead: Object) -> Object {
    let mut object = dead;
    unsafe {
        let info = object.info();
        if info.kind() != KIND_MASK || !info.mask().is_power_of_two() {
            return object;
        }
        let index = info.mask().trailing_zeros() as usize;
        let bytes = info.words() * WORD;
        loop {
            let word = *object.payload(index);
            give_back(context, object, bytes);
            if !dies(word) {
                return Object::NULL;
            }
            object = Object::from_word(word);
            if object.info() != info {
                return object;
            }
        }
    }
}

#[inline(always)]
unsafe fn give_back_dead(context: &mut Context, object: Object) {
    unsafe {
        let info = object.info();
        let size = if info.kind() == KIND_MASK { info.words() * WORD } else { object.size() };
        give_back(context, object, size);
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
        if object.info().has_managed() {
            return true;
        }
        give_back_dead(context, object);
        false
    }
}

/// Prepares the state of a dead object. That of the kinds that are not named is in place.
#[inline(always)]
unsafe fn begin(object: Object) {
    unsafe {
        let info = object.info();
        if info.kind() == KIND_MASK {
            return;
        }
        let slots = match info.kind() {
            KIND_ARRAY => 0,
            _ => object.descriptor().count() as i32,
        };
        object.set_count(slots);
    }
}

/// Goes on with a dead object's slots until one leads to an object that dies too.
#[inline(always)]
unsafe fn visit(context: &mut Context, object: Object) -> Visit {
    unsafe {
        let info = object.info();
        if info.kind() == KIND_MASK { visit_mask(context, object, info.mask()) } else { visit_slots(context, object) }
    }
}

#[inline(always)]
unsafe fn visit_mask(context: &mut Context, object: Object, mut mask: u16) -> Visit {
    while mask != 0 {
        let rest = mask & (mask - 1);
        // SAFETY: the mask names payload words that are managed.
        unsafe {
            let slot = object.payload(mask.trailing_zeros() as usize);
            if leads_down(context, *slot) {
                if rest == 0 {
                    return Visit::Last(*slot);
                }
                object.set_mask(mask);
                return Visit::Down(slot);
            }
        }
        mask = rest;
    }
    Visit::Done
}

unsafe fn visit_slots(context: &mut Context, object: Object) -> Visit {
    unsafe {
        while let Some(slot) = next_slot(object) {
            if leads_down(context, *slot) {
                return if is_last(object) { Visit::Last(*slot) } else { Visit::Down(slot) };
            }
        }
    }
    Visit::Done
}

/// Moves on to the next slot of an object that is not of kind `mask`, from the last one to the first.
#[inline(always)]
unsafe fn next_slot(object: Object) -> Option<*mut usize> {
    unsafe {
        let info = object.info();
        if info.kind() != KIND_ARRAY || info.is_described_array() {
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
        } else {
            let length = object.length();
            if info.mask() & 1 == 0 || length == 0 {
                return None;
            }
            object.set_length(length - 1);
        }
        Some(current_slot(object))
    }
}

/// The slot that [`next_slot`] moved to.
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

/// Whether no slot stands behind the one that [`next_slot`] moved to.
unsafe fn is_last(object: Object) -> bool {
    unsafe {
        let info = object.info();
        match info.kind() {
            KIND_ARRAY if info.is_described_array() => object.count() == 0 && object.length() == 0,
            KIND_ARRAY => object.length() == 0,
            _ => object.count() == 0,
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
        let mask = info.mask();
        object.set_mask(mask & (mask - 1));
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
