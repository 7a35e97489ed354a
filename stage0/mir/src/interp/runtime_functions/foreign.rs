//! The few foreign functions that the interpreter knows: those of C's mathematical library on doubles.

use crate::interp::runtime_functions::Row;
use crate::interp::runtime_functions::number::{binary, unary};

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
];
