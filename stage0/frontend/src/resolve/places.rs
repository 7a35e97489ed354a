//! Where source files lie: the program's root, the library, and the file that was asked for.

use super::{Request, module_name};
use std::io;
use std::path::{Path, PathBuf};

/// The folders and the file of a request, without symbolic links and `..`.
#[derive(Debug)]
pub(super) struct Places {
    /// The program's root; none where the file belongs to the library.
    pub root: Option<PathBuf>,
    /// The library's folder.
    pub library: PathBuf,
    /// The file that was asked for.
    pub file: PathBuf,
    current: Option<PathBuf>,
}

impl Places {
    /// Finds them. The error is that of reading the path that comes with it.
    pub fn find(request: &Request) -> Result<Places, (PathBuf, io::Error)> {
        let canonical = |path: &Path| path.canonicalize().map_err(|error| (path.to_path_buf(), error));
        let file = canonical(&request.file)?;
        let library = canonical(&request.library)?;
        let current = std::env::current_dir().and_then(|path| path.canonicalize()).ok();
        let root = match &request.root {
            _ if file.starts_with(&library) => None,
            Some(root) => Some(canonical(root)?),
            None => Some(root_of(&file)),
        };
        Ok(Places { root, library, file, current })
    }

    /// A path as messages show it: from the current folder where it lies in it.
    pub fn shown(&self, path: &Path) -> PathBuf {
        let relative = self.current.as_ref().and_then(|current| path.strip_prefix(current).ok());
        relative.unwrap_or(path).to_path_buf()
    }
}

/// The root of a program that has that file: the nearest folder around it that holds `main.kea` or `kea.toml` (then its `src`, where
/// there is one), else its own folder.
fn root_of(file: &Path) -> PathBuf {
    for folder in file.ancestors().skip(1) {
        if folder.join("kea.toml").is_file() {
            let source = folder.join("src");
            return if source.is_dir() { source } else { folder.to_path_buf() };
        }
        if folder.join("main").with_extension(module_name::EXTENSION).is_file() {
            return folder.to_path_buf();
        }
    }
    file.parent().unwrap_or(Path::new("")).to_path_buf()
}
