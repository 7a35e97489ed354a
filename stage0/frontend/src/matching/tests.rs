//! Trees against the meaning of patterns: the first arm that fits.

use super::missing;
use super::tree::{Node, NodeId, PlaceId, Step, Test, Tree, compile};
use crate::hir::{
    Arm, Data, DataId, EffectId, Expr, ExprKind, Field, FunctionId, Known, Literal, LocalId, ModuleId, Pattern,
    PatternKind, Program, TraitId, Ty, Type, Variant,
};
use crate::source::Span;
use bumpalo::Bump;
use indexmap::IndexMap;
use std::time::{Duration, Instant};

const LIST: DataId = DataId(0);
const OPTION: DataId = DataId(1);
const RESULT: DataId = DataId(2);
const POINT: DataId = DataId(3);
const COLOR: DataId = DataId(4);
const LARGE: DataId = DataId(5);

struct World<'a> {
    arena: &'a Bump,
    program: Program<'a>,
}

impl<'a> World<'a> {
    fn new(arena: &'a Bump) -> World<'a> {
        let parameter = |number| &*arena.alloc(Type::Parameter(number));
        let list = arena.alloc(Type::Data(LIST, std::slice::from_ref(arena.alloc(parameter(0)))));
        let large: Vec<(&str, Vec<Ty>)> =
            (0..1000).map(|number| (&*arena.alloc_str(&format!("C{number}")), Vec::new())).collect();
        let data = vec![
            declared("List", vec![("Nil", vec![]), ("Cons", vec![parameter(0), list])]),
            declared("Option", vec![("None", vec![]), ("Some", vec![parameter(0)])]),
            declared("Result", vec![("Ok", vec![parameter(0)]), ("Err", vec![parameter(1)])]),
            declared("Point", vec![("Point", vec![&Type::Int, &Type::Int])]),
            declared("Color", vec![("Red", vec![]), ("Green", vec![]), ("Blue", vec![])]),
            declared("Large", large),
        ];
        let known = Known {
            list: LIST,
            result: RESULT,
            option: OPTION,
            ordering: COLOR,
            fail: EffectId(0),
            show: TraitId(0),
            eq: TraitId(0),
            ord: TraitId(0),
            list_append: FunctionId(0),
            vector_append: FunctionId(0),
            io: EffectId(0),
            exit_with_failure: FunctionId(0),
        };
        let program = Program {
            modules: Vec::new(),
            data,
            traits: Vec::new(),
            implementations: Vec::new(),
            instances: IndexMap::default(),
            effects: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            constant_order: Vec::new(),
            known,
            root: ModuleId(0),
            main: None,
        };
        World { arena, program }
    }

    fn data(&self, data: DataId, arguments: &[Ty<'a>]) -> Ty<'a> {
        self.arena.alloc(Type::Data(data, self.arena.alloc_slice_copy(arguments)))
    }

    fn tuple_type(&self, elements: &[Ty<'a>]) -> Ty<'a> {
        self.arena.alloc(Type::Tuple(self.arena.alloc_slice_copy(elements)))
    }

    fn pattern(&self, kind: PatternKind<'a>, ty: Ty<'a>) -> Pattern<'a> {
        Pattern { kind, ty, span: Span::default() }
    }

    fn any(&self, ty: Ty<'a>) -> Pattern<'a> {
        self.pattern(PatternKind::Wildcard, ty)
    }

    fn literal(&self, literal: Literal<'a>, ty: Ty<'a>) -> Pattern<'a> {
        self.pattern(PatternKind::Literal(literal), ty)
    }

    fn int(&self, number: i64) -> Pattern<'a> {
        self.literal(Literal::Int(number), &Type::Int)
    }

    fn variant(&self, ty: Ty<'a>, variant: u32, fields: &[Pattern<'a>]) -> Pattern<'a> {
        let Type::Data(data, _) = *ty else { panic!("a constructor's type is a data type") };
        self.pattern(PatternKind::Variant { data, variant, fields: self.arena.alloc_slice_copy(fields) }, ty)
    }

    fn tuple(&self, elements: &[Pattern<'a>]) -> Pattern<'a> {
        let types: Vec<Ty> = elements.iter().map(|element| element.ty).collect();
        self.pattern(PatternKind::Tuple(self.arena.alloc_slice_copy(elements)), self.tuple_type(&types))
    }

    fn or(&self, alternatives: &[Pattern<'a>]) -> Pattern<'a> {
        self.pattern(PatternKind::Or(self.arena.alloc_slice_copy(alternatives)), alternatives[0].ty)
    }

    fn arms(&self, patterns: &[(Pattern<'a>, bool)]) -> &'a [Arm<'a>] {
        let unit: &Expr =
            self.arena.alloc(Expr { kind: ExprKind::Literal(Literal::Unit), ty: &Type::Unit, span: Span::default() });
        let arm = |&(pattern, guarded): &(Pattern<'a>, bool)| Arm {
            pattern,
            guard: guarded.then_some(unit),
            body: unit,
            span: Span::default(),
        };
        self.arena.alloc_slice_fill_iter(patterns.iter().map(arm))
    }

    fn tree(&self, ty: Ty<'a>, patterns: &[(Pattern<'a>, bool)]) -> Tree<'a> {
        compile(&self.program, ty, self.arms(patterns))
    }

    /// What arms without guards leave out.
    fn missing(&self, patterns: &[Pattern<'a>]) -> Option<String> {
        let patterns: Vec<(Pattern, bool)> = patterns.iter().map(|pattern| (*pattern, false)).collect();
        missing::find(&self.program, &self.tree(patterns[0].0.ty, &patterns))
    }
}

fn declared<'a>(name: &'a str, variants: Vec<(&'a str, Vec<Ty<'a>>)>) -> Data<'a> {
    let names = [Some("x"), Some("y")];
    let is_struct = name == "Point";
    let field = |(index, ty)| Field { name: if is_struct { names[index] } else { None }, ty };
    let variants = variants.into_iter().map(|(name, fields)| Variant {
        name,
        fields: fields.into_iter().enumerate().map(field).collect(),
        span: Span::default(),
    });
    Data { name, module: ModuleId(0), parameters: 2, is_struct, variants: variants.collect(), span: Span::default() }
}

fn leaves(tree: &Tree) -> usize {
    tree.nodes.iter().filter(|node| matches!(node, Node::Leaf(_))).count()
}

#[test]
fn what_is_missing_is_written_in_the_syntax_of_patterns() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let option = world.data(OPTION, &[&Type::Int]);
    let none = world.variant(option, 0, &[]);
    let some = |inner| world.variant(option, 1, &[inner]);
    assert_eq!(world.missing(&[none]), Some("Some(_)".into()));
    assert_eq!(world.missing(&[none, some(world.any(&Type::Int))]), None);
    assert_eq!(world.missing(&[none, some(world.int(0)), some(world.int(1))]), Some("Some(2)".into()));
    let truth = |truth| world.literal(Literal::Bool(truth), &Type::Bool);
    assert_eq!(world.missing(&[truth(true)]), Some("false".into()));
    assert_eq!(world.missing(&[truth(true), truth(false)]), None);
    assert_eq!(
        world.missing(&[world.tuple(&[none, truth(true)]), world.tuple(&[world.any(option), truth(false)])]),
        Some("(Some(_), true)".into())
    );
    let text = |text| world.literal(Literal::String(text), &Type::String);
    assert_eq!(world.missing(&[text(""), text("b")]), Some("\"a\"".into()));
    let char = |char| world.literal(Literal::Char(char), &Type::Char);
    assert_eq!(world.missing(&[char('a')]), Some("'b'".into()));
    let float = |number| world.literal(Literal::Float(number), &Type::Float);
    assert_eq!(world.missing(&[float(-0.0)]), Some("1.0".into()));
    assert_eq!(world.missing(&[world.literal(Literal::Unit, &Type::Unit)]), None);
}

#[test]
fn lists_and_structs_have_their_own_syntax() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let list = world.data(LIST, &[&Type::Int]);
    let nil = world.variant(list, 0, &[]);
    let cons = |head, rest| world.variant(list, 1, &[head, rest]);
    assert_eq!(world.missing(&[nil]), Some("_ :: _".into()));
    assert_eq!(world.missing(&[cons(world.any(&Type::Int), world.any(list))]), Some("[]".into()));
    assert_eq!(world.missing(&[nil, cons(world.any(&Type::Int), nil)]), Some("_ :: _ :: _".into()));
    let lists = world.data(LIST, &[list]);
    let outer = world.variant(lists, 1, &[nil, world.any(lists)]);
    assert_eq!(world.missing(&[world.variant(lists, 0, &[]), outer]), Some("(_ :: _) :: _".into()));
    let point = world.data(POINT, &[]);
    let at = |x| world.variant(point, 0, &[world.any(&Type::Int), world.int(x)]);
    assert_eq!(world.missing(&[at(0)]), Some("Point { y: 1, .. }".into()));
}

#[test]
fn guards_do_not_count() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let color = world.data(COLOR, &[]);
    let red = world.variant(color, 0, &[]);
    let others = world.or(&[world.variant(color, 1, &[]), world.variant(color, 2, &[])]);
    let tree = world.tree(color, &[(red, true), (others, false)]);
    assert_eq!(missing::find(&world.program, &tree), Some("Red".into()));
    let tree = world.tree(color, &[(red, true), (others, false), (world.any(color), false)]);
    assert_eq!(missing::find(&world.program, &tree), None);
    let bound = world.pattern(PatternKind::Bind(LocalId(0), None), color);
    let tree = world.tree(color, &[(bound, true)]);
    assert_eq!(missing::find(&world.program, &tree), Some("_".into()));
}

#[test]
fn constructors_that_hold_what_has_no_values_may_be_left_out() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let safe = world.data(RESULT, &[&Type::Int, &Type::Never]);
    assert_eq!(world.missing(&[world.variant(safe, 0, &[world.any(&Type::Int)])]), None);
    let nested = world.data(OPTION, &[world.tuple_type(&[&Type::Int, &Type::Never])]);
    assert_eq!(world.missing(&[world.variant(nested, 0, &[])]), None);
    let open = world.data(RESULT, &[&Type::Int, &Type::Parameter(0)]);
    assert_eq!(world.missing(&[world.variant(open, 0, &[world.any(&Type::Int)])]), Some("Err(_)".into()));
    assert_eq!(missing::find(&world.program, &world.tree(&Type::Never, &[])), None);
    assert_eq!(missing::find(&world.program, &world.tree(&Type::Int, &[])), Some("_".into()));
}

