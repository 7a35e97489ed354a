//! Which functions keep a frame, what debuggers learn of it, and in which registers loops that call keep their values.

use cranelift_codegen::gimli::{
    BaseAddresses, CfaRule, CieOrFde, EhFrame, EndianSlice, LittleEndian, UnwindContext, UnwindSection, X86_64,
};
use kea_cranelift::isa::TARGETS;
use kea_cranelift::object::compile_object;
use kea_mir::backend::{Optimize, Options};
use kea_mir::reader::read;
use kea_mir::validate::validate;
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags};
use std::ops::Range;

const TEXT: &str = "kea-mir 1.0
target TARGET
import @elsewhere (i64) -> i64 pure
func @leaf (v0: i64, v1: i64) -> i64 pure
b0:
  v2 = xor.i64 v0 v1
  return (v2)
end
func @choice (v0: i64, v1: i64) -> i64 pure
b0:
  v2 = lt.i64.signed v0 v1
  branch v2 b1 b2
b1:
  tail_call @elsewhere (v0)
b2:
  return (v1)
end
func @float (v0: f64) -> f64 pure
b0:
  v1 = const.f64 0.1
  v2 = mul.f64 v0 v1
  v3 = neg.f64 v2
  return (v3)
end
func @calls (v0: i64) -> i64 pure
b0:
  v1 = call @elsewhere (v0)
  v2 = add.i64.wrapping v1 v0
  return (v2)
end
func @checks (v0: i64, v1: i64) -> i64 pure
b0:
  v2 = add.i64.checked v0 v1
  return (v2)
end
func @stacked (v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64, v6: i64, v7: i64, v8: i64) -> i64 pure
b0:
  v9 = xor.i64 v0 v8
  return (v9)
end
func @few (v0: i64, v1: i64) -> i64 pure
b0:
  v2 = const.i64 0
  jump b1 (v2, v2)
b1 (v3: i64, v4: i64):
  v5 = call @elsewhere (v0)
  v6 = add.i64.wrapping v4 v5
  v7 = const.i64 1
  v8 = add.i64.wrapping v3 v7
  v9 = lt.i64.signed v8 v1
  branch v9 b1 (v8, v6) b2
b2:
  return (v6)
end
func @many (v0: i64, v1: i64, v2: i64) -> i64 pure
b0:
  v3 = const.i64 0
  jump b1 (v3, v3)
b1 (v4: i64, v5: i64):
  v6 = call @elsewhere (v0)
  v7 = xor.i64 v6 v2
  v8 = add.i64.wrapping v5 v7
  v9 = const.i64 1
  v10 = add.i64.wrapping v4 v9
  v11 = lt.i64.signed v10 v1
  branch v11 b1 (v10, v8) b2
b2:
  return (v8)
end
";

/// Functions that make no call and have nothing on the stack.
const FRAMELESS: [&str; 3] = ["leaf", "choice", "float"];
const FRAMED: [&str; 5] = ["calls", "checks", "stacked", "few", "many"];

/// `push rbp` and `mov rbp, rsp`; `stp x29, x30, [sp, #-16]!` and `mov x29, sp`.
const ENTER: [&[u8]; 2] = [&[0x55, 0x48, 0x89, 0xe5], &[0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91]];

fn object_file(target: &str, optimize: Optimize) -> Vec<u8> {
    let module = read(TEXT.replace("TARGET", target).as_bytes()).expect("the module can be read");
    let module = validate(module).expect("the module is valid");
    let options = Options { target: target.into(), optimize, debug_lines: true, jobs: 1 };
    compile_object(&module, &options, true).expect("the module can be compiled").object
}

fn parse(bytes: &[u8]) -> ElfFile64<'_> {
    ElfFile64::parse(bytes).expect("the object file can be read")
}

/// Where a function lies in the section of code.
fn place(file: &ElfFile64<'_>, name: &str) -> Range<u64> {
    let symbol = file.symbol_by_name(&format!("kea.{name}")).expect("the function is there");
    symbol.address()..symbol.address() + symbol.size()
}

fn code<'a>(file: &ElfFile64<'a>, name: &str) -> &'a [u8] {
    let section = file.section_by_name(".text").expect("there is code");
    let Range { start, end } = place(file, name);
    &section.data().expect("it has contents")[start as usize..end as usize]
}

/// How often code contains bytes that a pattern accepts.
fn count(code: &[u8], width: usize, pattern: impl Fn(&[u8]) -> bool) -> usize {
    code.windows(width).filter(|window| pattern(window)).count()
}

