//! The broken modules of `tests/mir/invalid`: each file ends in one line `; error: DIAGNOSTIC` for every finding.
//! `KEA_BLESS=1` rewrites these lines.

use kea_mir::{reader, validate};
use std::fs;
use std::path::{Path, PathBuf};

const PREFIX: &str = "; error: ";

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mir/invalid");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is readable")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mir"))
        .collect();
    files.sort();
    files
}

fn diagnostics(text: &[u8]) -> Vec<String> {
    let found = match reader::read(text) {
        Err(error) => vec![error],
        Ok(module) => validate::validate(module).err().unwrap_or_default(),
    };
    found.iter().map(ToString::to_string).collect()
}

fn is_expectation(line: &&[u8]) -> bool {
    line.starts_with(PREFIX.as_bytes())
}

fn bless(path: &Path, text: &[u8], found: &[String]) {
    let kept = text.split_inclusive(|byte| *byte == b'\n').filter(|line| !is_expectation(line));
    let mut out: Vec<u8> = kept.flatten().copied().collect();
    for line in found {
        out.extend(format!("{PREFIX}{line}\n").bytes());
    }
    fs::write(path, out).expect("the file is writable");
}

#[test]
fn broken_modules_are_refused_with_the_expected_messages() {
    let mut wrong = Vec::new();
    let files = files();
    for path in &files {
        let text = fs::read(path).expect("the file is readable");
        let found = diagnostics(&text);
        if std::env::var_os("KEA_BLESS").is_some() {
            bless(path, &text, &found);
            continue;
        }
        let lines = text.split(|byte| *byte == b'\n').filter(is_expectation);
        let expected: Vec<String> =
            lines.map(|line| String::from_utf8_lossy(&line[PREFIX.len()..]).into_owned()).collect();
        if expected.is_empty() || expected != found {
            wrong.push(format!("{}\n  expected {expected:#?}\n  found {found:#?}", path.display()));
        }
    }
    assert!(files.len() >= 60, "{} files are too few", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