#[test]
fn every_byte_may_be_named() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let byte = |number| world.literal(Literal::UInt8(number), &Type::UInt8);
    let bytes: Vec<Pattern> = (0..=u8::MAX).map(byte).collect();
    assert_eq!(world.missing(&bytes), None);
    assert_eq!(world.missing(&bytes[..255]), Some("255".into()));
    let patterns: Vec<(Pattern, bool)> = bytes.iter().map(|pattern| (*pattern, false)).collect();
    let tree = world.tree(&Type::UInt8, &patterns);
    assert!(
        matches!(&tree.nodes[tree.root.0 as usize], Node::Switch { cases, otherwise: Some(_), .. } if cases.len() == 255)
    );
}

#[test]
fn large_matches_take_linear_time() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let start = Instant::now();
    let large = world.data(LARGE, &[]);
    let arms: Vec<Pattern> = (0..1000).map(|variant| world.variant(large, variant, &[])).collect();
    assert_eq!(world.missing(&arms), None);
    assert_eq!(world.missing(&arms[..999]), Some("C999".into()));
    let numbers: Vec<Pattern> = (0..1000).map(|number| world.int(number)).collect();
    assert_eq!(world.missing(&numbers), Some("1000".into()));
    let texts: Vec<Pattern> = (0..1000)
        .map(|number| world.literal(Literal::String(arena.alloc_str(&number.to_string())), &Type::String))
        .collect();
    assert_eq!(world.missing(&texts), Some("\"\"".into()));
    // Two constructors at a time, with a default behind.
    let pairs: Vec<Pattern> = (0..1000)
        .map(|variant| world.tuple(&[arms[variant as usize], world.any(large)]))
        .chain([world.tuple(&[world.any(large), arms[0]]), world.any(world.tuple_type(&[large, large]))])
        .collect();
    assert_eq!(world.missing(&pairs), None);
    let alternatives = world.or(&arms);
    assert_eq!(world.missing(&[alternatives]), None);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// A value of the types that the random test uses.
