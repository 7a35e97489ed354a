//! Literals: strings, integers, floats.

use super::Writer;
use crate::reader::{NAN_F32, NAN_F64};
use crate::types::Scalar;

impl Writer<'_> {
    /// A string in quotes.
    pub(super) fn string(&mut self, text: &str) {
        self.out.push('"');
        let mut written = 0;
        for (index, character) in text.char_indices().filter(|(_, c)| matches!(c, '"' | '\\') || c.is_control()) {
            self.out.push_str(&text[written..index]);
            written = index + character.len_utf8();
            self.escaped(character);
        }
        self.out.push_str(&text[written..]);
        self.out.push('"');
    }

    fn escaped(&mut self, character: char) {
        match character {
            '\n' => self.text("\\n"),
            '\t' => self.text("\\t"),
            '\r' => self.text("\\r"),
            '\0' => self.text("\\0"),
            '"' => self.text("\\\""),
            '\\' => self.text("\\\\"),
            other => {
                self.text("\\u{");
                self.hex(u64::from(u32::from(other)));
                self.text("}");
            }
        }
    }

    fn hex(&mut self, number: u64) {
        let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            let nibble = (number >> (4 * digit)) as u32 & 0xf;
            self.out.push(char::from_digit(nibble, 16).unwrap_or('0'));
        }
    }

    /// An integer, or a truth value as a number.
    pub(super) fn integer(&mut self, scalar: Scalar, number: i64) {
        match scalar {
            Scalar::Bool => self.bool(number != 0),
            _ => self.number(number),
        }
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.text(if value { "true" } else { "false" });
    }

    /// A float from its bits, in the low half for `f32`.
    pub(super) fn float(&mut self, scalar: Scalar, bits: u64) {
        let (value, is_nan_literal) = match scalar {
            Scalar::F32 => (f64::from(f32::from_bits(bits as u32)), bits as u32 == NAN_F32),
            _ => (f64::from_bits(bits), bits == NAN_F64),
        };
        if is_nan_literal {
            self.text("nan");
        } else if value.is_nan() {
            self.text("0x");
            self.hex(bits);
        } else if value.is_infinite() {
            self.text(if value > 0.0 { "inf" } else { "-inf" });
        } else if scalar == Scalar::F32 {
            self.out.push_str(ryu::Buffer::new().format_finite(f32::from_bits(bits as u32)));
        } else {
            self.out.push_str(ryu::Buffer::new().format_finite(value));
        }
    }
}
