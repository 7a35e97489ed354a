//! `compile`: a module becomes an object file, from a request or from flags.

use super::print;
use crate::BAD_INPUT;
use crate::diagnose::{self, Failure};
use crate::files;
use crate::input::Input;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use kea_cranelift::Cranelift;
use kea_mir::backend::{Backend, Compiled, Optimize, Options};
use kea_mir::diagnostic::Diagnostic;
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OptimizeArgument {
    /// Fast builds
    None,
    /// Fast code
    Speed,
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
        let compiled = compile(&module, &self.options(&module));
        let compiled = compiled.map_err(|diagnostics| Failure::in_file(&self.input, diagnostics))?;
        files::write(output, &compiled.object)?;
        diagnose::print_warnings(&self.input.to_string(), &compiled.diagnostics);
        Ok(0)
    }

    fn options(&self, module: &ValidModule) -> Options {
        Options {
            target: self.target.clone().unwrap_or_else(|| module.target.to_string()),
            optimize: match self.optimize {
                Some(OptimizeArgument::Speed) => Optimize::Speed,
                Some(OptimizeArgument::None) | None => Optimize::None,
            },
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
    crate::Arguments::command().error(kind, message).exit()
}

/// Meets a request and prints the reply. What the reply says of errors is not said again on standard error.
fn answer(input: &Input, text: &[u8]) -> Result<u8, Failure> {
    let reply = match meet(input, text) {
        Ok(reply) => reply,
        Err(Failure::Findings(findings)) => {
            let failure = Failure::Findings(findings);
            print(refusal(&failure).to_string())?;
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    print(reply.to_string())?;
    Ok(if reply.object.is_some() { 0 } else { BAD_INPUT })
}

fn refusal(failure: &Failure) -> Reply {
    match failure {
        Failure::Findings(findings) => {
            let diagnostics: Vec<Diagnostic> = findings.iter().map(|finding| finding.diagnostic.clone()).collect();
            Reply::refused(&diagnostics)
        }
        Failure::BrokenPipe => Reply::default(),
    }
}

fn meet(input: &Input, text: &[u8]) -> Result<Reply, Failure> {
    let request = Request::read(text).map_err(|diagnostic| Failure::in_file(input, vec![diagnostic]))?;
    let source = Input::from(Path::new(&request.module));
    let module = source.valid_module()?;
    let compiled =
        compile(&module, &request.options).map_err(|diagnostics| Failure::in_file(&source, diagnostics))?;
    files::write(Path::new(&request.output), &compiled.object)?;
    Ok(Reply {
        object: Some(request.output),
        diagnostics: compiled.diagnostics.iter().map(Into::into).collect(),
        stats: compiled.stats.into_iter().map(|(name, number)| (name.to_string(), number)).collect(),
    })
}

fn compile(module: &ValidModule, options: &Options) -> Result<Compiled, Vec<Diagnostic>> {
    if *options.target != *module.target {
        let message = format!(
            "the module is laid out for the target {}, and cannot be compiled for {}",
            module.target, options.target
        );
        return Err(vec![Diagnostic::error("target", 0, message)]);
    }
    Cranelift.compile(module, options)
}
