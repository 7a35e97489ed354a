//! Strings, digests, and the panic that a program asks for.

use crate::interp::machine::{Machine, Values, object_of};
use crate::interp::runtime_functions::{Call, Row, number_text, one};
use crate::interp::stop::{Step, panic};
use crate::interp::value::Value;
use smallvec::smallvec;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_panic", fail),
    ("kea_string_equal", equal),
    ("kea_string_compare", compare),
    ("kea_string_hash", |machine, call| one(Value::Scalar(hash(call.bytes(machine, 0)?)))),
    ("kea_string_find", find),
    ("kea_string_append", append),
    ("kea_string_valid_utf8", valid_utf8),
    ("kea_string_from_i64", |machine, call| formatted(machine, call, call.i64(0)?.to_string())),
    ("kea_string_from_u64", |machine, call| formatted(machine, call, call.scalar(0)?.to_string())),
    ("kea_string_from_f64", |machine, call| formatted(machine, call, number_text::of_f64(call.f64(0)?))),
    ("kea_string_from_f32", |machine, call| {
        formatted(machine, call, number_text::of_f32(f32::from_bits(call.scalar(0)? as u32)))
    }),
    ("kea_string_to_f64", to_f64),
    ("kea_digest_blake3", blake3_digest),
];

fn fail(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    panic(String::from_utf8_lossy(call.bytes(machine, 0)?))
}

fn equal(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    one(Value::bool(call.bytes(machine, 0)? == call.bytes(machine, 1)?))
}

fn compare(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    one(Value::i64(match call.bytes(machine, 0)?.cmp(call.bytes(machine, 1)?) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

/// The hash that `docs/runtime.md` defines: words of 8 bytes, little-endian and padded with zeros, folded into
/// a state by a 128-bit multiplication.
fn hash(bytes: &[u8]) -> u64 {
    const START: u64 = 0x243f_6a88_85a3_08d3;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    const END: u64 = 0x1319_8a2e_0370_7344;
    let fold = |state: u64| {
        let product = u128::from(state) * u128::from(FACTOR);
        product as u64 ^ (product >> 64) as u64
    };
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    fold(words.fold(START ^ bytes.len() as u64, |state, word| fold(state ^ word)) ^ END)
}

/// Where a pattern first occurs from an index on; -1 when it does not.
fn find(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let (bytes, pattern) = (call.bytes(machine, 0)?, call.bytes(machine, 1)?);
    let from = usize::try_from(call.i64(2)?).unwrap_or(0);
    let found = bytes.get(from..).and_then(|rest| {
        if pattern.is_empty() { Some(0) } else { rest.windows(pattern.len()).position(|window| window == pattern) }
    });
    one(Value::i64(found.map_or(-1, |index| (from + index) as i64)))
}

/// The first string, which is consumed, with the second behind it.
fn append(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let string = call.arg(0)?;
    let tail = call.owned_bytes(machine, 1)?;
    if tail.is_empty() {
        return one(string.clone());
    }
    let (length, extra) = (machine.heap.array(object_of(string)?)?.length(), tail.len() as u64);
    let handle = machine.unshare(string, (length + extra).max(length * 2))?;
    machine.heap.change_array(handle, |array| {
        array.reserve(extra)?;
        array.append_bytes(&tail);
        Ok(())
    })?;
    one(Value::Object(handle))
}

fn valid_utf8(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let bytes = call.bytes(machine, 0)?;
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    one(Value::i64(valid as i64))
}

fn formatted(machine: &mut Machine<'_, '_>, call: &Call<'_>, text: String) -> Step<Values> {
    one(call.string(machine, 0, text.into_bytes())?)
}

/// 1 and the bits, or 0 and 0.
fn to_f64(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let text = std::str::from_utf8(call.bytes(machine, 0)?).ok();
    Ok(match text.and_then(|text| text.parse::<f64>().ok()) {
        Some(number) => smallvec![Value::i64(1), Value::f64(number)],
        None => smallvec![Value::i64(0), Value::i64(0)],
    })
}

fn blake3_digest(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Step<Values> {
    let digest = blake3::hash(call.bytes(machine, 0)?).as_bytes().to_vec();
    one(call.string(machine, 0, digest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_documented_one() {
        assert_eq!((hash(b""), hash(b"kea")), (3_000_342_597_902_050_896, 9_016_542_996_519_364_595));
    }

    #[test]
    fn the_hash_depends_on_every_byte_and_the_length() {
        let texts: [&[u8]; 7] = [b"", b"\0", b"\0\0", b"a", b"b", b"12345678", b"123456789"];
        for (index, text) in texts.iter().enumerate() {
            assert!(texts[..index].iter().all(|other| hash(other) != hash(text)));
        }
    }
}
