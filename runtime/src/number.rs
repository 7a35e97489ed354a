//! Numbers as text, and text as numbers.

use crate::context::Context;
use crate::object::Object;
use crate::outcome::Parsed;
use crate::string;

/// Significant digits and where the point stands: 0.DIGITS × 10^point.
struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

impl Decimal {
    /// Reads what `ryu` writes.
    fn read(text: &str) -> Decimal {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading = all.len() - digits.len();
        // `ryu` writes exponents of at most three digits.
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let point = whole.len() as i32 + exponent - leading as i32;
        Decimal { negative, digits: digits.trim_end_matches('0').to_owned(), point }
    }

    /// Kea's text of the number: plain from 1e-5 to below 1e16, else with an exponent; always with a point.
    fn write(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = &self.digits;
        let length = digits.len() as i32;
        if digits.is_empty() {
            format!("{sign}0.0")
        } else if (-4..=0).contains(&self.point) {
            format!("{sign}0.{}{digits}", "0".repeat(-self.point as usize))
        } else if (1..=16).contains(&self.point) && length <= self.point {
            format!("{sign}{digits}{}.0", "0".repeat((self.point - length) as usize))
        } else if (1..=16).contains(&self.point) {
            let (whole, fraction) = digits.split_at(self.point as usize);
            format!("{sign}{whole}.{fraction}")
        } else {
            let (first, rest) = digits.split_at(1);
            let rest = if rest.is_empty() { "0" } else { rest };
            format!("{sign}{first}.{rest}e{}", self.point - 1)
        }
    }
}

/// The text of a number that is not finite.
fn special(negative: bool, nan: bool) -> &'static str {
    match (nan, negative) {
        (true, _) => "nan",
        (false, false) => "inf",
        (false, true) => "-inf",
    }
}

fn f64_text(value: f64) -> String {
    if value.is_finite() {
        Decimal::read(ryu::Buffer::new().format_finite(value)).write()
    } else {
        special(value < 0.0, value.is_nan()).to_owned()
    }
}

fn f32_text(value: f32) -> String {
    if value.is_finite() {
        Decimal::read(ryu::Buffer::new().format_finite(value)).write()
    } else {
        special(value < 0.0, value.is_nan()).to_owned()
    }
}

/// A signed integer in decimal.
#[unsafe(no_mangle)]
pub extern "C" fn kea_string_from_i64(context: &mut Context, value: i64) -> Object {
    string::new(context, itoa::Buffer::new().format(value).as_bytes())
}

/// An unsigned integer in decimal.
#[unsafe(no_mangle)]
pub extern "C" fn kea_string_from_u64(context: &mut Context, value: i64) -> Object {
    string::new(context, itoa::Buffer::new().format(value as u64).as_bytes())
}

/// The shortest decimal that reads back as the same `f64`.
#[unsafe(no_mangle)]
pub extern "C" fn kea_string_from_f64(context: &mut Context, value: f64) -> Object {
    string::new(context, f64_text(value).as_bytes())
}

/// The shortest decimal that reads back as the same `f32`.
#[unsafe(no_mangle)]
pub extern "C" fn kea_string_from_f32(context: &mut Context, value: f32) -> Object {
    string::new(context, f32_text(value).as_bytes())
}

/// The nearest `f64` to a decimal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_string_to_f64(_context: &mut Context, text: Object) -> Parsed {
    let text = std::str::from_utf8(unsafe { text.bytes() });
    match text.ok().and_then(|text| text.parse::<f64>().ok()) {
        Some(value) => Parsed { valid: 1, bits: value.to_bits() as i64 },
        None => Parsed { valid: 0, bits: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_a_point_or_an_exponent() {
        for (value, text) in [
            (2.0, "2.0"),
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (0.0, "0.0"),
            (1e300, "1.0e300"),
            (1e-9, "1.0e-9"),
            (1.5e-9, "1.5e-9"),
            (-123.456, "-123.456"),
            (1e15, "1000000000000000.0"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (1e16, "1.0e16"),
            (1e-5, "0.00001"),
            (1.25e-5, "0.0000125"),
            (9.9e-6, "9.9e-6"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5.0e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ] {
            assert_eq!(f64_text(value), text);
        }
    }

    #[test]
    fn single_floats_are_written_by_the_same_rule() {
        for (value, text) in [
            (0.1_f32, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1.0e16"),
            (1e-5, "0.00001"),
            (1e-6, "1.0e-6"),
            (16_777_216.0, "16777216.0"),
            (f32::MAX, "3.4028235e38"),
        ] {
            assert_eq!(f32_text(value), text);
        }
    }

    #[test]
    fn floats_read_back_the_same() {
        let mut bits: u64 = 1;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(f64_text(value).parse::<f64>().unwrap().to_bits(), bits);
            }
        }
    }

    #[test]
    fn texts_are_read_as_numbers() {
        let mut context = Context::for_test(false);
        for (text, number) in [
            ("1.5", Some(1.5)),
            ("-2", Some(-2.0)),
            ("1e3", Some(1000.0)),
            ("inf", Some(f64::INFINITY)),
            ("", None),
            (" 1", None),
            ("1x", None),
            ("é", None),
        ] {
            let string = string::new(&mut context, text.as_bytes());
            let parsed = unsafe { kea_string_to_f64(&mut context, string) };
            let expected = match number {
                Some(number) => Parsed { valid: 1, bits: f64::to_bits(number) as i64 },
                None => Parsed { valid: 0, bits: 0 },
            };
            assert_eq!(parsed, expected, "{text}");
        }
    }
}
