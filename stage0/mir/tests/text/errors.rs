//! What is wrong with a text, said in one line.

use super::{HEAD, error};

/// Layouts, a signature and effects that the modules below use. They take the lines from 3 to 19.
const DECLARATIONS: &str = "layout String array i8
layout List
  variant 0 Nil immediate
  variant 1 Cons size 24 align 8
    field head i64 @8
    field tail ref List @16
end
layout Pair flat size 16 align 8
  variant 0 Pair
    field a i64 @0
    field b f64 @8
end
sig Compare (own ref String) -> i64 pure
effect Log
  op write (borrow ref String) -> () tail
end
global @limit i64
";

/// The error of a module with these declarations behind its head.
fn declaration_error(text: &str) -> String {
    error(&format!("{HEAD}{text}"))
}

/// The error of a function with these lines between its head and `end`; the first is line 21.
fn body_error(lines: &str) -> String {
    error(&format!("{HEAD}{DECLARATIONS}func @f (v0: own ref List, v1: i64) -> () pure\n{lines}\nend\n"))
}

/// The error of a function whose entry has that instruction, in line 22.
fn inst_error(line: &str) -> String {
    body_error(&format!("b0:\n  {line}\n  unreachable"))
}

#[test]
fn the_first_line_names_the_version() {
    let unreadable = |version: &str| {
        format!(
            "1: error[version]: kea-mir {version} cannot be read: this tool reads 1.1; use the tools of that version or regenerate the module"
        )
    };
    assert_eq!(error("kea-mir 2.0\n"), unreadable("2.0"));
    assert_eq!(error("kea-mir 0.9\n"), unreadable("0.9"));
    assert_eq!(error("kea-mir 1.2\nwhatever it says"), unreadable("1.2"));
    let first_line = "the first line of a module is `kea-mir 1.1`";
    assert_eq!(error(""), format!("1: error[syntax]: {first_line}"));
    assert_eq!(error("\nkea-mir 1.0"), format!("1: error[syntax]: {first_line}"));
    assert_eq!(error("kea-mir 1"), format!("1: error[syntax]: `1` is no version: {first_line}"));
    assert_eq!(error("kea-mir 1.+0"), format!("1: error[syntax]: `1.+0` is no version: {first_line}"));
    assert_eq!(error("kea-mir 1.0 x"), "1: error[syntax]: expected the end of the line, found `x`");
}

#[test]
fn an_instruction_needs_the_version_that_has_it() {
    let line = "v9 = parallel Vec v0 v1";
    let expected = "error[version]: `parallel` needs kea-mir 1.1, and this module is 1.0";
    assert!(inst_error(line).contains(expected), "{}", inst_error(line));
}

#[test]
fn text_is_utf8() {
    let mut text = format!("{HEAD}; comment ").into_bytes();
    text.push(0xff);
    let found = kea_mir::reader::read(&text).expect_err("it is not UTF-8");
    assert_eq!(found.to_string(), "3: error[syntax]: the text is not UTF-8: byte 11 of this line");
}

#[test]
fn declarations_are_complete() {
    assert_eq!(error("kea-mir 1.0\n"), "1: error[structure]: the module names no target: `target TRIPLE` is missing");
    assert_eq!(
        declaration_error("layout L\n  variant 0 A immediate\n"),
        "5: error[structure]: expected `end` of layout `L`, which begins in line 3, found the end of the text"
    );
    assert_eq!(
        declaration_error("func @f () -> () pure\nb0:\n  return ()\nfunc @g () -> () pure\n"),
        "6: error[structure]: expected `end` of function `f`, which begins in line 3, found `func`"
    );
    assert_eq!(
        declaration_error("func @f () -> () pure\nend\n"),
        "3: error[structure]: the function has no blocks: its body begins with `b0:` (in @f)"
    );
    assert_eq!(declaration_error("data @d\nend\n"), "3: error[structure]: data `d` has no objects");
    assert_eq!(
        declaration_error("layout L\n  variant 1 A immediate\nend\n"),
        "4: error[structure]: the variants of `L` are numbered from 0 in order: expected 0, found 1"
    );
    assert_eq!(
        declaration_error("layout L\n  field a i64 @8\nend\n"),
        "4: error[structure]: a field stands behind the variant that it belongs to"
    );
    assert_eq!(
        declaration_error("layout F flat size 8 align 8\n  variant 0 A\n    field a flat F @0\nend\n"),
        "3: error[structure]: the flat `F` contains itself"
    );
}

