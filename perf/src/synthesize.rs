//! A large module made by repeating smaller ones under other names.

use std::collections::HashSet;
use std::fmt::Write;

/// Characters that end a name in the text of a module.
const DELIMITERS: &[char] = &[' ', '(', ')', '[', ']', '{', '}', ',', ':', ';', '=', '!', '"', '@'];

/// One module of at least that many bytes from the declarations of all of these, repeated as often as needed.
/// Every name gets the number of the copy, so that nothing clashes; externs stand once.
pub fn module(sources: &[String], bytes: usize) -> String {
    let sources: Vec<Source> = sources.iter().map(|text| Source::new(text)).collect();
    let mut out = String::with_capacity(bytes + (bytes >> 4));
    out.push_str("kea-mir 1.0\ntarget x86_64-unknown-linux-gnu\nfile 1 \"corpus.kea\"\nlayout String array i8\nlayout Strings array ref String\n");
    let mut externs = HashSet::new();
    for source in &sources {
        for line in source.lines.iter().filter(|line| is_extern(line)) {
            if externs.insert(extern_name(line).to_string()) {
                let _ = writeln!(out, "{}", source.renamed(line, "_0"));
            }
        }
    }
    let mut copy = 0;
    while out.len() < bytes {
        for source in &sources {
            source.copy_to(&mut out, copy);
            copy += 1;
        }
    }
    out
}

fn is_extern(line: &str) -> bool {
    line.starts_with("extern ")
}

fn extern_name(line: &str) -> &str {
    line["extern ".len()..].split(' ').next().unwrap_or_default()
}

/// A module's text, without what may stand once only.
struct Source<'a> {
    lines: Vec<&'a str>,
    names: HashSet<&'a str>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Source<'a> {
        let once = ["kea-mir ", "target ", "file ", "entry ", "layout String ", "layout Strings ", ";"];
        let kept = text.lines().filter(|line| !line.trim_start().is_empty());
        let lines: Vec<&str> = kept.filter(|line| !once.iter().any(|word| line.starts_with(word))).collect();
        let names = lines.iter().filter_map(|line| declared_name(line)).collect();
        Source { lines, names }
    }

    fn copy_to(&self, out: &mut String, copy: usize) {
        let suffix = format!("_{copy}");
        for line in self.lines.iter().filter(|line| !is_extern(line)) {
            let _ = writeln!(out, "{}", self.renamed(line, &suffix));
        }
    }

    /// The line with every name that this module declares followed by the suffix, strings left alone.
    fn renamed(&self, line: &str, suffix: &str) -> String {
        let mut out = String::with_capacity(line.len() + 16);
        let mut rest = line;
        while let Some(start) = rest.find(|c| !DELIMITERS.contains(&c)) {
            let (before, tail) = rest.split_at(start);
            out.push_str(before);
            if before.ends_with('"') {
                let end = string_end(tail);
                out.push_str(&tail[..end]);
                rest = &tail[end..];
                continue;
            }
            let end = tail.find(DELIMITERS).unwrap_or(tail.len());
            self.push_renamed(&mut out, &tail[..end], suffix);
            rest = &tail[end..];
        }
        out.push_str(rest);
        out
    }

    fn push_renamed(&self, out: &mut String, word: &str, suffix: &str) {
        if self.names.contains(word) {
            out.push_str(word);
            out.push_str(suffix);
            return;
        }
        match word.rsplit_once('.') {
            Some((owner, member)) if self.names.contains(owner) => {
                let _ = write!(out, "{owner}{suffix}.{member}");
            }
            _ => out.push_str(word),
        }
    }
}

/// The name that a top-level line declares, if it is to be renamed.
fn declared_name(line: &str) -> Option<&str> {
    let words = [
        "layout ",
        "sig ",
        "effect ",
        "import @",
        "import global @",
        "global @",
        "data @",
        "func @",
        "local func @",
        "clause @",
    ];
    let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
    let end = rest.find(DELIMITERS).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Where the string literal whose inside begins here ends, behind its closing mark.
fn string_end(inside: &str) -> usize {
    let mut escaped = false;
    for (index, c) in inside.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return index + 1,
            _ => escaped = false,
        }
    }
    inside.len()
}
