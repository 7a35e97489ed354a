//! The compiler in Kea, compiled by stage 0: it makes of every source file what stage 0 makes of it, and its own tests pass.

use crate::corpus::{files_below, root};
use crate::program::{self, Outcome, Tools};
use crate::run::difference;
use crate::{kea, trial};
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// The compiler in Kea.
const STAGE1: &str = "stage1";

/// Where the files lie whose dumps are compared.
const FOLDERS: [&str; 4] = [kea::LIBRARY, "tests/kea", "perf/corpus/kea", STAGE1];

/// The compiler, which the first test that needs it builds.
#[derive(Clone, Default)]
struct Compiler(Arc<OnceLock<Result<Built, String>>>);

/// An executable in a folder that goes with it.
struct Built {
    path: PathBuf,
    _folder: TempDir,
}

impl Compiler {
    fn path(&self, tools: &Tools) -> Result<&Path> {
        match self.0.get_or_init(|| build(tools).map_err(|error| format!("{error:#}"))) {
            Ok(built) => Ok(&built.path),
            Err(error) => bail!("{STAGE1} does not build: {error}"),
        }
    }
}

fn build(tools: &Tools) -> Result<Built> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("kea");
    let mut command = tools.kea0(["build", "-O", "speed", "-o"]);
    command.arg(&path).arg(root().join(STAGE1).join("main.kea"));
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0, "status {}: {}", outcome.status, outcome.stderr());
    Ok(Built { path, _folder: folder })
}

/// A comparison of tokens for every source file, and the tests of every file of the compiler.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let compiler = Compiler::default();
    let mut trials = Vec::new();
    for path in FOLDERS.iter().flat_map(|folder| sources(folder)) {
        let (tools, compiler) = (tools.clone(), compiler.clone());
        trials.push(trial(format!("stage1/tokens/{path}"), move || check_tokens(&tools, &compiler, &path)));
    }
    for path in sources(STAGE1) {
        let tools = tools.clone();
        trials.push(trial(format!("stage1/tests/{path}"), move || kea::test(&tools, &root().join(path)).map(drop)));
    }
    trials
}

/// The source files below a folder, as paths from the root.
fn sources(folder: &str) -> Vec<String> {
    files_below(folder).into_iter().filter(|path| path.ends_with(".kea")).collect()
}

/// Both compilers give the same tokens, or refuse the file with the same words.
fn check_tokens(tools: &Tools, compiler: &Compiler, path: &str) -> Result<()> {
    let arguments = ["dump", "--tokens", path];
    let mut stage0 = tools.kea0(arguments);
    stage0.current_dir(root());
    let mut stage1 = program::clean(compiler.path(tools)?);
    stage1.args(arguments).current_dir(root());
    compare(&program::run(stage0, b"")?, &program::run(stage1, b"")?)
}

fn compare(expected: &Outcome, found: &Outcome) -> Result<()> {
    for (what, expected, found) in
        [("tokens", expected.stdout(), found.stdout()), ("messages", expected.stderr(), found.stderr())]
    {
        if expected != found {
            bail!("{}", difference(what, &expected, &found));
        }
    }
    ensure!(expected.status == found.status, "status {} in place of {}", found.status, expected.status);
    Ok(())
}