#[test]
fn names_are_declared_once() {
    let twice = |text: &str| declaration_error(&format!("{text}{text}"));
    assert_eq!(twice("layout L array i8\n"), "4: error[name]: layout `L` is declared twice");
    assert_eq!(twice("sig S () -> () pure\n"), "4: error[name]: signature `S` is declared twice");
    assert_eq!(twice("effect E\nend\n"), "5: error[name]: effect `E` is declared twice");
    assert_eq!(twice("global @g i64\n"), "4: error[name]: global `g` is declared twice");
    assert_eq!(twice("import @f () -> () pure\n"), "4: error[name]: function `f` is declared twice");
    assert_eq!(twice("entry @f\n"), "4: error[name]: `entry` is declared twice");
    assert_eq!(twice("file 1 \"a\"\n"), "4: error[name]: file 1 is declared twice");
    assert_eq!(
        declaration_error("layout L\n  variant 0 A immediate\n  variant 1 A immediate\nend\n"),
        "5: error[name]: variant `A` is declared twice"
    );
    assert_eq!(
        declaration_error("layout L\n  variant 0 A size 24 align 8\n    field a i64 @8\n    field a i64 @16\nend\n"),
        "6: error[name]: field `a` is declared twice"
    );
}

#[test]
fn what_is_named_is_declared() {
    assert_eq!(declaration_error("entry @main\n"), "3: error[name]: there is no function `main`");
    assert_eq!(declaration_error("global @g ref L\n"), "3: error[name]: there is no layout `L`");
    assert_eq!(declaration_error("global @g fn S\n"), "3: error[name]: there is no signature `S`");
    assert_eq!(declaration_error("sig S (ev E) -> () pure\n"), "3: error[name]: there is no effect `E`");
    assert_eq!(
        declaration_error("sig S (i64) -> borrow(1) fn S pure\n"),
        "3: error[name]: there is no parameter 1: they are 1, counted from 0"
    );
    assert_eq!(inst_error("v2 = immediate Tree.Leaf"), "22: error[name]: there is no layout `Tree` (in @f)");
    assert_eq!(inst_error("v2 = immediate List.Leaf"), "22: error[name]: layout `List` has no variant `Leaf` (in @f)");
    assert_eq!(inst_error("v2 = field v0 Cons.size"), "22: error[name]: variant `Cons` has no field `size` (in @f)");
    assert_eq!(inst_error("v2 = call @g ()"), "22: error[name]: there is no function `g` (in @f)");
    assert_eq!(inst_error("v2 = global_get @g"), "22: error[name]: there is no global `g` (in @f)");
    assert_eq!(inst_error("v2 = data @d"), "22: error[name]: there is no data `d` (in @f)");
    assert_eq!(inst_error("v2 = closure S @f ()"), "22: error[name]: there is no signature `S` (in @f)");
    assert_eq!(inst_error("v2 = evidence E [] ()"), "22: error[name]: there is no effect `E` (in @f)");
    assert_eq!(
        inst_error("perform.handler v0 Log.read ()"),
        "22: error[name]: effect `Log` has no operation `read` (in @f)"
    );
    assert_eq!(inst_error("release v0 !7:1:1"), "22: error[name]: there is no file 7 (in @f)");
    assert_eq!(inst_error("jump b7"), "22: error[name]: there is no block b7 in this function (in @f)");
    assert_eq!(inst_error("release v7"), "22: error[name]: v7 is not defined on an earlier line (in @f)");
    assert_eq!(
        inst_error("v2 = add.i64.wrapping v2 v1"),
        "22: error[name]: v2 is not defined on an earlier line (in @f)"
    );
    assert_eq!(inst_error("v1 = const.i64 0"), "22: error[name]: v1 is defined twice (in @f)");
    assert_eq!(
        body_error("b0:\n  return ()\nb0:\n  return ()"),
        "20: error[name]: there are two blocks b0 in this function (in @f)"
    );
    assert_eq!(inst_error("frobnicate"), "22: error[name]: there is no instruction `frobnicate` (in @f)");
    assert_eq!(
        inst_error("v2 = neg.i64.signed v1"),
        "22: error[name]: there is no instruction `neg.i64.signed`: its forms are `neg.i8.wrapping`, `neg.i8.checked`, `neg.i16.wrapping`, `neg.i16.checked`, `neg.i32.wrapping`, `neg.i32.checked`, `neg.i64.wrapping`, `neg.i64.checked`, `neg.f32`, `neg.f64` (in @f)"
    );
    assert_eq!(
        declaration_error("layout L array ref L\ndata @d\n  0 array L (#0, #1)\nend\n"),
        "5: error[name]: there is no object `#1` in `d`"
    );
}

