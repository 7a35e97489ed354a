//! Constants, arithmetic, bits, comparisons, conversions.

use crate::output_of;

/// The results of lines of integer code, each of which defines v9 of that type from a and b of that type.
#[track_caller]
fn integers(ty: &str, a: i64, b: i64, lines: &[(&str, i64)]) {
    for (line, expected) in lines {
        let print =
            if ty == "i64" { "call @print (v9)\n" } else { "v10 = extend_signed.TY->i64 v9\n  call @print (v10)\n" };
        let code = format!("  v1 = const.{ty} {a}\n  v2 = const.{ty} {b}\n  v9 = {line}\n  {print}").replace("TY", ty);
        assert_eq!(output_of(&code, ""), expected.to_string(), "{line} with {a}, {b}");
    }
}

#[track_caller]
fn floats(a: &str, b: &str, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        let code = format!("  v1 = const.f64 {a}\n  v2 = const.f64 {b}\n  v9 = {line}\n  call @print_f64 (v9)\n");
        assert_eq!(output_of(&code, ""), *expected, "{line} with {a}, {b}");
    }
}

#[track_caller]
fn truths(lines: &[(&str, bool)]) {
    for (line, expected) in lines {
        let code = format!(
            "  v1 = const.i64 -1\n  v2 = const.i64 2\n  v3 = const.f64 nan\n  v4 = const.f64 1.0\n  v5 = const.bool true\n  v6 = const.bool false\n  v9 = {line}\n  v10 = extend_unsigned.bool->i64 v9\n  call @print (v10)\n"
        );
        assert_eq!(output_of(&code, ""), i64::from(*expected).to_string(), "{line}");
    }
}

#[test]
fn integer_arithmetic() {
    integers(
        "i64",
        -7,
        2,
        &[
            ("add.i64.checked v1 v2", -5),
            ("sub.i64.wrapping v1 v2", -9),
            ("mul.i64.checked v1 v2", -14),
            ("div.i64.checked v1 v2", -3),
            ("div.i64.unsigned v1 v2", ((-7i64) as u64 / 2) as i64),
            ("rem.i64.signed v1 v2", -1),
            ("rem.i64.checked_unsigned v1 v2", 1),
            ("neg.i64.checked v1", 7),
            ("mul_high.i64.signed v1 v2", -1),
            ("mul_high.i64.unsigned v1 v2", 1),
        ],
    );
    integers("i8", 127, 1, &[("add.i8.wrapping v1 v2", -128), ("neg.i8.wrapping v1", -127)]);
    integers("i16", -32768, -1, &[("mul.i16.wrapping v1 v2", -32768), ("rem.i16.checked v1 v2", 0)]);
}

#[test]
fn overflow_is_a_second_result() {
    let code = "  v1 = const.i8 100\n  v2 = const.i8 100\n  v3, v4 = add_overflow.i8.signed v1 v2\n  v5, v6 = add_overflow.i8.unsigned v1 v2\n  v7 = extend_unsigned.i8->i64 v5\n  v8 = extend_unsigned.bool->i64 v4\n  v9 = extend_unsigned.bool->i64 v6\n  call @print (v7)\n  call @print (v8)\n  call @print (v9)\n";
    assert_eq!(output_of(code, ""), "200 1 0");
}

#[test]
fn bits() {
    integers(
        "i8",
        0b0101_0110,
        0b0000_0011,
        &[
            ("and.i8 v1 v2", 2),
            ("or.i8 v1 v2", 0b0101_0111),
            ("xor.i8 v1 v2", 0b0101_0101),
            ("not.i8 v2", -4),
            ("popcount.i8 v1", 4),
            ("leading_zeros.i8 v1", 1),
            ("trailing_zeros.i8 v1", 1),
        ],
    );
    let code = "  v1 = const.i32 -16\n  v2 = const.i64 2\n  v3 = shift_left.i32.checked v1 v2\n  v4 = shift_right_signed.i32.checked v1 v2\n  v5 = shift_right_unsigned.i32.masked v1 v2\n  v6 = rotate_left.i32 v5 v2\n  v7 = byte_swap.i32 v1\n  v8 = extend_signed.i32->i64 v3\n  call @print (v8)\n  v9 = extend_signed.i32->i64 v4\n  call @print (v9)\n  v10 = extend_signed.i32->i64 v5\n  call @print (v10)\n  v11 = extend_signed.i32->i64 v6\n  call @print (v11)\n  v12 = extend_signed.i32->i64 v7\n  call @print (v12)\n";
    assert_eq!(output_of(code, ""), "-64 -4 1073741820 -16 -251658241");
}

#[test]
fn float_arithmetic() {
    floats(
        "1.5",
        "-2.0",
        &[
            ("add.f64 v1 v2", "-0.5"),
            ("sub.f64 v1 v2", "3.5"),
            ("mul.f64 v1 v2", "-3.0"),
            ("div.f64 v1 v2", "-0.75"),
            ("neg.f64 v2", "2.0"),
            ("abs.f64 v2", "2.0"),
            ("sqrt.f64 v2", "nan"),
            ("floor.f64 v1", "1.0"),
            ("ceil.f64 v1", "2.0"),
            ("trunc.f64 v1", "1.0"),
            ("nearest.f64 v1", "2.0"),
            ("min.f64 v1 v2", "-2.0"),
            ("max.f64 v1 v2", "1.5"),
        ],
    );
    floats("2.5", "nan", &[("nearest.f64 v1", "2.0"), ("min.f64 v1 v2", "nan"), ("max.f64 v2 v1", "nan")]);
    floats("0.0", "-0.0", &[("min.f64 v1 v2", "-0.0"), ("max.f64 v2 v1", "0.0")]);
}

#[test]
fn comparisons() {
    truths(&[
        ("lt.i64.signed v1 v2", true),
        ("lt.i64.unsigned v1 v2", false),
        ("ge.i64.unsigned v1 v2", true),
        ("le.i64.signed v2 v2", true),
        ("gt.i64.signed v1 v2", false),
        ("eq.i64 v1 v1", true),
        ("ne.i64 v1 v2", true),
        ("eq.f64 v3 v3", false),
        ("ne.f64 v3 v3", true),
        ("lt.f64 v3 v4", false),
        ("ge.f64 v4 v4", true),
        ("select.bool v5 v6 v5", false),
        ("select.bool v6 v6 v5", true),
        ("not.bool v5", false),
        ("xor.bool v5 v6", true),
    ]);
}

#[test]
fn conversions() {
    let code = "  v1 = const.i64 300\n  v2 = truncate.i64->i8 v1\n  v3 = extend_signed.i8->i64 v2\n  call @print (v3)\n  v4 = const.i32 -1\n  v5 = int_to_float.i32->f64.unsigned v4\n  call @print_f64 (v5)\n  v6 = const.f64 -1e30\n  v7 = float_to_int.f64->i64.signed v6\n  call @print (v7)\n  v8 = float_to_int.f64->i64.unsigned v6\n  call @print (v8)\n  v9 = const.f64 0.1\n  v10 = demote.f64->f32 v9\n  v11 = promote.f32->f64 v10\n  call @print_f64 (v11)\n  v12 = const.f64 1.0\n  v13 = bitcast.f64->i64 v12\n  call @print (v13)\n";
    assert_eq!(output_of(code, ""), "44 4294967295.0 -9223372036854775808 0 0.10000000149011612 4607182418800017408");
}
