//! Memory for code: filled first, then protected.

use std::io;
use std::ops::Range;
use std::ptr;
use std::slice;

/// What may be done with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and executing.
    Execute,
}

/// Memory from the system, given back when it is dropped.
#[derive(Debug)]
pub struct Mapping {
    start: *mut u8,
    size: usize,
}

impl Mapping {
    /// Maps that many zeroed bytes at an address that the system chooses, and has `fill` write them.
    pub fn new(size: usize, fill: impl FnOnce(usize, &mut [u8]) -> Result<(), String>) -> Result<Mapping, String> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: the system chooses the address; no memory that is in use changes.
        let start = unsafe { libc::mmap(ptr::null_mut(), size, access, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(format!("no memory for code: {}", io::Error::last_os_error()));
        }
        let mapping = Mapping { start: start.cast(), size };
        // SAFETY: `size` bytes from `start` on are mapped, readable, writable, and nobody else knows of them yet.
        fill(start.addr(), unsafe { slice::from_raw_parts_mut(mapping.start, size) })?;
        Ok(mapping)
    }

    /// The address of the byte at that offset.
    pub fn address(&self, offset: usize) -> *const u8 {
        self.start.wrapping_add(offset)
    }

    /// Takes the right to write whole pages away.
    pub fn protect(&self, range: Range<usize>, access: Access) -> Result<(), String> {
        assert!(range.start <= range.end && range.end <= self.size);
        let start = self.start.wrapping_add(range.start);
        let flags = match access {
            Access::Read => libc::PROT_READ,
            Access::Execute => libc::PROT_READ | libc::PROT_EXEC,
        };
        if access == Access::Execute {
            clear_instruction_cache(start, range.len());
        }
        // SAFETY: the pages belong to this mapping, and no reference to them for writing is left.
        match unsafe { libc::mprotect(start.cast(), range.len(), flags) } {
            0 => Ok(()),
            _ => Err(format!("memory for code: {}", io::Error::last_os_error())),
        }
    }

    /// The bytes of a range that is protected, and so does not change.
    ///
    /// # Safety
    /// The range was given to [`Mapping::protect`].
    pub unsafe fn bytes(&self, range: Range<usize>) -> &[u8] {
        assert!(range.start <= range.end && range.end <= self.size);
        // SAFETY: the range is mapped and readable, and by the caller's promise nobody writes to it.
        unsafe { slice::from_raw_parts(self.start.wrapping_add(range.start), range.len()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` and not yet unmapped; that nothing uses it any more is promised by who drops it.
        unsafe { libc::munmap(self.start.cast(), self.size) };
    }
}

/// AArch64 keeps instructions and data apart: what was written must be made visible to execution.
#[cfg(target_arch = "aarch64")]
fn clear_instruction_cache(start: *mut u8, size: usize) {
    unsafe extern "C" {
        /// Of the compiler's runtime library.
        fn __clear_cache(start: *mut u8, end: *mut u8);
    }
    // SAFETY: the range is mapped.
    unsafe { __clear_cache(start, start.wrapping_add(size)) };
}

#[cfg(not(target_arch = "aarch64"))]
fn clear_instruction_cache(_start: *mut u8, _size: usize) {}
