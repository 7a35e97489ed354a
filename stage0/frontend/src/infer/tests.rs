//! Types as text, and the order of constants. What is refused stands in `tests/kea/reject`.

use super::{infer, print};
use crate::diagnostic::Outcome;
use crate::hir::{ModuleId, Program};
use crate::resolve::{Purpose, Request, load};
use crate::source::Sources;
use bumpalo::Bump;
use std::path::{Path, PathBuf};

/// The stack of a test: phases recurse over trees.
const STACK_BYTES: usize = 1 << 28;

/// Does something on a thread with a large stack.
fn with_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).expect("a thread for the test");
    thread.join().expect("the test's thread ends")
}

/// A folder of the project.
fn project(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// Checks a file.
fn check<'a>(arena: &'a Bump, sources: &mut Sources, file: &Path) -> Outcome<Program<'a>> {
    let request = Request { file: file.to_path_buf(), root: None, library: project("lib"), purpose: Purpose::Check };
    let (mut program, environment) = load(arena, sources, &request)?;
    infer(arena, &environment, &mut program)?;
    Ok(program)
}

/// Checks a text, and hands over its program and its module.
fn checked(text: &'static str, look: impl FnOnce(&Program<'_>, ModuleId) + Send + 'static) {
    with_stack(move || {
        let folder = tempfile::tempdir().expect("a folder for the program");
        let file = folder.path().join("main.kea");
        std::fs::write(&file, text).expect("the program is written");
        let mut sources = Sources::default();
        let arena = Bump::new();
        match check(&arena, &mut sources, &file) {
            Ok(program) => {
                let module = program.modules.iter().position(|module| module.name == "Main");
                look(&program, ModuleId(module.expect("the module is loaded") as u32));
            }
            Err(error) => panic!("{}", error.render(&sources)),
        }
    });
}

#[test]
fn items_are_printed_with_their_types() {
    let text = "\
struct Pair a b
  first: a
  second: b

enum Tree a
  Leaf
  Node(left: Tree a, value: a, right: Tree a)

effect Ask q
  fn ask(question: q) -> Int

const limit: Int = 3

fn each(items: List (Option x), f: fn(x) -[IO, rest]> y) -[IO, Ask x, rest]> (y, Int) where x: Ord
  panic(\"later\")
";
    checked(text, |program, module| {
        assert_eq!(
            print::items(program, module),
            "\
Ask.ask : fn(a) -[Ask a]> Int
Main.each : fn(List (Option a), fn(a) -[IO, e]> b) -[IO, Ask a, e]> (b, Int) where a: Ord
Main.limit : Int
Pair : Pair a b { first: a, second: b }
Tree.Leaf : Tree a
Tree.Node : fn(left: Tree a, value: a, right: Tree a) -> Tree a
"
        );
    });
}

#[test]
fn constants_are_ordered_by_dependence_through_functions_and_instances() {
    let text = "\
const first: String = \"{Kea}\"

const second: Int = helper(third)

const third: Int = 1

fn helper(n: Int) -> Int
  n + fourth

const fourth: Int = 2

const name: String = \"kea\"

enum Bird
  Kea

Bird as Show
  fn show(self: Bird) -> String
    name
";
    checked(text, |program, module| {
        let own = program.constant_order.iter().map(|id| &program.constants[id.index()]);
        let names: Vec<&str> = own.filter(|constant| constant.module == module).map(|constant| constant.name).collect();
        assert_eq!(names, ["Main.name", "Main.first", "Main.fourth", "Main.third", "Main.second"]);
    });
}
