//! The compiler that stage 0 compiled, and the one that compiled itself: of every program they make the same MIR.

use crate::corpus::root;
use crate::kea::{self, Program};
use crate::program::{self, Tools};
use crate::run::difference;
use crate::trial;
use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;

/// What a build is asked for, by profile.
const PROFILES: [&[&str]; 2] = [&["build", "--emit=mir"], &["build", "--emit=mir", "--release"]];

/// A test for every program that is run, where the compiler that stage 0 compiled is at hand: `./bootstrap.sh` leaves it.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let Some(first) = &tools.first else { return Ok(Vec::new()) };
    let trials = kea::run_programs()?.into_iter().map(|program| {
        let (tools, first) = (tools.clone(), first.clone());
        trial(format!("stage1/generations/{}", program.name), move || check(&tools, &first, &program))
    });
    Ok(trials.collect())
}

fn check(tools: &Tools, first: &Path, program: &Program) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let work = folder.path().join("work");
    let name = program.copy_to(&work)?;
    let made = folder.path().join("program.mir");
    let compiled = |compiler: &Path, arguments: &[&str]| -> Result<String> {
        let mut command = program::clean(compiler);
        command.args(arguments).arg("-o").arg(&made).arg("--lib").arg(root().join(kea::LIBRARY)).arg(&name);
        command.current_dir(&work).env("KEA_BACKEND", &tools.backend);
        let outcome = program::run(command, b"")?;
        ensure!(outcome.status == 0, "{}: status {}: {}", compiler.display(), outcome.status, outcome.stderr());
        Ok(fs::read_to_string(&made)?)
    };
    for profile in PROFILES {
        let (expected, found) = (compiled(&tools.kea, profile)?, compiled(first, profile)?);
        ensure!(expected == found, "{}", difference(&profile.join(" "), &expected, &found));
    }
    Ok(())
}
