//! Monomorphic types and effects: what is left of the typed tree's types when every parameter has been replaced. They are
//! hash-consed, so that they are compared by number, and each has a name for layouts, signatures and instances.

use crate::hir::{Data, DataId, Effect, EffectId, ModuleId, Program, Row, RowTail, Ty, Type};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::fmt::Write;
use std::rc::Rc;

/// A monomorphic type, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mono(u32);

/// An effect with monomorphic arguments, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct EffectInstance(u32);

/// The effects of a row without capabilities, sorted by name.
pub(super) type Effects = Rc<[EffectInstance]>;

/// What a monomorphic type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Int,
    UInt8,
    Float,
    Bool,
    Char,
    String,
    Unit,
    Never,
    Vector(Mono),
    Data(DataId, Rc<[Mono]>),
    Tuple(Rc<[Mono]>),
    Function(Rc<[Mono]>, Effects, Mono),
}

impl Mono {
    pub(super) const INT: Mono = Mono(0);
    pub(super) const UINT8: Mono = Mono(1);
    pub(super) const FLOAT: Mono = Mono(2);
    pub(super) const BOOL: Mono = Mono(3);
    pub(super) const CHAR: Mono = Mono(4);
    pub(super) const STRING: Mono = Mono(5);
    pub(super) const UNIT: Mono = Mono(6);
    pub(super) const NEVER: Mono = Mono(7);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether values of it carry nothing: `Unit`, or no value at all.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Mono::UNIT | Mono::NEVER)
    }
}

/// The types in the order of the constants above.
const PRIMITIVES: [(Kind, &str); 8] = [
    (Kind::Int, "Int"),
    (Kind::UInt8, "UInt8"),
    (Kind::Float, "Float"),
    (Kind::Bool, "Bool"),
    (Kind::Char, "Char"),
    (Kind::String, "String"),
    (Kind::Unit, "Unit"),
    (Kind::Never, "Never"),
];

/// Longer names are cut: a type that nests deeply would have one of exponential length.
const NAME_MAX: usize = 160;

/// What the type and row parameters of an instance stand for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Substitution {
    /// For each type parameter.
    pub types: Rc<[Mono]>,
    /// For each row parameter.
    pub rows: Rc<[Effects]>,
}

impl Substitution {
    /// Of what has no parameters.
    pub(super) fn empty() -> Substitution {
        Substitution { types: Rc::from([]), rows: Rc::from([]) }
    }
}

/// The table of types and effects.
pub(super) struct Types<'p, 'a> {
    program: &'p Program<'a>,
    kinds: IndexSet<Kind, FxBuildHasher>,
    names: Vec<Rc<str>>,
    depths: Vec<u32>,
    effects: IndexSet<(EffectId, Rc<[Mono]>), FxBuildHasher>,
    effect_names: Vec<Rc<str>>,
    data_names: Vec<Box<str>>,
    base_effect_names: Vec<Box<str>>,
}

