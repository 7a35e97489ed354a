//! Text that is canonical, and text that becomes so.

use super::{HEAD, assert_canonical, documented_module, read};
use kea_mir::entity::{Block, FuncId, Value};
use kea_mir::module::{Immediate, Location};
use kea_mir::types::{Anchor, Ownership, Scalar, Type};
use kea_mir::writer;

#[test]
fn the_module_of_the_documentation_is_canonical() {
    assert_canonical(&documented_module());
}

#[test]
fn the_smallest_module_is_canonical() {
    assert_canonical(HEAD);
}

#[test]
fn comments_spaces_and_numbers_do_not_matter() {
    let text = "kea-mir 1.0   ; the version\r\n\n; a comment\ntarget   x86_64-unknown-linux-gnu\n\
        func @f(v7:i64,v4000000000 : i64)->(i64)pure;comment\n\
        b9:\n\
        \tv3=add.i64.wrapping v7   v4000000000 ; sum\n\
        \n   jump b4 ( v3 )\n\
        ; between\n\
        b4 ( v0 : i64 ) cold :\n  return(v0)\nend ; of f";
    let canonical = format!(
        "{HEAD}\nfunc @f (v0: i64, v1: i64) -> i64 pure\nb0:\n  v2 = add.i64.wrapping v0 v1\n  jump b1 (v2)\n\
        b1 (v3: i64) cold:\n  return (v3)\nend\n"
    );
    assert_eq!(writer::write(&read(text)), canonical);
    assert_canonical(&canonical);
}

#[test]
fn declarations_are_put_in_order_by_kind() {
    let text = format!(
        "{HEAD}func @f (v0: fn S) -> i64 pure\nb0:\n  v1 = global_get @g\n  return (v1)\nend\nentry @main\nglobal @g i64\n\
        import @main () -> () pure\nextern @x () -> () pure\neffect E\n  op o () -> () tail\nend\n\
        sig S (ev E) -> i64 pure\nlayout L\n  variant 0 A immediate\nend\nfile 2 \"b\"\nfile 1 \"a\"\n"
    );
    let text = text.replace("v0: fn S", "v0: own fn S");
    let canonical = format!(
        "{HEAD}file 2 \"b\"\nfile 1 \"a\"\n\nlayout L\n  variant 0 A immediate\nend\n\nsig S (ev E) -> i64 pure\n\n\
        effect E\n  op o () -> () tail\nend\n\nextern @x () -> () pure\nimport @main () -> () pure\n\nglobal @g i64\n\n\
        entry @main\n\nfunc @f (v0: own fn S) -> i64 pure\nb0:\n  v1 = global_get @g\n  return (v1)\nend\n"
    );
    assert_eq!(writer::write(&read(&text)), canonical);
    assert_canonical(&canonical);
}

#[test]
fn floats_of_every_spelling_become_the_shortest() {
    let spellings = [
        ("f64", "100.0", "100.0"),
        ("f64", "1.50", "1.5"),
        ("f64", "1e0", "1.0"),
        ("f64", "1e+2", "100.0"),
        ("f64", "-0.0", "-0.0"),
        ("f64", "5e-324", "5e-324"),
        ("f64", "0x7ff0000000000000", "inf"),
        ("f64", "0x3ff0000000000000", "1.0"),
        ("f64", "0x7ff8000000000000", "nan"),
        ("f64", "0xfff8000000000000", "0xfff8000000000000"),
        ("f64", "0x7ff0000000000001", "0x7ff0000000000001"),
        ("f32", "0.1", "0.1"),
        ("f32", "16777217.0", "16777216.0"),
        ("f32", "1e39", "inf"),
        ("f32", "0x7fc00000", "nan"),
        ("f32", "0xffc00001", "0xffc00001"),
    ];
    for (ty, spelling, canonical) in spellings {
        let module = |float: &str| {
            format!("{HEAD}\nfunc @f () -> {ty} pure\nb0:\n  v0 = const.{ty} {float}\n  return (v0)\nend\n")
        };
        assert_eq!(writer::write(&read(&module(spelling))), module(canonical), "{spelling}");
        assert_canonical(&module(canonical));
    }
}

