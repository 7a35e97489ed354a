//! A large module made by repeating smaller ones under other names.

use kea_mir::module::{FunctionKind, Module};
use kea_mir::writer;
use std::collections::HashSet;
use std::fmt::Write;

/// Layouts that every copy shares, because the signatures of the runtime's functions name them.
const SHARED_LAYOUTS: [(&str, &str); 2] =
    [("String", "layout String array i8"), ("Strings", "layout Strings array ref String")];

/// One module of at least that many bytes from the declarations of all of these, repeated as often as needed.
/// Every name gets the number of the copy, so that nothing clashes; externs stand once.
pub fn module(sources: &[Module], bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + (bytes >> 4));
    out.push_str("kea-mir 1.0\ntarget x86_64-unknown-linux-gnu\n");
    let files: HashSet<u16> = sources.iter().flat_map(|source| source.files.keys().copied()).collect();
    let mut files: Vec<u16> = files.into_iter().collect();
    files.sort_unstable();
    for file in files {
        let _ = writeln!(out, "file {file} \"corpus{file}.kea\"");
    }
    for (_, line) in SHARED_LAYOUTS {
        out.push_str(line);
        out.push('\n');
    }
    let mut externs = HashSet::new();
    let mut copy = 0;
    while out.len() < bytes {
        for source in sources.iter().filter(|source| shares_layouts(source)) {
            append(&mut out, source, copy, &mut externs);
            copy += 1;
        }
    }
    out
}

/// Whether the layouts that are shared mean the same here as everywhere, and no other is an array of strings: a
/// runtime function's signature would name it.
fn shares_layouts(source: &Module) -> bool {
    let text = writer::write(source);
    let named = |line: &str| SHARED_LAYOUTS.iter().find(|(name, _)| line.starts_with(&format!("layout {name} ")));
    text.lines().all(|line| match named(line) {
        Some((_, shared)) => line == *shared,
        None => !line.starts_with("layout ") || !line.ends_with(" array ref String") && !line.ends_with(" array i8"),
    })
}

/// The declarations of one copy.
fn append(out: &mut String, source: &Module, copy: usize, externs: &mut HashSet<String>) {
    let text = writer::write(&renamed(source, copy));
    for line in text.lines() {
        let once = ["kea-mir ", "target ", "file ", "entry ", "layout String ", "layout Strings "];
        let repeated = line.starts_with("extern ") && !externs.insert(extern_name(line).to_string());
        if !repeated && !once.iter().any(|word| line.starts_with(word)) {
            out.push_str(line);
            out.push('\n');
        }
    }
}

fn extern_name(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

/// The module with the number behind every name but those of externs and of shared layouts.
fn renamed(source: &Module, copy: usize) -> Module {
    let mut module = source.clone();
    let numbered = |name: &mut Box<str>| *name = format!("{name}_{copy}").into();
    let layouts = module.layouts.iter_mut().map(|layout| &mut layout.name);
    layouts.filter(|name| !SHARED_LAYOUTS.iter().any(|(shared, _)| ***name == **shared)).for_each(numbered);
    module.signatures.iter_mut().map(|signature| &mut signature.name).for_each(numbered);
    module.effects.iter_mut().map(|effect| &mut effect.name).for_each(numbered);
    module.globals.iter_mut().map(|global| &mut global.name).for_each(numbered);
    module.data.iter_mut().map(|data| &mut data.name).for_each(numbered);
    let functions = module.functions.iter_mut();
    let own = functions.filter(|function| !matches!(function.kind, FunctionKind::Extern { .. }));
    own.map(|function| &mut function.name).for_each(numbered);
    module
}
