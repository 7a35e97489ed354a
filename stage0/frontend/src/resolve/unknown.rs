//! What is said of names that mean nothing, or something of another kind. Candidates are gathered only here.

use super::environment::Environment;
use super::scope::TypeItem;
use super::{path_span, prelude};
use crate::ast::Name;
use crate::diagnostic::Diagnostic;
use crate::hir::ModuleId;
use crate::nearest::nearest;
use crate::source::Span;

/// A lower-case name.
pub(super) fn value<'a>(
    environment: &Environment<'a>,
    module: ModuleId,
    name: Name<'a>,
    locals: &[&'a str],
) -> Box<Diagnostic> {
    let scope = &environment.modules[module.index()];
    let imported = scope.imports.values.keys().chain(environment.prelude.values.keys());
    let candidates = locals.iter().chain(scope.values.keys()).chain(imported).copied();
    let error = Diagnostic::new("unknown-name", name.span, format!("unknown name `{}`", name.text));
    suggest(error, nearest(name.text, candidates))
}

/// An upper-case name in a type, a row or a bound.
pub(super) fn ty<'a>(environment: &Environment<'a>, module: ModuleId, name: Name<'a>) -> Box<Diagnostic> {
    if prelude::LATER_TYPES.contains(&name.text) {
        return Diagnostic::unsupported(name.span, &format!("the type `{}`", name.text));
    }
    let error = Diagnostic::new("unknown-type", name.span, format!("unknown type `{}`", name.text));
    suggest(error, nearest(name.text, types(environment, module)))
}

/// A bare constructor.
pub(super) fn constructor<'a>(environment: &Environment<'a>, module: ModuleId, name: Name<'a>) -> Box<Diagnostic> {
    let scope = &environment.modules[module.index()];
    let message = format!("unknown constructor `{}`", name.text);
    let error = Diagnostic::new("unknown-constructor", name.span, message);
    if let Some(TypeItem::Data(data)) = environment.bare_type(module, name.text)
        && environment.data[data.index()].is_struct
    {
        return error.hint(format!("a value of the struct is written `{} {{ field: value }}`", name.text));
    }
    let imported = scope.imports.constructors.keys().chain(environment.prelude.constructors.keys());
    suggest(error, nearest(name.text, scope.constructors.keys().chain(imported).copied()))
}

/// The name before a dot.
pub(super) fn module<'a>(environment: &Environment<'a>, module: ModuleId, name: Name<'a>) -> Box<Diagnostic> {
    let scope = &environment.modules[module.index()];
    let message = format!("there is no module, type, trait or effect `{}` here", name.text);
    let error = Diagnostic::new("unknown-module", name.span, message);
    let modules = scope.imports.modules.keys().chain(environment.prelude.modules.keys()).copied();
    match nearest(name.text, modules.chain(types(environment, module))) {
        Some(near) => suggest(error, Some(near)),
        None => error.hint(format!("`use {}` brings in a module of that name", name.text)),
    }
}

/// A name that a module does not declare.
pub(super) fn in_module<'a>(environment: &Environment<'a>, owner: ModuleId, name: Name<'a>) -> Box<Diagnostic> {
    let scope = &environment.modules[owner.index()];
    let message = format!("`{}` declares no `{}`", scope.name, name.text);
    let public = scope.types.iter().filter(|(_, declared)| declared.public).map(|(&name, _)| name);
    let values = scope.values.iter().filter(|(_, declared)| declared.public).map(|(&name, _)| name);
    let constructors = scope.constructors.keys().copied();
    let error = Diagnostic::new(kind_of_name(name), name.span, message);
    suggest(error, nearest(name.text, public.chain(values).chain(constructors)))
}

