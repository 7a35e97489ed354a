//! Operations on arrays. Those that change one consume it: it is made unshared first, by a check of its count and a copy where
//! somebody else holds it too.

use super::builder::{FunctionLowering, target};
use super::intrinsics::{Results, misused};
use super::layouts::CallShape;
use super::types::Mono;
use crate::diagnostic::Outcome;
use crate::source::Span;
use kea_mir::entity::Value;
use kea_mir::module::{Immediate, Label};
use kea_mir::types::{Scalar, Stored, Type};
use smallvec::smallvec;

/// An operation on an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArrayOperation {
    New,
    Length,
    Capacity,
    Element,
    Set,
    Exchange,
    Push,
    Pop,
    Truncate,
    Reserve,
    Extend,
    Append,
    Move,
    Swap,
}

impl ArrayOperation {
    /// The operation that an intrinsic of that name is.
    pub(super) fn from_name(name: &str) -> Option<ArrayOperation> {
        Some(match name {
            "array_new" => ArrayOperation::New,
            "array_length" => ArrayOperation::Length,
            "array_capacity" => ArrayOperation::Capacity,
            "elem" => ArrayOperation::Element,
            "elem_set" => ArrayOperation::Set,
            "elem_exchange" => ArrayOperation::Exchange,
            "array_push" => ArrayOperation::Push,
            "array_pop" => ArrayOperation::Pop,
            "array_truncate" => ArrayOperation::Truncate,
            "array_reserve" => ArrayOperation::Reserve,
            "array_extend" => ArrayOperation::Extend,
            "array_append" => ArrayOperation::Append,
            "array_move" => ArrayOperation::Move,
            "array_swap" => ArrayOperation::Swap,
            _ => return None,
        })
    }
}

