//! Literals: numbers, and the escapes and lines of strings.

use super::token::TokenKind;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use bumpalo::Bump;
use std::borrow::Cow;

/// The length and kind of the number at the start of a text. An `index` has digits only. Letters and digits that follow
/// belong to it, so that what is malformed is shown whole.
pub fn number(text: &[u8], index: bool) -> (usize, TokenKind) {
    let at = |position: usize| text.get(position).copied().unwrap_or(0);
    let word = |from: usize| {
        from + text[from..].iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_').count()
    };
    let digits =
        |from: usize| from + text[from..].iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b'_').count();
    let integral = digits(0);
    if index || (at(0) == b'0' && at(1).is_ascii_alphabetic() && at(1) != b'e') {
        return (word(integral), TokenKind::Integer);
    }
    let has_fraction = at(integral) == b'.' && at(integral + 1).is_ascii_digit();
    let fractional = if has_fraction { digits(integral + 1) } else { integral };
    let sign = usize::from(matches!(at(fractional + 1), b'+' | b'-'));
    let has_exponent = matches!(at(fractional), b'e' | b'E') && at(fractional + 1 + sign).is_ascii_digit();
    let exponent = if has_exponent { digits(fractional + 1 + sign) } else { fractional };
    let kind = if has_fraction || has_exponent { TokenKind::Float } else { TokenKind::Integer };
    (word(exponent), kind)
}

/// The value of an integer literal.
pub fn integer(written: &str, span: Span) -> Outcome<u64> {
    let (radix, digits) = match written.get(..2) {
        Some("0x") => (16, &written[2..]),
        Some("0b") => (2, &written[2..]),
        Some("0o") => (8, &written[2..]),
        _ => (10, written),
    };
    if !separates_digits(digits) || !digits.chars().all(|c| c == '_' || c.is_digit(radix)) {
        return Err(malformed(written, span));
    }
    let value = u64::from_str_radix(&without_separators(digits), radix);
    value.map_err(|_| {
        let error = Diagnostic::new("number-too-large", span, format!("`{written}` does not fit in 64 bits"));
        error.hint("the largest number is 18446744073709551615")
    })
}

/// Digits without `_`.
fn without_separators(digits: &str) -> Cow<'_, str> {
    if digits.contains('_') { Cow::Owned(digits.replace('_', "")) } else { Cow::Borrowed(digits) }
}

/// The text of a float literal, without `_`.
pub fn float(written: &str, span: Span) -> Outcome<Cow<'_, str>> {
    let text = without_separators(written);
    let parts_are_numbers =
        written.split(['.', 'e', 'E', '+', '-']).all(|part| part.is_empty() || separates_digits(part));
    match text.parse::<f64>() {
        Ok(value) if parts_are_numbers && value.is_finite() => Ok(text),
        Ok(_) if parts_are_numbers => {
            Err(Diagnostic::new("number-too-large", span, format!("`{written}` is no finite 64-bit float")))
        }
        _ => Err(malformed(written, span)),
    }
}

/// Whether every `_` stands between two digits.
fn separates_digits(digits: &str) -> bool {
    !digits.is_empty() && !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__")
}

fn malformed(written: &str, span: Span) -> Box<Diagnostic> {
    Diagnostic::new("malformed-number", span, format!("`{written}` is no number"))
}

/// A piece of text as it is written, with its place.
pub type Piece<'t> = (&'t str, Span);

/// Resolves escapes; in strings, doubled braces too.
pub fn unescape<'a>(arena: &'a Bump, written: &'a str, span: Span, in_string: bool) -> Outcome<&'a str> {
    let special = |byte: u8| byte == b'\\' || (in_string && matches!(byte, b'{' | b'}'));
    if !written.bytes().any(special) {
        return Ok(written);
    }
    let mut text = String::with_capacity(written.len());
    resolve((written, span), in_string, &mut text)?;
    Ok(arena.alloc_str(&text))
}

