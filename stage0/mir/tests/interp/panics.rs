//! Panics: their words, places and traces.

use crate::{End, run_main, run_with};
use kea_mir::interp::Options;

/// The first line that a program with that main function prints when it panics.
#[track_caller]
fn panic_of(code: &str) -> String {
    let run = run_main(code, "");
    assert_eq!((run.outcome.status, &run.outcome.end), (101, &End::Panicked), "{:?}", run.violations());
    run.errors.lines().next().unwrap_or_default().to_string()
}

#[test]
fn every_check_has_its_words() {
    let constants =
        "  v1 = const.i64 9223372036854775807\n  v2 = const.i64 0\n  v3 = const.i64 3\n  v4 = const.i64 -1\n";
    for (line, words) in [
        ("v9 = add.i64.checked v1 v1", "integer overflow"),
        ("v9 = sub.i64.checked_unsigned v2 v1", "integer overflow"),
        ("v9 = div.i64.checked v1 v2", "division by zero"),
        ("v9 = rem.i64.checked_unsigned v1 v2", "division by zero"),
        ("v9 = shift_left.i64.checked v1 v4", "shift by -1 in a width of 64 bits"),
        ("bounds v3 v3", "index 3 is out of bounds: the length is 3"),
        ("bounds v4 v3", "index -1 is out of bounds: the length is 3"),
        ("bounds_range v3 v2 v3", "range 3..0 is out of bounds: the length is 3"),
        ("v9 = raw_alloc v4", "raw memory of -1 bytes"),
    ] {
        assert_eq!(panic_of(&format!("{constants}  {line} !1:7:5\n")), format!("panic at test.kea:7:5: {words}"));
        assert_eq!(panic_of(&format!("{constants}  {line}\n")), format!("panic: {words}"));
    }
}

#[test]
fn arrays_that_cannot_be_are_panics() {
    for (line, words) in [
        ("v9 = array_new Vec v1", "negative array capacity: -1"),
        ("v9 = array_new Vec v2", "an array of 9223372036854775807 elements is too large"),
        ("v9 = array_extend v3 v1 v1", "negative count of elements: -1"),
        ("v9 = array_reserve v3 v2", "an array of 9223372036854775807 elements is too large"),
    ] {
        let vector = if line.contains("v3") { "  v4 = const.i64 0\n  v3 = array_new Vec v4\n" } else { "" };
        let code =
            format!("  v1 = const.i64 -1\n  v2 = const.i64 9223372036854775807\n{vector}  {line}\n  release v9\n");
        assert_eq!(panic_of(&code), format!("panic: {words}"));
    }
}

#[test]
fn a_trace_names_every_function_that_has_not_returned() {
    let declarations = "extern @kea_panic (borrow ref String) -> never pure\nfunc @inner () -> () pure\nb0:\n  v0 = string \"no more\"\n  call @kea_panic (v0) !1:3:4\n  unreachable\nend\nfunc @outer () -> () pure\nb0:\n  call @inner () !1:8:2\n  return ()\nend\n";
    let run = run_main("  call @outer ()\n", declarations);
    assert_eq!(
        run.errors,
        "panic at test.kea:3:4: no more\n  at inner (test.kea:3:4)\n  at outer (test.kea:8:2)\n  at main"
    );
}

#[test]
fn what_was_printed_before_a_panic_is_there() {
    let run =
        run_main("  v1 = const.i64 1\n  call @print (v1)\n  v2 = const.i64 0\n  v3 = div.i64.checked v1 v2\n", "");
    assert_eq!((run.output.as_str(), run.outcome.status), ("1", 101));
}

#[test]
fn an_endless_recursion_overflows_the_stack_and_not_the_interpreters() {
    let declarations = "func @deep (v0: i64) -> i64 pure\nb0:\n  v1 = call @deep (v0) !1:2:3\n  return (v1)\nend\n";
    let program = crate::main_of("  v1 = const.i64 1\n  v2 = call @deep (v1)\n", declarations);
    let run = run_with(&program, Options::default(), &mut Default::default());
    assert_eq!(run.outcome.status, 101);
    let lines: Vec<&str> = run.errors.lines().collect();
    assert_eq!(lines[..2], ["panic: stack overflow in deep", "  at deep (test.kea:2:3)"]);
    assert_eq!(lines.len(), 22);
    assert!(lines[21].starts_with("  … ") && lines[21].ends_with(" more"));
}
