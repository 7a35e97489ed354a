//! The few foreign functions that the interpreter knows: those of C's library that compute with numbers alone.

use crate::interp::arithmetic::truncate;
use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::number::{binary, unary};
use crate::interp::runtime_functions::{Call, Row, one};
use crate::interp::stop::Step;
use crate::interp::value::Value;

pub(super) const FUNCTIONS: &[Row] = &[
    ("sin", |_, call| unary(call, f64::sin)),
    ("cos", |_, call| unary(call, f64::cos)),
    ("tan", |_, call| unary(call, f64::tan)),
    ("asin", |_, call| unary(call, f64::asin)),
    ("acos", |_, call| unary(call, f64::acos)),
    ("atan", |_, call| unary(call, f64::atan)),
    ("atan2", |_, call| binary(call, f64::atan2)),
    ("sinh", |_, call| unary(call, f64::sinh)),
    ("cosh", |_, call| unary(call, f64::cosh)),
    ("tanh", |_, call| unary(call, f64::tanh)),
    ("exp", |_, call| unary(call, f64::exp)),
    ("log", |_, call| unary(call, f64::ln)),
    ("log2", |_, call| unary(call, f64::log2)),
    ("log10", |_, call| unary(call, f64::log10)),
    ("pow", |_, call| binary(call, f64::powf)),
    ("sqrt", |_, call| unary(call, f64::sqrt)),
    ("cbrt", |_, call| unary(call, f64::cbrt)),
    ("hypot", |_, call| binary(call, f64::hypot)),
    ("fabs", |_, call| unary(call, f64::abs)),
    ("floor", |_, call| unary(call, f64::floor)),
    ("ceil", |_, call| unary(call, f64::ceil)),
    ("trunc", |_, call| unary(call, f64::trunc)),
    ("round", |_, call| unary(call, f64::round)),
    ("fmod", |_, call| binary(call, |a, b| a % b)),
    ("ldexp", load_exponent),
    ("abs", |_, call| one(Value::Scalar(truncate((call.scalar(0)? as i32).wrapping_abs() as u64, 32)))),
    ("labs", |_, call| one(Value::i64(call.i64(0)?.wrapping_abs()))),
];

/// A double times a power of two.
fn load_exponent(_machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    one(Value::f64(scale(call.f64(0)?, call.scalar(1)? as i32)))
}

/// `value × 2^exponent`, rounded once: all factors are exact, and only the last may make the result subnormal.
fn scale(mut value: f64, exponent: i32) -> f64 {
    const LARGEST: i32 = 1023;
    // So that the steps downwards end before a result would lose bits that a later step needs.
    const STEP_DOWN: i32 = 1022 - 53;
    let power = |exponent: i32| f64::from_bits(((exponent + LARGEST) as u64) << 52);
    let mut rest = exponent.clamp(-4 * LARGEST, 4 * LARGEST);
    while rest > LARGEST {
        value *= power(LARGEST);
        rest -= LARGEST;
    }
    while rest < -LARGEST + 1 {
        value *= power(-STEP_DOWN);
        rest += STEP_DOWN;
    }
    value * power(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_reaches_both_ends_of_the_range() {
        assert_eq!(scale(1.5, 4), 24.0);
        assert_eq!(scale(1.0, 1024), f64::INFINITY);
        assert_eq!(scale(5e-324, 2000), 5e-324 * 2f64.powi(1000) * 2f64.powi(1000));
        assert_eq!((scale(1.0, -1074), scale(1.0, -1076)), (5e-324, 0.0));
    }
}
