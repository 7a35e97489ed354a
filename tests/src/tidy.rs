//! Rules of style that matter enough to be tests.

use crate::corpus::{files_below, root};
use crate::trial;
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
const DEPENDENCIES: [(&str, &[&str]); 7] = [
    ("stage0/mir", &[]),
    ("runtime", &[]),
    ("stage0/cranelift", &["kea-mir"]),
    ("stage0/frontend", &["kea-mir"]),
    ("stage0/backend", &["kea-mir", "kea-cranelift", "kea-runtime"]),
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
