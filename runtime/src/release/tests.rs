//! Freeing of every kind of object, checked by counting.

use super::*;
use crate::allocate::{allocate, count_all_freed};
use crate::array::{self, kea_array_new};
use crate::object::offsets::*;
use crate::object::{Info, WORD};
use crate::string;

/// A cell of kind `mask` whose managed words come first and whose last word is data.
fn cell(context: &mut Context, managed: &[usize]) -> Object {
    let words = managed.len() + 2;
    let kind = KIND_MASK | (words as u8) << 2;
    let cell = allocate(context, words * WORD);
    unsafe {
        cell.set_header(Info::new(0, kind, ((1_u32 << managed.len()) - 1) as u16));
        for (index, word) in managed.iter().enumerate() {
            *cell.payload(index) = *word;
        }
        *cell.payload(managed.len()) = 0xdead_beef;
    }
    cell
}

/// A static descriptor.
fn descriptor(size: u32, offsets: &[u32]) -> usize {
    let mut words = vec![size, offsets.len() as u32];
    words.extend_from_slice(offsets);
    Box::leak(words.into_boxed_slice()).as_ptr() as usize
}

fn described(context: &mut Context, kind: u8, size: usize, fields: &[(u32, usize)]) -> Object {
    let offsets: Vec<u32> = fields.iter().map(|(offset, _)| *offset).collect();
    let object = allocate(context, size);
    unsafe {
        object.set_header(Info::new(0, kind, 7));
        let at = if kind == KIND_CLOSURE { CLOSURE_CAPTURES } else { HEADER_PAYLOAD };
        *object.word_at(at) = descriptor(size as u32, &offsets);
        for (offset, word) in fields {
            *object.word_at(*offset as usize) = *word;
        }
    }
    object
}

fn refs(context: &mut Context, words: &[usize]) -> Object {
    let array = array::new(context, Info::WORDS, words.len());
    unsafe { array::push_bytes(array, words.as_ptr().cast(), words.len()) };
    array
}

/// An array of flats (data, managed word, managed word).
fn flats(context: &mut Context, elements: &[[usize; 3]]) -> Object {
    let info = Info::new(0, KIND_ARRAY | KIND_DESCRIBED_ARRAY, 0);
    let descriptor = descriptor(24, &[8, 16]) as *mut u8;
    unsafe {
        let array = kea_array_new(context, info.0, descriptor, 24, elements.len() as i64);
        array::push_bytes(array, elements.as_ptr().cast(), elements.len());
        array
    }
}

fn live(context: &mut Context) -> i64 {
    count_all_freed(context);
    assert_eq!(context.counters.live_bytes == 0, context.counters.live_objects == 0);
    context.counters.live_objects
}

fn release_object(context: &mut Context, object: Object) {
    unsafe { release(context, object.word()) };
}

const LONG: usize = 10_000_000;

#[test]
fn a_list_of_ten_million_cells_is_freed_in_a_loop() {
    for counting in [false, true] {
        let mut context = Context::for_test(counting);
        let mut list = 1;
        for _ in 0..LONG {
            list = cell(&mut context, &[list]).word();
        }
        unsafe { release(&mut context, list) };
        if counting {
            assert_eq!(live(&mut context), 0);
            assert_eq!(context.counters.allocations, LONG as i64);
            assert_eq!(context.counters.frees, LONG as i64);
            assert_eq!(context.counters.peak_bytes, 24 * LONG as i64);
        }
    }
}

#[test]
fn trees_deep_on_either_side_need_no_stack() {
    let mut context = Context::for_test(true);
    for deep in 0..3 {
        let mut tree = 0;
        for index in 0..1_000_000 {
            let side = if deep == 2 { index % 2 } else { deep };
            let leaf = cell(&mut context, &[]).word();
            let children = if side == 0 { [tree, leaf] } else { [leaf, tree] };
            tree = cell(&mut context, &children).word();
        }
        unsafe { release(&mut context, tree) };
        assert_eq!(live(&mut context), 0);
    }
}

