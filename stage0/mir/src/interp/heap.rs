//! Counted objects and their exact counts.

use crate::entity::LayoutId;
use crate::interp::arena::{Arena, Handle};
use crate::interp::array::Array;
use crate::interp::object::{Object, ObjectBody};
use crate::interp::stop::{Step, violation};
use crate::interp::value::{Absence, Value};
use crate::module::Module;
use std::collections::BTreeMap;

/// What the heap counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Objects that were made, without those built in a token's memory and without immortal ones.
    pub allocations: u64,
    /// Objects and tokens whose memory was given back.
    pub frees: u64,
    /// References that were added.
    pub retains: u64,
    /// References that were given up.
    pub releases: u64,
    /// Cells that were built in a token's memory.
    pub reuse_hits: u64,
    /// Arrays that were copied because somebody else held them.
    pub copies_on_write: u64,
    /// Bytes of all allocations, as native code has them.
    pub bytes: u64,
    /// Bytes of the objects that live.
    pub bytes_live: u64,
    /// The most that `bytes_live` was.
    pub bytes_peak: u64,
}

/// The heap.
#[derive(Debug)]
pub struct Heap<'m> {
    module: &'m Module,
    objects: Arena<Object>,
    /// What it counted.
    pub stats: HeapStats,
    /// Objects that lost a reference and are still to be looked at; empty between operations.
    pending: Vec<Handle>,
}

