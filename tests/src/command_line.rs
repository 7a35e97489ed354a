//! `tests/cli`: sessions with `kea-backend`, `kea0` and `kea`, each in an empty folder of its own. `tests/README.md` has
//! the format.

use crate::corpus::{self, Source, root};
use crate::expectation::{line_matches, unquote};
use crate::program::{self, Outcome, Stage, Tools};
use crate::run::difference;
use crate::{bless, trial};
use anyhow::{Context, Result, anyhow, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the sessions.
pub const FOLDER: &str = "tests/cli";

/// What a session says, step by step.
#[derive(Debug)]
enum Step {
    /// `file NAME`, then its lines behind `|`.
    File { name: String, text: Vec<u8> },
    /// `copy PATH NAME`: a file of the project.
    Copy { from: String, to: String },
    /// `cd FOLDER`, made where it is not there.
    Cd(String),
    /// `$ ARGUMENTS`: a call of `kea-backend`, of `kea0` or `kea` when that comes first, or of a program of the session
    /// when it begins with `./`.
    Call(Call),
    /// `absent NAME`: no such file.
    Absent(String),
    /// `same NAME NAME`: two files of the same bytes.
    Same(String, String),
    /// `only NAME …`: what the folder holds, and nothing else.
    Only(Vec<String>),
}

#[derive(Debug, Default)]
struct Call {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    stdin: String,
    stdout: String,
    stderr: String,
    status: i32,
    /// The lines of the session that say what is expected.
    expected_lines: std::ops::Range<usize>,
}

/// A test for every session.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for source in corpus::sources(FOLDER, "session")? {
        let tools = tools.clone();
        trials.push(trial(test_name(&source), move || play(&tools, &source, compare)));
    }
    Ok(trials)
}

fn test_name(source: &Source) -> String {
    format!("cli/{}", source.name)
}

/// Gives every call the expectations that it meets; those with `[..]` that match stay.
pub fn bless(tools: &Tools, chosen: &dyn Fn(&str) -> bool) -> Result<()> {
    for source in corpus::sources(FOLDER, "session")? {
        if !chosen(&test_name(&source)) {
            continue;
        }
        let mut changes = Vec::new();
        let played = play(tools, &source, |call, outcome| {
            if compare(call, outcome).is_err() {
                changes.push((call.expected_lines.clone(), expectation(outcome)));
            }
            Ok(())
        });
        if let Err(error) = played {
            println!("{}: {error:#}", source.path.display());
        }
        let mut lines: Vec<String> = source.text.lines().map(str::to_string).collect();
        for (range, new) in changes.into_iter().rev() {
            lines.splice(range, new);
        }
        bless::rewrite(&source.path, &source.text, &(lines.join("\n") + "\n"))?;
    }
    Ok(())
}

fn expectation(outcome: &Outcome) -> Vec<String> {
    let prefixed = |prefix: &str, text: &str| -> Vec<String> {
        text.lines().map(|line| format!("{prefix} {line}").trim_end().to_string()).collect()
    };
    let mut lines = prefixed(">", &outcome.stdout());
    lines.extend(prefixed("!", &outcome.stderr()));
    if outcome.status != 0 {
        lines.push(format!("= {}", outcome.status));
    }
    lines
}

fn play(tools: &Tools, source: &Source, mut check: impl FnMut(&Call, &Outcome) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let mut place = Place { work: home.clone(), home, cache: folder.path().join("cache") };
    fs::create_dir(&place.home)?;
    let steps = read(&source.text)?;
    ensure!(steps.iter().any(|(_, step)| matches!(step, Step::Call(_))), "the session calls nothing");
    for (line, step) in steps {
        take(tools, &mut place, &step, &mut check).with_context(|| format!("line {line}"))?;
    }
    Ok(())
}

/// Where a session takes place.
struct Place {
    /// The folder that the session begins in.
    home: PathBuf,
    /// The current folder.
    work: PathBuf,
    /// The folder of the build cache, which nobody else uses.
    cache: PathBuf,
}

