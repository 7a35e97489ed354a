//! Rules of style that matter enough to be tests.

use crate::corpus::{self, files_below, root};
use crate::{kea, layers, trial};
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;

/// Files of more lines get a warning.
const LINES_WARN: usize = 600;
/// Files of more lines are refused.
const LINES_MAX: usize = 1_200;

/// The tests.
pub fn trials() -> Vec<Trial> {
    vec![
        trial("tidy/length", length),
        trial("tidy/leftovers", leftovers),
        trial("tidy/lines", lines),
        trial("tidy/dependencies", dependencies),
        trial("tidy/library", library),
    ]
}

/// Source files, with their text.
fn sources() -> Result<Vec<(String, String)>> {
    let is_source = |path: &String| [".rs", ".kea", ".sh", ".toml"].iter().any(|end| path.ends_with(end));
    let paths = files_below("").into_iter().filter(is_source);
    paths.map(|path| Ok((path.clone(), fs::read_to_string(root().join(&path))?))).collect()
}

/// A file is about one thing, and short enough to be read.
fn length() -> Result<()> {
    let mut too_long = Vec::new();
    for (path, text) in sources()? {
        let lines = text.lines().count();
        if path == layers::GENERATED {
            continue;
        }
        if lines > LINES_MAX {
            too_long.push(format!("{path} has {lines}"));
        } else if lines > LINES_WARN {
            eprintln!("warning: {path} has {lines} lines");
        }
    }
    ensure!(too_long.is_empty(), "at most {LINES_MAX} lines: {}", too_long.join(", "));
    Ok(())
}

/// What was left to be done or to look at. Written so that this file does not find itself.
const LEFTOVERS: [&str; 5] =
    [concat!("todo", "!("), concat!("dbg", "!("), concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

fn leftovers() -> Result<()> {
    let mut found = Vec::new();
    for (path, text) in sources()? {
        for (index, line) in text.lines().enumerate() {
            found.extend(
                LEFTOVERS
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{path}:{}: {word}", index + 1)),
            );
        }
    }
    if !found.is_empty() {
        bail!("left over: {}", found.join(", "));
    }
    Ok(())
}

/// No tabs in code, no spaces at the ends of lines, a line end at the end.
fn lines() -> Result<()> {
    for (path, text) in sources()? {
        ensure!(text.is_empty() || text.ends_with('\n'), "{path} does not end in a line end");
        for (index, line) in text.lines().enumerate() {
            ensure!(!line.ends_with([' ', '\t', '\r']), "{path}:{}: space at the end", index + 1);
            ensure!(!line.starts_with('\t'), "{path}:{}: a tab", index + 1);
        }
    }
    Ok(())
}

/// What a crate may depend on of ours. Nothing depends on the tests.
const DEPENDENCIES: [(&str, &[&str]); 8] = [
    ("stage0/mir", &[]),
    ("runtime", &[]),
    ("stage0/cranelift", &["kea-mir"]),
    ("stage0/frontend", &["kea-mir"]),
    ("stage0/backend", &["kea-mir", "kea-cranelift", "kea-runtime"]),
    ("stage0/bootstrap", &["kea-mir"]),
    ("perf", &["kea-mir", "kea-cranelift"]),
    ("tests", &["kea-mir", "kea-runtime"]),
];

/// Dependencies go one way.
fn dependencies() -> Result<()> {
    let manifests = files_below("").into_iter().filter_map(|path| path.strip_suffix("/Cargo.toml").map(str::to_string));
    for folder in manifests {
        let allowed = DEPENDENCIES.iter().find(|(name, _)| *name == folder).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else { bail!("{folder} has no row in the table of allowed dependencies") };
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml"))?;
        for line in manifest.lines().filter(|line| line.starts_with("kea-")) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            ensure!(allowed.contains(&name), "{folder} must not depend on {name}");
        }
    }
    Ok(())
}

/// Every public function of the library has documentation, and an example there, a test in its file, or a program of the corpus
/// that calls it.
fn library() -> Result<()> {
    let programs: Vec<String> = kea::run_programs()?.iter().map(|program| program.text.to_lowercase()).collect();
    let mut wrong = Vec::new();
    for source in corpus::sources(kea::LIBRARY, "kea")? {
        let tests: String = source.text.split("\ntest \"").skip(1).collect();
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(declaration) = line.strip_prefix("pub fn ") else { continue };
            let name = declaration.split('(').next().unwrap_or_default();
            let before =
                lines[..index].iter().rev().take_while(|line| line.starts_with("--|") || line.starts_with('@'));
            let docs: Vec<&&str> = before.filter(|line| line.starts_with("--|")).collect();
            if docs.is_empty() {
                wrong.push(format!("{}.kea:{}: `{name}` has no documentation", source.name, index + 1));
                continue;
            }
            // What the prelude itself declares needs no module in front.
            let call = match source.name.replace('_', "").as_str() {
                "prelude" => format!(" {name}("),
                module => format!("{module}.{name}("),
            };
            let called = docs.iter().any(|line| line.contains("-- =>"))
                || tests.contains(&format!("{name}("))
                || programs.iter().any(|program| program.contains(&call));
            if !called {
                wrong.push(format!("{}.kea:{}: `{name}` has neither an example nor a test", source.name, index + 1));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
