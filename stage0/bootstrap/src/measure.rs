//! Running a program and measuring it.

use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What a program took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From its start to its end.
    pub time: Duration,
    /// The most memory that it held, in bytes; of one process, without those that it started.
    pub peak_memory: u64,
}

/// Runs a program that must succeed.
pub fn run(mut command: Command) -> Result<Cost> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    let ended = child.wait4().with_context(|| format!("cannot wait for {name}"))?;
    if !ended.status.success() {
        bail!("{name} ended with {}: {command:?}", ended.status);
    }
    Ok(Cost { time: start.elapsed(), peak_memory: ended.rusage.maxrss })
}
