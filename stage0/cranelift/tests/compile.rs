//! Modules to object files, which are read back: symbols, call sites, line tables, for both targets.

use cranelift_codegen::gimli::{self, EndianSlice, LittleEndian, SectionId};
use kea_cranelift::compile::{Item, compile};
use kea_cranelift::isa::{TARGETS, target_isa};
use kea_cranelift::lower::Lowering;
use kea_cranelift::object::compile_object;
use kea_mir::backend::{Backend, Optimize, Options};
use kea_mir::entity::FuncId;
use kea_mir::reader::read;
use kea_mir::validate::{ValidModule, validate};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget};
use std::collections::BTreeMap;

const TEXT: &str = include_str!("compile.mir");

fn module(target: &str) -> ValidModule {
    let text = TEXT.replace(TARGETS[0], target);
    let module = read(text.as_bytes()).expect("the module can be read");
    validate(module).expect("the module is valid")
}

fn options(target: &str, optimize: Optimize) -> Options {
    Options { target: target.into(), optimize, debug_lines: true, jobs: 1 }
}

fn object_file(target: &str, optimize: Optimize) -> Vec<u8> {
    let compiled = compile_object(&module(target), &options(target, optimize), true);
    compiled.expect("the module can be compiled").object
}

fn parse(bytes: &[u8]) -> ElfFile64<'_> {
    ElfFile64::parse(bytes).expect("the object file can be read")
}

#[test]
fn bytes_do_not_depend_on_jobs() {
    for target in TARGETS {
        for optimize in [Optimize::None, Optimize::Speed] {
            let one = object_file(target, optimize);
            for jobs in [2, 3, 64] {
                let options = Options { jobs, ..options(target, optimize) };
                let compiled = compile_object(&module(target), &options, false).expect("it compiles");
                assert!(compiled.object == one, "{target}, {optimize:?}, {jobs} jobs");
            }
        }
    }
}

#[test]
fn symbols_say_who_sees_what() {
    for target in TARGETS {
        let bytes = object_file(target, Optimize::Speed);
        let file = parse(&bytes);
        let all: BTreeMap<&str, (bool, bool, bool)> = file
            .symbols()
            .filter(|symbol| symbol.kind() != object::SymbolKind::Section)
            .filter_map(|symbol| {
                Some((symbol.name().ok()?, (symbol.is_definition(), symbol.is_global(), symbol.is_weak())))
            })
            .collect();
        let (defined, undefined, local, weak) =
            ((true, true, false), (false, true, false), (true, false, false), (true, true, true));
        for (name, expected) in [
            ("main", defined),
            ("kea.main", defined),
            ("kea.check", defined),
            ("kea.add.one", local),
            ("kea_entry", local),
            ("kea_start", undefined),
            ("kea_io_stdout", undefined),
            ("kea_panic_overflow", undefined),
            ("kea.elsewhere", undefined),
            ("kea.global.limit", defined),
            ("kea.op.Parse.raise", weak),
        ] {
            assert_eq!(all.get(name), Some(&expected), "{name} of {target}");
        }
    }
}

