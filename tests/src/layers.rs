//! How the compiler in Kea is laid out: which folder may use which, who may touch the world, how long a file is.

use crate::corpus::{files_below, root};
use crate::program::{self, Stage, Tools};
use crate::trial;
use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use std::fs;

/// The folder of the compiler.
const COMPILER: &str = "stage1";

/// Its folders in order: a module uses those of its own folder and of folders before it.
const ORDER: [&str; 14] = [
    "source",
    "diagnostics",
    "syntax",
    "hir",
    "resolve",
    "types",
    "matching",
    "mir",
    "lower",
    "passes",
    "backend",
    "driver",
    "cli",
    "main",
];

/// What a folder uses besides itself, where that is less than all before it.
const NARROW: [(&str, &[&str]); 2] = [("mir", &[]), ("passes", &["mir"])];

/// The folders whose functions may perform the effects of the world.
const OUTER: [&str; 4] = ["backend", "driver", "cli", "main"];

/// The modules of the library whose functions may do so: it is what they are for.
const OUTER_LIBRARY: [&str; 8] = ["clock", "io", "log", "process", "rand", "random", "term", "test"];

/// The effects of the world.
const WORLD: [&str; 4] = ["Clock", "IO", "Process", "Rand"];

/// No file of the compiler has more lines.
const LINES_MAX: usize = 800;

/// This one is generated.
pub const GENERATED: &str = "stage1/mir/contract.kea";

/// The tests.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let tools = tools.clone();
    vec![
        trial("layers/uses", uses),
        trial("layers/world", world),
        trial("layers/length", length),
        trial("layers/warnings", move || warnings(&tools)),
    ]
}

/// The Kea files below a folder, with their text.
fn files(folder: &str) -> Result<Vec<(String, String)>> {
    let paths = files_below(folder).into_iter().filter(|path| path.ends_with(".kea"));
    paths.map(|path| Ok((path.clone(), fs::read_to_string(root().join(&path))?))).collect()
}

/// The folder of the compiler that a file belongs to. `types.kea` is the front of `types/`, and belongs to it.
fn folder_of(path: &str) -> &str {
    let inner = path.strip_prefix("stage1/").unwrap_or(path);
    inner.split_once('/').map_or(inner.strip_suffix(".kea").unwrap_or(inner), |(folder, _)| folder)
}

/// The modules that a file uses, with their lines.
fn used(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter_map(|(line, text)| Some((line, text.strip_prefix("use ")?.split([' ', '{']).next()?)))
}

fn rank(folder: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == folder)
}

fn may_use(folder: &str, other: &str) -> bool {
    let is_narrow = NARROW.iter().find(|(name, _)| *name == folder);
    folder == other || is_narrow.map_or(rank(other) < rank(folder), |(_, allowed)| allowed.contains(&other))
}

/// Every `use` goes to the same folder or to one before it.
fn uses() -> Result<()> {
    let files = files(COMPILER)?;
    let mut wrong = Vec::new();
    for (path, text) in &files {
        let folder = folder_of(path);
        ensure!(rank(folder).is_some(), "{path}: `{folder}` has no place in the order of the folders");
        for (line, module) in used(text) {
            let first = module.split('.').next().unwrap_or_default().to_lowercase();
            let is_own = files.iter().any(|(path, _)| folder_of(path) == first);
            if is_own && !may_use(folder, &first) {
                wrong.push(format!("{path}:{line}: {folder} must not use {module}"));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What is said of the effects of declarations: lines at the margin, or of parameters that begin there.
fn is_signature(line: &str) -> bool {
    let starts = ["fn ", "pub fn ", "type ", "pub type ", ") -[", "  -["];
    starts.iter().any(|start| line.starts_with(start))
}

/// The rows that a line has: between `-[` and `]`, or behind the `= [` of an alias.
fn rows(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split("-[").skip(1).chain(line.split("= [").skip(1));
    parts.filter_map(|rest| rest.split(']').next())
}

fn names_world(row: &str) -> bool {
    row.split(|char: char| !char.is_alphanumeric()).any(|word| WORLD.contains(&word))
}

/// Only the outer folders have the effects of the world in their signatures; the rest is pure or asks through effects of
/// its own.
fn world() -> Result<()> {
    let is_outer = |path: &str| match path.strip_prefix("lib/") {
        Some(name) => OUTER_LIBRARY.contains(&name.trim_end_matches(".kea")),
        None => OUTER.contains(&folder_of(path)),
    };
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in files(COMPILER)?.into_iter().chain(files("lib")?) {
        for (index, line) in text.lines().enumerate() {
            if is_signature(line) && rows(line).any(names_world) {
                seen += 1;
                if !is_outer(&path) {
                    wrong.push(format!("{path}:{}: {line}", index + 1));
                }
            }
        }
    }
    ensure!(seen > 50, "only {seen} signatures with these effects are found: the search is wrong");
    ensure!(wrong.is_empty(), "these are not for the world:\n{}", wrong.join("\n"));
    Ok(())
}

/// A file is about one thing, and short enough to be read.
fn length() -> Result<()> {
    for (path, text) in files(COMPILER)? {
        let count = text.lines().count();
        ensure!(count <= LINES_MAX || path == GENERATED, "{path} has {count} lines, {LINES_MAX} are allowed");
    }
    Ok(())
}

/// The compiler finds nothing in itself to warn of, nor in the library.
fn warnings(tools: &Tools) -> Result<()> {
    let mut command = tools.compiler(Stage::One, ["check", COMPILER, "lib"]);
    command.current_dir(root());
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0 && outcome.stderr.is_empty(), "{}", outcome.stderr());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_ordered() {
        assert!(may_use("types", "hir") && may_use("types", "types") && may_use("main", "cli"));
        assert!(!may_use("hir", "types") && !may_use("passes", "hir") && !may_use("mir", "syntax"));
        assert_eq!((folder_of("stage1/types.kea"), folder_of("stage1/types/a/b.kea")), ("types", "types"));
        assert_eq!(used("use A.B.{C}\nuse D as E\n-- use F\n").collect::<Vec<_>>(), [(1, "A.B."), (2, "D")]);
    }

    #[test]
    fn rows_are_found() {
        assert!(is_signature("fn a() -[IO]> Unit") && !is_signature("    fn a() -[IO]> Unit"));
        assert_eq!(rows("fn a(f: fn() -[A, e]> B) -[Fail C]> D").collect::<Vec<_>>(), ["A, e", "Fail C"]);
        assert!(names_world("Fail String, IO") && !names_world("Fail IoError, e"));
    }
}
