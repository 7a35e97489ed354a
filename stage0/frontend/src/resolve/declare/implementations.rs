//! Implementations of traits.

use super::super::TypeVariables;
use super::super::environment::Environment;
use super::super::substitution::Substitution;
use super::super::types::TypeReader;
use super::add_bounds;
use super::functions::home;
use super::names::{self, ItemSources};
use super::traits::includes;
use crate::ast;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{
    Bound, Code, Function, FunctionId, Head, Implementation, ImplementationId, MethodSource, ModuleId, Program,
    TraitId, Ty, Type,
};
use crate::nearest::nearest;

/// What an implementation gives its methods.
pub(super) struct Header<'a> {
    /// Its variables: those of its target.
    pub variables: &'a TypeVariables<'a>,
    /// What its methods' names begin with: `Int.Show`.
    pub name: String,
}

/// Declares implementations without their methods.
pub(super) fn declare<'a>(
    environment: &Environment<'a>,
    sources: &ItemSources<'a>,
    program: &mut Program<'a>,
) -> Outcome<Vec<Header<'a>>> {
    let mut headers = Vec::with_capacity(sources.implementations.len());
    for &(module, source, _) in &sources.implementations {
        let trait_id = environment.trait_of(module, source.trait_path)?;
        let none = TypeVariables::default();
        let mut reader = TypeReader::signature(environment, module, &none);
        let target = reader.ty(source.target)?;
        let head = head(target, source.target)?;
        let mut variables = *reader.variables();
        variables.self_ty = Some(target);
        let mut bounds = Vec::new();
        add_bounds(environment, module, &reader, source.bounds, &mut bounds)?;
        check_owner(environment, module, trait_id, head, source)?;
        let id = ImplementationId(program.implementations.len() as u32);
        if let Some(first) = program.instances.insert((trait_id, head), id) {
            let first = program.implementations[first.index()].span;
            return Err(duplicate(environment, trait_id, head, source, first));
        }
        program.implementations.push(Implementation {
            trait_id,
            target,
            parameters: variables.types.len() as u32,
            bounds,
            module,
            methods: Vec::new(),
            span: source.target.span,
        });
        let known = &environment.traits[trait_id.index()];
        let trait_name = names::qualified(environment, known.module, known.name);
        let name = format!("{}.{trait_name}", head_name(environment, head));
        headers.push(Header { variables: environment.arena.alloc(variables), name });
    }
    Ok(headers)
}

/// The head of a target, whose arguments are distinct variables.
fn head(target: Ty<'_>, source: &ast::Type<'_>) -> Outcome<Head> {
    let arguments: &[Ty<'_>] = match target {
        Type::Parameter(_) => return Err(bad_target(source, "it is a variable")),
        Type::Function(..) => return Err(bad_target(source, "functions have no instances")),
        _ => arguments(target),
    };
    let distinct = arguments.iter().enumerate().all(|(index, argument)| **argument == Type::Parameter(index as u32));
    match target.head() {
        Some(head) if distinct => Ok(head),
        _ => Err(bad_target(source, "its arguments must be variables, each another one")),
    }
}

/// The arguments of a type that is no function.
pub(super) fn arguments<'t, 'a>(ty: &'t Type<'a>) -> &'t [Ty<'a>] {
    match ty {
        Type::Vector(element) => std::slice::from_ref(element),
        Type::Data(_, arguments) | Type::Tuple(arguments) => arguments,
        _ => &[],
    }
}

fn bad_target(source: &ast::Type<'_>, reason: &str) -> Box<Diagnostic> {
    Diagnostic::new("bad-instance-target", source.span, format!("this type cannot be given an instance: {reason}"))
        .hint("an implementation is for one constructor of types: `Int`, `List a`, `(a, b)`")
}

/// An implementation stands in the trait's module or in the type's; the prelude is one owner, tuples' and `Unit`'s too.
fn check_owner(
    environment: &Environment<'_>,
    module: ModuleId,
    trait_id: TraitId,
    head: Head,
    source: &ast::Implementation<'_>,
) -> Outcome<()> {
    let prelude = |module: ModuleId| environment.modules[module.index()].prelude;
    let of_trait = environment.traits[trait_id.index()].module;
    let of_type = home(environment, head);
    let in_prelude = prelude(module) && (prelude(of_trait) || of_type.is_none_or(prelude));
    if in_prelude || module == of_trait || of_type == Some(module) {
        return Ok(());
    }
    let message = "an implementation stands in the module of the trait or of the type";
    Err(Diagnostic::new("orphan-instance", source.target.span, message))
}

fn duplicate<'a>(
    environment: &Environment<'a>,
    trait_id: TraitId,
    head: Head,
    source: &ast::Implementation<'a>,
    first: crate::source::Span,
) -> Box<Diagnostic> {
    let name = environment.traits[trait_id.index()].name;
    let message = format!("`{}` has two implementations of `{name}`", head_name(environment, head));
    Diagnostic::new("duplicate-instance", source.target.span, message).note(first, "this is the first one")
}

/// A type's constructor as names of methods begin with it.
pub(super) fn head_name(environment: &Environment<'_>, head: Head) -> String {
    match head {
        Head::Data(id) => {
            let data = &environment.data[id.index()];
            names::qualified(environment, data.module, data.name)
        }
        Head::Tuple(count) => format!("Tuple{count}"),
        Head::Function(count) => format!("Function{count}"),
        plain => format!("{plain:?}"),
    }
}

