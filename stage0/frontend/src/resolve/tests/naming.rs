//! What names mean where they stand.

use super::{Project, module, name, path};
use crate::hir::{DataId, Head, ModuleId, Program};
use crate::resolve::{Environment, Item};

/// The full name of what a name behind a path means, or the error's message.
fn qualified(program: &Program<'_>, environment: &Environment<'_>, from: ModuleId, text: &str) -> String {
    let (qualifier, last) = text.rsplit_once('.').expect("a qualified name");
    // The names need not live as long as the program: they are leaked to keep the test plain.
    let (qualifier, last) = (path(Box::leak(qualifier.into())), name(Box::leak(last.into())));
    match environment.qualified(from, &qualifier, last) {
        Ok(item) => described(program, item),
        Err(error) => error.message,
    }
}

fn described(program: &Program<'_>, item: Item) -> String {
    match item {
        Item::Function(id) => program.functions[id.index()].name.to_owned(),
        Item::Constant(id) => program.constants[id.index()].name.to_owned(),
        Item::Method(id, number) => {
            let known = &program.traits[id.index()];
            format!("method {}.{}", known.name, known.methods[number as usize].0)
        }
        Item::Operation(id, number) => {
            let known = &program.effects[id.index()];
            format!("operation {}.{}", known.name, known.operations[number as usize].name)
        }
    }
}

/// The types of the constructors that a path may mean, or the error's message.
fn constructors(program: &Program<'_>, environment: &Environment<'_>, from: ModuleId, text: &'static str) -> String {
    match environment.constructors(from, &path(text)) {
        Ok(candidates) => {
            let full = |&(data, variant): &(DataId, u32)| {
                let data = &program.data[data.index()];
                format!("{}.{}", data.name, data.variants[variant as usize].name)
            };
            candidates.iter().map(full).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.message,
    }
}

const SHAPES: &str = "\
pub struct Point
  x: Int

  pub fn norm(self: Point) -> Int
    self.x

  fn secret(self: Point) -> Int
    self.x

pub enum Shape
  Circle(Int)
  Empty

pub trait Area
  fn area(self: Self) -> Int

pub effect Draw
  fn draw(shape: Shape) -> Unit

pub const unit: Int = 1

pub fn scale(shape: Shape, by: Int) -> Shape
  shape

fn hidden(shape: Shape) -> Int
  0
";

#[test]
fn a_qualifier_is_a_module_a_type_a_trait_or_an_effect() {
    let main = "use Shapes\nuse Shapes.{Point, Shape, Area, Draw}\nuse SortedMap as Sorted\n\nenum Bag\n  Empty\n";
    let project = Project::new(&[("main.kea", main), ("shapes.kea", SHAPES)]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        for (text, expected) in [
            ("Shapes.scale", "Shapes.scale"),
            ("Shapes.unit", "Shapes.unit"),
            ("Shapes.area", "method Area.area"),
            ("Shapes.draw", "operation Draw.draw"),
            ("Area.area", "method Area.area"),
            ("Draw.draw", "operation Draw.draw"),
            ("Point.norm", "Shapes.Point.norm"),
            ("Shapes.Point.norm", "Shapes.Point.norm"),
            ("Sorted.size", "SortedMap.size"),
            ("List.length", "List.length"),
            ("Text.length", "String.length"),
            ("$Eq.eq", "method Eq.eq"),
            ("IO.println", "IO.println"),
            ("Fail.fail", "operation Fail.fail"),
            ("Shapes.hidden", "`hidden` is private to `Shapes`"),
            ("Point.secret", "`secret` is private to `Shapes`"),
            ("List.count", "`count` is private to `List`"),
            ("List.lenght", "`List` has no `lenght`"),
            ("SortedMap.size", "there is no module, type, trait or effect `SortedMap` here"),
            ("Nowhere.size", "there is no module, type, trait or effect `Nowhere` here"),
        ] {
            assert_eq!(qualified(program, environment, main, text), expected, "{text}");
        }
        let shapes = module(program, "Shapes");
        assert_eq!(qualified(program, environment, shapes, "Shapes.hidden"), "Shapes.hidden");
        assert_eq!(qualified(program, environment, shapes, "Point.secret"), "Shapes.Point.secret");
    });
}

#[test]
fn constructors_are_found_bare_and_behind_types_and_modules() {
    let main = "use Shapes\nuse Shapes.{Shape}\n\nenum Bag\n  Empty\n\nenum Answer\n  Some\n  Nothing\n\nstruct Box\n  size: Int\n";
    let project = Project::new(&[("main.kea", main), ("shapes.kea", SHAPES)]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        for (text, expected) in [
            ("None", "Option.None"),
            ("Option.Some", "Option.Some"),
            ("Ordering.Less", "Ordering.Less"),
            ("$Order.Less", "Ordering.Less"),
            ("Less", "Ordering.Less"),
            ("Some", "Answer.Some"),
            ("Circle", "Shape.Circle"),
            ("Shapes.Circle", "Shape.Circle"),
            ("Shapes.Shape.Circle", "Shape.Circle"),
            ("Bag.Empty", "Bag.Empty"),
            ("Shape.Empty", "Shape.Empty"),
            ("Cirlce", "unknown constructor `Cirlce`"),
            ("Box", "unknown constructor `Box`"),
            ("Shape.Square", "`Shape` has no `Square`"),
        ] {
            assert_eq!(constructors(program, environment, main, text), expected, "{text}");
        }
        let both = constructors(program, environment, main, "Empty");
        assert!(both.contains("Shape.Empty") && both.contains("Bag.Empty"), "{both}");
    });
}

