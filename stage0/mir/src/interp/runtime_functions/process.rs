//! Other processes.

use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, error_number, one, reason};
use crate::interp::stop::Step;
use crate::interp::value::Value;
use smallvec::smallvec;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_process_run", run),
    ("kea_process_spawn", spawn),
    ("kea_process_wait", |machine, call| one(Value::i64(machine.host.wait_process(call.i64(0)?)))),
    ("kea_process_id", |machine, _| one(Value::i64(machine.host.process_id()))),
];

/// The status and [output, errors], or -1 and [reason].
fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (command, args) = (call.owned_bytes(machine, 0)?, call.texts(machine, 1)?);
    let input = call.owned_bytes(machine, 2)?;
    let (status, texts) = match machine.host.run_process(&command, &args, &input) {
        Ok(output) => (output.status, vec![output.output, output.errors]),
        Err(error) => (-1, vec![reason(&error)]),
    };
    Ok(smallvec![Value::i64(status), call.strings(machine, 1, texts)?])
}

/// A handle and an empty text, or minus the error's number and its reason.
fn spawn(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (command, args) = (call.owned_bytes(machine, 0)?, call.texts(machine, 1)?);
    match machine.host.spawn_process(&command, &args) {
        Ok(handle) => call.outcome(machine, handle, Vec::new()),
        Err(error) => call.outcome(machine, -error_number(&error), reason(&error)),
    }
}
