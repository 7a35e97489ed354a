//! Strings: arrays of `i8` that hold UTF-8, without terminator.

use std::cmp::Ordering;
use std::ptr;

use memchr::memmem;

use crate::array;
use crate::context::Context;
use crate::object::{Info, Object};
use crate::release::release;

/// A string, or any array of `i8`, with these bytes.
pub(crate) fn new(context: &mut Context, bytes: &[u8]) -> Object {
    let string = with_capacity(context, bytes.len());
    // SAFETY: the array is new and has room for the bytes.
    unsafe { array::push_bytes(string, bytes.as_ptr(), bytes.len()) };
    string
}

/// An empty string with room for that many bytes.
pub(crate) fn with_capacity(context: &mut Context, capacity: usize) -> Object {
    array::new(context, Info::STRING, capacity)
}

/// An array of new strings.
pub(crate) fn new_array<T: AsRef<[u8]>>(context: &mut Context, texts: &[T]) -> Object {
    let array = array::new(context, Info::WORDS, texts.len());
    for text in texts {
        let word = new(context, text.as_ref()).word();
        // SAFETY: the array is new, has room for every text and consumes the reference.
        unsafe { array::push_bytes(array, (&raw const word).cast(), 1) };
    }
    array
}

/// The texts of an array of strings.
pub(crate) unsafe fn texts<'a>(strings: Object) -> Vec<&'a [u8]> {
    let mut texts = Vec::new();
    unsafe { strings.each_managed(|word| texts.push(Object::from_word(word).bytes())) };
    texts
}

/// The hash of a string: `docs/runtime.md` defines it, and everything that runs Kea code agrees on it.
fn hash(bytes: &[u8]) -> u64 {
    const START: u64 = 0x243f_6a88_85a3_08d3;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    const END: u64 = 0x1319_8a2e_0370_7344;
    fn fold(a: u64) -> u64 {
        let product = u128::from(a) * u128::from(FACTOR);
        product as u64 ^ (product >> 64) as u64
    }
    let mut state = START ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        state = fold(state ^ u64::from_le_bytes(word));
    }
    fold(state ^ END)
}

/// Whether two strings hold the same bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_equal(_context: &mut Context, a: Object, b: Object) -> bool {
    unsafe { a == b || a.bytes() == b.bytes() }
}

/// The order of two strings by their bytes: -1, 0 or 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_compare(_context: &mut Context, a: Object, b: Object) -> i64 {
    match unsafe { a.bytes().cmp(b.bytes()) } {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

/// A hash of the bytes, the same on every machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_hash(_context: &mut Context, string: Object) -> i64 {
    hash(unsafe { string.bytes() }) as i64
}

/// Where the second string first occurs in the first, from an index on; -1 when it does not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_find(_context: &mut Context, string: Object, pattern: Object, from: i64) -> i64 {
    let (bytes, pattern) = unsafe { (string.bytes(), pattern.bytes()) };
    let from = usize::try_from(from).unwrap_or(0);
    let found = bytes.get(from..).and_then(|rest| match pattern {
        [byte] => memchr::memchr(*byte, rest),
        _ => memmem::find(rest, pattern),
    });
    found.map_or(-1, |index| (from + index) as i64)
}

/// The two strings joined; the first grows in place when nobody else holds it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_append(context: &mut Context, string: Object, tail: Object) -> Object {
    unsafe {
        let extra = tail.length();
        if extra == 0 {
            return string;
        }
        let target = if string.count() == 1 && extra <= string.capacity() - string.length() {
            string
        } else {
            with_room(context, string, extra)
        };
        let length = target.length();
        ptr::copy_nonoverlapping(tail.first_byte(), target.first_byte().add(length), extra);
        target.set_length(length + extra);
        target
    }
}

/// The string, or a copy of it where somebody else holds it, with room for as many bytes more.
#[cold]
unsafe fn with_room(context: &mut Context, string: Object, extra: usize) -> Object {
    unsafe {
        if array::claim(string) {
            return array::reserve(context, string, extra);
        }
        let length = string.length();
        let capacity = (length + extra).max(length.saturating_mul(2));
        let copy = array::copy(context, string, capacity);
        context.counters.copies_on_write += 1;
        release(context, string.word());
        copy
    }
}

