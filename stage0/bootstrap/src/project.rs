//! Where things are.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The project's folders.
pub struct Project {
    /// The project.
    pub root: PathBuf,
    /// Where Cargo put stage 0.
    pub tools: PathBuf,
}

/// The programs of stage 0 that a build uses, with their places below `build/`.
const STAGE_0: [(&str, &str); 2] = [("kea0", "bin/kea0"), ("kea-backend", "bin/kea-backend")];

/// The runtime's library.
const RUNTIME: &str = "libkea_runtime.a";

impl Project {
    /// The project in a folder, with the programs that Cargo built.
    pub fn new(root: &Path, tools: &Path) -> Result<Project> {
        let absolute = |path: &Path| fs::canonicalize(path).with_context(|| path.display().to_string());
        Ok(Project { root: absolute(root)?, tools: absolute(tools)? })
    }

    /// A path below `build/`.
    pub fn build(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join("build").join(path)
    }

    /// The folder of the generation of the compiler with that number.
    pub fn generation(&self, number: u32) -> PathBuf {
        self.build(format!("stage{number}"))
    }

    /// The backend that builds use.
    pub fn backend(&self) -> PathBuf {
        self.build("bin/kea-backend")
    }

    /// The library's source.
    pub fn library(&self) -> PathBuf {
        self.root.join("lib")
    }

    /// The compiler's source.
    pub fn compiler(&self) -> PathBuf {
        self.root.join("stage1/main.kea")
    }

    /// Copies stage 0's programs, the runtime and the library to where an installed compiler expects them.
    pub fn install_tools(&self) -> Result<()> {
        for (name, place) in STAGE_0 {
            copy_file(&self.tools.join(name), &self.build(place))?;
        }
        copy_folder(&self.library(), &self.build("lib/kea"))?;
        self.install_runtime()
    }

    /// Copies the runtime's library without what debuggers know of Rust: every program would carry those megabytes.
    fn install_runtime(&self) -> Result<()> {
        let folder = self.build("lib");
        let temporary = tempfile::tempdir_in(&folder)?;
        let stripped = temporary.path().join(RUNTIME);
        copy_file(&self.tools.join(RUNTIME), &stripped)?;
        let shell = Shell::new()?;
        cmd!(shell, "strip --strip-debug {stripped}").quiet().run().context("`strip` comes with a C compiler")?;
        copy_file(&stripped, &folder.join(RUNTIME))
    }
}

/// Copies a file with its permissions. The copy appears as a whole, also over a program that runs.
pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let Some(folder) = to.parent() else { bail!("{} is no path of a file", to.display()) };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let temporary = tempfile::NamedTempFile::new_in(folder)?;
    fs::copy(from, temporary.path()).with_context(|| format!("cannot copy {}", from.display()))?;
    temporary.persist(to).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(())
}

/// Copies a folder in place of what was there.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("cannot replace {}", to.display()))?;
    }
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?
        } else {
            copy_file(&entry.path(), &target)?
        }
    }
    Ok(())
}

/// The files below a folder with that extension, in order of their paths.
pub fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
