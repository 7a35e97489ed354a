//! Standard input, output and error.

use std::io;
use std::mem;

use crate::array;
use crate::context::Context;
use crate::object::Object;
use crate::outcome::Outcome;
use crate::panic;
use crate::string;

const STDIN: i32 = 0;
const STDOUT: i32 = 1;
pub(crate) const STDERR: i32 = 2;

/// How much standard output is held back at most, and how much input is read at a time.
const BUFFER_BYTES: usize = 1 << 16;

/// What was printed and not yet written, and what was read and not yet asked for.
#[derive(Default)]
pub(crate) struct Console {
    output: Vec<u8>,
    input: Vec<u8>,
    input_start: usize,
    output_is_terminal: Option<bool>,
}

pub(crate) fn is_terminal(descriptor: i32) -> bool {
    // SAFETY: asking about a descriptor has no conditions; one that is not open is no terminal.
    unsafe { libc::isatty(descriptor) == 1 }
}

/// Writes all the bytes, however often the system cuts them or is interrupted.
pub(crate) fn write_all(descriptor: i32, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the bytes are readable for their length.
        let count = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(_) => recover(descriptor, libc::POLLOUT)?,
        }
    }
    Ok(())
}

/// Reads up to `count` bytes to `target`; 0 at the end of the input.
///
/// # Safety
/// `target` is writable for `count` bytes.
pub(crate) unsafe fn read_some(descriptor: i32, target: *mut u8, count: usize) -> io::Result<usize> {
    loop {
        let read = unsafe { libc::read(descriptor, target.cast(), count) };
        match usize::try_from(read) {
            Ok(count) => return Ok(count),
            Err(_) => recover(descriptor, libc::POLLIN)?,
        }
    }
}

/// After a failed read or write: nothing when it is to be tried again, else the error.
fn recover(descriptor: i32, events: i16) -> io::Result<()> {
    let error = io::Error::last_os_error();
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(()),
        io::ErrorKind::WouldBlock => {
            let mut poll = libc::pollfd { fd: descriptor, events, revents: 0 };
            // SAFETY: one valid descriptor record. Whatever the call says, the caller tries again.
            unsafe { libc::poll(&raw mut poll, 1, -1) };
            Ok(())
        }
        _ => Err(error),
    }
}

impl Console {
    fn output_is_terminal(&mut self) -> bool {
        *self.output_is_terminal.get_or_insert_with(|| is_terminal(STDOUT))
    }

    /// Takes the next line, with its end, out of the input; nothing at the end of the input.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            let waiting = &self.input[self.input_start..];
            if let Some(index) = memchr::memchr(b'\n', &waiting[searched..]) {
                let line = waiting[..searched + index + 1].to_vec();
                self.input_start += line.len();
                return Some(line);
            }
            searched = waiting.len();
            if !self.fill_input() {
                let rest = self.take_input();
                return if rest.is_empty() { None } else { Some(rest) };
            }
        }
    }

    /// Reads more input; false at its end. An input that cannot be read ends there.
    fn fill_input(&mut self) -> bool {
        self.input.drain(..self.input_start);
        self.input_start = 0;
        self.input.reserve(BUFFER_BYTES);
        // SAFETY: there is room for that much behind the bytes that wait.
        let read = unsafe { read_some(STDIN, self.input.as_mut_ptr().add(self.input.len()), BUFFER_BYTES) };
        let count = read.unwrap_or(0);
        // SAFETY: the bytes were just read.
        unsafe { self.input.set_len(self.input.len() + count) };
        count > 0
    }

    /// Takes what was read and not yet asked for.
    fn take_input(&mut self) -> Vec<u8> {
        let rest = self.input.split_off(self.input_start);
        self.input.clear();
        self.input_start = 0;
        rest
    }
}

/// Prints, by the line to a terminal and in large pieces to anything else.
fn print(context: &mut Context, bytes: &[u8]) {
    let console = &mut context.console;
    if console.output_is_terminal() {
        console.output.extend_from_slice(bytes);
        if let Some(end) = memchr::memrchr(b'\n', &console.output) {
            let rest = console.output.split_off(end + 1);
            let lines = mem::replace(&mut console.output, rest);
            write_output(context, &lines);
        }
    } else if console.output.len() + bytes.len() <= BUFFER_BYTES {
        console.output.extend_from_slice(bytes);
    } else {
        flush(context);
        if bytes.len() < BUFFER_BYTES {
            context.console.output.extend_from_slice(bytes);
        } else {
            write_output(context, bytes);
        }
    }
}

