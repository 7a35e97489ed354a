//! The real world around a program.

use crate::interp::host::{Host, ProcessOutput};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How much standard output is held back at most.
const OUTPUT_BYTES_MAX: usize = 1 << 16;

/// The process that the interpreter runs in, and the machine around it.
#[derive(Debug)]
pub struct SystemHost {
    args: Vec<Vec<u8>>,
    output: Vec<u8>,
    children: Vec<(i64, Child)>,
    ended: Vec<(i64, ProcessOutput)>,
    last_handle: i64,
    start: Instant,
}

impl SystemHost {
    /// A host that gives the program these arguments.
    pub fn new(args: Vec<Vec<u8>>) -> SystemHost {
        SystemHost {
            args,
            output: Vec::new(),
            children: Vec::new(),
            ended: Vec::new(),
            last_handle: 0,
            start: Instant::now(),
        }
    }

    fn write_held_back(&mut self) -> io::Result<()> {
        let output = std::mem::take(&mut self.output);
        let mut stdout = io::stdout().lock();
        stdout.write_all(&output)?;
        stdout.flush()
    }
}

impl Drop for SystemHost {
    fn drop(&mut self) {
        // Whoever wanted to know whether writing succeeds has flushed before.
        let _ = self.write_held_back();
    }
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn command(name: &[u8], args: &[Vec<u8>]) -> Command {
    let mut command = Command::new(OsStr::from_bytes(name));
    command.args(args.iter().map(|arg| OsStr::from_bytes(arg)));
    command
}

fn status_number(status: ExitStatus) -> i64 {
    i64::from(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

fn since_1970(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

impl Host for SystemHost {
    fn write_output(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.extend_from_slice(bytes);
        if self.output.len() > OUTPUT_BYTES_MAX { self.write_held_back() } else { Ok(()) }
    }

    fn write_errors(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::stderr().write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_held_back()
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if io::stdin().is_terminal() {
            self.write_held_back()?;
        }
        let mut line = Vec::new();
        io::stdin().lock().read_until(b'\n', &mut line)?;
        Ok(if line.is_empty() { None } else { Some(without_end(line)) })
    }

    fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        io::stdin().lock().read_to_end(&mut rest)?;
        Ok(rest)
    }

    fn read_file(&mut self, name: &[u8]) -> io::Result<Vec<u8>> {
        fs::read(path(name))
    }

    fn write_file(&mut self, name: &[u8], contents: &[u8]) -> io::Result<()> {
        fs::write(path(name), contents)
    }

    fn append_file(&mut self, name: &[u8], contents: &[u8]) -> io::Result<()> {
        OpenOptions::new().append(true).create(true).open(path(name))?.write_all(contents)
    }

    fn exists(&mut self, name: &[u8]) -> bool {
        path(name).exists()
    }

    fn is_dir(&mut self, name: &[u8]) -> bool {
        path(name).is_dir()
    }

    fn file_size(&mut self, name: &[u8]) -> io::Result<u64> {
        fs::metadata(path(name)).map(|metadata| metadata.len())
    }

    fn modified_ns(&mut self, name: &[u8]) -> io::Result<i64> {
        fs::metadata(path(name)).and_then(|metadata| metadata.modified()).map(since_1970)
    }

    fn list_dir(&mut self, name: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        fs::read_dir(path(name))?.map(|entry| Ok(entry?.file_name().into_vec())).collect()
    }

    fn make_dir(&mut self, name: &[u8]) -> io::Result<()> {
        fs::create_dir_all(path(name))
    }

    fn remove(&mut self, name: &[u8]) -> io::Result<()> {
        let path = path(name);
        if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        fs::rename(path(from), path(to))
    }

    fn set_executable(&mut self, name: &[u8]) -> io::Result<()> {
        let mode = fs::metadata(path(name))?.permissions().mode();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
    }

    fn args(&mut self) -> Vec<Vec<u8>> {
        self.args.clone()
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn current_dir(&mut self) -> io::Result<Vec<u8>> {
        std::env::current_dir().map(|path| path.into_os_string().into_vec())
    }

    fn executable(&mut self) -> io::Result<Vec<u8>> {
        std::env::current_exe().map(|path| path.into_os_string().into_vec())
    }

    fn temp_dir(&mut self) -> Vec<u8> {
        std::env::temp_dir().into_os_string().into_vec()
    }

    fn is_terminal(&mut self, stream: i64) -> bool {
        match stream {
            0 => io::stdin().is_terminal(),
            1 => io::stdout().is_terminal(),
            2 => io::stderr().is_terminal(),
            _ => false,
        }
    }

    fn terminal_width(&mut self) -> i64 {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        if io::stdout().is_terminal() { columns.unwrap_or(80) } else { 0 }
    }

    fn cores(&mut self) -> i64 {
        thread::available_parallelism().map_or(1, |cores| cores.get() as i64)
    }

    fn run_process(&mut self, name: &[u8], args: &[Vec<u8>], input: &[u8]) -> io::Result<ProcessOutput> {
        self.write_held_back()?;
        let mut command = command(name, args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            scope.spawn(move || {
                // A process need not read its input to the end.
                stdin.map(|mut stdin| stdin.write_all(input))
            });
            child.wait_with_output()
        })?;
        Ok(ProcessOutput { status: status_number(output.status), output: output.stdout, errors: output.stderr })
    }

    fn spawn_process(&mut self, name: &[u8], args: &[Vec<u8>]) -> io::Result<i64> {
        self.write_held_back()?;
        let child = command(name, args).spawn()?;
        self.last_handle += 1;
        self.children.push((self.last_handle, child));
        Ok(self.last_handle)
    }

    fn wait_process(&mut self, handle: i64) -> i64 {
        // What cannot be written now is reported by the next write.
        let _ = self.write_held_back();
        match self.children.iter().position(|(known, _)| *known == handle) {
            Some(index) => self.children.swap_remove(index).1.wait().map_or(-1, status_number),
            None => -1,
        }
    }

    /// The command runs to its end here and now: that others run meanwhile changes nothing but the time.
    fn start_process(&mut self, name: &[u8], args: &[Vec<u8>], input: &[u8]) -> io::Result<i64> {
        let output = self.run_process(name, args, input)?;
        self.last_handle += 1;
        self.ended.push((self.last_handle, output));
        Ok(self.last_handle)
    }

    fn next_process(&mut self) -> Option<i64> {
        self.ended.first().map(|(handle, _)| *handle)
    }

    fn finish_process(&mut self, handle: i64) -> Option<ProcessOutput> {
        let index = self.ended.iter().position(|(known, _)| *known == handle)?;
        Some(self.ended.remove(index).1)
    }

    fn process_id(&mut self) -> i64 {
        i64::from(std::process::id())
    }

    fn now_ns(&mut self) -> i64 {
        since_1970(SystemTime::now())
    }

    fn monotonic_ns(&mut self) -> i64 {
        i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    fn sleep_ns(&mut self, nanoseconds: i64) {
        thread::sleep(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)));
    }

    fn random(&mut self) -> i64 {
        let mut bytes = [0; 8];
        match fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)) {
            Ok(()) => i64::from_le_bytes(bytes),
            Err(_) => since_1970(SystemTime::now()),
        }
    }
}

/// A line without `\n` or `\r\n`.
pub(super) fn without_end(mut line: Vec<u8>) -> Vec<u8> {
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    line
}
