//! Decision trees: in what order the parts of a value are looked at to find the arm that fits it.
//!
//! ```text
//! case (xs, n)                  switch 0.0
//!   ([], _) -> a                  Nil  -> leaf a
//!   (x :: _, 0) -> b              Cons -> switch 0.1
//!   (_, _) -> c                             0    -> leaf b, x = 0.0.Cons.0
//!                                           else -> leaf c
//! ```
//!
//! Compilation works on rows, one an arm, each a list of places with the patterns that are still to be tested there; what fits
//! anything is not in the list. The first row decides: with an empty list it is a leaf; otherwise one of its places becomes a
//! switch, and every row goes to the cases that it may fit. A row that says nothing of the place goes to all of them, so a tree
//! may name an arm in several leaves; the arm's code is there once all the same (see [`Leaf`]). Tuples, structs and `()` need no
//! test and are taken apart at once. An alternative `A | B` becomes rows when its place is switched on.

use crate::hir::{Arm, DataId, Literal, LocalId, Pattern, PatternKind, Program, Ty, Type};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

/// A part of the subject, by number; 0 is the subject itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceId(pub u32);

/// A node of a tree, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A decision tree. Each node but the root is the child of exactly one node.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    /// The first decision.
    pub root: NodeId,
    /// The nodes.
    pub nodes: Vec<Node<'a>>,
    /// The places that are looked at or bound, and those on the way to them. A place stands behind what it is part of.
    pub places: Vec<Place<'a>>,
    /// For each arm, the locals that its pattern binds, sorted: the order of [`Leaf::bindings`].
    pub bound: Vec<Vec<LocalId>>,
}

/// A part of the subject.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What it is a part of and which; none for the subject.
    pub part_of: Option<(PlaceId, Step)>,
    /// Its type.
    pub ty: Ty<'a>,
}

/// From a value to a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A field of a constructor. It is read only below a switch that found that constructor, or of a type with one.
    Field {
        /// The type.
        data: DataId,
        /// The constructor.
        variant: u32,
        /// The field.
        field: u32,
    },
    /// An element of a tuple.
    Element(u32),
}

/// A decision.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// Goes on at the case whose test the place passes. The tests of one switch are all of one kind and differ.
    Switch {
        /// What is looked at.
        place: PlaceId,
        /// The cases, in order of the arms.
        cases: Vec<(Test<'a>, NodeId)>,
        /// When no case fits; none where the cases are all constructors of the type, or both truth values.
        otherwise: Option<NodeId>,
    },
    /// The arm is found.
    Leaf(Leaf),
    /// The arm is found if its guard holds, which may use what the arm binds.
    Guard {
        /// The arm.
        leaf: Leaf,
        /// Where to go on if it does not hold.
        otherwise: NodeId,
    },
    /// No value comes here, because its type has none: nothing else in a match that passed [`super::check()`].
    Unreachable,
}

/// What a place is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test<'a> {
    /// It is of that constructor.
    Variant(DataId, u32),
    /// It equals the literal, which is not `()`.
    Literal(Literal<'a>),
}

/// The end of a path. An arm may have several leaves: its code becomes one block, whose parameters are its bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The arm's number.
    pub arm: u32,
    /// What its names stand for, sorted by local.
    pub bindings: Vec<(LocalId, PlaceId)>,
}

/// The tree of a `case`. The subject's type is needed where there are no arms.
pub fn compile<'a>(program: &Program<'a>, subject: Ty<'a>, arms: &'a [Arm<'a>]) -> Tree<'a> {
    compile_rows(program, subject, arms.iter().map(|arm| (&arm.pattern, arm.guard.is_some())))
}

/// The tree of one pattern, which is irrefutable: of a `let`, a `for`, a parameter. It has one leaf unless the pattern has
/// alternatives.
pub fn compile_pattern<'a>(program: &Program<'a>, pattern: &'a Pattern<'a>) -> Tree<'a> {
    compile_rows(program, pattern.ty, std::iter::once((pattern, false)))
}