#[test]
fn aarch64_objects_refer_relative_to_their_code() {
    let bytes = object_file(TARGETS[1], Optimize::Speed);
    let file = parse(&bytes);
    assert_eq!(file.architecture(), object::Architecture::Aarch64);
    let mut kinds: Vec<u32> = file
        .sections()
        .filter(|section| section.kind() == object::SectionKind::Text)
        .flat_map(|section| section.relocations().collect::<Vec<_>>())
        .map(|(_, relocation)| match relocation.flags() {
            RelocationFlags::Elf { r_type } => r_type.0,
            other => panic!("{other:?}"),
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (page, page_offset, call) = (
        object::elf::R_AARCH64_ADR_PREL_PG_HI21.0,
        object::elf::R_AARCH64_ADD_ABS_LO12_NC.0,
        object::elf::R_AARCH64_CALL26.0,
    );
    assert_eq!(kinds, [page, page_offset, call]);
}

#[test]
fn no_section_asks_for_what_linkers_warn_about() {
    for target in TARGETS {
        let bytes = object_file(target, Optimize::None);
        let file = parse(&bytes);
        let note = file.section_by_name(".note.GNU-stack").expect("the stack is not executable");
        assert_eq!(note.size(), 0);
        let writable_code = file.sections().any(|section| {
            let object::SectionFlags::Elf { sh_flags, .. } = section.flags() else { return true };
            let flags = sh_flags.0 as u32;
            flags & object::elf::SHF_WRITE.0 as u32 != 0 && flags & object::elf::SHF_EXECINSTR.0 as u32 != 0
        });
        assert!(!writable_code);
    }
}

/// A record of `kea_sites`: the function, and its sites as line and column by offset.
struct Record {
    name: String,
    code_size: u32,
    sites: Vec<(u32, u32, u16)>,
}

/// The records of a section, each of the size that it begins with.
fn records(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some(size) = bytes.first_chunk() {
        let (own, rest) = bytes.split_at(u32::from_le_bytes(*size) as usize);
        records.push(record(own));
        bytes = rest;
    }
    records
}

fn record(bytes: &[u8]) -> Record {
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"));
    assert_eq!(bytes.len() % 8, 0);
    let (name, sites, files) = (u32_at(12) as usize, u32_at(16) as usize, u32_at(20) as usize);
    let site = |at: usize| {
        assert!(usize::from(u16_at(at + 10)) < files);
        (u32_at(at), u32_at(at + 4), u16_at(at + 8))
    };
    let start = 24 + 12 * sites + 4 * files;
    Record {
        name: String::from_utf8(bytes[start..start + name].to_vec()).expect("a name"),
        code_size: u32_at(4),
        sites: (0..sites).map(|index| site(24 + 12 * index)).collect(),
    }
}

#[test]
fn every_function_has_its_call_sites() {
    for target in TARGETS {
        for optimize in [Optimize::None, Optimize::Speed] {
            let bytes = object_file(target, optimize);
            let file = parse(&bytes);
            let section = file.section_by_name("kea_sites").expect("there are sites");
            let records = records(section.data().expect("it has contents"));
            let names: Vec<&str> = records.iter().map(|record| &*record.name).collect();
            assert_eq!(names, ["main", "add.one", "check", "Parse.default"]);
            for record in &records {
                assert!(record.sites.is_sorted());
                assert!(record.sites.iter().all(|(offset, ..)| *offset <= record.code_size));
            }
            let places = |index: usize| {
                let mut places: Vec<(u32, u16)> =
                    records[index].sites.iter().map(|(_, line, column)| (*line, *column)).collect();
                places.sort_unstable();
                places
            };
            // A call without a place has the function's; a function without a place has a name only.
            assert_eq!(places(0), [(3, 1), (4, 10), (5, 8)]);
            assert_eq!(places(1), [(9, 5)]);
            assert_eq!(places(3), []);
        }
    }
}

/// The contents of a debug section as if section number n were at n × 65,536.
fn relocated(file: &ElfFile64<'_>, name: &str) -> Vec<u8> {
    let Some(section) = file.section_by_name(name) else { return Vec::new() };
    let mut bytes = section.data().expect("it has contents").to_vec();
    for (offset, relocation) in section.relocations() {
        let RelocationTarget::Symbol(symbol) = relocation.target() else { panic!("no symbol") };
        let symbol = file.symbol_by_index(symbol).expect("the symbol is there");
        let is_section = symbol.kind() == object::SymbolKind::Section;
        let section = symbol.section_index().expect("it is defined").0 as i64;
        let base = if is_section { 0 } else { section * 65_536 + symbol.address() as i64 };
        let size = usize::from(relocation.size()) / 8;
        let at = offset as usize;
        bytes[at..at + size].copy_from_slice(&(base + relocation.addend()).to_le_bytes()[..size]);
    }
    bytes
}

#[test]
fn debuggers_find_functions_and_lines() -> gimli::Result<()> {
    for target in TARGETS {
        let bytes = object_file(target, Optimize::Speed);
        let file = parse(&bytes);
        let load = |id: SectionId| Ok::<_, gimli::Error>(relocated(&file, id.name()));
        let sections = gimli::DwarfSections::load(load)?;
        let dwarf = sections.borrow(|section| EndianSlice::new(section, LittleEndian));
        let header = dwarf.units().next()?.expect("there is a unit");
        let unit = dwarf.unit(header)?;
        let mut functions = Vec::new();
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag() == gimli::DW_TAG_subprogram {
                let text = |name| {
                    let value = entry.attr_value(name).expect("the attribute is there");
                    dwarf.attr_string(&unit, value).map(|text| text.to_string_lossy().into_owned())
                };
                functions.push((text(gimli::DW_AT_name)?, text(gimli::DW_AT_linkage_name)?));
            }
        }
        let expected = ["main", "add.one", "check", "Parse.default"].map(|name| (name.into(), format!("kea.{name}")));
        assert_eq!(functions, expected);

        let mut lines = Vec::new();
        let program = unit.line_program.clone().expect("there are lines");
        let mut rows = program.rows();
        while let Some((header, row)) = rows.next_row()? {
            if row.end_sequence() {
                continue;
            }
            let path = row.file(header).expect("the file is known").path_name();
            assert_eq!(dwarf.attr_string(&unit, path)?.to_string_lossy(), "lib/sum.kea");
            lines.push(row.line().map_or(0, u64::from));
        }
        assert_eq!(lines.first(), Some(&3), "the prologue has the function's line");
        for line in [3, 4, 5, 8, 9, 12] {
            assert!(lines.contains(&line), "line {line} of {target} in {lines:?}");
        }
    }
    Ok(())
}

#[test]
fn frames_cover_every_function() {
    for target in TARGETS {
        let bytes = object_file(target, Optimize::Speed);
        let file = parse(&bytes);
        let frames = file.section_by_name(".eh_frame").expect("there is unwind information");
        // Four functions, `kea_entry`, and `main`.
        assert_eq!(frames.relocations().count(), 6);
    }
}

#[test]
fn lines_are_left_out_when_nobody_asks() {
    let options = Options { debug_lines: false, ..options(TARGETS[0], Optimize::None) };
    let bytes = kea_cranelift::Cranelift.compile(&module(TARGETS[0]), &options).expect("it compiles").object;
    let names: Vec<String> =
        parse(&bytes).sections().map(|section| section.name().unwrap_or_default().to_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".debug") || name == ".eh_frame"), "{names:?}");
    assert!(names.iter().any(|name| name == "kea_sites"));
}

