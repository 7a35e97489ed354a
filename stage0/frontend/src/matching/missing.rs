//! What a match leaves out: a value that no arm fits, as a pattern.
//!
//! A decision tree reaches [`Node::Unreachable`] for exactly the values that no arm fits. The way there says what such a value looks
//! like; where it goes through `otherwise`, any constructor or literal that has no case will do. A way that only values of an
//! empty type could take does not count. (The example is what Maranget calls a witness: Warnings for Pattern Matching, JFP 2007.)

use super::tree::{Node, NodeId, Place, PlaceId, Step, Test, Tree};
use crate::hir::{DataId, Literal, Program, Type, Variant};
use rustc_hash::{FxHashMap, FxHashSet};

/// A pattern in Kea's syntax that fits a value that no arm of the tree fits; none where there is no such value.
pub(super) fn find<'a>(program: &Program<'a>, tree: &Tree<'a>) -> Option<String> {
    let mut search = Search { program, tree, path: Vec::new() };
    if is_empty(program, tree.places[0].ty, &[], 0) || !search.visit(tree.root) {
        return None;
    }
    let mut parts: FxHashMap<PlaceId, Vec<(Step, PlaceId)>> = FxHashMap::default();
    for (index, place) in tree.places.iter().enumerate() {
        if let Some((whole, step)) = place.part_of {
            parts.entry(whole).or_default().push((step, PlaceId(index as u32)));
        }
    }
    let found = search.path.into_iter().collect();
    let printer = Printer { program, places: &tree.places, found, parts };
    Some(printer.pattern(PlaceId(0)))
}

/// What a place is on the way to a value that no arm fits.
enum Found<'s, 'a> {
    Variant(DataId, u32),
    Literal(Literal<'a>),
    /// A literal that none of these cases names.
    OtherLiteral(&'s [(Test<'a>, NodeId)]),
}

struct Search<'s, 'a> {
    program: &'s Program<'a>,
    tree: &'s Tree<'a>,
    path: Vec<(PlaceId, Found<'s, 'a>)>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// Whether a value that no arm fits gets to a node below this one; the path leads there then.
    fn visit(&mut self, node: NodeId) -> bool {
        let tree = self.tree;
        match &tree.nodes[node.0 as usize] {
            Node::Unreachable => true,
            Node::Leaf(_) => false,
            Node::Guard { otherwise, .. } => self.visit(*otherwise),
            Node::Switch { place, cases, otherwise } => {
                // What no case names is the shorter example.
                otherwise.is_some_and(|node| self.visit_otherwise(*place, cases, node))
                    || cases.iter().any(|(test, node)| self.follow(*place, found_by(test), *node))
            }
        }
    }

    fn follow(&mut self, place: PlaceId, found: Found<'s, 'a>, node: NodeId) -> bool {
        self.path.push((place, found));
        let reached = self.visit(node);
        if !reached {
            self.path.pop();
        }
        reached
    }

