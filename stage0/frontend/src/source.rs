//! Source files, spans in them, and lines and columns.

use std::path::{Path, PathBuf};

/// A source file's number: its place in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// A range of bytes of a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of this span to the end of another one of the same file.
    pub fn to(self, end: Span) -> Span {
        Span { file: self.file, start: self.start, end: end.end.max(self.start) }
    }
}

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as messages show it.
    pub path: PathBuf,
    /// The path as a compiled program has it, which is the same wherever the program lies: from its root, or `lib/…`.
    pub name: PathBuf,
    /// Its text.
    pub text: String,
    line_starts: Vec<u32>,
    /// How many bytes before each piece of the text only continue a character, so that a long line is not read for
    /// every place in it.
    continuations: Vec<u32>,
}

/// The length of the pieces of a text at which characters are counted once.
const PIECE: usize = 1024;

/// How many bytes continue a character that began before them.
fn count_continuations(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xC0 == 0x80).count() as u32
}

impl SourceFile {
    /// A file with that text, which is below 4 GiB long.
    pub fn new(path: PathBuf, text: String) -> SourceFile {
        let line_starts =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i as u32 + 1));
        let line_starts = line_starts.collect();
        let mut continuations = vec![0];
        let mut before = 0;
        for piece in text.as_bytes().chunks(PIECE) {
            before += count_continuations(piece);
            continuations.push(before);
        }
        SourceFile { name: path.clone(), path, text, line_starts, continuations }
    }

    /// Line and column of a byte, both from 1 on; columns count characters.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|&start| start <= offset).max(1);
        let start = self.line_starts[line - 1] as usize;
        let end = (offset as usize).min(self.text.len());
        let continuations = self.continuations_before(end) - self.continuations_before(start);
        (line as u32, (end - start) as u32 - continuations + 1)
    }

    fn continuations_before(&self, offset: usize) -> u32 {
        let piece = offset / PIECE;
        self.continuations[piece] + count_continuations(&self.text.as_bytes()[piece * PIECE..offset])
    }

    /// The text of a line, from 1 on, without its end.
    pub fn line(&self, line: u32) -> &str {
        let start = self.line_starts[line as usize - 1] as usize;
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |&next| next as usize - 1);
        self.text[start..end].trim_end_matches('\r')
    }
}

/// Every source file of a compilation.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, path: &Path, text: String) -> FileId {
        self.files.push(SourceFile::new(path.to_path_buf(), text));
        FileId(self.files.len() as u16 - 1)
    }

    /// Gives a file the path that a compiled program has it by; it is the one of messages otherwise.
    pub fn set_name(&mut self, id: FileId, name: PathBuf) {
        self.files[id.0 as usize].name = name;
    }

    /// The file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The files in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u16), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_on_lines_of_any_length() {
        let text = format!("é\n{}x\nab", "aé€🦜".repeat(1000));
        let file = SourceFile::new(PathBuf::new(), text);
        for (offset, _) in file.text.char_indices().chain(std::iter::once((file.text.len(), ' '))) {
            let before = &file.text[..offset];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|&char| char != '\n').count() + 1;
            assert_eq!(file.line_column(offset as u32), (line as u32, column as u32));
        }
    }
}
