//! What stage 1 says to people: the examples of `kea explain` show what they are for.

use crate::program::{self, Stage, Tools};
use crate::{kea, trial};
use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;

/// A test for the examples of every code.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for code in kea::codes()? {
        let tools = tools.clone();
        trials.push(trial(format!("stage1/explain/{code}"), move || check_explanation(&tools, &code)));
    }
    Ok(trials)
}

/// The wrong example of a code gives errors of that code and no other, perhaps with warnings; the right one nothing.
fn check_explanation(tools: &Tools, code: &str) -> Result<()> {
    let outcome = program::run(tools.compiler(Stage::One, ["explain", code]), b"")?;
    let text = outcome.stdout();
    ensure!(outcome.status == 0 && text.starts_with(&format!("{code}: ")), "{text}{}", outcome.stderr());
    let (Some(wrong), Some(right)) = (example(&text, "Wrong:"), example(&text, "Right:")) else {
        ensure!(example(&text, "Wrong:").is_none(), "the wrong example comes without the right one");
        return Ok(());
    };
    let found = report(tools, code, &wrong)?;
    let codes = codes_in(&found);
    let is_error = |found: &&String| found.starts_with('E');
    ensure!(
        codes.contains(code) && codes.iter().filter(is_error).all(|found| found == code),
        "the wrong example gives\n{found}"
    );
    let found = report(tools, code, &right)?;
    ensure!(found.is_empty(), "the right example gives\n{found}");
    Ok(())
}

/// A file of an example: its name and its text.
type File = (String, String);

/// The files below a title; names stand before them where there are several.
fn example(text: &str, title: &str) -> Option<Vec<File>> {
    let lines = text.lines().skip_while(|line| *line != title).skip(1);
    let mut files: Vec<File> = Vec::new();
    for line in lines.take_while(|line| line.is_empty() || line.starts_with("  ")) {
        let line = line.strip_prefix("  ").unwrap_or_default();
        match line.strip_prefix("-- ").filter(|name| name.ends_with(".kea")) {
            Some(name) => files.push((name.to_string(), String::new())),
            None if files.is_empty() && line.is_empty() => {}
            None => {
                if files.is_empty() {
                    files.push(("main.kea".to_string(), String::new()));
                }
                let Some((_, text)) = files.last_mut() else { continue };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    (!files.is_empty()).then_some(files)
}

/// Codes of what only a build finds.
const BUILT: [&str; 2] = ["E0320", "E0704"];

/// What the compiler says of an example of a code.
fn report(tools: &Tools, code: &str, files: &[File]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(&path, format!("{}\n", text.trim_end())).with_context(|| name.clone())?;
    }
    let check: &[&str] = &["check"];
    let build: &[&str] = &["build", "--emit=mir", "-o", "program.mir"];
    let mut command = tools.compiler(Stage::One, if BUILT.contains(&code) { build } else { check });
    command.arg(&files[0].0).current_dir(folder.path());
    Ok(program::run(command, b"")?.stderr())
}

/// The codes in a report.
fn codes_in(report: &str) -> BTreeSet<String> {
    let headlines = report.lines().filter_map(|line| line.split_once("error[").or(line.split_once("warning[")));
    headlines.filter_map(|(_, rest)| Some(rest.split_once(']')?.0.to_string())).collect()
}
