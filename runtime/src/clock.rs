//! Clocks and random numbers.

use std::io;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::context::Context;
use crate::panic;

/// Nanoseconds since the start of 1970, negative before it.
pub(crate) fn since_1970(time: SystemTime) -> i64 {
    let nanoseconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(error) => -(error.duration().as_nanos() as i128),
    };
    nanoseconds.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Nanoseconds since the start of 1970.
#[unsafe(no_mangle)]
pub extern "C" fn kea_clock_now_ns(_context: &mut Context) -> i64 {
    since_1970(SystemTime::now())
}

/// Nanoseconds of a clock that nobody sets.
#[unsafe(no_mangle)]
pub extern "C" fn kea_clock_monotonic_ns(_context: &mut Context) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes the time; this clock exists on every system that the runtime supports.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Sleeps for at least that long; not at all when it is negative.
#[unsafe(no_mangle)]
pub extern "C" fn kea_clock_sleep_ns(_context: &mut Context, nanoseconds: i64) {
    thread::sleep(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)));
}

/// 64 random bits of the system's generator.
#[unsafe(no_mangle)]
pub extern "C" fn kea_rand_i64(context: &mut Context) -> i64 {
    let mut bytes = [0_u8; 8];
    loop {
        // SAFETY: the call writes at most that many bytes; requests of up to 256 are never cut short.
        let count = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        if count == bytes.len() as isize {
            return i64::from_le_bytes(bytes);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            panic::fail(context, format_args!("the system gives no random numbers: {error}"));
        }
    }
}
