//! Which function and which place in the source a return address belongs to.
//!
//! Backends emit a record for every function into the section `kea_sites`, whose bounds the linker gives;
//! code that was compiled in memory is registered. `docs/runtime.md` defines the records.

use std::arch::global_asm;
use std::slice;
use std::sync::Mutex;

/// Sizes of a record's parts in bytes.
const HEAD: usize = 24;
const SITE: usize = 12;
const ALIGNMENT: usize = 8;

// The linker defines these two names where any object has the section. Otherwise they are weak and null,
// which Rust can only say in assembly.
global_asm!(
    ".weak __start_kea_sites",
    ".weak __stop_kea_sites",
    ".pushsection .data.rel.ro.kea_sites_bounds, \"aw\"",
    ".balign 8",
    ".globl kea_sites_bounds",
    ".hidden kea_sites_bounds",
    "kea_sites_bounds:",
    ".quad __start_kea_sites",
    ".quad __stop_kea_sites",
    ".popsection",
);

unsafe extern "C" {
    #[link_name = "kea_sites_bounds"]
    static SECTION_BOUNDS: [usize; 2];
}

/// Ranges of records of code that was compiled in memory: start and length.
static REGISTERED: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Adds a range of `kea_sites` records, for code that no linker put together.
///
/// # Safety
/// The range holds records of the form that `docs/runtime.md` defines, 8-aligned, and it and the files that
/// it refers to stay as they are to the end of the process.
pub unsafe fn register_sites(start: *const u8, length: usize) {
    if let Ok(mut ranges) = REGISTERED.lock() {
        ranges.push((start as usize, length));
    }
}

/// A function's record.
#[derive(Clone, Copy)]
struct Record {
    address: *const u8,
}

/// Where a return address lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The name of the function.
    pub(crate) function: &'static [u8],
    /// The place in the source, when the address is that of a call with one.
    pub(crate) location: Option<Location>,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) file: &'static [u8],
    pub(crate) line: u32,
    pub(crate) column: u16,
}

/// The function that an address lies in, and the location when a call returns there.
pub(crate) fn place_of_return(address: usize) -> Option<Place> {
    // A call that does not return may end its function: its return address is just behind it.
    find(address - 1)
        .map(|record| Place { function: record.name(), location: record.location(address - record.function()) })
}

/// The name of the function that an instruction is in.
pub(crate) fn function_at(address: usize) -> Option<&'static [u8]> {
    find(address).map(Record::name)
}

fn find(address: usize) -> Option<Record> {
    // SAFETY: the linker or the assembler defines it, with two words.
    let [start, stop] = unsafe { SECTION_BOUNDS };
    let section = find_in(start, stop - start, address);
    // A signal's handler must not wait for a lock that the code below it may hold.
    section.or_else(|| {
        let ranges = REGISTERED.try_lock().ok()?;
        ranges.iter().find_map(|(start, length)| find_in(*start, *length, address))
    })
}

fn find_in(start: usize, length: usize, address: usize) -> Option<Record> {
    let mut at = 0;
    while at + HEAD <= length {
        let record = Record { address: (start + at) as *const u8 };
        match record.size() {
            // Padding between what different objects contribute.
            0 => at += ALIGNMENT,
            size if size < HEAD => return None,
            size => {
                if record.covers(address) {
                    return Some(record);
                }
                at += size;
            }
        }
    }
    None
}

impl Record {
    fn field<T: Copy>(self, offset: usize) -> T {
        // SAFETY: a record is as large as its fields say, and aligned for them.
        unsafe { self.address.add(offset).cast::<T>().read() }
    }

    fn size(self) -> usize {
        self.field::<u32>(0) as usize
    }

    fn code_size(self) -> usize {
        self.field::<u32>(4) as usize
    }

    fn function(self) -> usize {
        (self.address as usize + 8).wrapping_add_signed(self.field::<i32>(8) as isize)
    }

    fn covers(self, address: usize) -> bool {
        address.wrapping_sub(self.function()) < self.code_size()
    }

    fn name_length(self) -> usize {
        self.field::<u32>(12) as usize
    }

    fn site_count(self) -> usize {
        self.field::<u32>(16) as usize
    }

    fn file_count(self) -> usize {
        self.field::<u32>(20) as usize
    }

    fn files_offset(self) -> usize {
        HEAD + self.site_count() * SITE
    }

