//! Declarations.

use super::{Builder, collect, expect, take};
use crate::ast::{
    Alias, AliasValue, Bound, Constant, Constructor, Effect, Enum, Field, Function, Implementation, Item, ItemKind,
    Name, Parameter, Struct, Test, Trait, Use, UseKind,
};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use crate::syntax::grammar::{Node, Rule};
use std::iter::Peekable;

impl<'a> Builder<'a, '_> {
    /// `use A.B`
    pub fn import(&self, node: Node<'_>) -> Outcome<Use<'a>> {
        let span = self.span(&node);
        let mut parts = node.into_inner();
        let path = self.names(expect(&mut parts, span)?);
        let kind = match parts.next() {
            None => UseKind::Module,
            Some(node) if node.as_rule() == Rule::use_alias => {
                UseKind::Renamed(self.name(&expect(&mut node.into_inner(), span)?))
            }
            Some(node) => UseKind::Names(self.names(node)),
        };
        Ok(Use { path, kind, span })
    }

    /// A declaration with what stands before it.
    pub fn item(&self, node: Node<'_>) -> Outcome<Item<'a>> {
        let span = self.span(&node);
        let docs = self.docs(node.clone().into_inner().map(|part| self.first(&part)));
        let mut parts = node.into_inner().peekable();
        let mut attributes = Vec::new();
        while let Some(attribute) = take(&mut parts, Rule::attribute) {
            attributes.push(self.attribute(attribute)?);
        }
        let public = take(&mut parts, Rule::public).is_some();
        let kind = self.declaration(expect(&mut parts, span)?)?;
        self.check_attributes(&attributes, kind)?;
        Ok(Item { docs, attributes: self.slice(&attributes), public, kind, span })
    }

    fn declaration(&self, node: Node<'_>) -> Outcome<ItemKind<'a>> {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut parts = node.into_inner().peekable();
        Ok(match rule {
            Rule::alias => ItemKind::Alias(self.alias(&mut parts, span)?),
            Rule::structure => ItemKind::Struct(self.structure(&mut parts, span)?),
            Rule::enumeration => ItemKind::Enum(self.enumeration(&mut parts, span)?),
            Rule::function => ItemKind::Function(self.function(&mut parts, span)?),
            Rule::constant => {
                let name = self.name(&expect(&mut parts, span)?);
                let ty = self.ty_ref(expect(&mut parts, span)?)?;
                let value = self.expression_ref(expect(&mut parts, span)?)?;
                ItemKind::Constant(Constant { name, ty, value })
            }
            Rule::trait_declaration => ItemKind::Trait(self.trait_declaration(&mut parts, span)?),
            Rule::effect => ItemKind::Effect(self.effect(&mut parts, span)?),
            Rule::test => {
                let name = self.string(&expect(&mut parts, span)?);
                ItemKind::Test(Test { name, body: self.expression_ref(expect(&mut parts, span)?)? })
            }
            _ => ItemKind::Implementation(self.implementation(&mut parts, span)?),
        })
    }

    /// A name and type parameters.
    fn head<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<(Name<'a>, &'a [Name<'a>])> {
        let name = self.name(&expect(parts, span)?);
        Ok((name, self.names(expect(parts, span)?)))
    }

    fn alias<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Alias<'a>> {
        let (name, parameters) = self.head(parts, span)?;
        let value = expect(parts, span)?;
        let value = match value.as_rule() {
            Rule::row => AliasValue::Row(self.row(value)?),
            _ => AliasValue::Type(self.ty_ref(value)?),
        };
        Ok(Alias { name, parameters, value })
    }

    fn structure<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Struct<'a>> {
        let (name, parameters) = self.head(parts, span)?;
        let (mut fields, mut functions) = (Vec::new(), Vec::new());
        for node in parts {
            if node.as_rule() == Rule::item {
                let item = self.item(node)?;
                match item.kind {
                    ItemKind::Constant(_) => return Err(Diagnostic::unsupported(item.span, "constants in structs")),
                    _ => functions.push(self.only_function(item, "a struct")?),
                }
            } else {
                let docs = self.docs(std::iter::once(self.first(&node)));
                let mut parts = node.into_inner();
                let name = self.name(&expect(&mut parts, span)?);
                let ty = self.ty_ref(expect(&mut parts, span)?)?;
                fields.push(Field { docs, name: Some(name), ty });
            }
        }
        Ok(Struct { name, parameters, fields: self.slice(&fields), functions: self.slice(&functions) })
    }

    /// Refuses all but functions among the items of a declaration.
    fn only_function(&self, item: Item<'a>, place: &str) -> Outcome<Item<'a>> {
        match item.kind {
            ItemKind::Function(_) => Ok(item),
            _ => Err(Diagnostic::new("misplaced-declaration", item.span, format!("{place} holds functions only"))),
        }
    }

    fn functions<'m>(&self, parts: impl Iterator<Item = Node<'m>>, place: &str) -> Outcome<&'a [Item<'a>]> {
        let items = collect(parts, |node| self.only_function(self.item(node)?, place))?;
        Ok(self.slice(&items))
    }

    fn enumeration<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Enum<'a>> {
        let (name, parameters) = self.head(parts, span)?;
        let constructors = collect(parts, |node| self.constructor(node))?;
        Ok(Enum { name, parameters, constructors: self.slice(&constructors) })
    }

    fn constructor(&self, node: Node<'_>) -> Outcome<Constructor<'a>> {
        let span = self.span(&node);
        let docs = self.docs(std::iter::once(self.first(&node)));
        let mut parts = node.into_inner();
        let name = self.name(&expect(&mut parts, span)?);
        let fields = collect(parts, |node| {
            let span = self.span(&node);
            if node.as_rule() == Rule::generalised {
                return Err(Diagnostic::unsupported(span, "constructors with a type of their own"));
            }
            let docs = self.docs(std::iter::once(self.first(&node)));
            let mut parts = node.into_inner().peekable();
            let name = take(&mut parts, Rule::label).map(|name| self.name(&name));
            Ok(Field { docs, name, ty: self.ty_ref(expect(&mut parts, span)?)? })
        })?;
        Ok(Constructor { docs, name, fields: self.slice(&fields) })
    }

    fn function<'m>(&self, parts: &mut Peekable<impl Iterator<Item = Node<'m>>>, span: Span) -> Outcome<Function<'a>> {
        let name = self.name(&expect(parts, span)?);
        let mut parameters = Vec::new();
        while let Some(parameter) = take(parts, Rule::parameter) {
            parameters.push(self.parameter(parameter)?);
        }
        let row = take(parts, Rule::row_arrow).map(|row| self.row(row)).transpose()?;
        let result = self.ty_ref(expect(parts, span)?)?;
        let bounds = self.bounds(parts)?;
        let body = parts.next().map(|body| self.expression_ref(body)).transpose()?;
        Ok(Function { name, parameters: self.slice(&parameters), row, result, bounds, body })
    }

    fn parameter(&self, node: Node<'_>) -> Outcome<Parameter<'a>> {
        let span = self.span(&node);
        let mut parts = node.into_inner().peekable();
        let borrow = take(&mut parts, Rule::borrow).is_some();
        let name = self.name(&expect(&mut parts, span)?);
        Ok(Parameter { borrow, name, ty: self.ty_ref(expect(&mut parts, span)?)? })
    }

    /// `where a: Ord, b: Show`, if it comes next.
    fn bounds<'m>(&self, parts: &mut Peekable<impl Iterator<Item = Node<'m>>>) -> Outcome<&'a [Bound<'a>]> {
        let Some(bounds) = take(parts, Rule::bounds) else { return Ok(&[]) };
        let bounds = collect(bounds.into_inner(), |node| {
            let span = self.span(&node);
            let mut parts = node.into_inner().peekable();
            let subject = self.name(&expect(&mut parts, span)?);
            if let Some(associated) = take(&mut parts, Rule::associated) {
                return Err(Diagnostic::unsupported(self.span(&associated), "associated types"));
            }
            let trait_path = self.trait_path(&mut parts, span)?;
            Ok(Bound { subject, trait_path })
        })?;
        Ok(self.slice(&bounds))
    }

    /// A trait's path, which has no arguments.
    fn trait_path<'m>(
        &self,
        parts: &mut Peekable<impl Iterator<Item = Node<'m>>>,
        span: Span,
    ) -> Outcome<&'a [Name<'a>]> {
        let path = self.names(expect(parts, span)?);
        match parts.peek() {
            Some(node) if !matches!(node.as_rule(), Rule::bounds | Rule::item) => {
                Err(Diagnostic::unsupported(self.span(node), "traits with parameters"))
            }
            _ => Ok(path),
        }
    }

    fn trait_declaration<'m>(
        &self,
        parts: &mut Peekable<impl Iterator<Item = Node<'m>>>,
        span: Span,
    ) -> Outcome<Trait<'a>> {
        let (name, parameters) = self.head(parts, span)?;
        if let Some(parameter) = parameters.first() {
            return Err(Diagnostic::unsupported(parameter.span, "traits with parameters"));
        }
        let bounds = self.bounds(parts)?;
        let methods = collect(parts, |node| match node.as_rule() {
            Rule::associated_type => Err(Diagnostic::unsupported(self.span(&node), "associated types")),
            _ => self.only_function(self.item(node)?, "a trait"),
        })?;
        Ok(Trait { name, bounds, methods: self.slice(&methods) })
    }

    fn implementation<'m>(
        &self,
        parts: &mut Peekable<impl Iterator<Item = Node<'m>>>,
        span: Span,
    ) -> Outcome<Implementation<'a>> {
        let target = self.ty_ref(expect(parts, span)?)?;
        let trait_path = self.trait_path(parts, span)?;
        let bounds = self.bounds(parts)?;
        let functions = collect(parts, |node| {
            let item = self.item(node)?;
            match item.kind {
                ItemKind::Alias(_) => Err(Diagnostic::unsupported(item.span, "associated types")),
                _ => self.only_function(item, "an implementation"),
            }
        })?;
        Ok(Implementation { target, trait_path, bounds, functions: self.slice(&functions) })
    }

    fn effect<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Effect<'a>> {
        let (name, parameters) = self.head(parts, span)?;
        let operations = self.functions(parts, "an effect")?;
        for operation in operations {
            let ItemKind::Function(function) = operation.kind else { continue };
            if let Some(body) = function.body {
                return Err(Diagnostic::new("operation-with-body", body.span, "an operation has no body"));
            }
            if let Some(row) = function.row {
                return Err(Diagnostic::new(
                    "operation-with-row",
                    row.span,
                    "an operation has no effect row of its own",
                ));
            }
        }
        Ok(Effect { name, parameters, operations })
    }
}
