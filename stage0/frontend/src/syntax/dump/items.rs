//! Declarations and types as S-expressions.

use super::expressions::expression;
use super::form::Form;
use crate::ast::{
    AliasValue, Attribute, AttributeArgument, Bound, Constructor, DocLine, Field, Function, Item, ItemKind, Module,
    Name, Parameter, Row, Type, TypeKind, Use, UseKind,
};

/// A file.
pub fn module(module: &Module<'_>) -> Form {
    let parts =
        docs(module.docs).into_iter().chain(module.uses.iter().map(import)).chain(module.items.iter().map(item));
    Form::list("Module", parts)
}

fn docs(lines: &[DocLine<'_>]) -> Option<Form> {
    let texts = lines.iter().map(|line| Form::quoted(line.text));
    (!lines.is_empty()).then(|| Form::list("Docs", texts))
}

fn import(import: &Use<'_>) -> Form {
    let path = Form::path(import.path);
    match import.kind {
        UseKind::Module => Form::list("Use", [path]),
        UseKind::Renamed(name) => Form::list("UseAs", [path, Form::word(name.text)]),
        UseKind::Names(names) => Form::list("UseNames", std::iter::once(path).chain(names.iter().map(word))),
    }
}

fn word(name: &Name<'_>) -> Form {
    Form::word(name.text)
}

fn item(item: &Item<'_>) -> Form {
    let mut parts = Vec::new();
    if item.public {
        parts.push(Form::word("public"));
    }
    parts.extend(docs(item.docs));
    parts.extend(item.attributes.iter().map(attribute));
    parts.push(declaration(&item.kind));
    Form::list("Item", parts)
}

fn attribute(attribute: &Attribute<'_>) -> Form {
    let arguments = attribute.arguments.iter().map(|argument| match argument {
        AttributeArgument::Name(name) => word(name),
        AttributeArgument::Text(text) => Form::quoted(text.text),
    });
    Form::list("Attribute", std::iter::once(word(&attribute.name)).chain(arguments))
}

fn declaration(kind: &ItemKind<'_>) -> Form {
    let mut parts = Vec::new();
    let head = match kind {
        ItemKind::Alias(alias) => {
            parts.push(word(&alias.name));
            parts.extend(parameters(alias.parameters));
            parts.push(match &alias.value {
                AliasValue::Type(value) => ty(value),
                AliasValue::Row(value) => row(value),
            });
            "Alias"
        }
        ItemKind::Struct(structure) => {
            parts.push(word(&structure.name));
            parts.extend(parameters(structure.parameters));
            parts.extend(structure.fields.iter().map(field));
            parts.extend(structure.functions.iter().map(item));
            "Struct"
        }
        ItemKind::Enum(enumeration) => {
            parts.push(word(&enumeration.name));
            parts.extend(parameters(enumeration.parameters));
            parts.extend(enumeration.constructors.iter().map(constructor));
            "Enum"
        }
        ItemKind::Function(value) => return function(value),
        ItemKind::Constant(constant) => {
            parts.extend([word(&constant.name), ty(constant.ty), expression(constant.value)]);
            "Constant"
        }
        ItemKind::Trait(value) => {
            parts.push(word(&value.name));
            parts.extend(value.bounds.iter().map(bound));
            parts.extend(value.methods.iter().map(item));
            "Trait"
        }
        ItemKind::Implementation(value) => {
            parts.extend([Form::path(value.trait_path), ty(value.target)]);
            parts.extend(value.bounds.iter().map(bound));
            parts.extend(value.functions.iter().map(item));
            "Implementation"
        }
        ItemKind::Effect(effect) => {
            parts.push(word(&effect.name));
            parts.extend(parameters(effect.parameters));
            parts.extend(effect.operations.iter().map(item));
            "Effect"
        }
        ItemKind::Test(test) => {
            parts.extend([Form::quoted(test.name.text), expression(test.body)]);
            "Test"
        }
    };
    Form::list(head, parts)
}

fn parameters(names: &[Name<'_>]) -> Option<Form> {
    (!names.is_empty()).then(|| Form::list("Parameters", names.iter().map(word)))
}

fn field(field: &Field<'_>) -> Form {
    let name = field.name.as_ref().map(word);
    Form::list("Field", name.into_iter().chain(docs(field.docs)).chain([ty(field.ty)]))
}

fn constructor(constructor: &Constructor<'_>) -> Form {
    let fields = constructor.fields.iter().map(field);
    Form::list("Constructor", [word(&constructor.name)].into_iter().chain(docs(constructor.docs)).chain(fields))
}

fn function(function: &Function<'_>) -> Form {
    let mut parts = vec![word(&function.name)];
    parts.extend(function.parameters.iter().map(parameter));
    parts.extend(function.row.as_ref().map(row));
    parts.push(Form::list("Result", [ty(function.result)]));
    parts.extend(function.bounds.iter().map(bound));
    parts.extend(function.body.map(|body| Form::list("Body", [expression(body)])));
    Form::list("Function", parts)
}

fn parameter(parameter: &Parameter<'_>) -> Form {
    let borrow = parameter.borrow.then(|| Form::word("borrow"));
    Form::list("Parameter", borrow.into_iter().chain([word(&parameter.name), ty(parameter.ty)]))
}

fn bound(bound: &Bound<'_>) -> Form {
    Form::list("Bound", [word(&bound.subject), Form::path(bound.trait_path)])
}

/// A type.
pub fn ty(value: &Type<'_>) -> Form {
    match &value.kind {
        TypeKind::Named { path, arguments } => {
            Form::list("Named", std::iter::once(Form::path(path)).chain(arguments.iter().map(ty)))
        }
        TypeKind::Variable(name) => Form::list("Variable", [word(name)]),
        TypeKind::Tuple(types) => Form::list("Tuple", types.iter().map(ty)),
        TypeKind::Function { parameters, row: effects, result } => {
            let mut parts = vec![Form::list("Parameters", parameters.iter().map(ty))];
            parts.extend(effects.as_ref().map(row));
            parts.push(ty(result));
            Form::list("FunctionType", parts)
        }
    }
}

fn row(value: &Row<'_>) -> Form {
    let effects = value.effects.iter().map(|effect| {
        Form::list("Effect", std::iter::once(Form::path(effect.path)).chain(effect.arguments.iter().map(ty)))
    });
    Form::list("Row", effects.chain(value.variable.as_ref().map(word)))
}
