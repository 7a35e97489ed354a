//! `kea-backend`, which turns MIR into objects, executables and running programs. Stage 0 hands over text, as every stage does.

use crate::failure::Failure;
use kea_mir::module::Module;
use kea_mir::writer;
use std::env;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use tempfile::{NamedTempFile, TempDir};

/// How well the backend optimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Optimize {
    /// As little as possible: builds fast.
    None,
    /// For fast code.
    Speed,
}

impl Optimize {
    fn word(self) -> &'static str {
        match self {
            Optimize::None => "none",
            Optimize::Speed => "speed",
        }
    }
}

/// The program: the one that KEA_BACKEND names, or `kea-backend` beside this program.
fn program() -> Result<PathBuf, Failure> {
    if let Some(path) = env::var_os("KEA_BACKEND").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let here = env::current_exe().and_then(|path| path.canonicalize());
    let beside = here.ok().and_then(|path| path.parent().map(|folder| folder.join("kea-backend")));
    beside
        .filter(|path| path.is_file())
        .ok_or_else(|| Failure::Message("there is no `kea-backend` beside kea0; KEA_BACKEND may name it".into()))
}

fn status(mut command: Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(|error| Failure::Message(format!("cannot run {:?}: {error}", command.get_program())))
}

fn succeed(command: Command) -> Result<(), Failure> {
    // The backend refuses what stage 0 gives it only when stage 0 is at fault; it has printed why.
    if status(command)?.success() { Ok(()) } else { Err(Failure::Said(crate::BAD_INPUT)) }
}

fn temporary(error: &io::Error) -> Failure {
    Failure::Message(format!("cannot write a temporary file: {error}"))
}

/// Compiles and links a module to an executable.
pub fn build(module: &Module, output: &Path, optimize: Optimize) -> Result<(), Failure> {
    let folder = TempDir::with_prefix("kea0-").map_err(|error| temporary(&error))?;
    let (text, object, request) =
        (folder.path().join("program.mir"), folder.path().join("program.o"), folder.path().join("request"));
    std::fs::write(&text, writer::write(module)).map_err(|error| temporary(&error))?;
    let asked = format!(
        "kea-backend-request 1.0\ntarget {}\noptimize {}\noutput object {:?}\ndebug lines\njobs {}\nmodule {:?}\n",
        module.target,
        optimize.word(),
        object,
        std::thread::available_parallelism().map_or(1, usize::from),
        text,
    );
    std::fs::write(&request, asked).map_err(|error| temporary(&error))?;
    let program = program()?;
    let mut compile = Command::new(&program);
    compile.arg("compile").arg(&request).stdout(std::process::Stdio::null());
    succeed(compile)?;
    let mut link = Command::new(&program);
    link.arg("link").arg(&object).arg("-o").arg(output);
    succeed(link)
}

/// Runs a module in memory and gives the program's status.
pub fn run(module: &Module, arguments: &[impl AsRef<OsStr>]) -> Result<u8, Failure> {
    let mut file = NamedTempFile::with_prefix("kea0-").map_err(|error| temporary(&error))?;
    file.write_all(writer::write(module).as_bytes()).map_err(|error| temporary(&error))?;
    let mut command = Command::new(program()?);
    command.arg("run").arg(file.path()).arg("--").args(arguments);
    let status = status(command)?;
    use std::os::unix::process::ExitStatusExt;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)) as u8)
}
