//! What becomes of declarations.

use super::{Project, module};
use crate::hir::{Bound, Code, Function, MethodSource, Program, Row, RowTail, Type};

fn function<'p, 'a>(program: &'p Program<'a>, name: &str) -> &'p Function<'a> {
    program.functions.iter().find(|function| function.name == name).unwrap_or_else(|| panic!("no function {name}"))
}

#[test]
fn variables_are_numbered_as_they_appear() {
    let main = "fn apply(value: a, f: fn(a, B) -[Fail c, e]> B, rest: (c, B)) -[Fail c, IO, e]> (a, B) where B: Eq, a: Show, B: Eq\n  apply(value, f, rest)\n";
    Project::new(&[("main.kea", main)]).load(|program, environment| {
        let index = program.functions.iter().position(|function| function.name == "Main.apply").expect("declared");
        let apply = &program.functions[index];
        assert_eq!((apply.type_parameters, apply.row_parameters), (3, 1));
        let (eq, show) = (program.known.eq, program.known.show);
        assert_eq!(apply.bounds, [Bound { parameter: 1, trait_id: eq }, Bound { parameter: 0, trait_id: show }]);
        assert_eq!(*apply.parameters[0].ty, Type::Parameter(0));
        assert_eq!(apply.row.tail, Some(RowTail::Parameter(0)));
        let effects: Vec<_> = apply.row.effects.iter().map(|used| (used.effect, used.arguments.len())).collect();
        assert_eq!(effects, [(program.known.io, 0), (program.known.fail, 1)]);
        let source = environment.sources_of(crate::hir::FunctionId(index as u32));
        assert_eq!((source.variables.types, source.variables.rows), (&["a", "B", "c"][..], &["e"][..]));
        assert!(matches!(apply.code, Code::Declared));
    });
}

#[test]
fn a_single_capital_is_a_variable_unless_a_type_has_its_name() {
    let main = "enum E\n  Only\n\nfn f(known: E, free: A) -> A\n  free\n\nstruct Pair(A, B)\n  first: A\n  second: B\n";
    Project::new(&[("main.kea", main)]).load(|program, _| {
        let f = function(program, "Main.f");
        assert_eq!(f.type_parameters, 1);
        assert!(matches!(f.parameters[0].ty, Type::Data(..)));
        let pair = program.data.iter().find(|data| data.name == "Pair").expect("declared");
        assert_eq!(*pair.variants[0].fields[1].ty, Type::Parameter(1));
    });
}

#[test]
fn aliases_are_written_out() {
    let main = "\
type Table v = List (Key, v)
type Key = String
type Work = [IO, Fail Key]
type Failing e = [Fail e]

fn f(table: Table Int) -[Work]> Unit
  ()

fn g(table: Table (Table a)) -[Failing a, IO]> Unit
  ()

fn h(n: Int) -[Work, IO]> Unit
  ()
";
    Project::new(&[("main.kea", main)]).load(|program, _| {
        let list = program.known.list;
        let pair: &[_] = &[&Type::String, &Type::Int];
        let elements: &[_] = &[&Type::Tuple(pair)];
        let f = function(program, "Main.f");
        assert_eq!(*f.parameters[0].ty, Type::Data(list, elements));
        let names =
            |row: Row<'_>| row.effects.iter().map(|used| program.effects[used.effect.index()].name).collect::<Vec<_>>();
        assert_eq!(names(f.row), ["IO", "Fail"]);
        assert_eq!(names(function(program, "Main.h").row), ["IO", "Fail"]);
        let g = function(program, "Main.g");
        assert_eq!(*g.row.effects[1].arguments[0], Type::Parameter(0));
    });
}

#[test]
fn implementations_have_their_own_methods_and_the_traits_defaults() {
    let main = "\
trait Shape
  fn scale(self: Self, by: n, f: fn(n) -[e]> Int) -[e]> Self where n: Show
  fn name(self: Self) -> String
    \"shape\"

List a as Shape where a: Eq
  fn scale(self: List a, by: m, f: fn(m) -[r]> Int) -[r]> Self where m: Show
    self
";
    Project::new(&[("main.kea", main)]).load(|program, environment| {
        let shape = program.traits.iter().find(|known| known.name == "Shape").expect("declared");
        let scale = &program.functions[shape.methods[0].1.index()];
        assert_eq!((scale.name, scale.type_parameters), ("Main.Shape.scale", 2));
        assert!(matches!(scale.code, Code::None));
        assert_eq!(scale.bounds[0].parameter, 0);
        let found =
            program.implementations.iter().find(|found| found.module == module(program, "Main")).expect("declared");
        let [MethodSource::Own(own), MethodSource::Default(default)] = found.methods[..] else {
            panic!("{:?}", found.methods)
        };
        assert_eq!(program.functions[own.index()].name, "List.Main.Shape.scale");
        let parameters: Vec<u32> = program.functions[own.index()].bounds.iter().map(|bound| bound.parameter).collect();
        assert_eq!(parameters, [0, 1]);
        assert_eq!(environment.sources_of(own).variables.types, ["a", "m"]);
        assert_eq!(program.functions[default.index()].name, "Main.Shape.name");
        assert!(matches!(program.functions[default.index()].code, Code::Declared));
    });
}

#[test]
fn structs_functions_see_the_structs_parameters() {
    let main = "struct Pair a b\n  first: a\n  second: b\n\n  fn swapped(self: Pair a b, other: c) -> Pair b a\n    Pair { first: self.second, second: self.first }\n";
    Project::new(&[("main.kea", main)]).load(|program, environment| {
        let index =
            program.functions.iter().position(|function| function.name == "Main.Pair.swapped").expect("declared");
        assert_eq!(program.functions[index].type_parameters, 3);
        let variables = environment.sources_of(crate::hir::FunctionId(index as u32)).variables;
        assert_eq!(variables.types, ["a", "b", "c"]);
        assert!(matches!(variables.self_ty, Some(Type::Data(..))));
    });
}

#[test]
fn derived_implementations_are_declared() {
    let main = "@derive(Eq, Show)\nenum Tree a\n  Leaf\n  Node(left: Tree a, value: a, right: Tree a)\n";
    Project::new(&[("main.kea", main)]).load(|program, _| {
        let own: Vec<_> =
            program.implementations.iter().filter(|found| found.module == module(program, "Main")).collect();
        let traits: Vec<&str> = own.iter().map(|found| program.traits[found.trait_id.index()].name).collect();
        assert_eq!(traits, ["Eq", "Show"]);
        assert_eq!(own[0].bounds, [Bound { parameter: 0, trait_id: program.known.eq }]);
        function(program, "Main.Tree.Eq.eq");
    });
}

#[test]
fn main_may_fail_with_an_error_that_can_be_shown() {
    for main in [
        "fn main() -[IO, Fail (List Int)]> Int\n  0\n",
        "fn main() -[IO]> Unit\n  ()\n",
        "fn main() -> Int\n  0\n",
        "type Whole = [IO, Clock]\n\nfn main() -[Whole]> Int\n  0\n",
    ] {
        Project::new(&[("main.kea", main)]).load(|program, _| assert!(program.main.is_some(), "{main}"));
    }
}

#[test]
fn the_same_program_is_declared_the_same_way_again() {
    let files = [("main.kea", "use SortedMap\n\n@derive(Eq, Show)\nenum Light\n  Red\n  Green\n")];
    let shown = || Project::new(&files).load(|program, _| format!("{:?}{:?}", program.functions, program.instances));
    assert_eq!(shown(), shown());
}