#[derive(Clone, Debug, PartialEq)]
enum Sample {
    Int(i64),
    Bool(bool),
    Variant(u32, Vec<Sample>),
    Tuple(Vec<Sample>),
}

/// Pseudo-random numbers: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

/// Every value of a type, integers from 0 to 2 and lists of at most `depth` elements.
fn samples(ty: Ty, depth: u32) -> Vec<Sample> {
    let tuples = |elements: &[Ty]| {
        elements.iter().fold(vec![Vec::new()], |before: Vec<Vec<Sample>>, ty| {
            let values = samples(ty, depth);
            before
                .iter()
                .flat_map(|row| values.iter().map(|value| [&row[..], std::slice::from_ref(value)].concat()))
                .collect()
        })
    };
    match *ty {
        Type::Int => (0..3).map(Sample::Int).collect(),
        Type::Bool => vec![Sample::Bool(false), Sample::Bool(true)],
        Type::Tuple(elements) => tuples(elements).into_iter().map(Sample::Tuple).collect(),
        Type::Data(OPTION, [inner]) => {
            let some = samples(inner, depth).into_iter().map(|value| Sample::Variant(1, vec![value]));
            std::iter::once(Sample::Variant(0, Vec::new())).chain(some).collect()
        }
        Type::Data(POINT, _) => {
            tuples(&[&Type::Int, &Type::Int]).into_iter().map(|row| Sample::Variant(0, row)).collect()
        }
        Type::Data(COLOR, _) => (0..3).map(|variant| Sample::Variant(variant, Vec::new())).collect(),
        Type::Data(LIST, [inner]) => {
            let mut lists = vec![Sample::Variant(0, Vec::new())];
            if depth > 0 {
                let rests = samples(ty, depth - 1);
                for head in samples(inner, depth - 1) {
                    lists.extend(rests.iter().map(|rest| Sample::Variant(1, vec![head.clone(), rest.clone()])));
                }
            }
            lists
        }
        _ => panic!("the random test has no values of {ty:?}"),
    }
}

