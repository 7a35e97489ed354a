//! Counting, and cells.

use crate::entity::LayoutId;
use crate::interp::arena::Handle;
use crate::interp::machine::{Flow, Machine, Values, unexpected};
use crate::interp::object::{ObjectBody, cell_bytes};
use crate::interp::stop::{Step, violation};
use crate::interp::value::{Absence, Value};
use crate::module::{Immediate, Inst};
use smallvec::smallvec;

impl<'m> Machine<'m, '_> {
    pub(super) fn retain(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.operand(inst, 0)?.clone();
        require_counted(&value)?;
        self.heap.retain(&value)?;
        self.define_one(inst, value)
    }

    pub(super) fn release(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.consume(inst, 0)?;
        require_counted(&value)?;
        self.heap.release(&value)?;
        Ok(Flow::Next)
    }

    pub(super) fn freeze(&mut self, inst: &Inst) -> Step<Flow> {
        let handle = self.consume_unique(inst, 0)?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn free_token(&mut self, inst: &Inst) -> Step<Flow> {
        match self.consume(inst, 0)? {
            Value::Token(None) => {}
            Value::Token(Some(token)) => self.heap.free_token(token)?,
            other => return unexpected(&other, "a token"),
        }
        Ok(Flow::Next)
    }

    pub(super) fn try_claim(&mut self, inst: &'m Inst) -> Step<Flow> {
        let value = self.consume(inst, 0)?;
        let unique = match &value {
            Value::Object(handle) => self.heap.is_unique(*handle)?,
            Value::Immediate(_) => false,
            other => return unexpected(other, "a ref or a closure"),
        };
        self.follow(inst, usize::from(!unique), smallvec![value])
    }

    pub(super) fn immediate(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Variant(_, variant) = inst.immediate else { return violation("`immediate` names no variant") };
        self.define_one(inst, Value::Immediate(variant))
    }

    pub(super) fn new_cell(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::New { layout, variant, hole, reuse } = inst.immediate else {
            return violation("`new` names no variant");
        };
        let mut operands = self.consume_all(&inst.args)?;
        let token = if reuse { operands.pop() } else { None };
        let mut fields = operands.into_vec();
        if let Some(field) = hole {
            fields.insert((field as usize).min(fields.len()), Value::Absent(Absence::Open));
        }
        if cell_bytes(self.module, layout, variant) == 0 {
            return violation("the variant is not stored in a cell");
        }
        let body = ObjectBody::Cell { layout, variant, fields: fields.into() };
        let handle = match token {
            Some(Value::Token(Some(token))) => self.heap.reuse(token, body)?,
            Some(Value::Token(None)) | None => self.heap.allocate(body),
            Some(other) => return unexpected(&other, "a token"),
        };
        let opened = hole.map(|field| Value::Hole(handle, field));
        self.define(inst, [Value::Object(handle)].into_iter().chain(opened))
    }

    pub(super) fn fill(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.consume(inst, 1)?;
        match self.consume(inst, 0)? {
            Value::Hole(handle, field) => self.heap.fill(handle, field, value)?,
            other => return unexpected(&other, "a hole"),
        }
        Ok(Flow::Next)
    }

    pub(super) fn take(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Variant(layout, variant) = inst.immediate else { return violation("`take` names no variant") };
        let value = self.consume(inst, 0)?;
        let handle = self.cell_of(&value, layout, variant)?;
        let (fields, token) = self.heap.take_apart(handle)?;
        self.define(inst, fields.into_iter().chain([Value::Token(token)]))
    }

    pub(super) fn field(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Field { layout, variant, field } = inst.immediate else {
            return violation("`field` names no field");
        };
        let handle = self.cell_of(self.operand(inst, 0)?, layout, variant)?;
        let value = match &self.heap.object(handle)?.body {
            ObjectBody::Cell { fields, .. } => fields.get(field as usize).cloned(),
            _ => None,
        };
        match value {
            Some(Value::Absent(_)) => violation("the field is still open"),
            Some(value) => self.define_one(inst, value),
            None => violation(format!("the cell has no field {field}")),
        }
    }

    pub(super) fn store(&mut self, inst: &Inst) -> Step<Flow> {
        let (handle, _) = self.replace_field(inst)?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn swap(&mut self, inst: &Inst) -> Step<Flow> {
        let (handle, old) = self.replace_field(inst)?;
        self.define(inst, [Value::Object(handle), old])
    }

    /// Replaces a field of a cell that is consumed and unique, and gives the cell and the old value.
    fn replace_field(&mut self, inst: &Inst) -> Step<(Handle, Value)> {
        let Immediate::Field { layout, variant, field } = inst.immediate else {
            return violation("there is no field");
        };
        let new = self.consume(inst, 1)?;
        let handle = self.consume_unique(inst, 0)?;
        let handle = self.cell_of(&Value::Object(handle), layout, variant)?;
        match self.heap.replace_field(handle, field, new)? {
            Value::Absent(_) => violation("the field is still open"),
            old => Ok((handle, old)),
        }
    }

    pub(super) fn tag(&mut self, inst: &Inst) -> Step<Flow> {
        let tag = self.variant_of(self.operand(inst, 0)?)?;
        self.define_one(inst, Value::Scalar(u64::from(tag)))
    }

    pub(super) fn same(&mut self, inst: &Inst) -> Step<Flow> {
        let result = match (self.operand(inst, 0)?, self.operand(inst, 1)?) {
            (Value::Object(a), Value::Object(b)) => {
                self.heap.object(*a)?;
                self.heap.object(*b)?;
                a == b
            }
            (Value::Immediate(a), Value::Immediate(b)) => a == b,
            (Value::Object(_), Value::Immediate(_)) | (Value::Immediate(_), Value::Object(_)) => false,
            (other, _) => return unexpected(other, "a ref"),
        };
        self.define_one(inst, Value::bool(result))
    }

    /// The number of the variant of a ref or a flat.
    pub(super) fn variant_of(&self, value: &Value) -> Step<u32> {
        match value {
            Value::Immediate(variant) => Ok(*variant),
            Value::Flat(flat) => Ok(flat.variant),
            Value::Object(handle) => match &self.heap.object(*handle)?.body {
                ObjectBody::Cell { variant, .. } => Ok(*variant),
                other => violation(format!("{} has no variants", other.describe(self.module))),
            },
            other => unexpected(other, "a ref or a flat"),
        }
    }

    /// The cell of the variant that the instruction names, which facts on its path have promised.
    fn cell_of(&self, value: &Value, layout: LayoutId, variant: u32) -> Step<Handle> {
        let found = self.variant_of(value)?;
        let names = self.module.layout(layout).variants();
        let name = |index: u32| names.get(index as usize).map_or("?", |variant| &variant.name);
        match value {
            _ if found != variant => violation(format!("the value is a {}, not a {}", name(found), name(variant))),
            Value::Object(handle) => Ok(*handle),
            other => unexpected(other, "a cell"),
        }
    }

    /// The operands from one on, consumed.
    pub(super) fn consume_from(&mut self, inst: &Inst, first: usize) -> Step<Values> {
        self.consume_all(inst.args.get(first..).unwrap_or_default())
    }
}

/// Makes sure that a value is of a kind whose references are counted: tokens, holes and the like are not.
fn require_counted(value: &Value) -> Step<()> {
    match value {
        Value::Object(_) | Value::Immediate(_) | Value::Flat(_) => Ok(()),
        other => unexpected(other, "a ref, a closure or a flat"),
    }
}