impl<'p, 'a> Types<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>) -> Types<'p, 'a> {
        let data = program.data.iter().map(|data| (data.name, Some(data.module)));
        let effects = program.effects.iter().map(|effect| (effect.name, effect.module));
        let mut types = Types {
            program,
            kinds: IndexSet::default(),
            names: Vec::new(),
            depths: Vec::new(),
            effects: IndexSet::default(),
            effect_names: Vec::new(),
            data_names: distinct_names(program, data),
            base_effect_names: distinct_names(program, effects),
        };
        for (kind, _) in PRIMITIVES {
            types.intern(kind);
        }
        types
    }

    /// The type of that kind.
    pub(super) fn intern(&mut self, kind: Kind) -> Mono {
        if let Some(index) = self.kinds.get_index_of(&kind) {
            return Mono(index as u32);
        }
        let index = self.kinds.len();
        let name = shortened(self.kind_name(&kind), index);
        self.names.push(name.into());
        self.depths.push(self.kind_depth(&kind));
        self.kinds.insert(kind);
        Mono(index as u32)
    }

    /// What a type is.
    pub(super) fn kind(&self, ty: Mono) -> &Kind {
        &self.kinds[ty.index()]
    }

    /// Its name, which no other type has.
    pub(super) fn name(&self, ty: Mono) -> &Rc<str> {
        &self.names[ty.index()]
    }

    /// How deep it nests; 1 of a type without arguments.
    pub(super) fn depth(&self, ty: Mono) -> u32 {
        self.depths[ty.index()]
    }

    /// How deep the arguments of an effect nest.
    pub(super) fn effect_depth(&self, effect: EffectInstance) -> u32 {
        let (_, arguments) = self.effect(effect);
        arguments.iter().map(|argument| self.depth(*argument)).max().unwrap_or(0)
    }

    /// The effect with these arguments.
    pub(super) fn intern_effect(&mut self, effect: EffectId, arguments: Rc<[Mono]>) -> EffectInstance {
        let key = (effect, arguments);
        if let Some(index) = self.effects.get_index_of(&key) {
            return EffectInstance(index as u32);
        }
        let index = self.effects.len();
        let mut name = self.base_effect_names[effect.index()].to_string();
        self.push_arguments(&key.1, &mut name);
        self.effect_names.push(shortened(name, index).into());
        self.effects.insert(key);
        EffectInstance(index as u32)
    }

    /// The effect's declaration and arguments.
    pub(super) fn effect(&self, effect: EffectInstance) -> (&'p Effect<'a>, Rc<[Mono]>) {
        let (id, arguments) = &self.effects[effect.0 as usize];
        (&self.program.effects[id.index()], arguments.clone())
    }

    /// The effect's name, which no other effect has.
    pub(super) fn effect_name(&self, effect: EffectInstance) -> &Rc<str> {
        &self.effect_names[effect.0 as usize]
    }

    /// The declaration of a struct or an enum.
    pub(super) fn data(&self, data: DataId) -> &'p Data<'a> {
        &self.program.data[data.index()]
    }

    /// The type with its parameters replaced. What inference left open is `Unit`, which any value of it may be.
    pub(super) fn ty(&mut self, ty: Ty<'a>, substitution: &Substitution) -> Mono {
        match *ty {
            Type::Int => Mono::INT,
            Type::UInt8 => Mono::UINT8,
            Type::Float => Mono::FLOAT,
            Type::Bool => Mono::BOOL,
            Type::Char => Mono::CHAR,
            Type::String => Mono::STRING,
            Type::Unit | Type::Inference(_) => Mono::UNIT,
            Type::Never => Mono::NEVER,
            Type::Parameter(number) => substitution.types.get(number as usize).copied().unwrap_or(Mono::UNIT),
            Type::Vector(element) => {
                let element = self.ty(element, substitution);
                self.intern(Kind::Vector(element))
            }
            Type::Data(data, arguments) => {
                let arguments = self.tys(arguments, substitution);
                self.intern(Kind::Data(data, arguments))
            }
            Type::Tuple(elements) => {
                let elements = self.tys(elements, substitution);
                self.intern(Kind::Tuple(elements))
            }
            Type::Function(parameters, row, result) => {
                let parameters = self.tys(parameters, substitution);
                let effects = self.row(row, substitution);
                let result = self.ty(result, substitution);
                self.intern(Kind::Function(parameters, effects, result))
            }
        }
    }

    /// Several types.
    pub(super) fn tys(&mut self, types: &[Ty<'a>], substitution: &Substitution) -> Rc<[Mono]> {
        types.iter().map(|ty| self.ty(ty, substitution)).collect()
    }

    /// The effects of a row, capabilities left out.
    pub(super) fn row(&mut self, row: Row<'a>, substitution: &Substitution) -> Effects {
        let tail = match row.tail {
            Some(RowTail::Parameter(number)) => substitution.rows.get(number as usize).cloned(),
            _ => None,
        };
        if row.effects.is_empty() {
            return tail.unwrap_or_else(|| Rc::from([]));
        }
        let mut effects: Vec<EffectInstance> = tail.map(|tail| tail.to_vec()).unwrap_or_default();
        for effect in row.effects {
            if !self.program.effects[effect.effect.index()].capability {
                let arguments = self.tys(effect.arguments, substitution);
                effects.push(self.intern_effect(effect.effect, arguments));
            }
        }
        effects.sort_by(|a, b| self.effect_name(*a).cmp(self.effect_name(*b)));
        effects.dedup();
        effects.into()
    }

    /// Whether an effect has operations that resume.
    pub(super) fn resumes(&self, effect: EffectInstance) -> bool {
        let (effect, _) = self.effect(effect);
        effect.operations.iter().any(|operation| *operation.result != Type::Never)
    }

    /// Whether an effect has operations that never resume.
    pub(super) fn fails(&self, effect: EffectInstance) -> bool {
        let (effect, _) = self.effect(effect);
        effect.operations.iter().any(|operation| *operation.result == Type::Never)
    }

    /// `<A|B>` behind a name; nothing without arguments.
    pub(super) fn push_arguments(&self, arguments: &[Mono], name: &mut String) {
        for (index, argument) in arguments.iter().enumerate() {
            name.push(if index == 0 { '<' } else { '|' });
            name.push_str(self.name(*argument));
        }
        if !arguments.is_empty() {
            name.push('>');
        }
    }

    fn kind_name(&self, kind: &Kind) -> String {
        let mut name = String::new();
        match kind {
            Kind::Vector(element) => {
                name.push_str("Vector");
                self.push_arguments(&[*element], &mut name);
            }
            Kind::Data(data, arguments) => {
                name.push_str(&self.data_names[data.index()]);
                self.push_arguments(arguments, &mut name);
            }
            Kind::Tuple(elements) => {
                let _ = write!(name, "Tuple.{}", elements.len());
                self.push_arguments(elements, &mut name);
            }
            Kind::Function(parameters, effects, result) => {
                name.push_str("fn<");
                for (index, parameter) in parameters.iter().enumerate() {
                    name.push_str(if index == 0 { "" } else { "|" });
                    name.push_str(self.name(*parameter));
                }
                for (index, effect) in effects.iter().enumerate() {
                    name.push(if index == 0 { '-' } else { '/' });
                    name.push_str(self.effect_name(*effect));
                }
                let _ = write!(name, "->{}>", self.name(*result));
            }
            primitive => {
                let row = PRIMITIVES.iter().find(|(kind, _)| kind == primitive);
                name.push_str(row.map_or("", |(_, name)| name));
            }
        }
        name
    }

    fn kind_depth(&self, kind: &Kind) -> u32 {
        let deepest = |types: &[Mono]| types.iter().map(|ty| self.depth(*ty)).max().unwrap_or(0);
        1 + match kind {
            Kind::Vector(element) => self.depth(*element),
            Kind::Data(_, types) | Kind::Tuple(types) => deepest(types),
            Kind::Function(parameters, effects, result) => {
                let effects = effects.iter().map(|effect| self.effect_depth(*effect)).max().unwrap_or(0);
                deepest(parameters).max(self.depth(*result)).max(effects)
            }
            _ => 0,
        }
    }
}