/// A pattern of the type. Every alternative of an `Or` binds the same local, or none.
fn random_pattern<'a>(world: &World<'a>, random: &mut Random, ty: Ty<'a>, depth: u32, next: &mut u32) -> Pattern<'a> {
    match random.below(8) {
        0 | 1 => return world.any(ty),
        2 if *next != u32::MAX => {
            *next += 1;
            return world.pattern(PatternKind::Bind(LocalId(*next), None), ty);
        }
        3 if *next != u32::MAX => {
            *next += 1;
            let local = LocalId(*next);
            let inner = random_pattern(world, random, ty, depth, next);
            return world.pattern(PatternKind::Bind(local, Some(world.arena.alloc(inner))), ty);
        }
        4 if depth > 0 => {
            let mut none = u32::MAX;
            let count = 2 + random.below(2);
            let mut alternatives: Vec<Pattern> =
                (0..count).map(|_| random_pattern(world, random, ty, depth - 1, &mut none)).collect();
            if *next != u32::MAX && random.below(2) == 0 {
                *next += 1;
                let local = LocalId(*next);
                for alternative in &mut alternatives {
                    let inner = world.arena.alloc(*alternative);
                    *alternative = world.pattern(PatternKind::Bind(local, Some(inner)), ty);
                }
            }
            return world.or(&alternatives);
        }
        _ => {}
    }
    if depth == 0 {
        return world.any(ty);
    }
    let mut inner = |ty| random_pattern(world, random, ty, depth - 1, next);
    match *ty {
        Type::Int => world.int(random.below(3) as i64),
        Type::Bool => world.literal(Literal::Bool(random.below(2) == 0), ty),
        Type::Tuple(elements) => {
            let elements: Vec<Pattern> = elements.iter().map(|ty| inner(ty)).collect();
            world.tuple(&elements)
        }
        Type::Data(POINT, _) => {
            let fields = [inner(&Type::Int), inner(&Type::Int)];
            world.variant(ty, 0, &fields)
        }
        Type::Data(COLOR, _) => world.variant(ty, random.below(3) as u32, &[]),
        Type::Data(OPTION, [of]) => {
            let some = inner(of);
            if random.below(2) == 0 { world.variant(ty, 0, &[]) } else { world.variant(ty, 1, &[some]) }
        }
        Type::Data(LIST, [of]) => {
            let fields = [inner(of), inner(ty)];
            if random.below(3) == 0 { world.variant(ty, 0, &[]) } else { world.variant(ty, 1, &fields) }
        }
        _ => panic!("the random test has no patterns of {ty:?}"),
    }
}

