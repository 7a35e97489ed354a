//! Objects as they lie in memory: the header, cells, arrays, closures and descriptors.

use std::slice;
use std::sync::atomic::{AtomicI32, Ordering};

/// Offsets, in bytes, and values as the contract's `object` declarations give them.
pub mod offsets {
    /// The reference count, 4 bytes.
    pub const HEADER_COUNT: usize = 0;
    /// The variant of a cell, the stride of an array without descriptor; 1 byte.
    pub const HEADER_TAG: usize = 4;
    /// The kind, 1 byte.
    pub const HEADER_KIND: usize = 5;
    /// Which payload words are managed, 2 bytes.
    pub const HEADER_MASK: usize = 6;
    /// The first payload word.
    pub const HEADER_PAYLOAD: usize = 8;
    /// Kind: cells whose managed words the header's mask names.
    pub const KIND_MASK: u8 = 0;
    /// Kind: arrays.
    pub const KIND_ARRAY: u8 = 1;
    /// Kind: cells with a descriptor.
    pub const KIND_DESCRIBED: u8 = 2;
    /// Kind: closures with a descriptor.
    pub const KIND_CLOSURE: u8 = 3;
    /// Kind: added to an array's when its elements have a descriptor.
    pub const KIND_DESCRIBED_ARRAY: u8 = 4;
    /// An array's length in elements.
    pub const ARRAY_LENGTH: usize = 8;
    /// An array's capacity in elements.
    pub const ARRAY_CAPACITY: usize = 16;
    /// An array's elements, or its descriptor.
    pub const ARRAY_ELEMENTS: usize = 24;
    /// The elements of an array with a descriptor.
    pub const ARRAY_DESCRIBED_ELEMENTS: usize = 32;
    /// A closure's code address.
    pub const CLOSURE_CODE: usize = 8;
    /// A closure's captures, or its descriptor.
    pub const CLOSURE_CAPTURES: usize = 16;
    /// The captures of a closure with a descriptor.
    pub const CLOSURE_DESCRIBED_CAPTURES: usize = 24;
    /// A descriptor's size of the cell or the element, 4 bytes.
    pub const DESCRIPTOR_SIZE: usize = 0;
    /// How many managed words a descriptor names, 4 bytes.
    pub const DESCRIPTOR_COUNT: usize = 4;
    /// The offsets of the managed words, 4 bytes each.
    pub const DESCRIPTOR_OFFSETS: usize = 8;
}

use offsets::*;

/// The bytes of a word.
pub(crate) const WORD: usize = size_of::<usize>();

/// A size rounded up to words. No size is so large that it could overflow.
#[inline(always)]
pub(crate) fn whole_words(bytes: usize) -> usize {
    (bytes + (WORD - 1)) & !(WORD - 1)
}

/// Whether a managed word is the address of an object: neither 0 nor an immediate variant.
#[inline(always)]
pub(crate) fn is_object(word: usize) -> bool {
    // No address is negative: turned to the right by a bit, it stays positive, and only an odd word does not.
    word.rotate_right(1) as isize > 0
}

/// The bits of the kind byte that tell the kinds apart.
const KINDS: u8 = 3;

/// The upper half of a header: tag, kind and mask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct Info(pub(crate) u32);

impl Info {
    /// An array of `i8`, as which strings are kept.
    pub(crate) const STRING: Info = Info::new(1, KIND_ARRAY, 0);
    /// An array of managed words.
    pub(crate) const WORDS: Info = Info::new(WORD as u8, KIND_ARRAY, 1);

    pub(crate) const fn new(tag: u8, kind: u8, mask: u16) -> Info {
        Info(tag as u32 | (kind as u32) << 8 | (mask as u32) << 16)
    }

    pub(crate) fn tag(self) -> u8 {
        self.0 as u8
    }

