//! `tests/kea`: programs in Kea, and what stage 0 makes of them. A program is a file, or a folder with `main.kea`.

use crate::corpus::{self, root};
use crate::expectation::{self, Expectation, KEA};
use crate::program::{self, Outcome, Stage, Tools};
use crate::run::{self, difference};
use crate::{bless, trial};
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of programs that are run: those that end well, and those that panic.
pub const RUN_FOLDERS: [&str; 2] = ["tests/kea/run", "tests/kea/panic"];

/// The folder of programs that are refused.
pub const REJECT_FOLDER: &str = "tests/kea/reject";

/// The folder of programs whose tokens and trees are known.
pub const SYNTAX_FOLDER: &str = "tests/kea/syntax";

/// The standard library.
pub const LIBRARY: &str = "lib";

/// What begins a line that expects an error.
const ERROR: &str = "-- error: ";

/// A line of the documentation of a file that stage 0 does not compile.
const STAGE_1_ALONE: &str = "--| Needs more than stage 0 compiles.";

/// Which stages compile a file, with what the names of their tests begin with.
fn stages(text: &str) -> &'static [(Stage, &'static str)] {
    static BOTH: [(Stage, &str); 2] = [(Stage::Zero, ""), (Stage::One, "stage1/")];
    if text.lines().any(|line| line == STAGE_1_ALONE) { &BOTH[1..] } else { &BOTH }
}

/// A program of the corpus.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of its test.
    pub name: String,
    /// The file with its root module.
    path: PathBuf,
    /// That file's text.
    pub text: String,
}

impl Program {
    /// Copies its source files to a new folder and gives the name of the root module's file there.
    pub fn copy_to(&self, folder: &Path) -> Result<OsString> {
        fs::create_dir(folder)?;
        let name = self.path.file_name().unwrap_or_default();
        if name != "main.kea" {
            fs::copy(&self.path, folder.join(name))?;
            return Ok(name.to_owned());
        }
        let home = self.path.parent().unwrap_or(root());
        let below = home.strip_prefix(root())?.to_string_lossy().into_owned();
        for path in corpus::files_below(&below) {
            let target = folder.join(Path::new(&path).strip_prefix(&below)?);
            fs::create_dir_all(target.parent().unwrap_or(folder))?;
            fs::copy(root().join(&path), target)?;
        }
        Ok(name.to_owned())
    }
}

/// The programs that are run.
pub fn run_programs() -> Result<Vec<Program>> {
    let folders = RUN_FOLDERS.iter().map(|folder| programs(folder)).collect::<Result<Vec<_>>>()?;
    Ok(folders.into_iter().flatten().collect())
}

