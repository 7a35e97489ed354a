//! What surrounds the program: its arguments, variables, folders and machine, and how it ends.

use std::env;
use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::thread;

use crate::console;
use crate::context::Context;
use crate::object::Object;
use crate::outcome::Outcome;
use crate::stats;
use crate::string;

/// Ends the program: writes what was printed and the statistics that were asked for.
pub(crate) fn exit(context: &mut Context, status: i64) -> ! {
    console::flush(context);
    stats::write(context);
    std::process::exit((status & 0xff) as i32)
}

fn path_outcome(context: &mut Context, result: io::Result<PathBuf>) -> Outcome {
    Outcome::of_bytes(context, result.map(|path| path.into_os_string().into_vec()))
}

/// The arguments of the program, without its own name.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_args(context: &mut Context) -> Object {
    let arguments = context.arguments;
    let texts: Vec<&[u8]> = (1..arguments.count)
        // SAFETY: the system hands over that many strings, which last as long as the process.
        .map(|index| unsafe { CStr::from_ptr(arguments.first.add(index).read()) }.to_bytes())
        .collect();
    string::new_array(context, &texts)
}

/// 1 and the value of a variable of the environment, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_env(context: &mut Context, name: Object) -> Outcome {
    let value = env::var_os(OsStr::from_bytes(unsafe { name.bytes() }));
    let found = i64::from(value.is_some());
    Outcome::new(found, string::new(context, value.unwrap_or_default().as_bytes()))
}

/// Ends the program with that status.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_exit(context: &mut Context, status: i64) -> ! {
    exit(context, status)
}

/// 0 and the current folder, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_current_dir(context: &mut Context) -> Outcome {
    path_outcome(context, env::current_dir())
}

/// 0 and the path of this program, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_executable(context: &mut Context) -> Outcome {
    path_outcome(context, env::current_exe())
}

/// The folder for temporary files.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_temp_dir(context: &mut Context) -> Object {
    string::new(context, env::temp_dir().as_os_str().as_bytes())
}

/// How many threads can run at once.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_cores(_context: &mut Context) -> i64 {
    thread::available_parallelism().map_or(1, |count| count.get() as i64)
}

/// A counter: 0 the peak memory of the process in bytes, from 1 on those of the statistics in their order.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_counter(context: &mut Context, number: i64) -> i64 {
    if number == 0 {
        return stats::peak_memory_bytes();
    }
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let all = stats::all(context);
    index.and_then(|index| all.get(index)).map_or(0, |(_, value)| *value)
}
