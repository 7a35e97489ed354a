//! Floats: IEEE 754 arithmetic and the conversions from and to them. The payload of a NaN that an operation
//! makes is not specified.

use crate::contract::{Mode, Opcode};
use crate::interp::arithmetic::signed;
use crate::types::Scalar;

/// One width of floats: bits in and out.
macro_rules! width {
    ($name:ident, $float:ty, $bits:ty) => {
        mod $name {
            use crate::contract::Opcode;

            pub fn of(bits: u64) -> $float {
                <$float>::from_bits(bits as $bits)
            }

            pub fn to(value: $float) -> u64 {
                u64::from(value.to_bits())
            }

            pub fn binary(opcode: Opcode, a: u64, b: u64) -> u64 {
                let (a, b) = (of(a), of(b));
                to(match opcode {
                    Opcode::Add => a + b,
                    Opcode::Sub => a - b,
                    Opcode::Mul => a * b,
                    Opcode::Div => a / b,
                    Opcode::Min => minimum(a, b),
                    _ => -minimum(-a, -b),
                })
            }

            /// The smaller; NaN if either is, and -0.0 below 0.0.
            fn minimum(a: $float, b: $float) -> $float {
                if a.is_nan() || b.is_nan() {
                    a + b
                } else if a < b || (a == b && a.is_sign_negative()) {
                    a
                } else {
                    b
                }
            }

            pub fn unary(opcode: Opcode, a: u64) -> u64 {
                let a = of(a);
                to(match opcode {
                    Opcode::Neg => -a,
                    Opcode::Abs => a.abs(),
                    Opcode::Sqrt => a.sqrt(),
                    Opcode::Floor => a.floor(),
                    Opcode::Ceil => a.ceil(),
                    Opcode::Trunc => a.trunc(),
                    _ => a.round_ties_even(),
                })
            }

            pub fn compare(opcode: Opcode, a: u64, b: u64) -> bool {
                let (a, b) = (of(a), of(b));
                match opcode {
                    Opcode::Eq => a == b,
                    Opcode::Ne => a != b,
                    Opcode::Lt => a < b,
                    Opcode::Le => a <= b,
                    Opcode::Gt => a > b,
                    _ => a >= b,
                }
            }
        }
    };
}

width!(single, f32, u32);
width!(double, f64, u64);

/// `add`, `sub`, `mul`, `div`, `min`, `max`.
pub fn binary(opcode: Opcode, scalar: Scalar, a: u64, b: u64) -> u64 {
    if scalar == Scalar::F32 { single::binary(opcode, a, b) } else { double::binary(opcode, a, b) }
}

/// `neg`, `abs`, `sqrt`, `floor`, `ceil`, `trunc`, `nearest`.
pub fn unary(opcode: Opcode, scalar: Scalar, a: u64) -> u64 {
    if scalar == Scalar::F32 { single::unary(opcode, a) } else { double::unary(opcode, a) }
}

/// The comparisons.
pub fn compare(opcode: Opcode, scalar: Scalar, a: u64, b: u64) -> bool {
    if scalar == Scalar::F32 { single::compare(opcode, a, b) } else { double::compare(opcode, a, b) }
}

/// `int_to_float`.
pub fn from_integer(mode: Option<Mode>, from: Scalar, to: Scalar, a: u64) -> u64 {
    match (mode, to) {
        (Some(Mode::Signed), Scalar::F32) => single::to(signed(a, from.bits()) as f32),
        (Some(Mode::Signed), _) => double::to(signed(a, from.bits()) as f64),
        (_, Scalar::F32) => single::to(a as f32),
        _ => double::to(a as f64),
    }
}

/// `float_to_int`: truncated, saturating, 0 for NaN, which is what Rust's `as` does.
pub fn to_integer(mode: Option<Mode>, from: Scalar, to: Scalar, a: u64) -> u64 {
    let value = if from == Scalar::F32 { f64::from(single::of(a)) } else { double::of(a) };
    match (mode, to) {
        (Some(Mode::Signed), Scalar::I32) => u64::from(value as i32 as u32),
        (Some(Mode::Signed), _) => value as i64 as u64,
        (_, Scalar::I32) => u64::from(value as u32),
        _ => value as u64,
    }
}

/// `promote`.
pub fn promote(a: u64) -> u64 {
    double::to(f64::from(single::of(a)))
}

/// `demote`.
pub fn demote(a: u64) -> u64 {
    single::to(double::of(a) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_and_the_larger_know_nan_and_the_zeros() {
        let min = |a: f64, b: f64| f64::from_bits(binary(Opcode::Min, Scalar::F64, a.to_bits(), b.to_bits()));
        let max = |a: f64, b: f64| f64::from_bits(binary(Opcode::Max, Scalar::F64, a.to_bits(), b.to_bits()));
        assert!(min(f64::NAN, 1.0).is_nan() && max(1.0, f64::NAN).is_nan());
        assert!(min(0.0, -0.0).is_sign_negative() && min(-0.0, 0.0).is_sign_negative());
        assert!(max(0.0, -0.0).is_sign_positive() && max(-0.0, 0.0).is_sign_positive());
        assert_eq!((min(1.0, 2.0), max(1.0, 2.0)), (1.0, 2.0));
    }

    #[test]
    fn conversions_to_integers_saturate() {
        let to = |mode, scalar, value: f64| to_integer(Some(mode), Scalar::F64, scalar, value.to_bits());
        assert_eq!(to(Mode::Signed, Scalar::I32, 1e20), i32::MAX as u64);
        assert_eq!(to(Mode::Unsigned, Scalar::I64, -1.0), 0);
        assert_eq!(to(Mode::Signed, Scalar::I64, f64::NAN), 0);
        assert_eq!(to(Mode::Signed, Scalar::I32, -1.9), 0xffff_ffff);
    }
}
