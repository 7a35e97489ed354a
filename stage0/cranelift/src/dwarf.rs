//! Line tables and functions for debuggers and profilers: DWARF 5.

use crate::compile::{Code, Item, Row};
use crate::image::{Chunk, ChunkId, ChunkKind, Fixup, FixupKind, Image, SymbolId};
use cranelift_codegen::gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, FileId, LineProgram, LineString, Range, RangeList, RelocateWriter,
    Relocation, RelocationTarget, Sections, UnitEntryId,
};
use cranelift_codegen::gimli::{self, Encoding, Format, LineEncoding, LittleEndian, SectionId};
use kea_mir::entity::FuncId;
use kea_mir::module::{FunctionKind, Location, Module};
use rustc_hash::FxHashMap;

const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };
/// Paths are as the module has them: relative to wherever the debugger runs.
const DIRECTORY: &str = ".";

/// Adds the debug sections of functions: their code and symbols, in the same order.
pub fn add(module: &Module, codes: &[Code], symbols: &[SymbolId], image: &mut Image) -> Result<(), String> {
    let mut info = Info::new(module);
    for (code, symbol) in codes.iter().zip(symbols) {
        if let Item::Function(id) = code.item {
            let linkage = image.symbol(*symbol).name.clone();
            info.function(id, code, *symbol, &linkage);
        }
    }
    add_sections(info.finish()?, image)
}

struct Info<'a> {
    module: &'a Module,
    dwarf: DwarfUnit,
    files: FxHashMap<u16, FileId>,
    ranges: Vec<Range>,
}

impl Info<'_> {
    fn new(module: &Module) -> Info<'_> {
        let mut dwarf = DwarfUnit::new(ENCODING);
        let path = |number: usize| module.files.get_index(number).map_or("unknown", |(_, path)| path);
        let mut string = |text: &str| LineString::new(without_nul(text), ENCODING, &mut dwarf.line_strings);
        let (directory, first) = (string(DIRECTORY), string(path(0)));
        let mut lines = LineProgram::new(ENCODING, LineEncoding::default(), directory, None, first, None);
        let mut files = FxHashMap::default();
        for (index, number) in module.files.keys().enumerate() {
            let path = LineString::new(without_nul(path(index)), ENCODING, &mut dwarf.line_strings);
            let directory = lines.default_directory();
            files.insert(*number, lines.add_file(path, directory, None));
        }
        dwarf.unit.line_program = lines;
        let mut info = Info { module, dwarf, files, ranges: Vec::new() };
        info.unit(path(0));
        info
    }

    fn unit(&mut self, name: &str) {
        let root = self.dwarf.unit.root();
        self.text(root, gimli::DW_AT_producer, concat!("kea ", env!("CARGO_PKG_VERSION")));
        self.text(root, gimli::DW_AT_name, name);
        self.text(root, gimli::DW_AT_comp_dir, DIRECTORY);
        // The language whose debugger commands fit best: there is no number for Kea.
        self.set(root, gimli::DW_AT_language, AttributeValue::Language(gimli::DW_LANG_C99));
        self.set(root, gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
    }

    fn set(&mut self, entry: UnitEntryId, name: gimli::DwAt, value: AttributeValue) {
        self.dwarf.unit.get_mut(entry).set(name, value);
    }

    fn text(&mut self, entry: UnitEntryId, name: gimli::DwAt, text: &str) {
        let string = self.dwarf.strings.add(without_nul(text));
        self.set(entry, name, AttributeValue::StringRef(string));
    }

    fn function(&mut self, id: FuncId, code: &Code, symbol: SymbolId, linkage: &str) {
        let function = self.module.function(id);
        let address = Address::Symbol { symbol: symbol.index(), addend: 0 };
        let length = code.bytes.len() as u64;
        let root = self.dwarf.unit.root();
        let entry = self.dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        self.text(entry, gimli::DW_AT_name, &function.name);
        self.text(entry, gimli::DW_AT_linkage_name, linkage);
        self.set(entry, gimli::DW_AT_low_pc, AttributeValue::Address(address));
        self.set(entry, gimli::DW_AT_high_pc, AttributeValue::Udata(length));
        if function.kind == FunctionKind::Exported {
            self.set(entry, gimli::DW_AT_external, AttributeValue::FlagPresent);
        }
        if let Some(file) = self.file(code.location) {
            self.set(entry, gimli::DW_AT_decl_file, AttributeValue::FileIndex(Some(file)));
            self.set(entry, gimli::DW_AT_decl_line, AttributeValue::Udata(code.location.line.into()));
        }
        self.ranges.push(Range::StartLength { begin: address, length });
        self.lines(code, address, length);
    }

    fn file(&self, location: Location) -> Option<FileId> {
        if location.is_known() { self.files.get(&location.file).copied() } else { None }
    }

    fn lines(&mut self, code: &Code, address: Address, length: u64) {
        if code.rows.is_empty() {
            return;
        }
        self.dwarf.unit.line_program.begin_sequence(Some(address));
        for (index, Row { offset, location }) in code.rows.iter().enumerate() {
            let Some(file) = self.file(*location) else { continue };
            let row = self.dwarf.unit.line_program.row();
            row.address_offset = (*offset).into();
            row.file = file;
            row.line = location.line.into();
            row.column = location.column.into();
            row.prologue_end = index == 1;
            self.dwarf.unit.line_program.generate_row();
        }
        self.dwarf.unit.line_program.end_sequence(length);
    }

    fn finish(mut self) -> Result<Sections<Section>, String> {
        let ranges = self.dwarf.unit.ranges.add(RangeList(std::mem::take(&mut self.ranges)));
        let root = self.dwarf.unit.root();
        self.set(root, gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
        let mut sections = Sections::new(Section::default());
        self.dwarf.write(&mut sections).map_err(|error| error.to_string())?;
        Ok(sections)
    }
}

/// Strings of DWARF end at a zero byte.
fn without_nul(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| *byte != 0).collect()
}

