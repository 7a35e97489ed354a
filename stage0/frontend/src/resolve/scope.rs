//! The names of each module: what it declares and what it imports.

use super::Item;
use super::environment::Environment;
use super::loading::Loaded;
use super::{module_name, prelude, unknown};
use crate::ast::{Name, Use, UseKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{DataId, EffectId, ModuleId, TraitId, Ty, Type};
use crate::source::Span;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What an upper-case name in a type, a row or a bound means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeItem<'a> {
    /// A built-in type without parameters.
    Primitive(Ty<'a>),
    /// `Vector`
    Vector,
    /// A struct or an enum.
    Data(DataId),
    /// An alias of a type or a row, by its number.
    Alias(usize),
    /// A trait.
    Trait(TraitId),
    /// An effect.
    Effect(EffectId),
}

/// What a declaration of a name is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declared<T> {
    /// What is declared.
    pub item: T,
    /// Whether other modules see it.
    pub public: bool,
    /// The name's place in its declaration.
    pub span: Span,
}

/// Constructors or methods of one name.
pub(super) type Candidates<T> = SmallVec<[T; 2]>;

/// A module's names.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Whether it belongs to the prelude.
    pub prelude: bool,
    /// Its types, aliases, traits and effects.
    pub types: FxHashMap<&'a str, Declared<TypeItem<'a>>>,
    /// Its functions, methods, operations and constants.
    pub values: FxHashMap<&'a str, Declared<Item>>,
    /// Its constructors.
    pub constructors: FxHashMap<&'a str, Candidates<(DataId, u32)>>,
    /// The methods of its traits.
    pub methods: FxHashMap<&'a str, Candidates<(TraitId, u32)>>,
    /// What it imports.
    pub imports: Imports<'a>,
}

/// Names of other modules, each with the place that brings it in (of the prelude's: its declaration).
#[derive(Debug, Default)]
pub(super) struct Imports<'a> {
    /// Modules, by the names they are known by here.
    pub modules: FxHashMap<&'a str, (ModuleId, Span)>,
    /// Types, aliases, traits and effects.
    pub types: FxHashMap<&'a str, (TypeItem<'a>, Span)>,
    /// Functions, methods, operations and constants.
    pub values: FxHashMap<&'a str, (Item, Span)>,
    /// Constructors.
    pub constructors: FxHashMap<&'a str, Candidates<(DataId, u32)>>,
    /// The methods of the traits.
    pub methods: FxHashMap<&'a str, Candidates<(TraitId, u32)>>,
}

/// Adds a candidate, unless it is there.
pub(super) fn add_candidate<'a, T: PartialEq>(
    candidates: &mut FxHashMap<&'a str, Candidates<T>>,
    name: &'a str,
    candidate: T,
) {
    let known = candidates.entry(name).or_default();
    if !known.contains(&candidate) {
        known.push(candidate);
    }
}

/// Brings into each module's scope what it uses, and into everybody's what the prelude offers.
pub(super) fn import<'a>(environment: &mut Environment<'a>, loaded: &Loaded<'a>) -> Outcome<()> {
    environment.prelude = prelude_names(environment)?;
    for (index, module) in loaded.modules.iter().enumerate() {
        let user = ModuleId(index as u32);
        let mut imports = Imports::default();
        for (used, &target) in module.ast.uses.iter().zip(&module.uses) {
            Import { environment, user, target, imports: &mut imports }.import(used)?;
        }
        let scope = &mut environment.modules[index];
        imports.modules.entry(module_name::last(scope.name)).or_insert((user, Span::default()));
        scope.imports = imports;
    }
    Ok(())
}

/// What every module sees.
fn prelude_names<'a>(environment: &Environment<'a>) -> Outcome<Imports<'a>> {
    let mut imports = Imports::default();
    for module in prelude::MODULES {
        let Some(&target) = environment.library.get(module.name) else { continue };
        imports.modules.insert(module.name, (target, Span::default()));
        let mut import = Import { environment, user: target, target, imports: &mut imports };
        for &name in module.names {
            let span = environment.start_of(target);
            import.name(Name { text: name, span }).map_err(|_| {
                let message = format!("the library's module `{}` has no `{name}`", module.name);
                Diagnostic::new("broken-library", span, message).hint("the library must be that of this compiler")
            })?;
        }
    }
    for (name, ty) in primitives() {
        imports.types.insert(name, (TypeItem::Primitive(ty), Span::default()));
    }
    imports.types.insert("Vector", (TypeItem::Vector, Span::default()));
    for (index, &capability) in prelude::CAPABILITIES.iter().enumerate() {
        imports.types.insert(capability, (TypeItem::Effect(EffectId(index as u32)), Span::default()));
    }
    for &(other, name) in prelude::OTHER_NAMES {
        let module = imports.modules.get(name).copied();
        module.map(|module| imports.modules.insert(other, module));
        let ty = imports.types.get(name).copied();
        ty.map(|ty| imports.types.insert(other, ty));
    }
    Ok(imports)
}

