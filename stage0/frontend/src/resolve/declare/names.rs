//! The names that modules declare, with the numbers of what they name.

use super::super::Item;
use super::super::environment::{AliasMeaning, AliasNames, DataNames, EffectNames, Environment, TraitNames};
use super::super::loading::{Loaded, at_start};
use super::super::scope::{Declared, Imports, Scope, TypeItem, add_candidate};
use super::super::{module_name, prelude};
use super::distinct;
use crate::ast::{self, ItemKind, Name};
use crate::diagnostic::Outcome;
use crate::hir::{ConstantId, DataId, EffectId, FunctionId, ImplementationId, ModuleId, TraitId};
use bumpalo::Bump;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::ops::Range;

/// The items as they were written; the place of each is its number. (Effects are numbered behind the capabilities.)
#[derive(Default)]
pub(super) struct ItemSources<'a> {
    /// Structs and enums.
    pub data: Vec<(ModuleId, DataSource<'a>)>,
    /// Traits, each with the functions of its methods.
    pub traits: Vec<(ModuleId, &'a ast::Trait<'a>, Range<u32>)>,
    /// Effects.
    pub effects: Vec<(ModuleId, &'a ast::Effect<'a>)>,
    /// Implementations, each with its functions.
    pub implementations: Vec<(ModuleId, &'a ast::Implementation<'a>, Range<u32>)>,
    /// Functions.
    pub functions: Vec<FunctionItem<'a>>,
    /// Constants.
    pub constants: Vec<(ModuleId, &'a ast::Constant<'a>)>,
}

/// A struct or an enum.
#[derive(Clone, Copy)]
pub(super) enum DataSource<'a> {
    Struct(&'a ast::Struct<'a>),
    Enum(&'a ast::Enum<'a>),
}

/// A function with what it belongs to.
#[derive(Clone, Copy)]
pub(super) struct FunctionItem<'a> {
    pub item: &'a ast::Item<'a>,
    pub ast: &'a ast::Function<'a>,
    pub module: ModuleId,
    pub owner: Owner,
}

/// What a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Its module alone.
    Module,
    /// The struct in whose body it stands.
    Struct(DataId),
    /// The trait whose method it is.
    Trait(TraitId),
    /// The implementation whose method it is.
    Implementation(ImplementationId),
}

/// Gives every item its number and every module its own names.
pub(super) fn collect<'a>(arena: &'a Bump, loaded: &Loaded<'a>) -> Outcome<(Environment<'a>, ItemSources<'a>)> {
    let mut environment = empty(arena, loaded);
    let mut sources = ItemSources::default();
    for (index, module) in loaded.modules.iter().enumerate() {
        let module_id = ModuleId(index as u32);
        let mut collector =
            Collector { environment: &mut environment, sources: &mut sources, module: module_id, public: false };
        for item in module.ast.items {
            collector.item(item)?;
        }
    }
    environment.constants = sources.constants.iter().map(|&(_, constant)| constant).collect();
    check_namesakes(&environment)?;
    Ok((environment, sources))
}

/// The modules and the capabilities, before anything is declared.
fn empty<'a>(arena: &'a Bump, loaded: &Loaded<'a>) -> Environment<'a> {
    let mut environment = Environment {
        arena,
        modules: Vec::with_capacity(loaded.modules.len()),
        starts: loaded.modules.iter().map(|module| at_start(module.file)).collect(),
        prelude: Imports::default(),
        library: FxHashMap::default(),
        data: Vec::new(),
        aliases: Vec::new(),
        traits: Vec::new(),
        effects: Vec::new(),
        functions: Vec::new(),
        constants: Vec::new(),
        methods: FxHashMap::default(),
    };
    for (index, module) in loaded.modules.iter().enumerate() {
        environment.modules.push(Scope { name: module.name, prelude: module.prelude, ..Scope::default() });
        if module.library {
            environment.library.insert(module.name, ModuleId(index as u32));
        }
    }
    environment.effects.extend(prelude::CAPABILITIES.iter().map(|name| EffectNames {
        name,
        module: None,
        parameters: 0,
        operations: FxHashMap::default(),
    }));
    environment
}

