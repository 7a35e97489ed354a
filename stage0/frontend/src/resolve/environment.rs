//! What names mean, from the view of a module.

use super::TypeVariables;
use super::scope::{Candidates, Declared, Imports, Scope, TypeItem};
use super::types::TypeReader;
use super::unknown;
use crate::ast::{self, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{ConstantId, DataId, EffectId, FunctionId, Head, ModuleId, Row, TraitId, Ty};
use crate::source::Span;
use bumpalo::Bump;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::Cell;

/// What a lower-case name at module level means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A function of a module or of a struct.
    Function(FunctionId),
    /// A constant.
    Constant(ConstantId),
    /// A trait's method.
    Method(TraitId, u32),
    /// An effect's operation.
    Operation(EffectId, u32),
}

/// A function as it was written.
#[derive(Clone, Copy, Debug)]
pub struct FunctionSource<'a> {
    /// What was written.
    pub ast: &'a ast::Function<'a>,
    /// Where: names in it are looked up from here.
    pub module: ModuleId,
    /// What the variables in its signature stand for.
    pub variables: &'a TypeVariables<'a>,
}

/// What names mean, from the view of each module.
#[derive(Debug)]
pub struct Environment<'a> {
    pub(super) arena: &'a Bump,
    pub(super) modules: Vec<Scope<'a>>,
    pub(super) starts: Vec<Span>,
    pub(super) prelude: Imports<'a>,
    /// The modules of the library, by name.
    pub(super) library: FxHashMap<&'a str, ModuleId>,
    pub(super) data: Vec<DataNames<'a>>,
    pub(super) aliases: Vec<AliasNames<'a>>,
    pub(super) traits: Vec<TraitNames<'a>>,
    pub(super) effects: Vec<EffectNames<'a>>,
    pub(super) functions: Vec<FunctionSource<'a>>,
    pub(super) constants: Vec<&'a ast::Constant<'a>>,
    /// What `x.name(…)` may mean by the head of the type of `x`.
    pub(super) methods: FxHashMap<(Head, &'a str), VisibleMethod>,
}

/// A struct or an enum, by what names need.
#[derive(Debug)]
pub(super) struct DataNames<'a> {
    pub name: &'a str,
    pub module: ModuleId,
    pub parameters: &'a [Name<'a>],
    /// The constructors of an enum; none of a struct.
    pub variants: Vec<&'a str>,
    pub is_struct: bool,
    /// The functions in a struct's body.
    pub inherent: FxHashMap<&'a str, Declared<Item>>,
}

/// An alias.
#[derive(Debug)]
pub(super) struct AliasNames<'a> {
    pub module: ModuleId,
    pub ast: &'a ast::Alias<'a>,
    pub meaning: Cell<AliasMeaning<'a>>,
}

/// What an alias stands for, over its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) enum AliasMeaning<'a> {
    /// Not read yet.
    Unread,
    /// Being read: meeting it means that it is recursive.
    Reading,
    /// A type.
    Type(Ty<'a>),
    /// A row, without a variable.
    Row(Row<'a>),
}

/// A trait, by what names need.
#[derive(Debug)]
pub(super) struct TraitNames<'a> {
    pub name: &'a str,
    pub module: ModuleId,
    pub methods: FxHashMap<&'a str, u32>,
}

/// An effect, by what names need.
#[derive(Debug)]
pub(super) struct EffectNames<'a> {
    pub name: &'a str,
    /// None of capabilities.
    pub module: Option<ModuleId>,
    pub parameters: u32,
    pub operations: FxHashMap<&'a str, u32>,
}

/// A function that a method call may mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct VisibleMethod {
    pub function: FunctionId,
    pub module: ModuleId,
    pub public: bool,
}

