//! Functions: of modules and structs, methods of traits and of implementations.

use super::super::TypeVariables;
use super::super::environment::{Environment, FunctionSource, VisibleMethod};
use super::super::types::TypeReader;
use super::implementations::Header;
use super::names::{self, FunctionItem, ItemSources, Owner};
use super::{add_bounds, attributes, distinct};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Bound, Code, Function, FunctionId, Head, ModuleId, Parameter, Program, Row, Type};
use rustc_hash::FxHashSet;

/// Declares all functions.
pub(super) fn declare<'a>(
    environment: &mut Environment<'a>,
    sources: &ItemSources<'a>,
    headers: &[Header<'a>],
    program: &mut Program<'a>,
) -> Outcome<()> {
    let around = Around::of(environment, sources, headers, program);
    let mut names = FxHashSet::default();
    let mut written = Vec::with_capacity(sources.functions.len());
    for item in &sources.functions {
        let (function, source) = one(environment, &around, item, program, &mut names)?;
        program.functions.push(function);
        written.push(source);
    }
    environment.functions = written;
    add_methods(environment, sources, program);
    Ok(())
}

/// What stands around functions: variables, bounds and the start of their names.
struct Around<'h, 'a> {
    structs: Vec<&'a TypeVariables<'a>>,
    of_trait: &'a TypeVariables<'a>,
    headers: &'h [Header<'a>],
    none: &'a TypeVariables<'a>,
}

impl<'h, 'a> Around<'h, 'a> {
    fn of(
        environment: &Environment<'a>,
        sources: &ItemSources<'a>,
        headers: &'h [Header<'a>],
        program: &Program<'a>,
    ) -> Around<'h, 'a> {
        let arena = environment.arena;
        let parameter = |number| -> &'a Type<'a> { arena.alloc(Type::Parameter(number)) };
        let structs = environment.data.iter().enumerate().map(|(index, data)| {
            let types = arena.alloc_slice_fill_iter(data.parameters.iter().map(|name| name.text));
            let arguments = arena.alloc_slice_fill_iter((0..program.data[index].parameters).map(parameter));
            let own: &'a Type<'a> = arena.alloc(Type::Data(crate::hir::DataId(index as u32), arguments));
            &*arena.alloc(TypeVariables { types, rows: &[], self_ty: Some(own) })
        });
        debug_assert_eq!(sources.data.len(), environment.data.len());
        Around {
            structs: structs.collect(),
            of_trait: arena.alloc(TypeVariables { types: &["Self"], rows: &[], self_ty: Some(parameter(0)) }),
            headers,
            none: arena.alloc(TypeVariables::default()),
        }
    }

    fn variables(&self, owner: Owner) -> &'a TypeVariables<'a> {
        match owner {
            Owner::Module => self.none,
            Owner::Struct(data) => self.structs[data.index()],
            Owner::Trait(_) => self.of_trait,
            Owner::Implementation(id) => self.headers[id.index()].variables,
        }
    }
}

fn one<'a>(
    environment: &Environment<'a>,
    around: &Around<'_, 'a>,
    item: &FunctionItem<'a>,
    program: &Program<'a>,
    names: &mut FxHashSet<&'a str>,
) -> Outcome<(Function<'a>, FunctionSource<'a>)> {
    let FunctionItem { ast, module, owner, .. } = *item;
    distinct::check(ast.parameters.iter().map(|parameter| parameter.name))?;
    let outer = around.variables(owner);
    let mut reader = TypeReader::signature(environment, module, outer);
    let mut parameters = Vec::with_capacity(ast.parameters.len());
    for parameter in ast.parameters {
        let ty = reader.ty(parameter.ty)?;
        parameters.push(Parameter { name: parameter.name.text, ty, borrow: parameter.borrow });
    }
    let row = ast.row.as_ref().map_or(Ok(Row::default()), |row| reader.row(row))?;
    let result = reader.ty(ast.result)?;
    let mut bounds = match owner {
        Owner::Module | Owner::Struct(_) => Vec::new(),
        Owner::Trait(trait_id) => vec![Bound { parameter: 0, trait_id }],
        Owner::Implementation(id) => program.implementations[id.index()].bounds.clone(),
    };
    let outer_bounds = bounds.len();
    add_bounds(environment, module, &reader, ast.bounds, &mut bounds)?;
    check_bounds(item, outer, &bounds[outer_bounds..])?;
    let attributes = attributes::of_function(item.item, program.modules[module.index()].library)?;
    let variables = reader.variables();
    let function = Function {
        name: unique_name(environment, around, item, names),
        module,
        type_parameters: variables.types.len() as u32,
        row_parameters: variables.rows.len() as u32,
        bounds,
        parameters,
        row,
        result,
        code: code(item, attributes.intrinsic)?,
        inline: attributes.inline,
        span: ast.name.span,
    };
    Ok((function, FunctionSource { ast, module, variables }))
}

