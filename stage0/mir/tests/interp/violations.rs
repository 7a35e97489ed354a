//! What no check of types and ownership can rule out, and native code does not notice.

use crate::{run_main, violation_of};

/// Lines of code with a `Vec` of room for 3 that holds the numbers 4 and 5.
const VECTOR: &str = "  v0 = const.i64 0\n  v1 = const.i64 3\n  v2 = array_new Vec v1\n  v3 = const.i64 4\n  v4 = const.i64 5\n  v5 = array_push v2 v3\n  v6 = array_push v5 v4\n";

#[test]
fn promises_of_arrays_are_checked() {
    for (lines, message) in [
        ("  v7 = elem v6 v3\n  release v6\n", "index 4 is not within the 2 elements"),
        ("  v7 = elem_store v6 v1 v1\n  release v7\n", "index 3 is not within the 2 elements"),
        ("  v7 = array_push v6 v0\n  v8 = array_push v7 v0\n  release v8\n", "no room for an element beyond its 3"),
        ("  v7, v8 = array_pop v6\n  v9, v10 = array_pop v7\n  v11, v12 = array_pop v9\n  release v11\n", "is empty"),
        ("  v7 = array_truncate v6 v1\n  release v7\n", "an array of 2 elements is truncated to 3"),
        ("  v7 = array_move v6 v0 v4 v0\n  release v7\n", "0..5 and as many elements at 0 are not within"),
        (
            "  v7 = array_new Vec v0\n  v8 = array_append v7 v6 v3 v0\n  release v8\n  release v6\n",
            "4..0 is not within",
        ),
    ] {
        let violation = violation_of(&format!("{VECTOR}{lines}"), "");
        assert!(violation.contains(message), "{violation}");
    }
}

#[test]
fn promises_of_arithmetic_are_checked() {
    for line in ["div.i64.signed v1 v0", "rem.i64.unsigned v1 v0"] {
        let code = format!("  v0 = const.i64 0\n  v1 = const.i64 1\n  v2 = {line} !1:4:7\n");
        let violation = violation_of(&code, "");
        let expected = "violation: the divisor is 0, which the mode rules out";
        assert_eq!(violation, format!("{expected} (in @main, b0: v2 = {line}, at test.kea:4:7)"));
    }
}

#[test]
fn what_was_taken_is_not_read() {
    let strings = "  v0 = const.i64 0\n  v1 = const.i64 1\n  v2 = array_new Strings v1\n  v3 = call @kea_string_from_i64 (v1)\n  v4 = array_push v2 v3\n";
    let code = format!("{strings}  v5, v6 = elem_take v4 v0\n  v7 = elem v5 v0\n  release v5\n  release v6\n");
    assert!(violation_of(&code, "").contains("the element was taken and not put back"));
    let code = format!("{strings}  v6 = call @kea_string_from_i64 (v1)\n  v5 = elem_put v4 v0 v6\n  release v5\n");
    assert!(violation_of(&code, "").contains("the element is not empty"));
    let code = "  v1 = const.i64 1\n  v2 = call @kea_string_from_i64 (v1)\n  v3 = var_new ref String v2\n  v4 = var_take v3\n  v5 = var_get v3\n  release v4\n  release v5\n  var_drop v3\n";
    assert!(violation_of(code, "").contains("the variable is empty"));
}

#[test]
fn globals_are_set_once_and_before_they_are_read() {
    let global = "global @limit i64\n";
    let violation = violation_of("  v1 = global_get @limit\n", global);
    assert!(violation.contains("@limit has no value yet"), "{violation}");
    let code = "  v1 = const.i64 1\n  global_set @limit v1\n  global_set @limit v1\n";
    assert!(violation_of(code, global).contains("@limit has a value already"));
}

#[test]
fn a_cycle_is_a_leak() {
    let code = "  v1 = const.i64 1\n  v2, v3 = new List.Cons (v1, hole)\n  v4 = freeze v2\n  v5 = retain v4\n  fill v3 v5\n  release v4\n";
    let run = run_main(code, "");
    assert_eq!(run.violations(), ["violation: leak: a cell List.Cons, 1 alive"]);
    assert_eq!((run.outcome.status, run.outcome.stats.live_objects), (1, 1));
}

#[test]
fn tasks_perform_no_capability() {
    let code = "  v0 = static_closure Task @task\n  v1 = const.i64 1\n  v2 = parallel Strings v0 v1\n  release v2\n";
    let rest = "sig Task (i64) -> own ref String performs IO\nlocal func @task (v0: env, v1: i64) -> own ref String \
        performs IO\nb0:\n  v2 = string \"text\"\n  perform.capability @kea_io_stdout (v2)\n  \
        v3 = call @kea_string_from_i64 (v1)\n  return (v3)\nend\n";
    let violation = violation_of(code, rest);
    assert!(violation.contains("a task of `parallel` performs a capability"), "{violation}");
}
