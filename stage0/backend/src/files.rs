//! Output files: complete or not there.

use crate::diagnose::Failure;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// Writes a file under a temporary name in its folder and renames it, so that nobody sees half a file and nothing is
/// left behind when that fails.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_special(path) {
        return std::fs::write(path, bytes).map_err(|error| unwritable(path, &error));
    }
    let write = || -> io::Result<()> {
        let mut file = temporary(path, 0o666)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| unwritable(path, &error))
}

/// A temporary executable that is to become `path`; it disappears when it is dropped.
pub fn temporary_executable(path: &Path) -> Result<TempPath, Failure> {
    // Nothing can be made beside a device.
    let place = if is_special(path) { &std::env::temp_dir().join("executable") } else { path };
    temporary(place, 0o777).map(NamedTempFile::into_temp_path).map_err(|error| unwritable(path, &error))
}

/// Gives a temporary file its name.
pub fn rename(file: TempPath, path: &Path) -> Result<(), Failure> {
    if is_special(path) {
        let copy = || std::fs::write(path, std::fs::read(&file)?);
        return copy().map_err(|error| unwritable(path, &error));
    }
    file.persist(path).map_err(|error| unwritable(path, &error.error))
}

fn temporary(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Opened here, as `tempfile` would name the temporary path in its errors, which means nothing to anybody.
    let open = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    tempfile::Builder::new().prefix(".kea-").make_in(folder, open)
}

/// A device or a pipe is written to, not replaced.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::of_file(path.display(), "output", format!("cannot write: {error}"))
}
