//! `tests/mir/compat`: a module of every version of the contract, which must be read, checked and run for ever.

use crate::corpus;
use crate::expectation::{self, Expectation};
use crate::invalid::diagnostics;
use crate::program::{self, Tools};
use crate::trial;
use anyhow::{Result, ensure};
use kea_mir::contract::VERSION;
use libtest_mimic::Trial;

/// The folder of the modules.
pub const FOLDER: &str = "tests/mir/compat";

/// A test for every module, and one that the present version has one.
pub fn trials(tools: &Tools) -> Result<Vec<Trial>> {
    let sources = corpus::sources(FOLDER, "mir")?;
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut trials = vec![trial("mir/compat/present-version", move || {
        ensure!(names.contains(&VERSION.to_string()), "{FOLDER} has no file of version {VERSION}");
        Ok(())
    })];
    for source in sources {
        let tools = tools.clone();
        trials.push(trial(format!("mir/compat/{}", source.name), move || {
            let found = diagnostics(source.text.as_bytes());
            ensure!(found.is_empty(), "it is refused: {}", found[0]);
            let expected = Expectation::read(&source.text, expectation::MIR)?.stdout;
            for way in ["interp", "run"] {
                let mut command = tools.backend([way]);
                command.arg(&source.path);
                let outcome = program::run(command, b"")?;
                ensure!(outcome.status == 0, "{way} gives {}: {}", outcome.status, outcome.stderr());
                ensure!(Some(outcome.stdout()) == expected, "{way} prints {}", outcome.stdout());
            }
            Ok(())
        }));
    }
    Ok(trials)
}
