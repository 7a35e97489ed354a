//! The lexer: text to tokens, without layout. It matches brackets, because the holes of strings need that.

use super::literal;
use super::token::{Token, TokenKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::{FileId, Span};
use bumpalo::Bump;
use std::ops::Range;

/// The tokens of a file.
pub struct Lexed<'a> {
    /// The text that the tokens lie in.
    pub text: &'a str,
    /// The tokens in order, documentation among them.
    pub tokens: Vec<Token>,
    /// The values that tokens refer to.
    pub values: Vec<&'a str>,
}

/// Reads the tokens of a part of a file.
pub fn lex<'a>(arena: &'a Bump, file: FileId, text: &'a str, range: Range<usize>) -> Outcome<Lexed<'a>> {
    let text = &text[..range.end];
    let mark = if text[range.start..].starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut lexer = Lexer {
        arena,
        file,
        text,
        bytes: text.as_bytes(),
        position: range.start + mark,
        line_start: range.start + mark,
        first: true,
        tokens: Vec::with_capacity(range.len() / 4),
        values: Vec::new(),
        brackets: Vec::new(),
        strings: Vec::new(),
    };
    while lexer.token()? {}
    lexer.finish()?;
    Ok(Lexed { text, tokens: lexer.tokens, values: lexer.values })
}

/// A string whose hole is being read.
struct OpenString {
    /// The first byte of its opening mark.
    start: usize,
    /// Whether its mark is `"""`.
    multiline: bool,
    /// Its texts so far: their tokens and ranges.
    chunks: Vec<Chunk>,
}

/// A piece of a string's text, as it is written.
#[derive(Clone, Copy)]
struct Chunk {
    token: usize,
    start: usize,
    end: usize,
}

/// The state of reading.
struct Lexer<'a> {
    arena: &'a Bump,
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    /// Where the current line begins.
    line_start: usize,
    /// Whether the next token is the first of its line.
    first: bool,
    tokens: Vec<Token>,
    values: Vec<&'a str>,
    /// The brackets that are open: kind and first byte.
    brackets: Vec<(TokenKind, usize)>,
    /// The strings whose holes are open.
    strings: Vec<OpenString>,
}

