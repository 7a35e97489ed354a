//! Handlers, failures, escapes, variables.

use crate::output_of;

const EFFECTS: &str = r#"effect Log
  op write (i64) -> () tail
  op read () -> i64 tail
end
effect Parse
  op raise (own ref String) -> never zero
  op stop () -> never zero
end
effect Ask
  op ask (i64) -> i64 tail escapes
end
clause @log.write of Log.write (v0: ev Log, v1: i64) captures (var i64) pure
b0:
  v2 = capture v0 0
  v3 = var_get v2
  v4 = add.i64.checked v3 v1
  var_set v2 v4
  resume ()
end
clause @log.read of Log.read (v0: ev Log) captures (var i64) pure
b0:
  v1 = capture v0 0
  v2 = var_get v1
  resume (v2)
end
func @work (v0: ev Log, v1: i64) -> () pure
b0:
  perform.handler v0 Log.write (v1)
  v2 = perform.handler v0 Log.read ()
  perform.handler v0 Log.write (v2)
  return ()
end
func @parse (v0: i64) -> i64 fails Parse pure
b0:
  v1 = const.i64 10
  v2 = lt.i64.signed v0 v1
  branch v2 b1 b2
b1:
  return (v0)
b2:
  v3 = call @kea_string_from_i64 (v0)
  perform.fail Parse.raise (v3)
end
func @parse_twice (v0: i64, v1: i64) -> i64 fails Parse pure
b0:
  v9 = call @kea_string_from_i64 (v0)
  try_call @parse (v0) b1 fail b2
b1 (v2: i64):
  try_call @parse (v1) b3 (v2) fail b2
b2 (v3: own fail):
  release v9
  refail v3
b3 (v4: i64, v5: i64):
  v6 = add.i64.checked v4 v5
  release v9
  return (v6)
end
func @parse_or (v0: i64, v1: i64) -> i64 performs IO
b0:
  try_call @parse_twice (v0, v1) b1 fail b2
b1 (v2: i64):
  return (v2)
b2 (v3: own fail):
  switch_fail v3 [Parse.raise: b3, Parse.stop: b4]
b3 (v4: own ref String):
  call @print_text (v4)
  release v4
  v5 = const.i64 -1
  return (v5)
b4:
  v6 = const.i64 -2
  return (v6)
end
"#;

#[test]
fn clauses_share_a_variable_with_their_frame() {
    let code = "  v1 = const.i64 1\n  v2 = var_new i64 v1\n  v3 = evidence Log [@log.write, @log.read] (v2)\n  v4 = const.i64 5\n  call @work (v3, v4)\n  end_evidence v3\n  v5 = var_end v2\n  call @print (v5)\n";
    assert_eq!(output_of(code, EFFECTS), "12");
}

#[test]
fn failures_pass_cleanup_and_reach_their_handler() {
    let code = "  v1 = const.i64 3\n  v2 = const.i64 44\n  v3 = call @parse_or (v1, v1)\n  call @print (v3)\n  v4 = call @parse_or (v2, v1)\n  call @print (v4)\n  v5 = call @parse_or (v1, v2)\n  call @print (v5)\n";
    assert_eq!(output_of(code, EFFECTS), "6 44 -1 44 -1");
}

/// The clause of `Ask` fails past a handler of `Parse` that the body has.
const ESCAPE: &str = r#"clause @h.ask of Ask.ask (v0: ev Ask, v1: i64) fails Parse pure
b0:
  try_call @parse (v1) b1 fail b2
b1 (v2: i64):
  resume (v2)
b2 (v3: own fail):
  refail v3
end
func @body (v0: ev Ask, v1: i64) -> i64 fails escape performs IO
b0:
  try_perform v0 Ask.ask (v1) b1 fail b2
b1 (v2: i64):
  return (v2)
b2 (v3: own fail):
  call @print (v1)
  refail v3