#[test]
fn a_full_tree_is_freed() {
    fn tree(context: &mut Context, depth: usize) -> usize {
        if depth == 0 {
            return 1;
        }
        let children: Vec<usize> = (0..3).map(|_| tree(context, depth - 1)).collect();
        cell(context, &children).word()
    }
    let mut context = Context::for_test(true);
    let root = tree(&mut context, 11);
    assert_eq!(live(&mut context), (3_i64.pow(11) - 1) / 2);
    unsafe { release(&mut context, root) };
    assert_eq!(live(&mut context), 0);
}

#[test]
fn arrays_of_arrays_are_freed() {
    let mut context = Context::for_test(true);
    // Deep: each array holds strings around the next one.
    let mut nested = 0;
    for index in 0..100_000 {
        let before = string::new(&mut context, b"before").word();
        let after = string::new(&mut context, &[b'x'; 600]).word();
        let words = match index % 3 {
            0 => [before, nested, after],
            1 => [nested, before, after],
            _ => [after, before, nested],
        };
        nested = refs(&mut context, &words).word();
    }
    // Wide, and large enough for the system's allocator.
    let inner: Vec<usize> = (0..10_000).map(|_| refs(&mut context, &[]).word()).collect();
    let wide = refs(&mut context, &inner).word();
    let both = refs(&mut context, &[nested, 3, 0, wide]);
    release_object(&mut context, both);
    assert_eq!(live(&mut context), 0);
}

#[test]
fn arrays_of_flats_are_freed_by_their_descriptor() {
    let mut context = Context::for_test(true);
    let mut nested = 0;
    for index in 0..10_000 {
        let text = string::new(&mut context, b"text").word();
        let mut elements = vec![[9, text, 1], [8, 0, nested], [7, 5, 0]];
        elements.rotate_left(index % 3);
        nested = flats(&mut context, &elements).word();
    }
    unsafe { release(&mut context, nested) };
    assert_eq!(live(&mut context), 0);
    let empty = flats(&mut context, &[]);
    release_object(&mut context, empty);
    assert_eq!(live(&mut context), 0);
}

#[test]
fn described_cells_and_closures_are_freed() {
    let mut context = Context::for_test(true);
    let mut nested = 0;
    for index in 0..30_000_usize {
        let text = string::new(&mut context, b"text").word();
        let other = cell(&mut context, &[0, 1]).word();
        let fields = match index % 3 {
            0 => [(24, text), (32, nested), (40, other)],
            1 => [(24, nested), (32, other), (40, text)],
            _ => [(24, text), (32, other), (40, nested)],
        };
        let kind = if index % 2 == 0 { KIND_DESCRIBED } else { KIND_CLOSURE };
        // Of 63 words and less, and of more.
        let size = [48, 504, 512][index % 3];
        nested = described(&mut context, kind, size, &fields).word();
    }
    let none = described(&mut context, KIND_DESCRIBED, 800, &[]).word();
    let kind = KIND_MASK | 4 << 2;
    let closure = allocate(&mut context, 32);
    unsafe {
        // Code, then captures: the mask leaves the code out.
        closure.set_header(Info::new(0, kind, 0b110));
        *closure.payload(0) = 0x1234_5678;
        *closure.payload(1) = nested;
        *closure.payload(2) = none;
    }
    release_object(&mut context, closure);
    assert_eq!(live(&mut context), 0);
}

/// An object of any kind that holds the words.
fn holder(context: &mut Context, kind: usize, words: &[usize]) -> Object {
    let fields: Vec<(u32, usize)> = words.iter().enumerate().map(|(i, word)| (24 + 8 * i as u32, *word)).collect();
    let size = 24 + 8 * words.len();
    match kind {
        0 => refs(context, words),
        1 => described(context, KIND_DESCRIBED, size, &fields),
        2 => described(context, KIND_CLOSURE, size, &fields),
        3 => {
            let pairs = words.chunks(2).map(|pair| [7, pair[0], pair.get(1).copied().unwrap_or(3)]);
            flats(context, &pairs.collect::<Vec<_>>())
        }
        _ => cell(context, words),
    }
}

