//! A module compiled to memory: the image of an object file, loaded where it will run.

use crate::assemble::{ENTRY, assemble};
use crate::compile::{Work, compile};
use crate::image::{Binding, ChunkKind, FixupKind, Image, ImageSymbol, SymbolId};
use crate::isa::{host, target_isa};
use crate::lower::Lowering;
use crate::mapping::{Access, Mapping};
use crate::object::items;
use kea_mir::backend::Optimize;
use kea_mir::diagnostic::Diagnostic;
use kea_mir::validate::ValidModule;
use rustc_hash::FxHashMap;
use std::ffi::{CStr, CString, c_void};
use std::ops::Range;

/// A jump to an address anywhere: what calls of the runtime go through, as its code may be too far away.
const STUB_SIZE: usize = 16;
const PAGE_SIZE: usize = 1 << 16;

/// A program's entry: takes the runtime's context and gives the exit status.
pub type Entry = unsafe extern "C" fn(context: *mut c_void) -> i64;

/// How a module is compiled to memory.
#[derive(Clone, Copy, Debug)]
pub struct JitOptions {
    /// How much work to put into the code.
    pub optimize: Optimize,
    /// How many threads may work at once.
    pub jobs: usize,
    /// Whether Cranelift checks its own intermediate form.
    pub verify: bool,
}

/// A module in memory. Its code must not run, and its static data not be in use, once it is dropped.
#[derive(Debug)]
pub struct Jit {
    mapping: Mapping,
    entry: Option<usize>,
    sites: Range<usize>,
}

impl Jit {
    /// Compiles a module for this machine. `runtime` holds the addresses of the runtime's functions and services;
    /// foreign functions are looked for among the libraries of this process.
    pub fn compile(
        module: &ValidModule,
        options: JitOptions,
        runtime: &[(&str, *const u8)],
    ) -> Result<(Jit, Work), Vec<Diagnostic>> {
        let (image, work) = build(module, options)?;
        let addresses = External::new(runtime).resolve(&image)?;
        let jit = load(&image, &addresses).map_err(|message| vec![Diagnostic::error("jit", 0, message)])?;
        Ok((jit, work))
    }

    /// The entry, where the module has one.
    pub fn entry(&self) -> Option<Entry> {
        let offset = self.entry?;
        // SAFETY: at this offset lies the code of `Lowering::entry`, a function of exactly this signature.
        Some(unsafe { std::mem::transmute::<*const u8, Entry>(self.mapping.address(offset)) })
    }

    /// The call sites of the code, as the section `kea_sites` holds them; at an address where its relative addresses hold.
    pub fn sites(&self) -> &[u8] {
        // SAFETY: call sites lie in the range that `load` protects.
        unsafe { self.mapping.bytes(self.sites.clone()) }
    }
}

fn build(module: &ValidModule, options: JitOptions) -> Result<(Image, Work), Vec<Diagnostic>> {
    let refuse = |message: String| vec![Diagnostic::error("target", 0, message)];
    let host = host().ok_or_else(|| refuse("no code can be generated for this machine".into()))?;
    if *module.target != *host {
        return Err(refuse(format!("the module is for `{}`, this machine is `{host}`", module.target)));
    }
    let isa = target_isa(host, options.optimize, options.verify).map_err(|diagnostic| vec![diagnostic])?;
    let lowering = Lowering { module, isa: &*isa };
    let (codes, work) = compile(&lowering, &items(module), options.jobs)?;
    Ok((assemble(module, &codes).0, work))
}

/// Symbols that the module does not define.
struct External<'a> {
    runtime: FxHashMap<&'a str, usize>,
}