end
func @inner_handler (v0: ev Ask, v1: i64) -> i64 fails Parse, escape performs IO
b0:
  try_call @body (v0, v1) b1 fail b2
b1 (v2: i64):
  return (v2)
b2 (v3: own fail):
  switch_fail v3 [Parse.raise: b3, else: b4]
b3 (v4: own ref String):
  release v4
  v5 = const.i64 -5
  return (v5)
b4 (v6: own fail):
  refail v6
end
func @owner (v0: i64) -> i64 fails Parse performs IO
b0:
  v1 = evidence Ask [@h.ask] ()
  try_call @inner_handler (v1, v0) b1 fail b2
b1 (v2: i64):
  end_evidence v1
  return (v2)
b2 (v3: own fail):
  switch_fail v3 [escape v1: b3, else: b4]
b3 (v4: own fail):
  end_evidence v1
  refail v4
b4 (v5: own fail):
  end_evidence v1
  refail v5
end
func @outer (v0: i64) -> i64 performs IO
b0:
  try_call @owner (v0) b1 fail b2
b1 (v1: i64):
  return (v1)
b2 (v2: own fail):
  switch_fail v2 [Parse.raise: b3, Parse.stop: b4]
b3 (v3: own ref String):
  call @print_text (v3)
  release v3
  v4 = const.i64 -9
  return (v4)
b4:
  v5 = const.i64 -8
  return (v5)
end
"#;

#[test]
fn a_clause_that_fails_escapes_past_inner_handlers() {
    let code = "  v1 = const.i64 3\n  v2 = call @outer (v1)\n  call @print (v2)\n  v3 = const.i64 50\n  v4 = call @outer (v3)\n  call @print (v4)\n";
    assert_eq!(output_of(code, &format!("{EFFECTS}{ESCAPE}")), "3 50 50 -9");
}

#[test]
fn variables_hold_managed_values() {
    let code = "  v1 = const.i64 1\n  v2 = call @kea_string_from_i64 (v1)\n  v3 = var_new ref String v2\n  v4 = var_get v3\n  call @print_text (v4)\n  release v4\n  v5 = var_take v3\n  v6 = string \"!\"\n  v7 = call @kea_string_append (v5, v6)\n  var_put v3 v7\n  v8 = const.i64 2\n  v9 = call @kea_string_from_i64 (v8)\n  v10 = var_new ref String v9\n  v11 = var_end v3\n  call @print_text (v11)\n  var_set v10 v11\n  v12 = var_take v10\n  release v12\n  var_drop v10\n";
    assert_eq!(output_of(code, ""), "1 1!");
}

#[test]
fn closures_fail_too() {
    let declarations = format!(
        "{EFFECTS}sig Parser (i64) -> i64 fails Parse pure\nfunc @parser (v0: env, v1: i64) -> i64 captures (i64) fails Parse pure\nb0:\n  v2 = capture v0 0\n  v3 = add.i64.checked v1 v2\n  tail_call @parse (v3)\nend\nfunc @try (v0: borrow fn Parser, v1: i64) -> i64 performs IO\nb0:\n  try_call_closure v0 (v1) b1 fail b2\nb1 (v2: i64):\n  return (v2)\nb2 (v3: own fail):\n  switch_fail v3 [Parse.raise: b3, Parse.stop: b4]\nb3 (v4: own ref String):\n  call @print_text (v4)\n  release v4\n  v5 = const.i64 -1\n  return (v5)\nb4:\n  v6 = const.i64 -2\n  return (v6)\nend\n"
    );
    let code = "  v1 = const.i64 1\n  v2 = closure Parser @parser (v1)\n  v3 = call @try (v2, v1)\n  call @print (v3)\n  v4 = const.i64 90\n  v5 = call @try (v2, v4)\n  call @print (v5)\n  release v2\n";
    assert_eq!(output_of(code, &declarations), "2 91 -1");
}