#[test]
fn only_functions_that_call_keep_a_frame() {
    for (target, enter) in TARGETS.into_iter().zip(ENTER) {
        for optimize in [Optimize::None, Optimize::Speed] {
            let bytes = object_file(target, optimize);
            let file = parse(&bytes);
            for name in FRAMED {
                assert!(code(&file, name).starts_with(enter), "{name} of {target}");
            }
            // Without the backtracking allocator, values may lie on the stack.
            if optimize == Optimize::Speed {
                for name in FRAMELESS {
                    assert_eq!(count(code(&file, name), 4, |window| *window == enter[..4]), 0, "{name} of {target}");
                }
            }
        }
    }
}

#[test]
fn code_on_x86_64_is_what_is_needed() {
    let bytes = object_file(TARGETS[0], Optimize::Speed);
    let file = parse(&bytes);
    // `mov rax, rdi`, `xor rax, rsi`, `ret`, and what is never reached.
    assert_eq!(code(&file, "leaf"), [0x48, 0x89, 0xf8, 0x48, 0x33, 0xc6, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc]);
    // Constants are aligned to their size, so the code in front of them has not moved.
    assert!(code(&file, "float").starts_with(&[0x0f, 0x1f, 0x40, 0x00]));
    // Parameters on the stack are found by the frame pointer.
    assert!(code(&file, "stacked").starts_with(ENTER[0]));
    assert!(code(&file, "stacked").ends_with(&[0x5d, 0xc2, 32, 0, 0xcc, 0xcc, 0xcc]));
}

#[test]
fn the_address_of_a_tail_call_moves_with_it() {
    let bytes = object_file(TARGETS[0], Optimize::Speed);
    let file = parse(&bytes);
    let (section, place) = (file.section_by_name(".text").expect("there is code"), place(&file, "choice"));
    let relocations: Vec<_> = section.relocations().filter(|(offset, _)| place.contains(offset)).collect();
    let [(offset, relocation)] = relocations.as_slice() else { panic!("one address: {relocations:?}") };
    assert_eq!(code(&file, "choice")[(offset - place.start) as usize - 1], 0xe9);
    assert_eq!(relocation.addend(), -4);
    assert_eq!(relocation.flags(), RelocationFlags::Elf { r_type: object::elf::R_X86_64_PLT32 });
}

#[test]
fn debuggers_find_the_caller_of_a_function_without_a_frame() {
    let bytes = object_file(TARGETS[0], Optimize::Speed);
    let file = parse(&bytes);
    let section = file.section_by_name(".eh_frame").expect("there is unwind information");
    let functions: Vec<(u64, String)> = section
        .relocations()
        .map(|(offset, relocation)| {
            let object::RelocationTarget::Symbol(index) = relocation.target() else { panic!("no symbol") };
            let symbol = file.symbol_by_index(index).expect("the symbol is there");
            (offset, symbol.name().expect("it has a name").trim_start_matches("kea.").to_owned())
        })
        .collect();
    let frames = EhFrame::from(EndianSlice::new(section.data().expect("it has contents"), LittleEndian));
    let bases = BaseAddresses::default().set_eh_frame(0);
    let (mut entries, mut found) = (frames.entries(&bases), 0);
    while let Some(entry) = entries.next().expect("the section can be read") {
        let CieOrFde::Fde(partial) = entry else { continue };
        let entry = partial.parse(EhFrame::cie_from_offset).expect("the entry can be read");
        // The address, which the linker fills in, is its own offset so far.
        let (_, name) = functions.iter().find(|(offset, _)| *offset == entry.initial_address()).expect("a function");
        assert_eq!(entry.len(), code(&file, name).len() as u64);
        let mut context = UnwindContext::new();
        let last = entry.initial_address() + entry.len() - 1;
        let row = entry.unwind_info_for_address(&frames, &bases, &mut context, last).expect("there is a row");
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { panic!("no register") };
        let frameless = FRAMELESS.contains(&&**name);
        assert_eq!((register, offset), if frameless { (X86_64::RSP, 8) } else { (X86_64::RBP, 16) }, "{name}");
        found += 1;
    }
    assert_eq!(found, functions.len());
    assert_eq!(found, FRAMELESS.len() + FRAMED.len());
}

#[test]
fn loops_that_call_keep_their_values_in_registers() {
    let bytes = object_file(TARGETS[0], Optimize::Speed);
    let file = parse(&bytes);
    // `imul r64, r64, 1`, which copies a value out of its fixed register: two parameters and the result.
    let copy = |window: &[u8]| window[0] & 0xf8 == 0x48 && window[1] == 0x6b && window[2] >= 0xc0 && window[3] == 1;
    assert_eq!(count(code(&file, "few"), 4, copy), 3);
    // The loop ends in a branch back to its beginning, without a jump to it behind moves.
    assert_eq!(count(code(&file, "few"), 5, |window| window[0] == 0xe9 && window[4] == 0xff), 0);
    // More values than registers: no copies.
    assert_eq!(count(code(&file, "many"), 4, copy), 0);
}
