//! Floats as text: the shortest decimal that reads back the same, plain from 1e-5 to below 1e16, else with an
//! exponent, and always with a point.

/// The text of an `f64`.
pub(super) fn of_f64(value: f64) -> String {
    if value.is_finite() { plain(ryu::Buffer::new().format_finite(value)) } else { special(value) }
}

/// The text of an `f32`.
pub(super) fn of_f32(value: f32) -> String {
    if value.is_finite() { plain(ryu::Buffer::new().format_finite(value)) } else { special(f64::from(value)) }
}

fn special(value: f64) -> String {
    match value {
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => "nan",
    }
    .into()
}

/// What `ryu` writes, with the point where Kea has it.
fn plain(shortest: &str) -> String {
    let (sign, text) = shortest.strip_prefix('-').map_or(("", shortest), |text| ("-", text));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // The value is 0.DIGITS × 10^point.
    let leading = all.len() - digits.len();
    let point = whole.len() as i32 + exponent.parse::<i32>().unwrap_or(0) - leading as i32;
    let digits = digits.trim_end_matches('0');
    let count = digits.len() as i32;
    match point {
        _ if digits.is_empty() => format!("{sign}0.0"),
        -4..=0 => format!("{sign}0.{}{digits}", "0".repeat(-point as usize)),
        1..=16 if count <= point => format!("{sign}{digits}{}.0", "0".repeat((point - count) as usize)),
        1..=16 => format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..]),
        _ => {
            let rest = if count == 1 { "0" } else { &digits[1..] };
            format!("{sign}{}.{rest}e{}", &digits[..1], point - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_is_where_the_runtime_has_it() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (2.0, "2.0"),
            (-123.456, "-123.456"),
            (1e15, "1000000000000000.0"),
            (1e16, "1.0e16"),
            (1.25e-5, "0.0000125"),
            (9.9e-6, "9.9e-6"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5.0e-324"),
            (f64::NEG_INFINITY, "-inf"),
            (-f64::NAN, "nan"),
        ];
        for (value, text) in cases {
            assert_eq!(of_f64(value), text);
        }
        assert_eq!((of_f32(0.1), of_f32(16_777_216.0)), ("0.1".to_string(), "16777216.0".to_string()));
    }
}