/// Whether a pattern fits a value, and what it binds.
fn fits(pattern: &Pattern, value: &Sample, bindings: &mut Vec<(LocalId, Sample)>) -> bool {
    match (pattern.kind, value) {
        (PatternKind::Wildcard, _) => true,
        (PatternKind::Bind(local, inner), _) => {
            bindings.push((local, value.clone()));
            inner.is_none_or(|inner| fits(inner, value, bindings))
        }
        (PatternKind::Literal(Literal::Int(number)), Sample::Int(value)) => number == *value,
        (PatternKind::Literal(Literal::Bool(truth)), Sample::Bool(value)) => truth == *value,
        (PatternKind::Variant { variant, fields: parts, .. }, Sample::Variant(of, values)) => {
            variant == *of && parts.iter().zip(values).all(|(part, value)| fits(part, value, bindings))
        }
        (PatternKind::Tuple(parts), Sample::Tuple(values)) => {
            parts.iter().zip(values).all(|(part, value)| fits(part, value, bindings))
        }
        (PatternKind::Or(alternatives), _) => alternatives.iter().any(|alternative| {
            let before = bindings.len();
            let fit = fits(alternative, value, bindings);
            if !fit {
                bindings.truncate(before);
            }
            fit
        }),
        _ => panic!("{pattern:?} is no pattern for {value:?}"),
    }
}

fn at<'v>(tree: &Tree, value: &'v Sample, place: PlaceId) -> &'v Sample {
    let Some((whole, step)) = tree.places[place.0 as usize].part_of else { return value };
    match (at(tree, value, whole), step) {
        (Sample::Variant(of, values), Step::Field { variant, field, .. }) => {
            assert_eq!(*of, variant, "the field of another constructor is read");
            &values[field as usize]
        }
        (Sample::Tuple(values), Step::Element(index)) => &values[index as usize],
        (value, _) => panic!("{step:?} is no part of {value:?}"),
    }
}

