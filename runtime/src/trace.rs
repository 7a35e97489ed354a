//! The frames of Kea functions below a panic, and what is printed about them.

use std::arch::asm;
use std::fmt;

use crate::console::{STDERR, write_all};
use crate::context::Context;
use crate::parallel::{Origin, Segment};
use crate::sites::{Location, place_of_return};

/// How many functions a trace names.
const LINES_MAX: usize = 20;

/// Text for standard error, put together without allocating, since a signal's handler prints too.
pub(crate) struct Report {
    buffer: [u8; 4096],
    length: usize,
}

impl Report {
    pub(crate) fn new() -> Report {
        Report { buffer: [0; 4096], length: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() > self.buffer.len() - self.length {
            self.flush();
        }
        if bytes.len() > self.buffer.len() {
            let _ = write_all(STDERR, bytes);
            return;
        }
        self.buffer[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    pub(crate) fn push_location(&mut self, location: Location) {
        self.push(location.file);
        self.push_text(format_args!(":{}:{}", location.line, location.column));
    }

    pub(crate) fn push_text(&mut self, text: fmt::Arguments) {
        // Pushing never fails, and nothing that is written here has a formatter that does.
        let _ = fmt::write(self, text);
    }

    /// Writes what there is. Where standard error cannot be written, nobody could be told so.
    pub(crate) fn flush(&mut self) {
        let _ = write_all(STDERR, &self.buffer[..self.length]);
        self.length = 0;
    }
}

impl fmt::Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// The address of the frame of the function that this is inlined into.
#[inline(always)]
pub(crate) fn frame_address() -> usize {
    let frame: usize;
    // SAFETY: reads a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}

/// The return addresses of a chain of frames, as long as it lies on a thread's stack and goes upwards. Behind the frames
/// of a task come those of the function that started its job, which may be on another thread's stack.
#[derive(Clone, Copy)]
pub(crate) struct Frames {
    at: Origin,
}

impl Frames {
    pub(crate) fn from(frame: usize, context: &Context) -> Frames {
        Frames { at: Origin::of(context, frame) }
    }

    /// The segment of the frame that was given last.
    fn segment(&self) -> *const Segment {
        self.at.segment
    }
}

impl Iterator for Frames {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while !self.at.bounds.holds_frame(self.at.frame) {
            // SAFETY: a segment lies in a frame that has not ended, and so does the job that it belongs to.
            self.at = unsafe { self.at.segment.as_ref() }?.origin();
        }
        let frame = self.at.frame as *const usize;
        // SAFETY: the frame's two words lie on the stack: the caller's frame, and the return address.
        let (above, address) = unsafe { (frame.read(), frame.add(1).read()) };
        self.at.frame = if above > self.at.frame { above } else { 0 };
        Some(address)
    }
}

/// The frames from the first one of a Kea function on, when there is one.
pub(crate) fn skip_runtime(mut frames: Frames) -> Frames {
    loop {
        let rest = frames;
        match frames.next() {
            Some(address) if place_of_return(address).is_none() => {}
            _ => return rest,
        }
    }
}

/// Where the innermost Kea function is, when that is known.
pub(crate) fn location(mut frames: Frames) -> Option<Location> {
    frames.next().and_then(place_of_return)?.location
}

/// The innermost Kea function.
pub(crate) fn function(mut frames: Frames) -> Option<&'static [u8]> {
    Some(frames.next().and_then(place_of_return)?.function)
}

/// Prints a line for each function, and how many more there are.
pub(crate) fn print(report: &mut Report, mut frames: Frames) {
    let mut lines = 0;
    let mut more = 0_u64;
    // The runtime calls Kea functions in two places only, where the program was started and where a task was. Behind
    // the last function that it called so, there are at most two frames without a place: these are looked at.
    let mut last = [0; 2];
    let mut segment = frames.segment();
    while let Some(address) = frames.next() {
        if lines < LINES_MAX {
            lines += usize::from(print_line(report, address));
            continue;
        }
        if frames.segment() != segment {
            more -= outside(last);
            last = [0; 2];
        }
        segment = frames.segment();
        more += 1;
        last = [last[1], address];
    }
    more -= outside(last);
    if more > 0 {
        report.push_text(format_args!("  … {more} more\n"));
    }
}

/// How many of these return addresses have no place.
fn outside(addresses: [usize; 2]) -> u64 {
    let outside = addresses.iter().filter(|address| **address != 0 && place_of_return(**address).is_none());
    outside.count() as u64
}

/// Prints the function's line, when it is one of Kea.
fn print_line(report: &mut Report, address: usize) -> bool {
    let Some(place) = place_of_return(address) else { return false };
    report.push(b"  at ");
    report.push(place.function);
    if let Some(location) = place.location {
        report.push(b" (");
        report.push_location(location);
        report.push(b")");
    }
    report.push(b"\n");
    true
}
