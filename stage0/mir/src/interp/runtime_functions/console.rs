//! Standard input, output and error.

use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, none, one, reason};
use crate::interp::stop::{Step, Stop, panic};
use crate::interp::value::Value;
use std::io;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_io_stdout", write_output),
    ("kea_io_stderr", write_errors),
    ("kea_io_flush", |machine, _| written(machine.host.flush())),
    ("kea_io_read_line", read_line),
    ("kea_io_read_all", read_all),
    ("kea_io_is_terminal", |machine, call| one(Value::bool(machine.host.is_terminal(call.i64(0)?)))),
    ("kea_io_terminal_width", |machine, _| one(Value::i64(machine.host.terminal_width()))),
];

/// The status of a program that writes to a pipe which nobody reads any more: that of a `SIGPIPE`.
const BROKEN_PIPE_STATUS: i32 = 141;
/// Unix's error for a stream that was closed from the start: what is printed there is lost.
const EBADF: i32 = 9;

fn write_output(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let text = call.owned_bytes(machine, 0)?;
    written(machine.host.write_output(&text))
}

fn written(result: io::Result<()>) -> Step<Values> {
    match result {
        Ok(()) => none(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Exit(BROKEN_PIPE_STATUS)),
        Err(error) if error.raw_os_error() == Some(EBADF) => none(),
        Err(error) => panic(format!("cannot write to standard output: {}", String::from_utf8_lossy(&reason(&error)))),
    }
}

fn write_errors(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let text = call.owned_bytes(machine, 0)?;
    // Where standard error cannot be written, nobody could be told so.
    let _ = machine.host.write_errors(&text);
    none()
}

/// 1 and the line, or 0 at the end of the input. An input that cannot be read ends there.
fn read_line(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let line = machine.host.read_line().unwrap_or(None);
    call.outcome(machine, i64::from(line.is_some()), line.unwrap_or_default())
}

fn read_all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let rest = machine.host.read_all();
    call.text_or_error(machine, rest)
}
