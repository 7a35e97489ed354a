//! Other processes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, Command, ExitStatus, Output, Stdio};
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
}

unsafe fn command(name: Object, arguments: Object) -> Command {
    let mut command = Command::new(OsStr::from_bytes(unsafe { name.bytes() }));
    command.args(unsafe { string::texts(arguments) }.into_iter().map(OsStr::from_bytes));
    command
}

/// Runs a process to its end, feeding it while its output is read.
fn run(mut command: Command, input: &[u8]) -> io::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // A process need not read its input to the end.
                let _ = stdin.write_all(input);
            }
        });
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
    match unsafe { run(command(name, arguments), input.bytes()) } {
        Ok(output) => {
            let texts = string::new_array(context, &[output.stdout, output.stderr]);
            Outcome::new(status_number(output.status), texts)
        }
        Err(error) => Outcome::new(-1, string::new_array(context, &[reason(&error)])),
    }
}

/// Starts a process that shares this one's console: a handle, or minus an error's number and the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_process_spawn(context: &mut Context, name: Object, arguments: Object) -> Outcome {
    console::flush(context);
    match unsafe { command(name, arguments) }.spawn() {
        Ok(child) => {
            let children = &mut context.children;
            children.last_handle += 1;
            let handle = children.last_handle;
            children.running.push((handle, child));
            Outcome::new(handle, string::new(context, b""))
        }
        Err(error) => {
            let reason = string::new(context, reason(&error).as_bytes());
            Outcome::new(-error_number(&error), reason)
        }
    }
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
