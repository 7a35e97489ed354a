//! The tests of the whole project: a corpus of files, and the suites that run them. `tests/README.md` describes both.

pub mod agreement;
pub mod bless;
pub mod builds;
pub mod command_line;
pub mod compat;
pub mod corpus;
pub mod coverage;
pub mod diagnostics;
pub mod documents;
pub mod expectation;
pub mod format;
pub mod fuzz;
pub mod generate;
pub mod generations;
pub mod invalid;
pub mod kea;
pub mod layers;
pub mod program;
pub mod property;
pub mod run;
pub mod stage1;
pub mod tidy;

use libtest_mimic::Trial;

/// A test that fails with an error.
fn trial(name: impl Into<String>, test: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || test().map_err(|error| format!("{error:#}").into()))
}
