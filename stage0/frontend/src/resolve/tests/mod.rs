//! Small programs in a folder of their own, with the least library.

mod declaring;
mod library;
mod loading;
mod naming;

use super::{Environment, Purpose, Request, load};
use crate::ast::Name;
use crate::diagnostic::Diagnostic;
use crate::hir::{ModuleId, Program};
use crate::source::{Sources, Span};
use bumpalo::Bump;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with the library in `lib` and a program in `program`.
struct Project {
    folder: TempDir,
    request: Request,
}

impl Project {
    /// With these files; the first is the one that is asked for.
    fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().canonicalize().expect("the folder is there");
        for (name, text) in library::FILES {
            write(&path.join("lib").join(name), text.as_bytes());
        }
        for (name, text) in files {
            write(&path.join("program").join(name), text.as_bytes());
        }
        let request = Request {
            file: path.join("program").join(files[0].0),
            root: None,
            library: path.join("lib"),
            purpose: Purpose::Check,
        };
        Project { folder, request }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder is there")
    }

    /// Loads the program and shows it to `see`; the first line of the error where it cannot be loaded.
    fn try_load<T>(&self, see: impl FnOnce(&Program<'_>, &Environment<'_>) -> T) -> Result<T, String> {
        let arena = Bump::new();
        let mut sources = Sources::default();
        match load(&arena, &mut sources, &self.request) {
            Ok((program, environment)) => Ok(see(&program, &environment)),
            Err(error) => Err(first_line(&error, &sources, &self.path().join("program"))),
        }
    }

    /// The whole error of a program that is wrong, with files' paths from the project's folder.
    fn report(&self) -> String {
        let mut sources = Sources::default();
        let error = load(&Bump::new(), &mut sources, &self.request).map(|_| ()).expect_err("the program is wrong");
        error.render(&sources).replace(&format!("{}/", self.path().display()), "")
    }

    /// Loads a program that is right.
    fn load<T>(&self, see: impl FnOnce(&Program<'_>, &Environment<'_>) -> T) -> T {
        self.try_load(see).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The error of a program that is wrong.
    fn error(&self) -> String {
        self.try_load(|_, _| ()).expect_err("the program is wrong")
    }
}

fn write(path: &Path, text: &[u8]) {
    let parent = path.parent().expect("the file lies in a folder");
    fs::create_dir_all(parent).and_then(|()| fs::write(path, text)).expect("the test's folder can be written");
}

/// The error's first line, with paths from a folder.
fn first_line(error: &Diagnostic, sources: &Sources, folder: &Path) -> String {
    let text = error.render(sources);
    let line = text.lines().next().unwrap_or_default();
    let folder = format!("{}/", folder.display());
    line.replace(&folder, "")
}

/// The module of that name.
fn module(program: &Program<'_>, name: &str) -> ModuleId {
    let index = program.modules.iter().position(|module| module.name == name);
    ModuleId(index.unwrap_or_else(|| panic!("no module {name}")) as u32)
}

/// A name as if it were written at the start of the first file.
fn name(text: &str) -> Name<'_> {
    Name { text, span: Span::default() }
}

/// A path, written with dots.
fn path(text: &str) -> Vec<Name<'_>> {
    text.split('.').map(name).collect()
}
