//! Seeded mistakes of ownership. The validator refuses these programs, so that they are run without it: the
//! interpreter notices each of them by itself.

use crate::interp::{End, MemoryHost, Options, run_module};

const PRELUDE: &str = "kea-mir 1.0
target x86_64-unknown-linux-gnu
layout String array i8
layout List
  variant 0 Nil immediate
  variant 1 Cons size 24 align 8
    field head i64 @8
    field tail ref List @16
end
effect Log
  op write (i64) -> () tail
end
clause @write of Log.write (v0: ev Log, v1: i64) pure
b0:
  resume ()
end
func @new () -> own ref List pure
b0:
  v0 = const.i64 1
  v1 = immediate List.Nil
  v2 = new List.Cons (v0, v1)
  v3 = freeze v2
  return (v3)
end
";

/// The violation that ends a program whose main function has that code; `v0` is 1.
#[track_caller]
fn violation_of(code: &str) -> String {
    let text =
        format!("{PRELUDE}entry @main\nfunc @main () -> () pure\nb0:\n  v0 = const.i64 1\n{code}  return ()\nend\n");
    let module = crate::reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let outcome = run_module(&module, Options::default(), &mut MemoryHost::default());
    match outcome.end {
        End::Violated(violations) => violations[0].to_string(),
        end => panic!("no violation: {end:?}"),
    }
}

#[test]
fn a_double_release() {
    let violation = violation_of("  v1 = call @new ()\n  release v1\n  release v1\n");
    assert_eq!(violation, "violation: v1 was consumed before (in @main, b0: release v1)");
}

#[test]
fn a_missing_release() {
    let violation = violation_of("  v1 = call @new ()\n");
    assert_eq!(violation, "violation: v1 is still owned when the frame ends (in @main, b0: return ())");
}

#[test]
fn a_read_through_a_borrow_of_what_was_released() {
    let code = "  v1 = call @new ()\n  v2 = new List.Cons (v0, v1)\n  v3 = field v2 Cons.tail\n  release v2\n  v4 = field v3 Cons.head\n";
    assert!(violation_of(code).contains("freed or taken apart before (in @main, b0: v4 = field v3 Cons.head)"));
}

#[test]
fn a_retain_of_a_dead_borrow() {
    let code = "  v1 = call @new ()\n  v2 = new List.Cons (v0, v1)\n  v3 = field v2 Cons.tail\n  release v2\n  v4 = retain v3\n  release v4\n";
    assert!(violation_of(code).contains("freed or taken apart before (in @main, b0: v4 = retain v3)"));
}

#[test]
fn a_release_of_a_borrow() {
    let code = "  v1 = call @new ()\n  v2 = new List.Cons (v0, v1)\n  v3 = field v2 Cons.tail\n  release v3\n";
    assert!(violation_of(code).contains("v3 is borrowed and cannot be consumed"));
}

#[test]
fn a_unique_value_that_is_shared() {
    let code = "  v1 = immediate List.Nil\n  v2 = new List.Cons (v0, v1)\n  v3 = retain v2\n  v4 = store v2 Cons.head v0\n  release v3\n  release v4\n";
    assert!(violation_of(code).contains("the object's count is 2 (in @main, b0: v4 = store v2 Cons.head v0)"));
}

#[test]
fn a_field_of_another_variant() {
    let violation = violation_of("  v1 = immediate List.Nil\n  v2 = field v1 Cons.head\n  release v1\n");
    assert!(violation.contains("the value is a Nil, not a Cons"), "{violation}");
    let violation = violation_of("  v1 = immediate List.Nil\n  v2, v3, v4 = take v1 Cons\n");
    assert!(violation.contains("the value is a Nil, not a Cons"), "{violation}");
}

#[test]
fn an_open_field_that_is_read_or_freed() {
    let open = "  v1, v2 = new List.Cons (v0, hole)\n";
    let violation = violation_of(&format!("{open}  v3 = field v1 Cons.tail\n"));
    assert!(violation.contains("the field is still open"), "{violation}");
    let violation = violation_of(&format!("{open}  release v1\n"));
    assert!(violation.contains("a cell List.Cons is freed while a field of it is open"), "{violation}");
}

#[test]
fn a_hole_whose_cell_is_gone() {
    let code =
        "  v1, v2 = new List.Cons (v0, hole)\n  v3 = immediate List.Nil\n  fill v2 v3\n  release v1\n  fill v2 v3\n";
    assert!(violation_of(code).contains("v3 was consumed before"));
}

#[test]
fn a_token_that_is_used_twice_or_not_at_all() {
    let taken = "  v1 = call @new ()\n  v2, v3, v4 = take v1 Cons\n  release v3\n";
    let violation = violation_of(&format!("{taken}  free_token v4\n  free_token v4\n"));
    assert!(violation.contains("v4 was consumed before"), "{violation}");
    let violation = violation_of(taken);
    assert!(violation.contains("v4 is still owned when the frame ends"), "{violation}");
}

#[test]
fn evidence_and_variables_that_have_ended_or_do_not_end() {
    let violation = violation_of("  v1 = evidence Log [@write] ()\n  perform.handler v1 Log.write (v0)\n");
    assert!(violation.contains("v1 is still owned when the frame ends"), "{violation}");
    let code = "  v1 = evidence Log [@write] ()\n  end_evidence v1\n  perform.handler v1 Log.write (v0)\n";
    assert!(violation_of(code).contains("v1 was consumed before"));
    let violation = violation_of("  v1 = var_new i64 v0\n");
    assert!(violation.contains("v1 is still owned when the frame ends"), "{violation}");
}

#[test]
fn a_name_that_is_defined_again_while_it_owns() {
    let code = "  jump b1\nb1:\n  v1 = call @new ()\n  jump b1\nb2:\n";
    assert!(violation_of(code).contains("v1 is defined again before it was consumed"));
}
