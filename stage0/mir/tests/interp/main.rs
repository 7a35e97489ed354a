//! The interpreter, by programs in text.

mod arrays;
mod calls;
mod cells;
mod effects;
mod memory;
mod panics;
mod runtime;
mod scalars;
mod violations;

use kea_mir::interp::{End, Interpreter, MemoryHost, Options, Outcome};

/// What every program of these tests declares.
const PRELUDE: &str = r#"kea-mir 1.1
target x86_64-unknown-linux-gnu
file 1 "test.kea"
layout String array i8
layout Strings array ref String
layout Vec array i64
layout List
  variant 0 Nil immediate
  variant 1 Cons size 24 align 8
    field head i64 @8
    field tail ref List @16
end
layout Pair flat size 16 align 8
  variant 0 Pair
    field number i64 @0
    field text ref String @8
end
layout Option_i64 flat size 16 align 8
  tag i8 @0
  variant 0 None
  variant 1 Some
    field 0 i64 @8
end
layout Option_List flat size 8 align 8
  tag niche
  variant 0 None
  variant 1 Some
    field 0 ref List @0
end
extern @kea_io_stdout (borrow ref String) -> () effect IO
extern @kea_string_from_i64 (i64) -> own ref String pure
extern @kea_string_from_f64 (f64) -> own ref String pure
extern @kea_string_append (own ref String, borrow ref String) -> own ref String pure
func @print (v0: i64) -> () performs IO
b0:
  v1 = call @kea_string_from_i64 (v0)
  call @print_text (v1)
  release v1
  return ()
end
func @print_f64 (v0: f64) -> () performs IO
b0:
  v1 = call @kea_string_from_f64 (v0)
  call @print_text (v1)
  release v1
  return ()
end
func @print_text (v0: borrow ref String) -> () performs IO
b0:
  perform.capability @kea_io_stdout (v0)
  v1 = string " "
  perform.capability @kea_io_stdout (v1)
  return ()
end
func @count_down (v0: i64, v1: own ref List) -> own ref List pure
b0:
  jump b1 (v0, v1)
b1 (v2: i64, v3: own ref List):
  v4 = const.i64 0
  v5 = eq.i64 v2 v4
  branch v5 b2 b3
b2:
  return (v3)
b3:
  v6 = new List.Cons (v2, v3)
  v7 = freeze v6
  v8 = const.i64 1
  v9 = sub.i64.wrapping v2 v8
  jump b1 (v9, v7)
end
func @sum (v0: borrow ref List, v1: i64) -> i64 pure
b0:
  switch_tag v0 [0: b1, 1: b2]
b1:
  return (v1)
b2:
  v2 = field v0 Cons.head
  v3 = field v0 Cons.tail
  v4 = add.i64.checked v1 v2 !1:9:9
  tail_call @sum (v3, v4)
end
"#;

/// A run of a program and what it printed.
struct Run {
    outcome: Outcome,
    output: String,
    errors: String,
}

impl Run {
    /// The messages of the violations.
    fn violations(&self) -> Vec<String> {
        match &self.outcome.end {
            End::Violated(violations) => violations.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }
}

/// Runs a program: declarations behind the prelude.
fn run_with(declarations: &str, options: Options, host: &mut MemoryHost) -> Run {
    let text = format!("{PRELUDE}{declarations}");
    let module = kea_mir::reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let module = kea_mir::validate::validate(module).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let outcome = Interpreter::new(&module, options, host).run();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_string();
    Run { outcome, output: text(&host.output), errors: text(&host.errors) }
}

/// Runs declarations behind the prelude.
fn run(declarations: &str) -> Run {
    run_with(declarations, Options::default(), &mut MemoryHost::default())
}

/// Runs the code of a main function, and what else it needs.
fn run_main(code: &str, declarations: &str) -> Run {
    run(&main_of(code, declarations))
}

/// A program whose main function has that code.
fn main_of(code: &str, declarations: &str) -> String {
    format!("{declarations}entry @main\nfunc @main () -> () performs IO\nb0:\n{code}  return ()\nend\n")
}

/// What a main function with that code prints; it must return and leave nothing behind.
#[track_caller]
fn output_of(code: &str, declarations: &str) -> String {
    let run = run_main(code, declarations);
    assert_eq!(run.outcome.end, End::Returned, "{} {:?}", run.errors, run.violations());
    assert_eq!(run.outcome.stats.live_objects, 0);
    run.output
}

/// The violation that ends a program whose main function has that code.
#[track_caller]
fn violation_of(code: &str, declarations: &str) -> String {
    let run = run_main(code, declarations);
    match run.violations().first() {
        Some(violation) => violation.clone(),
        None => panic!("no violation: {:?} {} {}", run.outcome.end, run.output, run.errors),
    }
}
