//! `test` blocks and the examples of documentation, as a program that runs them.

use super::example;
use super::synthesis::Synthesis;
use crate::ast::{DocLine, EffectUse, Expr, ExprKind, Function, Item, ItemKind, Module, Name, Row, StringPart};
use crate::diagnostic::Outcome;
use crate::source::Sources;
use bumpalo::Bump;

/// Makes a program of the module that runs its tests, and gives their names in order.
pub fn tests<'a>(arena: &'a Bump, sources: &Sources, module: Module<'a>) -> Outcome<(Module<'a>, Vec<&'a str>)> {
    let mut suite =
        Suite { arena, sources, examples: example::Reader::new(arena), items: Vec::new(), cases: Vec::new() };
    suite.examples("module", module.docs)?;
    for &item in module.items {
        suite.item(item)?;
    }
    let main = suite.main();
    suite.items.push(main);
    let names = suite.cases.iter().map(|case| case.name).collect();
    Ok((Module { items: arena.alloc_slice_copy(&suite.items), ..module }, names))
}

/// A test.
struct Case<'a> {
    name: &'a str,
    function: Name<'a>,
}

/// The tests of a module.
struct Suite<'a, 's> {
    arena: &'a Bump,
    sources: &'s Sources,
    examples: example::Reader<'a>,
    /// What the program declares.
    items: Vec<Item<'a>>,
    cases: Vec<Case<'a>>,
}

impl<'a> Suite<'a, '_> {
    /// Takes an item over, with the tests that it holds.
    fn item(&mut self, item: Item<'a>) -> Outcome<()> {
        match item.kind {
            ItemKind::Test(test) => {
                self.examples(test.name.text, item.docs)?;
                self.case(test.name, *test.body);
                return Ok(());
            }
            ItemKind::Function(function) if function.name.text == "main" => {
                return self.examples("main", item.docs);
            }
            _ => self.examples_within(&item)?,
        }
        self.items.push(item);
        Ok(())
    }

    /// The examples in the documentation of an item and of its parts.
    fn examples_within(&mut self, item: &Item<'a>) -> Outcome<()> {
        let (name, functions): (&str, &[Item<'a>]) = match item.kind {
            ItemKind::Alias(alias) => (alias.name.text, &[]),
            ItemKind::Struct(ty) => (ty.name.text, ty.functions),
            ItemKind::Enum(ty) => (ty.name.text, &[]),
            ItemKind::Function(function) => (function.name.text, &[]),
            ItemKind::Constant(constant) => (constant.name.text, &[]),
            ItemKind::Trait(declared) => (declared.name.text, declared.methods),
            ItemKind::Effect(effect) => (effect.name.text, effect.operations),
            ItemKind::Implementation(implementation) => {
                (implementation.trait_path.last().map_or("", |name| name.text), implementation.functions)
            }
            ItemKind::Test(test) => (test.name.text, &[]),
        };
        self.examples(name, item.docs)?;
        match item.kind {
            ItemKind::Struct(ty) => {
                for field in ty.fields {
                    self.examples(field.name.map_or(name, |name| name.text), field.docs)?;
                }
            }
            ItemKind::Enum(ty) => {
                for constructor in ty.constructors {
                    self.examples(constructor.name.text, constructor.docs)?;
                }
            }
            _ => {}
        }
        functions.iter().try_for_each(|function| self.examples_within(function))
    }

    /// The examples in some documentation.
    fn examples(&mut self, name: &str, docs: &[DocLine<'a>]) -> Outcome<()> {
        for line in docs {
            let Some(example) = self.examples.read(self.sources, line)? else { continue };
            let make = Synthesis { arena: self.arena, span: line.span };
            let title = make.fresh(&format!("{name}: {}", example.text));
            let body = make.call_qualified("$Test", "assert_eq", &[example.actual, example.expected]);
            self.case(title, body);
        }
        Ok(())
    }

    /// Adds a test.
    fn case(&mut self, name: Name<'a>, body: Expr<'a>) {
        let make = Synthesis { arena: self.arena, span: name.span };
        let text = StringPart::Text(name.text);
        let title = make.expr(ExprKind::String(if name.text.is_empty() { &[] } else { make.slice(&[text]) }));
        let body = make.expr(ExprKind::Lambda { parameters: &[], body: self.arena.alloc(body) });
        let run = make.call_qualified("$Test", "run_case", &[title, body]);
        let function = make.fresh(&format!("$test{}", self.cases.len()));
        self.items.push(test_function(make, function, "$Bool", run));
        self.cases.push(Case { name: name.text, function });
    }

    /// The entry point, which runs all tests.
    fn main(&self) -> Item<'a> {
        let span = self.cases.first().map_or(Default::default(), |case| case.function.span);
        let make = Synthesis { arena: self.arena, span };
        let cases: Vec<Expr<'a>> = self.cases.iter().map(|case| make.variable(case.function)).collect();
        let list = make.expr(ExprKind::List(make.slice(&cases)));
        test_function(make, make.name("main"), "$Int", make.call_qualified("$Test", "run_all", &[list]))
    }
}

/// `fn name() -[Clock, IO, Process, Rand]> result`: tests may use whatever the runtime offers.
fn test_function<'a>(make: Synthesis<'a>, name: Name<'a>, result: &'a str, body: Expr<'a>) -> Item<'a> {
    let capability = |name| EffectUse { path: make.path(&[name]), arguments: &[], span: make.span };
    let effects = ["$Clock", "$IO", "$Process", "$Rand"].map(capability);
    let row = Row { effects: make.slice(&effects), variable: None, span: make.span };
    let function = make.function(name, &[], result, body);
    make.item(ItemKind::Function(Function { row: Some(row), ..function }), &[])
}