/// How many bytes from the start are valid UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_valid_utf8(_context: &mut Context, string: Object) -> i64 {
    let bytes = unsafe { string.bytes() };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.len() as i64,
        Err(error) => error.valid_up_to() as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, pattern: &str, from: i64) -> i64 {
        let mut context = Context::for_test(false);
        let text = new(&mut context, text.as_bytes());
        let pattern = new(&mut context, pattern.as_bytes());
        unsafe { kea_string_find(&mut context, text, pattern, from) }
    }

    #[test]
    fn strings_are_found_from_an_index_on() {
        assert_eq!(find("abcabc", "bc", 0), 1);
        assert_eq!(find("abcabc", "bc", 2), 4);
        assert_eq!(find("abcabc", "bc", 5), -1);
        assert_eq!(find("abc", "", 3), 3);
        assert_eq!(find("abc", "", 4), -1);
        assert_eq!(find("abc", "a", -7), 0);
        assert_eq!(find("", "a", 0), -1);
    }

    #[test]
    fn strings_are_ordered_by_bytes() {
        let mut context = Context::for_test(false);
        let mut texts = ["", "a", "ab", "b", "é"].map(|text| new(&mut context, text.as_bytes()));
        for (left, a) in texts.into_iter().enumerate() {
            for (right, b) in texts.into_iter().enumerate() {
                let order = unsafe { kea_string_compare(&mut context, a, b) };
                assert_eq!(order, left.cmp(&right) as i64);
                let equal = unsafe { kea_string_equal(&mut context, a, b) };
                assert_eq!(equal, left == right);
            }
        }
        texts[0] = new(&mut context, b"b");
        assert!(unsafe { kea_string_equal(&mut context, texts[0], texts[3]) });
    }

    #[test]
    fn appending_in_a_loop_is_linear() {
        let mut context = Context::for_test(true);
        let piece = new(&mut context, b"0123456789");
        let mut text = new(&mut context, b"");
        for _ in 0..100_000 {
            text = unsafe { kea_string_append(&mut context, text, piece) };
        }
        assert_eq!(unsafe { text.length() }, 1_000_000);
        assert!(unsafe { text.bytes() }.chunks(10).all(|chunk| chunk == b"0123456789"));
        assert!(context.counters.arrays_grown < 25);
        assert_eq!(context.counters.allocations, 2);
    }

    #[test]
    fn appending_to_a_shared_string_leaves_it_alone() {
        let mut context = Context::for_test(true);
        let text = new(&mut context, b"abc");
        unsafe {
            text.set_count(2);
            let longer = kea_string_append(&mut context, text, text);
            assert_eq!((text.bytes(), longer.bytes()), (&b"abc"[..], &b"abcabc"[..]));
            assert_eq!((text.count(), longer.count()), (1, 1));
            text.set_count(0);
            let again = kea_string_append(&mut context, text, longer);
            assert_eq!(again.bytes(), b"abcabcabc");
            assert_eq!(text.count(), 0);
            let empty = new(&mut context, b"");
            assert_eq!(kea_string_append(&mut context, text, empty), text);
        }
    }

    #[test]
    fn invalid_utf8_is_located() {
        let mut context = Context::for_test(false);
        for (bytes, valid) in [(&b"abc"[..], 3), (b"a\xffc", 1), (b"\xc3\xa9\xc3", 2), (b"", 0)] {
            let string = new(&mut context, bytes);
            assert_eq!(unsafe { kea_string_valid_utf8(&mut context, string) }, valid);
        }
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(hash(b""), 0x29a3_5bb2_406c_a650);
        assert_eq!(hash(b"kea"), 0x7d21_3215_6992_a7f3);
        assert_eq!(hash(b"01234567"), 0x1e64_c01a_a708_b0d5);
        assert_eq!(hash(b"0123456789"), 0xcd1e_76ea_1a52_88bc);
    }

    #[test]
    fn the_hash_spreads_short_strings() {
        let count = 1 << 16;
        let mut high = vec![0_u32; 1 << 10];
        let mut low = vec![0_u32; 1 << 10];
        let mut all = std::collections::HashSet::new();
        for number in 0..count {
            let value = hash(format!("key{number}").as_bytes());
            high[(value >> 54) as usize] += 1;
            low[(value & 1023) as usize] += 1;
            all.insert(value);
        }
        assert_eq!(all.len(), count);
        for buckets in [high, low] {
            assert!(buckets.iter().all(|size| (20..=110).contains(size)));
        }
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        let mut context = Context::for_test(false);
        let text = crate::number::kea_string_from_i64(&mut context, i64::MIN);
        assert_eq!(unsafe { text.bytes() }, b"-9223372036854775808");
        let text = crate::number::kea_string_from_u64(&mut context, -1);
        assert_eq!(unsafe { text.bytes() }, b"18446744073709551615");
    }
}
