//! Arrays: elements in order, and room for more.

use crate::entity::LayoutId;
use crate::interp::stop::{Step, panic};
use crate::interp::value::{Absence, Value};
use crate::module::Module;
use crate::types::{Scalar, Stored};

/// No object is larger.
const BYTES_MAX: u64 = 1 << 47;
/// An interpreter takes no more from its own machine at once.
const BYTES_AVAILABLE: u64 = 1 << 31;

/// An array.
#[derive(Clone, Debug)]
pub struct Array {
    layout: LayoutId,
    capacity: u64,
    /// Bytes in native memory before the first element.
    header: u64,
    /// Bytes in native memory from one element to the next.
    stride: u64,
    elements: Elements,
}

/// The elements: bytes are kept as such, because strings are made of them.
#[derive(Clone, Debug)]
enum Elements {
    Bytes(Vec<u8>),
    Values(Vec<Value>),
}

impl Array {
    /// An empty array with room for at least that many elements; panics when those are too many.
    pub fn with_capacity(module: &Module, layout: LayoutId, capacity: i64) -> Step<Array> {
        let element = module.layout(layout).element().unwrap_or(Stored::Scalar(Scalar::I8));
        let shape = module.array_shape(element);
        let elements = match element {
            Stored::Scalar(Scalar::I8) => Elements::Bytes(Vec::new()),
            _ => Elements::Values(Vec::new()),
        };
        let mut array =
            Array { layout, capacity: 0, header: shape.elements.into(), stride: shape.stride.into(), elements };
        let Ok(capacity) = u64::try_from(capacity) else {
            return panic(format!("negative array capacity: {capacity}"));
        };
        array.capacity = array.rounded_capacity(capacity)?;
        Ok(array)
    }

    /// An array of bytes.
    pub fn of_bytes(module: &Module, layout: LayoutId, bytes: Vec<u8>) -> Step<Array> {
        let mut array = Array::with_capacity(module, layout, bytes.len() as i64)?;
        array.elements = Elements::Bytes(bytes);
        Ok(array)
    }

    /// An array of these elements.
    pub fn of_values(module: &Module, layout: LayoutId, values: Vec<Value>) -> Step<Array> {
        let mut array = Array::with_capacity(module, layout, values.len() as i64)?;
        values.into_iter().for_each(|value| array.push(value));
        Ok(array)
    }

    /// Its layout.
    pub fn layout(&self) -> LayoutId {
        self.layout
    }

    /// How many elements it holds.
    pub fn length(&self) -> u64 {
        match &self.elements {
            Elements::Bytes(bytes) => bytes.len() as u64,
            Elements::Values(values) => values.len() as u64,
        }
    }

    /// How many elements it has room for.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Bytes that it takes in native memory.
    pub fn bytes(&self) -> u64 {
        (self.header + self.capacity * self.stride).next_multiple_of(8)
    }

