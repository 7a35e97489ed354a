//! Unwind information, `.eh_frame`: how a debugger finds the caller's registers at any instruction.

use crate::compile::Code;
use crate::dwarf::Section;
use crate::image::{Chunk, ChunkKind, Image, SymbolId};
use cranelift_codegen::gimli::write::{Address, EhFrame, FrameDescriptionEntry, FrameTable};
use cranelift_codegen::gimli::{DW_EH_PE_pcrel, DW_EH_PE_sdata4};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;

/// Adds the unwind information of functions: their code and symbols, in the same order.
pub fn add(isa: &dyn TargetIsa, codes: &[Code], symbols: &[SymbolId], image: &mut Image) -> Result<(), String> {
    let mut cie = isa.create_systemv_cie().ok_or("the target has no unwind information")?;
    // Position-independent, and what linkers can sort and prune.
    cie.fde_address_encoding = DW_EH_PE_pcrel | DW_EH_PE_sdata4;
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for (code, symbol) in codes.iter().zip(symbols) {
        let address = Address::Symbol { symbol: symbol.index(), addend: 0 };
        let entry = match &code.frame {
            Some(UnwindInfo::SystemV(info)) => info.to_fde(address),
            Some(_) => continue,
            // The return address stays where the call has put it.
            None => FrameDescriptionEntry::new(address, code.bytes.len() as u32),
        };
        table.add_fde(cie, entry);
    }
    if table.fde_count() == 0 {
        return Ok(());
    }
    let mut section = EhFrame(Section::default());
    table.write_eh_frame(&mut section).map_err(|error| error.to_string())?;
    let (bytes, fixups) = section.0.into_parts(|_| None)?;
    image.add_chunk(Chunk::new(ChunkKind::Frames, "", 8, bytes, fixups));
    Ok(())
}
