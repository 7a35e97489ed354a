//! A place in the text, and the reading of names, numbers and punctuation.

use super::{NUMBER, Read, SYNTAX};
use crate::diagnostic::Diagnostic;
use crate::module::Location;

/// A place in the text. Cheap to copy, so that passes can come back to it.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    position: usize,
    line: u32,
}

/// What a line that says something begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineStart {
    /// Its text, in column 1.
    Flush,
    /// White space; the cursor stands behind it.
    Indented,
    /// There is no such line any more.
    EndOfText,
}

/// Whether the byte may be part of a name.
static NAME_BYTES: [bool; 256] = name_bytes();

const fn name_bytes() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let punctuation = matches!(
            byte as u8,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b':' | b';' | b'=' | b'!' | b'"' | b'@'
        );
        table[byte] = byte > 0x20 && byte != 0x7f && !punctuation;
        byte += 1;
    }
    table
}

impl<'t> Cursor<'t> {
    /// The start of the text.
    pub(super) fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, position: 0, line: 1 }
    }

    /// The line, from 1 on.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// The next byte; a line feed at the end of the text.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte that many further on.
    #[inline]
    pub(super) fn peek_at(&self, distance: usize) -> u8 {
        self.text.as_bytes().get(self.position + distance).copied().unwrap_or(b'\n')
    }

    /// Goes over one byte, which must be ASCII and no line feed.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.position += 1;
    }

    /// What follows.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or("")
    }

    /// Goes over so many bytes, which must be whole characters.
    pub(super) fn advance_by(&mut self, bytes: usize) {
        self.position += bytes;
    }

    /// Goes over blanks. A carriage return counts as one, so that texts with such line ends can be read.
    #[inline]
    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r') {
            self.position += 1;
        }
    }

    /// A name; empty when none stands here.
    #[inline]
    pub(super) fn name(&mut self) -> &'t str {
        let rest = &self.text.as_bytes()[self.position.min(self.text.len())..];
        let length = rest.iter().position(|byte| !NAME_BYTES[*byte as usize]).unwrap_or(rest.len());
        let start = self.position;
        self.position += length;
        // Names end before an ASCII byte, so both ends are boundaries of characters.
        self.text.get(start..self.position).unwrap_or("")
    }

    /// Where in the text it is, to come back to with [`Cursor::at`]. Copying the whole cursor right after it moved is
    /// slow: the copy has to wait for the move to reach memory.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The cursor at another place of the same line.
    pub(super) fn at(&self, position: usize) -> Cursor<'t> {
        Cursor { position, ..*self }
    }

    /// A name, behind blanks.
    pub(super) fn expect_name(&mut self, what: &str) -> Read<&'t str> {
        self.blanks();
        match self.name() {
            "" => Err(self.expected(what)),
            name => Ok(name),
        }
    }

    /// A name behind `@`.
    #[inline]
    pub(super) fn expect_symbol(&mut self, what: &str) -> Read<&'t str> {
        self.blanks();
        if self.peek() == b'@' {
            self.position += 1;
            let name = self.name();
            if !name.is_empty() {
                return Ok(name);
            }
        }
        Err(self.expected(what))
    }

    /// Whether that word stands here, behind blanks; it is gone over then.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.blanks();
        let end = self.position + word.len();
        let here = self.text.as_bytes().get(self.position..end) == Some(word.as_bytes());
        if !here || self.text.as_bytes().get(end).is_some_and(|byte| NAME_BYTES[*byte as usize]) {
            return false;
        }
        self.position = end;
        true
    }

    /// That word.
    pub(super) fn expect_word(&mut self, word: &str) -> Read<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    /// Whether that ASCII character stands here, behind blanks; it is gone over then.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        if self.peek() != byte {
            return false;
        }
        self.position += 1;
        true
    }

    /// That ASCII character.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Read<()> {
        if self.eat(byte) { Ok(()) } else { Err(self.expected(&format!("`{}`", byte as char))) }
    }

    /// `->`
    pub(super) fn expect_arrow(&mut self) -> Read<()> {
        self.expect_word("->")
    }

    /// Whether a list goes on: goes over the comma before an item, or over the closing character.
    #[inline]
    pub(super) fn list_goes_on(&mut self, close: u8, first: &mut bool) -> Read<bool> {
        self.blanks();
        if self.peek() == close {
            self.position += 1;
            return Ok(false);
        }
        if !std::mem::take(first) && !self.eat(b',') {
            return Err(self.expected(&format!("`,` or `{}`", close as char)));
        }
        Ok(true)
    }

    /// Digits, and no name behind them: at most `max`.
    #[inline]
    pub(super) fn digits(&mut self, what: &str, max: u64) -> Read<u64> {
        let start = self.position;
        let mut number = 0u64;
        while let digit @ b'0'..=b'9' = self.peek() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.position += 1;
        }
        let count = self.position - start;
        if count == 0 || NAME_BYTES[self.peek() as usize] {
            self.position = start;
            return Err(self.expected(what));
        }
        // 19 digits always fit in 64 bits.
        if count > 19 || number > max {
            self.position = start;
            return Err(self.error(NUMBER, format!("{} is too large for {what}: at most {max}", self.found())));
        }
        Ok(number)
    }

    /// A number that is not negative, behind blanks.
    pub(super) fn natural(&mut self, what: &str) -> Read<u32> {
        self.blanks();
        Ok(self.digits(what, u64::from(u32::MAX))? as u32)
    }

    /// `vN`, behind blanks.
    #[inline]
    pub(super) fn value_number(&mut self) -> Read<u32> {
        self.blanks();
        self.numbered(b'v', "a value (`vN`)")
    }

    /// `bN`, behind blanks.
    #[inline]
    pub(super) fn block_number(&mut self) -> Read<u32> {
        self.blanks();
        self.numbered(b'b', "a block (`bN`)")
    }

    #[inline]
    fn numbered(&mut self, letter: u8, what: &str) -> Read<u32> {
        if self.peek() != letter || !self.peek_at(1).is_ascii_digit() {
            return Err(self.expected(what));
        }
        self.position += 1;
        Ok(self.digits(what, u64::from(u32::MAX))? as u32)
    }

    /// `FILE:LINE:COLUMN`, behind the `!`.
    pub(super) fn location(&mut self) -> Read<Location> {
        let file = self.digits("a file's number", u64::from(u16::MAX))? as u16;
        self.expect(b':')?;
        let line = self.digits("a line", u64::from(u32::MAX))? as u32;
        self.expect(b':')?;
        let column = self.digits("a column", u64::from(u16::MAX))? as u16;
        if file == 0 || line == 0 || column == 0 {
            return Err(self.error(NUMBER, "file, line and column of a location count from 1"));
        }
        Ok(Location { file, column, line })
    }

    /// Whether nothing but a comment is left of the line.
    #[inline]
    pub(super) fn at_end_of_line(&mut self) -> bool {
        self.blanks();
        matches!(self.peek(), b'\n' | b';')
    }

    /// Nothing but a comment.
    #[inline]
    pub(super) fn end_of_line(&mut self) -> Read<()> {
        if self.at_end_of_line() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    /// Goes to the next line that is neither empty nor a comment.
    #[inline]
    pub(super) fn next_line(&mut self) -> LineStart {
        loop {
            self.position = line_end(self.text.as_bytes(), self.position);
            if self.position >= self.text.len() {
                return LineStart::EndOfText;
            }
            self.position += 1;
            self.line += 1;
            let indented = matches!(self.peek(), b' ' | b'\t' | b'\r');
            if !self.at_end_of_line() {
                return if indented { LineStart::Indented } else { LineStart::Flush };
            }
        }
    }

    /// What stands here, for messages.
    pub(super) fn found(&self) -> String {
        let mut ahead = *self;
        ahead.blanks();
        if ahead.position >= self.text.len() {
            return "the end of the text".into();
        }
        if ahead.at_end_of_line() {
            return "the end of the line".into();
        }
        let name = if ahead.peek() == b'@' { ahead.symbol_text() } else { ahead.name() };
        let shown = if name.is_empty() { ahead.rest().chars().next().map(String::from) } else { Some(shorten(name)) };
        match shown {
            Some(text) if !text.contains(char::is_control) => format!("`{text}`"),
            _ => "a control character".into(),
        }
    }

    fn symbol_text(&mut self) -> &'t str {
        let text = self.rest();
        self.position += 1;
        let length = 1 + self.name().len();
        &text[..length]
    }

    /// An error here.
    pub(super) fn error(&self, rule: &'static str, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(rule, self.line, message))
    }

    /// An error: something else should stand here.
    #[cold]
    pub(super) fn expected(&self, what: &str) -> Box<Diagnostic> {
        self.error(SYNTAX, format!("expected {what}, found {}", self.found()))
    }
}

