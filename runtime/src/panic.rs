//! Panics: the message, where it happened, how the program came there, and status 101.

use std::fmt;

use crate::console;
use crate::context::Context;
use crate::environment;
use crate::object::Object;
use crate::trace::{self, Frames, Report};

/// The status of a program that panics.
pub(crate) const STATUS: i32 = 101;

/// Ends the program with a message.
pub(crate) fn fail(context: &mut Context, message: fmt::Arguments) -> ! {
    fail_at(context, trace::frame_address(), |report| report.push_text(message))
}

/// Ends the program because the system gives no memory.
#[cold]
pub(crate) fn out_of_memory(context: &mut Context, bytes: usize) -> ! {
    fail(context, format_args!("out of memory: no {bytes} bytes more"))
}

fn fail_at(context: &mut Context, frame: usize, message: impl FnOnce(&mut Report)) -> ! {
    if !context.panicking {
        // A flush that fails comes here again, with nothing left to flush.
        context.panicking = true;
        end_alone(context);
        console::flush(context);
    }
    let frames = trace::skip_runtime(Frames::from(frame, context));
    let mut report = Report::new();
    report.push(b"panic");
    if let Some(location) = trace::location(frames) {
        report.push(b" at ");
        report.push_location(location);
    }
    report.push(b": ");
    message(&mut report);
    report.push(b"\n");
    trace::print(&mut report, frames);
    report.flush();
    environment::exit(context, STATUS.into())
}

/// Makes this thread the only one that ends the program, with all that belongs to the program.
pub(crate) fn end_alone(context: &mut Context) {
    if let Some(pool) = context.pool.clone() {
        pool.end(context);
    }
}

/// Ends the program with the message that it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_panic(context: &mut Context, message: Object) -> ! {
    let message = unsafe { message.bytes() };
    fail_at(context, trace::frame_address(), |report| report.push(message))
}

/// Ends the program: the result of an operation does not fit its type.
#[unsafe(no_mangle)]
pub extern "C" fn kea_panic_overflow(context: &mut Context) -> ! {
    fail(context, format_args!("integer overflow"))
}

/// Ends the program: a division by zero.
#[unsafe(no_mangle)]
pub extern "C" fn kea_panic_divide(context: &mut Context) -> ! {
    fail(context, format_args!("division by zero"))
}

/// Ends the program: a shift by less than 0, or by as many bits as there are or more.
#[unsafe(no_mangle)]
pub extern "C" fn kea_panic_shift(context: &mut Context, amount: i64, bits: i64) -> ! {
    fail(context, format_args!("shift by {amount} in a width of {bits} bits"))
}

/// Ends the program: an index outside of what it indexes.
#[unsafe(no_mangle)]
pub extern "C" fn kea_panic_bounds(context: &mut Context, index: i64, length: i64) -> ! {
    fail(context, format_args!("index {index} is out of bounds: the length is {length}"))
}

/// Ends the program: a range outside of what it indexes, or one that runs backwards.
#[unsafe(no_mangle)]
pub extern "C" fn kea_panic_range(context: &mut Context, from: i64, to: i64, length: i64) -> ! {
    fail(context, format_args!("range {from}..{to} is out of bounds: the length is {length}"))
}