fn compile_rows<'a>(
    program: &Program<'a>,
    subject: Ty<'a>,
    patterns: impl Iterator<Item = (&'a Pattern<'a>, bool)>,
) -> Tree<'a> {
    let mut compiler = Compiler {
        program,
        nodes: Vec::new(),
        places: vec![Place { part_of: None, ty: subject }],
        parts: FxHashMap::default(),
    };
    let mut rows = Vec::new();
    let mut bound = Vec::new();
    for (arm, (pattern, guarded)) in patterns.enumerate() {
        bound.push(bound_locals(pattern));
        let mut row = Row { arm: arm as u32, guarded, tests: SmallVec::new(), bindings: Vec::new() };
        compiler.require(&mut row, PlaceId(0), pattern);
        push_reachable(&mut rows, row);
    }
    let root = compiler.node(rows);
    Tree { root, nodes: compiler.nodes, places: compiler.places, bound }
}

/// The locals that a pattern binds, sorted.
pub fn bound_locals(pattern: &Pattern) -> Vec<LocalId> {
    let mut locals = Vec::new();
    collect_bound(pattern, &mut locals);
    locals.sort_unstable();
    locals.dedup();
    locals
}

fn collect_bound(pattern: &Pattern, locals: &mut Vec<LocalId>) {
    match pattern.kind {
        PatternKind::Wildcard | PatternKind::Literal(_) => {}
        PatternKind::Bind(local, inner) => {
            locals.push(local);
            if let Some(inner) = inner {
                collect_bound(inner, locals);
            }
        }
        PatternKind::Variant { fields: parts, .. } | PatternKind::Tuple(parts) => {
            parts.iter().for_each(|part| collect_bound(part, locals));
        }
        // Every alternative binds the same locals.
        PatternKind::Or(alternatives) => {
            if let Some(first) = alternatives.first() {
                collect_bound(first, locals);
            }
        }
    }
}

/// An arm, or one alternative of it, as far as it is not decided.
#[derive(Clone)]
struct Row<'a> {
    arm: u32,
    guarded: bool,
    /// Constructors, literals and alternatives that are still to be tested, in order of the text; at most one a place.
    tests: SmallVec<[(PlaceId, &'a Pattern<'a>); 4]>,
    bindings: Vec<(LocalId, PlaceId)>,
}

impl Row<'_> {
    /// Whether it fits whatever comes to it.
    fn is_final(&self) -> bool {
        self.tests.is_empty() && !self.guarded
    }
}

/// Adds a row unless the one before it fits everything.
fn push_reachable<'a>(rows: &mut Vec<Row<'a>>, row: Row<'a>) {
    if !rows.last().is_some_and(Row::is_final) {
        rows.push(row);
    }
}

/// A test as a key: floats are told apart as `==` does it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum TestKey<'a> {
    Variant(u32),
    Number(i64),
    Text(&'a str),
}

struct Compiler<'p, 'a> {
    program: &'p Program<'a>,
    nodes: Vec<Node<'a>>,
    places: Vec<Place<'a>>,
    parts: FxHashMap<(PlaceId, Step), PlaceId>,
}

/// The rows of each case of a switch, and of what no case fits.
struct Cases<'a> {
    cases: IndexMap<TestKey<'a>, (Test<'a>, Vec<Row<'a>>), FxBuildHasher>,
    otherwise: Vec<Row<'a>>,
}