#[test]
fn values_are_own_imported_or_of_the_prelude() {
    let main = "use List.{length, map}\n\nconst limit: Int = 3\n\nfn todo(n: Int) -> Int\n  n\n";
    let project = Project::new(&[("main.kea", main)]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        let value =
            |text| environment.value(main, name(text)).expect("no ambiguity").map(|item| described(program, item));
        assert_eq!(value("length").as_deref(), Some("List.length"));
        assert_eq!(value("limit").as_deref(), Some("Main.limit"));
        assert_eq!(value("panic").as_deref(), Some("Prelude.panic"));
        assert_eq!(value("todo").as_deref(), Some("Main.todo"));
        assert_eq!(value("append"), None);
        let error = environment.unknown_value(main, name("lenght"), &[]);
        assert_eq!((error.code, error.hint.as_deref()), ("unknown-name", Some("did you mean `length`?")));
        let error = environment.unknown_value(main, name("cuont"), &["count"]);
        assert_eq!(error.hint.as_deref(), Some("did you mean `count`?"));
    });
}

#[test]
fn own_types_hide_the_preludes_and_their_modules() {
    let project =
        Project::new(&[("main.kea", "struct List\n  size: Int\n\n  fn grow(self: List) -> List\n    self\n")]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        assert_eq!(qualified(program, environment, main, "List.grow"), "Main.List.grow");
        assert_eq!(qualified(program, environment, main, "List.length"), "`List` has no `length`");
        assert_ne!(environment.structure(main, &path("List")).ok(), Some(program.known.list));
    });
}

#[test]
fn a_use_of_the_prelude_changes_nothing() {
    let main = "use List\nuse IO\nuse List.{List}\nuse Int.{Int}\nuse Text\n\nfn main() -[IO]> Unit\n  ()\n";
    let project = Project::new(&[("main.kea", main)]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        assert_eq!(qualified(program, environment, main, "List.length"), "List.length");
        assert_eq!(qualified(program, environment, main, "Text.length"), "String.length");
        assert_eq!(environment.effect(main, &path("IO")).ok(), Some(program.known.io));
    });
}

#[test]
fn a_module_and_its_type_share_a_name() {
    let main = "use SortedMap\nuse Log\n\nfn f(map: SortedMap Int Int) -[Log]> Int\n  0\n";
    let log = "pub effect Log\n  fn info(message: String) -> Unit\n\npub fn collect(n: Int) -> Int\n  n\n";
    let project = Project::new(&[("main.kea", main), ("log.kea", log)]);
    project.load(|program, environment| {
        let main = module(program, "Main");
        for (text, expected) in
            [("SortedMap.size", "SortedMap.size"), ("Log.info", "operation Log.info"), ("Log.collect", "Log.collect")]
        {
            assert_eq!(qualified(program, environment, main, text), expected, "{text}");
        }
    });
    let map = "pub struct Table\n  size: Int\n\n  pub fn grow(self: Table) -> Int\n    0\n\npub fn grow(n: Int) -> Int\n  n\n";
    let project = Project::new(&[("main.kea", "use Table\n"), ("table.kea", map)]);
    assert_eq!(project.error(), "table.kea:7:8: error[duplicate-definition]: `grow` is defined twice");
}

#[test]
fn methods_belong_to_types_and_to_traits_in_scope() {
    let main =
        "use Shapes\n\ntrait Loud\n  fn shout(self: Self) -> String\n\ntrait Eq\n  fn same(self: Self) -> Bool\n";
    let project = Project::new(&[("main.kea", main), ("shapes.kea", SHAPES), ("other.kea", "use Shapes.{Area}\n")]);
    project.load(|program, environment| {
        let (main, shapes) = (module(program, "Main"), module(program, "Shapes"));
        let method =
            |from, head, name| environment.method(from, head, name).map(|id| program.functions[id.index()].name);
        let shape = program.data.iter().position(|data| data.name == "Shape").expect("declared");
        let point = program.data.iter().position(|data| data.name == "Point").expect("declared");
        let (shape, point) = (Head::Data(DataId(shape as u32)), Head::Data(DataId(point as u32)));
        assert_eq!(method(main, point, "norm"), Some("Shapes.Point.norm"));
        assert_eq!(method(main, point, "secret"), None);
        assert_eq!(method(shapes, point, "secret"), Some("Shapes.Point.secret"));
        assert_eq!(method(main, shape, "scale"), Some("Shapes.scale"));
        assert_eq!(method(main, shape, "hidden"), None);
        assert_eq!(method(main, Head::Int, "abs"), Some("Int.abs"));
        assert_eq!(method(main, Head::String, "length"), Some("String.length"));
        assert_eq!(method(main, Head::Data(program.known.list), "map"), Some("List.map"));
        assert_eq!(method(main, Head::Tuple(2), "map"), None);

        let traits = |from, name| {
            let methods = environment.trait_methods(from, name);
            methods.iter().map(|&(id, _)| program.traits[id.index()].name).collect::<Vec<_>>()
        };
        assert_eq!(traits(main, "shout"), ["Loud"]);
        assert_eq!(traits(main, "show"), ["Show"]);
        assert_eq!(traits(main, "area"), [""; 0], "a module brings in no traits but that of its name");
        assert_eq!(traits(main, "eq"), [""; 0], "the module's own `Eq` hides the prelude's");
        assert_eq!(traits(shapes, "eq"), ["Eq"]);
        assert_eq!(traits(shapes, "area"), ["Area"]);
    });
}