/// The programs of a folder, by name.
fn programs(folder: &str) -> Result<Vec<Program>> {
    let suite = folder.strip_prefix("tests/").unwrap_or(folder);
    let mut found = Vec::new();
    for source in corpus::sources(folder, "kea")? {
        found.push(Program { name: format!("{suite}/{}", source.name), path: source.path, text: source.text });
    }
    for entry in fs::read_dir(root().join(folder))? {
        let entry = entry?;
        let path = entry.path().join("main.kea");
        if path.is_file() {
            let name = format!("{suite}/{}", entry.file_name().to_string_lossy());
            let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            found.push(Program { name, path, text });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The document whose examples are compiled and run.
const REFERENCE: &str = "docs/language.md";

/// The examples of the reference: every block that begins with a `kea` fence. Its other words say what is done with it: nothing
/// (a program with `main` is run and compared with its `-- stdout|` lines, a module without is tested), `reject`, or `stage1`
/// (not compiled by stage 0).
fn examples() -> Result<Vec<(String, Program)>> {
    let text = fs::read_to_string(root().join(REFERENCE)).with_context(|| REFERENCE.to_string())?;
    let mut found = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(fence), None) => open = Some((index + 2, fence.to_string(), String::new())),
            (Some(_), Some(_)) => {
                let Some((line, fence, text)) = open.take() else { continue };
                if let Some(purpose) = fence.strip_prefix("kea") {
                    let program = Program { name: format!("{REFERENCE}:{line}"), path: "example.kea".into(), text };
                    found.push((purpose.trim().to_string(), program));
                }
            }
            (None, Some((_, _, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

/// Which compilers an example is for.
fn stages_of(purpose: &str) -> &'static [Stage] {
    match purpose {
        "stage1" => &[Stage::One],
        _ => &[Stage::Zero, Stage::One],
    }
}

/// Does with an example what its fence says.
fn check_example(tools: &Tools, stage: Stage, purpose: &str, example: &Program) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program { path: folder.path().join("example.kea"), ..example.clone() };
    fs::write(&program.path, &program.text)?;
    match purpose {
        "reject" if stage == Stage::One => check_place(tools, &program),
        "reject" => check_reject(tools, &program),
        "" | "stage1" if program.text.lines().any(|line| line.starts_with("fn main(")) => {
            check_run(Way::Jit, tools, stage, &program)
        }
        "" | "stage1" => {
            let outcome = test(tools, stage, &program.path)?;
            ensure!(
                !outcome.stdout().starts_with("0 passed"),
                "the example shows nothing: it has neither `main` nor tests"
            );
            Ok(())
        }
        other => bail!("`{other}` is no purpose of an example"),
    }
}

/// A way to run a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Its MIR, by the reference interpreter.
    Interpreter,
    /// Its MIR as a release build makes it, by the reference interpreter.
    ReleaseInterpreter,
    /// As an executable of fast code.
    Executable,
    /// Compiled to memory.
    Jit,
}

impl Way {
    const ALL: [Way; 4] = [Way::Interpreter, Way::ReleaseInterpreter, Way::Executable, Way::Jit];

    fn name(self) -> &'static str {
        match self {
            Way::Interpreter => "interp",
            Way::ReleaseInterpreter => "release-interp",
            Way::Executable => "exe",
            Way::Jit => "jit",
        }
    }

    /// What the program does when it is run this way, and its counters, where they can be had. It is compiled and run in a
    /// folder that holds its source files and nothing else, so that the places in messages are the same everywhere.
    fn run(
        self,
        tools: &Tools,
        stage: Stage,
        program: &Program,
        expectation: &Expectation,
    ) -> Result<(Outcome, Option<Value>)> {
        let folder = tempfile::tempdir()?;
        let (work, made) = (folder.path().join("work"), folder.path().join("program"));
        let stats = folder.path().join("stats.json");
        let root = program.copy_to(&work)?;
        let compile = |arguments: &[&str]| {
            let mut command = tools.compiler(stage, arguments);
            command.arg("-o").arg(&made).arg(&root).current_dir(&work);
            succeed(command)
        };
        let mut command = match self {
            Way::Interpreter | Way::ReleaseInterpreter => {
                compile(match (stage, self) {
                    (Stage::Zero, _) => &["mir"],
                    (Stage::One, Way::ReleaseInterpreter) => &["build", "--emit=mir", "--release", "--verify"],
                    (Stage::One, _) => &["build", "--emit=mir"],
                })?;
                let mut command = tools.backend(["interp"]);
                command.arg(format!("--stats={}", stats.display())).arg(&made).arg("--");
                command
            }
            Way::Executable => {
                compile(match stage {
                    Stage::Zero => &["build", "-O", "speed"],
                    // What overflows wraps in release builds, so that programs that panic are built without.
                    Stage::One if program.name.contains("/panic/") => &["build", "--no-cache"],
                    Stage::One => &["build", "--no-cache", "--release"],
                })?;
                program::clean(&made)
            }
            Way::Jit => {
                let mut command = tools.compiler(stage, ["run"]);
                command.arg(&root).arg("--");
                command
            }
        };
        if matches!(self, Way::Executable | Way::Jit) {
            command.env("KEA_LEAKS", "1").env("KEA_STATS", &stats);
        }
        command.args(&expectation.args).current_dir(&work);
        let outcome = program::run(command, expectation.stdin.as_bytes())?;
        let stats = fs::read(&stats).ok().map(|text| serde_json::from_slice(&text)).transpose();
        Ok((outcome, stats.context("the counters are not JSON")?))
    }
}

fn succeed(command: Command) -> Result<()> {
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0, "the compiler gave {}: {}", outcome.status, outcome.stderr());
    Ok(())
}

/// A test for every program and way, every rejection, every dump, and every module of the library.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for program in run_programs()? {
        let ways = Expectation::read(&program.text, KEA).map(|expectation| expectation.ways).unwrap_or_default();
        for way in Way::ALL.into_iter().filter(|way| ways.is_empty() || ways.iter().any(|name| name == way.name())) {
            let stages = stages(&program.text).iter();
            // Stage 0 has no release builds.
            for &(stage, prefix) in stages.filter(|(stage, _)| *stage == Stage::One || way != Way::ReleaseInterpreter) {
                let (program, tools) = (program.clone(), tools.clone());
                let name = format!("{prefix}{}/{}", program.name, way.name());
                trials.push(trial(name, move || check_run(way, &tools, stage, &program)));
            }
        }
    }
    for program in programs(REJECT_FOLDER)? {
        if stage_0_refuses(&program) {
            let (tools, program) = (tools.clone(), program.clone());
            trials.push(trial(program.name.clone(), move || check_reject(&tools, &program)));
        }
        let tools = tools.clone();
        trials.push(trial(format!("stage1/{}", program.name), move || check_report(&tools, &program)));
    }
    trials.push(trial("stage1/codes".to_string(), check_codes));
    for program in programs(SYNTAX_FOLDER)? {
        for dump in ["tokens", "ast"] {
            let (program, tools) = (program.clone(), tools.clone());
            trials.push(trial(format!("{}/{dump}", program.name), move || check_dump(&tools, &program, dump)));
        }
    }
    for source in corpus::sources(LIBRARY, "kea")? {
        for &(stage, prefix) in stages(&source.text) {
            let (tools, path) = (tools.clone(), source.path.clone());
            trials.push(trial(format!("{prefix}lib/{}", source.name), move || test(&tools, stage, &path).map(drop)));
        }
    }
    for (purpose, example) in examples()? {
        for stage in stages_of(&purpose) {
            let (tools, purpose, example) = (tools.clone(), purpose.clone(), example.clone());
            let prefix = if *stage == Stage::One { "stage1/" } else { "" };
            let name = format!("{prefix}{}", example.name);
            trials.push(trial(name, move || check_example(&tools, *stage, &purpose, &example)));
        }
    }
    Ok(trials)
}

