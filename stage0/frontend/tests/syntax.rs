//! Syntax through the interface of the phase: what only a program can write down, and expansions. The corpus is run by the harness of `tests/`.

use bumpalo::Bump;
use kea_frontend::diagnostic::Outcome;
use kea_frontend::source::{FileId, Sources};
use kea_frontend::syntax;
use std::path::Path;

/// Runs on a stack like that of the compiler.
fn with_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(work).expect("a thread");
    thread.join().expect("no panic")
}

fn sources(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let file = sources.add(Path::new("test.kea"), text.to_string());
    (sources, file)
}

/// The tree, or the error's first line without the file's name.
fn ast(text: &str) -> Result<String, String> {
    let (sources, file) = sources(text);
    let module = syntax::parse(&Bump::new(), &sources, file).map(|module| syntax::dump::ast(&module));
    module.map_err(|error| first_line(&error.render(&sources)))
}

fn first_line(rendered: &str) -> String {
    rendered.lines().next().and_then(|line| line.split_once(':')).map(|(_, rest)| rest.to_string()).unwrap_or_default()
}

/// The code of the error, or nothing.
fn code(text: String) -> Option<&'static str> {
    with_deep_stack(move || {
        let (sources, file) = sources(&text);
        syntax::parse(&Bump::new(), &sources, file).err().map(|error| error.code)
    })
}

/// A function whose body is one line.
fn body(line: &str) -> String {
    format!("fn f() -> Int\n  {line}\n")
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let text = "--| Docs.\nfn f() -> String\n  let x = 1 -- one\n\n  \"\"\"\n    a\n\n      b {x}\n    \"\"\"\n";
    let windows = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    assert_eq!(ast(&windows), ast(text));
    assert!(ast(text).is_ok_and(|tree| tree.contains("\"a\\n\\n  b \"")));
}

#[test]
fn a_file_need_not_end_in_a_line_end() {
    assert_eq!(ast("fn f() -> Int\n  1"), ast("fn f() -> Int\n  1\n"));
    assert_eq!(ast("fn f() -> Int\n  1 -- comment"), ast("fn f() -> Int\n  1\n"));
}

#[test]
fn nesting_is_bounded() {
    let nests = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("g(", "1", ")"),
        ("(1, ", "1", ")"),
        ("- ", "1", ""),
        ("not ", "a", ""),
        ("catch ", "a", ""),
        ("|x| ", "x", ""),
        ("if a then ", "b", ""),
        ("\"{", "1", "}\""),
    ];
    for (open, inner, close) in nests {
        let nested = |depth: usize| body(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)));
        assert_eq!(code(nested(1_900)), None, "{open}");
        assert_eq!(code(nested(2_100)), Some("nesting-too-deep"), "{open}");
        assert_eq!(code(nested(100_000)), Some("nesting-too-deep"), "{open}");
    }
    let types = |depth: usize| format!("fn f(x: {}Int{}) -> Int\n  1\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(code(types(1_900)), None);
    assert_eq!(code(types(2_100)), Some("nesting-too-deep"));
    let functions = |depth: usize| format!("fn f(x: {}Int) -> Int\n  1\n", "fn(a) -> ".repeat(depth));
    assert_eq!(code(functions(1_900)), None);
    assert_eq!(code(functions(2_100)), Some("nesting-too-deep"));
    let patterns = |depth: usize| body(&format!("let {}a{} = b", "(a, ".repeat(depth), ")".repeat(depth)));
    assert_eq!(code(patterns(1_900)), None);
    assert_eq!(code(patterns(2_100)), Some("nesting-too-deep"));
    let blocks = |depth: usize| {
        let heads: String = (1..=depth).map(|column| format!("{}if a\n", " ".repeat(column))).collect();
        format!("fn f() -> Int\n{heads}{}b\n", " ".repeat(depth + 1))
    };
    assert_eq!(code(blocks(1_900)), None);
    assert_eq!(code(blocks(2_100)), Some("nesting-too-deep"));
}

#[test]
fn long_chains_are_no_nesting() {
    let links = ["a :: ", "a ++ ", "a + ", "a and ", "a or ", "if a then fail b else ", "if a then -b else "];
    for link in links {
        assert_eq!(code(body(&format!("{}c", link.repeat(20_000)))), None, "{link}");
        assert_eq!(code(body(&format!("{}c", link.repeat(40_000)))), Some("nesting-too-deep"), "{link}");
    }
    for link in [".f", "(1)", "?"] {
        assert_eq!(code(body(&format!("a{}", link.repeat(20_000)))), None, "{link}");
    }
    assert_eq!(code(body(&format!("a{}", "\n    .f(|x| x)".repeat(10_000)))), None);
    assert_eq!(code(body(&format!("case a\n    {}b -> 1", "a | ".repeat(50_000)))), None);
    assert_eq!(code(body(&format!("case a\n    {}b -> 1", "a :: ".repeat(20_000)))), None);
}

