//! Literals: integers, floats, truth values, strings.

use super::cursor::{Cursor, shorten};
use super::{NUMBER, Read, SYNTAX};
use crate::module::Immediate;
use crate::types::Scalar;
use std::borrow::Cow;

/// The bits of the NaN that text writes as `nan`.
pub(crate) const NAN_F32: u32 = 0x7fc0_0000;
/// The bits of the NaN that text writes as `nan`.
pub(crate) const NAN_F64: u64 = 0x7ff8_0000_0000_0000;

impl<'t> Cursor<'t> {
    /// A literal of the type, behind blanks.
    pub(super) fn literal(&mut self, scalar: Scalar) -> Read<Immediate> {
        self.blanks();
        match scalar {
            Scalar::Bool => self.bool_literal().map(Immediate::Bool),
            Scalar::F32 | Scalar::F64 => self.float_literal(scalar).map(Immediate::Float),
            _ => self.integer_literal(scalar).map(Immediate::Int),
        }
    }

    fn bool_literal(&mut self) -> Read<bool> {
        let start = self.position();
        match self.name() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.at(start).expected("`true` or `false`")),
        }
    }

    /// A signed integer that fits the type.
    pub(super) fn integer_literal(&mut self, scalar: Scalar) -> Read<i64> {
        self.blanks();
        let start = self.position();
        let negative = self.peek() == b'-';
        if negative {
            self.advance();
        }
        let limit = 1u64 << (scalar.bits() - 1);
        if !self.peek().is_ascii_digit() {
            return Err(self.at(start).expected(&format!("an integer (a literal of type `{}`)", scalar.name())));
        }
        let magnitude = self.digits("an integer", u64::MAX).ok();
        let number = match magnitude {
            Some(number) if negative && number <= limit => Some(0i64.wrapping_sub_unsigned(number)),
            Some(number) if !negative && number < limit => Some(number as i64),
            _ => None,
        };
        number.ok_or_else(|| {
            let least = i64::MIN >> (64 - scalar.bits());
            let message = format!(
                "{} is no literal of type `{}`: integers are written signed, from {least} to {}",
                self.at(start).found(),
                scalar.name(),
                !least,
            );
            self.at(start).error(NUMBER, message)
        })
    }

    /// The bits of a float of the type, in the low half for `f32`.
    fn float_literal(&mut self, scalar: Scalar) -> Read<u64> {
        let start = self.position();
        let text = self.name();
        if let Some(hex) = text.strip_prefix("0x") {
            return parse_bits(hex, scalar).ok_or_else(|| {
                let digits = scalar.size() * 2;
                self.at(start).error(
                    NUMBER,
                    format!("`{}` is no bits of a `{}`: up to {digits} digits", shorten(text), scalar.name()),
                )
            });
        }
        parse_float(text, scalar).ok_or_else(|| {
            self.at(start).expected(&format!(
                "a float (a literal of type `{}`: a decimal with a point or an exponent, `inf`, `-inf`, `nan` or `0x…`)",
                scalar.name()
            ))
        })
    }

    /// A string literal, behind blanks.
    pub(super) fn text(&mut self) -> Read<Cow<'t, str>> {
        self.blanks();
        let start = self.position();
        if self.peek() != b'"' {
            return Err(self.expected("a string (`\"…\"`)"));
        }
        self.advance();
        let rest = self.rest();
        let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | b'\n')).unwrap_or(rest.len());
        self.advance_by(plain);
        if self.peek() == b'"' {
            self.advance();
            return Ok(Cow::Borrowed(&rest[..plain]));
        }
        let mut text = String::from(&rest[..plain]);
        loop {
            match self.peek() {
                b'"' => {
                    self.advance();
                    return Ok(Cow::Owned(text));
                }
                b'\\' => {
                    self.advance();
                    text.push(self.escape()?);
                }
                b'\n' => {
                    return Err(self.at(start).error(SYNTAX, "the string has no end: expected `\"` in the same line"));
                }
                _ => {
                    let rest = self.rest();
                    let plain =
                        rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | b'\n')).unwrap_or(rest.len());
                    self.advance_by(plain);
                    text.push_str(&rest[..plain]);
                }
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Read<char> {
        let character = match self.peek() {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'\\' => '\\',
            b'"' => '"',
            b'0' => '\0',
            b'u' => {
                self.advance();
                return self.unicode_escape();
            }
            _ => return Err(self.error(SYNTAX, "an escape is one of `\\n \\t \\r \\\\ \\\" \\0 \\u{HEX}`")),
        };
        self.advance();
        Ok(character)
    }

    /// `{HEX}`
    fn unicode_escape(&mut self) -> Read<char> {
        let rest = self.rest();
        let hex =
            rest.strip_prefix('{').and_then(|rest| rest.get(..rest.bytes().take(7).position(|byte| byte == b'}')?));
        let digits = hex.filter(|hex| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let character = digits.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
        match (digits, character) {
            (Some(hex), Some(character)) => {
                self.advance_by(hex.len() + 2);
                Ok(character)
            }
            _ => {
                Err(self.error(SYNTAX, "expected `\\u{HEX}` with one to six digits, the number of a Unicode character"))
            }
        }
    }
}

fn parse_bits(hex: &str, scalar: Scalar) -> Option<u64> {
    let digits = !hex.is_empty() && hex.len() <= scalar.size() as usize * 2;
    let digits = digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(hex, 16).ok()).flatten()
}

fn parse_float(text: &str, scalar: Scalar) -> Option<u64> {
    let f32_type = scalar == Scalar::F32;
    match text {
        "inf" if f32_type => return Some(u64::from(f32::INFINITY.to_bits())),
        "-inf" if f32_type => return Some(u64::from(f32::NEG_INFINITY.to_bits())),
        "nan" if f32_type => return Some(u64::from(NAN_F32)),
        "inf" => return Some(f64::INFINITY.to_bits()),
        "-inf" => return Some(f64::NEG_INFINITY.to_bits()),
        "nan" => return Some(NAN_F64),
        _ if !is_decimal(text) => return None,
        _ => {}
    }
    if f32_type {
        text.parse().ok().map(|float: f32| u64::from(float.to_bits()))
    } else {
        text.parse().ok().map(f64::to_bits)
    }
}

/// `[-]DIGITS[.DIGITS][e[-]DIGITS]` with a point or an exponent.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa) && exponent.is_some(),
    };
    mantissa_fits && exponent.is_none_or(digits)
}
