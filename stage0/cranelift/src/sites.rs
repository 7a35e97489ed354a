//! The call sites of a function, as the runtime reads them for panics and stack traces.
//!
//! The section `kea_sites` is a sequence of records, each at a multiple of 8 and of a size that is one, one for every
//! function with a name in the source. All numbers are little-endian; an address is the address of its own field plus
//! the number in it.
//!
//! | bytes | field |
//! | --- | --- |
//! | 4 | size of the record |
//! | 4 | size of the function's code |
//! | 4 | address of the function (signed) |
//! | 4 | bytes of the name |
//! | 4 | number of sites |
//! | 4 | number of files |
//! | 12 each | sites by offset: return address's offset in the function (4), line (4), column (2), file's index (2) |
//! | 4 each | address of a file (signed): the length of its path (4), then the path |
//! | | the name, without `kea.`; zeros up to a multiple of 8 |

use crate::compile::{Code, Row};
use crate::data::Contents;
use crate::image::SymbolId;
use indexmap::IndexSet;
use kea_mir::module::{Location, Module};

/// The section's name; linkers define `__start_kea_sites` and `__stop_kea_sites`.
pub const SECTION: &str = "kea_sites";

/// The record of a function. `file` gives the symbol of a file's record.
pub fn record(name: &str, code: &Code, function: SymbolId, mut file: impl FnMut(u16) -> SymbolId) -> Contents {
    let files: IndexSet<u16> = code.sites.iter().map(|site| site.location.file).collect();
    let size = (24 + 12 * code.sites.len() + 4 * files.len() + name.len()).next_multiple_of(8);
    let mut contents = Contents::default();
    contents.u32(size as u32);
    contents.u32(code.bytes.len() as u32);
    contents.relative(function);
    contents.u32(name.len() as u32);
    contents.u32(code.sites.len() as u32);
    contents.u32(files.len() as u32);
    for Row { offset, location: Location { file, line, column } } in &code.sites {
        contents.u32(*offset);
        contents.u32(*line);
        contents.u16(*column);
        contents.u16(files.get_index_of(file).unwrap_or_default() as u16);
    }
    for number in files {
        contents.relative(file(number));
    }
    contents.bytes.extend_from_slice(name.as_bytes());
    contents.pad(8);
    contents
}

/// The record of a file.
pub fn file(module: &Module, number: u16) -> Contents {
    let path = module.files.get(&number).map_or("?", |path| path);
    let mut contents = Contents::default();
    contents.u32(path.len() as u32);
    contents.bytes.extend_from_slice(path.as_bytes());
    contents
}
