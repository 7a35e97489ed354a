//! Integers and floats: what every scalar instruction gives for its operands. Scalars are bits in a `u64`,
//! zero-extended from their width.

use crate::contract::{Mode, Opcode};
use crate::interp::stop::{Step, division_by_zero, overflow, shift_out_of_range, violation};
use crate::types::Scalar;

/// The low bits of a value.
pub fn truncate(value: u64, bits: u32) -> u64 {
    if bits >= 64 { value } else { value & ((1 << bits) - 1) }
}

/// The value of bits as a signed integer of that width.
pub fn signed(value: u64, bits: u32) -> i64 {
    let shift = 64 - bits;
    ((value << shift) as i64) >> shift
}

/// The operand read as a number: signed or not.
fn number(value: u64, bits: u32, is_signed: bool) -> i128 {
    if is_signed { i128::from(signed(value, bits)) } else { i128::from(value) }
}

/// Whether the number is one of that width and signedness.
fn fits(number: i128, bits: u32, is_signed: bool) -> bool {
    if is_signed {
        (-(1i128 << (bits - 1))..1i128 << (bits - 1)).contains(&number)
    } else {
        (0..1i128 << bits).contains(&number)
    }
}

/// The exact result of `+`, `-` or `*`. The product of two unsigned 64-bit factors may need 128 bits;
/// it saturates, which does not fit either.
fn exact(opcode: Opcode, a: i128, b: i128) -> i128 {
    match opcode {
        Opcode::Add | Opcode::AddOverflow => a + b,
        Opcode::Sub | Opcode::SubOverflow => a - b,
        _ => a.saturating_mul(b),
    }
}

/// The wrapped result of `+`, `-` or `*`.
fn wrapped(opcode: Opcode, a: u64, b: u64, bits: u32) -> u64 {
    let result = match opcode {
        Opcode::Add | Opcode::AddOverflow => a.wrapping_add(b),
        Opcode::Sub | Opcode::SubOverflow => a.wrapping_sub(b),
        _ => a.wrapping_mul(b),
    };
    truncate(result, bits)
}

/// `add`, `sub`, `mul`, `div`, `rem` of integers.
pub fn integer_binary(opcode: Opcode, mode: Option<Mode>, scalar: Scalar, a: u64, b: u64) -> Step<u64> {
    let bits = scalar.bits();
    match opcode {
        Opcode::Div => divide(mode, bits, a, b),
        Opcode::Rem => remainder(mode, bits, a, b),
        _ => {
            let (result, overflowed) = match mode {
                Some(Mode::Checked) => overflowing(opcode, true, bits, a, b),
                Some(Mode::CheckedUnsigned) => overflowing(opcode, false, bits, a, b),
                _ => (wrapped(opcode, a, b, bits), false),
            };
            if overflowed { overflow() } else { Ok(result) }
        }
    }
}

/// The wrapped result of `+`, `-` or `*`, and whether it overflowed.
pub fn overflowing(opcode: Opcode, is_signed: bool, bits: u32, a: u64, b: u64) -> (u64, bool) {
    let result = exact(opcode, number(a, bits, is_signed), number(b, bits, is_signed));
    (wrapped(opcode, a, b, bits), !fits(result, bits, is_signed))
}

fn divide(mode: Option<Mode>, bits: u32, a: u64, b: u64) -> Step<u64> {
    let checked = matches!(mode, Some(Mode::Checked | Mode::CheckedUnsigned));
    let is_signed = matches!(mode, Some(Mode::Signed | Mode::Checked));
    if b == 0 {
        return if checked { division_by_zero() } else { violation("the divisor is 0, which the mode rules out") };
    }
    let quotient = number(a, bits, is_signed) / number(b, bits, is_signed);
    if !fits(quotient, bits, is_signed) {
        return if checked { overflow() } else { violation("the quotient overflows, which the mode rules out") };
    }
    Ok(truncate(quotient as u64, bits))
}

fn remainder(mode: Option<Mode>, bits: u32, a: u64, b: u64) -> Step<u64> {
    let checked = matches!(mode, Some(Mode::Checked | Mode::CheckedUnsigned));
    let is_signed = matches!(mode, Some(Mode::Signed | Mode::Checked));
    if b == 0 {
        return if checked { division_by_zero() } else { violation("the divisor is 0, which the mode rules out") };
    }
    let rest = number(a, bits, is_signed) % number(b, bits, is_signed);
    Ok(truncate(rest as u64, bits))
}

/// `neg` of an integer.
pub fn integer_negate(mode: Option<Mode>, scalar: Scalar, a: u64) -> Step<u64> {
    integer_binary(Opcode::Sub, mode, scalar, 0, a)
}

/// `mul_high`.
pub fn multiply_high(mode: Option<Mode>, a: u64, b: u64) -> u64 {
    if mode == Some(Mode::Signed) {
        ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64
    } else {
        ((u128::from(a) * u128::from(b)) >> 64) as u64
    }
}

/// `and`, `or`, `xor`.
pub fn bitwise(opcode: Opcode, a: u64, b: u64) -> u64 {
    match opcode {
        Opcode::And => a & b,
        Opcode::Or => a | b,
        _ => a ^ b,
    }
}

/// `not`.
pub fn complement(scalar: Scalar, a: u64) -> u64 {
    if scalar == Scalar::Bool { a ^ 1 } else { truncate(!a, scalar.bits()) }
}

