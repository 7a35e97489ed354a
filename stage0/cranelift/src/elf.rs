//! An image as a relocatable ELF file.
//!
//! Chunks of one kind stand behind each other in one section: a linker's work grows with the number of sections, and a program needs
//! nearly everything of its units. What several units define has sections of its own, so that the linker can drop all but one.

use crate::image::{Binding, Chunk, ChunkId, ChunkKind, Fixup, FixupKind, Image, ImageSymbol, SymbolKind};
use crate::sites;
use object::elf::{self, RelocationType, SectionFlags, SectionType};
use object::write::StringId;
use object::write::elf::{FileHeader, Rel, SectionHeader, SectionIndex, Sym, SymbolIndex, Writer};
use object::{Architecture, Endianness};

/// The stack holds no code.
const STACK_NOTE: &[u8] = b".note.GNU-stack";

/// Writes an image for a machine.
pub fn write(image: &Image, machine: Architecture) -> Result<Vec<u8>, String> {
    let contents = Contents::of(image);
    let mut bytes = Vec::new();
    let mut file =
        File { image, machine, contents: &contents, writer: Writer::new(Endianness::Little, true, &mut bytes) };
    let layout = file.reserve().map_err(|error| error.to_string())?;
    file.emit(&layout)?;
    Ok(bytes)
}

/// A section and the chunks in it.
struct Section {
    kind: ChunkKind,
    name: String,
    /// The name of the section with its relocations.
    relocations: String,
    chunks: Vec<usize>,
    size: u64,
    align: u32,
    fixups: usize,
}

/// Where a chunk lies.
#[derive(Clone, Copy)]
struct Place {
    section: usize,
    offset: u64,
}

/// The sections in order, and the place of every chunk.
struct Contents {
    sections: Vec<Section>,
    places: Vec<Place>,
}

impl Contents {
    fn of(image: &Image) -> Contents {
        let mut is_shared = vec![false; image.chunks().len()];
        for symbol in image.symbols().iter().filter(|symbol| symbol.binding == Binding::Shared) {
            if let Some(chunk) = symbol.chunk {
                is_shared[chunk.index()] = true;
            }
        }
        let mut contents = Contents { sections: Vec::new(), places: Vec::new() };
        // The section of each kind that holds what is not shared.
        let mut common: Vec<(ChunkKind, usize)> = Vec::new();
        for (number, chunk) in image.chunks().iter().enumerate() {
            let kind = contents.kind(chunk.kind);
            let known = common.iter().find(|(known, _)| *known == kind).map(|(_, section)| *section);
            let section = match known {
                Some(section) if !is_shared[number] => section,
                _ => contents.add_section(kind, if is_shared[number] { &chunk.name } else { "" }),
            };
            if known.is_none() && !is_shared[number] {
                common.push((kind, section));
            }
            contents.place(section, number, chunk);
        }
        contents
    }

    /// The kind of a chunk's section: call sites are those of a section of code.
    fn kind(&self, kind: ChunkKind) -> ChunkKind {
        match kind {
            ChunkKind::Sites(code) => {
                let section = &self.sections[self.places[code.index()].section];
                ChunkKind::Sites(ChunkId::new(section.chunks[0]))
            }
            other => other,
        }
    }

    fn add_section(&mut self, kind: ChunkKind, name: &str) -> usize {
        let start = match kind {
            ChunkKind::Code => ".text",
            ChunkKind::ReadOnly => ".rodata",
            ChunkKind::Relocated => ".data.rel.ro",
            ChunkKind::Zeroed => ".bss",
            ChunkKind::Sites(_) => sites::SECTION,
            ChunkKind::Frames => ".eh_frame",
            ChunkKind::Debug(name) => name,
        };
        let name = if name.is_empty() { start.to_owned() } else { format!("{start}.{name}") };
        let relocations = format!(".rela{name}");
        self.sections.push(Section { kind, name, relocations, chunks: Vec::new(), size: 0, align: 1, fixups: 0 });
        self.sections.len() - 1
    }

