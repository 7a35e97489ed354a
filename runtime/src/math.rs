//! Functions of floats that are not instructions.

use crate::context::Context;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $method:ident ($($argument:ident),*);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(_context: &mut Context, x: f64 $(, $argument: f64)*) -> f64 {
            x.$method($($argument),*)
        }
    )*};
}

functions! {
    /// Sine.
    kea_f64_sin sin();
    /// Cosine.
    kea_f64_cos cos();
    /// Tangent.
    kea_f64_tan tan();
    /// Inverse sine.
    kea_f64_asin asin();
    /// Inverse cosine.
    kea_f64_acos acos();
    /// Inverse tangent.
    kea_f64_atan atan();
    /// The angle of the point whose ordinate comes first, its abscissa second.
    kea_f64_atan2 atan2(abscissa);
    /// e to that power.
    kea_f64_exp exp();
    /// The natural logarithm.
    kea_f64_log ln();
    /// The logarithm to base 2.
    kea_f64_log2 log2();
    /// The logarithm to base 10.
    kea_f64_log10 log10();
    /// The first to the power of the second.
    kea_f64_pow powf(exponent);
}

/// The remainder of the truncated quotient, with the sign of the first.
#[unsafe(no_mangle)]
pub extern "C" fn kea_f64_rem(_context: &mut Context, x: f64, y: f64) -> f64 {
    x % y
}