    /// The bytes of an array of `i8`.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.elements {
            Elements::Bytes(bytes) => Some(bytes),
            Elements::Values(_) => None,
        }
    }

    /// The element at an index below the length.
    pub fn get(&self, index: u64) -> Value {
        match &self.elements {
            Elements::Bytes(bytes) => Value::Scalar(u64::from(bytes[index as usize])),
            Elements::Values(values) => values[index as usize].clone(),
        }
    }

    /// Puts an element in the place of another, at an index below the length, and gives the old one.
    pub fn replace(&mut self, index: u64, value: Value) -> Value {
        match &mut self.elements {
            Elements::Bytes(bytes) => {
                Value::Scalar(u64::from(std::mem::replace(&mut bytes[index as usize], byte(&value))))
            }
            Elements::Values(values) => std::mem::replace(&mut values[index as usize], value),
        }
    }

    /// Moves an element out, at an index below the length.
    pub fn take(&mut self, index: u64) -> Value {
        match &self.elements {
            Elements::Bytes(_) => self.get(index),
            Elements::Values(_) => self.replace(index, Value::Absent(Absence::Taken)),
        }
    }

    /// Adds an element behind the last.
    pub fn push(&mut self, value: Value) {
        match &mut self.elements {
            Elements::Bytes(bytes) => bytes.push(byte(&value)),
            Elements::Values(values) => values.push(value),
        }
    }

    /// Removes the last element and gives it.
    pub fn pop(&mut self) -> Option<Value> {
        match &mut self.elements {
            Elements::Bytes(bytes) => bytes.pop().map(|byte| Value::Scalar(u64::from(byte))),
            Elements::Values(values) => values.pop(),
        }
    }

    /// Gives up the room that rounding left: static arrays have none.
    pub fn fit_exactly(&mut self) {
        self.capacity = self.length();
    }

    /// Adds a copy of an element, `count` times.
    pub fn extend(&mut self, count: u64, value: &Value) {
        let length = (self.length() + count) as usize;
        match &mut self.elements {
            Elements::Bytes(bytes) => bytes.resize(length, byte(value)),
            Elements::Values(values) => values.resize(length, value.clone()),
        }
    }

    /// The elements of a range within the length, as an array of its own.
    pub fn slice(&self, from: u64, to: u64) -> Array {
        let range = from as usize..to as usize;
        let elements = match &self.elements {
            Elements::Bytes(bytes) => Elements::Bytes(bytes[range].to_vec()),
            Elements::Values(values) => Elements::Values(values[range].to_vec()),
        };
        Array { elements, ..*self }
    }

    /// Adds another array's elements.
    pub fn append(&mut self, other: Array) {
        match (&mut self.elements, other.elements) {
            (Elements::Bytes(bytes), Elements::Bytes(more)) => bytes.extend_from_slice(&more),
            (Elements::Values(values), Elements::Values(more)) => values.extend(more),
            // Arrays of one type have elements of one kind.
            (Elements::Bytes(_), Elements::Values(_)) | (Elements::Values(_), Elements::Bytes(_)) => {}
        }
    }

    /// Adds bytes to an array of `i8`.
    pub fn append_bytes(&mut self, more: &[u8]) {
        if let Elements::Bytes(bytes) = &mut self.elements {
            bytes.extend_from_slice(more);
        }
    }

    /// Removes the elements from an index on, and gives them.
    pub fn split_off(&mut self, length: u64) -> Vec<Value> {
        match &mut self.elements {
            Elements::Bytes(bytes) => {
                bytes.truncate(length as usize);
                Vec::new()
            }
            Elements::Values(values) => values.split_off(length as usize),
        }
    }

    /// Copies a range within the length to another place within it.
    pub fn copy_within(&mut self, from: u64, to: u64, target: u64) {
        let (range, target) = (from as usize..to as usize, target as usize);
        match &mut self.elements {
            Elements::Bytes(bytes) => bytes.copy_within(range, target),
            Elements::Values(values) => {
                let moved = values[range].to_vec();
                values[target..target + moved.len()].clone_from_slice(&moved);
            }
        }
    }

    /// Makes room for that many more elements, at least doubling the capacity; panics when those are too many.
    pub fn reserve(&mut self, extra: u64) -> Step<()> {
        let wanted = self.length().saturating_add(extra);
        if wanted > self.capacity {
            let doubled = self.capacity.saturating_mul(2);
            self.capacity = if doubled > self.capacity_max() {
                self.rounded_capacity(wanted)?
            } else {
                self.rounded_capacity(wanted.max(doubled))?
            };
        }
        Ok(())
    }

    /// A copy whose capacity is at least that.
    pub fn copy(&self, capacity: u64) -> Step<Array> {
        let capacity = self.rounded_capacity(capacity.max(self.length()))?;
        Ok(Array { capacity, ..self.clone() })
    }

    /// Calls `visit` with every element that may refer to objects.
    pub fn each_value(&self, visit: impl FnMut(&Value)) {
        if let Elements::Values(values) = &self.elements {
            values.iter().for_each(visit);
        }
    }

    fn capacity_max(&self) -> u64 {
        (BYTES_MAX - self.header) / self.stride.max(1)
    }

    /// The capacity that an array gets which needs that many elements: what fills its last word, too.
    fn rounded_capacity(&self, wanted: u64) -> Step<u64> {
        if wanted > self.capacity_max() {
            return panic(format!("an array of {wanted} elements is too large"));
        }
        let bytes = (self.header + wanted * self.stride).next_multiple_of(8);
        if bytes > BYTES_AVAILABLE {
            return panic(format!("out of memory: no {bytes} bytes more"));
        }
        Ok((bytes - self.header).checked_div(self.stride).unwrap_or(wanted))
    }
}

fn byte(value: &Value) -> u8 {
    match value {
        Value::Scalar(bits) => *bits as u8,
        _ => 0,
    }
}