impl<'a> Compiler<'_, 'a> {
    fn node(&mut self, rows: Vec<Row<'a>>) -> NodeId {
        let rows = self.spread(rows);
        match rows.first() {
            None => self.push(Node::Unreachable),
            Some(first) if first.tests.is_empty() => self.leaf(rows),
            Some(_) => self.switch(rows),
        }
    }

    /// Alternatives of what is taken apart without a test (tuples, structs) become rows at once: what they ask of its parts has to be
    /// seen before one of the parts is switched on.
    fn spread(&mut self, rows: Vec<Row<'a>>) -> Vec<Row<'a>> {
        let program = self.program;
        let is_spread = |(_, pattern): &(PlaceId, &Pattern)| match (pattern.kind, pattern.ty) {
            (PatternKind::Or(_), Type::Tuple(_) | Type::Unit) => true,
            (PatternKind::Or(_), Type::Data(data, _)) => program.data[data.index()].variants.len() == 1,
            _ => false,
        };
        if !rows.iter().any(|row| row.tests.iter().any(is_spread)) {
            return rows;
        }
        let mut spread = Vec::with_capacity(rows.len() + 1);
        let mut open: Vec<Row<'a>> = rows.into_iter().rev().collect();
        while let Some(mut row) = open.pop() {
            let Some(index) = row.tests.iter().position(is_spread) else {
                push_reachable(&mut spread, row);
                continue;
            };
            let (place, pattern) = row.tests.remove(index);
            let PatternKind::Or(alternatives) = pattern.kind else { continue };
            for alternative in alternatives.iter().rev() {
                let mut row = row.clone();
                self.require(&mut row, place, alternative);
                open.push(row);
            }
        }
        spread
    }

    fn push(&mut self, node: Node<'a>) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Rows without tests come first: each is taken if its guard holds, the first one without a guard in any case.
    fn leaf(&mut self, mut rows: Vec<Row<'a>>) -> NodeId {
        let found = rows.iter().take_while(|row| row.tests.is_empty()).count();
        let rest = rows.split_off(found);
        let mut next = None;
        if !rows.last().is_some_and(Row::is_final) {
            next = Some(self.node(rest));
        }
        for row in rows.into_iter().rev() {
            let mut bindings = row.bindings;
            bindings.sort_unstable();
            let leaf = Leaf { arm: row.arm, bindings };
            next = Some(match next {
                Some(otherwise) if row.guarded => self.push(Node::Guard { leaf, otherwise }),
                _ => self.push(Node::Leaf(leaf)),
            });
        }
        next.unwrap_or_else(|| self.push(Node::Unreachable))
    }

    fn switch(&mut self, rows: Vec<Row<'a>>) -> NodeId {
        let place = best_place(&rows);
        let Cases { mut cases, mut otherwise } = self.split(place, rows);
        let Some(&(test, _)) = cases.values().next() else {
            // Alternatives of a type that is taken apart without a test.
            return self.node(otherwise);
        };
        let complete = cases.len() == self.test_count(test);
        if let (true, Test::Literal(Literal::UInt8(_)), Some((_, (_, last)))) = (complete, test, cases.last_mut()) {
            // A switch on numbers has an `otherwise`, even behind all 256 of them.
            otherwise = std::mem::take(last);
            cases.pop();
        }
        let open = !complete || matches!(test, Test::Literal(Literal::UInt8(_)));
        let cases = cases.into_values().map(|(test, rows)| (test, self.node(rows))).collect();
        let otherwise = open.then(|| self.node(otherwise));
        self.push(Node::Switch { place, cases, otherwise })
    }

    /// Whether the type has one constructor, so that there is nothing to test.
    fn is_struct(&self, data: DataId) -> bool {
        self.program.data[data.index()].variants.len() == 1
    }

    /// How many different tests of that kind there are.
    fn test_count(&self, test: Test) -> usize {
        match test {
            Test::Variant(data, _) => self.program.data[data.index()].variants.len(),
            Test::Literal(Literal::Bool(_)) => 2,
            Test::Literal(Literal::UInt8(_)) => 256,
            Test::Literal(_) => usize::MAX,
        }
    }

    /// Sends each row to the cases that it may fit, in order.
    fn split(&mut self, place: PlaceId, rows: Vec<Row<'a>>) -> Cases<'a> {
        let mut split = Cases { cases: IndexMap::default(), otherwise: Vec::new() };
        for row in &rows {
            if let Some((_, pattern)) = row.tests.iter().find(|(tested, _)| *tested == place) {
                self.declare_tests(pattern, &mut split);
            }
        }
        for mut row in rows {
            match row.tests.iter().position(|(tested, _)| *tested == place) {
                Some(index) => {
                    let (_, pattern) = row.tests.remove(index);
                    self.distribute(place, row, pattern, &mut split);
                }
                None => send_to_all(row, &mut split),
            }
        }
        split
    }

    /// Makes a case for each test in a pattern that stands at the place that is switched on.
    fn declare_tests(&self, pattern: &Pattern<'a>, split: &mut Cases<'a>) {
        let (key, test) = match pattern.kind {
            PatternKind::Or(alternatives) => {
                return alternatives.iter().for_each(|inner| self.declare_tests(inner, split));
            }
            PatternKind::Bind(_, Some(inner)) => return self.declare_tests(inner, split),
            PatternKind::Variant { data, variant, .. } if !self.is_struct(data) => {
                (TestKey::Variant(variant), Test::Variant(data, variant))
            }
            PatternKind::Literal(literal) => match literal_key(literal) {
                Some(key) => (key, Test::Literal(literal)),
                None => return,
            },
            _ => return,
        };
        split.cases.entry(key).or_insert_with(|| (test, Vec::new()));
    }

    /// Sends a row to the case that its pattern at the place names; alternatives one after another.
    fn distribute(&mut self, place: PlaceId, mut row: Row<'a>, pattern: &'a Pattern<'a>, split: &mut Cases<'a>) {
        match pattern.kind {
            PatternKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.distribute(place, row.clone(), alternative, split);
                }
            }
            PatternKind::Bind(local, inner) => {
                row.bindings.push((local, place));
                match inner {
                    Some(inner) => self.distribute(place, row, inner, split),
                    None => send_to_all(row, split),
                }
            }
            PatternKind::Variant { data, variant, fields } if !self.is_struct(data) => {
                for (field, inner) in fields.iter().enumerate() {
                    let step = Step::Field { data, variant, field: field as u32 };
                    let part = self.part(place, step, inner.ty);
                    self.require(&mut row, part, inner);
                }
                send_to_case(TestKey::Variant(variant), row, split);
            }
            PatternKind::Literal(literal) => match literal_key(literal) {
                Some(key) => send_to_case(key, row, split),
                None => send_to_all(row, split),
            },
            PatternKind::Wildcard => send_to_all(row, split),
            PatternKind::Tuple(_) | PatternKind::Variant { .. } => {
                self.require(&mut row, place, pattern);
                send_to_all(row, split);
            }
        }
    }

    /// Adds to a row what a pattern asks of a place, as far as it asks for anything.
    fn require(&mut self, row: &mut Row<'a>, place: PlaceId, pattern: &'a Pattern<'a>) {
        match pattern.kind {
            PatternKind::Wildcard | PatternKind::Literal(Literal::Unit) => {}
            PatternKind::Bind(local, inner) => {
                row.bindings.push((local, place));
                if let Some(inner) = inner {
                    self.require(row, place, inner);
                }
            }
            PatternKind::Tuple(elements) => {
                for (index, inner) in elements.iter().enumerate() {
                    let part = self.part(place, Step::Element(index as u32), inner.ty);
                    self.require(row, part, inner);
                }
            }
            PatternKind::Variant { data, variant, fields } if self.is_struct(data) => {
                for (field, inner) in fields.iter().enumerate() {
                    let step = Step::Field { data, variant, field: field as u32 };
                    let part = self.part(place, step, inner.ty);
                    self.require(row, part, inner);
                }
            }
            PatternKind::Literal(_) | PatternKind::Variant { .. } | PatternKind::Or(_) => {
                row.tests.push((place, pattern));
            }
        }
    }

    fn part(&mut self, whole: PlaceId, step: Step, ty: Ty<'a>) -> PlaceId {
        let places = &mut self.places;
        *self.parts.entry((whole, step)).or_insert_with(|| {
            places.push(Place { part_of: Some((whole, step)), ty });
            PlaceId(places.len() as u32 - 1)
        })
    }
}

