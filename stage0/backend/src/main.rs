//! `kea-backend`: reads, checks, runs and compiles MIR, and links what came of it.

mod commands;
mod diagnose;
mod files;
mod input;

use clap::{Parser, Subcommand};
use diagnose::{ErrorFormat, Failure};
use std::panic;
use std::process::ExitCode;

/// Reads, checks, interprets, compiles and runs programs in Kea's intermediate language (.mir).
#[derive(Parser)]
#[command(name = "kea-backend", version, max_term_width = 100)]
#[command(
    after_help = "`-` in place of a file is standard input. Exit status: 0 success, 1 bad input, 2 wrong usage, \
    101 panic of the program that was run, otherwise that program's own."
)]
struct Arguments {
    /// How errors are printed, one a line
    #[arg(long, global = true, value_enum, default_value_t = ErrorFormat::Text)]
    error_format: ErrorFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compile(commands::compile::Arguments),
    Link(commands::link::Arguments),
    Run(commands::run::Arguments),
    Interp(commands::interp::Arguments),
    Validate(commands::validate::Arguments),
    Fmt(commands::fmt::Arguments),
    Stats(commands::stats::Arguments),
    Contract(commands::contract::Arguments),
}

impl Command {
    fn run(self) -> Result<u8, Failure> {
        match self {
            Command::Compile(arguments) => arguments.run(),
            Command::Link(arguments) => arguments.run(),
            Command::Run(arguments) => arguments.run(),
            Command::Interp(arguments) => arguments.run(),
            Command::Validate(arguments) => arguments.run(),
            Command::Fmt(arguments) => arguments.run(),
            Command::Stats(arguments) => arguments.run(),
            Command::Contract(arguments) => arguments.run(),
        }
    }
}

/// The status of bad input, and of a bug in this program.
const BAD_INPUT: u8 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let format = arguments.error_format;
    panic::set_hook(Box::new(move |panic| diagnose::print_internal_error(format, panic)));
    let status = match panic::catch_unwind(|| arguments.command.run()) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => {
            failure.print(format);
            failure.status()
        }
        // The hook has said what happened.
        Err(_) => BAD_INPUT,
    };
    ExitCode::from(status)
}
