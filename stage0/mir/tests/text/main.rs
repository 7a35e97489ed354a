//! The text of modules: canonical text is a fixed point of reading and writing, other text becomes canonical, and
//! whatever is wrong is an error with a line.

mod errors;
mod forms;
mod hostile;
mod round_trip;

use kea_mir::module::Module;
use kea_mir::{reader, writer};

/// The first lines of every module.
const HEAD: &str = "kea-mir 1.0\ntarget x86_64-unknown-linux-gnu\n";

/// Reads what must be right.
fn read(text: &str) -> Module {
    reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The first error of a module, as one line.
fn error(text: &str) -> String {
    match reader::read(text.as_bytes()) {
        Ok(_) => panic!("this was read without an error:\n{text}"),
        Err(error) => error.to_string(),
    }
}

/// Checks that the text is canonical.
fn assert_canonical(text: &str) {
    assert_eq!(writer::write(&read(text)), text);
}

/// The module of docs/mir.md that shows every declaration.
fn documented_module() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mir.md");
    let text = std::fs::read_to_string(path).expect("docs/mir.md is readable");
    let module = text.split("```\n").find(|block| block.starts_with("kea-mir ")).expect("docs/mir.md shows a module");
    // What the page shows has an entry, but leaves the function out.
    let main = if module.contains("func @main") { "" } else { "\nfunc @main () -> () pure\nb0:\n  return ()\nend\n" };
    module.to_string() + main
}
