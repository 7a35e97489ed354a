//! Which files are read, under which names, in which order.

use super::{Project, module, write};
use crate::resolve::Purpose;
use std::fs;

const MAIN: &str = "fn main() -> Unit\n  ()\n";

fn names(project: &Project) -> Vec<String> {
    project.load(|program, _| program.modules.iter().map(|module| module.name.to_owned()).collect())
}

#[test]
fn a_module_stands_behind_those_that_it_uses() {
    let project = Project::new(&[
        ("main.kea", "use Syntax.Lexer\nuse SortedMap\n\nfn main() -> Unit\n  ()\n"),
        ("syntax/lexer.kea", "use Syntax.TokenKind\n"),
        ("syntax/token_kind.kea", "pub enum TokenKind\n  Word\n"),
    ]);
    let names = names(&project);
    assert_eq!(names.first().map(String::as_str), Some("Prelude"));
    let own = names.iter().filter(|name| name.starts_with("Syntax") || *name == "Main" || *name == "SortedMap");
    assert_eq!(own.collect::<Vec<_>>(), ["Syntax.TokenKind", "Syntax.Lexer", "SortedMap", "Main"]);
    let test = names.iter().position(|name| name == "Test");
    let show = names.iter().position(|name| name == "Show");
    assert!(test < show, "`Show` uses `Test`: {names:?}");
}

#[test]
fn the_root_is_the_nearest_folder_with_a_mark() {
    let main = "use Greeting\n\nfn main() -> Unit\n  ()\n";
    let project = Project::new(&[
        ("deep/below/program.kea", main),
        ("deep/greeting.kea", ""),
        ("deep/main.kea", MAIN),
        ("kea.toml", ""),
    ]);
    assert_eq!(names(&project).last().map(String::as_str), Some("Below.Program"));

    let project = Project::new(&[("src/start.kea", main), ("src/greeting.kea", ""), ("kea.toml", "")]);
    assert_eq!(names(&project).last().map(String::as_str), Some("Start"));

    let project = Project::new(&[("examples/start.kea", main), ("src/greeting.kea", ""), ("kea.toml", "")]);
    assert_eq!(names(&project).last().map(String::as_str), Some("Start"), "a file that does not lie under the root");

    let project = Project::new(&[("folder/start.kea", main), ("folder/greeting.kea", "")]);
    assert_eq!(names(&project).last().map(String::as_str), Some("Start"));

    let mut project = Project::new(&[("folder/start.kea", main), ("greeting.kea", "")]);
    project.request.root = Some(project.path().join("program"));
    assert_eq!(names(&project).last().map(String::as_str), Some("Folder.Start"));
}

#[test]
fn a_file_of_the_library_is_a_module_of_it() {
    let mut project = Project::new(&[("main.kea", MAIN), ("sorted_map.kea", "")]);
    project.request.file = project.path().join("lib/sorted_map.kea");
    project.load(|program, _| assert!(program.modules[module(program, "SortedMap").index()].library));

    write(&project.path().join("lib/outside.kea"), b"use Main\n");
    project.request.file = project.path().join("lib/outside.kea");
    project.request.root = Some(project.path().join("program"));
    let error = project.error();
    assert!(error.contains("1:5: error[unknown-module]: there is no module `Main`"), "{error}");
}