/// The built-in types without parameters.
fn primitives<'a>() -> [(&'static str, Ty<'a>); 8] {
    [
        ("Int", &Type::Int),
        ("UInt8", &Type::UInt8),
        ("Float", &Type::Float),
        ("Bool", &Type::Bool),
        ("Char", &Type::Char),
        ("String", &Type::String),
        ("Unit", &Type::Unit),
        ("Never", &Type::Never),
    ]
}

/// One `use`.
struct Import<'i, 'a> {
    environment: &'i Environment<'a>,
    user: ModuleId,
    target: ModuleId,
    imports: &'i mut Imports<'a>,
}

impl<'a> Import<'_, 'a> {
    fn import(&mut self, used: &Use<'a>) -> Outcome<()> {
        match used.kind {
            UseKind::Module => used.path.last().map_or(Ok(()), |&name| self.module(name)),
            UseKind::Renamed(name) => self.module(name),
            UseKind::Names(names) => names.iter().try_for_each(|&name| self.name(name)),
        }
    }

    /// The module under a name, which then also serves for what it declares under its own last name.
    fn module(&mut self, name: Name<'a>) -> Outcome<()> {
        match self.imports.modules.get(name.text) {
            Some(&(known, span)) if known != self.target => return Err(twice(name, span)),
            Some(_) => return Ok(()),
            None => self.imports.modules.insert(name.text, (self.target, name.span)),
        };
        let scope = &self.environment.modules[self.target.index()];
        match scope.types.get(module_name::last(scope.name)) {
            Some(declared) if declared.public && !self.environment.declares_type(self.user, name.text) => {
                self.bring_type(name, declared.item)
            }
            _ => Ok(()),
        }
    }

    /// A name of the module.
    fn name(&mut self, name: Name<'a>) -> Outcome<()> {
        let environment = self.environment;
        let scope = &environment.modules[self.target.index()];
        if let Some(declared) = scope.types.get(name.text) {
            environment.check_visible(self.user, self.target, declared, name)?;
            self.check_free(name, |scope| scope.types.get(name.text).map(|own| own.span))?;
            self.bring_type(name, declared.item)?;
            self.bring_constructors(declared.item);
            return Ok(());
        }
        if let Some(declared) = scope.values.get(name.text) {
            environment.check_visible(self.user, self.target, declared, name)?;
            self.check_free(name, |scope| scope.values.get(name.text).map(|own| own.span))?;
            return match self.imports.values.insert(name.text, (declared.item, name.span)) {
                Some((known, span)) if known != declared.item => Err(twice(name, span)),
                _ => Ok(()),
            };
        }
        if let Some(constructors) = scope.constructors.get(name.text) {
            for &(data, variant) in constructors {
                environment.check_data_visible(self.user, data, name)?;
                add_candidate(&mut self.imports.constructors, name.text, (data, variant));
            }
            return Ok(());
        }
        // A built-in type belongs to the module of its name, which need not declare it.
        let built_in = scope.prelude && module_name::last(scope.name) == name.text;
        if built_in && environment.prelude.types.contains_key(name.text) {
            return Ok(());
        }
        Err(unknown::in_module(environment, self.target, name))
    }

    fn bring_type(&mut self, name: Name<'a>, item: TypeItem<'a>) -> Outcome<()> {
        match self.imports.types.insert(name.text, (item, name.span)) {
            Some((known, span)) if known != item => return Err(twice(name, span)),
            _ => {}
        }
        if let TypeItem::Trait(id) = item {
            for (&method, &number) in &self.environment.traits[id.index()].methods {
                add_candidate(&mut self.imports.methods, method, (id, number));
            }
        }
        Ok(())
    }

    fn bring_constructors(&mut self, item: TypeItem<'a>) {
        let TypeItem::Data(data) = item else { return };
        for (number, &variant) in self.environment.data[data.index()].variants.iter().enumerate() {
            add_candidate(&mut self.imports.constructors, variant, (data, number as u32));
        }
    }

    /// That the module that imports the name does not declare it itself. (The prelude's own names are brought in for all.)
    fn check_free(&self, name: Name<'a>, declared: impl Fn(&Scope<'a>) -> Option<Span>) -> Outcome<()> {
        let own = if self.user == self.target { None } else { declared(&self.environment.modules[self.user.index()]) };
        own.map_or(Ok(()), |span| Err(twice(name, span)))
    }
}

/// That a name is brought in although something else has it.
fn twice(name: Name<'_>, known: Span) -> Box<Diagnostic> {
    Diagnostic::new("duplicate-definition", name.span, format!("`{}` means something else in this module", name.text))
        .note(known, "here it gets its other meaning")
        .hint("`use Module as Other` gives a module another name")
}