fn take(
    tools: &Tools,
    place: &mut Place,
    step: &Step,
    check: &mut impl FnMut(&Call, &Outcome) -> Result<()>,
) -> Result<()> {
    let Place { home, work, cache } = place;
    match step {
        Step::File { name, text } => write(&work.join(name), text),
        Step::Copy { from, to } => {
            fs::copy(root().join(from), work.join(to)).with_context(|| from.clone())?;
            Ok(())
        }
        Step::Cd(folder) => {
            *work = home.join(folder);
            Ok(fs::create_dir_all(work)?)
        }
        Step::Call(call) => check(call, &outcome(tools, work, cache, call)?),
        Step::Absent(name) => {
            ensure!(!work.join(name).exists(), "{name} is there");
            Ok(())
        }
        Step::Same(a, b) => {
            let read = |name: &String| fs::read(home.join(name)).with_context(|| name.clone());
            ensure!(read(a)? == read(b)?, "{a} and {b} differ");
            Ok(())
        }
        Step::Only(names) => {
            let entries = fs::read_dir(work)?.collect::<std::io::Result<Vec<_>>>()?;
            let mut found: Vec<String> =
                entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            found.sort();
            ensure!(found == *names, "the folder holds {found:?}");
            Ok(())
        }
    }
}

/// Writes a file, and the folders around it.
fn write(path: &Path, text: &[u8]) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn outcome(tools: &Tools, work: &Path, cache: &Path, call: &Call) -> Result<Outcome> {
    let mut command = match call.arguments.split_first() {
        Some((program, arguments)) if program.starts_with("./") => {
            let mut command = program::clean(&work.join(program));
            command.args(arguments);
            command
        }
        Some((program, arguments)) if program == "kea0" => tools.kea0(arguments),
        Some((program, arguments)) if program == "kea" => tools.compiler(Stage::One, arguments),
        _ => tools.backend(&call.arguments),
    };
    command.current_dir(work).env_remove("NO_COLOR").env("KEA_CACHE", cache).envs(call.variables.iter().cloned());
    program::run(command, call.stdin.as_bytes())
}

fn compare(call: &Call, outcome: &Outcome) -> Result<()> {
    let (stdout, stderr) = (outcome.stdout(), outcome.stderr());
    ensure!(outcome.status == call.status, "status {} in place of {}: {stderr}", outcome.status, call.status);
    for (what, expected, found) in
        [("standard output", &call.stdout, &stdout), ("standard error", &call.stderr, &stderr)]
    {
        if !matches(expected, found) {
            bail!("{}", difference(what, expected, found));
        }
    }
    Ok(())
}

/// Whether lines are the expected ones. `[..]` stands for any part of a line, `...` alone for any lines.
fn matches(expected: &str, found: &str) -> bool {
    lines_match(&expected.lines().collect::<Vec<_>>(), &found.lines().collect::<Vec<_>>())
}

fn lines_match(expected: &[&str], found: &[&str]) -> bool {
    match (expected.split_first(), found.split_first()) {
        (None, _) => found.is_empty(),
        (Some((&"...", rest)), _) => (0..=found.len()).any(|skipped| lines_match(rest, &found[skipped..])),
        (Some((line, rest)), Some((found_line, found_rest))) => {
            line_matches(line, found_line) && lines_match(rest, found_rest)
        }
        (Some(_), None) => false,
    }
}

/// The steps of a session, each with the number of its line.
fn read(text: &str) -> Result<Vec<(usize, Step)>> {
    let mut steps = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(step) = read_step(word, rest, index).with_context(|| format!("line {number}"))? {
            steps.push((number, step));
        } else {
            let last = steps.last_mut().map(|(_, step)| step);
            continue_step(last, word, rest, index).with_context(|| format!("line {number}: `{line}`"))?;
        }
    }
    Ok(steps)
}