#[test]
fn a_body_knows_types_ownership_and_lines() {
    let module = read(&documented_module());
    let function = module.functions.iter().find(|function| &*function.name == "List.sum.i64").expect("it is there");
    let body = function.body.as_ref().expect("it has a body");
    let list = module.layouts.iter().position(|layout| &*layout.name == "List_i64").expect("it is there");
    assert_eq!(body.values.len(), 5);
    assert_eq!(body.ownership(Value(0)), Ownership::Borrow);
    assert_eq!(module.type_name(body.ty(Value(3))), format!("ref {}", module.layouts[list].name));
    assert_eq!(body.ownership(Value(3)), Ownership::Borrow);
    assert_eq!(body.ty(Value(4)), Type::from(Scalar::I64));
    assert_eq!(body.ownership(Value(4)), Ownership::Plain);
    let text = documented_module();
    let line = |wanted: &str| text.lines().position(|line| line.contains(wanted)).expect("it is there") as u32 + 1;
    assert_eq!(function.line, line("func @List.sum.i64"));
    assert_eq!(body.lines[4], line("add.i64.checked"));
    assert_eq!(function.location, Location { file: 1, line: 12, column: 1 });
    assert_eq!(body.insts[4].location, Location { file: 1, line: 14, column: 20 });
}

#[test]
fn anchors_of_parameters_may_stand_behind_them() {
    let text = format!(
        "{HEAD}\nlayout String array i8\n\nfunc @f (v0: own ref String) -> () pure\nb0:\n  jump b1 (v0, v0)\n\
        b1 (v1: borrow(v2) ref String, v2: own ref String):\n  release v2\n  return ()\nend\n"
    );
    let module = read(&text);
    let body = module.functions[0].body.as_ref().expect("it has a body");
    assert_eq!(body.anchors[&Value(1)].as_slice(), [Anchor::Value(Value(2))]);
    assert_eq!(body.params(Block(1)).len(), 2);
    assert_canonical(&text);
}

#[test]
fn results_of_a_clause_count_the_evidence() {
    let text = format!(
        "{HEAD}layout String array i8\neffect E\n  op o (borrow ref String) -> borrow(0) ref String tail\nend\n\
        clause @c of E.o (v0: ev E, v1: borrow ref String) pure\nb0:\n  resume (v1)\nend\n"
    );
    let module = read(&text);
    assert_eq!(module.functions[0].signature.results()[0].anchors.as_slice(), [1]);
}

#[test]
fn equal_strings_are_kept_once() {
    let text = format!(
        "{HEAD}layout String array i8\nfunc @f () -> () pure\nb0:\n  v0 = string \"a\\n\"\n  v1 = string \"a\\u{{a}}\"\n  return ()\nend\n"
    );
    let module = read(&text);
    let body = module.functions[0].body.as_ref().expect("it has a body");
    assert_eq!(module.texts.len(), 1);
    assert_eq!(body.insts[0].immediate, body.insts[1].immediate);
    assert!(matches!(body.insts[0].immediate, Immediate::Text(text) if module.text(text) == "a\n"));
}

#[test]
fn a_function_and_an_instruction_can_be_written_alone() {
    let module = read(&documented_module());
    let index = module.functions.iter().position(|function| &*function.name == "List.sum.i64").expect("it is there");
    let text = writer::write_function(&module, FuncId::new(index));
    assert!(documented_module().ends_with(&text) || documented_module().contains(&text));
    let body = module.functions[index].body.as_ref().expect("it has a body");
    assert_eq!(writer::write_inst(&module, body, &body.insts[0]), "switch_tag v0 [0: b1, 1: b2]");
    assert_eq!(writer::write_inst(&module, body, &body.insts[4]), "v4 = add.i64.checked v1 v2");
}
