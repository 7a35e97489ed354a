//! Arrays. What the contract says is promised is checked here.

use crate::interp::arena::Handle;
use crate::interp::array::Array;
use crate::interp::machine::{Flow, Machine};
use crate::interp::object::ObjectBody;
use crate::interp::stop::{Step, panic, violation};
use crate::interp::value::{Absence, Value};
use crate::module::{Immediate, Inst};

impl Machine<'_, '_> {
    pub(super) fn array_new(&mut self, inst: &Inst) -> Step<Flow> {
        let Immediate::Layout(layout) = inst.immediate else { return violation("`array_new` names no layout") };
        let capacity = self.integer(inst, 0)?;
        let array = Array::with_capacity(self.module, layout, capacity)?;
        let handle = self.heap.allocate(ObjectBody::Array(array));
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_length(&mut self, inst: &Inst) -> Step<Flow> {
        let length = self.heap.array(self.object(inst, 0)?)?.length();
        self.define_one(inst, Value::Scalar(length))
    }

    pub(super) fn array_capacity(&mut self, inst: &Inst) -> Step<Flow> {
        let capacity = self.heap.array(self.object(inst, 0)?)?.capacity();
        self.define_one(inst, Value::Scalar(capacity))
    }

    pub(super) fn elem(&mut self, inst: &Inst) -> Step<Flow> {
        let array = self.heap.array(self.object(inst, 0)?)?;
        let value = present(array.get(index_within(array, self.integer(inst, 1)?)?))?;
        self.define_one(inst, value)
    }

    pub(super) fn elem_store(&mut self, inst: &Inst) -> Step<Flow> {
        let (handle, _) = self.replace_element(inst)?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn elem_swap(&mut self, inst: &Inst) -> Step<Flow> {
        let (handle, old) = self.replace_element(inst)?;
        let old = present(old)?;
        self.define(inst, [Value::Object(handle), old])
    }

    pub(super) fn elem_put(&mut self, inst: &Inst) -> Step<Flow> {
        let (handle, old) = self.replace_element(inst)?;
        match old {
            Value::Absent(_) => self.define_one(inst, Value::Object(handle)),
            _ => violation("the element is not empty"),
        }
    }

    /// Puts an element in the place of another, of a unique array, and gives the array and the old element.
    fn replace_element(&mut self, inst: &Inst) -> Step<(Handle, Value)> {
        let index = self.integer(inst, 1)?;
        let value = self.consume(inst, 2)?;
        let handle = self.consume_unique(inst, 0)?;
        let old = self.heap.change_array(handle, |array| Ok(array.replace(index_within(array, index)?, value)))?;
        Ok((handle, old))
    }

    pub(super) fn elem_take(&mut self, inst: &Inst) -> Step<Flow> {
        let index = self.integer(inst, 1)?;
        let handle = self.consume_unique(inst, 0)?;
        let value = self.heap.change_array(handle, |array| present(array.take(index_within(array, index)?)))?;
        self.define(inst, [Value::Object(handle), value])
    }

    pub(super) fn array_push(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.consume(inst, 1)?;
        let handle = self.consume_unique(inst, 0)?;
        self.heap.change_array(handle, |array| {
            if array.length() >= array.capacity() {
                return violation(format!("the array has no room for an element beyond its {}", array.length()));
            }
            array.push(value);
            Ok(())
        })?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_pop(&mut self, inst: &Inst) -> Step<Flow> {
        let handle = self.consume_unique(inst, 0)?;
        let value = self.heap.change_array(handle, |array| match array.pop() {
            Some(value) => present(value),
            None => violation("the array is empty"),
        })?;
        self.define(inst, [Value::Object(handle), value])
    }

    pub(super) fn array_reserve(&mut self, inst: &Inst) -> Step<Flow> {
        // What is not positive asks for no room.
        let extra = u64::try_from(self.integer(inst, 1)?).unwrap_or(0);
        let handle = self.consume_unique(inst, 0)?;
        self.heap.change_array(handle, |array| array.reserve(extra))?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_unshare(&mut self, inst: &Inst) -> Step<Flow> {
        let value = self.consume(inst, 0)?;
        let handle = self.unshare(&value, 0)?;
        self.define_one(inst, Value::Object(handle))
    }

    /// The array itself when nobody else holds it, else a copy with at least that capacity, for which the
    /// original's reference is given up.
    pub fn unshare(&mut self, value: &Value, capacity: u64) -> Step<Handle> {
        let handle = crate::interp::machine::object_of(value)?;
        if self.heap.is_unique(handle)? {
            return Ok(handle);
        }
        let copy = self.heap.array(handle)?.copy(capacity)?;
        let mut elements = Vec::new();
        copy.each_value(|element| elements.push(element.clone()));
        elements.iter().try_for_each(|element| self.heap.retain(element))?;
        let copy = self.heap.allocate(ObjectBody::Array(copy));
        self.heap.stats.copies_on_write += 1;
        self.heap.release(value)?;
        Ok(copy)
    }

    pub(super) fn array_truncate(&mut self, inst: &Inst) -> Step<Flow> {
        let length = self.integer(inst, 1)?;
        let handle = self.consume_unique(inst, 0)?;
        let removed = self.heap.change_array(handle, |array| {
            let before = array.length();
            match u64::try_from(length) {
                Ok(length) if length <= before => Ok(array.split_off(length)),
                _ => violation(format!("an array of {before} elements is truncated to {length}")),
            }
        })?;
        removed.iter().try_for_each(|value| self.heap.release(value))?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_extend(&mut self, inst: &Inst) -> Step<Flow> {
        let count = self.integer(inst, 1)?;
        let value = self.operand(inst, 2)?.clone();
        let handle = self.consume_unique(inst, 0)?;
        let Ok(count) = u64::try_from(count) else { return panic(format!("negative count of elements: {count}")) };
        self.heap.change_array(handle, |array| {
            array.reserve(count)?;
            array.extend(count, &value);
            Ok(())
        })?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_append(&mut self, inst: &Inst) -> Step<Flow> {
        let (from, to) = (self.integer(inst, 2)?, self.integer(inst, 3)?);
        let source = self.heap.array(self.object(inst, 1)?)?;
        let Some((from, to)) = range_within(source, from, to) else {
            return violation(format!("{from}..{to} is not within the {} elements of the source", source.length()));
        };
        let added = source.slice(from, to);
        let mut elements = Vec::new();
        added.each_value(|element| elements.push(element.clone()));
        elements.iter().try_for_each(|element| self.heap.retain(element))?;
        let handle = self.consume_unique(inst, 0)?;
        self.heap.change_array(handle, |array| {
            array.reserve(to - from)?;
            array.append(added);
            Ok(())
        })?;
        self.define_one(inst, Value::Object(handle))
    }

    pub(super) fn array_move(&mut self, inst: &Inst) -> Step<Flow> {
        let (from, to, target) = (self.integer(inst, 1)?, self.integer(inst, 2)?, self.integer(inst, 3)?);
        let handle = self.consume_unique(inst, 0)?;
        self.heap.change_array(handle, |array| {
            let source = range_within(array, from, to);
            let end = target.checked_add(to.saturating_sub(from));
            match (source, end.and_then(|end| range_within(array, target, end))) {
                (Some((from, to)), Some((target, _))) => {
                    array.copy_within(from, to, target);
                    Ok(())
                }
                _ => violation(format!(
                    "{from}..{to} and as many elements at {target} are not within the array's {}",
                    array.length()
                )),
            }
        })?;
        self.define_one(inst, Value::Object(handle))
    }
}

/// An element that has not been taken.
fn present(value: Value) -> Step<Value> {
    match value {
        Value::Absent(Absence::Taken) => violation("the element was taken and not put back"),
        value => Ok(value),
    }
}

fn index_within(array: &Array, index: i64) -> Step<u64> {
    match u64::try_from(index) {
        Ok(index) if index < array.length() => Ok(index),
        _ => violation(format!("index {index} is not within the {} elements", array.length())),
    }
}

fn range_within(array: &Array, from: i64, to: i64) -> Option<(u64, u64)> {
    let (from, to) = (u64::try_from(from).ok()?, u64::try_from(to).ok()?);
    (from <= to && to <= array.length()).then_some((from, to))
}