    fn kind_byte(self) -> u8 {
        (self.0 >> 8) as u8
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> u8 {
        self.kind_byte() & KINDS
    }

    #[inline(always)]
    pub(crate) fn mask(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The words of an object of kind `mask`.
    #[inline(always)]
    pub(crate) fn words(self) -> usize {
        usize::from(self.kind_byte() >> 2)
    }

    /// Whether the mask says which words are managed.
    #[inline(always)]
    pub(crate) fn is_masked(self) -> bool {
        self.kind() == KIND_MASK
    }

    /// Whether that is the header of an array without managed words.
    #[inline(always)]
    pub(crate) fn is_data_array(self) -> bool {
        self.0 >> 8 == u32::from(KIND_ARRAY)
    }

    /// Whether an object with that header may hold managed words. Of a descriptor, only its owner knows.
    #[inline(always)]
    pub(crate) fn has_managed(self) -> bool {
        match self.kind() {
            KIND_MASK => self.mask() != 0,
            KIND_ARRAY => self.mask() != 0 || self.is_described_array(),
            _ => true,
        }
    }

    #[inline(always)]
    pub(crate) fn is_described_array(self) -> bool {
        self.kind() == KIND_ARRAY && self.kind_byte() & KIND_DESCRIBED_ARRAY != 0
    }
}

/// A static description of a cell's, a closure's or an element's managed words.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Descriptor(*const u8);

impl Descriptor {
    pub(crate) fn at(address: *const u8) -> Descriptor {
        Descriptor(address)
    }

    pub(crate) fn address(self) -> *const u8 {
        self.0
    }

    pub(crate) unsafe fn size(self) -> usize {
        unsafe { self.0.add(DESCRIPTOR_SIZE).cast::<u32>().read() as usize }
    }

    pub(crate) unsafe fn count(self) -> usize {
        unsafe { self.0.add(DESCRIPTOR_COUNT).cast::<u32>().read() as usize }
    }

    pub(crate) unsafe fn offset(self, index: usize) -> usize {
        unsafe { self.0.add(DESCRIPTOR_OFFSETS).cast::<u32>().add(index).read() as usize }
    }
}

/// The address of an object's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Object(*mut u8);

impl Object {
    pub(crate) const NULL: Object = Object(std::ptr::null_mut());

    /// The object at an address.
    #[inline(always)]
    pub fn at(address: *mut u8) -> Object {
        Object(address)
    }

    /// The address of the object.
    #[inline(always)]
    pub fn address(self) -> *mut u8 {
        self.0
    }

    #[inline(always)]
    pub(crate) fn from_word(word: usize) -> Object {
        debug_assert!(is_object(word));
        Object(word as *mut u8)
    }

    #[inline(always)]
    pub(crate) fn word(self) -> usize {
        self.0 as usize
    }

    #[inline(always)]
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    #[inline(always)]
    unsafe fn read<T>(self, offset: usize) -> T {
        unsafe { self.0.add(offset).cast::<T>().read() }
    }

    #[inline(always)]
    unsafe fn write<T>(self, offset: usize, value: T) {
        unsafe { self.0.add(offset).cast::<T>().write(value) }
    }

    #[inline(always)]
    unsafe fn atomic_count<'a>(self) -> &'a AtomicI32 {
        unsafe { &*self.0.add(HEADER_COUNT).cast::<AtomicI32>() }
    }

    /// The count of an object that other threads cannot change, or a guess at one that they can.
    #[inline(always)]
    pub(crate) unsafe fn count(self) -> i32 {
        unsafe { self.atomic_count().load(Ordering::Relaxed) }
    }

    #[inline(always)]
    pub(crate) unsafe fn set_count(self, count: i32) {
        unsafe { self.atomic_count().store(count, Ordering::Relaxed) }
    }

    /// Adds a reference to an object that threads share. A count that cannot grow becomes 0: immortal.
    pub(crate) unsafe fn retain_shared(self) {
        let count = unsafe { self.atomic_count() };
        // The closure always gives a count, so that the update cannot fail.
        let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            Some(if count == 0 { 0 } else { count.checked_sub(1).unwrap_or(0) })
        });
    }

