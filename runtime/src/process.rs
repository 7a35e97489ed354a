//! Other processes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::console;
use crate::context::Context;
use crate::object::Object;
use crate::outcome::{Outcome, error_number, reason};
use crate::string;

/// The processes that were started and not yet waited for, by their handles.
#[derive(Default)]
pub(crate) struct Children {
    last_handle: i64,
    running: Vec<(i64, Child)>,
    jobs: Jobs,
}

impl Children {
    fn new_handle(&mut self) -> i64 {
        self.last_handle += 1;
        self.last_handle
    }
}

/// What a process left, or why it could not be waited for.
type Ended = (i64, io::Result<Output>);

/// The processes whose output is collected, each by a thread of its own.
#[derive(Default)]
struct Jobs {
    running: Vec<i64>,
    ended: Vec<Ended>,
    channel: Option<(Sender<Ended>, Receiver<Ended>)>,
}

impl Jobs {
    /// Collects the output of a process from here on; an error where the system has no thread for it.
    fn start(&mut self, handle: i64, child: Child, input: Vec<u8>) -> io::Result<()> {
        let (sender, _) = self.channel.get_or_insert_with(mpsc::channel);
        let sender = sender.clone();
        thread::Builder::new().spawn(move || {
            let output = feed_and_read(child, &input);
            // Nobody receives any more when the program has ended.
            let _ = sender.send((handle, output));
        })?;
        self.running.push(handle);
        Ok(())
    }

    /// Waits for the next process to end; none when there is none.
    fn wait(&mut self) -> Option<&Ended> {
        let (_, receiver) = self.channel.as_ref().filter(|_| !self.running.is_empty())?;
        let ended = receiver.recv().ok()?;
        self.running.retain(|handle| *handle != ended.0);
        self.ended.push(ended);
        self.ended.last()
    }

    /// The process that ended first of those that nobody has asked for.
    fn next(&mut self) -> Option<i64> {
        if self.ended.is_empty() {
            self.wait()?;
        }
        self.ended.first().map(|(handle, _)| *handle)
    }

    /// What the process left, once.
    fn finish(&mut self, handle: i64) -> Option<io::Result<Output>> {
        while self.running.contains(&handle) {
            self.wait()?;
        }
        let index = self.ended.iter().position(|(known, _)| *known == handle)?;
        Some(self.ended.remove(index).1)
    }
}

unsafe fn command(name: Object, arguments: Object) -> Command {
    let mut command = Command::new(OsStr::from_bytes(unsafe { name.bytes() }));
    command.args(unsafe { string::texts(arguments) }.into_iter().map(OsStr::from_bytes));
    command
}

/// Starts a process that is fed and read by this one.
fn spawn_piped(mut command: Command) -> io::Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Feeds a process while its output is read, to its end.
fn feed_and_read(mut child: Child, input: &[u8]) -> io::Result<Output> {
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, move || {
            if let Some(mut stdin) = stdin {
                // A process need not read its input to the end.
                let _ = stdin.write_all(input);
            }
        })?;
        child.wait_with_output()
    })
}

/// The status as a shell gives it: of a process that a signal ended, 128 and the signal's number.
fn status_number(status: ExitStatus) -> i64 {
    let signal = status.signal().unwrap_or(0);
    i64::from(status.code().unwrap_or(128 + signal))
}

/// Runs a process with that input: the status and its output and errors, or -1 and the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_process_run(
    context: &mut Context,
    name: Object,
    arguments: Object,
    input: Object,
) -> Outcome {
    console::flush(context);
    let output = unsafe { spawn_piped(command(name, arguments)).and_then(|child| feed_and_read(child, input.bytes())) };
    left_behind(context, output)
}

/// The status, and output and errors; or -1 and the reason.
fn left_behind(context: &mut Context, output: io::Result<Output>) -> Outcome {
    match output {
        Ok(output) => {
            let texts = string::new_array(context, &[output.stdout, output.stderr]);
            Outcome::new(status_number(output.status), texts)
        }
        Err(error) => Outcome::new(-1, string::new_array(context, &[reason(&error)])),
    }
}

/// A handle and an empty text, or minus the error's number and the reason.
fn started(context: &mut Context, handle: io::Result<i64>) -> Outcome {
    match handle {
        Ok(handle) => Outcome::new(handle, string::new(context, b"")),
        Err(error) => {
            let reason = string::new(context, reason(&error).as_bytes());
            Outcome::new(-error_number(&error), reason)
        }
    }
}

/// Starts a process that shares this one's console: a handle, or minus an error's number and the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_process_spawn(context: &mut Context, name: Object, arguments: Object) -> Outcome {
    console::flush(context);
    let handle = unsafe { command(name, arguments) }.spawn().map(|child| {
        let handle = context.children.new_handle();
        context.children.running.push((handle, child));
        handle
    });
    started(context, handle)
}

/// Starts a process with that input, whose output is collected: a handle, or minus an error's number and the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_process_start(
    context: &mut Context,
    name: Object,
    arguments: Object,
    input: Object,
) -> Outcome {
    console::flush(context);
    let handle = unsafe { spawn_piped(command(name, arguments)) }.and_then(|child| {
        let handle = context.children.new_handle();
        context.children.jobs.start(handle, child, unsafe { input.bytes() }.to_vec())?;
        Ok(handle)
    });
    started(context, handle)
}