/// A name behind a module, a type, a trait or an effect that has none such.
pub(super) fn qualified<'a>(
    environment: &Environment<'a>,
    path: &[Name<'a>],
    item: Option<TypeItem<'a>>,
    within: Option<ModuleId>,
    name: Name<'a>,
) -> Box<Diagnostic> {
    let qualifier: Vec<&str> = path.iter().map(|name| name.text).collect();
    let message = format!("`{}` has no `{}`", qualifier.join("."), name.text);
    let error = Diagnostic::new(kind_of_name(name), name.span, message);
    let mut candidates = Vec::new();
    match item {
        Some(TypeItem::Data(id)) => {
            let data = &environment.data[id.index()];
            candidates.extend(data.inherent.keys().chain(&data.variants).copied());
        }
        Some(TypeItem::Trait(id)) => candidates.extend(environment.traits[id.index()].methods.keys().copied()),
        Some(TypeItem::Effect(id)) => candidates.extend(environment.effects[id.index()].operations.keys().copied()),
        Some(TypeItem::Primitive(_) | TypeItem::Vector | TypeItem::Alias(_)) | None => {}
    }
    if let Some(within) = within {
        let scope = &environment.modules[within.index()];
        candidates.extend(scope.values.iter().filter(|(_, declared)| declared.public).map(|(&name, _)| name));
        candidates.extend(scope.constructors.keys().copied());
    }
    suggest(error, nearest(name.text, candidates.into_iter()))
}

/// A path whose last name means something else than what is needed there.
pub(super) fn other_kind<'a>(
    environment: &Environment<'a>,
    path: &[Name<'a>],
    item: TypeItem<'a>,
    wanted: &str,
) -> Box<Diagnostic> {
    let kind = match item {
        TypeItem::Primitive(_) | TypeItem::Vector => "a built-in type",
        TypeItem::Data(id) if environment.data[id.index()].is_struct => "a struct",
        TypeItem::Data(_) => "an enum",
        TypeItem::Alias(_) => "an alias",
        TypeItem::Trait(_) => "a trait",
        TypeItem::Effect(_) => "an effect",
    };
    let name = path.last().map_or("", |name| name.text);
    let code = match wanted {
        "struct" => "not-a-struct",
        "effect" => "not-an-effect",
        "trait" => "not-a-trait",
        _ => "not-a-type",
    };
    let article = if wanted.starts_with('e') { "an" } else { "a" };
    Diagnostic::new(code, path_span(path), format!("`{name}` is {kind}, not {article} {wanted}"))
}

/// A path with more names than mean something.
pub(super) fn long_path(path: &[Name<'_>]) -> Box<Diagnostic> {
    Diagnostic::new("unknown-module", path_span(path), "a path is a module's last name and a name in it")
        .hint("`use A.B` brings in the module `A.B` as `B`")
}

/// A path without names, which no parser gives.
pub(super) fn empty_path() -> Box<Diagnostic> {
    long_path(&[])
}

/// The types, aliases, traits and effects that a module sees.
fn types<'e, 'a>(environment: &'e Environment<'a>, module: ModuleId) -> impl Iterator<Item = &'a str> + 'e {
    let scope = &environment.modules[module.index()];
    let imported = scope.imports.types.keys().chain(environment.prelude.types.keys());
    scope.types.keys().chain(imported).copied()
}

/// The code for a name that is not found: upper-case names are types or constructors.
fn kind_of_name(name: Name<'_>) -> &'static str {
    if name.text.starts_with(char::is_uppercase) { "unknown-constructor" } else { "unknown-name" }
}

fn suggest(error: Box<Diagnostic>, near: Option<&str>) -> Box<Diagnostic> {
    match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// A variable that nothing declares.
pub(super) fn variable(name: Name<'_>, declared: &str) -> Box<Diagnostic> {
    Diagnostic::new("unknown-type-variable", name.span, format!("unknown type variable `{}`", name.text))
        .hint(declared.to_owned())
}

/// The wrong number of arguments of a type or an effect.
pub(super) fn arity(span: Span, name: &str, expected: usize, given: usize) -> Box<Diagnostic> {
    let arguments = |count: usize| format!("{count} argument{}", if count == 1 { "" } else { "s" });
    Diagnostic::new("wrong-arity", span, format!("`{name}` takes {}, not {given}", arguments(expected)))
}
