//! Output files: complete or not there.

use crate::failure::Failure;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a file under a temporary name in its folder and renames it, so that nobody sees half a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let permissions = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().prefix(".kea-").permissions(permissions).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| Failure::Message(format!("cannot write {}: {error}", path.display())))
}
