//! A world in memory, the same on every run: for tests.

use crate::interp::host::{Host, ProcessOutput};
use crate::interp::system_host::without_end;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A world in memory: no processes, files that nobody else sees, a clock that advances when it is read.
#[derive(Clone, Debug, Default)]
pub struct MemoryHost {
    /// The program's arguments.
    pub args: Vec<Vec<u8>>,
    /// The environment.
    pub environment: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What is left of standard input.
    pub input: Vec<u8>,
    /// What was written to standard output.
    pub output: Vec<u8>,
    /// What was written to standard error.
    pub errors: Vec<u8>,
    /// Files by their paths.
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Folders by their paths.
    pub folders: BTreeSet<Vec<u8>>,
    /// The clocks, in nanoseconds.
    pub time_ns: i64,
    random_state: u64,
}

impl MemoryHost {
    /// A host with these arguments and this input.
    pub fn new(args: &[&str], input: &str) -> MemoryHost {
        MemoryHost {
            args: args.iter().map(|arg| arg.as_bytes().to_vec()).collect(),
            input: input.into(),
            ..MemoryHost::default()
        }
    }

    fn file(&self, path: &[u8]) -> io::Result<&Vec<u8>> {
        self.files.get(path).ok_or_else(not_found)
    }

    /// Everything inside a folder, as path without the folder's.
    fn inside<'a>(&'a self, folder: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let paths = self.files.keys().chain(&self.folders);
        paths.filter_map(move |path| path.strip_prefix(folder)?.strip_prefix(b"/"))
    }
}

/// The error of a path that leads nowhere, with the number that Unix gives it.
fn not_found() -> io::Error {
    io::Error::from_raw_os_error(2)
}

impl Host for MemoryHost {
    fn write_output(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    fn write_errors(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.errors.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let end = self.input.iter().position(|byte| *byte == b'\n').map_or(self.input.len(), |end| end + 1);
        let rest = self.input.split_off(end);
        Ok(Some(without_end(std::mem::replace(&mut self.input, rest))))
    }

    fn read_all(&mut self) -> io::Result<Vec<u8>> {
        Ok(std::mem::take(&mut self.input))
    }

    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.file(path).cloned()
    }

    fn write_file(&mut self, path: &[u8], contents: &[u8]) -> io::Result<()> {
        self.files.insert(path.to_vec(), contents.to_vec());
        Ok(())
    }

    fn append_file(&mut self, path: &[u8], contents: &[u8]) -> io::Result<()> {
        self.files.entry(path.to_vec()).or_default().extend_from_slice(contents);
        Ok(())
    }

    fn exists(&mut self, path: &[u8]) -> bool {
        self.files.contains_key(path) || self.folders.contains(path)
    }

    fn is_dir(&mut self, path: &[u8]) -> bool {
        self.folders.contains(path)
    }

    fn file_size(&mut self, path: &[u8]) -> io::Result<u64> {
        self.file(path).map(|contents| contents.len() as u64)
    }

    fn modified_ns(&mut self, path: &[u8]) -> io::Result<i64> {
        self.file(path).map(|_| 0)
    }

    fn list_dir(&mut self, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        if !self.folders.contains(path) {
            return Err(not_found());
        }
        Ok(self.inside(path).filter(|name| !name.contains(&b'/')).map(<[u8]>::to_vec).collect())
    }

    fn make_dir(&mut self, path: &[u8]) -> io::Result<()> {
        let ends = path.iter().enumerate().filter(|(index, byte)| **byte == b'/' && *index > 0);
        let parents: Vec<Vec<u8>> = ends.map(|(end, _)| path[..end].to_vec()).collect();
        self.folders.extend(parents);
        self.folders.insert(path.to_vec());
        Ok(())
    }

    fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        if !self.exists(path) {
            return Err(not_found());
        }
        let kept =
            |other: &Vec<u8>| other != path && other.strip_prefix(path).is_none_or(|rest| !rest.starts_with(b"/"));
        self.files.retain(|other, _| kept(other));
        self.folders.retain(kept);
        Ok(())
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        let contents = self.files.remove(from).ok_or_else(not_found)?;
        self.files.insert(to.to_vec(), contents);
        Ok(())
    }

    fn set_executable(&mut self, path: &[u8]) -> io::Result<()> {
        self.file(path).map(|_| ())
    }

    fn args(&mut self) -> Vec<Vec<u8>> {
        self.args.clone()
    }

    fn env(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.environment.get(name).cloned()
    }

    fn current_dir(&mut self) -> io::Result<Vec<u8>> {
        Ok(b"/".to_vec())
    }

    fn executable(&mut self) -> io::Result<Vec<u8>> {
        Ok(b"/program".to_vec())
    }

    fn temp_dir(&mut self) -> Vec<u8> {
        b"/tmp".to_vec()
    }

    fn is_terminal(&mut self, _stream: i64) -> bool {
        false
    }

    fn terminal_width(&mut self) -> i64 {
        0
    }

    fn cores(&mut self) -> i64 {
        1
    }

    fn run_process(&mut self, _command: &[u8], _args: &[Vec<u8>], _input: &[u8]) -> io::Result<ProcessOutput> {
        Err(not_found())
    }

    fn spawn_process(&mut self, _command: &[u8], _args: &[Vec<u8>]) -> io::Result<i64> {
        Err(not_found())
    }

    fn wait_process(&mut self, _handle: i64) -> i64 {
        -1
    }

    fn start_process(&mut self, _command: &[u8], _args: &[Vec<u8>], _input: &[u8]) -> io::Result<i64> {
        Err(not_found())
    }

    fn next_process(&mut self) -> Option<i64> {
        None
    }

    fn finish_process(&mut self, _handle: i64) -> Option<ProcessOutput> {
        None
    }

    fn process_id(&mut self) -> i64 {
        1
    }

    fn now_ns(&mut self) -> i64 {
        self.monotonic_ns()
    }

    fn monotonic_ns(&mut self) -> i64 {
        self.time_ns = self.time_ns.saturating_add(1);
        self.time_ns
    }

    fn sleep_ns(&mut self, nanoseconds: i64) {
        self.time_ns = self.time_ns.saturating_add(nanoseconds.max(0));
    }

    /// Marsaglia's xorshift from a fixed seed.
    fn random(&mut self) -> i64 {
        let mut state = if self.random_state == 0 { 0x9e37_79b9_7f4a_7c15 } else { self.random_state };
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random_state = state;
        state as i64
    }
}