/// A method bounds its own variables only: what else it needs is said by the trait or the implementation.
fn check_bounds(item: &FunctionItem<'_>, outer: &TypeVariables<'_>, own: &[Bound]) -> Outcome<()> {
    let method = matches!(item.owner, Owner::Trait(_) | Owner::Implementation(_));
    let outside = own.iter().any(|bound| (bound.parameter as usize) < outer.types.len());
    match item.ast.bounds.iter().find(|bound| outer.types.contains(&bound.subject.text)) {
        Some(bound) if method && outside => {
            let message = format!("a method does not bound `{}`, which is not its own", bound.subject.text);
            Err(Diagnostic::new("bad-bound", bound.subject.span, message)
                .hint("the bound belongs to the `where` of the trait or the implementation"))
        }
        _ => Ok(()),
    }
}

/// Where the code comes from: a function has a body or is an intrinsic; a trait's method may have neither.
fn code<'a>(item: &FunctionItem<'a>, intrinsic: Option<&'a str>) -> Outcome<Code<'a>> {
    match (item.ast.body, intrinsic, item.owner) {
        (Some(_), ..) => Ok(Code::Declared),
        (None, Some(name), _) => Ok(Code::Intrinsic(name)),
        (None, None, Owner::Trait(_)) => Ok(Code::None),
        (None, None, _) => {
            let message = format!("the function `{}` has no body", item.ast.name.text);
            Err(Diagnostic::new("missing-body", item.ast.name.span, message))
        }
    }
}

/// The function's name for messages and stack traces, which no other function has.
fn unique_name<'a>(
    environment: &Environment<'a>,
    around: &Around<'_, 'a>,
    item: &FunctionItem<'a>,
    names: &mut FxHashSet<&'a str>,
) -> &'a str {
    let own = item.ast.name.text;
    let name = match item.owner {
        Owner::Module => format!("{}.{own}", environment.modules[item.module.index()].name),
        Owner::Struct(data) => {
            format!("{}.{own}", names::qualified(environment, item.module, environment.data[data.index()].name))
        }
        Owner::Trait(id) => {
            format!("{}.{own}", names::qualified(environment, item.module, environment.traits[id.index()].name))
        }
        Owner::Implementation(id) => format!("{}.{own}", around.headers[id.index()].name),
    };
    let mut candidate = name.clone();
    // Two files may hold modules of one name: one of the library, and one of the program that stands in for it.
    for number in 2.. {
        if !names.contains(candidate.as_str()) {
            break;
        }
        candidate = format!("{name}${number}");
    }
    let name = environment.arena.alloc_str(&candidate);
    names.insert(name);
    name
}

/// What `x.name(…)` may mean by the type of `x`: functions of structs first, then functions of modules.
fn add_methods<'a>(environment: &mut Environment<'a>, sources: &ItemSources<'a>, program: &Program<'a>) {
    for (index, item) in sources.functions.iter().enumerate() {
        if let Owner::Struct(data) = item.owner {
            let method =
                VisibleMethod { function: FunctionId(index as u32), module: item.module, public: item.item.public };
            environment.methods.insert((Head::Data(data), item.ast.name.text), method);
        }
    }
    for (index, item) in sources.functions.iter().enumerate() {
        let first = program.functions[index].parameters.first();
        let head = first.and_then(|parameter| parameter.ty.head()).filter(|_| item.owner == Owner::Module);
        if let Some(head) = head
            && home(environment, head) == Some(item.module)
        {
            let function = FunctionId(index as u32);
            let method = VisibleMethod { function, module: item.module, public: item.item.public };
            environment.methods.entry((head, item.ast.name.text)).or_insert(method);
        }
    }
}

/// The module that a type belongs to; a built-in type's is that of its name.
pub(super) fn home(environment: &Environment<'_>, head: Head) -> Option<ModuleId> {
    let name = match head {
        Head::Data(data) => return Some(environment.data[data.index()].module),
        Head::Int => "Int",
        Head::UInt8 => "UInt8",
        Head::Float => "Float",
        Head::Bool => "Bool",
        Head::Char => "Char",
        Head::String => "String",
        Head::Vector => "Vector",
        Head::Unit | Head::Never | Head::Tuple(_) | Head::Function(_) => return None,
    };
    environment.library.get(name).copied()
}