    fn name(self) -> &'static [u8] {
        let offset = self.files_offset() + self.file_count() * size_of::<i32>();
        // SAFETY: the name stands behind the files, and records are never changed.
        unsafe { slice::from_raw_parts(self.address.add(offset), self.name_length()) }
    }

    fn file(self, index: usize) -> &'static [u8] {
        if index >= self.file_count() {
            return b"?";
        }
        let offset = self.files_offset() + index * size_of::<i32>();
        let file =
            (self.address as usize + offset).wrapping_add_signed(self.field::<i32>(offset) as isize) as *const u8;
        // SAFETY: the field leads to a file's record, its length and its bytes, which are never changed.
        unsafe {
            let length = file.cast::<u32>().read_unaligned() as usize;
            slice::from_raw_parts(file.add(size_of::<u32>()), length)
        }
    }

    fn location(self, code_offset: usize) -> Option<Location> {
        let site = |index: usize| HEAD + index * SITE;
        let (mut low, mut high) = (0, self.site_count());
        while low < high {
            let middle = low + (high - low) / 2;
            if (self.field::<u32>(site(middle)) as usize) < code_offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let found = site(low);
        if low == self.site_count() || self.field::<u32>(found) as usize != code_offset {
            return None;
        }
        let line = self.field::<u32>(found + 4);
        let file = usize::from(self.field::<u16>(found + 10));
        let column = self.field::<u16>(found + 8);
        (line > 0).then(|| Location { file: self.file(file), line, column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records for functions at made-up addresses, in memory that is never freed.
    struct Section {
        words: &'static mut [u32],
        used: usize,
    }

    impl Section {
        fn new() -> Section {
            // In units of 8 bytes, for the alignment.
            let memory = Box::leak(vec![0_u64; 512].into_boxed_slice());
            let words = memory.as_mut_ptr().cast::<u32>();
            Section { words: unsafe { slice::from_raw_parts_mut(words, 1024) }, used: 0 }
        }

        fn here(&self) -> usize {
            self.words.as_ptr() as usize + self.used * 4
        }

        fn push(&mut self, word: u32) {
            self.words[self.used] = word;
            self.used += 1;
        }

        fn push_bytes(&mut self, bytes: &[u8]) {
            for chunk in bytes.chunks(4) {
                let mut word = [0; 4];
                word[..chunk.len()].copy_from_slice(chunk);
                self.push(u32::from_le_bytes(word));
            }
        }

        fn push_relative(&mut self, target: usize) {
            let relative = target as i64 - self.here() as i64;
            self.push(i32::try_from(relative).unwrap() as u32);
        }

        /// A function of `size` bytes with sites (offset, line, column) in a file.
        fn function(&mut self, name: &str, at: usize, size: u32, file: usize, sites: &[[u32; 3]]) {
            let start = self.used;
            self.push(0);
            self.push(size);
            self.push_relative(at);
            self.push(name.len() as u32);
            self.push(sites.len() as u32);
            self.push(1);
            for [offset, line, column] in sites {
                self.push(*offset);
                self.push(*line);
                self.push(*column);
            }
            self.push_relative(file);
            self.push_bytes(name.as_bytes());
            self.used = self.used.next_multiple_of(2);
            self.words[start] = ((self.used - start) * 4) as u32;
        }
    }

    #[test]
    fn places_are_found_by_return_address() {
        let mut files = Section::new();
        files.push(8);
        files.push_bytes(b"a/b.kea!");
        let file = files.words.as_ptr() as usize;

        let mut section = Section::new();
        let code = section.here() + 0x10_0000;
        section.function("first", code, 64, file, &[[5, 10, 3], [20, 11, 1], [64, 12, 7]]);
        section.push(0);
        section.push(0);
        section.function("second", code + 64, 32, file, &[]);
        let start = section.words.as_ptr();
        unsafe { register_sites(start.cast(), section.used * 4) };

        let location = |line, column| Some(Location { file: b"a/b.kea!", line, column });
        let first = |location| Some(Place { function: b"first", location });
        assert_eq!(place_of_return(code + 5), first(location(10, 3)));
        assert_eq!(place_of_return(code + 20), first(location(11, 1)));
        assert_eq!(place_of_return(code + 21), first(None));
        assert_eq!(place_of_return(code + 64), first(location(12, 7)));
        let second = Place { function: b"second", location: None };
        assert_eq!(place_of_return(code + 65), Some(second));
        assert_eq!(place_of_return(code + 97), None);
        assert_eq!(function_at(code + 64), Some(&b"second"[..]));
        assert_eq!(function_at(code - 1), None);
    }
}
