//! A compilation unit as pieces of memory and the addresses between them: what object files and the JIT have in common.

use cranelift_codegen::binemit::Reloc;
use rustc_hash::FxHashMap;

/// A chunk of an [`Image`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(u32);

/// A symbol of an [`Image`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(u32);

/// What a chunk is, and so where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkKind {
    /// Machine code.
    Code,
    /// Data that is never written.
    ReadOnly,
    /// Data that holds absolute addresses and is not written once they are filled in.
    Relocated,
    /// Memory that is zero at first and is written.
    Zeroed,
    /// The call sites of a function: `kea_sites`. They stay or go with its code.
    Sites(ChunkId),
    /// Unwind information.
    Frames,
    /// A section for debuggers, of that name.
    Debug(&'static str),
}

/// A piece of memory that is moved as a whole.
#[derive(Debug)]
pub struct Chunk {
    /// What it is.
    pub kind: ChunkKind,
    /// The name of its only symbol, for the section's name; empty for none.
    pub name: Box<str>,
    /// What it holds; empty for zeroed memory.
    pub bytes: Vec<u8>,
    /// How many bytes it has.
    pub size: u64,
    /// The alignment in bytes.
    pub align: u32,
    /// The addresses to fill in.
    pub fixups: Vec<Fixup>,
}

/// An address to fill in.
#[derive(Clone, Copy, Debug)]
pub struct Fixup {
    /// Where in the chunk.
    pub offset: u32,
    /// How.
    pub kind: FixupKind,
    /// The address of what.
    pub symbol: SymbolId,
    /// Added to the address.
    pub addend: i64,
}

/// How an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixupKind {
    /// 8 bytes.
    Absolute64,
    /// 4 bytes; between debug sections only.
    Absolute32,
    /// 4 bytes, relative to their own address.
    Relative32,
    /// The same, of a call or a jump on x86-64.
    X64Call,
    /// The operand of `bl` or `b` on AArch64.
    Arm64Call,
    /// The page of the address, relative to the page of the `adrp`.
    Arm64Page,
    /// The offset in the page, the operand of `add`.
    Arm64PageOffset,
}

impl FixupKind {
    /// Cranelift's kind of a relocation, where position-independent code without a table of addresses has it.
    pub fn from_reloc(reloc: Reloc) -> Option<FixupKind> {
        Some(match reloc {
            Reloc::Abs8 => FixupKind::Absolute64,
            Reloc::X86PCRel4 => FixupKind::Relative32,
            Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => FixupKind::X64Call,
            Reloc::Arm64Call => FixupKind::Arm64Call,
            Reloc::Aarch64AdrPrelPgHi21 => FixupKind::Arm64Page,
            Reloc::Aarch64AddAbsLo12Nc => FixupKind::Arm64PageOffset,
            _ => return None,
        })
    }
}

/// Who sees a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// This unit.
    Local,
    /// Every unit of the program.
    Program,
    /// Every unit of the program, any of which may define it: one definition is kept.
    Shared,
    /// Also the system's libraries.
    Public,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// Code.
    Function,
    /// Data.
    Object,
    /// The start of a section.
    Section,
    /// Whatever another unit or library defines.
    Unknown,
}

/// A name for an address.
#[derive(Debug)]
pub struct ImageSymbol {
    /// The name.
    pub name: Box<str>,
    /// What it stands for.
    pub kind: SymbolKind,
    /// Who sees it.
    pub binding: Binding,
    /// The chunk at whose start it lies; none when it is defined elsewhere.
    pub chunk: Option<ChunkId>,
}

/// Chunks and symbols.
#[derive(Debug, Default)]
pub struct Image {
    chunks: Vec<Chunk>,
    symbols: Vec<ImageSymbol>,
    sections: FxHashMap<ChunkId, SymbolId>,
}

impl Image {
    /// Every chunk, in order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Every symbol, in order.
    pub fn symbols(&self) -> &[ImageSymbol] {
        &self.symbols
    }

    /// The symbol.
    pub fn symbol(&self, id: SymbolId) -> &ImageSymbol {
        &self.symbols[id.index()]
    }

    /// Adds a chunk.
    pub fn add_chunk(&mut self, chunk: Chunk) -> ChunkId {
        self.chunks.push(chunk);
        ChunkId(self.chunks.len() as u32 - 1)
    }

    /// Adds a symbol that is defined elsewhere, until [`Image::define`] says otherwise.
    pub fn add_symbol(&mut self, name: String, binding: Binding) -> SymbolId {
        self.symbols.push(ImageSymbol { name: name.into(), kind: SymbolKind::Unknown, binding, chunk: None });
        SymbolId(self.symbols.len() as u32 - 1)
    }

    /// Says that a symbol is the start of a chunk.
    pub fn define(&mut self, symbol: SymbolId, kind: SymbolKind, chunk: ChunkId) {
        let symbol = &mut self.symbols[symbol.index()];
        symbol.kind = kind;
        symbol.chunk = Some(chunk);
    }

    /// The symbol of a chunk's section, for references between debug sections.
    pub fn section_symbol(&mut self, chunk: ChunkId) -> SymbolId {
        if let Some(symbol) = self.sections.get(&chunk) {
            return *symbol;
        }
        let symbol = self.add_symbol(String::new(), Binding::Local);
        self.define(symbol, SymbolKind::Section, chunk);
        self.sections.insert(chunk, symbol);
        symbol
    }
}

impl Chunk {
    /// A chunk with that contents.
    pub fn new(kind: ChunkKind, name: impl Into<Box<str>>, align: u32, bytes: Vec<u8>, fixups: Vec<Fixup>) -> Chunk {
        Chunk { kind, name: name.into(), size: bytes.len() as u64, bytes, align, fixups }
    }

    /// A chunk of zeroed memory.
    pub fn zeroed(name: impl Into<Box<str>>, align: u32, size: u64) -> Chunk {
        Chunk { kind: ChunkKind::Zeroed, name: name.into(), size, bytes: Vec::new(), align, fixups: Vec::new() }
    }
}

impl ChunkId {
    /// The chunk of that number.
    pub fn new(index: usize) -> ChunkId {
        ChunkId(index as u32)
    }

    /// The chunk's number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl SymbolId {
    /// The symbol of that number.
    pub fn new(index: usize) -> SymbolId {
        SymbolId(index as u32)
    }

    /// The symbol's number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
