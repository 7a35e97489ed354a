//! Text that nobody would write: it gives an error or a module, in time that grows with its length.

use super::{HEAD, documented_module, read};
use kea_mir::{reader, writer};
use std::fmt::Write;

/// Whatever can be read can be written, and what is written is canonical.
fn check(text: &[u8]) {
    if let Ok(module) = reader::read(text) {
        let written = writer::write(&module);
        assert_eq!(writer::write(&read(&written)), written);
    }
}

#[test]
fn every_beginning_of_a_module_is_safe_to_read() {
    let text = documented_module() + include_str!("forms.mir");
    for text in [documented_module().as_str(), include_str!("forms.mir"), &text] {
        (0..text.len()).for_each(|end| check(&text.as_bytes()[..end]));
    }
}

#[test]
fn every_changed_byte_is_safe_to_read() {
    let text = include_str!("forms.mir").as_bytes();
    let mut changed = text.to_vec();
    for index in 0..text.len() {
        for byte in [b'\n', b' ', b'0', b'9', b'v', b'b', b'(', b')', b',', b'"', b'\\', b'-', b'.', b'@', 0, 0xff] {
            changed[index] = byte;
            check(&changed);
        }
        changed[index] = text[index];
    }
}

#[test]
fn every_missing_line_is_safe_to_read() {
    let lines: Vec<&str> = include_str!("forms.mir").split_inclusive('\n').collect();
    for missing in 0..lines.len() {
        let kept: String =
            lines.iter().enumerate().filter(|(index, _)| *index != missing).map(|(_, line)| *line).collect();
        check(kept.as_bytes());
    }
}

#[test]
fn numbers_far_apart_need_no_memory() {
    let mut text = format!("{HEAD}func @f () -> () pure\nb4294967295:\n");
    for number in (0..100_000u32).map(|index| index.wrapping_mul(2_654_435_761)) {
        let _ = writeln!(text, "  v{number} = const.i64 0");
    }
    text.push_str("  return ()\nend\n");
    check(text.as_bytes());
    assert_eq!(read(&text).functions[0].body.as_ref().map(|body| body.values.len()), Some(100_000));
}

#[test]
fn a_descending_order_of_numbers_is_no_slower() {
    let mut text = format!("{HEAD}func @f () -> () pure\nb0:\n");
    for number in (0..200_000).rev() {
        let _ = writeln!(text, "  v{number} = const.i64 0");
    }
    text.push_str("  return ()\nend\n");
    check(text.as_bytes());
}

#[test]
fn large_layouts_are_no_slower() {
    let mut text = format!("{HEAD}layout Big\n");
    for number in 0..50_000 {
        let _ = writeln!(text, "  variant {number} V{number} immediate");
    }
    text.push_str("end\nfunc @f () -> () pure\nb0:\n");
    for number in 0..50_000 {
        let _ = writeln!(text, "  v{number} = immediate Big.V{}", 49_999 - number);
    }
    text.push_str("  return ()\nend\n");
    check(text.as_bytes());
}

#[test]
fn flats_that_nest_too_deep_are_an_error() {
    let mut text = String::from(HEAD);
    for number in 0..100_000 {
        let _ = write!(
            text,
            "layout F{number} flat size 8 align 8\n  variant 0 V\n    field f flat F{} @0\nend\n",
            number + 1
        );
    }
    text.push_str("layout F100000 flat size 8 align 8\n  variant 0 V\n    field f i64 @0\nend\n");
    assert!(reader::read(text.as_bytes()).is_err());
}