/// The pieces of a string, joined, escapes resolved.
pub fn unescape_pieces<'a>(arena: &'a Bump, pieces: &[Piece<'_>]) -> Outcome<&'a str> {
    let mut text = String::new();
    for &piece in pieces {
        resolve(piece, true, &mut text)?;
    }
    Ok(arena.alloc_str(&text))
}

/// Appends a piece, escapes resolved.
fn resolve((written, span): Piece<'_>, in_string: bool, out: &mut String) -> Outcome<()> {
    let mut rest = written;
    while let Some(character) = rest.chars().next() {
        let start = span.start + (written.len() - rest.len()) as u32;
        let place = |length: usize| Span { start, end: start + length as u32, ..span };
        let length = match character {
            '\\' => {
                let (resolved, length) = escape(rest, place(2))?;
                out.push(resolved);
                length
            }
            '{' | '}' if in_string => {
                out.push(character);
                if rest[1..].starts_with(character) {
                    2
                } else {
                    let error = Diagnostic::new("bad-escape", place(1), "a single `}` in a string");
                    return Err(error.hint("write `}}` for the character"));
                }
            }
            _ => {
                let first = character.len_utf8();
                let plain = rest[first..].find(['\\', '{', '}']).map_or(rest.len(), |length| first + length);
                out.push_str(&rest[..plain]);
                plain
            }
        };
        rest = &rest[length..];
    }
    Ok(())
}

/// The character that an escape stands for, and the escape's length.
fn escape(text: &str, span: Span) -> Outcome<(char, usize)> {
    let resolved = match text.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'0') => '\0',
        Some(b'\\') => '\\',
        Some(b'"') => '"',
        Some(b'\'') => '\'',
        Some(b'u') => return unicode_escape(text, span),
        _ => {
            let length = 1 + text.chars().nth(1).map_or(0, char::len_utf8);
            let span = Span { end: span.start + length as u32, ..span };
            let error = Diagnostic::new("bad-escape", span, format!("`{}` is no escape", &text[..length]));
            return Err(error.hint("the escapes are `\\n`, `\\t`, `\\r`, `\\0`, `\\\\`, `\\\"`, `\\'` and `\\u{…}`"));
        }
    };
    Ok((resolved, 2))
}

/// `\u{…}`
fn unicode_escape(text: &str, span: Span) -> Outcome<(char, usize)> {
    let digits = text.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
    let digits = digits.filter(|digits| digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(digits) = digits.filter(|digits| !digits.is_empty()) else {
        let error = Diagnostic::new("bad-escape", span, "`\\u` without a number in braces");
        return Err(error.hint("write the number in hexadecimal: `\\u{1F99C}`"));
    };
    let length = digits.len() + 4;
    let value = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    value.map(|value| (value, length)).ok_or_else(|| {
        let span = Span { end: span.start + length as u32, ..span };
        Diagnostic::new("bad-escape", span, format!("there is no character U+{}", digits.to_uppercase()))
    })
}

/// Where a piece of text stands in a string of many lines.
#[derive(Clone, Copy)]
pub struct ChunkPlace {
    /// Whether the opening mark stands before it.
    pub first: bool,
    /// Whether the closing mark stands behind it.
    pub last: bool,
}

/// The lines of a piece of a `"""` string without the margin, each with its line feed.
pub fn dedent(written: &str, margin: usize, place: ChunkPlace, span: Span) -> Outcome<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (number, line) in written.split_inclusive('\n').enumerate() {
        let start = from;
        from += line.len();
        let ends_chunk = from == written.len();
        let at = |offset: usize, text: &str| Span {
            start: span.start + offset as u32,
            end: span.start + (offset + text.len()) as u32,
            ..span
        };
        if place.first && number == 0 {
            if !line.trim().is_empty() || !line.ends_with('\n') {
                let message = "text behind the opening `\"\"\"`";
                let error = Diagnostic::new("malformed-string", at(start, line.trim_end()), message);
                return Err(error.hint("the text begins on the next line"));
            }
            continue;
        }
        if place.last && ends_chunk && !line.ends_with('\n') {
            continue;
        }
        let removed = if number == 0 { 0 } else { margin };
        let blank = number > 0 && line.trim().is_empty() && line.ends_with('\n');
        let indentation = line.len() - line.trim_start_matches(' ').len();
        if indentation < removed && !blank {
            let text = &line[..indentation.max(line.chars().next().map_or(0, char::len_utf8))];
            let message = "this line is indented less than the closing `\"\"\"`";
            return Err(Diagnostic::new("bad-indentation", at(start, text), message));
        }
        let content = line.get(removed..).unwrap_or("").trim_end_matches('\n');
        let content = if line.ends_with('\n') { content.trim_end_matches('\r') } else { content };
        pieces.push((content, at(start + removed.min(line.len()), content)));
        if line.ends_with('\n') {
            pieces.push(("\n", at(from - 1, "\n")));
        }
    }
    Ok(pieces)
}
