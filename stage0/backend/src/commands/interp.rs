//! `interp`: a module is run by the reference interpreter.

use crate::diagnose::Failure;
use crate::files;
use crate::input::Input;
use kea_mir::diagnostic::Diagnostic;
use kea_mir::interp::{End, Interpreter, Options, Outcome, Stats, SystemHost, Violation};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The counters' file when none is named.
const STANDARD_ERROR: &str = "-";

/// Run a module by the reference interpreter, which checks every count
#[derive(clap::Args)]
pub struct Arguments {
    /// A module with an entry
    file: Input,
    /// Write counters as JSON, to standard error where no file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = STANDARD_ERROR)]
    stats: Option<PathBuf>,
    /// Give up after so many instructions
    #[arg(long, value_name = "N")]
    instructions_max: Option<u64>,
    /// The program's arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let module = self.file.program()?;
        let arguments = self.arguments.into_iter().map(OsStringExt::into_vec).collect();
        let mut host = SystemHost::new(arguments);
        let options = Options { instructions_max: self.instructions_max, ..Options::default() };
        let Outcome { status, end, stats } = Interpreter::new(&module, options, &mut host).run();
        drop(host);
        if let Some(path) = &self.stats {
            report(path, &stats)?;
        }
        match end {
            End::Returned | End::Exited | End::Panicked => Ok((status & 0xff) as u8),
            End::Violated(violations) => {
                Err(Failure::in_file(&self.file, violations.into_iter().map(diagnostic).collect()))
            }
            End::Unavailable(message) => Err(Failure::of_file(&self.file, "unavailable", message)),
        }
    }
}

fn diagnostic(violation: Violation) -> Diagnostic {
    let Violation { function, block, instruction, location, line, message } = violation;
    let message = match location {
        Some(location) => format!("{message} at {location}"),
        None => message,
    };
    Diagnostic { function, block, instruction, ..Diagnostic::error("violation", line, message) }
}

/// Writes the counters, under the names that KEA_STATS has for them.
fn report(path: &Path, stats: &Stats) -> Result<(), Failure> {
    let text = format!("{}\n", counters(stats));
    if path == Path::new(STANDARD_ERROR) {
        eprint!("{text}");
        return Ok(());
    }
    files::write(path, text.as_bytes())
}

fn counters(stats: &Stats) -> Value {
    let Stats {
        instructions,
        allocations,
        frees,
        live_objects,
        retains,
        releases,
        reuse_hits,
        copies_on_write,
        bytes_peak,
    } = *stats;
    json!({
        "instructions": instructions,
        "allocations": allocations,
        "frees": frees,
        "live_objects": live_objects,
        "retains": retains,
        "releases": releases,
        "reuse_hits": reuse_hits,
        "copies_on_write": copies_on_write,
        "peak_bytes": bytes_peak,
    })
}