#[test]
fn numbers_fit_their_places() {
    assert_eq!(declaration_error("file 0 \"a\"\n"), "3: error[number]: the number of a file is from 1 to 65535");
    assert_eq!(declaration_error("file 65536 \"a\"\n"), "3: error[number]: the number of a file is from 1 to 65535");
    assert_eq!(
        declaration_error("layout L flat size 4294967296 align 8\nend\n"),
        "3: error[number]: `4294967296` is too large for a size in bytes: at most 4294967295"
    );
    assert_eq!(
        declaration_error("layout L flat size 8 align 3\nend\n"),
        "3: error[number]: an alignment is a power of two, not 3"
    );
    assert_eq!(
        inst_error("v2 = const.i8 128"),
        "22: error[number]: `128` is no literal of type `i8`: integers are written signed, from -128 to 127 (in @f)"
    );
    assert_eq!(
        inst_error("v2 = const.i64 99999999999999999999999"),
        "22: error[number]: `99999999999999999999999` is no literal of type `i64`: integers are written signed, from -9223372036854775808 to 9223372036854775807 (in @f)"
    );
    assert_eq!(
        inst_error("v2 = const.f32 0x100000000"),
        "22: error[number]: `0x100000000` is no bits of a `f32`: up to 8 digits (in @f)"
    );
    assert_eq!(
        inst_error("release v99999999999"),
        "22: error[number]: `99999999999` is too large for a value (`vN`): at most 4294967295 (in @f)"
    );
    assert_eq!(
        inst_error("release v0 !1:0:1"),
        "22: error[number]: file, line and column of a location count from 1 (in @f)"
    );
}

#[test]
fn text_has_its_form() {
    assert_eq!(
        declaration_error("  layout L array i8\n"),
        "3: error[syntax]: expected a declaration, which begins in column 1"
    );
    assert_eq!(
        declaration_error("layout L array\n"),
        "3: error[syntax]: expected a type that may lie in memory (a scalar, `ref`, `flat` or `fn`), found the end of the line"
    );
    assert_eq!(
        declaration_error("layout L\n  variant 0 a.b immediate\nend\n"),
        "4: error[syntax]: `a.b` has a dot, which separates it from its owner"
    );
    assert_eq!(declaration_error("sig S (i64) pure\n"), "3: error[syntax]: expected `->`, found `pure`");
    assert_eq!(
        declaration_error("sig S (i64) -> i64\n"),
        "3: error[syntax]: expected `pure` or `performs CAPABILITY, …`, found the end of the line"
    );
    assert_eq!(
        declaration_error("file 1 \"a\n"),
        "3: error[syntax]: the string has no end: expected `\"` in the same line"
    );
    assert_eq!(
        declaration_error("file 1 \"\\x\"\n"),
        r#"3: error[syntax]: an escape is one of `\n \t \r \\ \" \0 \u{HEX}`"#
    );
    assert_eq!(
        declaration_error("file 1 \"\\u{d800}\"\n"),
        "3: error[syntax]: expected `\\u{HEX}` with one to six digits, the number of a Unicode character"
    );
    assert_eq!(inst_error("release b0"), "22: error[syntax]: expected a value (`vN`), found `b0` (in @f)");
    assert_eq!(inst_error("release -1"), "22: error[syntax]: expected a value (`vN`), found `-1` (in @f)");
    assert_eq!(inst_error("release v0x"), "22: error[syntax]: expected a value (`vN`), found `0x` (in @f)");
    assert_eq!(inst_error("release v0 v1"), "22: error[syntax]: expected the end of the line, found `v1` (in @f)");
    assert_eq!(inst_error("release"), "22: error[syntax]: expected a value (`vN`), found the end of the line (in @f)");
    assert_eq!(inst_error("return (v1 v1)"), "22: error[syntax]: expected `,` or `)`, found `v1` (in @f)");
    assert_eq!(inst_error("v2 const.i64 1"), "22: error[syntax]: expected `=`, found `const.i64` (in @f)");
    assert_eq!(inst_error("v2 = @x"), "22: error[syntax]: expected an instruction, found `@x` (in @f)");
    assert_eq!(inst_error("v2 = const.bool 1"), "22: error[syntax]: expected `true` or `false`, found `1` (in @f)");
    assert_eq!(
        inst_error("v2 = const.f64 1"),
        "22: error[syntax]: expected a float (a literal of type `f64`: a decimal with a point or an exponent, `inf`, `-inf`, `nan` or `0x…`), found `1` (in @f)"
    );
    assert_eq!(inst_error("try_claim v0 b0 b0"), "22: error[syntax]: expected `unique`, found `b0` (in @f)");
}