#[test]
fn objects_of_all_kinds_in_each_other_are_freed() {
    let mut context = Context::for_test(true);
    let mut random = 1_u64;
    let mut below = |bound: usize| {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (random >> 33) as usize % bound
    };
    // Each of those not yet held by anybody; and one that many hold, in two slots of the same object too.
    let mut free = vec![string::new(&mut context, b"text").word()];
    let shared = cell(&mut context, &[]);
    let count = 20_000;
    for _ in 0..count {
        let mut words = Vec::new();
        for _ in 0..below(17) {
            words.push(match below(4) {
                0 => [0, 1, 3][below(3)],
                1 => {
                    unsafe { retain(&mut context, shared.word()) };
                    shared.word()
                }
                _ if free.is_empty() => cell(&mut context, &[]).word(),
                _ => free.swap_remove(below(free.len())),
            });
        }
        let kind = below(8);
        free.push(holder(&mut context, kind, &words).word());
    }
    assert!(live(&mut context) > count);
    unsafe { release(&mut context, shared.word()) };
    for word in free {
        unsafe { release(&mut context, word) };
    }
    assert_eq!(live(&mut context), 0);
}

#[test]
fn what_others_hold_stays() {
    let mut context = Context::for_test(true);
    let shared = cell(&mut context, &[]);
    let holders: Vec<usize> = (0..3)
        .map(|_| {
            unsafe { retain(&mut context, shared.word()) };
            cell(&mut context, &[shared.word()]).word()
        })
        .collect();
    assert_eq!(unsafe { shared.count() }, 4);
    let all = refs(&mut context, &holders);
    release_object(&mut context, all);
    assert_eq!(unsafe { shared.count() }, 1);
    assert_eq!(live(&mut context), 1);
    release_object(&mut context, shared);
    assert_eq!(live(&mut context), 0);
}

#[test]
fn negative_counts_are_those_of_shared_objects() {
    let mut context = Context::for_test(true);
    let inner = cell(&mut context, &[]);
    let outer = cell(&mut context, &[inner.word()]);
    unsafe {
        inner.set_count(-1);
        outer.set_count(-2);
        kea_retain(&mut context, outer.address());
        assert_eq!(outer.count(), -3);
        for _ in 0..3 {
            assert_eq!(live(&mut context), 2);
            kea_release(&mut context, outer.address());
        }
    }
    assert_eq!(live(&mut context), 0);
    assert_eq!(context.counters.retains_slow, 1);
    assert_eq!(context.counters.releases_slow, 3);
}

#[test]
fn a_shared_array_that_is_left_to_one_is_claimed() {
    let mut context = Context::for_test(true);
    let array = string::new(&mut context, b"abc");
    unsafe {
        array.set_count(-1);
        assert!(array::claim(array));
        assert_eq!(array.count(), 1);
    }
}

#[test]
fn immortal_objects_are_not_live_and_never_freed() {
    let mut context = Context::for_test(true);
    let leaf = cell(&mut context, &[]);
    unsafe { retain(&mut context, leaf.word()) };
    let left = cell(&mut context, &[leaf.word(), 1]);
    let right = refs(&mut context, &[leaf.word(), 0]);
    let root = flats(&mut context, &[[1, left.word(), right.word()]]);
    let other = cell(&mut context, &[]);
    unsafe { kea_immortal(&mut context, root.address()) };
    assert_eq!(live(&mut context), 1);
    for object in [leaf, left, right, root] {
        release_object(&mut context, object);
        unsafe { retain(&mut context, object.word()) };
        assert_eq!(unsafe { object.count() }, 0);
    }
    release_object(&mut context, other);
    assert_eq!(live(&mut context), 0);
}

#[test]
fn a_count_that_cannot_grow_makes_immortal() {
    let mut context = Context::for_test(true);
    let object = cell(&mut context, &[]);
    unsafe {
        object.set_count(i32::MAX);
        retain(&mut context, object.word());
        assert_eq!(object.count(), 0);
        assert_eq!(live(&mut context), 0);
        object.set_count(i32::MIN);
        object.retain_shared();
        assert_eq!(object.count(), 0);
        assert!(!object.release_shared());
    }
}

#[test]
fn words_that_are_no_objects_are_not_counted() {
    let mut context = Context::for_test(false);
    for word in [0_usize, 1, 3, 0x7fff_ffff] {
        unsafe {
            kea_retain(&mut context, word as *mut u8);
            kea_release(&mut context, word as *mut u8);
            kea_immortal(&mut context, word as *mut u8);
        }
    }
}