/// Where the line ends that has a byte at `position`: at its line feed, or at the end of the text. Lines are short, so
/// this looks at eight bytes at a time and does nothing before.
#[inline]
fn line_end(text: &[u8], mut position: usize) -> usize {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const LINE_FEEDS: u64 = u64::from_ne_bytes([b'\n'; 8]);
    while let Some((word, _)) = text.get(position..).and_then(<[u8]>::split_first_chunk) {
        // A byte that is 0 after this is a line feed; borrows reach only the bytes behind the first one.
        let zeros = u64::from_le_bytes(*word) ^ LINE_FEEDS;
        let found = zeros.wrapping_sub(LOW) & !zeros & HIGH;
        if found != 0 {
            return position + found.trailing_zeros() as usize / 8;
        }
        position += 8;
    }
    let rest = text.get(position..).unwrap_or_default();
    position.min(text.len()) + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

/// At most so many characters of the text are repeated in a message.
const SHOWN_MAX: usize = 60;

/// The beginning of a name that is too long for a message.
pub(super) fn shorten(name: &str) -> String {
    match name.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_its_first_line_feed() {
        // Bytes around the line feed's, which a borrow might turn into one.
        let bytes = [b'\n', b'\n' - 1, b'\n' + 1, b'\n' | 0x80, 0, 0x01, 0x80, 0xff];
        for seed in 0..4096usize {
            let text: Vec<u8> = (0..1 + seed % 23).map(|index| bytes[((seed * 7919) >> (index % 12)) % 8]).collect();
            for start in 0..=text.len() {
                let expected = text[start..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| start + at);
                assert_eq!(line_end(&text, start), expected, "{text:?} from {start}");
            }
        }
    }

    #[test]
    fn lines_are_counted_past_empty_ones() {
        let mut cursor = Cursor::new("a\n\n ; comment\n  b\nc");
        assert!(cursor.next_line() == LineStart::Indented && cursor.line() == 4 && cursor.name() == "b");
        assert!(cursor.next_line() == LineStart::Flush && cursor.line() == 5 && cursor.name() == "c");
        assert!(cursor.next_line() == LineStart::EndOfText);
    }
}
