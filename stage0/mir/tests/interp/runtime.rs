//! Functions of the runtime, over a world in memory.

use crate::{End, main_of, output_of, run_with};
use kea_mir::interp::{MemoryHost, Options};

const EXTERNS: &str = r#"extern @kea_string_equal (borrow ref String, borrow ref String) -> bool pure
extern @kea_string_compare (borrow ref String, borrow ref String) -> i64 pure
extern @kea_string_hash (borrow ref String) -> i64 pure
extern @kea_string_find (borrow ref String, borrow ref String, i64) -> i64 pure
extern @kea_string_valid_utf8 (borrow ref String) -> i64 pure
extern @kea_string_to_f64 (borrow ref String) -> (i64, i64) pure
extern @kea_digest_blake3 (borrow ref String) -> own ref String pure
extern @kea_io_stderr (borrow ref String) -> () effect IO
extern @kea_io_read_line () -> (i64, own ref String) effect IO
extern @kea_io_read_all () -> (i64, own ref String) effect IO
extern @kea_io_read_file (borrow ref String) -> (i64, own ref String) effect IO
extern @kea_io_write_file (borrow ref String, borrow ref String) -> (i64, own ref String) effect IO
extern @kea_io_append_file (borrow ref String, borrow ref String) -> (i64, own ref String) effect IO
extern @kea_io_make_dir (borrow ref String) -> (i64, own ref String) effect IO
extern @kea_io_list_dir (borrow ref String) -> (i64, own ref Strings) effect IO
extern @kea_io_file_size (borrow ref String) -> i64 effect IO
extern @kea_io_args () -> own ref Strings effect IO
extern @kea_io_env (borrow ref String) -> (i64, own ref String) effect IO
extern @kea_io_exit (i64) -> never effect IO
func @print_outcome (v0: i64, v1: own ref String) -> () performs IO
b0:
  call @print (v0)
  call @print_text (v1)
  release v1
  return ()
end
"#;

#[test]
fn strings() {
    let code = r#"  v1 = string "parrot"
  v2 = string "rot"
  v3 = const.i64 0
  v4 = call @kea_string_find (v1, v2, v3)
  call @print (v4)
  v5 = call @kea_string_compare (v1, v2)
  call @print (v5)
  v6 = call @kea_string_equal (v1, v1)
  v7 = extend_unsigned.bool->i64 v6
  call @print (v7)
  v8 = call @kea_string_hash (v2)
  call @print (v8)
  v9 = call @kea_string_valid_utf8 (v1)
  call @print (v9)
  v10 = string "2.5e1"
  v11, v12 = call @kea_string_to_f64 (v10)
  v13 = bitcast.i64->f64 v12
  call @print_f64 (v13)
  v14 = call @kea_digest_blake3 (v1)
  v15 = array_length v14
  call @print (v15)
  release v14
  v16 = retain v1
  v17 = call @kea_string_append (v16, v2)
  call @print_text (v17)
  v18 = call @kea_string_append (v17, v2)
  call @print_text (v18)
  release v18
"#;
    assert_eq!(output_of(code, EXTERNS), "3 -1 1 4962986071963024389 6 25.0 32 parrotrot parrotrotrot");
}

#[test]
fn console_arguments_and_environment() {
    let code = r#"  v1, v2 = perform.capability @kea_io_read_line ()
  call @print_outcome (v1, v2)
  v3, v4 = perform.capability @kea_io_read_all ()
  call @print_outcome (v3, v4)
  v5, v6 = perform.capability @kea_io_read_line ()
  call @print_outcome (v5, v6)
  v7 = perform.capability @kea_io_args ()
  v8 = const.i64 1
  v9 = elem v7 v8
  call @print_text (v9)
  release v7
  v10 = string "HOME"
  v11, v12 = perform.capability @kea_io_env (v10)
  call @print_outcome (v11, v12)
  perform.capability @kea_io_stderr (v10)
"#;
    let mut host = MemoryHost::new(&["a", "b"], "one\r\ntwo\nthree");
    host.environment.insert(b"HOME".to_vec(), b"/nest".to_vec());
    let run = run_with(&main_of(code, EXTERNS), Options::default(), &mut host);
    assert_eq!(run.outcome.end, End::Returned, "{:?}", run.violations());
    assert_eq!(run.output, "1 one 0 two\nthree 0  b 1 /nest");
    assert_eq!(run.errors, "HOME");
}

#[test]
fn files_and_their_errors() {
    let code = r#"  v1 = string "/d/f"
  v2 = string "text"
  v3 = string "/d"
  v4, v5 = perform.capability @kea_io_make_dir (v3)
  call @print_outcome (v4, v5)
  v6, v7 = perform.capability @kea_io_write_file (v1, v2)
  call @print_outcome (v6, v7)
  v8, v9 = perform.capability @kea_io_append_file (v1, v2)
  call @print_outcome (v8, v9)
  v10, v11 = perform.capability @kea_io_read_file (v1)
  call @print_outcome (v10, v11)
  v12, v13 = perform.capability @kea_io_read_file (v2)
  call @print_outcome (v12, v13)
  v14, v15 = perform.capability @kea_io_list_dir (v3)
  v16 = const.i64 0
  v17 = elem v15 v16
  call @print_text (v17)
  release v15
  v18 = perform.capability @kea_io_file_size (v1)
  call @print (v18)
  v19 = perform.capability @kea_io_file_size (v2)
  call @print (v19)
"#;
    assert_eq!(output_of(code, EXTERNS), "0  0  0  0 texttext 2 No such file or directory f 8 -1");
}

#[test]
fn an_exit_leaves_everything_as_it_is() {
    let main = "entry @main\nfunc @main () -> () performs IO\nb0:\n  v1 = const.i64 259\n  v2 = call @kea_string_from_i64 (v1)\n  perform.capability @kea_io_exit (v1)\n  unreachable\nend\n";
    let run = run_with(&format!("{EXTERNS}{main}"), Options::default(), &mut MemoryHost::default());
    assert_eq!((run.outcome.status, run.outcome.end), (3, End::Exited));
    assert_eq!(run.outcome.stats.live_objects, 1);
}