    fn visit_otherwise(&mut self, place: PlaceId, cases: &'s [(Test<'a>, NodeId)], node: NodeId) -> bool {
        match self.without_case(self.tree.places[place.0 as usize], cases) {
            Some(found) => self.follow(place, found, node),
            None => false,
        }
    }

    /// A constructor or a literal that has no case; none where no value is left.
    fn without_case(&self, place: Place<'a>, cases: &'s [(Test<'a>, NodeId)]) -> Option<Found<'s, 'a>> {
        match cases.first()?.0 {
            Test::Variant(data, _) => {
                let named: FxHashSet<u32> = cases.iter().filter_map(|(test, _)| variant_of(test)).collect();
                let variants = &self.program.data[data.index()].variants;
                let variant = (0..variants.len() as u32).find(|variant| {
                    !named.contains(variant) && !self.is_empty_variant(place, &variants[*variant as usize])
                })?;
                Some(Found::Variant(data, variant))
            }
            Test::Literal(_) => Some(Found::OtherLiteral(cases)),
        }
    }

    fn is_empty_variant(&self, place: Place<'a>, variant: &Variant<'a>) -> bool {
        let Type::Data(_, arguments) = *place.ty else { return false };
        let empty: Vec<bool> = arguments.iter().map(|ty| is_empty(self.program, ty, &[], 0)).collect();
        variant.fields.iter().any(|field| is_empty(self.program, field.ty, &empty, 0))
    }
}

fn found_by<'s, 'a>(test: &Test<'a>) -> Found<'s, 'a> {
    match *test {
        Test::Variant(data, variant) => Found::Variant(data, variant),
        Test::Literal(literal) => Found::Literal(literal),
    }
}

fn variant_of(test: &Test) -> Option<u32> {
    match test {
        Test::Variant(_, variant) => Some(*variant),
        Test::Literal(_) => None,
    }
}

/// How deep the fields of a type are looked into for one that has no values.
const EMPTY_DEPTH_MAX: u32 = 8;

/// Whether the type is known to have no values. `parameters` says it of the type parameters in scope.
fn is_empty(program: &Program, ty: &Type, parameters: &[bool], depth: u32) -> bool {
    match *ty {
        Type::Never => true,
        Type::Parameter(number) => parameters.get(number as usize).copied().unwrap_or(false),
        _ if depth == EMPTY_DEPTH_MAX => false,
        Type::Tuple(elements) => elements.iter().any(|ty| is_empty(program, ty, parameters, depth + 1)),
        Type::Data(data, arguments) => {
            let empty: Vec<bool> = arguments.iter().map(|ty| is_empty(program, ty, parameters, depth + 1)).collect();
            program.data[data.index()]
                .variants
                .iter()
                .all(|variant| variant.fields.iter().any(|field| is_empty(program, field.ty, &empty, depth + 1)))
        }
        _ => false,
    }
}

fn literal_text(literal: Literal) -> String {
    match literal {
        Literal::Int(number) => number.to_string(),
        Literal::UInt8(number) => number.to_string(),
        // The sum makes one zero of both.
        Literal::Float(number) => format!("{:?}", number + 0.0),
        Literal::Char(char) => format!("{char:?}"),
        Literal::Bool(truth) => truth.to_string(),
        Literal::String(text) => format!("{:?}", text.replace('{', "{{").replace('}', "}}")),
        Literal::Unit => "()".into(),
    }
}

/// A literal of the same type that has no case.
fn other_literal(cases: &[(Test, NodeId)]) -> String {
    let literals = || {
        cases.iter().filter_map(|(test, _)| match test {
            Test::Literal(literal) => Some(*literal),
            Test::Variant(..) => None,
        })
    };
    let named: FxHashSet<String> = literals().map(literal_text).collect();
    let free = |text: &String| !named.contains(text);
    let other = match literals().next() {
        Some(Literal::Int(_) | Literal::UInt8(_)) => (0..).map(|number: i64| number.to_string()).find(free),
        Some(Literal::Float(_)) => (0..).map(|number: u32| literal_text(Literal::Float(number.into()))).find(free),
        Some(Literal::Char(_)) => ('a'..=char::MAX).map(|char| literal_text(Literal::Char(char))).find(free),
        Some(Literal::Bool(_)) => [false, true].map(|truth| truth.to_string()).into_iter().find(free),
        Some(Literal::String(_)) => (0..).map(|length| literal_text(Literal::String(&"a".repeat(length)))).find(free),
        Some(Literal::Unit) | None => None,
    };
    other.unwrap_or_else(|| "_".into())
}

/// Writes the pattern of what was found.
struct Printer<'s, 'a> {
    program: &'s Program<'a>,
    places: &'s [Place<'a>],
    found: FxHashMap<PlaceId, Found<'s, 'a>>,
    parts: FxHashMap<PlaceId, Vec<(Step, PlaceId)>>,
}

impl Printer<'_, '_> {
    fn pattern(&self, place: PlaceId) -> String {
        match self.found.get(&place) {
            Some(Found::Literal(literal)) => literal_text(*literal),
            Some(Found::OtherLiteral(cases)) => other_literal(cases),
            Some(Found::Variant(data, variant)) => self.variant(place, *data, *variant),
            None => match *self.places[place.0 as usize].ty {
                Type::Tuple(elements) => self.tuple(place, elements.len()),
                Type::Data(data, _) if self.program.data[data.index()].variants.len() == 1 => {
                    self.variant(place, data, 0)
                }
                _ => "_".into(),
            },
        }
    }

    /// The patterns of the fields of a constructor or the elements of a tuple.
    fn parts(&self, place: PlaceId, count: usize, number: impl Fn(Step) -> Option<u32>) -> Vec<String> {
        let mut patterns = vec!["_".to_string(); count];
        for (step, part) in self.parts.get(&place).into_iter().flatten() {
            if let Some(number) = number(*step) {
                patterns[number as usize] = self.pattern(*part);
            }
        }
        patterns
    }

    fn tuple(&self, place: PlaceId, count: usize) -> String {
        let patterns = self.parts(place, count, |step| match step {
            Step::Element(index) => Some(index),
            Step::Field { .. } => None,
        });
        if patterns.iter().all(|pattern| pattern == "_") { "_".into() } else { format!("({})", patterns.join(", ")) }
    }

    fn variant(&self, place: PlaceId, data: DataId, variant: u32) -> String {
        let declared = &self.program.data[data.index()];
        let constructor = &declared.variants[variant as usize];
        let patterns = self.parts(place, constructor.fields.len(), |step| match step {
            Step::Field { variant: of, field, .. } if of == variant => Some(field),
            _ => None,
        });
        let is_list = data == self.program.known.list;
        match &patterns[..] {
            [] if is_list => "[]".into(),
            [] => constructor.name.into(),
            [head, rest] if is_list && head.contains("::") => format!("({head}) :: {rest}"),
            [head, rest] if is_list => format!("{head} :: {rest}"),
            _ if declared.variants.len() == 1 && patterns.iter().all(|pattern| pattern == "_") => "_".into(),
            _ if declared.is_struct => struct_pattern(constructor, &patterns),
            _ => format!("{}({})", constructor.name, patterns.join(", ")),
        }
    }
}

fn struct_pattern(constructor: &Variant, patterns: &[String]) -> String {
    let fields = constructor.fields.iter().zip(patterns).filter(|(_, pattern)| *pattern != "_");
    let fields: Vec<String> =
        fields.map(|(field, pattern)| format!("{}: {pattern}", field.name.unwrap_or("_"))).collect();
    let rest = if fields.len() < patterns.len() { ", .." } else { "" };
    format!("{} {{ {}{rest} }}", constructor.name, fields.join(", "))
}
