//! Lowering of trees that are made by hand: the code is valid once it is counted, gives everything back, and prints what it should.

#[path = "lower/tree.rs"]
mod tree;

use bumpalo::Bump;
use kea_frontend::hir::{Code, ExprKind, LocalKind, Primitive, Program, Subject, Type};
use kea_frontend::source::Sources;
use kea_frontend::{counting, lower};
use kea_mir::interp::{End, Interpreter, MemoryHost, Options};
use kea_mir::{validate, writer};
use std::path::Path;
use tree::{FAIL, LOG, Tree};

/// What the program prints.
fn output(program: &Program) -> String {
    let mut sources = Sources::default();
    sources.add(Path::new("tree.kea"), String::new());
    let (mut module, drafts) = lower::lower(program, &sources).unwrap_or_else(|error| panic!("{}", error.message));
    counting::count(&mut module, drafts);
    let text = writer::write(&module);
    let module = validate::validate(module).unwrap_or_else(|findings| {
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", findings.join("\n"))
    });
    let mut host = MemoryHost::new(&[], "");
    let outcome = Interpreter::new(&module, Options::default(), &mut host).run();
    assert!(matches!(outcome.end, End::Returned), "{:?}\n{text}", outcome.end);
    String::from_utf8_lossy(&host.output).into_owned()
}

#[test]
fn a_loop_changes_variables() {
    let arena = Bump::new();
    let t = Tree::new(&arena);
    let (sum, i) = (t.local("sum", &Type::Int, LocalKind::Variable), t.local("i", &Type::Int, LocalKind::Value));
    let body = t.assign(sum, t.primitive(Primitive::Add, [t.read(sum), t.read(i)]));
    let subject = Subject::Range { from: t.int(1), to: t.int(10), inclusive: true };
    let looping = t.unit(ExprKind::For { pattern: t.bind(i), subject, body });
    let main = t.block(&[t.var(sum, t.int(0)), t.statement(looping), t.statement(t.print_int(t.read(sum)))], None);
    let program = t.finish(main);
    assert_eq!(output(&program), "55");
}

#[test]
fn a_list_is_built_and_gone_through() {
    let arena = Bump::new();
    let t = Tree::new(&arena);
    let item = t.local("item", &Type::Int, LocalKind::Value);
    let subject = Subject::List(t.list(&Type::Int, &[t.int(3), t.int(4), t.int(5)]));
    let looping = t.unit(ExprKind::For { pattern: t.bind(item), subject, body: t.print_int(t.read(item)) });
    let main = t.block(&[t.statement(looping)], None);
    assert_eq!(output(&t.finish(main)), "345");
}

#[test]
fn a_clause_changes_a_variable() {
    let arena = Bump::new();
    let mut t = Tree::new(&arena);
    let log = t.effect(LOG, &[]);
    let worker = t.function("worker", &[], &[log], &Type::Unit);
    let body = t.block(
        &[
            t.statement(t.perform(log, 0, &[t.text("a")], &Type::Unit)),
            t.statement(t.perform(log, 0, &[t.text("b")], &Type::Unit)),
        ],
        None,
    );
    t.give_body(worker, &[], body);
    let all = t.local("all", &Type::String, LocalKind::Cell);
    let message = t.local("message", &Type::String, LocalKind::Value);
    let resumed = t.block(
        &[t.statement(t.assign(all, t.primitive(Primitive::Append, [t.read(all), t.read(message)])))],
        Some(t.never(ExprKind::Resume(None))),
    );
    let handle = t.handle(log, t.call(worker, &[], &Type::Unit), &[(&[message], resumed, &[all])]);
    let main = t.block(&[t.var(all, t.text("<")), t.statement(handle), t.statement(t.print(t.read(all)))], None);
    assert_eq!(output(&t.finish(main)), "<ab");
}

#[test]
fn a_failure_is_caught() {
    let arena = Bump::new();
    let mut t = Tree::new(&arena);
    let fail = t.effect(FAIL, &[&Type::String]);
    let n = t.local("n", &Type::Int, LocalKind::Value);
    let risky = t.function("risky", &[&Type::Int], &[fail], &Type::Int);
    let failing = t.never_perform(fail, 0, &[t.text("too small")]);
    let body = t.if_(t.primitive(Primitive::Less, [t.read(n), t.int(0)]), failing, t.read(n));
    t.give_body(risky, &[n], body);
    let seen = t.local("seen", &Type::Int, LocalKind::Variable);
    let mut statements = vec![t.var(seen, t.int(0))];
    for argument in [5, -5] {
        let tried = t.block(
            &[t.statement(t.assign(seen, t.primitive(Primitive::Add, [t.read(seen), t.int(1)])))],
            Some(t.call(risky, &[t.int(argument)], &Type::Int)),
        );
        let (value, error) =
            (t.local("value", &Type::Int, LocalKind::Value), t.local("error", &Type::String, LocalKind::Value));
        let shown =
            t.match_result(t.catch(tried), (value, t.print_int(t.read(value))), (error, t.print(t.read(error))));
        statements.push(t.statement(shown));
    }
    statements.push(t.statement(t.print_int(t.read(seen))));
    let main = t.block(&statements, None);
    assert_eq!(output(&t.finish(main)), "5too small2");
}

#[test]
fn an_unknown_intrinsic_is_an_error() {
    let arena = Bump::new();
    let mut t = Tree::new(&arena);
    let unknown = t.function("unknown", &[], &[], &Type::Unit);
    t.give_code(unknown, Code::Intrinsic("kea_no_such_thing"));
    let main = t.block(&[t.statement(t.call(unknown, &[], &Type::Unit))], None);
    let program = t.finish(main);
    let mut sources = Sources::default();
    sources.add(Path::new("tree.kea"), String::new());
    let error = lower::lower(&program, &sources).expect_err("there is no such intrinsic");
    assert_eq!(error.code, "unknown-intrinsic");
    assert_eq!(error.message, "there is no intrinsic `kea_no_such_thing`");
}

#[test]
fn a_lambda_captures_and_a_generic_function_calls_it() {
    let arena = Bump::new();
    let mut t = Tree::new(&arena);
    let apply = t.generic_apply();
    let (base, x) = (t.local("base", &Type::String, LocalKind::Value), t.local("x", &Type::String, LocalKind::Value));
    let lambda = t.lambda(&[x], t.primitive(Primitive::Append, [t.read(base), t.read(x)]), &[base]);
    let called = t.call_generic(apply, &[&Type::String, &Type::String], &[lambda, t.text("b")], &Type::String);
    let main =
        t.block(&[t.let_(base, t.text("a")), t.statement(t.print(called)), t.statement(t.print(t.read(base)))], None);
    let program = t.finish(main);
    assert!(matches!(program.functions[apply.index()].code, Code::Body(_)));
    assert_eq!(output(&program), "aba");
}
