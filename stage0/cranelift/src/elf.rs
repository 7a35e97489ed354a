//! An image as a relocatable ELF file.

use crate::image::{Binding, ChunkKind, Fixup, FixupKind, Image, ImageSymbol, SymbolKind};
use crate::sites;
use object::elf::{self, RelocationType, SectionFlags, SectionType};
use object::write::StringId;
use object::write::elf::{FileHeader, Rel, SectionHeader, SectionIndex, Sym, SymbolIndex, Writer};
use object::{Architecture, Endianness};

/// The stack holds no code.
const STACK_NOTE: &[u8] = b".note.GNU-stack";

/// Writes an image for a machine.
pub fn write(image: &Image, machine: Architecture) -> Result<Vec<u8>, String> {
    let names = SectionNames::of(image);
    let mut bytes = Vec::new();
    let mut file = File { image, machine, names: &names, writer: Writer::new(Endianness::Little, true, &mut bytes) };
    let layout = file.reserve().map_err(|error| error.to_string())?;
    file.emit(&layout)?;
    Ok(bytes)
}

/// The names of the sections and of the sections with their relocations, by chunk.
struct SectionNames {
    sections: Vec<String>,
    relocations: Vec<String>,
}

impl SectionNames {
    fn of(image: &Image) -> SectionNames {
        let named =
            |start: &str, name: &str| if name.is_empty() { start.to_owned() } else { format!("{start}.{name}") };
        let section = |chunk: &crate::image::Chunk| match chunk.kind {
            ChunkKind::Code => named(".text", &chunk.name),
            ChunkKind::ReadOnly => named(".rodata", &chunk.name),
            ChunkKind::Relocated => named(".data.rel.ro", &chunk.name),
            ChunkKind::Zeroed => named(".bss", &chunk.name),
            ChunkKind::Sites(_) => sites::SECTION.to_owned(),
            ChunkKind::Frames => ".eh_frame".to_owned(),
            ChunkKind::Debug(name) => name.to_owned(),
        };
        let sections: Vec<String> = image.chunks().iter().map(section).collect();
        let relocations = sections.iter().map(|name| format!(".rela{name}")).collect();
        SectionNames { sections, relocations }
    }
}

struct File<'a> {
    image: &'a Image,
    machine: Architecture,
    names: &'a SectionNames,
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
        for (section, chunk) in sections.iter_mut().zip(self.image.chunks()) {
            if let Some(relocations) = &mut section.relocations {
                relocations.offset = self.writer.reserve_relocations(chunk.fixups.len(), true);
            }
        }
        self.writer.reserve_shstrtab_section_index();
        self.writer.reserve_shstrtab()?;
        self.writer.reserve_section_headers();
        Ok(Layout { sections, symbols, local_symbols, stack_note })
    }

    fn reserve_sections(&mut self) -> Vec<SectionAt> {
        let mut sections = Vec::with_capacity(self.image.chunks().len());
        for (number, chunk) in self.image.chunks().iter().enumerate() {
            let index = self.writer.reserve_section_index();
            let name = self.writer.add_section_name(self.names.sections[number].as_bytes());
            let offset = self.writer.reserve(chunk.bytes.len() as u64, u64::from(chunk.align));
            let relocations = (!chunk.fixups.is_empty()).then(|| {
                self.writer.reserve_section_index();
                let name = self.writer.add_section_name(self.names.relocations[number].as_bytes());
                RelocationsAt { name, offset: 0 }
            });
            sections.push(SectionAt { index, name, offset, relocations });
        }
        sections
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
                    let section = symbol.chunk.map(|chunk| sections[chunk.index()].index);
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
        for (chunk, section) in self.image.chunks().iter().zip(&layout.sections) {
            self.writer.write_align(u64::from(chunk.align));
            debug_assert_eq!(section.offset, self.writer.offset());
            self.writer.write(&chunk.bytes);
        }
        self.emit_symbols(layout);
        self.emit_relocations(layout)?;
        self.writer.write_shstrtab();
        self.emit_section_headers(layout);
        Ok(())
    }

    fn emit_symbols(&mut self, layout: &Layout) {
        self.writer.write_null_symbol();
        for local in [true, false] {
            for (symbol, at) in self.image.symbols().iter().zip(&layout.symbols) {
                if is_local(symbol) == local {
                    let section = symbol.chunk.map(|chunk| layout.sections[chunk.index()].index.0);
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
                        st_value: 0,
                        st_size: size,
                    });
                }
            }
        }
        self.writer.write_symtab_shndx();
        self.writer.write_strtab();
    }

    fn emit_relocations(&mut self, layout: &Layout) -> Result<(), String> {
        for (chunk, section) in self.image.chunks().iter().zip(&layout.sections) {
            if section.relocations.is_none() {
                continue;
            }
            self.writer.write_align_relocation();
            for Fixup { offset, kind, symbol, addend } in &chunk.fixups {
                let r_type = relocation(self.machine, *kind).ok_or_else(|| format!("no relocation for {kind:?}"))?;
                let r_sym = layout.symbols[symbol.index()].index.0;
                self.writer
                    .write_relocation(true, &Rel { r_offset: u64::from(*offset), r_sym, r_type, r_addend: *addend });
            }
        }
        Ok(())
    }

    fn emit_section_headers(&mut self, layout: &Layout) {
        self.writer.write_null_section_header();
        let symtab = self.writer.symtab_index();
        for (chunk, section) in self.image.chunks().iter().zip(&layout.sections) {
            let (sh_type, sh_flags) = type_and_flags(chunk.kind);
            let sh_link = match chunk.kind {
                ChunkKind::Sites(code) => layout.sections[code.index()].index.0,
                _ => 0,
            };
            self.writer.write_section_header(&SectionHeader {
                sh_name: self.writer.section_name_offset(Some(section.name)),
                sh_type,
                sh_flags,
                sh_offset: section.offset,
                sh_size: chunk.size,
                sh_link,
                sh_addralign: u64::from(chunk.align),
                sh_entsize: u64::from(sh_flags.0 & elf::SHF_STRINGS.0 != 0),
                ..SectionHeader::default()
            });
            if let Some(RelocationsAt { name, offset }) = section.relocations {
                let count = chunk.fixups.len();
                self.writer.write_relocation_section_header(name, section.index, symtab, offset, count, true);
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