#[test]
fn long_lists_are_no_chains() {
    assert_eq!(code(body(&format!("[{}]", "a + 1, ".repeat(100_000)))), None);
    assert_eq!(code(body(&format!("f({})", "-g(1), ".repeat(100_000)))), None);
    assert_eq!(code(body(&"a.b(1)\n  ".repeat(100_000))), None);
    assert_eq!(code(body(&format!("\"{}\"", "{a + b}".repeat(50_000)))), None);
}

/// A dump without its layout.
fn flat(tree: &str) -> String {
    tree.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// What derivations make of a type.
fn derived(text: &str) -> Outcome<String> {
    let (sources, file) = sources(text);
    let arena = Bump::new();
    let module = syntax::parse(&arena, &sources, file)?;
    syntax::expand::derive(&arena, module).map(|module| syntax::dump::ast(&module))
}

#[test]
fn a_struct_derives_by_its_fields() {
    let tree = derived("@derive(Eq, Ord, Show, Hash)\nstruct Pair a\n  x: a\n  y: Int\n").expect("a tree");
    let expected = r#"(Module
  (Item (Struct Pair (Parameters a) (Field x (Variable a)) (Field y (Named Int))))
  (Item
    (Implementation $Eq
      (Named Pair (Variable a))
      (Bound a $Eq)
      (Item
        (Function eq
          (Parameter left (Named Pair (Variable a)))
          (Parameter right (Named Pair (Variable a)))
          (Result (Named $Bool))
          (Body
            (Binary and
              (Binary == (Field x (Name left)) (Field x (Name right)))
              (Binary == (Field y (Name left)) (Field y (Name right)))))))))
  (Item
    (Implementation $Ord
      (Named Pair (Variable a))
      (Bound a $Ord)
      (Item
        (Function compare
          (Parameter left (Named Pair (Variable a)))
          (Parameter right (Named Pair (Variable a)))
          (Result (Named $Ordering))
          (Body
            (Case
              (Call (Qualified $Ord compare) (Field x (Name left)) (Field x (Name right)))
              (Arm
                (Constructor $Order.Equal)
                (Call (Qualified $Ord compare) (Field y (Name left)) (Field y (Name right))))
              (Arm (Name $unequal) (Name $unequal))))))))
  (Item
    (Implementation $Show
      (Named Pair (Variable a))
      (Bound a $Show)
      (Item
        (Function show
          (Parameter self (Named Pair (Variable a)))
          (Result (Named $String))
          (Body
            (String "Pair { x: " (Hole (Field x (Name self))) ", y: " (Hole (Field y (Name self))) " }"))))))
  (Item
    (Implementation $Hash
      (Named Pair (Variable a))
      (Bound a $Hash)
      (Item
        (Function hash
          (Parameter self (Named Pair (Variable a)))
          (Result (Named $Int))
          (Body
            (Call
              (Qualified $Hash combine)
              (Call (Qualified $Hash hash) (Field x (Name self)))
              (Call (Qualified $Hash hash) (Field y (Name self))))))))))
"#;
    assert_eq!(flat(&tree), flat(expected));
}

#[test]
fn an_enum_derives_by_its_constructors() {
    let tree = derived("@derive(Eq, Ord, Show)\nenum E\n  A\n  B(Int, name: Int)\n").expect("a tree");
    let expected = r#"(Module
  (Item (Enum E (Constructor A) (Constructor B (Field (Named Int)) (Field name (Named Int)))))
  (Item
    (Implementation $Eq
      (Named E)
      (Item
        (Function eq
          (Parameter left (Named E))
          (Parameter right (Named E))
          (Result (Named $Bool))
          (Body
            (Case
              (Tuple (Name left) (Name right))
              (Arm (Tuple (Constructor E.A) (Constructor E.A)) (Bool true))
              (Arm
                (Tuple
                  (Constructor E.B (Name $left0) (Name $left1))
                  (Constructor E.B (Name $right0) (Name $right1)))
                (Binary and
                  (Binary == (Name $left0) (Name $right0))
                  (Binary == (Name $left1) (Name $right1))))
              (Arm (Wildcard) (Bool false))))))))
  (Item
    (Implementation $Ord
      (Named E)
      (Item
        (Function compare
          (Parameter left (Named E))
          (Parameter right (Named E))
          (Result (Named $Ordering))
          (Body
            (Case
              (Tuple (Name left) (Name right))
              (Arm
                (Tuple
                  (Constructor E.B (Name $left0) (Name $left1))
                  (Constructor E.B (Name $right0) (Name $right1)))
                (Case
                  (Call (Qualified $Ord compare) (Name $left0) (Name $right0))
                  (Arm
                    (Constructor $Order.Equal)
                    (Call (Qualified $Ord compare) (Name $left1) (Name $right1)))
                  (Arm (Name $unequal) (Name $unequal))))
              (Arm
                (Wildcard)
                (Call
                  (Qualified $Ord compare)
                  (Call (Name $tag_E) (Name left))
                  (Call (Name $tag_E) (Name right))))))))))
  (Item
    (Implementation $Show
      (Named E)
      (Item
        (Function show
          (Parameter self (Named E))
          (Result (Named $String))
          (Body
            (Case
              (Name self)
              (Arm (Constructor E.A) (String "A"))
              (Arm
                (Constructor E.B (Name $field0) (Name $field1))
                (String "B(" (Hole (Name $field0)) ", name: " (Hole (Name $field1)) ")"))))))))
  (Item
    (Function $tag_E
      (Parameter value (Named E))
      (Result (Named $Int))
      (Body (Case (Name value) (Arm (Constructor E.A) (Int 0)) (Arm (Constructor E.B (Rest)) (Int 1)))))))
