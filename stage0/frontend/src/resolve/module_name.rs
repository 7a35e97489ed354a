//! Modules' names and the files that hold them.

use super::prelude;
use std::path::{Component, Path, PathBuf};

/// What source files' names end with.
pub(super) const EXTENSION: &str = "kea";

/// The file of a module, from a source root: `Syntax.TokenKind` is in `syntax/token_kind.kea`.
pub(super) fn file<'n>(names: impl Iterator<Item = &'n str>) -> PathBuf {
    let mut path: PathBuf = names.map(file_stem).collect();
    path.set_extension(EXTENSION);
    path
}

/// A name as a file spells it: `_` before a capital that follows a lower-case letter or a digit, then all in lower case.
pub(super) fn file_stem(name: &str) -> String {
    let mut stem = String::with_capacity(name.len() + 4);
    let mut breakable = false;
    for character in name.chars() {
        if character.is_uppercase() && breakable {
            stem.push('_');
        }
        stem.extend(character.to_lowercase());
        breakable = character.is_lowercase() || character.is_ascii_digit();
    }
    stem
}

/// The name of the module that a file holds, from a source root. Where the spelling of capitals is open (`io.kea`), the prelude's
/// modules have their own, and of others the first letter of each word is a capital.
pub(super) fn from_file(file: &Path) -> String {
    let stemmed = file.with_extension("");
    let names: Vec<String> = stemmed
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(from_stem(&name.to_string_lossy())),
            _ => None,
        })
        .collect();
    names.join(".")
}

/// The name that a file's or folder's name stands for.
fn from_stem(stem: &str) -> String {
    if let Some(module) = prelude::MODULES.iter().find(|module| file_stem(module.name) == stem) {
        return module.name.to_owned();
    }
    let mut name = String::with_capacity(stem.len());
    for word in stem.split(|character: char| !character.is_alphanumeric()) {
        let mut characters = word.chars();
        name.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(characters.as_str());
    }
    if !name.starts_with(char::is_uppercase) {
        name.insert_str(0, "Module");
    }
    name
}

/// The last part of a module's name, by which it is known where it is used.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_modules() {
        for (name, expected) in [
            ("List", "list.kea"),
            ("SortedMap", "sorted_map.kea"),
            ("IO", "io.kea"),
            ("UInt8", "uint8.kea"),
            ("Syntax.Lexer", "syntax/lexer.kea"),
            ("Base64Encoder", "base64_encoder.kea"),
            ("InsertRC", "insert_rc.kea"),
        ] {
            assert_eq!(file(name.split('.')), Path::new(expected), "{name}");
        }
    }

    #[test]
    fn modules_are_named_after_files() {
        for (path, expected) in [
            ("io.kea", "IO"),
            ("sorted_map.kea", "SortedMap"),
            ("syntax/lexer.kea", "Syntax.Lexer"),
            ("hello-world.kea", "HelloWorld"),
            ("2048.kea", "Module2048"),
            ("uint8.kea", "UInt8"),
        ] {
            assert_eq!(from_file(Path::new(path)), expected, "{path}");
        }
    }
}