#[test]
fn operands_say_what_an_instruction_gives() {
    assert_eq!(
        inst_error("v2, v3 = const.i64 1"),
        "22: error[type]: `const.i64` gives 1 result, but 2 names stand on the left (in @f)"
    );
    assert_eq!(
        inst_error("take v0 Cons"),
        "22: error[type]: `take` gives 3 results, but 0 names stand on the left (in @f)"
    );
    assert_eq!(
        inst_error("v2 = field v1 Cons.head"),
        "22: error[type]: the operand of `field` is of type `i64`, which has no variants (in @f)"
    );
    assert_eq!(inst_error("v2 = elem v0 v1"), "22: error[type]: ref List is not an array (in @f)");
    assert_eq!(
        inst_error("v2 = capture v1 0"),
        "22: error[type]: there is no captured value 0: the function captures 0 (in @f)"
    );
    assert_eq!(inst_error("v2, v3 = new List.Cons (hole, hole)"), "22: error[type]: only one field stays open (in @f)");
    assert_eq!(
        inst_error("v2, v3 = new List.Cons (v1, v1, hole)"),
        "22: error[type]: the variant has 2 fields: there is none for this hole (in @f)"
    );
}

#[test]
fn ownership_is_stated_where_a_type_is_managed() {
    let managed = "`ref S` is managed: write `own`, `uniq` or `borrow` before it";
    let plain = "no ownership is written before `i64`, which is not managed by counts";
    assert_eq!(
        declaration_error("layout S array i8\nsig F (ref S) -> () pure\n"),
        format!("4: error[type]: {managed}")
    );
    assert_eq!(declaration_error("sig F (own i64) -> () pure\n"), format!("3: error[type]: {plain}"));
    assert_eq!(
        declaration_error("sig F () -> borrow() i64 pure\n"),
        "3: error[syntax]: expected `borrow(static)`, or the numbers of parameters in the parentheses, found `i64`"
    );
}

#[test]
fn blocks_have_one_terminator() {
    assert_eq!(
        body_error("  return ()\nb0:"),
        "21: error[structure]: an instruction stands behind the head of its block (`b0:`) (in @f)"
    );
    assert_eq!(
        body_error("b0:\n  release v0\nb1:\n  return ()"),
        "23: error[structure]: the block before this line does not end in a terminator (`jump`, `return`, …) (in @f)"
    );
    assert_eq!(
        body_error("b0:"),
        "22: error[structure]: the block before this line does not end in a terminator (`jump`, `return`, …) (in @f)"
    );
    assert_eq!(
        body_error("b0:\n  return ()\n  release v0"),
        "23: error[structure]: nothing stands behind the terminator of a block: expected the head of a block (`bN:`) or `end` (in @f)"
    );
    assert_eq!(
        body_error("b0 (v2: i64):\n  return ()"),
        "21: error[structure]: the first block is the entry, which has no parameters (in @f)"
    );
}

#[test]
fn every_message_is_one_line() {
    let name = "x".repeat(10_000);
    for text in [format!("global @g ref {name}\n"), "lay\u{1b}out\n".into(), "global @g \u{85}\n".into()] {
        let message = declaration_error(&text);
        assert!(message.len() < 300 && !message.contains(char::is_control), "{message:?}");
    }
}
