//! Arrays and strings of bytes.

use crate::{End, output_of, run_main};

#[test]
fn elements_are_pushed_read_stored_and_popped() {
    let code = "  v1 = const.i64 3\n  v2 = array_new Vec v1\n  v3 = array_push v2 v1\n  v4 = const.i64 8\n  v5 = array_push v3 v4\n  v6 = array_length v5\n  call @print (v6)\n  v7 = array_capacity v5\n  call @print (v7)\n  v8 = const.i64 0\n  v9 = elem v5 v8\n  call @print (v9)\n  v10 = elem_store v5 v8 v4\n  v11 = elem v10 v8\n  call @print (v11)\n  v12, v13 = array_pop v10\n  call @print (v13)\n  v14 = array_length v12\n  call @print (v14)\n  release v12\n";
    assert_eq!(output_of(code, ""), "2 3 3 8 8 1");
}

#[test]
fn capacities_fill_words_and_double() {
    let code = "  v1 = const.i64 3\n  v2 = array_new String v1\n  v3 = array_capacity v2\n  call @print (v3)\n  v4 = const.i64 9\n  v5 = array_reserve v2 v4\n  v6 = array_capacity v5\n  call @print (v6)\n  v7 = const.i64 1\n  v8 = array_reserve v5 v7\n  v9 = array_capacity v8\n  call @print (v9)\n  release v8\n";
    assert_eq!(output_of(code, ""), "8 16 16");
}

#[test]
fn managed_elements_are_swapped_taken_and_put() {
    let code = "  v1 = const.i64 2\n  v2 = array_new Strings v1\n  v3 = call @kea_string_from_i64 (v1)\n  v4 = array_push v2 v3\n  v5 = const.i64 0\n  v6 = const.i64 77\n  v7 = call @kea_string_from_i64 (v6)\n  v8, v9 = elem_swap v4 v5 v7\n  call @print_text (v9)\n  v10, v11 = elem_take v8 v5\n  call @print_text (v11)\n  v12 = elem_put v10 v5 v9\n  v13 = elem v12 v5\n  call @print_text (v13)\n  release v11\n  release v12\n";
    assert_eq!(output_of(code, ""), "2 77 2");
}

#[test]
fn an_array_with_a_taken_element_is_dropped_safely() {
    let code = "  v1 = const.i64 1\n  v2 = array_new Strings v1\n  v3 = call @kea_string_from_i64 (v1)\n  v4 = array_push v2 v3\n  v5 = const.i64 0\n  v6, v7 = elem_take v4 v5\n  release v6\n  call @print_text (v7)\n  release v7\n";
    assert_eq!(output_of(code, ""), "1");
}

#[test]
fn a_shared_array_is_copied_on_write() {
    let code = "  v1 = const.i64 1\n  v2 = array_new Strings v1\n  v3 = call @kea_string_from_i64 (v1)\n  v4 = array_push v2 v3\n  v5 = freeze v4\n  v6 = retain v5\n  v7 = array_unshare v6\n  v8 = const.i64 0\n  v9 = const.i64 9\n  v10 = call @kea_string_from_i64 (v9)\n  v11, v12 = elem_swap v7 v8 v10\n  release v12\n  v13 = elem v5 v8\n  call @print_text (v13)\n  v14 = elem v11 v8\n  call @print_text (v14)\n  release v5\n  v15 = freeze v11\n  v16 = array_unshare v15\n  release v16\n";
    let run = run_main(code, "");
    assert_eq!((run.output.as_str(), run.outcome.end), ("1 9", End::Returned));
    assert_eq!(run.outcome.stats.copies_on_write, 1);
}

#[test]
fn ranges_are_cut_appended_and_moved() {
    let code = "  v1 = const.i64 0\n  v2 = array_new Vec v1\n  v3 = const.i64 3\n  v4 = array_extend v2 v3 v3\n  v5 = const.i64 2\n  v6 = array_extend v4 v5 v5\n  v7 = array_length v6\n  call @print (v7)\n  v8 = const.i64 5\n  v9 = array_move v6 v5 v8 v1\n  v10 = elem v9 v1\n  call @print (v10)\n  v11 = elem v9 v5\n  call @print (v11)\n  v12 = array_new Vec v1\n  v13 = array_append v12 v9 v5 v8\n  v14 = array_length v13\n  call @print (v14)\n  v15 = array_truncate v9 v5\n  v16 = array_length v15\n  call @print (v16)\n  release v15\n  release v13\n";
    assert_eq!(output_of(code, ""), "5 3 2 3 2");
}

#[test]
fn appended_and_truncated_elements_are_counted() {
    let code = "  v1 = const.i64 1\n  v2 = array_new Strings v1\n  v3 = call @kea_string_from_i64 (v1)\n  v4 = array_push v2 v3\n  v5 = const.i64 0\n  v6 = array_new Strings v5\n  v7 = array_append v6 v4 v5 v1\n  v8 = array_truncate v4 v5\n  release v8\n  v9 = elem v7 v5\n  call @print_text (v9)\n  release v7\n";
    assert_eq!(output_of(code, ""), "1");
}

#[test]
fn bytes_are_elements_of_strings() {
    let code = "  v1 = const.i64 2\n  v2 = array_new String v1\n  v3 = const.i8 72\n  v4 = array_push v2 v3\n  v5 = const.i8 105\n  v6 = array_push v4 v5\n  call @print_text (v6)\n  release v6\n";
    assert_eq!(output_of(code, ""), "Hi");
}