impl<'a> Lexer<'a> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    /// The kind of the token before, documentation included.
    fn previous(&self) -> Option<TokenKind> {
        self.tokens.last().map(|token| token.kind)
    }

    /// Adds the token from `start` to the current place.
    fn push(&mut self, kind: TokenKind, start: usize) -> Outcome<()> {
        let column = if self.first { self.indentation(start)? } else { 0 };
        let tight = self.tokens.last().is_some_and(|token| token.end as usize == start);
        self.first = false;
        let end = self.position;
        self.tokens.push(Token { kind, tight, column, start: start as u32, end: end as u32, value: 0 });
        Ok(())
    }

    /// Adds a token with a value.
    fn push_value(&mut self, kind: TokenKind, start: usize, value: &'a str) -> Outcome<()> {
        self.push(kind, start)?;
        let number = self.values.len() as u32;
        self.values.push(value);
        if let Some(token) = self.tokens.last_mut() {
            token.value = number;
        }
        Ok(())
    }

    /// The column of a token that is the first of its line.
    fn indentation(&self, start: usize) -> Outcome<u32> {
        match self.bytes[self.line_start..start].iter().position(|&byte| byte == b'\t') {
            None => Ok((start - self.line_start) as u32 + 1),
            Some(tab) => {
                let place = self.line_start + tab;
                let error = Diagnostic::new("tab-in-indentation", self.span(place, place + 1), "a tab in indentation");
                Err(error.hint("indent with spaces"))
            }
        }
    }

    /// Reads a token; `false` at the end of the file.
    fn token(&mut self) -> Outcome<bool> {
        self.skip_blanks()?;
        let start = self.position;
        let Some(&byte) = self.bytes.get(start) else { return Ok(false) };
        match byte {
            b'a'..=b'z' | b'_' | b'A'..=b'Z' => self.word()?,
            b'0'..=b'9' => self.number()?,
            b'"' => self.string()?,
            b'\'' => self.character()?,
            b'}' if self.brackets.last().is_some_and(|&(kind, _)| kind == TokenKind::StringStart) => {
                self.position += 1;
                self.string_text(start)?;
            }
            _ => self.symbol()?,
        }
        Ok(true)
    }

    /// Skips blanks, line ends and comments; documentation becomes tokens.
    fn skip_blanks(&mut self) -> Outcome<()> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.position += 1,
                b'\n' => {
                    self.refuse_line_end()?;
                    self.position += 1;
                    self.line_start = self.position;
                    self.first = true;
                }
                b'-' if self.peek(1) == b'-' => {
                    let start = self.position;
                    let documents = self.peek(2) == b'|' && self.first && self.brackets.is_empty();
                    self.position = self.line_end(start);
                    if documents {
                        let text = &self.text[start + 3..self.trimmed(start + 3)];
                        self.push_value(TokenKind::Doc, start, text.strip_prefix(' ').unwrap_or(text))?;
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// A line cannot end inside `"…"`.
    fn refuse_line_end(&self) -> Outcome<()> {
        match self.strings.iter().rev().find(|string| !string.multiline) {
            None => Ok(()),
            Some(string) => Err(self.unterminated(string.start, self.position)),
        }
    }

    fn unterminated(&self, start: usize, end: usize) -> Box<Diagnostic> {
        let message = "the string does not end on its line";
        let error = Diagnostic::new("unterminated-string", self.span(start, end), message);
        error.hint("close it with `\"`; a string between `\"\"\"` may have many lines")
    }

    /// The next line feed, or the end of the file.
    fn line_end(&self, from: usize) -> usize {
        self.bytes[from..].iter().position(|&byte| byte == b'\n').map_or(self.bytes.len(), |length| from + length)
    }

    /// The end of the line that goes up to the current place, without blanks.
    fn trimmed(&self, from: usize) -> usize {
        from + self.text[from..self.position].trim_end().len()
    }

    /// A name or a keyword.
    fn word(&mut self) -> Outcome<()> {
        let start = self.position;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            self.position += 1;
        }
        let word = &self.text[start..self.position];
        if word.as_bytes()[0].is_ascii_uppercase() {
            return self.push(TokenKind::Upper, start);
        }
        let previous = self.previous();
        let is_name = matches!(previous, Some(TokenKind::Fn | TokenKind::Dot | TokenKind::At));
        match TokenKind::keyword(word).filter(|_| !is_name || word == "_") {
            Some(TokenKind::Documentation) if self.first && self.brackets.is_empty() => self.documentation(start),
            Some(kind) => {
                self.refuse_declaration_in_bracket(kind, start)?;
                self.push(kind, start)
            }
            None if word == "alias" && self.begins_alias(previous) => self.push(TokenKind::Type, start),
            None => self.push(TokenKind::Lower, start),
        }
    }

    /// Whether `alias`, just read, stands for `type`.
    fn begins_alias(&self, previous: Option<TokenKind>) -> bool {
        let rest = self.text[self.position..].trim_start_matches(' ');
        (self.first || previous == Some(TokenKind::Pub)) && rest.starts_with(|c: char| c.is_ascii_uppercase())
    }

    /// A declaration at the start of a line cannot lie in a bracket: the bracket was forgotten before.
    fn refuse_declaration_in_bracket(&self, kind: TokenKind, start: usize) -> Outcome<()> {
        use TokenKind::{Const, Effect, Enum, Fn, Pub, Struct, Test, Trait, Type, Use};
        let declares = matches!(kind, Const | Effect | Enum | Fn | Pub | Struct | Test | Trait | Type | Use);
        match self.brackets.last() {
            Some(&bracket) if declares && self.first && start == self.line_start => {
                Err(self.unclosed(bracket).note(self.span(start, self.position), "a declaration begins here"))
            }
            _ => Ok(()),
        }
    }

    /// `doc text`, or `doc` and an indented block.
    fn documentation(&mut self, start: usize) -> Outcome<()> {
        let column = self.indentation(start)?;
        let content = self.position;
        self.position = self.line_end(content);
        let text = self.text[content..self.position].trim();
        if !text.is_empty() {
            return self.push_value(TokenKind::Doc, start, text);
        }
        let mut indentation = None;
        loop {
            let line = self.position + 1;
            let end = self.line_end(line.min(self.bytes.len()));
            let Some(text) = self.text.get(line..end).map(str::trim_end) else { return Ok(()) };
            let depth = text.len() - text.trim_start_matches(' ').len();
            if text.is_empty() {
                if !self.documentation_goes_on(end, column) {
                    return Ok(());
                }
            } else if depth < column as usize {
                return Ok(());
            }
            let removed = if text.is_empty() { 0 } else { *indentation.get_or_insert(depth) };
            self.position = end;
            self.line_start = line;
            self.first = true;
            let from = line + removed.min(depth);
            self.push_value(TokenKind::Doc, from, &self.text[from.min(line + text.len())..line + text.len()])?;
        }
    }

    /// Whether the next line with text is deeper than a column.
    fn documentation_goes_on(&self, from: usize, column: u32) -> bool {
        let rest = &self.text[from..];
        let blank = rest.len() - rest.trim_start().len();
        let line = rest[..blank].rfind('\n').map_or(0, |feed| feed + 1);
        blank < rest.len() && blank - line >= column as usize
    }

    /// An integer or a float; behind a dot, an element's number.
    fn number(&mut self) -> Outcome<()> {
        let start = self.position;
        let index = self.previous() == Some(TokenKind::Dot);
        let (length, kind) = literal::number(&self.bytes[start..], index);
        self.position += length;
        let written = &self.text[start..self.position];
        let span = self.span(start, self.position);
        if kind == TokenKind::Integer {
            literal::integer(written, span)?;
        } else {
            literal::float(written, span)?;
        }
        self.push(kind, start)
    }

    /// A character between single quotes.
    fn character(&mut self) -> Outcome<()> {
        let start = self.position;
        let rest = &self.text[start + 1..self.line_end(start)];
        let closing = match rest.strip_prefix('\\') {
            Some(escaped) => escaped.char_indices().skip(1).find(|&(_, c)| c == '\'').map(|(at, _)| at + 1),
            None => rest.char_indices().skip(1).find(|&(_, c)| c == '\'').map(|(at, _)| at),
        };
        let Some(length) = closing.filter(|_| !rest.starts_with('\'')) else {
            let (end, message) = match rest.starts_with('\'') {
                true => (start + 2, "a character literal without a character"),
                false => (start + 1, "the character literal does not end"),
            };
            return Err(Diagnostic::new("unterminated-char", self.span(start, end), message));
        };
        self.position = start + length + 2;
        let span = self.span(start + 1, start + 1 + length);
        let text = literal::unescape(self.arena, &rest[..length], span, false)?;
        if text.chars().count() != 1 {
            let error = Diagnostic::new("malformed-char", self.span(start, self.position), "more than one character");
            return Err(error.hint("a string stands between `\"`"));
        }
        self.push_value(TokenKind::Char, start, text)
    }

    /// The opening mark of a string, and its text up to the first hole or its end.
    fn string(&mut self) -> Outcome<()> {
        let start = self.position;
        let multiline = self.bytes[start..].starts_with(b"\"\"\"");
        self.position += if multiline { 3 } else { 1 };
        self.strings.push(OpenString { start, multiline, chunks: Vec::new() });
        self.string_text(start)
    }

    /// Text of the innermost string, from the current place to the next hole or its end. The token begins at `start`.
    fn string_text(&mut self, start: usize) -> Outcome<()> {
        let Some(string) = self.strings.last() else { return Ok(()) };
        let (multiline, begins) = (string.multiline, string.chunks.is_empty());
        let from = self.position;
        let hole = self.find_string_end(string.start, multiline)?;
        let to = self.position;
        self.position += if hole || !multiline { 1 } else { 3 };
        let kind = match (begins, hole) {
            (true, true) => TokenKind::StringStart,
            (true, false) => TokenKind::String,
            (false, true) => TokenKind::StringMiddle,
            (false, false) => TokenKind::StringEnd,
        };
        match kind {
            TokenKind::StringStart => self.brackets.push((kind, to)),
            TokenKind::StringMiddle => self.brackets.last_mut().into_iter().for_each(|bracket| bracket.1 = to),
            TokenKind::StringEnd => drop(self.brackets.pop()),
            _ => {}
        }
        let value = match multiline {
            true => "",
            false => literal::unescape(self.arena, &self.text[from..to], self.span(from, to), true)?,
        };
        self.push_value(kind, start, value)?;
        let token = self.tokens.len() - 1;
        if let Some(string) = self.strings.last_mut() {
            string.chunks.push(Chunk { token, start: from, end: to });
        }
        // Later lines of the string are no lines of the code.
        if let Some(feed) = self.text[from..to].rfind('\n') {
            self.line_start = from + feed + 1;
        }
        match self.strings.pop() {
            Some(string) if hole => self.strings.push(string),
            Some(string) if multiline => self.lines(&string.chunks)?,
            _ => {}
        }
        Ok(())
    }

    /// Goes to the brace or the quote that ends a piece of a string's text; whether it is a brace.
    fn find_string_end(&mut self, start: usize, multiline: bool) -> Outcome<bool> {
        loop {
            match self.peek(0) {
                0 if self.position >= self.bytes.len() => return Err(self.unterminated_at_end(start, multiline)),
                b'\n' if !multiline => return Err(self.unterminated(start, self.position)),
                b'\\' if self.peek(1) == b'u' && self.peek(2) == b'{' => self.position += 3,
                b'\\' if self.peek(1) != b'\n' => self.position += 2,
                b'{' if self.peek(1) == b'{' => self.position += 2,
                b'{' => return Ok(true),
                b'"' if !multiline || (self.peek(1) == b'"' && self.peek(2) == b'"') => return Ok(false),
                _ => self.position += 1,
            }
        }
    }

    fn unterminated_at_end(&self, start: usize, multiline: bool) -> Box<Diagnostic> {
        match multiline {
            false => self.unterminated(start, self.bytes.len()),
            true => {
                let span = self.span(start, start + 3);
                Diagnostic::new("unterminated-string", span, "the string does not end").hint("close it with `\"\"\"`")
            }
        }
    }

    /// The values of a string of many lines, whose closing mark has just been read.
    fn lines(&mut self, chunks: &[Chunk]) -> Outcome<()> {
        let Some(last) = chunks.last() else { return Ok(()) };
        let closing = &self.text[last.start..last.end];
        let line = closing.rfind('\n').map(|feed| &closing[feed + 1..]);
        let Some(margin) = line.filter(|line| line.bytes().all(|byte| byte == b' ')) else {
            let span = self.span(last.end, last.end + 3);
            let message = "the closing `\"\"\"` does not stand on a line of its own";
            return Err(Diagnostic::new("malformed-string", span, message));
        };
        for (position, chunk) in chunks.iter().enumerate() {
            let span = self.span(chunk.start, chunk.end);
            let place = literal::ChunkPlace { first: position == 0, last: position + 1 == chunks.len() };
            let text = literal::dedent(&self.text[chunk.start..chunk.end], margin.len(), place, span)?;
            let value = literal::unescape_pieces(self.arena, &text)?;
            let number = self.tokens[chunk.token].value as usize;
            self.values[number] = value;
        }
        Ok(())
    }

    /// A symbol.
    fn symbol(&mut self) -> Outcome<()> {
        let start = self.position;
        let rest = &self.bytes[start..];
        let (mut kind, mut length) = TokenKind::symbol(rest).ok_or_else(|| self.unknown_symbol())?;
        let open = self.brackets.last().map(|&(kind, _)| kind);
        if kind == TokenKind::SquareClose && open == Some(TokenKind::RowOpen) && rest.get(1) == Some(&b'>') {
            (kind, length) = (TokenKind::RowClose, 2);
        }
        self.position += length;
        if kind.opens_bracket() {
            self.brackets.push((kind, start));
        } else if kind.closes_bracket() {
            self.close_bracket(kind, start)?;
        }
        self.push(kind, start)
    }

    /// Takes the bracket away that a symbol closes.
    fn close_bracket(&mut self, kind: TokenKind, start: usize) -> Outcome<()> {
        let span = self.span(start, self.position);
        let text = &self.text[start..self.position];
        let Some((open, place)) = self.brackets.pop() else {
            return Err(Diagnostic::new("unmatched-bracket", span, format!("`{text}` closes nothing")));
        };
        if kind == closing(open) {
            return Ok(());
        }
        let opening = if open == TokenKind::StringStart { "{" } else { open.spelling() };
        let message = format!("`{text}` does not close `{opening}`");
        let error = Diagnostic::new("unmatched-bracket", span, message);
        Err(error.note(self.span(place, place + opening.len()), format!("`{opening}` is open since here")))
    }

    /// What stands at the current place is no symbol.
    fn unknown_symbol(&self) -> Box<Diagnostic> {
        let start = self.position;
        let rest = &self.text[start..];
        let foreign = |length: usize, meant: &str| {
            let message = format!("`{}` is no operator", &rest[..length]);
            let error = Diagnostic::new("no-such-operator", self.span(start, start + length), message);
            error.hint(format!("write `{meant}`"))
        };
        if rest.starts_with("&&") {
            return foreign(2, "and");
        }
        if rest.starts_with('!') {
            return foreign(1, "not");
        }
        let character = rest.chars().next().unwrap_or(' ');
        let message = match character {
            '\u{0}'..='\u{1F}' | '\u{7F}' => format!("unexpected control character U+{:04X}", character as u32),
            _ => format!("unexpected character `{character}`"),
        };
        Diagnostic::new("unexpected-character", self.span(start, start + character.len_utf8()), message)
    }

    fn unclosed(&self, (kind, start): (TokenKind, usize)) -> Box<Diagnostic> {
        let opening = if kind == TokenKind::StringStart { "{" } else { kind.spelling() };
        let message = format!("`{opening}` is not closed");
        Diagnostic::new("unmatched-bracket", self.span(start, start + opening.len()), message)
    }

    /// At the end of the file, no bracket may be open.
    fn finish(&self) -> Outcome<()> {
        match (self.brackets.last(), self.strings.last()) {
            (Some(&(TokenKind::StringStart, _)), Some(string)) => {
                Err(self.unterminated_at_end(string.start, string.multiline))
            }
            (Some(&bracket), _) => Err(self.unclosed(bracket)),
            (None, _) => Ok(()),
        }
    }
}

/// What closes a bracket.
fn closing(open: TokenKind) -> TokenKind {
    match open {
        TokenKind::RoundOpen => TokenKind::RoundClose,
        TokenKind::SquareOpen => TokenKind::SquareClose,
        TokenKind::RowOpen => TokenKind::RowClose,
        _ => TokenKind::BraceClose,
    }
}
