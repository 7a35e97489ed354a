//! Output files: complete or not there.

use crate::diagnose::Failure;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
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
    match temporary(path, 0o777) {
        Ok(_) if path.is_dir() => Err(unwritable(path, &io::ErrorKind::IsADirectory.into())),
        Ok(file) => Ok(file.into_temp_path()),
        Err(error) => Err(unwritable(path, &error)),
    }
}

/// Gives a temporary file its name.
pub fn rename(file: TempPath, path: &Path) -> Result<(), Failure> {
    file.persist(path).map_err(|error| unwritable(path, &error.error))
}

fn temporary(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".kea-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(without_path)
}

/// The system's error inside of one that names the temporary path, which means nothing to anybody.
fn without_path(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|named| named.source()).and_then(|source| source.downcast_ref::<io::Error>());
    inner.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}

/// A device or a pipe is written to, not replaced.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::of_file(path.display(), "output", format!("cannot write: {error}"))
}
