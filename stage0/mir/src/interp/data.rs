//! Static data: immortal objects that exist before the program starts.

use crate::entity::LayoutId;
use crate::interp::arena::Handle;
use crate::interp::arithmetic::truncate;
use crate::interp::array::Array;
use crate::interp::heap::Heap;
use crate::interp::machine::immortal_bytes;
use crate::interp::object::ObjectBody;
use crate::interp::stop::{Step, violation};
use crate::interp::value::Value;
use crate::module::{DataItem, DataObject, Module};
use crate::types::{Scalar, Stored};

/// Makes all static objects, and gives the first of each data.
pub fn build(module: &Module, heap: &mut Heap<'_>) -> Step<Vec<Value>> {
    // Objects may refer to each other in circles: all of them get their handles first.
    let handles: Vec<Vec<Handle>> = module
        .data
        .iter()
        .map(|data| data.objects.iter().map(|_| heap.allocate_immortal(ObjectBody::Token { bytes: 0 })).collect())
        .collect();
    for (data, own) in module.data.iter().zip(&handles) {
        for (object, handle) in data.objects.iter().zip(own) {
            let body = Builder { module, heap, handles: &handles, own }.object(object)?;
            heap.initialize(*handle, body)?;
        }
    }
    handles.iter().map(|own| first(own)).collect()
}

fn first(objects: &[Handle]) -> Step<Value> {
    match objects.first() {
        Some(handle) => Ok(Value::Object(*handle)),
        None => violation("there is data without objects"),
    }
}

struct Builder<'a, 'm> {
    module: &'a Module,
    heap: &'a mut Heap<'m>,
    handles: &'a [Vec<Handle>],
    own: &'a [Handle],
}

impl Builder<'_, '_> {
    fn object(&mut self, object: &DataObject) -> Step<ObjectBody> {
        match object {
            DataObject::Cell { layout, variant, fields } => {
                let fields = self.fields(*layout, *variant, fields)?.into();
                Ok(ObjectBody::Cell { layout: *layout, variant: *variant, fields })
            }
            DataObject::Array { layout, elements } => {
                let Some(element) = self.module.layout(*layout).element() else {
                    return violation("static data names a layout that is not an array's");
                };
                let values: Vec<Value> = elements.iter().map(|item| self.item(item, element)).collect::<Step<_>>()?;
                let mut array = Array::of_values(self.module, *layout, values)?;
                array.fit_exactly();
                Ok(ObjectBody::Array(array))
            }
        }
    }

    fn fields(&mut self, layout: LayoutId, variant: u32, items: &[DataItem]) -> Step<Vec<Value>> {
        let Some(variant) = self.module.layout(layout).variants().get(variant as usize) else {
            return violation("static data names a variant that does not exist");
        };
        let types: Vec<Stored> = variant.fields.iter().map(|field| field.ty).collect();
        items.iter().zip(types).map(|(item, ty)| self.item(item, ty)).collect()
    }

    fn item(&mut self, item: &DataItem, ty: Stored) -> Step<Value> {
        Ok(match item {
            DataItem::Int(number) => {
                let bits = if let Stored::Scalar(scalar) = ty { scalar.bits() } else { Scalar::I64.bits() };
                Value::Scalar(truncate(*number as u64, bits))
            }
            DataItem::Float(bits) => Value::Scalar(*bits),
            DataItem::Object(index) => match self.own.get(*index as usize) {
                Some(handle) => Value::Object(*handle),
                None => return violation(format!("there is no object #{index}")),
            },
            DataItem::Data(data) => return first(&self.handles[data.index()]),
            DataItem::Text(text) => {
                let Stored::Ref(layout) = ty else { return violation("a string stands where it does not fit") };
                return immortal_bytes(self.module, self.heap, layout, self.module.text(*text).as_bytes());
            }
            DataItem::Immediate(_, variant) => Value::Immediate(*variant),
            DataItem::Flat(layout, variant, items) => Value::flat(*variant, self.fields(*layout, *variant, items)?),
        })
    }
}
