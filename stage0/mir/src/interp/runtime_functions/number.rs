//! Functions of floats that are not instructions.

use crate::interp::machine::{Machine, Values};
use crate::interp::runtime_functions::{Call, Row, one};
use crate::interp::stop::Step;
use crate::interp::value::Value;

pub(super) const FUNCTIONS: &[Row] = &[
    ("kea_f64_sin", |_, call| unary(call, f64::sin)),
    ("kea_f64_cos", |_, call| unary(call, f64::cos)),
    ("kea_f64_tan", |_, call| unary(call, f64::tan)),
    ("kea_f64_asin", |_, call| unary(call, f64::asin)),
    ("kea_f64_acos", |_, call| unary(call, f64::acos)),
    ("kea_f64_atan", |_, call| unary(call, f64::atan)),
    ("kea_f64_atan2", |_, call| binary(call, f64::atan2)),
    ("kea_f64_exp", |_, call| unary(call, f64::exp)),
    ("kea_f64_log", |_, call| unary(call, f64::ln)),
    ("kea_f64_log2", |_, call| unary(call, f64::log2)),
    ("kea_f64_log10", |_, call| unary(call, f64::log10)),
    ("kea_f64_pow", |_, call| binary(call, f64::powf)),
    ("kea_f64_rem", |_, call| binary(call, |a, b| a % b)),
    ("kea_rand_i64", random),
];

/// The function of one argument, applied.
pub(super) fn unary(call: &Call<'_>, function: fn(f64) -> f64) -> Step<Values> {
    one(Value::f64(function(call.f64(0)?)))
}

/// The function of two arguments, applied.
pub(super) fn binary(call: &Call<'_>, function: fn(f64, f64) -> f64) -> Step<Values> {
    one(Value::f64(function(call.f64(0)?, call.f64(1)?)))
}

fn random(machine: &mut Machine<'_, '_>, _call: &Call<'_>) -> Step<Values> {
    one(Value::i64(machine.host.random()))
}
