//! Files and folders.

use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, error_number, one, reason};
use crate::interp::stop::Step;
use crate::interp::value::Value;
use smallvec::smallvec;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_io_read_file", read_file),
    ("kea_io_write_file", write_file),
    ("kea_io_append_file", append_file),
    ("kea_io_exists", exists),
    ("kea_io_is_dir", is_dir),
    ("kea_io_file_size", file_size),
    ("kea_io_modified_ns", modified_ns),
    ("kea_io_list_dir", list_dir),
    ("kea_io_make_dir", make_dir),
    ("kea_io_remove", remove),
    ("kea_io_rename", rename),
    ("kea_io_set_executable", set_executable),
];

fn read_file(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    let contents = machine.host.read_file(&path);
    call.text_or_error(machine, contents)
}

fn write_file(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (path, contents) = (call.owned_bytes(machine, 0)?, call.owned_bytes(machine, 1)?);
    let result = machine.host.write_file(&path, &contents);
    call.done_or_error(machine, result)
}

fn append_file(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (path, contents) = (call.owned_bytes(machine, 0)?, call.owned_bytes(machine, 1)?);
    let result = machine.host.append_file(&path, &contents);
    call.done_or_error(machine, result)
}

fn exists(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    one(Value::bool(machine.host.exists(&path)))
}

fn is_dir(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    one(Value::bool(machine.host.is_dir(&path)))
}

fn file_size(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    one(Value::i64(machine.host.file_size(&path).map_or(-1, |size| size as i64)))
}

fn modified_ns(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    one(Value::i64(machine.host.modified_ns(&path).unwrap_or(-1)))
}

/// 0 and the names, sorted by bytes, or the error's number and its reason alone.
fn list_dir(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    let (status, texts) = match machine.host.list_dir(&path) {
        Ok(mut names) => {
            names.sort_unstable();
            (0, names)
        }
        Err(error) => (error_number(&error), vec![reason(&error)]),
    };
    Ok(smallvec![Value::i64(status), call.strings(machine, 1, texts)?])
}

fn make_dir(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    let result = machine.host.make_dir(&path);
    call.done_or_error(machine, result)
}

fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    let result = machine.host.remove(&path);
    call.done_or_error(machine, result)
}

fn rename(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (from, to) = (call.owned_bytes(machine, 0)?, call.owned_bytes(machine, 1)?);
    let result = machine.host.rename(&from, &to);
    call.done_or_error(machine, result)
}

fn set_executable(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let path = call.owned_bytes(machine, 0)?;
    let result = machine.host.set_executable(&path);
    call.done_or_error(machine, result)
}
