//! Random programs that are valid by construction: straight lines, branches and loops over scalars and owned values.
//!
//! A program follows from a row of bytes, each of which decides something; where the row ends, every decision is the
//! first. Shorter rows and smaller bytes give simpler programs, so that whoever shrinks the row shrinks the program.

mod writer;

use writer::{Kind, Writer};

/// How many functions a program has at most, besides those that every program has.
const FUNCTIONS_MAX: usize = 3;

/// What every program has: layouts, and functions that print.
const PRELUDE: &str = "\
kea-mir 1.0
target x86_64-unknown-linux-gnu
file 1 \"random.kea\"

layout String array i8
layout Vec array i64
layout List
  variant 0 Nil immediate
  variant 1 Cons size 24 align 8
    field head i64 @8
    field tail ref List @16
end
layout Box
  variant 0 Box size 24 align 8
    field value i64 @8
    field link ref List @16
end
layout Pair flat size 16 align 8
  variant 0 Pair
    field first i64 @0
    field second ref List @8
end

sig Step (i64) -> i64 pure

extern @kea_string_from_i64 (i64) -> own ref String pure
extern @kea_io_stdout (borrow ref String) -> () effect IO

entry @main

local func @show (v0: i64) -> () performs IO
b0:
  v1 = call @kea_string_from_i64 (v0)
  perform.capability @kea_io_stdout (v1)
  release v1
  v2 = string \"\\n\"
  perform.capability @kea_io_stdout (v2)
  return ()
end

local func @weigh (v0: borrow ref List, v1: i64) -> i64 pure
b0:
  switch_tag v0 [0: b1, 1: b2]
b1:
  return (v1)
b2:
  v2 = field v0 Cons.head
  v3 = field v0 Cons.tail
  v4 = const.i64 31
  v5 = mul.i64.wrapping v1 v4
  v6 = add.i64.wrapping v5 v2
  tail_call @weigh (v3, v6)
end

local func @step (v0: env, v1: i64) -> i64 captures (i64) pure
b0:
  v2 = capture v0 0
  v3 = xor.i64 v1 v2
  return (v3)
end
";

/// A program's text.
pub fn program(choices: &[u8]) -> String {
    let mut choices = Choices { bytes: choices, at: 0 };
    let mut text = PRELUDE.to_string();
    let count = 1 + choices.below(FUNCTIONS_MAX);
    for number in 0..count {
        text.push_str(&Writer::new(&mut choices, number).function());
    }
    text.push_str(&main_function(&mut choices, count));
    text
}

/// Decisions.
struct Choices<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Choices<'_> {
    /// A number below `count`; 0 when nothing is left to decide.
    fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn one_of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }

    fn integer(&mut self) -> i64 {
        const CORNERS: [i64; 8] = [0, 1, -1, 7, 255, i32::MAX as i64, i64::MAX, i64::MIN];
        match self.below(3) {
            0 => self.below(200) as i64 - 100,
            1 => self.one_of(&CORNERS),
            _ => (0..8).fold(0, |number, _| number << 8 | self.below(256) as i64),
        }
    }
}

/// Calls every function twice and prints what comes of it.
fn main_function(choices: &mut Choices<'_>, functions: usize) -> String {
    let mut writer = Writer::new(choices, functions);
    writer.open("func @main () -> () performs IO\nb0:");
    for callee in 0..functions {
        for _ in 0..2 {
            writer.call(callee);
        }
        let integers = writer.integers.split_off(0);
        integers.iter().for_each(|value| writer.line(format_args!("call @show ({value})")));
    }
    for (value, _) in writer.owned.split_off(0).into_iter().filter(|(_, kind)| *kind == Kind::List) {
        let start = writer.define("const.i64 7");
        let weight = writer.define(format_args!("call @weigh ({value}, {start})"));
        writer.line(format_args!("call @show ({weight})"));
        writer.line(format_args!("release {value}"));
    }
    writer.line("return ()");
    writer.out + "end\n"
}
