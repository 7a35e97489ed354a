//! `kea0`, the stage-0 compiler.

mod commands;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The stack that compilation runs on: phases recurse over trees whose depth the parser bounds.
const STACK_BYTES: usize = 1 << 30;

/// The stage-0 compiler of Kea.
#[derive(Parser)]
#[command(name = "kea0", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Subcommand)]
enum Command {
    Check(commands::check::Check),
    Dump(commands::dump::Dump),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let compilation = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || match &arguments.command {
        Command::Check(command) => commands::check::run(command),
        Command::Dump(command) => commands::dump::run(command),
    });
    match compilation.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
        Ok(Err(_)) => ExitCode::from(70),
        Err(error) => {
            eprintln!("cannot start the compiler's thread: {error}");
            ExitCode::FAILURE
        }
    }
}
