//! Counting, cells, tokens, holes, flats, static data.

use crate::{End, output_of, run_main};

#[test]
fn a_list_is_built_and_summed_and_freed() {
    let code = "  v1 = const.i64 1000000\n  v2 = immediate List.Nil\n  v3 = call @count_down (v1, v2)\n  v4 = const.i64 0\n  v5 = call @sum (v3, v4)\n  call @print (v5)\n  release v3\n";
    let run = run_main(code, "");
    assert_eq!(run.output, "500000500000");
    assert_eq!(run.outcome.end, End::Returned);
    // A million cells and the text that was printed.
    assert_eq!((run.outcome.stats.allocations, run.outcome.stats.frees), (1_000_001, 1_000_001));
}

const INCREMENT: &str = r#"func @increment (v0: own ref List) -> own ref List pure
b0:
  switch_tag v0 [0: b1, 1: b2]
b1:
  return (v0)
b2:
  v1, v2, v3 = take v0 Cons
  v4 = const.i64 1
  v5 = add.i64.checked v1 v4
  v6, v7 = new List.Cons (v5, hole) reuse v3
  v8 = freeze v6
  jump b3 (v2, v7, v8)
b3 (v9: own ref List, v10: own hole ref List, v11: own ref List):
  switch_tag v9 [0: b4, 1: b5]
b4:
  fill v10 v9
  return (v11)
b5:
  v12, v13, v14 = take v9 Cons
  v15 = add.i64.checked v12 v4
  v16, v17 = new List.Cons (v15, hole) reuse v14
  v18 = freeze v16
  fill v10 v18
  jump b3 (v13, v17, v11)
end
"#;

#[test]
fn a_recursion_modulo_a_constructor_reuses_an_unshared_list() {
    let code = "  v1 = const.i64 10\n  v2 = immediate List.Nil\n  v3 = call @count_down (v1, v2)\n  v4 = call @increment (v3)\n  v5 = const.i64 0\n  v6 = call @sum (v4, v5)\n  call @print (v6)\n  release v4\n";
    let run = run_main(code, INCREMENT);
    assert_eq!((run.output.as_str(), run.outcome.end), ("65", End::Returned));
    assert_eq!((run.outcome.stats.allocations, run.outcome.stats.reuse_hits), (11, 10));
}

#[test]
fn a_recursion_modulo_a_constructor_copies_a_shared_list() {
    let code = "  v1 = const.i64 10\n  v2 = immediate List.Nil\n  v3 = call @count_down (v1, v2)\n  v7 = retain v3\n  v4 = call @increment (v3)\n  v5 = const.i64 0\n  v6 = call @sum (v4, v5)\n  call @print (v6)\n  v8 = call @sum (v7, v5)\n  call @print (v8)\n  release v4\n  release v7\n";
    let run = run_main(code, INCREMENT);
    assert_eq!((run.output.as_str(), run.outcome.end), ("65 55", End::Returned));
    assert_eq!((run.outcome.stats.allocations, run.outcome.stats.reuse_hits), (22, 0));
}

#[test]
fn fields_are_stored_and_swapped_in_place() {
    let code = "  v1 = const.i64 1\n  v2 = immediate List.Nil\n  v3 = new List.Cons (v1, v2)\n  v4 = const.i64 5\n  v5 = store v3 Cons.head v4\n  v6 = immediate List.Nil\n  v7 = new List.Cons (v4, v6)\n  v8 = freeze v7\n  v9, v10 = swap v5 Cons.tail v8\n  release v10\n  v11 = const.i64 0\n  v12 = call @sum (v9, v11)\n  call @print (v12)\n  v13 = tag v9\n  call @print (v13)\n  v14 = field v9 Cons.tail\n  v15 = same v9 v14\n  v16 = extend_unsigned.bool->i64 v15\n  call @print (v16)\n  release v9\n";
    assert_eq!(output_of(code, ""), "10 1 0");
}

#[test]
fn a_token_that_is_not_used_is_freed() {
    let code = "  v1 = const.i64 1\n  v2 = immediate List.Nil\n  v3 = new List.Cons (v1, v2)\n  v4, v5, v6 = take v3 Cons\n  call @print (v4)\n  release v5\n  free_token v6\n";
    assert_eq!(output_of(code, ""), "1");
}

#[test]
fn claiming_tells_unique_from_shared() {
    let claim = r#"func @claim (v0: own ref List) -> i64 pure
b0:
  v1 = const.i64 7
  try_claim v0 unique b1 (v1) shared b2
b1 (v2: uniq ref List, v3: i64):
  switch_tag v2 [0: b3, 1: b4]
b3:
  release v2
  return (v3)
b4:
  v4 = store v2 Cons.head v3
  v5 = field v4 Cons.head
  release v4
  return (v5)
b2 (v6: own ref List):
  release v6
  v7 = const.i64 0
  return (v7)
end
"#;
    let code = "  v1 = const.i64 1\n  v2 = immediate List.Nil\n  v3 = new List.Cons (v1, v2)\n  v4 = freeze v3\n  v5 = retain v4\n  v6 = call @claim (v4)\n  call @print (v6)\n  v7 = call @claim (v5)\n  call @print (v7)\n  v8 = immediate List.Nil\n  v9 = call @claim (v8)\n  call @print (v9)\n";
    assert_eq!(output_of(code, claim), "0 7 0");
}

#[test]
fn flats_are_packed_and_taken_apart() {
    let code = "  v1 = const.i64 4\n  v2 = call @kea_string_from_i64 (v1)\n  v3 = pack Pair.Pair (v1, v2)\n  v4 = part v3 Pair.number\n  call @print (v4)\n  v5 = retain v3\n  v6, v7 = unpack v3 Pair\n  call @print_text (v7)\n  release v7\n  v8 = part v5 Pair.text\n  call @print_text (v8)\n  release v5\n  v9 = pack Option_i64.Some (v1)\n  v10 = tag v9\n  call @print (v10)\n  v11 = pack Option_List.None ()\n  v12 = tag v11\n  call @print (v12)\n  release v11\n";
    assert_eq!(output_of(code, ""), "4 4 4 1 0");
}

#[test]
fn static_data_is_immortal() {
    let data = r#"data @list
  0 cell List.Cons (2, #1)
  1 cell List.Cons (3, List.Nil)
end
data @vector
  0 array Vec (4, -5)
end
data @texts
  0 array Strings ("a", "b")
end
"#;
    let code = "  v1 = data @list\n  v2 = const.i64 0\n  v3 = call @sum (v1, v2)\n  call @print (v3)\n  v4 = retain v1\n  v5 = retain v4\n  release v4\n  release v5\n  v6 = data @vector\n  v7 = const.i64 1\n  v8 = elem v6 v7\n  call @print (v8)\n  v9 = data @texts\n  v10 = elem v9 v7\n  call @print_text (v10)\n";
    assert_eq!(output_of(code, data), "5 -5 b");
}