#[test]
fn a_program_replaces_a_module_of_the_library_for_itself_alone() {
    let project = Project::new(&[
        ("main.kea", "use SortedMap\n\nfn main() -> Unit\n  ()\n"),
        ("sorted_map.kea", "pub fn size(n: Int) -> Int\n  n\n"),
    ]);
    let path = project.path();
    write(&path.join("lib/show.kea"), b"use SortedMap\n\npub trait Show\n  fn show(self: Self) -> String\n");
    project.load(|program, _| {
        let both: Vec<bool> =
            program.modules.iter().filter(|module| module.name == "SortedMap").map(|module| module.library).collect();
        assert_eq!(both, [true, false]);
        let sizes = program.functions.iter().map(|function| function.name).filter(|name| name.contains(".size"));
        assert_eq!(sizes.collect::<Vec<_>>(), ["SortedMap.size", "SortedMap.size$2"]);
    });
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let mut project = Project::new(&[("main.kea", MAIN)]);
    project.request.file = project.path().join("program/absent.kea");
    assert_eq!(
        project.error(),
        "absent.kea:1:1: error[unreadable-file]: the file cannot be read: there is no such file"
    );
    project.request.file = project.path().join("program");
    assert!(project.error().contains("error[unreadable-file]: the file cannot be read: it is a folder"));

    let project = Project::new(&[("main.kea", "use Folder\n\nfn main() -> Unit\n  ()\n")]);
    fs::create_dir(project.path().join("program/folder.kea")).expect("a folder can be made");
    assert_eq!(
        project.error(),
        "main.kea:1:5: error[unreadable-file]: the module's file cannot be read: it is a folder"
    );
}

#[test]
fn a_file_that_is_not_utf8_is_refused_at_its_first_bad_byte() {
    let project = Project::new(&[("main.kea", "use Latin\n")]);
    write(&project.path().join("program/latin.kea"), b"-- \xc3\xa9t\xc3\xa9\nconst caf\xe9: Int = 1\n");
    assert_eq!(project.error(), "latin.kea:2:10: error[not-utf8]: byte 0xE9 is not UTF-8");
}

#[test]
fn an_import_cycle_is_shown_from_use_to_use() {
    let project = Project::new(&[
        ("main.kea", "use Left\n"),
        ("left.kea", "--| Left.\nuse Right\n"),
        ("right.kea", "use Left\n"),
    ]);
    let expected = "\
program/left.kea:2:1: error[import-cycle]: modules import each other: Left -> Right -> Left
  2 | use Right
    | ^^^^^^^^^
program/right.kea:1:1: note: `Right` uses `Left` here
  1 | use Left
    | ^^^^^^^^
";
    assert_eq!(project.report(), expected);
}

#[test]
fn an_unknown_module_is_said_to_be_looked_for() {
    let project = Project::new(&[("main.kea", "use Syntax.Lexr\n"), ("syntax/lexer.kea", "")]);
    let expected = "\
main.kea:1:5: error[unknown-module]: there is no module `Syntax.Lexr`
  1 | use Syntax.Lexr
    |     ^^^^^^^^^^^
  hint: looked for `program/syntax/lexr.kea` and `lib/syntax/lexr.kea`; did you mean `Syntax.Lexer`?
";
    assert_eq!(project.report().replace("program/main.kea", "main.kea"), expected);
}

#[test]
fn a_library_that_lacks_a_part_is_broken() {
    let project = Project::new(&[("main.kea", MAIN)]);
    write(&project.path().join("lib/fail.kea"), b"pub effect Fail e\n  fn failed(error: e) -> Never\n");
    assert!(project.error().ends_with(
        "fail.kea:1:1: error[broken-library]: the library's module `Fail` has no effect `Fail` with the operation `fail`"
    ));
    fs::remove_file(project.path().join("lib/fail.kea")).expect("the file is there");
    assert!(project.error().ends_with("error[broken-library]: the library has no module `Fail`"));
}

#[test]
fn tests_become_the_main_function() {
    let mut project = Project::new(&[("main.kea", "test \"one\"\n  Test.assert_eq(1, 1)\n")]);
    project.request.purpose = Purpose::Test;
    project.load(|program, _| {
        let main = program.main.expect("the tests have a `main`");
        assert_eq!(program.functions[main.index()].name, "Main.main");
    });
}

#[test]
fn thousands_of_modules_in_a_row_are_put_in_order() {
    let count = 3000;
    let mut project = Project::new(&[("main.kea", "use M0\n\nfn main() -> Unit\n  ()\n")]);
    project.request.purpose = Purpose::Program;
    for number in 0..count {
        let text = if number + 1 < count { format!("use M{}\n", number + 1) } else { String::new() };
        write(&project.path().join(format!("program/m{number}.kea")), text.as_bytes());
    }
    let names = names(&project);
    assert_eq!(names[names.len() - 2..], ["M0", "Main"]);
}
