//! `compile`: a module becomes an object file, from a request or from flags.

use super::print;
use crate::diagnose::{self, Failure};
use crate::files;
use crate::input::Input;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use kea_cranelift::Cranelift;
use kea_mir::backend::{Backend, Optimize, Options};
use kea_mir::request::{self, Reply, Request};
use kea_mir::validate::ValidModule;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Compile a module to an object file
///
/// The input is a module, compiled as the options say, or a request (`kea-backend-request 1.0`), which says
/// everything itself and is answered by a reply on standard output.
#[derive(clap::Args)]
pub struct Arguments {
    /// A module or a request
    input: Input,
    /// The object file to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How much work to put into the code [default: none]
    #[arg(short = 'O', long, value_enum, value_name = "LEVEL")]
    optimize: Option<OptimizeArgument>,
    /// What debuggers are told [default: none]
    #[arg(long, value_enum, value_name = "WHAT")]
    debug: Option<DebugArgument>,
    /// How many threads may work at once [default: 1]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// The target's triple [default: the module's]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

/// How much work a backend puts into the code.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptimizeArgument {
    /// Fast builds
    None,
    /// Fast code
    Speed,
}

impl From<OptimizeArgument> for Optimize {
    fn from(argument: OptimizeArgument) -> Optimize {
        match argument {
            OptimizeArgument::None => Optimize::None,
            OptimizeArgument::Speed => Optimize::Speed,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DebugArgument {
    /// Names of functions only
    None,
    /// Lines as well
    Lines,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let text = self.input.read()?;
        if request::is_request(&text) {
            self.refuse_options();
            return answer(&self.input, &text);
        }
        let Some(output) = &self.output else {
            usage_error(ErrorKind::MissingRequiredArgument, "a module needs `--output FILE`");
        };
        let module = self.input.check(self.input.parse(&text)?)?;
        let compiled = Cranelift.compile(&module, &self.options(&module));
        let compiled = compiled.map_err(|diagnostics| Failure::in_file(&self.input, diagnostics))?;
        files::write(output, &compiled.object)?;
        diagnose::print_warnings(&self.input.to_string(), &compiled.diagnostics);
        Ok(0)
    }

    fn options(&self, module: &ValidModule) -> Options {
        Options {
            target: self.target.clone().unwrap_or_else(|| module.target.to_string()),
            optimize: self.optimize.map_or(Optimize::None, Optimize::from),
            debug_lines: self.debug == Some(DebugArgument::Lines),
            jobs: self.jobs.map_or(1, NonZeroUsize::get),
        }
    }

    /// A request says everything itself: options beside it would be silently ignored.
    fn refuse_options(&self) {
        let given = [
            ("--output", self.output.is_some()),
            ("--optimize", self.optimize.is_some()),
            ("--debug", self.debug.is_some()),
            ("--jobs", self.jobs.is_some()),
            ("--target", self.target.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            usage_error(ErrorKind::ArgumentConflict, &format!("`{option}` cannot be used with a request"));
        }
    }
}

fn usage_error(kind: ErrorKind, message: &str) -> ! {
    let mut program = crate::Arguments::command();
    program.build();
    match program.find_subcommand_mut("compile") {
        Some(command) => command.error(kind, message).exit(),
        None => program.error(kind, message).exit(),
    }
}

/// Meets a request and prints the reply. What is wrong stands in the reply and on standard error.
fn answer(input: &Input, text: &[u8]) -> Result<u8, Failure> {
    match meet(input, text) {
        Ok(reply) => {
            print(reply.to_string())?;
            Ok(0)
        }
        Err(failure) => {
            print(Reply::refused(failure.diagnostics()).to_string())?;
            Err(failure)
        }
    }
}

fn meet(input: &Input, text: &[u8]) -> Result<Reply, Failure> {
    let request = Request::read(text).map_err(|diagnostic| Failure::in_file(input, vec![diagnostic]))?;
    let source = Input::from(Path::new(&request.module));
    let module = source.valid_module()?;
    let compiled = Cranelift.compile(&module, &request.options);
    let compiled = compiled.map_err(|diagnostics| Failure::in_file(&source, diagnostics))?;
    files::write(Path::new(&request.output), &compiled.object)?;
    Ok(Reply {
        object: Some(request.output),
        diagnostics: compiled.diagnostics.iter().map(Into::into).collect(),
        stats: compiled.stats.into_iter().map(|(name, number)| (name.to_string(), number)).collect(),
    })
}
