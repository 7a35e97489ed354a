//! Reading and writing of text: the examples of docs/mir.md are canonical.

use kea_mir::{reader, writer};

fn round_trip(text: &str) {
    let module = reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let written = writer::write(&module);
    assert_eq!(written, text);
}

/// The blocks between ``` lines of docs/mir.md.
fn documented_examples() -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mir.md"))
        .expect("docs/mir.md is readable");
    text.split("```\n").skip(1).step_by(2).map(str::to_string).collect()
}

#[test]
fn the_module_of_the_documentation_is_canonical() {
    let examples = documented_examples();
    let module = examples.iter().find(|example| example.starts_with("kea-mir ")).expect("docs/mir.md shows a module");
    let with_main = format!("{module}\nfunc @main () -> () pure\nb0:\n  return ()\nend\n");
    round_trip(if module.contains("func @main") { module } else { &with_main });
}
