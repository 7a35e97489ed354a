//! The frames of Kea functions below a panic, and what is printed about them.

use std::arch::asm;
use std::fmt;

use crate::console::{STDERR, write_all};
use crate::sites::{Location, place_of_return};
use crate::stack::Bounds;

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

/// The return addresses of a chain of frames, as long as it lies on the program's stack and goes upwards.
#[derive(Clone, Copy)]
pub(crate) struct Frames {
    frame: usize,
    bounds: Bounds,
}

impl Frames {
    pub(crate) fn from(frame: usize, bounds: Bounds) -> Frames {
        Frames { frame, bounds }
    }
}

impl Iterator for Frames {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if !self.bounds.holds_frame(self.frame) {
            return None;
        }
        let frame = self.frame as *const usize;
        // SAFETY: the frame's two words lie on the stack: the caller's frame, and the return address.
        let (above, address) = unsafe { (frame.read(), frame.add(1).read()) };
        self.frame = if above > self.frame { above } else { 0 };
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
pub(crate) fn print(report: &mut Report, frames: Frames) {
    let mut more = 0_u64;
    // The runtime calls no Kea function: only behind the last one, where the program was started, can there
    // be frames without a place. There are at most two of them, so that the last two are looked at.
    let mut last = [0; 2];
    for (index, address) in frames.enumerate() {
        if index < LINES_MAX {
            print_line(report, address);
        } else {
            more += 1;
            last = [last[1], address];
        }
    }
    let outside = last.iter().filter(|address| **address != 0 && place_of_return(**address).is_none());
    more -= outside.count() as u64;
    if more > 0 {
        report.push_text(format_args!("  … {more} more\n"));
    }
}

fn print_line(report: &mut Report, address: usize) {
    let Some(place) = place_of_return(address) else { return };
    report.push(b"  at ");
    report.push(place.function);
    if let Some(location) = place.location {
        report.push(b" (");
        report.push_location(location);
        report.push(b")");
    }
    report.push(b"\n");
}
