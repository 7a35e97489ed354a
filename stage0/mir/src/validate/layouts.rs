//! Layouts.
//!
//! 1. `layout`: a cell's size is a multiple of 8, at least 16 (a free cell's link has to fit) and below the limit; its alignment is 8.
//! 2. `layout`: a field lies behind the header (8 bytes, 16 in a described cell), at a multiple of its alignment, inside of
//!    the size, and over no other field of its variant.
//! 3. `layout`: a cell that the header's mask cannot describe is `described`: more than 63 words, managed words behind the
//!    16th of the payload, or a layout of more than 256 variants. No layout has more than 65,536.
//! 4. `layout`: an immediate variant has no fields.
//! 5. `layout`: a flat's size is a multiple of its alignment, which is at least that of every field.
//! 6. `layout`: a flat with more than one variant has a tag: an integer wide enough, over no field; or a niche: two variants, the
//!    first empty, the second with one `ref` or `fn` at 0. A flat with one variant has none.
//! 7. `layout`: variants of a flat share a slot only at one offset and as one machine type.
//! 8. `layout`: `String`, where it is declared, is `array i8`.
//! 9. `name`: names of variants in a layout and of fields in a variant differ.

use super::finding::{Check, broken, ensure};
use crate::contract::object;
use crate::layout::{Flat, FlatTag, Layout, LayoutKind, Shape, SlotAt, Variant};
use crate::module::{Module, STRING};
use crate::types::{Scalar, Stored};
use rustc_hash::FxHashSet;

/// A layout has at most so many variants: their numbers fit the header.
const VARIANTS_MAX: usize = 1 << 16;
/// The variant fits the header's tag byte up to so many.
const BYTE_VARIANTS_MAX: usize = 1 << 8;
/// A cell, or a flat, takes at most so many bytes.
const SIZE_MAX: u32 = 1 << 20;
/// The header's kind byte holds sizes up to so many words.
const MASK_WORDS_MAX: u32 = 63;
/// The header's mask covers so many payload words.
const MASK_BITS: u32 = 16;

/// All of the rules, for one layout.
pub(super) fn check(module: &Module, layout: &Layout) -> Check {
    let variants = layout.variants();
    ensure(variants.len() <= VARIANTS_MAX, "layout", || {
        format!("{} has {} variants: {VARIANTS_MAX} is the most", layout.name, variants.len())
    })?;
    check_names(layout)?;
    match &layout.kind {
        LayoutKind::Array(element) => {
            ensure(*layout.name != *STRING || *element == Stored::Scalar(Scalar::I8), "layout", || {
                "String is the layout of string literals: `layout String array i8`".into()
            })
        }
        _ if &*layout.name == STRING => {
            broken("layout", "String is the layout of string literals: `layout String array i8`")
        }
        LayoutKind::Cells(variants) => {
            variants.iter().try_for_each(|variant| check_cell(module, layout, variant, variants.len()))
        }
        LayoutKind::Flat(flat) => check_flat(module, layout, flat),
    }
}

fn check_names(layout: &Layout) -> Check {
    let mut names = FxHashSet::default();
    for variant in layout.variants() {
        ensure(names.insert(&variant.name), "name", || {
            format!("{} has two variants named {}", layout.name, variant.name)
        })?;
        let mut fields = FxHashSet::default();
        for field in &variant.fields {
            ensure(fields.insert(&field.name), "name", || {
                format!("{}.{} has two fields named {}", layout.name, variant.name, field.name)
            })?;
        }
    }
    Ok(())
}

fn check_cell(module: &Module, layout: &Layout, variant: &Variant, count: usize) -> Check {
    let whole = format_args!("{}.{}", layout.name, variant.name);
    match variant.shape {
        Shape::Immediate => ensure(variant.fields.is_empty(), "layout", || {
            format!("{whole} is immediate and has fields: give it a size, or remove them")
        }),
        Shape::Flat => broken("layout", format!("{whole} is neither immediate nor a cell: give it a size")),
        Shape::Cell { size, align, described } => {
            ensure(align == 8, "layout", || format!("{whole} has alignment {align}: every cell has 8"))?;
            ensure(size % 8 == 0 && (16..=SIZE_MAX).contains(&size), "layout", || {
                format!("{whole} has size {size}: a cell takes a multiple of 8 bytes from 16 to {SIZE_MAX}")
            })?;
            let start = object::header::PAYLOAD + if described { 8 } else { 0 };
            check_fields(module, &whole.to_string(), &variant.fields, start, size)?;
            ensure(described || is_maskable(module, variant, size, count), "layout", || {
                format!(
                    "{whole} needs `described`: the header holds {MASK_WORDS_MAX} words, managed ones among the first {MASK_BITS}, and {BYTE_VARIANTS_MAX} variants"
                )
            })
        }
    }
}

/// Whether the header alone can describe the cell.
fn is_maskable(module: &Module, variant: &Variant, size: u32, count: usize) -> bool {
    let end = object::header::PAYLOAD + 8 * MASK_BITS;
    let mut managed = variant
        .fields
        .iter()
        .flat_map(|field| module.managed_offsets(field.ty).into_iter().map(|inner| field.offset.saturating_add(inner)));
    size / 8 <= MASK_WORDS_MAX && count <= BYTE_VARIANTS_MAX && managed.all(|offset| offset < end)
}