impl<'a> Environment<'a> {
    /// The function as it was written.
    pub fn sources_of(&self, function: FunctionId) -> FunctionSource<'a> {
        self.functions[function.index()]
    }

    /// The constant as it was written. Its module stands in the program.
    pub fn constant_source(&self, constant: ConstantId) -> &'a ast::Constant<'a> {
        self.constants[constant.index()]
    }

    /// The type that an annotation in a body means.
    pub fn ty(&self, module: ModuleId, variables: &TypeVariables<'a>, ty: &ast::Type<'a>) -> Outcome<Ty<'a>> {
        TypeReader::annotation(self, module, variables).ty(ty)
    }

    /// The row that an annotation in a body means.
    pub fn row(&self, module: ModuleId, variables: &TypeVariables<'a>, row: &ast::Row<'a>) -> Outcome<Row<'a>> {
        TypeReader::annotation(self, module, variables).row(row)
    }

    /// A lower-case name at module level: the module's own, or imported by name, or of the prelude; `None` where there is none.
    pub fn value(&self, module: ModuleId, name: Name<'a>) -> Outcome<Option<Item>> {
        let scope = &self.modules[module.index()];
        if let Some(own) = scope.values.get(name.text) {
            return Ok(Some(own.item));
        }
        let imported = scope.imports.values.get(name.text).or_else(|| self.prelude.values.get(name.text));
        Ok(imported.map(|&(item, _)| item))
    }

    /// That no local, and nothing at module level, has this name: with the nearest name as advice. `locals` are the names of
    /// the locals in scope.
    pub fn unknown_value(&self, module: ModuleId, name: Name<'a>, locals: &[&'a str]) -> Box<Diagnostic> {
        unknown::value(self, module, name, locals)
    }

    /// `A.B.name`, where the path is that of a module, a type, a trait or an effect.
    pub fn qualified(&self, module: ModuleId, path: &[Name<'a>], name: Name<'a>) -> Outcome<Item> {
        let (item, within) = self.qualifier(module, path)?;
        if let Some((owner, declared)) = item.and_then(|item| self.member(item, name.text)) {
            self.check_visible(module, owner, &declared, name)?;
            return Ok(declared.item);
        }
        if let Some(within) = within
            && let Some(declared) = self.modules[within.index()].values.get(name.text)
        {
            self.check_visible(module, within, declared, name)?;
            return Ok(declared.item);
        }
        Err(unknown::qualified(self, path, item, within, name))
    }

    /// The constructors that a path may mean, at least one; the expected type chooses among several.
    pub fn constructors(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<SmallVec<[(DataId, u32); 2]>> {
        let Some((&name, qualifier)) = path.split_last() else { return Err(unknown::empty_path()) };
        if qualifier.is_empty() {
            let candidates = self.bare_constructors(module, name.text);
            return if candidates.is_empty() { Err(unknown::constructor(self, module, name)) } else { Ok(candidates) };
        }
        let (item, within) = self.qualifier(module, qualifier)?;
        let of_module = |owner: ModuleId| self.modules[owner.index()].constructors.get(name.text);
        let mut candidates = Candidates::new();
        if let Some(TypeItem::Data(data)) = item {
            let declared = of_module(self.data[data.index()].module).into_iter().flatten();
            candidates.extend(declared.copied().filter(|candidate| candidate.0 == data));
        }
        if candidates.is_empty() {
            candidates.extend(within.and_then(of_module).into_iter().flatten().copied());
        }
        match candidates.first() {
            Some(&(data, _)) => self.check_data_visible(module, data, name).map(|()| candidates),
            None => Err(unknown::qualified(self, qualifier, item, within, name)),
        }
    }

    /// The struct of that name.
    pub fn structure(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<DataId> {
        match self.type_item(module, path)? {
            TypeItem::Data(data) if self.data[data.index()].is_struct => Ok(data),
            item => Err(unknown::other_kind(self, path, item, "struct")),
        }
    }

    /// The effect of that name.
    pub fn effect(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<EffectId> {
        match self.type_item(module, path)? {
            TypeItem::Effect(effect) => Ok(effect),
            item => Err(unknown::other_kind(self, path, item, "effect")),
        }
    }

    /// The function that `x.name(…)` means by the type of `x`: an inherent function, else a visible function of the module that
    /// declares the type (of a built-in type: the module of its name) whose first parameter has that type.
    pub fn method(&self, module: ModuleId, head: Head, name: &str) -> Option<FunctionId> {
        let method = self.methods.get(&(head, name))?;
        (method.public || method.module == module).then_some(method.function)
    }

    /// The methods of that name of the traits in scope.
    pub fn trait_methods(&self, module: ModuleId, name: &str) -> SmallVec<[(TraitId, u32); 2]> {
        let scope = &self.modules[module.index()];
        let mut methods = Candidates::new();
        for known in [scope.methods.get(name), scope.imports.methods.get(name)] {
            methods.extend(known.into_iter().flatten().copied());
        }
        for &(id, number) in self.prelude.methods.get(name).into_iter().flatten() {
            let visible = self.bare_type(module, self.traits[id.index()].name) == Some(TypeItem::Trait(id));
            if visible && !methods.contains(&(id, number)) {
                methods.push((id, number));
            }
        }
        methods
    }

    /// The trait of that name.
    pub(super) fn trait_of(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<TraitId> {
        match self.type_item(module, path)? {
            TypeItem::Trait(id) => Ok(id),
            item => Err(unknown::other_kind(self, path, item, "trait")),
        }
    }

    /// The type, alias, trait or effect that a path means.
    pub(super) fn type_item(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<TypeItem<'a>> {
        match *path {
            [name] => match name.text.strip_prefix('$') {
                None => self.bare_type(module, name.text).ok_or_else(|| unknown::ty(self, module, name)),
                Some(own) => self.library_type(own).ok_or_else(|| unknown::ty(self, module, name)),
            },
            [qualifier, name] => {
                let within = self.module_named(module, qualifier)?;
                let Some(declared) = self.modules[within.index()].types.get(name.text) else {
                    return Err(unknown::in_module(self, within, name));
                };
                self.check_visible(module, within, declared, name)?;
                Ok(declared.item)
            }
            _ => Err(unknown::long_path(path)),
        }
    }

    /// What the library's module of that name declares under its own name, or the prelude's type, effect or trait of it: whatever
    /// the module that asks has declared.
    fn library_type(&self, name: &str) -> Option<TypeItem<'a>> {
        let declared = self.library.get(name).and_then(|library| self.modules[library.index()].types.get(name));
        declared.map(|declared| declared.item).or_else(|| self.prelude.types.get(name).map(|&(item, _)| item))
    }

    /// What a bare upper-case name in a type means.
    pub(super) fn bare_type(&self, module: ModuleId, name: &str) -> Option<TypeItem<'a>> {
        let scope = &self.modules[module.index()];
        let own = scope.types.get(name).map(|declared| declared.item);
        own.or_else(|| scope.imports.types.get(name).or_else(|| self.prelude.types.get(name)).map(|&(item, _)| item))
    }

    /// The module that is known by a name. What a module declares or imports under the name of one of the prelude's hides that.
    pub(super) fn known_module(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        if let Some(library) = name.strip_prefix('$') {
            return self.library.get(library).copied();
        }
        if let Some(&(known, _)) = self.modules[module.index()].imports.modules.get(name) {
            return Some(known);
        }
        let &(known, _) = self.prelude.modules.get(name)?;
        let nearer = self.bare_type(module, name);
        (nearer.is_none() || nearer == self.prelude.types.get(name).map(|&(item, _)| item)).then_some(known)
    }

    /// The module that is known by a name, which there must be.
    fn module_named(&self, module: ModuleId, name: Name<'a>) -> Outcome<ModuleId> {
        self.known_module(module, name.text).ok_or_else(|| unknown::module(self, module, name))
    }

    /// What stands before the last dot: a type, trait or effect, or a module, or both of one name.
    fn qualifier(&self, module: ModuleId, path: &[Name<'a>]) -> Outcome<(Option<TypeItem<'a>>, Option<ModuleId>)> {
        match *path {
            [name] => {
                let found = (self.bare_type(module, name.text), self.known_module(module, name.text));
                if found == (None, None) { Err(unknown::module(self, module, name)) } else { Ok(found) }
            }
            _ => self.type_item(module, path).map(|item| (Some(item), None)),
        }
    }

    /// The function of a struct, method of a trait or operation of an effect of that name, with the module that declares it.
    fn member(&self, item: TypeItem<'a>, name: &str) -> Option<(ModuleId, Declared<Item>)> {
        let span = Span::default();
        match item {
            TypeItem::Data(id) => {
                let data = &self.data[id.index()];
                data.inherent.get(name).map(|&declared| (data.module, declared))
            }
            TypeItem::Trait(id) => {
                let known = &self.traits[id.index()];
                let &number = known.methods.get(name)?;
                Some((known.module, Declared { item: Item::Method(id, number), public: true, span }))
            }
            TypeItem::Effect(id) => {
                let known = &self.effects[id.index()];
                let &number = known.operations.get(name)?;
                Some((known.module?, Declared { item: Item::Operation(id, number), public: true, span }))
            }
            TypeItem::Primitive(_) | TypeItem::Vector | TypeItem::Alias(_) => None,
        }
    }

    /// The constructors of a bare name: the module's own and imported ones, which hide those of the prelude.
    fn bare_constructors(&self, module: ModuleId, name: &str) -> Candidates<(DataId, u32)> {
        let scope = &self.modules[module.index()];
        let mut candidates = Candidates::new();
        for known in [scope.constructors.get(name), scope.imports.constructors.get(name)] {
            candidates.extend(known.into_iter().flatten().copied());
        }
        candidates.sort_unstable();
        candidates.dedup();
        if candidates.is_empty() {
            candidates.extend(self.prelude.constructors.get(name).into_iter().flatten().copied());
        }
        candidates
    }

    /// Whether a module itself declares a type, alias, trait or effect of that name.
    pub(super) fn declares_type(&self, module: ModuleId, name: &str) -> bool {
        self.modules[module.index()].types.contains_key(name)
    }

    /// The start of a module's file.
    pub(super) fn start_of(&self, module: ModuleId) -> Span {
        self.starts[module.index()]
    }

    /// That a module may use what another one declares.
    pub(super) fn check_visible<T>(
        &self,
        user: ModuleId,
        owner: ModuleId,
        declared: &Declared<T>,
        name: Name<'a>,
    ) -> Outcome<()> {
        if declared.public || user == owner {
            return Ok(());
        }
        let message = format!("`{}` is private to `{}`", name.text, self.modules[owner.index()].name);
        Err(Diagnostic::new("private-name", name.span, message)
            .note(declared.span, "it is declared here, without `pub`"))
    }

    /// That a module may use the constructors of a type.
    pub(super) fn check_data_visible(&self, user: ModuleId, data: DataId, name: Name<'a>) -> Outcome<()> {
        let names = &self.data[data.index()];
        let owner = &self.modules[names.module.index()];
        match owner.types.get(names.name) {
            Some(declared) => self.check_visible(user, names.module, declared, name),
            None => Ok(()),
        }
    }
}
