//! The standard library itself.

use super::first_line;
use crate::resolve::{Purpose, Request, load};
use crate::source::Sources;
use bumpalo::Bump;
use std::fs;
use std::path::Path;

#[test]
fn every_module_is_declared_with_its_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lib").canonicalize().expect("the library is there");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the library is a folder")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let request = Request { file, root: None, library: folder.clone(), purpose: Purpose::Test };
        let mut sources = Sources::default();
        if let Err(error) = load(&Bump::new(), &mut sources, &request) {
            wrong.push(first_line(&error, &sources, &folder));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
