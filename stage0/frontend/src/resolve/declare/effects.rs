//! Effects and their operations.

use super::super::environment::Environment;
use super::super::prelude;
use super::super::types::TypeReader;
use super::distinct;
use super::names::ItemSources;
use crate::ast::{self, ItemKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Effect, Operation};
use crate::source::Span;

/// Declares the capabilities, then the effects.
pub(super) fn declare<'a>(environment: &Environment<'a>, sources: &ItemSources<'a>) -> Outcome<Vec<Effect<'a>>> {
    let capability = |&name: &&'static str| Effect {
        name,
        module: None,
        parameters: 0,
        operations: Vec::new(),
        capability: true,
        span: Span::default(),
    };
    let mut effects: Vec<Effect<'a>> = prelude::CAPABILITIES.iter().map(capability).collect();
    for &(module, source) in &sources.effects {
        let known = "an operation's signature uses the effect's parameters only";
        let mut reader = TypeReader::declaration(environment, module, source.parameters, known);
        let operations = source.operations.iter().filter_map(|item| match &item.kind {
            ItemKind::Function(function) => Some(operation(&mut reader, item, function)),
            _ => None,
        });
        effects.push(Effect {
            name: source.name.text,
            module: Some(module),
            parameters: source.parameters.len() as u32,
            operations: operations.collect::<Outcome<_>>()?,
            capability: false,
            span: source.name.span,
        });
    }
    Ok(effects)
}

fn operation<'a>(
    reader: &mut TypeReader<'_, 'a>,
    item: &ast::Item<'a>,
    source: &ast::Function<'a>,
) -> Outcome<Operation<'a>> {
    let bad =
        |span: Span, what: &str| Err(Diagnostic::new("bad-operation", span, format!("an operation has no {what}")));
    if let Some(attribute) = item.attributes.first() {
        return bad(attribute.name.span, "attributes");
    }
    if let Some(bound) = source.bounds.first() {
        return bad(bound.subject.span, "bounds");
    }
    distinct::check(source.parameters.iter().map(|parameter| parameter.name))?;
    let parameters = source.parameters.iter().map(|parameter| Ok((parameter.name.text, reader.ty(parameter.ty)?)));
    Ok(Operation {
        name: source.name.text,
        parameters: parameters.collect::<Outcome<_>>()?,
        result: reader.ty(source.result)?,
        span: source.name.span,
    })
}