/// Writes what was printed and not yet written.
pub(crate) fn flush(context: &mut Context) {
    if context.console.output.is_empty() {
        return;
    }
    let mut output = mem::take(&mut context.console.output);
    write_output(context, &output);
    output.clear();
    context.console.output = output;
}

/// Writes to standard output. Where nobody reads it any more, the program ends as `SIGPIPE` ends others;
/// where it was closed from the start, what is printed is lost.
fn write_output(context: &mut Context, bytes: &[u8]) {
    match write_all(STDOUT, bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => end_by_broken_pipe(),
        Err(error) if error.raw_os_error() == Some(libc::EBADF) => {}
        Err(error) => {
            let reason = crate::outcome::reason(&error);
            panic::fail(context, format_args!("cannot write to standard output: {reason}"))
        }
    }
}

fn end_by_broken_pipe() -> ! {
    // SAFETY: the process ends here, by the signal or, where that is blocked, with the status that shells
    // give for it.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::raise(libc::SIGPIPE);
        libc::_exit(128 + libc::SIGPIPE)
    }
}

/// Shows what was printed before the program waits for somebody to type.
fn flush_before_input(context: &mut Context) {
    if is_terminal(STDIN) || context.console.output_is_terminal() {
        flush(context);
    }
}

/// A string of `start` and all that a descriptor still gives. `expected` more bytes are likely.
pub(crate) fn read_to_end(context: &mut Context, descriptor: i32, start: &[u8], expected: usize) -> io::Result<Object> {
    // One byte more than expected, so that the end is found without growing.
    let mut string = string::with_capacity(context, start.len().saturating_add(expected) + 1);
    // SAFETY: the string is new and unique; what is read goes to its free room.
    unsafe {
        array::push_bytes(string, start.as_ptr(), start.len());
        loop {
            if string.length() == string.capacity() {
                string = array::reserve(context, string, BUFFER_BYTES);
            }
            let length = string.length();
            let room = string.capacity() - length;
            match read_some(descriptor, string.elements().add(length), room) {
                Ok(0) => return Ok(string),
                Ok(count) => string.set_length(length + count),
                Err(error) => {
                    crate::release::release(context, string.word());
                    return Err(error);
                }
            }
        }
    }
}

/// Prints to standard output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_stdout(context: &mut Context, text: Object) {
    print(context, unsafe { text.bytes() });
}

/// Prints to standard error, at once. Where it cannot be written, nobody could be told so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_stderr(_context: &mut Context, text: Object) {
    let _ = write_all(STDERR, unsafe { text.bytes() });
}

/// Writes what was printed and not yet written.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_flush(context: &mut Context) {
    flush(context);
}

/// 1 and the next line of the input without its end, or 0 at the end of the input.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_read_line(context: &mut Context) -> Outcome {
    flush_before_input(context);
    let line = context.console.take_line();
    let found = i64::from(line.is_some());
    let line = line.unwrap_or_default();
    let text = line.strip_suffix(b"\n").map_or(&*line, |text| text.strip_suffix(b"\r").unwrap_or(text));
    Outcome::new(found, string::new(context, text))
}

/// 0 and the rest of the input, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_read_all(context: &mut Context) -> Outcome {
    flush_before_input(context);
    let start = context.console.take_input();
    match read_to_end(context, STDIN, &start, BUFFER_BYTES - 1) {
        Ok(text) => Outcome::new(0, text),
        Err(error) => Outcome::failure(context, &error),
    }
}

/// Whether standard input (0), output (1) or error (2) is a terminal.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_is_terminal(_context: &mut Context, descriptor: i64) -> bool {
    (0..=2).contains(&descriptor) && is_terminal(descriptor as i32)
}

/// The columns of the terminal of standard output, else error, else input; 0 without a terminal.
#[unsafe(no_mangle)]
pub extern "C" fn kea_io_terminal_width(_context: &mut Context) -> i64 {
    for descriptor in [STDOUT, STDERR, STDIN] {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the call writes the size where the descriptor is a terminal.
        let result = unsafe { libc::ioctl(descriptor, libc::TIOCGWINSZ, &raw mut size) };
        if result == 0 && size.ws_col > 0 {
            return i64::from(size.ws_col);
        }
    }
    0
}