/// Gives implementations their methods: each of the trait's, of the signature that the trait says, or the trait's default.
pub(super) fn add_methods<'a>(
    environment: &Environment<'a>,
    sources: &ItemSources<'a>,
    program: &mut Program<'a>,
) -> Outcome<()> {
    for (index, (_, source, functions)) in sources.implementations.iter().enumerate() {
        let implementation = &program.implementations[index];
        let known = &environment.traits[implementation.trait_id.index()];
        let mut own = vec![None; known.methods.len()];
        for function in functions.clone().map(FunctionId) {
            let name = sources.functions[function.index()].ast.name;
            let Some(&number) = known.methods.get(name.text) else {
                let message = format!("`{}` has no method `{}`", known.name, name.text);
                let error = Diagnostic::new("unknown-method", name.span, message);
                return Err(match nearest(name.text, known.methods.keys().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            };
            check_signature(environment, program, implementation, number, function)?;
            own[number as usize] = Some(function);
        }
        let mut methods = Vec::with_capacity(own.len());
        for (&(name, declared), own) in program.traits[implementation.trait_id.index()].methods.iter().zip(own) {
            methods.push(match (own, &program.functions[declared.index()].code) {
                (Some(own), _) => MethodSource::Own(own),
                (None, Code::None) => {
                    let message = format!("the implementation of `{}` lacks the method `{name}`", known.name);
                    let place = program.functions[declared.index()].span;
                    return Err(Diagnostic::new("missing-method", source.target.span, message)
                        .note(place, "the trait declares it here, without a default"));
                }
                (None, _) => MethodSource::Default(declared),
            });
        }
        program.implementations[index].methods = methods;
    }
    Ok(())
}

/// That a method has the signature of the trait's with the target for `Self`. Variables of both are numbered as they appear, so that
/// signatures that differ in names alone are equal.
fn check_signature<'a>(
    environment: &Environment<'a>,
    program: &Program<'a>,
    implementation: &Implementation<'a>,
    number: u32,
    function: FunctionId,
) -> Outcome<()> {
    let known = &program.traits[implementation.trait_id.index()];
    let wanted = &program.functions[known.methods[number as usize].1.index()];
    let own = &program.functions[function.index()];
    let count = implementation.parameters;
    let mut arguments = vec![implementation.target];
    for parameter in 1..wanted.type_parameters {
        arguments.push(environment.arena.alloc(Type::Parameter(parameter - 1 + count)));
    }
    let difference = match Substitution::new(environment.arena, &arguments) {
        Some(mut substitution) => difference(&mut substitution, wanted, own, implementation),
        None => Some("is too large".to_owned()),
    };
    match difference {
        None => Ok(()),
        Some(difference) => {
            let message =
                format!("the signature of `{}.{}` {difference}", known.name, known.methods[number as usize].0);
            Err(Diagnostic::new("signature-mismatch", own.span, message)
                .note(wanted.span, "the trait declares it here"))
        }
    }
}

/// In what a method differs from the trait's, if in anything.
fn difference<'a>(
    substitution: &mut Substitution<'_, 'a>,
    wanted: &Function<'a>,
    own: &Function<'a>,
    implementation: &Implementation<'a>,
) -> Option<String> {
    if own.parameters.len() != wanted.parameters.len() {
        let plural = if wanted.parameters.len() == 1 { "" } else { "s" };
        return Some(format!("has {} parameter{plural}, not {}", wanted.parameters.len(), own.parameters.len()));
    }
    for (own, wanted) in own.parameters.iter().zip(&wanted.parameters) {
        if substitution.ty(wanted.ty) != Some(own.ty) {
            return Some(format!("has another type for `{}`", own.name));
        }
    }
    if substitution.row(wanted.row) != Some(own.row) {
        return Some("has another effect row".to_owned());
    }
    if substitution.ty(wanted.result) != Some(own.result) {
        return Some("has another result".to_owned());
    }
    let count = implementation.parameters;
    let mut expected: Vec<(u32, TraitId)> =
        wanted.bounds.iter().skip(1).map(|bound| (bound.parameter - 1 + count, bound.trait_id)).collect();
    let own_bounds = own.bounds.iter().skip(implementation.bounds.len());
    let mut given: Vec<(u32, TraitId)> = own_bounds.map(|bound| (bound.parameter, bound.trait_id)).collect();
    expected.sort_unstable();
    given.sort_unstable();
    (expected != given).then(|| "has other bounds".to_owned())
}

/// That every type with an instance of a trait has instances of its supertraits, under conditions that are met then.
pub(super) fn check_supertraits(program: &Program<'_>) -> Outcome<()> {
    for implementation in &program.implementations {
        let known = &program.traits[implementation.trait_id.index()];
        for &supertrait in &known.supertraits {
            if !has_instance(program, &implementation.bounds, implementation.target, supertrait) {
                let wanted = program.traits[supertrait.index()].name;
                let message = format!("an instance of `{}` needs one of its supertrait `{wanted}`", known.name);
                return Err(Diagnostic::new("missing-instance", implementation.span, message));
            }
        }
    }
    Ok(())
}

/// Whether a type has a trait, where its parameters have the bounds.
pub(super) fn has_instance<'a>(program: &Program<'a>, bounds: &[Bound], ty: Ty<'a>, wanted: TraitId) -> bool {
    if let Type::Parameter(number) = *ty {
        let own = bounds.iter().filter(|bound| bound.parameter == number);
        return own.into_iter().any(|bound| includes(&program.traits, bound.trait_id, wanted));
    }
    let instance = ty.head().and_then(|head| program.instances.get(&(wanted, head)));
    instance.is_some_and(|id| {
        let implementation = &program.implementations[id.index()];
        let arguments = arguments(ty);
        implementation.bounds.iter().all(|bound| {
            arguments.get(bound.parameter as usize).is_some_and(|ty| has_instance(program, bounds, ty, bound.trait_id))
        })
    })
}
