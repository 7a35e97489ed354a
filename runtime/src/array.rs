//! Arrays: making, growing, copying on write, cutting and joining them. Strings are arrays of `i8`.

use std::ptr;

use crate::allocate::{self, BYTES_MAX};
use crate::context::Context;
use crate::object::offsets::{ARRAY_DESCRIBED_ELEMENTS, ARRAY_ELEMENTS};
use crate::object::{Descriptor, Info, Object, elements_offset, whole_words};
use crate::panic;
use crate::release::{release, retain};

/// The least capacity that growing gives: to grow from one element to two and to four takes longer than the rest.
const FIRST_CAPACITY: usize = 4;

/// The memory of an array, with the room that rounding leaves counted in.
struct Room {
    bytes: usize,
    capacity: usize,
}

/// The room for at least `capacity` elements; nothing when there can be no such array.
#[inline(always)]
fn room(offset: usize, stride: usize, capacity: usize) -> Option<Room> {
    let used = capacity.checked_mul(stride)?.checked_add(offset)?;
    if used > BYTES_MAX {
        return None;
    }
    let bytes = whole_words(used);
    let rest = bytes - used;
    // A division takes longer than all the rest: it is done where rounding leaves room for an element.
    let extra = match stride {
        _ if rest < stride => 0,
        0 => 0,
        1 => rest,
        _ => rest / stride,
    };
    Some(Room { bytes, capacity: capacity + extra })
}

#[inline(always)]
fn room_or_panic(context: &mut Context, offset: usize, stride: usize, capacity: usize) -> Room {
    room(offset, stride, capacity).unwrap_or_else(|| too_large(context, capacity))
}

#[cold]
fn too_large(context: &mut Context, capacity: usize) -> ! {
    panic::fail(context, format_args!("an array of {capacity} elements is too large"))
}

/// An empty array without descriptor.
#[inline]
pub(crate) fn new(context: &mut Context, info: Info, capacity: usize) -> Object {
    debug_assert!(!info.is_described_array());
    let room = room_or_panic(context, ARRAY_ELEMENTS, usize::from(info.tag()), capacity);
    match allocate::take_free(context, room.bytes) {
        Some(cell) => empty(Object::at(cell), info, room.capacity),
        None => new_elsewhere(context, info, room),
    }
}

/// The same where no cell is free, apart so that the usual case needs no frame.
#[cold]
#[inline(never)]
fn new_elsewhere(context: &mut Context, info: Info, room: Room) -> Object {
    empty(allocate::allocate_elsewhere(context, room.bytes), info, room.capacity)
}

/// Makes memory an empty array.
#[inline(always)]
fn empty(array: Object, info: Info, capacity: usize) -> Object {
    // SAFETY: the memory was just allocated and is large enough.
    unsafe {
        array.set_header(info);
        array.set_length(0);
        array.set_capacity(capacity);
    }
    array
}

/// An empty array of the layout of `array`.
unsafe fn new_like(context: &mut Context, array: Object, capacity: usize) -> Object {
    unsafe {
        let info = array.info();
        if !info.is_described_array() {
            return new(context, info, capacity);
        }
        new_described(context, info, array.descriptor(), array.stride(), capacity)
    }
}

/// An empty array with a descriptor.
#[inline(never)]
unsafe fn new_described(
    context: &mut Context,
    info: Info,
    descriptor: Descriptor,
    stride: usize,
    capacity: usize,
) -> Object {
    let room = room_or_panic(context, ARRAY_DESCRIBED_ELEMENTS, stride, capacity);
    let array = empty(allocate::allocate(context, room.bytes), info, room.capacity);
    unsafe { array.set_array_descriptor(descriptor) };
    array
}

/// Makes room for `extra` more elements in a unique array, at least doubling its capacity when it grows.
#[inline]
pub(crate) unsafe fn reserve(context: &mut Context, array: Object, extra: usize) -> Object {
    unsafe {
        let free = array.capacity() - array.length();
        if extra <= free { array } else { grow(context, array, extra) }
    }
}