impl<'a> External<'a> {
    fn new(runtime: &[(&'a str, *const u8)]) -> External<'a> {
        External { runtime: runtime.iter().map(|(name, address)| (*name, address.addr())).collect() }
    }

    /// The address of each symbol that is not defined, by number.
    fn resolve(&self, image: &Image) -> Result<FxHashMap<SymbolId, usize>, Vec<Diagnostic>> {
        let mut addresses = FxHashMap::default();
        let mut missing = Vec::new();
        let undefined = image.symbols().iter().enumerate().filter(|(_, symbol)| symbol.chunk.is_none());
        for (number, symbol) in undefined {
            match self.address(symbol) {
                Some(address) => {
                    addresses.insert(SymbolId::new(number), address);
                }
                None => {
                    let message = format!("`{}` is defined neither here nor in the runtime or a library", symbol.name);
                    missing.push(Diagnostic::error("import", 0, message));
                }
            }
        }
        if missing.is_empty() { Ok(addresses) } else { Err(missing) }
    }

    fn address(&self, symbol: &ImageSymbol) -> Option<usize> {
        let runtime = self.runtime.get(&*symbol.name).copied();
        runtime.or_else(|| if symbol.binding == Binding::Public { library_function(&symbol.name) } else { None })
    }
}

/// A function of the libraries of this process, or of the C library's mathematical part, which it may not have loaded.
fn library_function(name: &str) -> Option<usize> {
    const MATH: &CStr = c"libm.so.6";
    let name = CString::new(name).ok()?;
    // SAFETY: the strings end in a zero byte, and loading the mathematical library runs no code that depends on this process.
    let address = unsafe {
        let address = libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr());
        if address.is_null() {
            let library = libc::dlopen(MATH.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            if library.is_null() { library } else { libc::dlsym(library, name.as_ptr()) }
        } else {
            address
        }
    };
    (!address.is_null()).then(|| address.addr())
}

/// Where everything lies from the start of the mapping.
struct Layout {
    chunks: Vec<usize>,
    stubs: FxHashMap<SymbolId, usize>,
    sites: Range<usize>,
    /// Code, with the stubs.
    code: Range<usize>,
    /// Data that is not written once it is there.
    data: Range<usize>,
    size: usize,
}

impl Layout {
    fn new(image: &Image, external: &FxHashMap<SymbolId, usize>) -> Layout {
        let mut chunks = vec![0; image.chunks().len()];
        let mut end = 0;
        let mut place = |end: &mut usize, wanted: fn(ChunkKind) -> bool| {
            let start = *end;
            for (chunk, offset) in image.chunks().iter().zip(&mut chunks) {
                if wanted(chunk.kind) {
                    *offset = end.next_multiple_of(chunk.align as usize);
                    *end = *offset + chunk.size as usize;
                }
            }
            start..*end
        };
        place(&mut end, |kind| kind == ChunkKind::Code);
        let mut undefined: Vec<SymbolId> = external.keys().copied().collect();
        undefined.sort_unstable();
        end = end.next_multiple_of(STUB_SIZE);
        let stubs = undefined.iter().enumerate().map(|(index, symbol)| (*symbol, end + index * STUB_SIZE)).collect();
        let code = 0..(end + undefined.len() * STUB_SIZE).next_multiple_of(PAGE_SIZE);
        end = code.end;
        let sites = place(&mut end, |kind| matches!(kind, ChunkKind::Sites(_)));
        place(&mut end, |kind| matches!(kind, ChunkKind::ReadOnly | ChunkKind::Relocated));
        let data = code.end..end.next_multiple_of(PAGE_SIZE);
        end = data.end;
        place(&mut end, |kind| kind == ChunkKind::Zeroed);
        let size = end.next_multiple_of(PAGE_SIZE).max(PAGE_SIZE);
        Layout { chunks, stubs, sites, code, data, size }
    }
}

fn load(image: &Image, external: &FxHashMap<SymbolId, usize>) -> Result<Jit, String> {
    let layout = Layout::new(image, external);
    let mapping = Mapping::new(layout.size, |base, bytes| fill(image, external, &layout, base, bytes))?;
    mapping.protect(layout.code, Access::Execute)?;
    mapping.protect(layout.data, Access::Read)?;
    let entry = image.symbols().iter().find(|symbol| &*symbol.name == ENTRY).and_then(|symbol| symbol.chunk);
    Ok(Jit { mapping, entry: entry.map(|chunk| layout.chunks[chunk.index()]), sites: layout.sites })
}

/// Writes the memory that lies at the address `base`.
fn fill(
    image: &Image,
    external: &FxHashMap<SymbolId, usize>,
    layout: &Layout,
    base: usize,
    bytes: &mut [u8],
) -> Result<(), String> {
    for (symbol, offset) in &layout.stubs {
        bytes[*offset..*offset + STUB_SIZE].copy_from_slice(&stub(external[symbol]));
    }
    let address = |symbol: SymbolId, kind: FixupKind| match image.symbol(symbol).chunk {
        Some(chunk) => base + layout.chunks[chunk.index()],
        None if kind == FixupKind::Absolute64 => external[&symbol],
        None => base + layout.stubs[&symbol],
    };
    for (chunk, offset) in image.chunks().iter().zip(&layout.chunks) {
        bytes[*offset..*offset + chunk.bytes.len()].copy_from_slice(&chunk.bytes);
        for fixup in &chunk.fixups {
            let at = offset + fixup.offset as usize;
            let target = address(fixup.symbol, fixup.kind).wrapping_add_signed(fixup.addend as isize);
            apply(&mut bytes[at..], fixup.kind, base + at, target)
                .ok_or_else(|| format!("`{}` is too far away from its use", image.symbol(fixup.symbol).name))?;
        }
    }
    Ok(())
}

/// The code of a jump to an address.
fn stub(target: usize) -> [u8; STUB_SIZE] {
    let mut code = [0; STUB_SIZE];
    let address = (target as u64).to_le_bytes();
    if cfg!(target_arch = "aarch64") {
        // ldr x16, 8; br x16; the address
        code[..4].copy_from_slice(&0x5800_0050_u32.to_le_bytes());
        code[4..8].copy_from_slice(&0xd61f_0200_u32.to_le_bytes());
        code[8..].copy_from_slice(&address);
    } else {
        // jmp [rip + 0]; the address
        code[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
        code[6..14].copy_from_slice(&address);
    }
    code
}

/// Writes the address `target` at the start of `field`, which lies at the address `place`; none when it does not fit.
fn apply(field: &mut [u8], kind: FixupKind, place: usize, target: usize) -> Option<()> {
    let distance = target.wrapping_sub(place) as isize;
    let instruction = |field: &mut [u8], operand: u32| {
        let word = u32::from_le_bytes([field[0], field[1], field[2], field[3]]) | operand;
        field[..4].copy_from_slice(&word.to_le_bytes());
    };
    match kind {
        FixupKind::Absolute64 => field[..8].copy_from_slice(&(target as u64).to_le_bytes()),
        FixupKind::Absolute32 => field[..4].copy_from_slice(&u32::try_from(target).ok()?.to_le_bytes()),
        FixupKind::Relative32 | FixupKind::X64Call => {
            field[..4].copy_from_slice(&i32::try_from(distance).ok()?.to_le_bytes());
        }
        FixupKind::Arm64Call => {
            let words = i32::try_from(distance >> 2).ok().filter(|words| (-(1 << 25)..1 << 25).contains(words))?;
            instruction(field, words as u32 & 0x03ff_ffff);
        }
        FixupKind::Arm64Page => {
            let pages = (target >> 12) as i64 - (place >> 12) as i64;
            let pages = i32::try_from(pages).ok().filter(|pages| (-(1 << 20)..1 << 20).contains(pages))? as u32;
            instruction(field, (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5);
        }
        FixupKind::Arm64PageOffset => instruction(field, (target as u32 & 0xfff) << 10),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instruction at 0x10_0000 with the address of `target` filled in.
    fn filled(instruction: u32, kind: FixupKind, target: usize) -> Option<u32> {
        let mut field = instruction.to_le_bytes();
        apply(&mut field, kind, 0x10_0000, target)?;
        Some(u32::from_le_bytes(field))
    }

    #[test]
    fn calls_of_aarch64_reach_128_megabytes() {
        const BL: u32 = 0x9400_0000;
        assert_eq!(filled(BL, FixupKind::Arm64Call, 0x10_0008), Some(0x9400_0002));
        assert_eq!(filled(BL, FixupKind::Arm64Call, 0x0f_fffc), Some(0x97ff_ffff));
        assert_eq!(filled(BL, FixupKind::Arm64Call, 0x10_0000 + (128 << 20)), None);
    }

    #[test]
    fn addresses_of_aarch64_are_a_page_and_an_offset() {
        const ADRP_X0: u32 = 0x9000_0000;
        const ADD_X0_X0: u32 = 0x9100_0000;
        assert_eq!(filled(ADRP_X0, FixupKind::Arm64Page, 0x10_0fff), Some(0x9000_0000));
        assert_eq!(filled(ADRP_X0, FixupKind::Arm64Page, 0x10_5123), Some(0xb000_0020));
        assert_eq!(filled(ADRP_X0, FixupKind::Arm64Page, 0x0f_f000), Some(0xf0ff_ffe0));
        assert_eq!(filled(ADD_X0_X0, FixupKind::Arm64PageOffset, 0x10_5123), Some(0x9104_8c00));
    }

    #[test]
    fn relative_addresses_fit_32_bits() {
        assert_eq!(filled(0, FixupKind::Relative32, 0x10_0010), Some(0x10));
        assert_eq!(filled(0, FixupKind::X64Call, 0x0f_fff0), Some(-0x10_i32 as u32));
        assert_eq!(filled(0, FixupKind::Relative32, 0x9000_0000), None);
    }
}
