//! Other processes.

use crate::interp::host::ProcessOutput;
use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, error_number, one, reason};
use crate::interp::stop::Step;
use crate::interp::value::Value;
use smallvec::smallvec;
use std::io;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_process_run", run),
    ("kea_process_spawn", spawn),
    ("kea_process_wait", |machine, call| one(Value::i64(machine.host.wait_process(call.i64(0)?)))),
    ("kea_process_start", start),
    ("kea_process_next", |machine, _| one(Value::i64(machine.host.next_process().unwrap_or(-1)))),
    ("kea_process_finish", finish),
    ("kea_process_id", |machine, _| one(Value::i64(machine.host.process_id()))),
];

/// The status and [output, errors], or -1 and [reason].
fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (command, args) = (call.owned_bytes(machine, 0)?, call.texts(machine, 1)?);
    let input = call.owned_bytes(machine, 2)?;
    let output = machine.host.run_process(&command, &args, &input).map_err(|error| reason(&error));
    left_behind(machine, call, output)
}

fn left_behind(machine: &mut Machine<'_, '_>, call: &Call<'_>, output: Result<ProcessOutput, Vec<u8>>) -> Step<Values> {
    let (status, texts) = match output {
        Ok(output) => (output.status, vec![output.output, output.errors]),
        Err(reason) => (-1, vec![reason]),
    };
    Ok(smallvec![Value::i64(status), call.strings(machine, 1, texts)?])
}

/// As `spawn`.
fn start(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (command, args) = (call.owned_bytes(machine, 0)?, call.texts(machine, 1)?);
    let input = call.owned_bytes(machine, 2)?;
    let handle = machine.host.start_process(&command, &args, &input);
    started(machine, call, handle)
}

/// As `run`.
fn finish(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let output = machine.host.finish_process(call.i64(0)?);
    left_behind(machine, call, output.ok_or_else(|| b"there is no such process".to_vec()))
}

/// A handle and an empty text, or minus the error's number and its reason.
fn spawn(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (command, args) = (call.owned_bytes(machine, 0)?, call.texts(machine, 1)?);
    let handle = machine.host.spawn_process(&command, &args);
    started(machine, call, handle)
}

fn started(machine: &mut Machine<'_, '_>, call: &Call<'_>, handle: io::Result<i64>) -> Step<Values> {
    match handle {
        Ok(handle) => call.outcome(machine, handle, Vec::new()),
        Err(error) => call.outcome(machine, -error_number(&error), reason(&error)),
    }
}
