//! The build driver behind `bootstrap.sh`: it builds the compiler in Kea three times, proves that the third build changes nothing
//! any more, tests, measures and packs the result.

mod build;
mod compare;
mod dist;
mod gate;
mod measure;
mod project;
mod prove;
mod report;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use project::Project;
use std::path::PathBuf;
use std::process::ExitCode;

/// Build the Kea compiler three times and prove that it reproduces itself
#[derive(Parser)]
#[command(name = "bootstrap.sh", version, after_help = "`./bootstrap.sh clean` removes build/ and target/.")]
struct CommandLine {
    /// The project's folder
    #[arg(long, hide = true, global = true, default_value = ".")]
    project: PathBuf,
    /// The folder that Cargo built stage 0 in
    #[arg(long, hide = true, global = true, default_value = "target/release")]
    tools: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    build: build::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Build, then run all tests
    Test(test::Arguments),
    /// Check that folder, jobs, cache and the compiler that one starts from do not change the result
    Prove,
    /// Compare what compiling the compiler costs with the baseline in perf/selfhost
    Gate(gate::Arguments),
    /// Pack the compiler, its backend, the runtime and the library for machines without Rust
    Dist,
    /// Install the compiler, its backend, the runtime and the library
    Install {
        /// The folder to install in: PREFIX/bin, PREFIX/lib
        prefix: PathBuf,
    },
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bootstrap: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: CommandLine) -> Result<()> {
    let project = Project::new(&command_line.project, &command_line.tools)?;
    match command_line.command {
        None => build::run(&project, &command_line.build),
        Some(Command::Test(arguments)) => test::run(&project, &command_line.build, &arguments),
        Some(Command::Prove) => prove::run(&project),
        Some(Command::Gate(arguments)) => gate::run(&project, &arguments),
        Some(Command::Dist) => dist::pack(&project),
        Some(Command::Install { prefix }) => dist::install(&project, &prefix),
    }
}
