//! `tests/mir/invalid`: modules that are refused, with every message.

use crate::corpus::{self, Source};
use crate::run::difference;
use crate::{bless, expectation, trial};
use anyhow::{Result, bail, ensure};
use kea_mir::diagnostic::Diagnostic;
use kea_mir::{reader, validate};
use libtest_mimic::Trial;

/// The folder of the modules.
pub const FOLDER: &str = "tests/mir/invalid";

/// What begins a line that expects a message.
const ERROR: &str = "; error: ";

/// A test for every module.
pub fn trials() -> Result<Vec<Trial>> {
    let sources = corpus::sources(FOLDER, "mir")?;
    Ok(sources.into_iter().map(|source| trial(test_name(&source), move || check(&source))).collect())
}

fn test_name(source: &Source) -> String {
    format!("mir/invalid/{}", source.name)
}

fn check(source: &Source) -> Result<()> {
    let expected = expected(&source.text);
    ensure!(!expected.is_empty(), "the file does not say what is wrong with it: add `{ERROR}…` lines");
    let found = messages(source.text.as_bytes());
    if found != expected {
        bail!("{}", difference("the messages", &expected.concat(), &found.concat()));
    }
    Ok(())
}

/// The messages that a file expects, each with its line end.
fn expected(text: &str) -> Vec<String> {
    let lines = expectation::split(text, expectation::MIR).1.lines();
    lines.filter_map(|line| line.strip_prefix(ERROR)).map(|line| format!("{line}\n")).collect()
}

fn messages(text: &[u8]) -> Vec<String> {
    diagnostics(text).iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// What the reader or the validator has to say of a module.
pub fn diagnostics(text: &[u8]) -> Vec<Diagnostic> {
    match reader::read(text) {
        Err(diagnostic) => vec![diagnostic],
        Ok(module) => validate::validate(module).err().unwrap_or_default(),
    }
}

/// Gives every module the messages that it gets.
pub fn bless(chosen: &dyn Fn(&str) -> bool) -> Result<()> {
    for source in corpus::sources(FOLDER, "mir")? {
        if !chosen(&test_name(&source)) {
            continue;
        }
        let (code, comments) = expectation::split(&source.text, expectation::MIR);
        let messages: String =
            messages(source.text.as_bytes()).iter().map(|message| format!("{ERROR}{message}")).collect();
        let remarks = comments.lines().filter(|line| line.starts_with(';') && !line.starts_with(ERROR));
        let remarks: String = remarks.map(|line| format!("{line}\n")).collect();
        bless::rewrite(&source.path, &source.text, &format!("{code}\n{remarks}{messages}"))?;
    }
    Ok(())
}
