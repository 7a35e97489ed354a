//! Whether two generations of the compiler are the same, and where they begin to differ.

use anyhow::{Context, Result, bail};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How many lines of a difference are shown.
const SHOWN: usize = 60;

/// The digest of what a generation consists of: the MIR text, its object and the executable, by name.
pub type Digests = BTreeMap<String, String>;

/// What a generation consists of.
const PARTS: [&str; 3] = ["kea.mir", "kea.o", "kea"];

/// The digests of a generation in a folder.
pub fn digests(folder: &Path) -> Result<Digests> {
    PARTS.iter().map(|part| Ok((part.to_string(), digest(&folder.join(part))?))).collect()
}

/// The digest of a file.
pub fn digest(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Fails, naming the first function that differs, unless two generations are the same to the byte.
pub fn assert_same(left: &Path, right: &Path) -> Result<Digests> {
    let (left_digests, right_digests) = (digests(left)?, digests(right)?);
    if left_digests == right_digests {
        return Ok(right_digests);
    }
    let read = |folder: &Path| fs::read_to_string(folder.join("kea.mir"));
    if let Some(difference) = first_difference(&read(left)?, &read(right)?) {
        bail!("{} and {} differ\n{difference}", left.display(), right.display());
    }
    let names = left_digests.keys().chain(right_digests.keys());
    let differing: Vec<&str> =
        names.filter(|name| left_digests.get(*name) != right_digests.get(*name)).map(String::as_str).collect();
    bail!(
        "{} and {} have the same MIR, but other bytes in {}: the backend gives different code for the same text",
        left.display(),
        right.display(),
        differing.join(", ")
    )
}

/// The first section (a function, mostly) in which two canonical texts differ, as a difference for people.
fn first_difference(left: &str, right: &str) -> Option<String> {
    let (mut lefts, mut rights) = (left.split("\n\n"), right.split("\n\n"));
    loop {
        let (old, new) = match (lefts.next(), rights.next()) {
            (None, None) => return None,
            (old, new) if old == new => continue,
            (old, new) => (old.unwrap_or(""), new.unwrap_or("")),
        };
        let name = [old, new].into_iter().find_map(|section| section.lines().next()).unwrap_or("");
        let difference = TextDiff::from_lines(old, new).unified_diff().context_radius(3).to_string();
        let shown: Vec<&str> = difference.lines().take(SHOWN).collect();
        return Some(format!("first in: {name}\n{}", shown.join("\n")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_function_that_differs_is_named() {
        let left = "kea-mir 1.0\n\nfunc @A\nb0:\n  v0 = const.i64 1\nend\n\nfunc @B\nend\n";
        let right = left.replace("const.i64 1", "const.i64 2");
        let difference = first_difference(left, &right).expect("they differ");
        assert!(difference.starts_with("first in: func @A\n"), "{difference}");
        assert!(difference.contains("-  v0 = const.i64 1\n+  v0 = const.i64 2"), "{difference}");
        assert_eq!(first_difference(left, left), None);
    }

    #[test]
    fn a_function_that_is_only_in_one_is_a_difference() {
        let difference = first_difference("a\n\nfunc @B\nend", "a").expect("they differ");
        assert!(difference.starts_with("first in: func @B"), "{difference}");
    }

    #[test]
    fn generations_are_compared_by_all_their_files() {
        let folder = tempfile::tempdir().expect("a folder");
        for (generation, object) in [("x", "same"), ("y", "same"), ("z", "other")] {
            let path = folder.path().join(generation);
            fs::create_dir_all(&path).expect("a folder");
            fs::write(path.join("kea"), "exe").expect("a file");
            fs::write(path.join("kea.mir"), "mir").expect("a file");
            fs::write(path.join("kea.o"), object).expect("a file");
        }
        let path = |name: &str| folder.path().join(name);
        assert!(assert_same(&path("x"), &path("y")).is_ok());
        let error = assert_same(&path("x"), &path("z")).expect_err("an object differs").to_string();
        assert!(error.contains("kea.o"), "{error}");
    }
}