impl FunctionLowering<'_, '_, '_> {
    /// An operation on an array.
    pub(super) fn array_operation(
        &mut self,
        operation: ArrayOperation,
        values: &[Value],
        shape: &CallShape,
        span: Span,
    ) -> Outcome<Results> {
        use ArrayOperation::{
            Append, Capacity, Element, Exchange, Extend, Length, Move, New, Pop, Push, Reserve, Set, Swap, Truncate,
        };
        if let (New, [capacity]) = (operation, values) {
            let layout = self.lowering.layout(shape.result, span)?;
            let ty = self.value_type(shape.result);
            return Ok(smallvec![self.define("array_new", Immediate::Layout(layout), &[*capacity], ty)]);
        }
        let wrong = || misused(&format!("{operation:?} of an array"), span);
        let (Some(first), Some(ty)) = (values.first(), shape.params.first()) else { return Err(wrong()) };
        let (array, rest) = (*first, &values[1..]);
        let array_ty = self.draft.values[array.index()];
        let element = self.element_type(*ty, span)?;
        let managed = !matches!(element, Stored::Scalar(_));
        match (operation, rest) {
            (Length, []) => return Ok(smallvec![self.define("array_length", Immediate::None, &[array], Type::I64)]),
            (Capacity, []) => {
                return Ok(smallvec![self.define("array_capacity", Immediate::None, &[array], Type::I64)]);
            }
            (Element, [index]) => {
                return Ok(smallvec![self.define("elem", Immediate::None, &[array, *index], element.into())]);
            }
            _ => {}
        }
        let own = self.define("array_unshare", Immediate::None, &[array], array_ty);
        let changed = match (operation, rest) {
            (Set, [index, x]) if managed => {
                let args = [own, *index, *x];
                self.define_two("elem_swap", Immediate::None, &args, (array_ty, element.into())).0
            }
            (Set, [index, x]) => self.define("elem_store", Immediate::None, &[own, *index, *x], array_ty),
            (Exchange, [index, x]) => {
                let args = [own, *index, *x];
                let (array, old) = self.define_two("elem_swap", Immediate::None, &args, (array_ty, element.into()));
                return Ok(smallvec![array, old]);
            }
            (Push, [x]) => {
                let one = self.integer(1);
                let room = self.define("array_reserve", Immediate::None, &[own, one], array_ty);
                self.define("array_push", Immediate::None, &[room, *x], array_ty)
            }
            (Pop, []) => {
                let (array, last) = self.define_two("array_pop", Immediate::None, &[own], (array_ty, element.into()));
                return Ok(smallvec![array, last]);
            }
            (Truncate, [length]) => self.define("array_truncate", Immediate::None, &[own, *length], array_ty),
            (Reserve, [extra]) => self.define("array_reserve", Immediate::None, &[own, *extra], array_ty),
            (Extend, [count, x]) if managed => self.extend_managed(own, *count, *x, array_ty),
            (Extend, [count, x]) => self.define("array_extend", Immediate::None, &[own, *count, *x], array_ty),
            (Append, [source, from, to]) => {
                self.define("array_append", Immediate::None, &[own, *source, *from, *to], array_ty)
            }
            (Move, [from, to, place]) if !managed => {
                self.define("array_move", Immediate::None, &[own, *from, *to, *place], array_ty)
            }
            (Swap, [i, j]) if managed => self.swap_managed(own, *i, *j, array_ty, element),
            (Swap, [i, j]) => {
                let a = self.define("elem", Immediate::None, &[own, *i], element.into());
                let b = self.define("elem", Immediate::None, &[own, *j], element.into());
                let half = self.define("elem_store", Immediate::None, &[own, *i, b], array_ty);
                self.define("elem_store", Immediate::None, &[half, *j, a], array_ty)
            }
            _ => return Err(wrong()),
        };
        Ok(smallvec![changed])
    }

    /// How the elements of a vector or a string are kept.
    fn element_type(&mut self, ty: Mono, span: Span) -> Outcome<Stored> {
        match self.lowering.types.kind(ty) {
            super::types::Kind::Vector(element) => {
                let element = *element;
                Ok(self.lowering.stored(element))
            }
            super::types::Kind::String => Ok(Stored::Scalar(Scalar::I8)),
            _ => Err(misused("an operation on arrays", span)),
        }
    }

    /// Pushes a managed element `count` times.
    fn extend_managed(&mut self, array: Value, count: Value, x: Value, ty: Type) -> Value {
        let room = self.define("array_reserve", Immediate::None, &[array, count], ty);
        let (body, exit) = (self.block(), self.block());
        let growing = self.draft.block_param(body, ty);
        let left = self.draft.block_param(body, Type::I64);
        let full = self.draft.block_param(exit, ty);
        let (zero, one) = (self.integer(0), self.integer(1));
        let some = self.define("gt.i64.signed", Immediate::None, &[count, zero], Type::BOOL);
        self.branch(some, target(Label::Normal, body, &[room, count]), target(Label::Normal, exit, &[room]));
        self.switch_to(body);
        let grown = self.define("array_push", Immediate::None, &[growing, x], ty);
        let next = self.define("sub.i64.wrapping", Immediate::None, &[left, one], Type::I64);
        let more = self.define("gt.i64.signed", Immediate::None, &[next, zero], Type::BOOL);
        self.branch(more, target(Label::Normal, body, &[grown, next]), target(Label::Normal, exit, &[grown]));
        self.switch_to(exit);
        full
    }

    /// Exchanges two managed elements; their counts stay as they are.
    fn swap_managed(&mut self, array: Value, i: Value, j: Value, ty: Type, element: Stored) -> Value {
        let (differ, exit) = (self.block(), self.block());
        let swapped = self.draft.block_param(exit, ty);
        let same = self.define("eq.i64", Immediate::None, &[i, j], Type::BOOL);
        self.branch(same, target(Label::Normal, exit, &[array]), target(Label::Normal, differ, &[]));
        self.switch_to(differ);
        let element: Type = element.into();
        let (open, a) = self.define_two("elem_take", Immediate::None, &[array, i], (ty, element));
        let (open, b) = self.define_two("elem_swap", Immediate::None, &[open, j, a], (ty, element));
        let closed = self.define("elem_put", Immediate::None, &[open, i, b], ty);
        self.jump(exit, &[closed]);
        self.switch_to(exit);
        swapped
    }
}
