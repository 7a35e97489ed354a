//! `stage1`: the compiler in Kea. Of every Kea file of the project both stages print the same tokens and the same
//! tree, or both refuse it; and the tests in its own files pass.

use crate::corpus::{files_below, root};
use crate::kea;
use crate::program::{self, Outcome, Stage, Tools};
use crate::run::difference;
use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;

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
    Ok(trials)
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
