//! `stage1`: the compiler in Kea. Of every Kea file of the project both stages print the same tokens and the same
//! tree, or both refuse it; and the tests in its own files pass.

use crate::corpus::{files_below, root};
use crate::kea;
use crate::program::{self, Outcome, Stage, Tools};
use crate::run::difference;
use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::process::Command;

/// The folder of the compiler in Kea.
const FOLDER: &str = "stage1";

/// What both stages print of a file.
const DUMPS: [&str; 2] = ["--tokens", "--ast"];

/// A test for every Kea file of the project, and for the tests of every file of the compiler.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let own = kea_files(FOLDER);
    let mut trials = Vec::new();
    for (stage, name) in [(Stage::Zero, "stage0"), (Stage::One, "stage1")] {
        for path in &own {
            let (tools, path) = (tools.clone(), path.clone());
            let name = format!("stage1/tests/{name}/{path}");
            trials.push(trial(name, move || kea::test(&tools, stage, &root().join(path)).map(drop)));
        }
    }
    for path in own.iter().chain(&kea_files(kea::LIBRARY)).chain(&kea_files("tests/kea")) {
        let (tools, path) = (tools.clone(), path.clone());
        trials.push(trial(format!("stage1/dump/{path}"), move || check_dumps(&tools, &path)));
    }
    let tools = tools.clone();
    trials.push(trial("stage1/interpreted", move || check_interpreted(&tools)));
    Ok(trials)
}

/// The interpreter, which counts every reference, runs the compiler: it compiles a program to what the compiler itself makes of it, and
/// nothing is left over.
fn check_interpreted(tools: &Tools) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("hello.kea"), "fn main() -[IO]> Unit\n  IO.println(\"hello\")\n")?;
    let mut command = tools.compiler(Stage::One, ["build", "--release", "--emit=mir", "-o"]);
    command.arg(path("kea.mir")).arg(root().join("stage1/main.kea"));
    succeed(command)?;
    let mut native = tools.compiler(Stage::One, ["build", "--emit=mir", "-o"]);
    native.arg(path("native.mir")).arg(path("hello.kea"));
    succeed(native)?;
    let mut interpreted = tools.backend(["interp"]);
    interpreted.arg(format!("--stats={}", path("stats.json").display())).arg(path("kea.mir"));
    interpreted.args(["--", "build", "--emit=mir", "-o"]).arg(path("interpreted.mir"));
    interpreted.arg(path("hello.kea")).arg("--lib").arg(root().join(kea::LIBRARY));
    interpreted.env("KEA_BACKEND", &tools.backend);
    succeed(interpreted)?;
    ensure!(fs::read(path("native.mir"))? == fs::read(path("interpreted.mir"))?, "the interpreter makes other MIR");
    let stats: serde_json::Value = serde_json::from_slice(&fs::read(path("stats.json"))?)?;
    ensure!(stats["live_objects"] == 0, "the compiler leaks: {stats}");
    Ok(())
}

fn succeed(command: Command) -> Result<()> {
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0, "status {}: {}", outcome.status, outcome.stderr());
    Ok(())
}

fn kea_files(folder: &str) -> Vec<String> {
    files_below(folder).into_iter().filter(|path| path.ends_with(".kea")).collect()
}

fn check_dumps(tools: &Tools, path: &str) -> Result<()> {
    for dump in DUMPS {
        let expected = dumped(tools.kea0(["dump", dump, path]))?;
        // Stage 1 knows more of the language.
        if expected.stderr().contains("error[unsupported]") {
            continue;
        }
        let found = dumped(tools.compiler(Stage::One, ["dump", dump, path]))?;
        ensure!(
            found.status == expected.status,
            "{dump}: status {} in place of {}: {}",
            found.status,
            expected.status,
            found.stderr()
        );
        if found.stdout != expected.stdout {
            bail!("{}", difference(dump, &expected.stdout(), &found.stdout()));
        }
    }
    Ok(())
}

fn dumped(mut command: std::process::Command) -> Result<Outcome> {
    command.current_dir(root());
    program::run(command, b"")
}