/// Waits until one of the processes whose output is collected has ended: its handle, or -1 when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn kea_process_next(context: &mut Context) -> i64 {
    console::flush(context);
    context.children.jobs.next().unwrap_or(-1)
}

/// Waits for a process whose output is collected: its status and its output and errors; or -1 and the reason.
#[unsafe(no_mangle)]
pub extern "C" fn kea_process_finish(context: &mut Context, handle: i64) -> Outcome {
    console::flush(context);
    let unknown = || Err(io::Error::other("there is no such process"));
    let output = context.children.jobs.finish(handle).unwrap_or_else(unknown);
    left_behind(context, output)
}

/// Waits for a process that was started: its status, or -1 when there is no such handle.
#[unsafe(no_mangle)]
pub extern "C" fn kea_process_wait(context: &mut Context, handle: i64) -> i64 {
    console::flush(context);
    let running = &mut context.children.running;
    let Some(index) = running.iter().position(|(known, _)| *known == handle) else {
        return -1;
    };
    let (_, mut child) = running.swap_remove(index);
    child.wait().map_or(-1, status_number)
}

/// The number of this process.
#[unsafe(no_mangle)]
pub extern "C" fn kea_process_id(_context: &mut Context) -> i64 {
    i64::from(process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_shell(context: &mut Context, script: &str, input: &[u8]) -> (i64, Vec<Vec<u8>>) {
        let name = string::new(context, b"/bin/sh");
        let arguments = string::new_array(context, &["-c", script]);
        let input = string::new(context, input);
        let outcome = unsafe { kea_process_run(context, name, arguments, input) };
        let texts = unsafe { string::texts(outcome.value) };
        (outcome.status, texts.into_iter().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn a_process_gets_its_input_and_gives_output_errors_and_status() {
        let mut context = Context::for_test(false);
        let (status, texts) = run_shell(&mut context, "cat; echo no >&2; exit 3", b"in");
        assert_eq!((status, texts), (3, vec![b"in".to_vec(), b"no\n".to_vec()]));
    }

    #[test]
    fn much_input_and_output_do_not_block_each_other() {
        let mut context = Context::for_test(false);
        let input = vec![b'x'; 1 << 20];
        let (status, texts) = run_shell(&mut context, "cat", &input);
        assert_eq!(status, 0);
        assert!(texts[0] == input);
        assert_eq!(run_shell(&mut context, "true", &input).0, 0);
    }

    #[test]
    fn a_signal_is_128_and_its_number() {
        let mut context = Context::for_test(false);
        assert_eq!(run_shell(&mut context, "kill -9 $$", b"").0, 137);
    }

    #[test]
    fn a_missing_program_is_an_error_with_its_reason() {
        let mut context = Context::for_test(false);
        let name = string::new(&mut context, b"/no/such/program");
        let arguments = string::new_array::<&str>(&mut context, &[]);
        let empty = string::new(&mut context, b"");
        let outcome = unsafe { kea_process_run(&mut context, name, arguments, empty) };
        assert_eq!(outcome.status, -1);
        let texts = unsafe { string::texts(outcome.value) };
        assert_eq!(texts, [b"No such file or directory"]);
        let outcome = unsafe { kea_process_spawn(&mut context, name, arguments) };
        assert_eq!(outcome.status, -2);
    }

    fn start_shell(context: &mut Context, script: &str, input: &[u8]) -> i64 {
        let name = string::new(context, b"/bin/sh");
        let arguments = string::new_array(context, &["-c", script]);
        let input = string::new(context, input);
        unsafe { kea_process_start(context, name, arguments, input) }.status
    }

    fn finish(context: &mut Context, handle: i64) -> (i64, Vec<Vec<u8>>) {
        let outcome = kea_process_finish(context, handle);
        let texts = unsafe { string::texts(outcome.value) };
        (outcome.status, texts.into_iter().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn processes_run_beside_each_other_and_the_first_to_end_comes_first() {
        let mut context = Context::for_test(false);
        assert_eq!(kea_process_next(&mut context), -1);
        let gate = std::env::temp_dir().join(format!("kea-process-test-{}", process::id()));
        assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
        // Who reads a pipe with a name waits until somebody writes it.
        let slow = start_shell(&mut context, &format!("read line < '{}'; cat", gate.display()), b"in");
        let fast = start_shell(&mut context, "echo no >&2; exit 3", b"");
        assert_eq!(kea_process_next(&mut context), fast);
        std::fs::write(&gate, "go\n").unwrap();
        std::fs::remove_file(&gate).unwrap();
        assert_eq!(finish(&mut context, slow), (0, vec![b"in".to_vec(), vec![]]));
        assert_eq!(kea_process_next(&mut context), fast);
        assert_eq!(finish(&mut context, fast), (3, vec![vec![], b"no\n".to_vec()]));
        assert_eq!(kea_process_next(&mut context), -1);
        assert_eq!(finish(&mut context, fast), (-1, vec![b"there is no such process".to_vec()]));
    }

    #[test]
    fn a_handle_is_waited_for_once() {
        let mut context = Context::for_test(false);
        let name = string::new(&mut context, b"/bin/sh");
        let arguments = string::new_array(&mut context, &["-c", "exit 7"]);
        let outcome = unsafe { kea_process_spawn(&mut context, name, arguments) };
        assert!(outcome.status > 0);
        assert_eq!(kea_process_wait(&mut context, outcome.status), 7);
        assert_eq!(kea_process_wait(&mut context, outcome.status), -1);
    }
}
