//! Images as ELF files, read back with another reader.

use kea_cranelift::elf;
use kea_cranelift::image::{Binding, Chunk, ChunkKind, Fixup, FixupKind, Image, SymbolKind};
use object::read::elf::{ElfFile64, FileHeader, SectionHeader};
use object::{Architecture, Endianness, Object, ObjectSection, ObjectSymbol, RelocationFlags};

/// A function that calls an imported one and refers to data, with a record of its call sites.
fn image() -> Image {
    let mut image = Image::default();
    let function = image.add_symbol("kea.f".into(), Binding::Program);
    let imported = image.add_symbol("kea_alloc".into(), Binding::Public);
    let shared = image.add_symbol("kea.op.Parse.raise".into(), Binding::Shared);
    let fixup = |offset, kind, symbol, addend| Fixup { offset, kind, symbol, addend };
    let calls = vec![fixup(1, FixupKind::X64Call, imported, -4), fixup(8, FixupKind::Relative32, shared, -4)];
    let code = image.add_chunk(Chunk::new(ChunkKind::Code, "kea.f", 64, vec![0x90; 16], calls));
    image.define(function, SymbolKind::Function, code);
    let site = vec![fixup(8, FixupKind::Relative32, function, 0)];
    image.add_chunk(Chunk::new(ChunkKind::Sites(code), "", 8, vec![0; 24], site));
    let data = image.add_chunk(Chunk::new(ChunkKind::ReadOnly, "kea.op.Parse.raise", 8, vec![0; 8], Vec::new()));
    image.define(shared, SymbolKind::Object, data);
    let global = image.add_symbol("kea.global.limit".into(), Binding::Program);
    let memory = image.add_chunk(Chunk::zeroed("kea.global.limit", 8, 16));
    image.define(global, SymbolKind::Object, memory);
    image
}

fn parse(bytes: &[u8]) -> ElfFile64<'_, Endianness> {
    ElfFile64::parse(bytes).expect("the file can be read")
}

#[test]
fn sections_have_their_type_flags_and_link() {
    let bytes = elf::write(&image(), Architecture::X86_64).expect("the image can be written");
    let file = parse(&bytes);
    assert_eq!(file.elf_header().e_machine(Endianness::Little), object::elf::EM_X86_64);
    let flags = |name: &str| {
        let section = file.section_by_name(name).unwrap_or_else(|| panic!("there is a section {name}"));
        let header = section.elf_section_header();
        (header.sh_type(Endianness::Little).0, header.sh_flags(Endianness::Little).0 as u32, section.size())
    };
    let (write, alloc, execute, link_order) = (1, 2, 4, 0x80);
    assert_eq!(flags(".text"), (1, alloc | execute, 16));
    assert_eq!(flags(".rodata.kea.op.Parse.raise"), (1, alloc, 8));
    assert_eq!(flags(".bss"), (8, alloc | write, 16));
    assert_eq!(flags("kea_sites"), (1, alloc | link_order, 24));
    assert_eq!(flags(".note.GNU-stack"), (1, 0, 0));
    let text = file.section_by_name(".text").expect("there is code").index();
    let sites = file.section_by_name("kea_sites").expect("there are sites");
    assert_eq!(sites.elf_section_header().sh_link(Endianness::Little) as usize, text.0);
}

#[test]
fn symbols_have_their_binding_and_visibility() {
    let bytes = elf::write(&image(), Architecture::X86_64).expect("the image can be written");
    let file = parse(&bytes);
    let symbol = |name: &str| {
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
        let symbol = symbol.unwrap_or_else(|| panic!("there is a symbol {name}"));
        let hidden = symbol.elf_symbol().st_visibility() == object::elf::STV_HIDDEN;
        (symbol.is_undefined(), symbol.is_weak(), hidden, symbol.size())
    };
    assert_eq!(symbol("kea.f"), (false, false, true, 16));
    assert_eq!(symbol("kea_alloc"), (true, false, false, 0));
    assert_eq!(symbol("kea.op.Parse.raise"), (false, true, true, 8));
    assert_eq!(symbol("kea.global.limit"), (false, false, true, 16));
}

#[test]
fn relocations_name_their_symbols() {
    let bytes = elf::write(&image(), Architecture::X86_64).expect("the image can be written");
    let file = parse(&bytes);
    let section = file.section_by_name(".text").expect("there is code");
    let relocations: Vec<_> = section
        .relocations()
        .map(|(offset, relocation)| {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { panic!("not of ELF") };
            (offset, r_type, relocation.addend())
        })
        .collect();
    let expected = [(1, object::elf::R_X86_64_PLT32, -4), (8, object::elf::R_X86_64_PC32, -4)];
    assert_eq!(relocations, expected);
}

#[test]
fn chunks_of_one_kind_share_a_section() {
    let mut image = Image::default();
    let imported = image.add_symbol("kea_alloc".into(), Binding::Public);
    for (name, size) in [("kea.f", 10), ("kea.g", 6)] {
        let function = image.add_symbol(name.into(), Binding::Program);
        let call = Fixup { offset: 1, kind: FixupKind::X64Call, symbol: imported, addend: -4 };
        let code = image.add_chunk(Chunk::new(ChunkKind::Code, name, 16, vec![0x90; size], vec![call]));
        image.define(function, SymbolKind::Function, code);
        image.add_chunk(Chunk::new(ChunkKind::Sites(code), "", 8, vec![size as u8; 8], Vec::new()));
    }
    let bytes = elf::write(&image, Architecture::X86_64).expect("the image can be written");
    let file = parse(&bytes);
    let named = |name: &str| file.sections().filter(|section| section.name() == Ok(name)).collect::<Vec<_>>();
    let (text, sites) = (named(".text"), named("kea_sites"));
    assert_eq!((text.len(), text[0].size(), text[0].align()), (1, 22, 16));
    assert_eq!((sites.len(), sites[0].data()), (1, Ok(&[[10; 8], [6; 8]].concat()[..])));
    let places: Vec<_> = file.symbols().filter(ObjectSymbol::is_definition).map(|symbol| symbol.address()).collect();
    assert_eq!(places, [0, 16]);
    let calls: Vec<u64> = text[0].relocations().map(|(offset, _)| offset).collect();
    assert_eq!(calls, [1, 17]);
}

#[test]
fn what_a_machine_lacks_is_refused() {
    let error = elf::write(&image(), Architecture::Aarch64).expect_err("a call of x86-64 on AArch64");
    assert!(error.contains("X64Call"), "{error}");
}