/// The shifts.
pub fn shift(opcode: Opcode, mode: Option<Mode>, scalar: Scalar, a: u64, amount: i64) -> Step<u64> {
    let bits = scalar.bits();
    if mode == Some(Mode::Checked) && !(0..i64::from(bits)).contains(&amount) {
        return shift_out_of_range(amount, bits);
    }
    let amount = amount.rem_euclid(i64::from(bits)) as u32;
    let result = match opcode {
        Opcode::ShiftLeft => a << amount,
        Opcode::ShiftRightSigned => (signed(a, bits) >> amount) as u64,
        _ => a >> amount,
    };
    Ok(truncate(result, bits))
}

/// `rotate_left` by n, which is `rotate_right` by -n.
pub fn rotate_left(scalar: Scalar, a: u64, amount: i64) -> u64 {
    let bits = scalar.bits();
    let amount = amount.rem_euclid(i64::from(bits)) as u32;
    if amount == 0 { a } else { truncate(a << amount | a >> (bits - amount), bits) }
}

/// `popcount`, `leading_zeros`, `trailing_zeros`, `byte_swap`.
pub fn count_bits(opcode: Opcode, scalar: Scalar, a: u64) -> u64 {
    let bits = scalar.bits();
    match opcode {
        Opcode::Popcount => u64::from(a.count_ones()),
        Opcode::LeadingZeros => u64::from(a.leading_zeros() - (64 - bits)),
        Opcode::TrailingZeros => u64::from(a.trailing_zeros().min(bits)),
        _ => a.swap_bytes() >> (64 - bits),
    }
}

/// The comparisons of integers, truth values and addresses.
pub fn integer_compare(opcode: Opcode, mode: Option<Mode>, scalar: Scalar, a: u64, b: u64) -> bool {
    let is_signed = mode == Some(Mode::Signed);
    let (a, b) = (number(a, scalar.bits(), is_signed), number(b, scalar.bits(), is_signed));
    match opcode {
        Opcode::Eq => a == b,
        Opcode::Ne => a != b,
        Opcode::Lt => a < b,
        Opcode::Le => a <= b,
        Opcode::Gt => a > b,
        _ => a >= b,
    }
}

/// The integer conversions `extend_signed`, `extend_unsigned`, `truncate`.
pub fn resize(opcode: Opcode, from: Scalar, to: Scalar, a: u64) -> u64 {
    match opcode {
        Opcode::ExtendSigned => truncate(signed(a, from.bits()) as u64, to.bits()),
        Opcode::ExtendUnsigned => a,
        _ => truncate(a, to.bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::stop::Stop;

    fn value(result: Step<u64>) -> Option<u64> {
        result.ok()
    }

    #[test]
    fn checked_arithmetic_panics_at_the_ends_of_each_width() {
        let checked = |opcode, scalar, a, b| value(integer_binary(opcode, Some(Mode::Checked), scalar, a, b));
        assert_eq!(checked(Opcode::Add, Scalar::I8, 127, 1), None);
        assert_eq!(checked(Opcode::Add, Scalar::I8, 255, 1), Some(0));
        assert_eq!(checked(Opcode::Sub, Scalar::I16, 0x8000, 1), None);
        assert_eq!(checked(Opcode::Mul, Scalar::I64, i64::MIN as u64, u64::MAX), None);
        assert_eq!(checked(Opcode::Div, Scalar::I32, 0x8000_0000, 0xffff_ffff), None);
        assert_eq!(checked(Opcode::Rem, Scalar::I32, 0x8000_0000, 0xffff_ffff), Some(0));
        assert_eq!(checked(Opcode::Rem, Scalar::I8, (-7i8) as u8 as u64, 2), Some(0xff));
        let unsigned = |opcode, a, b| value(integer_binary(opcode, Some(Mode::CheckedUnsigned), Scalar::I64, a, b));
        assert_eq!(unsigned(Opcode::Mul, u64::MAX, u64::MAX), None);
        assert_eq!(unsigned(Opcode::Mul, 1 << 32, 1 << 31), Some(1 << 63));
        assert_eq!(unsigned(Opcode::Sub, 1, 2), None);
    }

    #[test]
    fn a_promise_that_does_not_hold_is_a_violation() {
        let result = integer_binary(Opcode::Div, Some(Mode::Signed), Scalar::I64, 1, 0);
        assert!(matches!(result, Err(Stop::Violation(_))));
        let result = integer_binary(Opcode::Div, Some(Mode::Signed), Scalar::I8, 0x80, 0xff);
        assert!(matches!(result, Err(Stop::Violation(_))));
    }

    #[test]
    fn shifts_and_rotations_stay_within_the_width() {
        assert!(matches!(
            shift(Opcode::ShiftLeft, Some(Mode::Checked), Scalar::I8, 1, 8),
            Err(Stop::Panic(message)) if message == "shift by 8 in a width of 8 bits"
        ));
        assert_eq!(value(shift(Opcode::ShiftLeft, Some(Mode::Masked), Scalar::I8, 0x81, 9)), Some(2));
        assert_eq!(value(shift(Opcode::ShiftRightSigned, Some(Mode::Masked), Scalar::I8, 0x80, -1)), Some(0xff));
        assert_eq!(rotate_left(Scalar::I8, 0x81, 1), 3);
        assert_eq!(rotate_left(Scalar::I64, 5, 64), 5);
        assert_eq!(count_bits(Opcode::LeadingZeros, Scalar::I16, 0), 16);
        assert_eq!(count_bits(Opcode::ByteSwap, Scalar::I16, 0x1234), 0x3412);
    }
}
