//! `tests/kea/reject/names-*`: programs that are refused, each with the place and the message in its last line.

use super::{library, write};
use crate::resolve::{Purpose, Request, load};
use crate::source::Sources;
use bumpalo::Bump;
use std::fs;
use std::path::{Path, PathBuf};

/// What the last line of a refused program begins with.
const MARK: &str = "-- error: ";

#[test]
fn programs_are_refused_where_they_say() {
    let library = tempfile::tempdir().expect("a folder for the library");
    for (name, text) in library::FILES {
        write(&library.path().join(name), text.as_bytes());
    }
    let programs = programs();
    assert!(programs.len() >= 30, "only {} programs are refused", programs.len());
    let wrong: Vec<String> = programs.iter().filter_map(|program| difference(program, library.path())).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The files of `tests/kea/reject` that are about names; of a program of several files its `main.kea`.
fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kea/reject");
    let entries = fs::read_dir(folder).expect("the folder of refused programs is there").filter_map(Result::ok);
    let own = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("names-"));
    let mut programs: Vec<PathBuf> =
        own.map(|entry| if entry.path().is_dir() { entry.path().join("main.kea") } else { entry.path() }).collect();
    programs.sort();
    programs
}

/// What is said of a program, where that is not what it expects.
fn difference(program: &Path, library: &Path) -> Option<String> {
    let text = fs::read_to_string(program).expect("the program can be read");
    let expected = text.lines().last().and_then(|line| line.strip_prefix(MARK)).unwrap_or("(no expectation)");
    let request =
        Request { file: program.to_path_buf(), root: None, library: library.to_path_buf(), purpose: Purpose::Program };
    let mut sources = Sources::default();
    let said = match load(&Bump::new(), &mut sources, &request) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => {
            let text = error.render(&sources);
            let line = text.lines().next().unwrap_or_default();
            line.strip_prefix(&format!("{}:", program.display())).unwrap_or(line).to_owned()
        }
    };
    (said != expected).then(|| format!("{}\n  expected: {expected}\n  said:     {said}", program.display()))
}
