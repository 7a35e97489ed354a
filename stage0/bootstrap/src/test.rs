//! All tests: of the Rust crates, of the corpus, of the library and of the compiler in Kea.

use crate::build;
use crate::project::Project;
use anyhow::Result;
use xshell::{Shell, cmd};

/// What to test.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Rewrite the expectations of the tests in tests/ to what the programs do now; read the difference before you commit it
    #[arg(long)]
    bless: bool,
    /// A filter for, or options of, the harness in tests/; only that is run then
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    harness: Vec<String>,
}

/// Builds, then runs the tests.
pub fn run(project: &Project, build: &build::Arguments, arguments: &Arguments) -> Result<()> {
    build::run(project, build)?;
    let shell = Shell::new()?;
    shell.change_dir(&project.root);
    shell.set_var("KEA_BACKEND", project.backend());
    if arguments.bless {
        shell.set_var("KEA_BLESS", "1");
    }
    let harness = &arguments.harness;
    if harness.is_empty() {
        cmd!(shell, "cargo test --release --workspace --locked").run()?;
    } else {
        cmd!(shell, "cargo test --release --locked -p kea-tests --test harness -- {harness...}").run()?;
    }
    Ok(())
}