fn check_run(way: Way, tools: &Tools, stage: Stage, program: &Program) -> Result<()> {
    let expectation = Expectation::read(&program.text, KEA)?;
    let Some(stdout) = &expectation.stdout else {
        bail!("the file does not say what it prints: add `-- stdout| …` lines or `-- stdout: empty`");
    };
    let (outcome, stats) = way.run(tools, stage, program, &expectation)?;
    run::compare(&outcome, &expectation, stdout)?;
    run::check_counts(expectation.counts, stats)
}

/// What stage 0 says of a program that it refuses: the first line, and its status.
fn refusal(tools: &Tools, program: &Program) -> Result<String> {
    let folder = program.path.parent().unwrap_or(root());
    let mut command = tools.kea0(["check"]);
    command.arg(program.path.file_name().unwrap_or_default()).current_dir(folder);
    let outcome = program::run(command, b"")?;
    let stderr = outcome.stderr();
    ensure!(outcome.status == 1, "status {} in place of 1; it says: {stderr}", outcome.status);
    ensure!(outcome.stdout.is_empty(), "it prints {}", outcome.stdout());
    let line = stderr.lines().next().unwrap_or_default();
    // A file's own name is left out.
    let own = format!("{}:", program.path.file_name().unwrap_or_default().to_string_lossy());
    Ok(line.strip_prefix(&own).unwrap_or(line).to_string())
}

fn check_reject(tools: &Tools, program: &Program) -> Result<()> {
    let lines = expectation::split(&program.text, KEA).1.lines();
    let expected: Vec<&str> = lines.filter_map(|line| line.strip_prefix(ERROR)).collect();
    ensure!(expected.len() == 1, "the file must say in one line what is wrong with it: `{ERROR}LINE:COLUMN: …`");
    let found = refusal(tools, program)?;
    ensure!(found == expected[0], "expected\n  {}\nfound\n  {found}", expected[0]);
    Ok(())
}