/// The place of the first row that most rows test; the leftmost of several.
fn best_place(rows: &[Row]) -> PlaceId {
    let candidates = &rows[0].tests;
    if let [(only, _)] = candidates[..] {
        return only;
    }
    let mut counts: FxHashMap<PlaceId, usize> = candidates.iter().map(|(place, _)| (*place, 0)).collect();
    for (place, _) in rows.iter().flat_map(|row| &row.tests) {
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
    }
    let mut best = candidates[0].0;
    for (place, _) in candidates {
        if counts[place] > counts[&best] {
            best = *place;
        }
    }
    best
}

/// What a literal is told apart by; none for `()`.
fn literal_key(literal: Literal) -> Option<TestKey> {
    Some(match literal {
        Literal::Int(number) => TestKey::Number(number),
        Literal::UInt8(number) => TestKey::Number(number.into()),
        // The sum makes one zero of both.
        Literal::Float(number) => TestKey::Number((number + 0.0).to_bits() as i64),
        Literal::Char(char) => TestKey::Number(u32::from(char).into()),
        Literal::Bool(truth) => TestKey::Number(truth.into()),
        Literal::String(text) => TestKey::Text(text),
        Literal::Unit => return None,
    })
}

fn send_to_case<'a>(key: TestKey<'a>, row: Row<'a>, split: &mut Cases<'a>) {
    if let Some((_, rows)) = split.cases.get_mut(&key) {
        push_reachable(rows, row);
    }
}

fn send_to_all<'a>(row: Row<'a>, split: &mut Cases<'a>) {
    for (_, rows) in split.cases.values_mut() {
        push_reachable(rows, row.clone());
    }
    push_reachable(&mut split.otherwise, row);
}
