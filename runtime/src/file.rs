//! Files and folders. Paths and contents are bytes.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;

use crate::clock::since_1970;
use crate::console::{read_to_end, write_all};
use crate::context::Context;
use crate::object::Object;
use crate::outcome::Outcome;
use crate::string;

pub(crate) unsafe fn path<'a>(text: Object) -> &'a Path {
    Path::new(OsStr::from_bytes(unsafe { text.bytes() }))
}

fn read_file(context: &mut Context, path: &Path) -> io::Result<Object> {
    let file = File::open(path)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    // What claims to be larger than memory is read in growing pieces.
    let expected = usize::try_from(size).unwrap_or(0).min(1 << 32);
    read_to_end(context, file.as_raw_fd(), b"", expected)
}

/// Replaces a file at once: its readers see the old contents or the new ones. What is not a regular file
/// (a pipe, a device) is written to directly, and so is one in a folder where no file can be made.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = final_target(path);
    let permissions = match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => return write_directly(&target, bytes),
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => None,
    };
    let (temporary, file) = match create_beside(&target) {
        Ok(created) => created,
        Err(_) => return write_directly(&target, bytes),
    };
    let written = write_all(file.as_raw_fd(), bytes)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The first error is the one to report; without its file, nothing is left to remove.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// What a path leads to, links followed, so that a link stays one when its target is replaced.
fn final_target(path: &Path) -> PathBuf {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        _ => path.to_owned(),
    }
}

fn write_directly(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    write_all(file.as_raw_fd(), bytes)
}

/// A new file in the folder of `target`, under a name that nothing else has.
fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 0;
    loop {
        let name = format!(".kea-{}-{number}.tmp", process::id());
        let temporary = target.with_file_name(name);
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn append_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    write_all(file.as_raw_fd(), bytes)
}

/// The names in a folder, sorted by their bytes.
fn list_dir(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().into_vec());
    }
    names.sort_unstable();
    Ok(names)
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Lets everybody execute a file who may read it.
fn set_executable(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

/// 0 and the contents of a file, or an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_read_file(context: &mut Context, name: Object) -> Outcome {
    match read_file(context, unsafe { path(name) }) {
        Ok(text) => Outcome::new(0, text),
        Err(error) => Outcome::failure(context, &error),
    }
}

/// Gives a file these contents, replacing it at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_write_file(context: &mut Context, name: Object, contents: Object) -> Outcome {
    let result = unsafe { write_file(path(name), contents.bytes()) };
    Outcome::of_unit(context, result)
}

/// Adds to the end of a file, which is made where it does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_append_file(context: &mut Context, name: Object, contents: Object) -> Outcome {
    let result = unsafe { append_file(path(name), contents.bytes()) };
    Outcome::of_unit(context, result)
}

/// Whether a path leads to anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_exists(_context: &mut Context, name: Object) -> bool {
    unsafe { path(name) }.exists()
}

/// Whether a path leads to a folder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_is_dir(_context: &mut Context, name: Object) -> bool {
    unsafe { path(name) }.is_dir()
}

/// The size of a file in bytes, -1 when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_file_size(_context: &mut Context, name: Object) -> i64 {
    fs::metadata(unsafe { path(name) }).map_or(-1, |metadata| metadata.len() as i64)
}

/// When a file was changed last, -1 when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_modified_ns(_context: &mut Context, name: Object) -> i64 {
    let modified = fs::metadata(unsafe { path(name) }).and_then(|metadata| metadata.modified());
    modified.map_or(-1, since_1970)
}

/// 0 and the names in a folder, sorted by bytes, or an error's number and reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_list_dir(context: &mut Context, name: Object) -> Outcome {
    match list_dir(unsafe { path(name) }) {
        Ok(names) => Outcome::new(0, string::new_array(context, &names)),
        Err(error) => Outcome::failure_list(context, &error),
    }
}

/// Makes a folder and those above it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_make_dir(context: &mut Context, name: Object) -> Outcome {
    let result = fs::create_dir_all(unsafe { path(name) });
    Outcome::of_unit(context, result)
}

/// Removes a file, or a folder with all in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_remove(context: &mut Context, name: Object) -> Outcome {
    let result = remove(unsafe { path(name) });
    Outcome::of_unit(context, result)
}

/// Gives a file or a folder another name, replacing a file that has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_rename(context: &mut Context, name: Object, new_name: Object) -> Outcome {
    let result = unsafe { fs::rename(path(name), path(new_name)) };
    Outcome::of_unit(context, result)
}

/// Lets everybody execute a file who may read it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_io_set_executable(context: &mut Context, name: Object) -> Outcome {
    let result = set_executable(unsafe { path(name) });
    Outcome::of_unit(context, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test alone, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("kea-runtime-{name}-{}", process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn writing_replaces_a_file_and_keeps_its_permissions() {
        let folder = Folder::new("write");
        let file = folder.0.join("a");
        write_file(&file, b"one").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o750)).unwrap();
        write_file(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(list_dir(&folder.0).unwrap(), [b"a"]);
    }

    #[test]
    fn writing_through_a_link_keeps_the_link() {
        let folder = Folder::new("link");
        let (file, link) = (folder.0.join("file"), folder.0.join("link"));
        write_file(&file, b"one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_file(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
    }

    #[test]
    fn devices_are_written_directly() {
        write_file(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = Folder::new("missing");
        let error = write_file(&folder.0.join("no/file"), b"x").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
        assert!(write_file(&folder.0, b"x").is_err());
    }

    #[test]
    fn names_are_sorted_by_bytes() {
        let folder = Folder::new("list");
        for name in ["b", "a", "B", "é"] {
            write_file(&folder.0.join(name), b"").unwrap();
        }
        assert_eq!(list_dir(&folder.0).unwrap(), ["B", "a", "b", "é"].map(|name| name.as_bytes()));
    }

    #[test]
    fn files_are_read_whatever_size_they_claim() {
        let mut context = Context::for_test(true);
        let folder = Folder::new("read");
        let file = folder.0.join("large");
        let contents = vec![b'x'; 300_000];
        write_file(&file, &contents).unwrap();
        let text = read_file(&mut context, &file).unwrap();
        assert!(unsafe { text.bytes() } == contents);
        let status = read_file(&mut context, Path::new("/proc/self/status")).unwrap();
        assert!(unsafe { status.bytes() }.starts_with(b"Name:"));
        assert!(read_file(&mut context, &folder.0).is_err());
    }
}