/// Stage 1 refuses a program at the place where stage 0 does, in its own words.
fn check_place(tools: &Tools, program: &Program) -> Result<()> {
    let lines = expectation::split(&program.text, KEA).1.lines();
    let expected = lines.filter_map(|line| line.strip_prefix(ERROR)).next().context("no line says what is wrong")?;
    let (place, _) = expected.split_once(": ").context("the line names no place")?;
    let report = report(tools, program)?;
    let found = report.lines().any(|line| line.contains(&format!(":{place}: error[E")));
    ensure!(found, "expected an error at {place}; it says:\n{report}");
    Ok(())
}

/// Whether a program of the folder says what stage 0 makes of it; the others are for stage 1 alone.
fn stage_0_refuses(program: &Program) -> bool {
    expectation::split(&program.text, KEA).1.lines().any(|line| line.starts_with(ERROR))
}

fn stage_1_compiles(program: &Program) -> bool {
    program.text.lines().any(|line| line == COMPILES)
}

/// The file with what stage 1 says of a program.
fn report_path(program: &Program) -> PathBuf {
    program.path.with_extension("stderr")
}

/// What begins the line of a program that stage 1 is not asked to check: the arguments that it gets.
const COMMAND: &str = "-- command: ";

/// What stage 1 says of a program: errors, warnings, or both.
fn report(tools: &Tools, program: &Program) -> Result<String> {
    let folder = program.path.parent().unwrap_or(root());
    let file = program.path.file_name().unwrap_or_default().to_string_lossy();
    let check = format!("check {file}");
    let arguments = program.text.lines().find_map(|line| line.strip_prefix(COMMAND)).unwrap_or(&check);
    let mut command = tools.compiler(Stage::One, arguments.split(' '));
    command.current_dir(folder);
    let outcome = program::run(command, b"")?;
    let stderr = outcome.stderr();
    let expected = i32::from(stderr.contains("error["));
    ensure!(outcome.status == expected, "status {} in place of {expected}; it says: {stderr}", outcome.status);
    ensure!(outcome.stdout.is_empty(), "it prints {}", outcome.stdout());
    ensure!(stderr.contains('['), "it finds nothing wrong");
    Ok(stderr)
}

/// A line of a program that stage 0 refuses, but not stage 1.
const COMPILES: &str = "-- stage1: compiles";

fn check_report(tools: &Tools, program: &Program) -> Result<()> {
    if stage_1_compiles(program) {
        let mut command = tools.compiler(Stage::One, ["check".as_ref(), program.path.as_os_str()]);
        command.current_dir(root());
        let outcome = program::run(command, b"")?;
        ensure!(outcome.status == 0 && outcome.stderr.is_empty(), "{}", outcome.stderr());
        return Ok(());
    }
    let path = report_path(program);
    let expected = fs::read_to_string(&path).with_context(|| format!("{} is not there", path.display()))?;
    let found = report(tools, program)?;
    if found != expected {
        bail!("{}", difference("stderr", &expected, &found));
    }
    Ok(())
}

/// The module with the codes of stage 1's messages.
const CODES: &str = "stage1/diagnostics/code.kea";

/// The codes of stage 1's messages.
pub fn codes() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join(CODES)).context(CODES)?;
    let codes = text.lines().filter_map(|line| line.split_once(" -> \"")?.1.strip_suffix('"'));
    let codes: Vec<String> = codes.map(str::to_string).collect();
    ensure!(codes.len() >= 60, "{CODES} lists only {} codes", codes.len());
    Ok(codes)
}

/// Codes that no program shows: the compiler would have to be wrong.
const NO_PROGRAM: [&str; 1] = ["E0801"];

/// Every code of stage 1 is in the expected report of some program.
fn check_codes() -> Result<()> {
    let mut reports = String::new();
    for program in programs(REJECT_FOLDER)? {
        reports.push_str(&fs::read_to_string(report_path(&program)).unwrap_or_default());
    }
    let is_shown = |code: &String| NO_PROGRAM.contains(&code.as_str()) || reports.contains(&format!("[{code}]"));
    let missing: Vec<String> = codes()?.into_iter().filter(|code| !is_shown(code)).collect();
    ensure!(missing.is_empty(), "no program in {REJECT_FOLDER} shows {}", missing.join(", "));
    Ok(())
}

