//! Unmanaged memory.

use crate::{output_of, run_main, violation_of};

#[test]
fn bytes_are_written_read_and_copied() {
    let code = "  v1 = const.i64 16\n  v2 = raw_alloc v1\n  v3 = const.i64 258\n  raw_store.i64 v2 0 v3\n  v4 = raw_load.i8 v2 1\n  v5 = extend_unsigned.i8->i64 v4\n  call @print (v5)\n  v6 = const.i64 8\n  v7 = raw_offset v2 v6\n  raw_copy v7 v2 v6\n  v8 = raw_load.i64 v2 8\n  call @print (v8)\n  raw_store.ptr v2 0 v7\n  v9 = raw_load.ptr v2 0\n  v10 = eq.ptr v9 v7\n  v11 = extend_unsigned.bool->i64 v10\n  call @print (v11)\n  v12 = const.f32 1.5\n  raw_store.f32 v7 0 v12\n  v13 = raw_load.f32 v2 8\n  v14 = promote.f32->f64 v13\n  call @print_f64 (v14)\n  raw_free v2\n  v15 = const.ptr 0\n  raw_free v15\n";
    assert_eq!(output_of(code, ""), "1 258 1 1.5");
}

#[test]
fn a_read_of_what_was_never_written_is_a_violation() {
    let code = "  v1 = const.i64 8\n  v2 = raw_alloc v1\n  v3 = raw_load.i64 v2 0\n  raw_free v2\n";
    assert!(
        violation_of(code, "")
            .contains("byte 0 of what is read was never written (in @main, b0: v2 = raw_load.i64 v1 0")
    );
}

#[test]
fn an_access_outside_a_block_is_a_violation() {
    let code = "  v1 = const.i64 8\n  v2 = raw_alloc v1\n  raw_store.i64 v2 4 v1\n  raw_free v2\n";
    assert!(violation_of(code, "").contains("is not within a block of memory"));
    let code = "  v1 = const.i64 8\n  v2 = raw_alloc v1\n  raw_free v2\n  raw_store.i64 v2 0 v1\n";
    assert!(violation_of(code, "").contains("where the memory was freed"));
    let code = "  v1 = const.i64 8\n  v2 = raw_alloc v1\n  raw_free v2\n  raw_free v2\n";
    assert!(violation_of(code, "").contains("was freed before"));
}

#[test]
fn memory_that_is_not_freed_is_a_leak() {
    let run = run_main("  v1 = const.i64 8\n  v2 = raw_alloc v1\n", "");
    assert_eq!(run.violations(), ["violation: leak: a block of unmanaged memory, 1 alive"]);
    assert_eq!(run.outcome.status, 1);
}