    /// Puts a chunk at the end of a section.
    fn place(&mut self, number: usize, chunk_number: usize, chunk: &Chunk) {
        let section = &mut self.sections[number];
        let offset = section.size.next_multiple_of(u64::from(chunk.align));
        section.size = offset + chunk.size;
        section.align = section.align.max(chunk.align);
        section.fixups += chunk.fixups.len();
        section.chunks.push(chunk_number);
        self.places.push(Place { section: number, offset });
    }
}

struct File<'a> {
    image: &'a Image,
    machine: Architecture,
    contents: &'a Contents,
    writer: Writer<'a>,
}

/// Where everything lies in the file.
struct Layout {
    sections: Vec<SectionAt>,
    symbols: Vec<SymbolAt>,
    local_symbols: u32,
    stack_note: StringId,
}

struct SectionAt {
    index: SectionIndex,
    name: StringId,
    offset: u64,
    relocations: Option<RelocationsAt>,
}

struct RelocationsAt {
    name: StringId,
    offset: u64,
}

#[derive(Clone, Copy)]
struct SymbolAt {
    index: SymbolIndex,
    name: Option<StringId>,
}

impl File<'_> {
    /// Lays the file out: contents, symbols, relocations, section headers.
    fn reserve(&mut self) -> Result<Layout, object::write::Error> {
        self.writer.reserve_file_header();
        let mut sections = self.reserve_sections();
        self.writer.reserve_section_index();
        let stack_note = self.writer.add_section_name(STACK_NOTE);
        let (symbols, local_symbols) = self.reserve_symbols(&sections);
        self.writer.reserve_symtab_section_index();
        self.writer.reserve_symtab();
        if self.writer.symtab_shndx_needed() {
            self.writer.reserve_symtab_shndx_section_index();
        }
        self.writer.reserve_symtab_shndx();
        self.writer.reserve_strtab_section_index();
        self.writer.reserve_strtab()?;
        for (at, section) in sections.iter_mut().zip(&self.contents.sections) {
            if let Some(relocations) = &mut at.relocations {
                relocations.offset = self.writer.reserve_relocations(section.fixups, true);
            }
        }
        self.writer.reserve_shstrtab_section_index();
        self.writer.reserve_shstrtab()?;
        self.writer.reserve_section_headers();
        Ok(Layout { sections, symbols, local_symbols, stack_note })
    }

    fn reserve_sections(&mut self) -> Vec<SectionAt> {
        let mut sections = Vec::with_capacity(self.contents.sections.len());
        for section in &self.contents.sections {
            let index = self.writer.reserve_section_index();
            let name = self.writer.add_section_name(section.name.as_bytes());
            let size = if section.kind == ChunkKind::Zeroed { 0 } else { section.size };
            let offset = self.writer.reserve(size, u64::from(section.align));
            let relocations = (section.fixups > 0).then(|| {
                self.writer.reserve_section_index();
                let name = self.writer.add_section_name(section.relocations.as_bytes());
                RelocationsAt { name, offset: 0 }
            });
            sections.push(SectionAt { index, name, offset, relocations });
        }
        sections
    }

    /// Where a symbol of this unit lies.
    fn place(&self, symbol: &ImageSymbol) -> Option<Place> {
        symbol.chunk.map(|chunk| self.contents.places[chunk.index()])
    }

    /// Local symbols come first.
    fn reserve_symbols(&mut self, sections: &[SectionAt]) -> (Vec<SymbolAt>, u32) {
        self.writer.reserve_null_symbol_index();
        let unset = SymbolAt { index: SymbolIndex::default(), name: None };
        let mut symbols = vec![unset; self.image.symbols().len()];
        let mut locals = 0;
        for local in [true, false] {
            for (symbol, at) in self.image.symbols().iter().zip(&mut symbols) {
                if is_local(symbol) == local {
                    let section = self.place(symbol).map(|place| sections[place.section].index);
                    at.index = self.writer.reserve_symbol_index(section);
                    let name = symbol.name.as_bytes();
                    at.name = (!name.is_empty()).then(|| self.writer.add_string(name));
                }
            }
            if local {
                locals = self.writer.symbol_count();
            }
        }
        (symbols, locals)
    }

    fn emit(&mut self, layout: &Layout) -> Result<(), String> {
        let header = FileHeader {
            e_type: elf::ET_REL,
            e_machine: if self.machine == Architecture::Aarch64 { elf::EM_AARCH64 } else { elf::EM_X86_64 },
            ..FileHeader::default()
        };
        self.writer.write_file_header(&header).map_err(|error| error.to_string())?;
        for (section, at) in self.contents.sections.iter().zip(&layout.sections) {
            self.writer.write_align(u64::from(section.align));
            debug_assert_eq!(at.offset, self.writer.offset());
            if section.kind != ChunkKind::Zeroed {
                self.writer.write(&self.bytes(section));
            }
        }
        self.emit_symbols(layout);
        self.emit_relocations(layout)?;
        self.writer.write_shstrtab();
        self.emit_section_headers(layout);
        Ok(())
    }

    /// What a section holds. Gaps between chunks are zeros.
    fn bytes(&self, section: &Section) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(section.size as usize);
        for &number in &section.chunks {
            bytes.resize(self.contents.places[number].offset as usize, 0);
            bytes.extend_from_slice(&self.image.chunks()[number].bytes);
        }
        bytes
    }

    fn emit_symbols(&mut self, layout: &Layout) {
        self.writer.write_null_symbol();
        for local in [true, false] {
            for (symbol, at) in self.image.symbols().iter().zip(&layout.symbols) {
                if is_local(symbol) == local {
                    let place = self.place(symbol);
                    let section = place.map(|place| layout.sections[place.section].index.0);
                    let size = match symbol.chunk {
                        Some(chunk) if symbol.kind != SymbolKind::Section => self.image.chunks()[chunk.index()].size,
                        _ => 0,
                    };
                    self.writer.write_symbol(&Sym {
                        section,
                        st_name: self.writer.string_offset(at.name),
                        st_info: info(symbol),
                        st_other: visibility(symbol).into(),
                        st_shndx: elf::SHN_UNDEF,
                        st_value: place.map_or(0, |place| place.offset),
                        st_size: size,
                    });
                }
            }
        }
        self.writer.write_symtab_shndx();
        self.writer.write_strtab();
    }

    fn emit_relocations(&mut self, layout: &Layout) -> Result<(), String> {
        for (section, at) in self.contents.sections.iter().zip(&layout.sections) {
            if at.relocations.is_none() {
                continue;
            }
            self.writer.write_align_relocation();
            for &number in &section.chunks {
                let start = self.contents.places[number].offset;
                for Fixup { offset, kind, symbol, addend } in &self.image.chunks()[number].fixups {
                    let r_type =
                        relocation(self.machine, *kind).ok_or_else(|| format!("no relocation for {kind:?}"))?;
                    let r_sym = layout.symbols[symbol.index()].index.0;
                    let r_offset = start + u64::from(*offset);
                    self.writer.write_relocation(true, &Rel { r_offset, r_sym, r_type, r_addend: *addend });
                }
            }
        }
        Ok(())
    }

    fn emit_section_headers(&mut self, layout: &Layout) {
        self.writer.write_null_section_header();
        let symtab = self.writer.symtab_index();
        for (section, at) in self.contents.sections.iter().zip(&layout.sections) {
            let (sh_type, sh_flags) = type_and_flags(section.kind);
            let sh_link = match section.kind {
                ChunkKind::Sites(code) => layout.sections[self.contents.places[code.index()].section].index.0,
                _ => 0,
            };
            self.writer.write_section_header(&SectionHeader {
                sh_name: self.writer.section_name_offset(Some(at.name)),
                sh_type,
                sh_flags,
                sh_offset: at.offset,
                sh_size: section.size,
                sh_link,
                sh_addralign: u64::from(section.align),
                sh_entsize: u64::from(sh_flags.0 & elf::SHF_STRINGS.0 != 0),
                ..SectionHeader::default()
            });
            if let Some(RelocationsAt { name, offset }) = at.relocations {
                self.writer.write_relocation_section_header(name, at.index, symtab, offset, section.fixups, true);
            }
        }
        self.writer.write_section_header(&SectionHeader {
            sh_name: self.writer.section_name_offset(Some(layout.stack_note)),
            sh_type: elf::SHT_PROGBITS,
            sh_addralign: 1,
            ..SectionHeader::default()
        });
        self.writer.write_symtab_section_header(layout.local_symbols);
        self.writer.write_symtab_shndx_section_header();
        self.writer.write_strtab_section_header();
        self.writer.write_shstrtab_section_header();
    }
}