fn dump(tools: &Tools, program: &Program, what: &str) -> Result<String> {
    let outcome =
        program::run(tools.kea0(["dump".as_ref(), format!("--{what}").as_ref(), program.path.as_os_str()]), b"")?;
    ensure!(outcome.status == 0, "kea0 gave {}: {}", outcome.status, outcome.stderr());
    Ok(outcome.stdout())
}

fn check_dump(tools: &Tools, program: &Program, what: &str) -> Result<()> {
    let path = program.path.with_extension(what);
    let expected = fs::read_to_string(&path).with_context(|| format!("{} is not there", path.display()))?;
    let found = dump(tools, program, what)?;
    if found != expected {
        bail!("{}", difference(what, &expected, &found));
    }
    Ok(())
}

/// The tests of a module and the examples of its documentation pass.
pub fn test(tools: &Tools, stage: Stage, path: &Path) -> Result<Outcome> {
    let mut command = tools.compiler(stage, ["test".as_ref(), path.as_os_str()]);
    let folder = tempfile::tempdir()?;
    command.current_dir(folder.path());
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0, "status {}\n{}{}", outcome.status, outcome.stdout(), outcome.stderr());
    Ok(outcome)
}

/// Gives programs what the interpreter makes of them, refused ones their message, and dumps their text.
pub fn bless(tools: &Tools, chosen: &dyn Fn(&str) -> bool) -> Result<()> {
    for program in run_programs()? {
        let (_, prefix) = stages(&program.text)[0];
        if chosen(&format!("{prefix}{}/{}", program.name, Way::Interpreter.name()))
            && let Err(error) = bless_run(tools, &program)
        {
            println!("{}: {error:#}", program.path.display());
        }
    }
    let refused = programs(REJECT_FOLDER)?;
    let reported = refused.iter().filter(|program| !stage_1_compiles(program));
    for program in reported.filter(|program| chosen(&format!("stage1/{}", program.name))) {
        let path = report_path(program);
        let old = fs::read_to_string(&path).unwrap_or_default();
        match report(tools, program) {
            Ok(text) => bless::rewrite(&path, &old, &text)?,
            Err(error) => println!("{}: {error:#}", program.path.display()),
        }
    }
    for program in refused.iter().filter(|program| chosen(&program.name) && stage_0_refuses(program)) {
        let (code, comments) = expectation::split(&program.text, KEA);
        let remarks: String = comments
            .lines()
            .filter(|line| line.starts_with(KEA) && !line.starts_with(ERROR))
            .map(|line| format!("{line}\n"))
            .collect();
        match refusal(tools, program) {
            Ok(line) => bless::rewrite(&program.path, &program.text, &format!("{code}\n{remarks}{ERROR}{line}\n"))?,
            Err(error) => println!("{}: {error:#}", program.path.display()),
        }
    }
    for program in programs(SYNTAX_FOLDER)? {
        for what in ["tokens", "ast"] {
            if chosen(&format!("{}/{what}", program.name)) {
                let path = program.path.with_extension(what);
                let old = fs::read_to_string(&path).unwrap_or_default();
                bless::rewrite(&path, &old, &dump(tools, &program, what)?)?;
            }
        }
    }
    Ok(())
}

fn bless_run(tools: &Tools, program: &Program) -> Result<()> {
    let mut expectation = Expectation::read(&program.text, KEA)?;
    let way = if expectation.ways.is_empty() { Way::Interpreter } else { Way::Executable };
    let (stage, _) = stages(&program.text)[0];
    let (outcome, stats) = way.run(tools, stage, program, &expectation)?;
    let stderr = outcome.stderr();
    let panicked = stderr.starts_with("panic");
    ensure!(panicked || !stderr.contains("error["), "{stderr}");
    expectation.stdout = Some(outcome.stdout());
    expectation.status = outcome.status;
    if !run::stderr_begins(&stderr, &expectation) {
        let lines = if panicked { 1 } else { usize::MAX };
        expectation.stderr = stderr.lines().take(lines).map(str::to_string).collect();
    }
    if expectation.counts.is_some() {
        expectation.counts = stats.as_ref().map(run::counts).transpose()?;
    }
    let (code, _) = expectation::split(&program.text, KEA);
    bless::rewrite(&program.path, &program.text, &format!("{code}\n{}", expectation.write(KEA)))
}