#[cold]
unsafe fn grow(context: &mut Context, array: Object, extra: usize) -> Object {
    unsafe {
        let (length, stride) = (array.length(), array.stride());
        let offset = elements_offset(array.info());
        let needed = length.saturating_add(extra);
        let doubled = array.capacity().saturating_mul(2).max(FIRST_CAPACITY);
        let room = match room(offset, stride, needed.max(doubled)) {
            Some(room) => room,
            None => room_or_panic(context, offset, stride, needed),
        };
        let used = offset + length * stride;
        let array = allocate::resize(context, array, array.array_size(), room.bytes, used);
        array.set_capacity(room.capacity);
        context.counters.arrays_grown += 1;
        array
    }
}

/// A copy of an array with room for `capacity` elements; managed elements are retained.
pub(crate) unsafe fn copy(context: &mut Context, array: Object, capacity: usize) -> Object {
    unsafe {
        let length = array.length();
        let copy = new_like(context, array, capacity.max(length));
        ptr::copy_nonoverlapping(array.elements(), copy.elements(), length * array.stride());
        copy.set_length(length);
        copy.each_managed_in(0, length, |word| retain(context, word));
        copy
    }
}

/// Whether nobody else holds an object. One that threads shared and one reference is left to becomes
/// this thread's own.
pub(crate) unsafe fn claim(object: Object) -> bool {
    unsafe {
        match object.count() {
            1 => true,
            -1 => {
                // What the other threads did to the object before they gave it up is seen from here on.
                std::sync::atomic::fence(std::sync::atomic::Ordering::Acquire);
                object.set_count(1);
                true
            }
            _ => false,
        }
    }
}

/// Adds raw elements behind the last one; there is room for them.
pub(crate) unsafe fn push_bytes(array: Object, elements: *const u8, count: usize) {
    unsafe {
        let (length, stride) = (array.length(), array.stride());
        let target = array.elements().add(length * stride);
        ptr::copy_nonoverlapping(elements, target, count * stride);
        array.set_length(length + count);
    }
}

/// A size or a count that generated code passes; negative ones are the program's mistake.
#[inline(always)]
fn require_count(context: &mut Context, count: i64, what: &str) -> usize {
    usize::try_from(count).unwrap_or_else(|_| negative(context, count, what))
}

#[cold]
fn negative(context: &mut Context, count: i64, what: &str) -> ! {
    panic::fail(context, format_args!("negative {what}: {count}"))
}

/// An empty array with room for `capacity` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_new(
    context: &mut Context,
    info: u32,
    descriptor: *mut u8,
    stride: i64,
    capacity: i64,
) -> Object {
    let info = Info(info);
    let capacity = require_count(context, capacity, "array capacity");
    if info.is_described_array() {
        let descriptor = Descriptor::at(descriptor);
        unsafe { new_described(context, info, descriptor, stride as usize, capacity) }
    } else {
        debug_assert_eq!(stride, i64::from(info.tag()));
        new(context, info, capacity)
    }
}

/// Makes room in a unique array; a count that is not positive asks for nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_reserve(context: &mut Context, array: Object, extra: i64) -> Object {
    unsafe { reserve(context, array, usize::try_from(extra).unwrap_or(0)) }
}

/// The array when nobody else holds it, else a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_unshare(context: &mut Context, array: Object) -> Object {
    unsafe {
        if claim(array) {
            return array;
        }
        let copy = copy(context, array, array.length());
        context.counters.copies_on_write += 1;
        release(context, array.word());
        copy
    }
}

/// Releases the elements of a unique array from `length` on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_truncate(context: &mut Context, array: Object, length: i64) {
    let length = length as usize;
    unsafe {
        let before = array.length();
        debug_assert!(length <= before);
        array.set_length(length);
        array.each_managed_in(length, before, |word| release(context, word));
    }
}

