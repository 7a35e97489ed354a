//! `stage1`: the compiler in Kea, compiled by stage 0. Of every Kea file of the project both stages print the same tokens and the same
//! tree, or both refuse it; and the tests in its own files pass.

use crate::corpus::{files_below, root};
use crate::kea;
use crate::program::{self, Outcome, Tools};
use crate::run::difference;
use crate::trial;
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The folder of the compiler in Kea.
const FOLDER: &str = "stage1";

/// What both stages print of a file.
const DUMPS: [&str; 2] = ["--tokens", "--ast"];

/// The compiler in Kea, built when the first test asks for it.
struct Compiler {
    folder: tempfile::TempDir,
    built: OnceLock<Result<PathBuf, String>>,
}

impl Compiler {
    fn program(&self, tools: &Tools) -> Result<&Path> {
        let built = self.built.get_or_init(|| self.build(tools).map_err(|error| format!("{error:#}")));
        built.as_deref().map_err(|error| anyhow::anyhow!("stage 1 does not build: {error}"))
    }

    fn build(&self, tools: &Tools) -> Result<PathBuf> {
        let made = self.folder.path().join("kea");
        let mut command = tools.kea0(["build", "-O", "speed", "-o"]);
        command.arg(&made).arg(root().join(FOLDER).join("main.kea"));
        let outcome = program::run(command, b"")?;
        ensure!(outcome.status == 0, "status {}: {}", outcome.status, outcome.stderr());
        Ok(made)
    }
}

/// A test for every Kea file of the project, and for the tests of every file of the compiler.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let folder = tempfile::tempdir().context("there is no folder to build stage 1 in")?;
    let compiler = Arc::new(Compiler { folder, built: OnceLock::new() });
    let own = kea_files(FOLDER);
    let tests = own.iter().map(|path| {
        let (tools, path) = (tools.clone(), path.clone());
        trial(format!("stage1/tests/{path}"), move || kea::test(&tools, &root().join(path)).map(drop))
    });
    let mut trials: Vec<Trial> = tests.collect();
    for path in own.iter().chain(&kea_files(kea::LIBRARY)).chain(&kea_files("tests/kea")) {
        let (tools, path, compiler) = (tools.clone(), path.clone(), Arc::clone(&compiler));
        trials.push(trial(format!("stage1/dump/{path}"), move || check_dumps(&tools, &compiler, &path)));
    }
    Ok(trials)
}

fn kea_files(folder: &str) -> Vec<String> {
    files_below(folder).into_iter().filter(|path| path.ends_with(".kea")).collect()
}

fn check_dumps(tools: &Tools, compiler: &Compiler, path: &str) -> Result<()> {
    let compiler = compiler.program(tools)?;
    for dump in DUMPS {
        let expected = dumped(tools.kea0(["dump", dump, path]))?;
        let mut command = program::clean(compiler);
        command.args(["dump", dump, path]);
        let found = dumped(command)?;
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