/// The arm that the tree finds, and what it binds. Guards hold when the arm's number says so.
fn walk(
    tree: &Tree,
    value: &Sample,
    node: NodeId,
    holds: &dyn Fn(u32) -> bool,
) -> Option<(u32, Vec<(LocalId, Sample)>)> {
    let found = |leaf: &super::tree::Leaf| {
        let bindings = leaf.bindings.iter().map(|(local, place)| (*local, at(tree, value, *place).clone())).collect();
        Some((leaf.arm, bindings))
    };
    match &tree.nodes[node.0 as usize] {
        Node::Unreachable => None,
        Node::Leaf(leaf) => found(leaf),
        Node::Guard { leaf, otherwise } => {
            if holds(leaf.arm) {
                found(leaf)
            } else {
                walk(tree, value, *otherwise, holds)
            }
        }
        Node::Switch { place, cases, otherwise } => {
            let passes = |test: &Test| match (test, at(tree, value, *place)) {
                (Test::Variant(_, variant), Sample::Variant(of, _)) => variant == of,
                (Test::Literal(Literal::Int(number)), Sample::Int(value)) => number == value,
                (Test::Literal(Literal::Bool(truth)), Sample::Bool(value)) => truth == value,
                (test, value) => panic!("{test:?} is no test for {value:?}"),
            };
            let case = cases.iter().find(|(test, _)| passes(test)).map(|(_, node)| *node);
            walk(tree, value, case.or(*otherwise)?, holds)
        }
    }
}

#[test]
fn random_matches_find_the_first_arm_that_fits() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let color = world.data(COLOR, &[]);
    let types = [
        world.tuple_type(&[world.data(OPTION, &[&Type::Bool]), &Type::Bool, color]),
        world.tuple_type(&[world.data(POINT, &[]), world.data(OPTION, &[color])]),
        world.data(LIST, &[world.tuple_type(&[&Type::Bool, color])]),
        world.data(OPTION, &[world.data(OPTION, &[world.tuple_type(&[color, color])])]),
        world.tuple_type(&[world.tuple_type(&[color, &Type::Bool]), world.data(OPTION, &[&Type::Bool])]),
    ];
    let mut random = Random(1);
    for case in 0..10_000 {
        let ty = types[case % types.len()];
        let mut next = 0;
        let patterns: Vec<(Pattern, bool)> = (0..1 + random.below(6))
            .map(|_| (random_pattern(&world, &mut random, ty, 3, &mut next), random.below(4) == 0))
            .collect();
        let tree = world.tree(ty, &patterns);
        let holds = |arm: u32| arm.is_multiple_of(2);
        let mut left_out = false;
        for value in samples(ty, 2) {
            let mut bindings = Vec::new();
            let arm = patterns.iter().enumerate().find(|(index, (pattern, guarded))| {
                bindings.clear();
                fits(pattern, &value, &mut bindings) && (!guarded || holds(*index as u32))
            });
            let mut unguarded = patterns.iter().filter(|(_, guarded)| !guarded);
            left_out |= !unguarded.any(|(pattern, _)| fits(pattern, &value, &mut Vec::new()));
            bindings.sort_by_key(|(local, _)| *local);
            let expected = arm.map(|(index, _)| (index as u32, bindings));
            assert_eq!(walk(&tree, &value, tree.root, &holds), expected, "{patterns:?}");
        }
        // Lists are longer than the samples, and integers are others: only then something else may be missing.
        let missing = missing::find(&world.program, &tree);
        assert!(!left_out || missing.is_some(), "{patterns:?}");
        if matches!(case % types.len(), 0 | 3 | 4) {
            assert_eq!(missing.is_some(), left_out, "{patterns:?}");
        }
    }
}

#[test]
fn arms_are_shared_by_their_leaves() {
    let arena = Bump::new();
    let world = World::new(&arena);
    let color = world.data(COLOR, &[]);
    let red = world.variant(color, 0, &[]);
    let bound = world.pattern(PatternKind::Bind(LocalId(7), None), color);
    let tree = world.tree(
        world.tuple_type(&[color, color]),
        &[(world.tuple(&[red, red]), false), (world.tuple(&[world.any(color), bound]), false)],
    );
    assert_eq!(leaves(&tree), 3);
    assert_eq!(tree.bound, vec![vec![], vec![LocalId(7)]]);
}