/// The names of items, qualified by their module where several have the same one.
fn distinct_names<'n>(
    program: &Program,
    items: impl Iterator<Item = (&'n str, Option<ModuleId>)> + Clone,
) -> Vec<Box<str>> {
    let reserved = PRIMITIVES.iter().map(|(_, name)| *name).chain(["Vector"]);
    let mut counts: FxHashMap<&str, u32> = reserved.map(|name| (name, 1)).collect();
    for (name, _) in items.clone() {
        *counts.entry(name).or_default() += 1;
    }
    let named = items.map(|(name, module)| match module {
        Some(module) if counts[name] > 1 => mir_name(&format!("{}.{name}", program.modules[module.index()].name)),
        _ => mir_name(name),
    });
    named.map(Into::into).collect()
}

/// A name that is not too long; a cut one keeps its number, which makes it distinct.
fn shortened(mut name: String, number: usize) -> String {
    if name.len() > NAME_MAX {
        let end = (0..=NAME_MAX / 2).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        name.truncate(end);
        let _ = write!(name, "~{number}");
    }
    name
}

/// A name with what MIR's names cannot hold replaced.
pub(super) fn mir_name(name: &str) -> String {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "()[]{},:;=!\"@".contains(c);
    name.chars().map(|c| if forbidden(c) { '_' } else { c }).collect()
}