    /// Takes a reference from an object that threads share; whether it was the last one.
    pub(crate) unsafe fn release_shared(self) -> bool {
        let count = unsafe { self.atomic_count() };
        let before = count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |count| (count != 0).then(|| count + 1));
        before == Ok(-1)
    }

    #[inline(always)]
    pub(crate) unsafe fn info(self) -> Info {
        Info(unsafe { self.read::<u32>(HEADER_TAG) })
    }

    /// Writes the header of an object that has one reference.
    pub(crate) unsafe fn set_header(self, info: Info) {
        unsafe {
            self.set_count(1);
            self.write(HEADER_TAG, info.0);
        }
    }

    #[inline(always)]
    pub(crate) unsafe fn set_mask(self, mask: u16) {
        unsafe { self.write(HEADER_MASK, mask) }
    }

    /// The payload word of that index.
    #[inline(always)]
    pub(crate) unsafe fn payload(self, index: usize) -> *mut usize {
        unsafe { self.0.add(HEADER_PAYLOAD).cast::<usize>().add(index) }
    }

    /// The word at that offset.
    pub(crate) unsafe fn word_at(self, offset: usize) -> *mut usize {
        unsafe { self.0.add(offset).cast::<usize>() }
    }

    /// The descriptor of a described cell, closure or array.
    pub(crate) unsafe fn descriptor(self) -> Descriptor {
        let offset = match unsafe { self.info() }.kind() {
            KIND_CLOSURE => CLOSURE_CAPTURES,
            KIND_ARRAY => ARRAY_ELEMENTS,
            _ => HEADER_PAYLOAD,
        };
        Descriptor(unsafe { self.read(offset) })
    }

    pub(crate) unsafe fn length(self) -> usize {
        unsafe { self.read(ARRAY_LENGTH) }
    }

    pub(crate) unsafe fn set_length(self, length: usize) {
        unsafe { self.write(ARRAY_LENGTH, length) }
    }

    pub(crate) unsafe fn capacity(self) -> usize {
        unsafe { self.read(ARRAY_CAPACITY) }
    }

    pub(crate) unsafe fn set_capacity(self, capacity: usize) {
        unsafe { self.write(ARRAY_CAPACITY, capacity) }
    }

    pub(crate) unsafe fn set_array_descriptor(self, descriptor: Descriptor) {
        unsafe { self.write(ARRAY_ELEMENTS, descriptor.address()) }
    }

    /// The bytes from one element of an array to the next.
    pub(crate) unsafe fn stride(self) -> usize {
        let info = unsafe { self.info() };
        if info.is_described_array() { unsafe { self.descriptor().size() } } else { usize::from(info.tag()) }
    }

    /// The first element of an array.
    pub(crate) unsafe fn elements(self) -> *mut u8 {
        unsafe { self.0.add(elements_offset(self.info())) }
    }

    /// The first byte of a string, or of any array of `i8`.
    #[inline(always)]
    pub(crate) unsafe fn first_byte(self) -> *mut u8 {
        unsafe { self.0.add(ARRAY_ELEMENTS) }
    }

    /// The element of that index of an array of managed words.
    #[inline(always)]
    pub(crate) unsafe fn word_element(self, index: usize) -> *mut usize {
        unsafe { self.0.add(ARRAY_ELEMENTS).cast::<usize>().add(index) }
    }

    /// The memory of an array of managed words in bytes.
    #[inline(always)]
    pub(crate) unsafe fn size_of_words(self) -> usize {
        ARRAY_ELEMENTS + unsafe { self.capacity() } * WORD
    }

    /// The bytes that a string, or any array of `i8`, holds.
    pub(crate) unsafe fn bytes<'a>(self) -> &'a [u8] {
        unsafe { slice::from_raw_parts(self.first_byte(), self.length()) }
    }

    /// The memory of an object in bytes, a multiple of the word.
    pub(crate) unsafe fn size(self) -> usize {
        unsafe {
            let info = self.info();
            match info.kind() {
                KIND_MASK => info.words() * WORD,
                KIND_ARRAY => self.array_size(),
                _ => whole_words(self.descriptor().size()),
            }
        }
    }

    /// The same of an array.
    #[inline(always)]
    pub(crate) unsafe fn array_size(self) -> usize {
        let bytes = unsafe { elements_offset(self.info()) + self.capacity() * self.stride() };
        whole_words(bytes)
    }

    /// Calls `visit` with every managed word of the object.
    pub(crate) unsafe fn each_managed(self, mut visit: impl FnMut(usize)) {
        unsafe {
            let info = self.info();
            match info.kind() {
                KIND_MASK => {
                    let mut mask = info.mask();
                    while mask != 0 {
                        visit(*self.payload(mask.trailing_zeros() as usize));
                        mask &= mask - 1;
                    }
                }
                KIND_ARRAY => self.each_managed_in(0, self.length(), visit),
                _ => {
                    let descriptor = self.descriptor();
                    for index in 0..descriptor.count() {
                        visit(*self.word_at(descriptor.offset(index)));
                    }
                }
            }
        }
    }

    /// Calls `visit` with every managed word of an array's elements `from..to`.
    #[inline(always)]
    pub(crate) unsafe fn each_managed_in(self, from: usize, to: usize, visit: impl FnMut(usize)) {
        unsafe {
            if self.info().has_managed() {
                self.each_element(from, to, visit);
            }
        }
    }

    unsafe fn each_element(self, from: usize, to: usize, mut visit: impl FnMut(usize)) {
        unsafe {
            let info = self.info();
            let elements = self.elements();
            if info.is_described_array() {
                let descriptor = self.descriptor();
                let stride = descriptor.size();
                for element in from..to {
                    for index in 0..descriptor.count() {
                        let offset = element * stride + descriptor.offset(index);
                        visit(elements.add(offset).cast::<usize>().read());
                    }
                }
            } else {
                for index in from..to {
                    visit(elements.cast::<usize>().add(index).read());
                }
            }
        }
    }
}

/// Where the elements of an array with that header begin.
pub(crate) fn elements_offset(info: Info) -> usize {
    if info.is_described_array() { ARRAY_DESCRIBED_ELEMENTS } else { ARRAY_ELEMENTS }
}