#[test]
fn other_targets_are_refused() {
    let compile = |module: &ValidModule, target: &str| {
        let findings = kea_cranelift::Cranelift.compile(module, &options(target, Optimize::None));
        findings.expect_err("the target is refused").remove(0).message
    };
    let message = compile(&module("riscv64-unknown-linux-gnu"), "riscv64-unknown-linux-gnu");
    assert_eq!(
        message,
        "no code for `riscv64-unknown-linux-gnu`: the targets are x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu"
    );
    let message = compile(&module(TARGETS[0]), TARGETS[1]);
    assert_eq!(message, "the module is for `x86_64-unknown-linux-gnu`, the request for `aarch64-unknown-linux-gnu`");
}

#[test]
fn what_cannot_be_compiled_is_a_diagnostic() {
    let module = module(TARGETS[0]);
    let isa = target_isa(TARGETS[0], Optimize::None, true).expect("the target is known");
    let lowering = Lowering { module: &module, isa: &*isa };
    let with_body = |function: &kea_mir::module::Function| function.body.is_some();
    let good = FuncId::new(module.functions.iter().position(with_body).expect("a function has a body"));
    // What has no body cannot be lowered: nobody asks for it but this test.
    let items = [Item::Function(FuncId(0)), Item::Function(good)];
    assert!(!with_body(module.function(FuncId(0))));
    let findings = compile(&lowering, &items, 1).expect_err("there is no code to compile");
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].rule, findings[0].function.as_deref()), ("internal", Some("kea_io_stdout")));
}
