//! Starting a program, and its normal end.

use std::env;
use std::ffi::{c_char, c_int};

use crate::console::{self, STDERR, write_all};
use crate::context::{Arguments, Context};
use crate::panic;
use crate::stack::{Handler, Stack};
use crate::stats::{self, Reports};

/// A program's entry: loads the context and calls its main function, whose result is the status.
pub type Entry = unsafe extern "C" fn(context: *mut Context) -> i64;

/// Runs a program from its entry to its end and gives its status. It does not come back from a panic or an
/// exit that the program asks for: those end the process.
///
/// # Safety
/// `argv` holds `argc` strings that last as long as the process, and `entry` is code that follows the
/// platform's C convention but for the context's register.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_start(argc: c_int, argv: *const *const c_char, entry: Entry) -> c_int {
    // Writing to a pipe that nobody reads is then an error, as the console expects it.
    // SAFETY: ignoring a signal has no conditions.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let Some(stack) = Stack::map(asked_stack_bytes()) else {
        let _ = write_all(STDERR, b"panic: the system gives no memory for the stack\n");
        return panic::STATUS;
    };
    let arguments = Arguments { count: usize::try_from(argc).unwrap_or(0), first: argv };
    let mut context = Box::new(Context::new(Reports::from_environment(), arguments));
    let handler = Handler::install();
    let status = stack.run(&mut context, entry);
    if let Some(pool) = &context.pool {
        pool.stop();
    }
    drop(handler);
    console::flush(&mut context);
    stats::write(&mut context);
    if stats::report_leaks(&mut context) {
        return 1;
    }
    (status & 0xff) as c_int
}

/// The largest stack that the environment can ask for; the system refuses far less.
const MEBIBYTES_MAX: usize = 1 << 26;

/// The size of the stack that the environment asks for, in MiB.
fn asked_stack_bytes() -> Option<usize> {
    let value = env::var("KEA_STACK").ok()?;
    let mebibytes = value.parse::<usize>().ok()?;
    Some(mebibytes.clamp(1, MEBIBYTES_MAX) << 20)
}