"#;
    assert_eq!(flat(&tree), flat(expected));
}

#[test]
fn derivations_are_linear() {
    let size = |count: usize| {
        let constructors: String = (0..count).map(|number| format!("  C{number}(Int)\n")).collect();
        derived(&format!("@derive(Eq, Ord, Show, Hash)\nenum E\n{constructors}")).map(|tree| tree.len()).unwrap_or(0)
    };
    assert!(size(2_000) < 11 * size(200), "{} and {}", size(200), size(2_000));
}

/// A module as a program that runs its tests: the names and the tree.
fn suite(text: &str) -> Result<(Vec<String>, String), String> {
    let (sources, file) = sources(text);
    let arena = Bump::new();
    let module = syntax::parse(&arena, &sources, file).map_err(|error| first_line(&error.render(&sources)))?;
    let suite = syntax::expand::tests(&arena, &sources, module);
    let (module, names) = suite.map_err(|error| first_line(&error.render(&sources)))?;
    Ok((names.iter().map(|name| name.to_string()).collect(), syntax::dump::ast(&module)))
}

#[test]
fn tests_and_examples_become_a_program() {
    let text = "--| A module.\n--|\n--|     1 + 1   -- => 2\n\nuse Test\n\ntest \"one\"\n  Test.assert(true)\n\n\
                --| Doubles.\n--|\n--|     double(2)   -- => 4\n--|     double(3)\nfn double(x: Int) -> Int\n  x * 2\n\n\
                fn main() -[IO]> Unit\n  ()\n";
    let (names, tree) = suite(text).expect("a program");
    assert_eq!(names, ["module: 1 + 1", "one", "double: double(2)"]);
    let case = |number: usize, name: &str, body: &str| {
        format!(
            "(Item (Function $test{number} (Row (Effect $Clock) (Effect $IO) (Effect $Process) (Effect $Rand)) (Result (Named $Bool)) \
             (Body (Call (Qualified $Test run_case) (String \"{name}\") (Lambda {body})))))"
        )
    };
    let expected = [
        case(0, "module: 1 + 1", "(Call (Qualified $Test assert_eq) (Binary + (Int 1) (Int 1)) (Int 2))"),
        case(1, "one", "(Call (Qualified Test assert) (Bool true))"),
        case(2, "double: double(2)", "(Call (Qualified $Test assert_eq) (Call (Name double) (Int 2)) (Int 4))"),
        "(Body (Call (Qualified $Test run_all) (List (Name $test0) (Name $test1) (Name $test2))))".to_string(),
    ];
    let tree = flat(&tree);
    for part in expected {
        assert!(tree.contains(&part), "{part} is missing in\n{tree}");
    }
    assert!(!tree.contains("(Test "), "tests are gone");
}

#[test]
fn examples_are_refused_at_their_place() {
    let text = |example: &str| format!("--| Text.\n--|\n--|     {example}\nfn f() -> Int\n  1\n");
    let error = |example: &str| suite(&text(example)).err().unwrap_or_default();
    assert_eq!(error("f(   -- => 1"), "3:10: error[unmatched-bracket]: `(` is not closed");
    assert_eq!(error("f() +   -- => 1"), "3:14: error[syntax]: expected an expression, but found the end of the line");
    assert_eq!(error("f()   -- =>"), "3:20: error[syntax]: expected an expression, but found the end of the line");
    assert_eq!(error("f() f()   -- => 1"), "3:13: error[syntax]: unexpected `f`");
}