impl<'m> Heap<'m> {
    /// An empty heap.
    pub fn new(module: &'m Module) -> Heap<'m> {
        Heap { module, objects: Arena::default(), stats: HeapStats::default(), pending: Vec::new() }
    }

    /// A new object with one reference.
    pub fn allocate(&mut self, body: ObjectBody) -> Handle {
        let bytes = body.bytes(self.module);
        self.stats.allocations += 1;
        self.stats.bytes += bytes;
        self.grow(bytes);
        self.objects.insert(Object { count: 1, body })
    }

    /// A new object that is never freed and does not count as an allocation.
    pub fn allocate_immortal(&mut self, body: ObjectBody) -> Handle {
        self.objects.insert(Object { count: 0, body })
    }

    /// A new string, or another array of bytes.
    pub fn allocate_bytes(&mut self, layout: LayoutId, bytes: Vec<u8>) -> Step<Value> {
        let array = Array::of_bytes(self.module, layout, bytes)?;
        Ok(Value::Object(self.allocate(ObjectBody::Array(array))))
    }

    fn grow(&mut self, bytes: u64) {
        self.stats.bytes_live += bytes;
        self.stats.bytes_peak = self.stats.bytes_peak.max(self.stats.bytes_live);
    }

    /// The object, which must not have been freed.
    pub fn object(&self, handle: Handle) -> Step<&Object> {
        match self.objects.get(handle) {
            Some(object) => Ok(object),
            None => violation("the object was freed or taken apart before"),
        }
    }

    fn object_mut(&mut self, handle: Handle) -> Step<&mut Object> {
        match self.objects.get_mut(handle) {
            Some(object) => Ok(object),
            None => violation("the object was freed or taken apart before"),
        }
    }

    /// The object's body, to be changed by its only owner.
    pub fn unique_body(&mut self, handle: Handle) -> Step<&mut ObjectBody> {
        let object = self.object_mut(handle)?;
        match object.count {
            1 => Ok(&mut object.body),
            0 => violation("the value is `uniq`, but the object is immortal"),
            count => violation(format!("the value is `uniq`, but there are {count} references to the object")),
        }
    }

    /// Whether there is exactly one reference.
    pub fn is_unique(&self, handle: Handle) -> Step<bool> {
        Ok(self.object(handle)?.count == 1)
    }

    /// The array.
    pub fn array(&self, handle: Handle) -> Step<&Array> {
        match &self.object(handle)?.body {
            ObjectBody::Array(array) => Ok(array),
            other => violation(format!("the value is {}, not an array", other.describe(self.module))),
        }
    }

    /// Changes an array that has one owner.
    pub fn change_array<T>(&mut self, handle: Handle, change: impl FnOnce(&mut Array) -> Step<T>) -> Step<T> {
        let module = self.module;
        let (before, after, result) = match self.unique_body(handle)? {
            ObjectBody::Array(array) => {
                let before = array.bytes();
                let result = change(array)?;
                (before, array.bytes(), result)
            }
            other => return violation(format!("the value is {}, not an array", other.describe(module))),
        };
        if after != before {
            self.stats.bytes = self.stats.bytes.saturating_add(after.saturating_sub(before));
            self.stats.bytes_live -= before;
            self.grow(after);
        }
        Ok(result)
    }

    /// Adds a reference to everything that the value refers to.
    pub fn retain(&mut self, value: &Value) -> Step<()> {
        let mut result = Ok(());
        value.each_object(&mut |handle| {
            if result.is_ok() {
                result = self.retain_object(handle);
            }
        });
        result
    }

    fn retain_object(&mut self, handle: Handle) -> Step<()> {
        self.stats.retains += 1;
        let object = self.object_mut(handle)?;
        if object.count != 0 {
            object.count += 1;
        }
        Ok(())
    }

    /// Gives up a reference to everything that the value refers to. What loses its last one is freed, in a loop.
    pub fn release(&mut self, value: &Value) -> Step<()> {
        value.each_object(&mut |handle| self.pending.push(handle));
        while let Some(handle) = self.pending.pop() {
            self.stats.releases += 1;
            let object = self.object_mut(handle)?;
            match object.count {
                0 => {}
                1 => self.free(handle)?,
                _ => object.count -= 1,
            }
        }
        Ok(())
    }

    /// Frees an object; what it refers to becomes pending.
    fn free(&mut self, handle: Handle) -> Step<()> {
        let Some(object) = self.objects.remove(handle) else {
            return violation("the object was freed before");
        };
        self.count_free(object.body.bytes(self.module));
        let mut open = None;
        let pending = &mut self.pending;
        object.body.each_value(|value| match value {
            Value::Absent(Absence::Open) => open = Some(()),
            _ => value.each_object(&mut |inner| pending.push(inner)),
        });
        match open {
            Some(()) => {
                violation(format!("{} is freed while a field of it is open", object.body.describe(self.module)))
            }
            None => Ok(()),
        }
    }

    fn count_free(&mut self, bytes: u64) {
        self.stats.frees += 1;
        self.stats.bytes_live -= bytes;
    }

    /// Takes a cell apart: its fields, owned, and its memory where nobody else held it.
    pub fn take_apart(&mut self, handle: Handle) -> Step<(Vec<Value>, Option<Handle>)> {
        let module = self.module;
        let object = self.object_mut(handle)?;
        let fields = match &object.body {
            ObjectBody::Cell { fields, .. } => fields.to_vec(),
            other => return violation(format!("the value is {}, not a cell", other.describe(module))),
        };
        if fields.iter().any(|field| matches!(field, Value::Absent(_))) {
            return violation("a field of the cell is open");
        }
        match object.count {
            1 => {
                let bytes = object.body.bytes(module) as u32;
                object.body = ObjectBody::Token { bytes };
                Ok((fields, self.objects.rename(handle)))
            }
            count => {
                object.count = count.saturating_sub(1);
                self.stats.releases += 1;
                fields.iter().try_for_each(|field| self.retain(field))?;
                Ok((fields, None))
            }
        }
    }

    /// Builds a cell in the memory of a token of its size.
    pub fn reuse(&mut self, token: Handle, body: ObjectBody) -> Step<Handle> {
        let wanted = body.bytes(self.module);
        let object = self.object_mut(token)?;
        match object.body {
            ObjectBody::Token { bytes } if u64::from(bytes) == wanted => object.body = body,
            _ => return violation(format!("the token is not memory of {wanted} bytes")),
        }
        self.stats.reuse_hits += 1;
        match self.objects.rename(token) {
            Some(handle) => Ok(handle),
            None => violation("the token was consumed before"),
        }
    }

    /// Gives back a token's memory.
    pub fn free_token(&mut self, token: Handle) -> Step<()> {
        match self.objects.remove(token) {
            Some(Object { body: ObjectBody::Token { bytes }, .. }) => {
                self.count_free(u64::from(bytes));
                Ok(())
            }
            _ => violation("the token was consumed before"),
        }
    }

    /// Replaces a cell's field and gives the old value; the cell has one owner unless the field is open.
    pub fn replace_field(&mut self, handle: Handle, field: u32, value: Value) -> Step<Value> {
        let module = self.module;
        match self.unique_body(handle)? {
            ObjectBody::Cell { fields, .. } if (field as usize) < fields.len() => {
                Ok(std::mem::replace(&mut fields[field as usize], value))
            }
            other => violation(format!("{} has no field {field}", other.describe(module))),
        }
    }

    /// Fills a field that `new` left open. The cell may have been passed on meanwhile.
    pub fn fill(&mut self, handle: Handle, field: u32, value: Value) -> Step<()> {
        let Some(object) = self.objects.get_mut(handle) else {
            return violation("the cell whose field is to be filled was freed");
        };
        match &mut object.body {
            ObjectBody::Cell { fields, .. } => match fields.get_mut(field as usize) {
                Some(slot @ Value::Absent(Absence::Open)) => *slot = value,
                _ => return violation("the field was filled before"),
            },
            _ => return violation("the cell whose field is to be filled was taken apart"),
        }
        Ok(())
    }

    /// Makes what the value refers to immortal, with all it reaches.
    pub fn make_immortal(&mut self, value: &Value) -> Step<()> {
        value.each_object(&mut |handle| self.pending.push(handle));
        while let Some(handle) = self.pending.pop() {
            let object = self.objects.get_mut(handle);
            let Some(object) = object else { return violation("the object was freed before") };
            if object.count == 0 {
                continue;
            }
            object.count = 0;
            let pending = &mut self.pending;
            object.body.each_value(|inner| inner.each_object(&mut |inner| pending.push(inner)));
            self.stats.bytes_live -= self.object(handle)?.body.bytes(self.module);
        }
        Ok(())
    }

    /// Fills an immortal object that static data made before its contents were known.
    pub fn initialize(&mut self, handle: Handle, body: ObjectBody) -> Step<()> {
        self.object_mut(handle)?.body = body;
        Ok(())
    }

    /// How many objects live that are not immortal, by what they are.
    pub fn live(&self) -> BTreeMap<String, u64> {
        let mut live = BTreeMap::new();
        for object in self.objects.iter().filter(|object| object.count != 0) {
            *live.entry(object.body.describe(self.module)).or_default() += 1;
        }
        live
    }
}
