//! Constructors, tuples, lists, fields and updates.

use super::builder::{FunctionLowering, Operand};
use super::layouts::internal;
use super::types::{Kind, Mono, Substitution};
use crate::diagnostic::Outcome;
use crate::hir::Expr;
use crate::source::Span;
use kea_mir::entity::Value;
use kea_mir::module::Immediate;
use std::rc::Rc;

/// `List.Nil`
const NIL: u32 = 0;
/// `List.Cons`
const CONS: u32 = 1;

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// A value of a constructor, or of a tuple.
    pub(super) fn construct(&mut self, ty: Mono, variant: u32, fields: &[Value], span: Span) -> Outcome<Value> {
        let layout = self.lowering.layout(ty, span)?;
        let result = self.value_type(ty);
        if fields.is_empty() {
            return Ok(self.define("immediate", Immediate::Variant(layout, variant), &[], result));
        }
        let immediate = Immediate::New { layout, variant, hole: None, reuse: false };
        Ok(self.define("new", immediate, fields, result))
    }

    /// A list, built from its end.
    pub(super) fn list(&mut self, elements: &'a [Expr<'a>], expr: &'a Expr<'a>) -> Outcome<Value> {
        let elements = self.values(elements)?;
        let ty = self.ty(expr.ty);
        let mut list = self.construct(ty, NIL, &[], expr.span)?;
        for element in elements.into_iter().rev() {
            list = self.construct(ty, CONS, &[element, list], expr.span)?;
        }
        Ok(list)
    }

    /// The types of a constructor's fields, or of a tuple's elements.
    pub(super) fn field_types(&mut self, ty: Mono, variant: u32) -> Rc<[Mono]> {
        if let Some(known) = self.lowering.field_types.get(&(ty, variant)) {
            return known.clone();
        }
        let types: Rc<[Mono]> = match self.lowering.types.kind(ty).clone() {
            Kind::Tuple(elements) => elements,
            Kind::Data(data, arguments) => {
                let substitution = Substitution { types: arguments, rows: Rc::from([]) };
                let declaration = self.lowering.types.data(data);
                let fields = declaration.variants.get(variant as usize).map_or(&[][..], |variant| &variant.fields);
                fields.iter().map(|field| self.lowering.types.ty(field.ty, &substitution)).collect()
            }
            _ => Rc::from([]),
        };
        self.lowering.field_types.insert((ty, variant), types.clone());
        types
    }

    /// Reads a field of a constructor that the object is known to be, or an element of a tuple.
    pub(super) fn read_field(
        &mut self,
        object: Value,
        ty: Mono,
        variant: u32,
        field: u32,
        span: Span,
    ) -> Outcome<Operand> {
        let types = self.field_types(ty, variant);
        let Some(field_ty) = types.get(field as usize).copied() else {
            return Err(internal(span, "a field that does not exist"));
        };
        if field_ty == Mono::UNIT {
            return Ok(None);
        }
        if let Some(read) = self.exploded.get(&object).and_then(|fields| fields.get(field as usize))
            && read.is_some()
        {
            return Ok(*read);
        }
        let layout = self.lowering.layout(ty, span)?;
        let result = self.value_type(field_ty);
        Ok(Some(self.define("field", Immediate::Field { layout, variant, field }, &[object], result)))
    }

    /// `object.field`
    pub(super) fn field_expr(&mut self, object: &'a Expr<'a>, field: u32, span: Span) -> Outcome<Operand> {
        let value = self.value(object)?;
        let ty = self.ty(object.ty);
        self.read_field(value, ty, 0, field, span)
    }

    /// `object~{ … }`: the object is taken apart first, so that what the new values make of its fields can be in place.
    pub(super) fn update(&mut self, object: &'a Expr<'a>, fields: &'a [(u32, Expr<'a>)], span: Span) -> Outcome<Value> {
        let whole = self.value(object)?;
        let ty = self.ty(object.ty);
        let types = self.field_types(ty, 0);
        let mut parts: Vec<Operand> = Vec::with_capacity(types.len());
        for field in 0..types.len() as u32 {
            parts.push(self.read_field(whole, ty, 0, field, span)?);
        }
        let outer = self.exploded.insert(whole, parts.clone());
        let values = self.values(fields.iter().map(|(_, value)| value))?;
        match outer {
            Some(outer) => self.exploded.insert(whole, outer),
            None => self.exploded.remove(&whole),
        };
        for ((field, _), value) in fields.iter().zip(values) {
            parts[*field as usize] = Some(value);
        }
        let parts: Vec<Value> =
            parts.into_iter().zip(types.iter()).map(|(part, ty)| self.materialize(part, *ty)).collect();
        self.construct(ty, 0, &parts, span)
    }
}
