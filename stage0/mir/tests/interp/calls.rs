//! Calls, closures, tail calls, globals, control flow.

use crate::{End, output_of, run, run_main};

const CLOSURES: &str = r#"sig Add (i64) -> i64 pure
sig Show (i64) -> own ref String pure
func @add (v0: env, v1: i64) -> i64 captures (i64) pure
b0:
  v2 = capture v0 0
  v3 = add.i64.checked v1 v2
  return (v3)
end
func @double (v0: env, v1: i64) -> i64 captures () pure
b0:
  v2 = add.i64.checked v1 v1
  return (v2)
end
func @show (v0: env, v1: i64) -> own ref String captures (ref String) pure
b0:
  v2 = capture v0 0
  v3 = call @kea_string_from_i64 (v1)
  v4 = call @kea_string_append (v3, v2)
  return (v4)
end
func @apply (v0: borrow fn Add, v1: i64) -> i64 pure
b0:
  tail_call_closure v0 (v1)
end
"#;

#[test]
fn closures_capture_and_are_freed() {
    let code = "  v1 = const.i64 40\n  v2 = closure Add @add (v1)\n  v3 = const.i64 2\n  v4 = call_closure v2 (v3)\n  call @print (v4)\n  v5 = call @apply (v2, v1)\n  call @print (v5)\n  release v2\n  v6 = static_closure Add @double\n  v7 = call_closure v6 (v1)\n  call @print (v7)\n  v8 = call @kea_string_from_i64 (v3)\n  v9 = closure Show @show (v8)\n  v10 = call_closure v9 (v1)\n  call @print_text (v10)\n  release v10\n  v11 = retain v9\n  release v9\n  release v11\n";
    assert_eq!(output_of(code, CLOSURES), "42 80 80 402");
}

#[test]
fn tail_calls_use_no_stack() {
    let loops = "func @loop (v0: i64) -> i64 pure\nb0:\n  v1 = const.i64 0\n  v2 = eq.i64 v0 v1\n  branch v2 b1 b2\nb1:\n  return (v0)\nb2:\n  v3 = const.i64 1\n  v4 = sub.i64.wrapping v0 v3\n  tail_call @loop (v4)\nend\n";
    let options = kea_mir::interp::Options { stack_words: 100, ..Default::default() };
    let code = "  v1 = const.i64 100000\n  v2 = call @loop (v1)\n  call @print (v2)\n";
    let run = crate::run_with(&crate::main_of(code, loops), options, &mut Default::default());
    assert_eq!((run.output.as_str(), run.outcome.end), ("0", End::Returned));
}

#[test]
fn several_results_and_the_exit_status() {
    let program = "func @divide (v0: i64, v1: i64) -> (i64, i64) pure\nb0:\n  v2 = div.i64.checked v0 v1\n  v3 = rem.i64.checked v0 v1\n  return (v2, v3)\nend\nentry @main\nfunc @main () -> i64 performs IO\nb0:\n  v0 = const.i64 47\n  v1 = const.i64 10\n  v2, v3 = call @divide (v0, v1)\n  call @print (v2)\n  return (v3)\nend\n";
    let run = run(program);
    assert_eq!((run.output.as_str(), run.outcome.status), ("4", 7));
}

#[test]
fn switches_choose_by_value_and_edges_assign_at_once() {
    let program = "func @swap (v0: i64) -> i64 pure\nb0:\n  v1 = const.i64 1\n  v2 = const.i64 2\n  jump b1 (v1, v2, v0)\nb1 (v3: i64, v4: i64, v5: i64):\n  switch.i64 v5 [0: b2, -1: b3, else: b4]\nb2:\n  return (v3)\nb3:\n  v8 = const.i64 33\n  return (v8)\nb4:\n  v6 = const.i64 1\n  v7 = sub.i64.wrapping v5 v6\n  jump b1 (v4, v3, v7)\nend\n";
    let code = "  v1 = const.i64 3\n  v2 = call @swap (v1)\n  call @print (v2)\n  v3 = const.i64 4\n  v4 = call @swap (v3)\n  call @print (v4)\n  v5 = const.i64 -1\n  v6 = call @swap (v5)\n  call @print (v6)\n";
    assert_eq!(output_of(code, program), "2 1 33");
}

#[test]
fn globals_become_immortal() {
    let globals = "global @list ref List\nglobal @limit i64\n";
    let code = "  v1 = const.i64 3\n  v2 = immediate List.Nil\n  v3 = call @count_down (v1, v2)\n  v4 = retain v3\n  global_set @list v3\n  release v4\n  v5 = global_get @list\n  v6 = const.i64 0\n  v7 = call @sum (v5, v6)\n  call @print (v7)\n  global_set @limit v7\n  v8 = global_get @limit\n  call @print (v8)\n";
    assert_eq!(output_of(code, globals), "6 6");
}

#[test]
fn a_function_of_another_unit_is_not_available() {
    let run = run_main("  v1 = call @elsewhere ()\n", "import @elsewhere () -> i64 pure\n");
    assert_eq!(run.outcome.end, End::Unavailable("@elsewhere is not available in the interpreter".into()));
    assert_eq!(run.outcome.status, 1);
}

#[test]
fn foreign_mathematics_is_available_and_nothing_else() {
    let foreign = "extern @pow (f64, f64) -> f64 foreign pure\nextern @getpid () -> i32 foreign effect IO\n";
    let code = "  v1 = const.f64 2.0\n  v2 = const.f64 10.0\n  v3 = call @pow (v1, v2)\n  call @print_f64 (v3)\n";
    assert_eq!(output_of(code, foreign), "1024.0");
    let run = run_main("  v1 = perform.capability @getpid ()\n", foreign);
    assert!(matches!(run.outcome.end, End::Unavailable(_)));
}

#[test]
fn a_program_without_end_is_given_up() {
    let options = kea_mir::interp::Options { instructions_max: Some(1000), ..Default::default() };
    let program = "entry @main\nfunc @main () -> () pure\nb0:\n  jump b1\nb1:\n  jump b1\nend\n";
    let run = crate::run_with(program, options, &mut Default::default());
    assert_eq!(run.outcome.end, End::Unavailable("gave up after 1000 instructions".into()));
}