/// Rule 2, for the fields of one variant.
fn check_fields(module: &Module, whole: &str, fields: &[crate::layout::Field], start: u32, size: u32) -> Check {
    let mut places: Vec<(u32, u32, &str)> = Vec::with_capacity(fields.len());
    for field in fields {
        let (bytes, align) = module.size_align(field.ty);
        let name = &field.name;
        ensure(field.offset >= start, "layout", || {
            format!("field {name} of {whole} is at {}: fields begin at {start}", field.offset)
        })?;
        ensure(field.offset % align.max(1) == 0, "layout", || {
            format!("field {name} of {whole} is at {}, which is no multiple of its alignment {align}", field.offset)
        })?;
        let end = field.offset.saturating_add(bytes);
        ensure(end <= size, "layout", || format!("field {name} of {whole} ends at {end}, outside of the size {size}"))?;
        places.push((field.offset, end, name));
    }
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        None => Ok(()),
        Some(pair) => broken("layout", format!("fields {} and {} of {whole} overlap", pair[0].2, pair[1].2)),
    }
}

fn check_flat(module: &Module, layout: &Layout, flat: &Flat) -> Check {
    let name = &layout.name;
    let fields = || flat.variants.iter().flat_map(|variant| &variant.fields);
    ensure(!flat.variants.is_empty(), "layout", || format!("{name} has no variants: a flat has one at least"))?;
    ensure(flat.variants.iter().all(|variant| variant.shape == Shape::Flat), "layout", || {
        format!("{name} is a flat: its variants are neither immediate nor cells")
    })?;
    ensure(
        matches!(flat.align, 1 | 2 | 4 | 8) && flat.size.is_multiple_of(flat.align) && flat.size <= SIZE_MAX,
        "layout",
        || {
            let (size, align) = (flat.size, flat.align);
            format!("{name} has size {size} and alignment {align}: alignment is 1, 2, 4 or 8, size a multiple of it")
        },
    )?;
    for field in fields() {
        let (_, align) = module.size_align(field.ty);
        ensure(align <= flat.align, "layout", || {
            format!("field {} of {name} needs alignment {align}, and the flat has {}", field.name, flat.align)
        })?;
    }
    for variant in &flat.variants {
        check_fields(module, &format!("{name}.{}", variant.name), &variant.fields, 0, flat.size)?;
    }
    check_tag(module, layout, flat)?;
    check_slots(module, layout, flat)
}

fn check_tag(module: &Module, layout: &Layout, flat: &Flat) -> Check {
    let name = &layout.name;
    let count = flat.variants.len();
    match flat.tag {
        FlatTag::Single => ensure(count == 1, "layout", || {
            format!("{name} has {count} variants: it needs `tag TYPE @OFFSET` or `tag niche`")
        }),
        FlatTag::Niche => {
            let fits = match &flat.variants[..] {
                [empty, full] => {
                    let one = full.fields.len() == 1 && full.fields[0].offset == 0 && flat.size == 8;
                    empty.fields.is_empty() && one && matches!(full.fields[0].ty, Stored::Ref(_) | Stored::Fn(_))
                }
                _ => false,
            };
            ensure(fits, "layout", || {
                format!(
                    "{name} has no niche: two variants have one, the first empty, the second a single `ref` or `fn` at 0, size 8"
                )
            })
        }
        FlatTag::Integer(scalar, offset) => {
            ensure(count > 1, "layout", || format!("{name} has one variant: it needs no tag"))?;
            let integer = matches!(scalar, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64);
            let wide = scalar.bits() >= usize::BITS || count <= 1 << scalar.bits();
            ensure(integer && wide, "layout", || {
                format!(
                    "the tag of {name} is {}: an integer type that holds {count} numbers is asked for",
                    scalar.name()
                )
            })?;
            let end = offset.saturating_add(scalar.size());
            ensure(offset % scalar.size() == 0 && end <= flat.size && scalar.size() <= flat.align, "layout", || {
                format!("the tag of {name} at {offset} is not aligned, or outside of the size {}", flat.size)
            })?;
            let mut fields = flat.variants.iter().flat_map(|variant| &variant.fields);
            let over = fields.find(|field| {
                let field_end = field.offset + module.size_align(field.ty).0;
                field.offset < end && offset < field_end
            });
            over.map_or(Ok(()), |field| {
                broken("layout", format!("the tag of {name} and its field {} overlap", field.name))
            })
        }
    }
}

fn check_slots(module: &Module, layout: &Layout, flat: &Flat) -> Check {
    let clash = flat.slots.windows(2).find(|pair| pair[0].0 + pair[0].1.size() > pair[1].0);
    if let Some(pair) = clash {
        let (a, b) = (pair[0].0, pair[1].0);
        return broken(
            "layout",
            format!("variants of {} share bytes at {a} and {b} as different machine types", layout.name),
        );
    }
    ensure(flat.slots == slots_of(module, flat), "layout", || {
        format!("the slots of {} were not computed: call `resolve_flats` when all layouts are known", layout.name)
    })
}

/// The slots of a flat from those of its fields.
fn slots_of(module: &Module, flat: &Flat) -> Vec<SlotAt> {
    let mut slots: Vec<SlotAt> = Vec::with_capacity(flat.slots.len());
    if let FlatTag::Integer(scalar, offset) = flat.tag {
        slots.push((offset, crate::layout::Slot::Scalar(scalar)));
    }
    for field in flat.variants.iter().flat_map(|variant| &variant.fields) {
        slots.extend(module.slots(field.ty).into_iter().map(|(inner, slot)| (field.offset + inner, slot)));
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}
