//! What surrounds the program, its end, and clocks.

use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, none, one};
use crate::interp::stop::{Step, Stop};
use crate::interp::value::Value;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_io_args", args),
    ("kea_io_env", env),
    ("kea_io_exit", |_, call| Err(Stop::Exit((call.i64(0)? & 0xff) as i32))),
    ("kea_io_current_dir", current_dir),
    ("kea_io_executable", executable),
    ("kea_io_temp_dir", temp_dir),
    ("kea_io_cores", |machine, _| one(Value::i64(machine.host.cores()))),
    ("kea_io_counter", counter),
    ("kea_clock_now_ns", |machine, _| one(Value::i64(machine.host.now_ns()))),
    ("kea_clock_monotonic_ns", |machine, _| one(Value::i64(machine.host.monotonic_ns()))),
    ("kea_clock_sleep_ns", sleep),
];

fn args(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let args = machine.host.args();
    one(call.strings(machine, 0, args)?)
}

/// 1 and the value, or 0.
fn env(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let name = call.owned_bytes(machine, 0)?;
    let value = machine.host.env(&name);
    call.outcome(machine, i64::from(value.is_some()), value.unwrap_or_default())
}

fn current_dir(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = machine.host.current_dir();
    call.text_or_error(machine, path)
}

fn executable(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = machine.host.executable();
    call.text_or_error(machine, path)
}

fn temp_dir(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = machine.host.temp_dir();
    one(call.string(machine, 0, path)?)
}

fn sleep(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    machine.host.sleep_ns(call.i64(0)?);
    none()
}

/// A counter of the statistics, in the runtime's order. Those of slow paths, of growing and of memory beneath
/// objects have no meaning here.
fn counter(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let stats = &machine.heap.stats;
    let value = match call.i64(0)? {
        1 => stats.allocations,
        2 => stats.frees,
        3 => stats.bytes,
        4 => machine.heap.live().values().sum(),
        5 => stats.bytes_live,
        0 | 6 => stats.bytes_peak,
        9 => stats.copies_on_write,
        10 => stats.reuse_hits,
        _ => 0,
    };
    one(Value::Scalar(value))
}
