//! Unmanaged memory: blocks at addresses that are never used twice, whose bytes know whether they were written.

use crate::interp::stop::{Step, panic, violation};
use std::collections::BTreeMap;

/// The first address, the distance that every block starts at a multiple of, and what stays free between blocks.
const FIRST_ADDRESS: u64 = 0x1000_0000;
const ALIGNMENT: u64 = 16;
const GAP: u64 = 16;
/// More is too large on every machine.
const SIZE_MAX: i64 = 1 << 47;
/// An interpreter takes no more from its own machine at once.
const BLOCK_MAX: i64 = 1 << 30;

#[derive(Debug)]
struct Block {
    size: u64,
    /// The bytes, `None` those that were never written; no bytes at all once the block was freed.
    bytes: Option<Vec<Option<u8>>>,
}

/// Unmanaged memory.
#[derive(Debug)]
pub struct RawMemory {
    blocks: BTreeMap<u64, Block>,
    next: u64,
    live: u64,
}

impl Default for RawMemory {
    fn default() -> RawMemory {
        RawMemory { blocks: BTreeMap::new(), next: FIRST_ADDRESS, live: 0 }
    }
}

impl RawMemory {
    /// A new block; panics when the size is negative or too large.
    pub fn allocate(&mut self, size: i64) -> Step<u64> {
        if !(0..=SIZE_MAX).contains(&size) {
            return panic(format!("raw memory of {size} bytes"));
        }
        if size > BLOCK_MAX {
            return panic(format!("out of memory: no {size} bytes more"));
        }
        let address = self.next;
        let size = size as u64;
        self.next = (address + size + GAP).next_multiple_of(ALIGNMENT);
        self.blocks.insert(address, Block { size, bytes: Some(vec![None; size as usize]) });
        self.live += 1;
        Ok(address)
    }

    /// Gives a block back.
    pub fn free(&mut self, address: u64) -> Step<()> {
        if address == 0 {
            return Ok(());
        }
        match self.blocks.get_mut(&address) {
            Some(block) if block.bytes.is_some() => block.bytes = None,
            Some(_) => return violation("the memory was freed before"),
            None => return violation(format!("0x{address:x} is not an address that `raw_alloc` gave")),
        }
        self.live -= 1;
        Ok(())
    }

    /// Reads that many bytes as a little-endian number.
    pub fn load(&mut self, address: u64, size: u64) -> Step<u64> {
        let bytes = self.range(address, size, "read")?;
        let mut result = 0;
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                Some(byte) => result |= u64::from(*byte) << (8 * index),
                None => return violation(format!("byte {index} of what is read was never written")),
            }
        }
        Ok(result)
    }

    /// Writes the low bytes of a number, little-endian.
    pub fn store(&mut self, address: u64, size: u64, value: u64) -> Step<()> {
        let bytes = self.range(address, size, "write")?;
        for (byte, new) in bytes.iter_mut().zip(value.to_le_bytes()) {
            *byte = Some(new);
        }
        Ok(())
    }

    /// Copies bytes, written or not; the ranges may overlap.
    pub fn copy(&mut self, target: u64, source: u64, size: i64) -> Step<()> {
        let Ok(size) = u64::try_from(size) else { return violation("the size is negative") };
        if size == 0 {
            return Ok(());
        }
        let moved = self.range(source, size, "read")?.to_vec();
        self.range(target, size, "write")?.copy_from_slice(&moved);
        Ok(())
    }

    /// How many blocks were not freed.
    pub fn live(&self) -> u64 {
        self.live
    }

    fn range(&mut self, address: u64, size: u64, what: &str) -> Step<&mut [Option<u8>]> {
        let outside = || format!("a {what} of {size} bytes at 0x{address:x} is not within a block of memory");
        let Some((start, block)) = self.blocks.range_mut(..=address).next_back() else { return violation(outside()) };
        let offset = address - start;
        if offset.checked_add(size).is_none_or(|end| end > block.size) {
            return violation(outside());
        }
        match &mut block.bytes {
            Some(bytes) => Ok(&mut bytes[offset as usize..(offset + size) as usize]),
            None => violation(format!("a {what} of {size} bytes at 0x{address:x}, where the memory was freed")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::stop::Stop;

    fn message<T>(step: Step<T>) -> String {
        match step {
            Err(Stop::Violation(message)) => message,
            _ => String::new(),
        }
    }

    #[test]
    fn every_misuse_is_noticed() {
        let mut memory = RawMemory::default();
        let block = memory.allocate(8).ok().unwrap();
        memory.store(block, 4, 0x0102_0304).ok().unwrap();
        assert_eq!(memory.load(block, 2).ok(), Some(0x0304));
        assert_eq!(message(memory.load(block, 8)), "byte 4 of what is read was never written");
        assert!(message(memory.load(block + 5, 4)).contains("not within a block"));
        memory.free(block).ok().unwrap();
        assert!(message(memory.load(block, 4)).contains("was freed"));
        assert_eq!(message(memory.free(block)), "the memory was freed before");
        assert!(message(memory.free(block + 4)).contains("raw_alloc"));
    }

    #[test]
    fn a_copy_keeps_what_was_never_written() {
        let mut memory = RawMemory::default();
        let block = memory.allocate(4).ok().unwrap();
        memory.store(block, 1, 7).ok().unwrap();
        memory.copy(block + 1, block, 3).ok().unwrap();
        assert_eq!(memory.load(block, 2).ok(), Some(0x0707));
        assert!(memory.load(block + 2, 1).is_err());
    }
}
