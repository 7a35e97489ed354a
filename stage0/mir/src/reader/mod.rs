//! The reader of the text.
//!
//! It goes over the text three times, each time with a hand-written cursor and without looking back:
//! 1. `index` finds the declarations, gives each its number and remembers where its body and its blocks are;
//! 2. `declarations` reads layouts, signatures, effects, heads of functions, globals and data, whose names are known now;
//! 3. `body` reads the code. The form of an instruction comes from the contract's table, the types and the
//!    ownership of its results from [`Module::infer_results`].
//!
//! # Errors
//! Reading stops at the first error. Its [`Diagnostic`] names the line of the text, the function where there is one,
//! and a rule, one of [`RULES`]. A message says what was expected or what would be right, in one line:
//! ```text
//! 14: error[syntax]: expected a value (`vN`), found `b2` (in @main)
//! 9: error[name]: there is no layout `Lisst`
//! 1: error[version]: kea-mir 2.0 cannot be read: this tool reads 1.0; use the tools of that version or regenerate the module
//! ```
//! What the reader lets pass has names that exist, operands that are defined on an earlier line, as many names on
//! the left as there are results, and blocks with exactly one terminator. Types of operands, ownership, dominance
//! and everything else is the validator's.

mod body;
mod cursor;
mod data;
mod declarations;
mod index;
mod instruction;
mod literal;
mod names;
mod numbering;
mod signatures;
mod types;

use crate::contract::{VERSION, Version};
use crate::diagnostic::Diagnostic;
use crate::module::Module;
use cursor::Cursor;
use names::Names;

pub(crate) use literal::{NAN_F32, NAN_F64};

/// The rules whose breach the reader reports, with what each asks for.
pub const RULES: [(&str, &str); 6] = [
    ("syntax", "the text has the form that docs/mir.md describes, in UTF-8"),
    ("version", "the first line names a version that this tool reads, and every instruction is as old as that version"),
    ("name", "what is named is declared, and once; a value is defined on an earlier line than its use"),
    ("number", "a number fits its place"),
    ("type", "an instruction can have its operands: their types say what it gives"),
    (
        "structure",
        "declarations and bodies are complete: `end`, `target`, a terminator at the end of each block and nowhere else",
    ),
];

const SYNTAX: &str = RULES[0].0;
const VERSION_RULE: &str = RULES[1].0;
const NAME: &str = RULES[2].0;
const NUMBER: &str = RULES[3].0;
const TYPE: &str = RULES[4].0;
const STRUCTURE: &str = RULES[5].0;

/// What reading a part gives. The diagnostic is boxed because it is large and rare.
type Read<T> = Result<T, Box<Diagnostic>>;

/// Reads the text of a module. Gives the first error.
pub fn read(text: &[u8]) -> Result<Module, Diagnostic> {
    read_module(text).map_err(|diagnostic| *diagnostic)
}

fn read_module(text: &[u8]) -> Read<Module> {
    let text = utf8(text)?;
    let mut cursor = Cursor::new(text);
    let version = read_version(&mut cursor)?;
    let (index, names) = index::index(cursor)?;
    let mut module = Module::new("");
    module.version = version;
    let mut reader = Reader { cursor, module, names };
    let pending = reader.declarations(&index)?;
    body::read_bodies(&mut reader, &pending, &index.blocks)?;
    Ok(reader.module)
}

/// What the second and the third pass share.
struct Reader<'t> {
    cursor: Cursor<'t>,
    module: Module,
    names: Names<'t>,
}

fn utf8(text: &[u8]) -> Read<&str> {
    if u32::try_from(text.len()).is_err() {
        return Err(Box::new(Diagnostic::error(NUMBER, 0, "the text of a module has at most 4294967295 bytes")));
    }
    std::str::from_utf8(text).map_err(|error| {
        let valid = &text[..error.valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count() as u32;
        let column = valid.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Box::new(Diagnostic::error(SYNTAX, line, format!("the text is not UTF-8: byte {column} of this line")))
    })
}

/// The first line: `kea-mir MAJOR.MINOR`.
fn read_version(cursor: &mut Cursor<'_>) -> Read<Version> {
    if cursor.name() != "kea-mir" {
        return Err(cursor.error(SYNTAX, format!("the first line of a module is `kea-mir {VERSION}`")));
    }
    cursor.blanks();
    let text = cursor.name();
    let parts = text.split_once('.').and_then(|(major, minor)| Some((parse_part(major)?, parse_part(minor)?)));
    let Some((major, minor)) = parts else {
        let message = format!("`{text}` is no version: the first line of a module is `kea-mir {VERSION}`");
        return Err(cursor.error(SYNTAX, message));
    };
    let version = Version { major, minor };
    if major != VERSION.major || minor > VERSION.minor {
        let message = format!(
            "kea-mir {version} cannot be read: this tool reads {VERSION}; use the tools of that version or regenerate the module"
        );
        return Err(cursor.error(VERSION_RULE, message));
    }
    cursor.end_of_line()?;
    Ok(version)
}

/// A part of a version: digits alone.
fn parse_part(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