/// The full name of what a module declares. What has the module's last name has the module's name.
pub(super) fn qualified(environment: &Environment<'_>, module: ModuleId, name: &str) -> String {
    let module = environment.modules[module.index()].name;
    if module_name::last(module) == name { module.to_owned() } else { format!("{module}.{name}") }
}

/// A struct that has its module's name shares it: what stands in its body must not hide what the module declares.
fn check_namesakes(environment: &Environment<'_>) -> Outcome<()> {
    for data in &environment.data {
        let scope = &environment.modules[data.module.index()];
        if module_name::last(scope.name) != data.name {
            continue;
        }
        let both = data.inherent.iter().filter_map(|(&text, own)| Some((text, own.span, scope.values.get(text)?.span)));
        if let Some((text, own, other)) = both.min() {
            return Err(distinct::duplicate(Name { text, span: own.max(other) }, own.min(other)));
        }
    }
    Ok(())
}

struct Collector<'c, 'a> {
    environment: &'c mut Environment<'a>,
    sources: &'c mut ItemSources<'a>,
    module: ModuleId,
    public: bool,
}

impl<'a> Collector<'_, 'a> {
    fn item(&mut self, item: &'a ast::Item<'a>) -> Outcome<()> {
        self.public = item.public;
        match &item.kind {
            ItemKind::Alias(alias) => self.alias(alias),
            ItemKind::Struct(structure) => self.structure(structure),
            ItemKind::Enum(enumeration) => self.enumeration(enumeration),
            ItemKind::Function(function) => {
                let id = self.function(item, function, Owner::Module);
                self.value(function.name, Item::Function(id))
            }
            ItemKind::Constant(constant) => {
                let id = ConstantId(self.sources.constants.len() as u32);
                self.sources.constants.push((self.module, constant));
                self.value(constant.name, Item::Constant(id))
            }
            ItemKind::Trait(declared) => self.declared_trait(declared),
            ItemKind::Implementation(implementation) => {
                let id = ImplementationId(self.sources.implementations.len() as u32);
                let functions = self.functions(implementation.functions, Owner::Implementation(id))?;
                self.sources.implementations.push((self.module, implementation, functions));
                Ok(())
            }
            ItemKind::Effect(effect) => self.effect(effect),
            ItemKind::Test(_) => Ok(()),
        }
    }

    fn alias(&mut self, alias: &'a ast::Alias<'a>) -> Outcome<()> {
        distinct::check(alias.parameters.iter().copied())?;
        let number = self.environment.aliases.len();
        let meaning = Cell::new(AliasMeaning::Unread);
        self.environment.aliases.push(AliasNames { module: self.module, ast: alias, meaning });
        self.ty(alias.name, TypeItem::Alias(number))
    }

    fn structure(&mut self, structure: &'a ast::Struct<'a>) -> Outcome<()> {
        let id = self.data(structure.name, structure.parameters, DataSource::Struct(structure))?;
        distinct::check(named(structure.fields).into_iter())?;
        let functions = self.functions(structure.functions, Owner::Struct(id))?;
        for (item, function) in structure.functions.iter().zip(functions) {
            let ItemKind::Function(ast) = &item.kind else { continue };
            let function = Item::Function(FunctionId(function));
            let declared = Declared { item: function, public: item.public, span: ast.name.span };
            self.environment.data[id.index()].inherent.insert(ast.name.text, declared);
        }
        Ok(())
    }

    fn enumeration(&mut self, enumeration: &'a ast::Enum<'a>) -> Outcome<()> {
        let id = self.data(enumeration.name, enumeration.parameters, DataSource::Enum(enumeration))?;
        distinct::check(enumeration.constructors.iter().map(|constructor| constructor.name))?;
        for (number, constructor) in enumeration.constructors.iter().enumerate() {
            distinct::check(named(constructor.fields).into_iter())?;
            let scope = &mut self.environment.modules[self.module.index()];
            add_candidate(&mut scope.constructors, constructor.name.text, (id, number as u32));
            self.environment.data[id.index()].variants.push(constructor.name.text);
        }
        Ok(())
    }

    fn data(&mut self, name: Name<'a>, parameters: &'a [Name<'a>], source: DataSource<'a>) -> Outcome<DataId> {
        distinct::check(parameters.iter().copied())?;
        let id = DataId(self.sources.data.len() as u32);
        self.sources.data.push((self.module, source));
        self.environment.data.push(DataNames {
            name: name.text,
            module: self.module,
            parameters,
            variants: Vec::new(),
            is_struct: matches!(source, DataSource::Struct(_)),
            inherent: FxHashMap::default(),
        });
        self.ty(name, TypeItem::Data(id)).map(|()| id)
    }

    fn declared_trait(&mut self, declared: &'a ast::Trait<'a>) -> Outcome<()> {
        let id = TraitId(self.sources.traits.len() as u32);
        let functions = self.functions(declared.methods, Owner::Trait(id))?;
        self.sources.traits.push((self.module, declared, functions));
        let mut methods = FxHashMap::default();
        for (number, name) in function_names(declared.methods).into_iter().enumerate() {
            methods.insert(name.text, number as u32);
            self.value(name, Item::Method(id, number as u32))?;
            let scope = &mut self.environment.modules[self.module.index()];
            add_candidate(&mut scope.methods, name.text, (id, number as u32));
        }
        let name = declared.name.text;
        self.environment.traits.push(TraitNames { name, module: self.module, methods });
        self.ty(declared.name, TypeItem::Trait(id))
    }

    fn effect(&mut self, effect: &'a ast::Effect<'a>) -> Outcome<()> {
        distinct::check(effect.parameters.iter().copied())?;
        let id = EffectId(self.environment.effects.len() as u32);
        self.sources.effects.push((self.module, effect));
        let mut operations = FxHashMap::default();
        for (number, name) in function_names(effect.operations).into_iter().enumerate() {
            operations.insert(name.text, number as u32);
            self.value(name, Item::Operation(id, number as u32))?;
        }
        let (name, parameters) = (effect.name.text, effect.parameters.len() as u32);
        self.environment.effects.push(EffectNames { name, module: Some(self.module), parameters, operations });
        self.ty(effect.name, TypeItem::Effect(id))
    }

    /// The functions of a struct, trait or implementation, whose names differ.
    fn functions(&mut self, items: &'a [ast::Item<'a>], owner: Owner) -> Outcome<Range<u32>> {
        distinct::check(function_names(items).into_iter())?;
        let start = self.sources.functions.len() as u32;
        for item in items {
            if let ItemKind::Function(function) = &item.kind {
                self.function(item, function, owner);
            }
        }
        Ok(start..self.sources.functions.len() as u32)
    }

    fn function(&mut self, item: &'a ast::Item<'a>, ast: &'a ast::Function<'a>, owner: Owner) -> FunctionId {
        let id = FunctionId(self.sources.functions.len() as u32);
        self.sources.functions.push(FunctionItem { item, ast, module: self.module, owner });
        id
    }

    /// Declares a type, alias, trait or effect.
    fn ty(&mut self, name: Name<'a>, item: TypeItem<'a>) -> Outcome<()> {
        let declared = Declared { item, public: self.public, span: name.span };
        match self.environment.modules[self.module.index()].types.insert(name.text, declared) {
            Some(first) => Err(distinct::duplicate(name, first.span)),
            None => Ok(()),
        }
    }

    /// Declares a function, method, operation or constant.
    fn value(&mut self, name: Name<'a>, item: Item) -> Outcome<()> {
        let declared = Declared { item, public: self.public, span: name.span };
        match self.environment.modules[self.module.index()].values.insert(name.text, declared) {
            Some(first) => Err(distinct::duplicate(name, first.span)),
            None => Ok(()),
        }
    }
}

/// The names of those fields that have one.
fn named<'a>(fields: &[ast::Field<'a>]) -> Vec<Name<'a>> {
    fields.iter().filter_map(|field| field.name).collect()
}

/// The names of functions.
fn function_names<'a>(items: &[ast::Item<'a>]) -> Vec<Name<'a>> {
    let name = |item: &ast::Item<'a>| match &item.kind {
        ItemKind::Function(function) => Some(function.name),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}
