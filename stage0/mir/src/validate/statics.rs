//! Static data.
//!
//! 1. `data`: there is an object; a cell is of a variant that is a cell, an array of an array's layout.
//! 2. `data`: there is an item for every field, and it is a value of the field's or the element's type.

use super::finding::{Check, broken, count, ensure, variant_name};
use crate::entity::LayoutId;
use crate::layout::Shape;
use crate::module::{Data, DataItem, DataObject, Module, STRING};
use crate::types::{Scalar, Stored};

/// Flats nest at most so deep in an item, as deep as their layouts may.
const DEPTH_MAX: u32 = crate::layout::FLAT_DEPTH_MAX;

/// Both rules, for one declaration.
pub(super) fn check(module: &Module, data: &Data) -> Check {
    ensure(!data.objects.is_empty(), "data", || format!("@{} has no objects: the first is its value", data.name))?;
    for (index, object) in data.objects.iter().enumerate() {
        let whose = format!("object {index} of @{}", data.name);
        match object {
            DataObject::Cell { layout, variant, fields } => {
                let shape = module.layout(*layout).variants()[*variant as usize].shape;
                ensure(matches!(shape, Shape::Cell { .. }), "data", || {
                    format!("{whose}: {} is not a cell", variant_name(module, *layout, *variant))
                })?;
                check_fields(module, data, &whose, (*layout, *variant), fields, 0)?;
            }
            DataObject::Array { layout, elements } => {
                let Some(element) = module.layout(*layout).element() else {
                    return broken("data", format!("{whose}: {} is not an array", module.layout(*layout).name));
                };
                elements.iter().try_for_each(|item| check_item(module, data, &whose, element, item, 0))?;
            }
        }
    }
    Ok(())
}

fn check_fields(
    module: &Module,
    data: &Data,
    whose: &str,
    (layout, variant): (LayoutId, u32),
    items: &[DataItem],
    depth: u32,
) -> Check {
    let fields = &module.layout(layout).variants()[variant as usize].fields;
    ensure(fields.len() == items.len(), "data", || {
        let whole = variant_name(module, layout, variant);
        format!("{whose}: {whole} has {}, not {}", count(fields.len(), "field"), items.len())
    })?;
    fields.iter().zip(items).try_for_each(|(field, item)| check_item(module, data, whose, field.ty, item, depth))
}

fn check_item(module: &Module, data: &Data, whose: &str, ty: Stored, item: &DataItem, depth: u32) -> Check {
    let reference = |layout: Option<LayoutId>| layout.is_some_and(|layout| ty == Stored::Ref(layout));
    let fits = match item {
        DataItem::Int(number) => {
            matches!(ty, Stored::Scalar(scalar) if super::types::is_in_range(scalar, *number))
        }
        DataItem::Float(bits) => match ty {
            Stored::Scalar(Scalar::F64) => true,
            Stored::Scalar(Scalar::F32) => u32::try_from(*bits).is_ok(),
            _ => false,
        },
        DataItem::Object(number) => reference(data.objects.get(*number as usize).map(layout_of)),
        DataItem::Data(other) => reference(module.data.get(other.index()).and_then(Data::layout)),
        // As `Module::string_layout` does, without looking through all layouts for every item.
        DataItem::Text(_) => matches!(ty, Stored::Ref(layout) if &*module.layout(layout).name == STRING),
        DataItem::Immediate(layout, variant) => {
            let variant = module.layout(*layout).variants().get(*variant as usize);
            reference(Some(*layout)) && variant.is_some_and(|variant| variant.shape == Shape::Immediate)
        }
        DataItem::Flat(layout, variant, items) => {
            let fits = ty == Stored::Flat(*layout) && depth < DEPTH_MAX;
            if fits {
                check_fields(module, data, whose, (*layout, *variant), items, depth + 1)?;
            }
            fits
        }
    };
    ensure(fits, "data", || {
        format!("{whose}: {} is no value of type {}", item_text(module, item), module.stored_name(ty))
    })
}

fn layout_of(object: &DataObject) -> LayoutId {
    match object {
        DataObject::Cell { layout, .. } | DataObject::Array { layout, .. } => *layout,
    }
}

fn item_text(module: &Module, item: &DataItem) -> String {
    match item {
        DataItem::Int(number) => number.to_string(),
        DataItem::Float(_) => "a float".into(),
        DataItem::Object(number) => format!("#{number}"),
        DataItem::Data(other) => module.data.get(other.index()).map_or("?".into(), |data| format!("@{}", data.name)),
        DataItem::Text(_) => "a string".into(),
        DataItem::Immediate(layout, variant) | DataItem::Flat(layout, variant, _) => {
            variant_name(module, *layout, *variant)
        }
    }
}
