//! `tests/mir/run`: programs that say what they print, run in every way there is. All ways must agree.

use crate::corpus::{self, Source};
use crate::expectation::{self, Counts, Expectation, line_matches};
use crate::program::{self, Outcome, Tools};
use crate::{bless, trial};
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The folder of the programs.
pub const FOLDER: &str = "tests/mir/run";

/// A way to run a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By the reference interpreter.
    Interpreter,
    /// As an executable of fast code.
    Executable,
    /// As an executable that was built fast.
    UnoptimizedExecutable,
    /// Compiled to memory.
    Jit,
}

impl Way {
    const ALL: [Way; 4] = [Way::Interpreter, Way::Executable, Way::UnoptimizedExecutable, Way::Jit];

    fn name(self) -> &'static str {
        match self {
            Way::Interpreter => "interp",
            Way::Executable => "exe",
            Way::UnoptimizedExecutable => "exe-none",
            Way::Jit => "jit",
        }
    }

    /// What the module does when it is run this way, and its counters, where they can be had.
    fn run(self, tools: &Tools, module: &Path, expectation: &Expectation) -> Result<(Outcome, Option<Value>)> {
        let folder = tempfile::tempdir()?;
        let stats = folder.path().join("stats.json");
        let mut command = match self {
            Way::Interpreter => {
                let mut command = tools.backend(["interp"]);
                command.arg(format!("--stats={}", stats.display())).arg(module).arg("--");
                command
            }
            Way::Jit => {
                let mut command = tools.backend(["run"]);
                command.arg(module).arg("--");
                command
            }
            Way::Executable => program::clean(&tools.executable(module, folder.path(), "speed")?),
            Way::UnoptimizedExecutable => program::clean(&tools.executable(module, folder.path(), "none")?),
        };
        if self != Way::Interpreter {
            command.env("KEA_LEAKS", "1").env("KEA_STATS", &stats);
        }
        let outcome = self.start(command, expectation, folder.path())?;
        let stats = fs::read(&stats).ok().map(|text| serde_json::from_slice(&text)).transpose();
        Ok((outcome, stats.context("the counters are not JSON")?))
    }

    /// Programs that write files find an empty folder to do so.
    fn start(self, mut command: Command, expectation: &Expectation, folder: &Path) -> Result<Outcome> {
        let work = folder.join("work");
        fs::create_dir(&work)?;
        command.args(&expectation.args).current_dir(work);
        program::run(command, expectation.stdin.as_bytes())
    }
}

/// A test for every program and way.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for source in corpus::sources(FOLDER, "mir")? {
        let ways =
            Expectation::read(&source.text, expectation::MIR).map(|expectation| expectation.ways).unwrap_or_default();
        for way in Way::ALL.into_iter().filter(|way| ways.is_empty() || ways.iter().any(|name| name == way.name())) {
            let (source, tools) = (source.clone(), tools.clone());
            let name = format!("mir/run/{}/{}", source.name, way.name());
            trials.push(trial(name, move || check(way, &tools, &source)));
        }
    }
    Ok(trials)
}

fn check(way: Way, tools: &Tools, source: &Source) -> Result<()> {
    let expectation = Expectation::read(&source.text, expectation::MIR)?;
    let Some(stdout) = &expectation.stdout else {
        bail!("the file does not say what it prints: add `; stdout| …` lines or `; stdout: empty`");
    };
    let (outcome, stats) = way.run(tools, &source.path, &expectation)?;
    compare(&outcome, &expectation, stdout)?;
    check_counts(expectation.counts, stats)
}

/// Whether a program did what is expected of it.
pub fn compare(outcome: &Outcome, expectation: &Expectation, stdout: &str) -> Result<()> {
    let stderr = outcome.stderr();
    ensure!(
        outcome.status == expectation.status,
        "status {} in place of {}; it says: {stderr}",
        outcome.status,
        expectation.status
    );
    if outcome.stdout != stdout.as_bytes() {
        bail!("{}", difference("standard output", stdout, &outcome.stdout()));
    }
    if !stderr_begins(&stderr, expectation) {
        bail!("{}", difference("standard error", &(expectation.stderr.join("\n") + "\n"), &stderr));
    }
    Ok(())
}

/// A program that says nothing of standard error writes nothing there; what follows the expected lines is free (a
/// trace of the stack).
pub fn stderr_begins(stderr: &str, expectation: &Expectation) -> bool {
    let mut lines = stderr.lines();
    let begins = expectation.stderr.iter().all(|pattern| lines.next().is_some_and(|line| line_matches(pattern, line)));
    begins && (!expectation.stderr.is_empty() || stderr.is_empty())
}

/// Whether a program allocated and freed as much as is expected of it.
pub fn check_counts(expected: Option<Counts>, stats: Option<Value>) -> Result<()> {
    let Some(expected) = expected else { return Ok(()) };
    let stats = stats.context("there are no counters to compare")?;
    let found = counts(&stats)?;
    ensure!(found == expected, "{found:?} in place of {expected:?}");
    Ok(())
}

/// The counters of a run.
pub fn counts(stats: &Value) -> Result<Counts> {
    let number = |name: &str| stats[name].as_u64().with_context(|| format!("no counter `{name}` in {stats}"));
    Ok(Counts { allocations: number("allocations")?, frees: number("frees")? })
}

/// Two texts, and the first line in which they differ.
pub fn difference(what: &str, expected: &str, found: &str) -> String {
    let mut pairs = expected.lines().zip(found.lines()).enumerate();
    let place = match pairs.find(|(_, (a, b))| a != b) {
        Some((index, (a, b))) => format!("line {}: expected\n  {a}\nfound\n  {b}", index + 1),
        None if expected.lines().count() == found.lines().count() => "the ends differ".to_string(),
        None => format!("{} lines in place of {}", found.lines().count(), expected.lines().count()),
    };
    format!("{what} differs, {place}\n--- expected\n{expected}\n--- found\n{found}")
}

/// Gives every program the expectations that the interpreter meets. Programs that break a rule, or that the
/// interpreter cannot run, keep theirs.
pub fn bless(tools: &Tools, chosen: &dyn Fn(&str) -> bool) -> Result<()> {
    for source in corpus::sources(FOLDER, "mir")? {
        if !chosen(&format!("mir/run/{}/{}", source.name, Way::Interpreter.name())) {
            continue;
        }
        let mut expectation = Expectation::read(&source.text, expectation::MIR).with_context(|| source.name.clone())?;
        if !expectation.ways.is_empty() {
            continue;
        }
        let (outcome, stats) = Way::Interpreter.run(tools, &source.path, &expectation)?;
        let stderr = outcome.stderr();
        let panicked = stderr.starts_with("panic");
        if outcome.status == 1 && !panicked && !stderr.is_empty() && expectation.status != 1 {
            println!("{}: {}", source.path.display(), stderr.lines().next().unwrap_or_default());
            continue;
        }
        expectation.stdout = Some(outcome.stdout());
        expectation.status = outcome.status;
        if !stderr_begins(&stderr, &expectation) {
            let lines = if panicked { 1 } else { usize::MAX };
            expectation.stderr = stderr.lines().take(lines).map(str::to_string).collect();
        }
        if expectation.counts.is_some() {
            expectation.counts = stats.as_ref().map(counts).transpose()?;
        }
        let (code, _) = expectation::split(&source.text, expectation::MIR);
        bless::rewrite(&source.path, &source.text, &format!("{code}\n{}", expectation.write(expectation::MIR)))?;
    }
    Ok(())
}
