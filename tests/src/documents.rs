//! That documents say what is so: their modules are valid, the paths that they name exist.

use crate::corpus::{files_below, root};
use crate::invalid::diagnostics;
use crate::program::{self, Tools};
use crate::trial;
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;

/// The tests.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let tools = tools.clone();
    vec![
        trial("documents/modules", modules),
        trial("documents/paths", paths),
        trial("documents/first-program", move || first_program(&tools)),
    ]
}

/// What the README says of a first program works, by copy and paste.
fn first_program(tools: &Tools) -> Result<()> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let script = blocks(&readme).map(|(_, block)| block).find(|block| block.starts_with("cat > hello.kea"));
    let script = script.context("README.md has no block that writes hello.kea")?;
    let script = script.replace("build/kea", &tools.kea.to_string_lossy());
    let folder = tempfile::tempdir()?;
    let mut shell = program::clean("bash".as_ref());
    shell.args(["-euc", &script]).current_dir(folder.path());
    let outcome = program::run(shell, b"")?;
    let greetings = "1. Hello, Ada!\n2. Hello, Grace!\n3. Hello, Barbara!\n";
    let expected = format!("{greetings}1 passed, 0 failed\n{greetings}");
    ensure!(outcome.status == 0, "status {}: {}", outcome.status, outcome.stderr());
    ensure!(outcome.stdout() == expected, "it prints {}", outcome.stdout());
    ensure!(outcome.stderr.is_empty(), "it says {}", outcome.stderr());
    Ok(())
}

/// Every Markdown file of the project, with its text.
fn documents() -> Result<Vec<(String, String)>> {
    let paths = files_below("").into_iter().filter(|path| path.ends_with(".md"));
    paths.map(|path| Ok((path.clone(), fs::read_to_string(root().join(&path))?))).collect()
}

/// Every block that begins as a module is a valid one.
fn modules() -> Result<()> {
    let mut count = 0;
    for (path, text) in documents()? {
        for (line, block) in blocks(&text).filter(|(_, block)| block.starts_with("kea-mir ")) {
            let found = diagnostics(block.as_bytes());
            ensure!(found.is_empty(), "{path}: in the module of line {line}: {}", found[0]);
            count += 1;
        }
    }
    ensure!(count > 0, "no document has a module");
    Ok(())
}

/// The fenced blocks of a document, each with the number of its first line.
fn blocks(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut open: Option<(usize, String)> = None;
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    lines.into_iter().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            return match open.take() {
                Some(block) => Some(block),
                None => {
                    open = Some((index + 2, String::new()));
                    None
                }
            };
        }
        if let Some((_, block)) = &mut open {
            block.push_str(&line);
            block.push('\n');
        }
        None
    })
}

/// Every path in back quotes that begins with a folder of the project exists; so does every file that is linked to.
fn paths() -> Result<()> {
    let files = files_below("");
    let mut missing = Vec::new();
    for (document, text) in documents()? {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let quoted = text.split('`').skip(1).step_by(2).filter(|word| names_a_path(word));
        missing.extend(quoted.filter(|path| !exists(&files, path)).map(|path| format!("{document}: `{path}`")));
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let linked = linked.filter(|link| !link.is_empty() && !link.contains("://"));
        missing.extend(
            linked.filter(|link| !root().join(folder).join(link).exists()).map(|link| format!("{document}: ({link})")),
        );
    }
    if !missing.is_empty() {
        bail!("these do not exist: {}", missing.join(", "));
    }
    Ok(())
}

/// The folders of the project that documents may name; `build/` and `target/` are made.
const FOLDERS: [&str; 8] = ["stage0", "stage1", "lib", "runtime", "perf", "tests", "docs", ".ci"];

fn names_a_path(word: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-*".contains(char);
    word.chars().all(plain) && word.split_once('/').is_some_and(|(first, _)| FOLDERS.contains(&first))
}

/// A file, a folder, or with `*` at least one of them.
fn exists(files: &[String], path: &str) -> bool {
    match path.split_once('*') {
        Some((start, end)) => files.iter().any(|file| file.starts_with(start) && file.ends_with(end)),
        None => root().join(path).exists(),
    }
}