/// A name that is only defined elsewhere is never local.
fn is_local(symbol: &ImageSymbol) -> bool {
    symbol.binding == Binding::Local
}

fn info(symbol: &ImageSymbol) -> elf::SymbolInfo {
    let bind = match symbol.binding {
        Binding::Local => elf::STB_LOCAL,
        Binding::Program | Binding::Public => elf::STB_GLOBAL,
        Binding::Shared => elf::STB_WEAK,
    };
    let kind = match symbol.kind {
        SymbolKind::Function => elf::STT_FUNC,
        SymbolKind::Object => elf::STT_OBJECT,
        SymbolKind::Section => elf::STT_SECTION,
        SymbolKind::Unknown => elf::STT_NOTYPE,
    };
    elf::SymbolInfo::new(bind, kind)
}

/// What units share among themselves stays inside the program: no indirection, and no other library replaces it.
fn visibility(symbol: &ImageSymbol) -> elf::SymbolVisibility {
    match symbol.binding {
        Binding::Program | Binding::Shared => elf::STV_HIDDEN,
        Binding::Local | Binding::Public => elf::STV_DEFAULT,
    }
}

fn type_and_flags(kind: ChunkKind) -> (SectionType, SectionFlags) {
    let alloc = elf::SHF_ALLOC;
    match kind {
        ChunkKind::Code => (elf::SHT_PROGBITS, alloc | elf::SHF_EXECINSTR),
        ChunkKind::ReadOnly | ChunkKind::Frames => (elf::SHT_PROGBITS, alloc),
        ChunkKind::Relocated => (elf::SHT_PROGBITS, alloc | elf::SHF_WRITE),
        ChunkKind::Zeroed => (elf::SHT_NOBITS, alloc | elf::SHF_WRITE),
        // With `-z start-stop-gc` linkers drop it together with the function.
        ChunkKind::Sites(_) => (elf::SHT_PROGBITS, alloc | elf::SHF_LINK_ORDER),
        ChunkKind::Debug(".debug_str" | ".debug_line_str") => (elf::SHT_PROGBITS, elf::SHF_MERGE | elf::SHF_STRINGS),
        ChunkKind::Debug(_) => (elf::SHT_PROGBITS, SectionFlags::default()),
    }
}

fn relocation(machine: Architecture, kind: FixupKind) -> Option<RelocationType> {
    Some(match (machine, kind) {
        (Architecture::X86_64, FixupKind::Absolute64) => elf::R_X86_64_64,
        (Architecture::X86_64, FixupKind::Absolute32) => elf::R_X86_64_32,
        (Architecture::X86_64, FixupKind::Relative32) => elf::R_X86_64_PC32,
        (Architecture::X86_64, FixupKind::X64Call) => elf::R_X86_64_PLT32,
        (Architecture::Aarch64, FixupKind::Absolute64) => elf::R_AARCH64_ABS64,
        (Architecture::Aarch64, FixupKind::Absolute32) => elf::R_AARCH64_ABS32,
        (Architecture::Aarch64, FixupKind::Relative32) => elf::R_AARCH64_PREL32,
        (Architecture::Aarch64, FixupKind::Arm64Call) => elf::R_AARCH64_CALL26,
        (Architecture::Aarch64, FixupKind::Arm64Page) => elf::R_AARCH64_ADR_PREL_PG_HI21,
        (Architecture::Aarch64, FixupKind::Arm64PageOffset) => elf::R_AARCH64_ADD_ABS_LO12_NC,
        _ => return None,
    })
}