/// Adds `count` copies of an unmanaged element to a unique array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_extend(
    context: &mut Context,
    array: Object,
    count: i64,
    element: *mut u8,
) -> Object {
    let count = require_count(context, count, "count of elements");
    unsafe {
        let array = reserve(context, array, count);
        let stride = array.stride();
        let target = array.elements().add(array.length() * stride);
        if stride == 1 {
            ptr::write_bytes(target, element.read(), count);
        } else {
            repeat(element, target, stride, count * stride);
        }
        array.set_length(array.length() + count);
        array
    }
}

/// Fills `bytes` bytes with copies of the first `stride` of `element`, doubling what is there.
unsafe fn repeat(element: *const u8, target: *mut u8, stride: usize, bytes: usize) {
    let mut filled = stride.min(bytes);
    unsafe {
        ptr::copy_nonoverlapping(element, target, filled);
        while filled < bytes {
            let step = filled.min(bytes - filled);
            ptr::copy_nonoverlapping(target, target.add(filled), step);
            filled += step;
        }
    }
}

/// Adds the elements `from..to` of another array to a unique one; managed elements are retained.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_array_append(
    context: &mut Context,
    array: Object,
    source: Object,
    from: i64,
    to: i64,
) -> Object {
    let (from, to) = (from as usize, to as usize);
    unsafe {
        debug_assert!(from <= to && to <= source.length() && array != source);
        let array = reserve(context, array, to - from);
        push_bytes(array, source.elements().add(from * source.stride()), to - from);
        source.each_managed_in(from, to, |word| retain(context, word));
        array
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate::count_all_freed;
    use crate::object::WORD;
    use crate::object::offsets::{KIND_ARRAY, KIND_DESCRIBED_ARRAY};
    use crate::string;

    fn live(context: &mut Context) -> i64 {
        count_all_freed(context);
        context.counters.live_objects
    }

    /// Elements of `u16`.
    fn shorts(array: Object) -> Vec<u16> {
        let elements = unsafe { array.elements() }.cast::<u16>();
        (0..unsafe { array.length() }).map(|index| unsafe { elements.add(index).read() }).collect()
    }

    #[test]
    fn capacities_fill_the_words() {
        let mut context = Context::for_test(true);
        for (stride, capacity, expected) in [(1, 5, 8), (1, 0, 0), (3, 1, 2), (8, 7, 7), (12, 1, 1)] {
            let array = new(&mut context, Info::new(stride, KIND_ARRAY, 0), capacity);
            unsafe {
                assert_eq!(array.capacity(), expected);
                let size = array.size();
                assert!(size.is_multiple_of(WORD) && size >= 24 + capacity * usize::from(stride));
                release(&mut context, array.word());
            }
        }
        assert_eq!(live(&mut context), 0);
    }

    #[test]
    fn impossible_sizes_have_no_room() {
        assert!(room(24, 8, usize::MAX).is_none());
        assert!(room(24, 8, BYTES_MAX / 8).is_none());
        assert!(room(24, 0, usize::MAX).is_some());
        assert!(room(24, 1, BYTES_MAX - 24).is_some());
    }

    #[test]
    fn growing_doubles_and_keeps_the_elements() {
        let mut context = Context::for_test(true);
        let mut array = new(&mut context, Info::new(2, KIND_ARRAY, 0), 0);
        let count = 60_000;
        for index in 0..count {
            let element = index as u16;
            unsafe {
                array = kea_array_reserve(&mut context, array, 1);
                push_bytes(array, (&raw const element).cast(), 1);
            }
        }
        assert!(shorts(array).into_iter().eq((0..count).map(|index| index as u16)));
        assert!(context.counters.arrays_grown < 20);
        assert_eq!(context.counters.allocations, 1);
        assert_eq!(context.counters.live_bytes, unsafe { array.size() } as i64);
        unsafe { release(&mut context, array.word()) };
        assert_eq!(live(&mut context), 0);
        assert_eq!(context.counters.live_bytes, 0);
    }

    #[test]
    fn a_reserve_without_need_changes_nothing() {
        let mut context = Context::for_test(false);
        let array = new(&mut context, Info::STRING, 8);
        unsafe {
            assert_eq!(kea_array_reserve(&mut context, array, 8), array);
            assert_eq!(kea_array_reserve(&mut context, array, -1), array);
        }
        assert_eq!(context.counters.arrays_grown, 0);
    }

    #[test]
    fn unsharing_copies_what_others_hold() {
        let mut context = Context::for_test(true);
        let array = string::new_array(&mut context, &["a", "b"]);
        unsafe {
            assert_eq!(kea_array_unshare(&mut context, array), array);
            retain(&mut context, array.word());
            let copy = kea_array_unshare(&mut context, array);
            assert!(copy != array);
            assert_eq!((array.count(), copy.count()), (1, 1));
            assert_eq!(string::texts(copy), [b"a", b"b"]);
            assert_eq!(context.counters.copies_on_write, 1);
            assert_eq!(live(&mut context), 4);
            release(&mut context, array.word());
            assert_eq!(live(&mut context), 3);
            release(&mut context, copy.word());
        }
        assert_eq!(live(&mut context), 0);
    }

    #[test]
    fn truncating_releases_the_elements() {
        let mut context = Context::for_test(true);
        let array = string::new_array(&mut context, &["a", "b", "c"]);
        unsafe {
            kea_array_truncate(&mut context, array, 1);
            assert_eq!(string::texts(array), [b"a"]);
            assert_eq!(live(&mut context), 2);
            kea_array_truncate(&mut context, array, 0);
            release(&mut context, array.word());
        }
        assert_eq!(live(&mut context), 0);
    }

    #[test]
    fn extending_repeats_the_element() {
        let mut context = Context::for_test(false);
        let mut bytes = string::new(&mut context, b"ab");
        let mut element = 7_u16;
        unsafe {
            bytes = kea_array_extend(&mut context, bytes, 3, (&raw mut element).cast());
            assert_eq!(bytes.bytes(), b"ab\x07\x07\x07");
            let mut array = new(&mut context, Info::new(2, KIND_ARRAY, 0), 1);
            for count in [0, 1, 5, 100] {
                array = kea_array_extend(&mut context, array, count, (&raw mut element).cast());
                element += 1;
            }
            let expected = [(8, 1), (9, 5), (10, 100)];
            let expected = expected.map(|(value, count)| vec![value; count]).concat();
            assert_eq!(shorts(array), expected);
        }
    }

    #[test]
    fn appending_retains_the_elements() {
        let mut context = Context::for_test(true);
        let source = string::new_array(&mut context, &["a", "b", "c", "d"]);
        let target = string::new_array(&mut context, &["x"]);
        unsafe {
            let target = kea_array_append(&mut context, target, source, 1, 3);
            assert_eq!(string::texts(target), [b"x", b"b", b"c"]);
            release(&mut context, source.word());
            assert_eq!(live(&mut context), 4);
            assert_eq!(string::texts(target), [b"x", b"b", b"c"]);
            release(&mut context, target.word());
        }
        assert_eq!(live(&mut context), 0);
    }

    #[test]
    fn arrays_with_a_descriptor_are_copied_and_grow() {
        let mut context = Context::for_test(true);
        let descriptor: &mut [u32] = Box::leak(Box::new([304, 1, 296]));
        let info = Info::new(0, KIND_ARRAY | KIND_DESCRIBED_ARRAY, 0);
        let text = string::new(&mut context, b"text");
        let mut element = [0_usize; 38];
        element[37] = text.word();
        unsafe {
            let descriptor = descriptor.as_mut_ptr().cast();
            let array = kea_array_new(&mut context, info.0, descriptor, 304, 0);
            assert_eq!((array.capacity(), array.size()), (0, 32));
            let array = reserve(&mut context, array, 1);
            push_bytes(array, element.as_ptr().cast(), 1);
            let array = reserve(&mut context, array, 1);
            let copy = copy(&mut context, array, 5);
            assert_eq!(text.count(), 2);
            assert_eq!((array.stride(), copy.capacity(), copy.length()), (304, 5, 1));
            release(&mut context, array.word());
            assert_eq!(text.count(), 1);
            release(&mut context, copy.word());
        }
        assert_eq!(live(&mut context), 0);
    }
}
