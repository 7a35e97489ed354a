//! The world around a program: what the runtime's functions that perform capabilities ask for.

use std::io;

/// What a child process left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessOutput {
    /// Its status, 128 + the signal that ended it.
    pub status: i64,
    /// What it wrote to its standard output.
    pub output: Vec<u8>,
    /// What it wrote to its standard error.
    pub errors: Vec<u8>,
}

/// The world around a program. Paths, names and texts are bytes, as strings of Kea are.
pub trait Host {
    /// Writes to standard output.
    fn write_output(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Writes to standard error.
    fn write_errors(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written visible.
    fn flush(&mut self) -> io::Result<()>;
    /// A line of standard input without its end; nothing at the end of the input.
    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>>;
    /// All that is left of standard input.
    fn read_all(&mut self) -> io::Result<Vec<u8>>;

    /// A file's contents.
    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>>;
    /// Writes a file.
    fn write_file(&mut self, path: &[u8], contents: &[u8]) -> io::Result<()>;
    /// Adds to a file, which need not exist.
    fn append_file(&mut self, path: &[u8], contents: &[u8]) -> io::Result<()>;
    /// Whether the path names something.
    fn exists(&mut self, path: &[u8]) -> bool;
    /// Whether the path names a folder.
    fn is_dir(&mut self, path: &[u8]) -> bool;
    /// A file's size in bytes.
    fn file_size(&mut self, path: &[u8]) -> io::Result<u64>;
    /// When a file was changed, in nanoseconds since 1970.
    fn modified_ns(&mut self, path: &[u8]) -> io::Result<i64>;
    /// The names in a folder, in any order.
    fn list_dir(&mut self, path: &[u8]) -> io::Result<Vec<Vec<u8>>>;
    /// Makes a folder and its parents.
    fn make_dir(&mut self, path: &[u8]) -> io::Result<()>;
    /// Removes a file, or a folder with all in it.
    fn remove(&mut self, path: &[u8]) -> io::Result<()>;
    /// Renames.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()>;
    /// Makes a file executable.
    fn set_executable(&mut self, path: &[u8]) -> io::Result<()>;

    /// The program's arguments, without its own name.
    fn args(&mut self) -> Vec<Vec<u8>>;
    /// A variable of the environment.
    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>>;
    /// The current folder.
    fn current_dir(&mut self) -> io::Result<Vec<u8>>;
    /// The path of this program.
    fn executable(&mut self) -> io::Result<Vec<u8>>;
    /// The folder for temporary files.
    fn temp_dir(&mut self) -> Vec<u8>;
    /// Whether standard input, output or error (0, 1, 2) is a terminal.
    fn is_terminal(&mut self, stream: i64) -> bool;
    /// How many columns the terminal has; 0 without one.
    fn terminal_width(&mut self) -> i64;
    /// How many processors there are.
    fn cores(&mut self) -> i64;

    /// Runs a command to its end.
    fn run_process(&mut self, command: &[u8], args: &[Vec<u8>], input: &[u8]) -> io::Result<ProcessOutput>;
    /// Starts a command and gives a handle, from 1 on.
    fn spawn_process(&mut self, command: &[u8], args: &[Vec<u8>]) -> io::Result<i64>;
    /// Waits for a started command: its status, 128 + signal, or -1 when there is no such handle.
    fn wait_process(&mut self, handle: i64) -> i64;
    /// Starts a command whose output is collected and gives a handle, from 1 on.
    fn start_process(&mut self, command: &[u8], args: &[Vec<u8>], input: &[u8]) -> io::Result<i64>;
    /// The first of those commands that has ended and was not finished, after waiting for one; none when there is none.
    fn next_process(&mut self) -> Option<i64>;
    /// What such a command left, after waiting for it; none when there is no such handle.
    fn finish_process(&mut self, handle: i64) -> Option<ProcessOutput>;
    /// The number of this process.
    fn process_id(&mut self) -> i64;

    /// Nanoseconds since 1970.
    fn now_ns(&mut self) -> i64;
    /// Nanoseconds since some moment.
    fn monotonic_ns(&mut self) -> i64;
    /// Waits.
    fn sleep_ns(&mut self, nanoseconds: i64);
    /// A random number.
    fn random(&mut self) -> i64;
}