fn add_sections(mut sections: Sections<Section>, image: &mut Image) -> Result<(), String> {
    let mut chunks: FxHashMap<SectionId, ChunkId> = FxHashMap::default();
    // The order is such that no section refers to a later one.
    sections.for_each_mut(|id, section| {
        if section.bytes.slice().is_empty() {
            return Ok(());
        }
        let (bytes, fixups) = std::mem::take(section).into_parts(|target| {
            let chunk = *chunks.get(&target)?;
            Some(image.section_symbol(chunk))
        })?;
        chunks.insert(id, image.add_chunk(Chunk::new(ChunkKind::Debug(id.name()), "", 1, bytes, fixups)));
        Ok(())
    })
}

/// A section that is written, with its relocations. Symbols are numbered as the image numbers them.
#[derive(Clone, Debug)]
pub struct Section {
    bytes: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl Default for Section {
    fn default() -> Section {
        Section { bytes: EndianVec::new(LittleEndian), relocations: Vec::new() }
    }
}

impl RelocateWriter for Section {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

impl Section {
    /// The bytes and the addresses to fill in. `section` gives the symbol of a section.
    pub fn into_parts(
        self,
        mut section: impl FnMut(SectionId) -> Option<SymbolId>,
    ) -> Result<(Vec<u8>, Vec<Fixup>), String> {
        let fixup = |relocation: &Relocation| {
            let symbol = match relocation.target {
                RelocationTarget::Symbol(number) => SymbolId::new(number),
                RelocationTarget::Section(id) => {
                    section(id).ok_or_else(|| format!("a reference to {} comes too early", id.name()))?
                }
            };
            let kind = match (relocation.eh_pe, relocation.size) {
                (None, 8) => FixupKind::Absolute64,
                (None, 4) => FixupKind::Absolute32,
                (Some(_), 4) => FixupKind::Relative32,
                (_, size) => return Err(format!("an address of {size} bytes in debugging information")),
            };
            Ok(Fixup { offset: relocation.offset as u32, kind, symbol, addend: relocation.addend })
        };
        let fixups = self.relocations.iter().map(fixup).collect::<Result<_, String>>()?;
        Ok((self.bytes.into_vec(), fixups))
    }
}
