//! `kea0`, the stage-0 compiler: checks Kea programs, compiles them to MIR, and has `kea-backend` build or run that.

mod backend;
mod commands;
mod failure;
mod files;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::io;
use std::panic;
use std::process::ExitCode;
use std::thread;

/// The stage-0 compiler of Kea: compiles what the Kea compiler itself is written in.
#[derive(Parser)]
#[command(name = "kea0", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 success, 1 bad input, 2 wrong usage, 101 panic of the program that was run, otherwise \
    that program's own."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(commands::build::Arguments),
    Run(commands::run::Arguments),
    Test(commands::test::Arguments),
    Check(commands::check::Arguments),
    Mir(commands::mir::Arguments),
    Dump(commands::dump::Arguments),
}

impl Command {
    fn run(self) -> Result<u8, Failure> {
        match self {
            Command::Build(arguments) => arguments.run(),
            Command::Run(arguments) => arguments.run(),
            Command::Test(arguments) => arguments.run(),
            Command::Check(arguments) => arguments.run(),
            Command::Mir(arguments) => arguments.run(),
            Command::Dump(arguments) => arguments.run(),
        }
    }
}

/// The status of bad input, and of a fault in this program.
const BAD_INPUT: u8 = 1;

/// Phases recurse over trees, which are at most as deep as the parser allows; this is room for them.
const STACK_SIZE: usize = 1 << 30;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    panic::set_hook(Box::new(|panic| {
        eprintln!("internal compiler error: {panic}");
        eprintln!("  hint: this is a fault in kea0, not in the program; please report it with the file");
    }));
    let worker = thread::Builder::new().stack_size(STACK_SIZE).spawn(|| arguments.command.run());
    let status = match worker.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(status))) => status,
        Ok(Ok(Err(failure))) => failure.print(),
        // The hook has said what happened.
        Ok(Err(_)) => BAD_INPUT,
        Err(error) => Failure::Message(format!("cannot start a thread: {error}")).print(),
    };
    ExitCode::from(status)
}

/// Writes to standard output; a reader that has left is not an error of the program.
fn print(text: &str) -> Result<(), Failure> {
    use io::Write;
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::BrokenPipe),
        Err(error) => Err(Failure::Message(format!("cannot write to standard output: {error}"))),
    }
}