fn read_step(word: &str, rest: &str, index: usize) -> Result<Option<Step>> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let one = || words.first().map(ToString::to_string).ok_or_else(|| anyhow!("`{word}` needs a name"));
    let second = || words.get(1).map(ToString::to_string).ok_or_else(|| anyhow!("`{word}` needs two names"));
    Ok(Some(match word {
        "file" => Step::File { name: one()?, text: Vec::new() },
        "copy" => Step::Copy { from: one()?, to: second()? },
        "cd" => Step::Cd(one()?),
        "absent" => Step::Absent(one()?),
        "same" => Step::Same(one()?, second()?),
        "only" => {
            let mut names: Vec<String> = words.iter().map(ToString::to_string).collect();
            names.sort();
            Step::Only(names)
        }
        "$" => Step::Call(read_call(rest, index)?),
        _ => return Ok(None),
    }))
}

/// Words separated by spaces, or in quotation marks; `NAME=VALUE` in front are variables of the environment.
fn read_call(text: &str, index: usize) -> Result<Call> {
    let mut call = Call { expected_lines: index + 1..index + 1, ..Call::default() };
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quoted = rest.starts_with('"');
        let end = match quoted {
            true => 2 + rest[1..].find('"').ok_or_else(|| anyhow!("a quotation mark without its pair"))?,
            false => rest.find(' ').unwrap_or(rest.len()),
        };
        let word = if quoted { unquote(&rest[..end])? } else { rest[..end].to_string() };
        rest = rest[end..].trim_start();
        match word.split_once('=') {
            Some((name, value)) if call.arguments.is_empty() && is_variable(name) => {
                call.variables.push((name.to_string(), value.to_string()));
            }
            _ => call.arguments.push(word),
        }
    }
    Ok(call)
}

/// Whether this is the name of a variable of the environment.
fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_ascii_uppercase() || char == '_')
}

fn continue_step(step: Option<&mut Step>, word: &str, rest: &str, index: usize) -> Result<()> {
    let line = format!("{rest}\n");
    match (step, word) {
        (Some(Step::File { text, .. }), "|") => text.extend(line.bytes()),
        // The last line, without its end.
        (Some(Step::File { text, .. }), "|-") => text.extend(rest.bytes()),
        (Some(Step::File { text, .. }), "bytes") => {
            for byte in rest.split_whitespace() {
                text.push(u8::from_str_radix(byte, 16)?);
            }
        }
        (Some(Step::Call(call)), "<") => {
            call.stdin.push_str(&line);
            call.expected_lines = index + 1..index + 1;
        }
        (Some(Step::Call(call)), ">" | "!" | "=") => {
            call.expected_lines.end = index + 1;
            match word {
                ">" => call.stdout.push_str(&line),
                "!" => call.stderr.push_str(&line),
                _ => call.status = rest.trim().parse()?,
            }
        }
        _ => bail!("no step begins like this, and the step before does not go on like this"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_parts_and_lines() {
        assert!(matches("a [..] c\n...\nz\n", "a b c\nx\ny\nz\n"));
        assert!(matches("...\n", ""));
        assert!(!matches("a\n", "a\nb\n"));
        assert!(!matches("a [..]d\n", "a b c\n"));
    }

    #[test]
    fn sessions_are_read() {
        let steps = read("# about\nfile a.mir\n| x\n|- y\n$ KEA_LEAKS=1 fmt \"a b\"\n< in\n> out\n! err\n= 2\n");
        let steps = steps.expect("a session");
        assert!(matches!(&steps[0].1, Step::File { name, text } if name == "a.mir" && text == b"x\ny"));
        let Step::Call(call) = &steps[1].1 else { panic!("a call") };
        assert_eq!(call.arguments, ["fmt", "a b"]);
        assert_eq!(call.variables, [("KEA_LEAKS".to_string(), "1".to_string())]);
        assert_eq!(
            (call.stdin.as_str(), call.stdout.as_str(), call.stderr.as_str(), call.status),
            ("in\n", "out\n", "err\n", 2)
        );
        assert_eq!(call.expected_lines, 6..9);
    }
}
