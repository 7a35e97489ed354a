//! Layouts, and what they say of memory: sizes, slots, tags, managed words.

use crate::contract::object;
use crate::entity::LayoutId;
use crate::module::Module;
use crate::types::{Scalar, Stored, Type};
use smallvec::SmallVec;

/// `layout NAME …`.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Its name.
    pub name: Box<str>,
    /// What it lays out.
    pub kind: LayoutKind,
}

/// What a layout lays out.
#[derive(Clone, Debug)]
pub enum LayoutKind {
    /// Counted cells and immediate variants.
    Cells(Vec<Variant>),
    /// An unboxed aggregate.
    Flat(Flat),
    /// A counted array.
    Array(Stored),
}

/// A variant of a layout.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Box<str>,
    /// How it is stored.
    pub shape: Shape,
    /// Its fields, in order of declaration.
    pub fields: Vec<Field>,
}

/// How a variant is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As a word that is not counted.
    Immediate,
    /// As an object.
    Cell {
        /// Bytes, header included.
        size: u32,
        /// Bytes; 8 for every cell of this version.
        align: u32,
        /// Whether payload word 0 is the address of a drop descriptor.
        described: bool,
    },
    /// In the slots of a flat.
    Flat,
}

/// A field of a variant.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name: `0`, `1`, … where the source has none.
    pub name: Box<str>,
    /// Its type.
    pub ty: Stored,
    /// Bytes from the start of the cell, header included, or of the flat.
    pub offset: u32,
}

/// An unboxed aggregate.
#[derive(Clone, Debug)]
pub struct Flat {
    /// Bytes.
    pub size: u32,
    /// Bytes.
    pub align: u32,
    /// How its variants are told apart.
    pub tag: FlatTag,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// Its slots by offset, nested flats included: filled in by [`Module::resolve_flats`].
    pub slots: Vec<SlotAt>,
}

/// How the variants of a flat are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlatTag {
    /// There is one.
    Single,
    /// By an integer of that type at that offset.
    Integer(Scalar, u32),
    /// The first variant has no fields and the second a single one, a `ref` or `fn` at offset 0, whose word is 0 for the first.
    Niche,
}

/// How the variant of a `ref` is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagEncoding {
    /// There is one variant.
    Single,
    /// Every variant is immediate: the word shifted right by one.
    Immediates,
    /// Every variant is a cell: read from its header.
    Header(TagField),
    /// An odd word is an immediate, shifted right by one; any other has a header.
    Mixed(TagField),
}

/// Where a header keeps the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagField {
    /// In the tag byte.
    Byte,
    /// In the mask field: layouts of more than 256 variants.
    Mask,
}

/// A machine value of a flattened type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// A scalar.
    Scalar(Scalar),
    /// A managed word: an object, an immediate, or 0.
    Managed,
}

impl Slot {
    /// Bytes.
    pub fn size(self) -> u32 {
        match self {
            Slot::Scalar(scalar) => scalar.size(),
            Slot::Managed => 8,
        }
    }
}

/// A slot and its offset in bytes.
pub type SlotAt = (u32, Slot);

/// A flat has at most so many slots.
pub const FLAT_SLOTS_MAX: usize = 64;
/// Flats nest at most so deep.
pub const FLAT_DEPTH_MAX: u32 = 64;

/// A flat that cannot be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatError {
    /// The flat.
    pub layout: LayoutId,
    /// What is wrong with it.
    pub reason: FlatReason,
}

/// Why a flat cannot be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlatReason {
    /// It contains itself.
    Recursive,
    /// It has more slots or nests deeper than the limits.
    TooLarge,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Resolution {
    Open,
    Busy,
    Done,
}

impl Layout {
    /// The variants; none for an array.
    pub fn variants(&self) -> &[Variant] {
        match &self.kind {
            LayoutKind::Cells(variants) => variants,
            LayoutKind::Flat(flat) => &flat.variants,
            LayoutKind::Array(_) => &[],
        }
    }

    /// The number of the variant of that name.
    pub fn variant(&self, name: &str) -> Option<u32> {
        self.variants().iter().position(|variant| &*variant.name == name).map(|index| index as u32)
    }

    /// The element's type of an array.
    pub fn element(&self) -> Option<Stored> {
        match self.kind {
            LayoutKind::Array(element) => Some(element),
            _ => None,
        }
    }

    /// The flat, where it is one.
    pub fn flat(&self) -> Option<&Flat> {
        match &self.kind {
            LayoutKind::Flat(flat) => Some(flat),
            _ => None,
        }
    }

    /// How the variant of a `ref` of it is found. Meaningless for flats and arrays: `Single`.
    pub fn tag_encoding(&self) -> TagEncoding {
        let LayoutKind::Cells(variants) = &self.kind else { return TagEncoding::Single };
        let immediates = variants.iter().filter(|variant| variant.shape == Shape::Immediate).count();
        let field = if variants.len() > 256 { TagField::Mask } else { TagField::Byte };
        match (variants.len(), immediates) {
            (0 | 1, _) => TagEncoding::Single,
            (all, some) if all == some => TagEncoding::Immediates,
            (_, 0) => TagEncoding::Header(field),
            _ => TagEncoding::Mixed(field),
        }
    }

    /// Whether a `ref` of it may be an immediate.
    pub fn has_immediates(&self) -> bool {
        self.variants().iter().any(|variant| variant.shape == Shape::Immediate)
    }

    /// Whether a `ref` of it may be the address of an object.
    pub fn has_objects(&self) -> bool {
        matches!(self.kind, LayoutKind::Array(_))
            || self.variants().iter().any(|variant| matches!(variant.shape, Shape::Cell { .. }))
    }
}

impl Variant {
    /// The number of the field of that name.
    pub fn field(&self, name: &str) -> Option<u32> {
        self.fields.iter().position(|field| &*field.name == name).map(|index| index as u32)
    }
}

/// How an array keeps its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayShape {
    /// Bytes from one element to the next.
    pub stride: u32,
    /// Whether elements are dropped by a descriptor.
    pub described: bool,
    /// Bytes from the start of the object to the first element.
    pub elements: u32,
    /// Tag, kind and mask of the header, as its upper 32 bits.
    pub info: u32,
}

impl Module {
    /// Size and alignment in bytes of what lies in memory.
    pub fn size_align(&self, ty: Stored) -> (u32, u32) {
        match ty {
            Stored::Scalar(scalar) => (scalar.size(), scalar.size()),
            Stored::Ref(_) | Stored::Fn(_) => (8, 8),
            Stored::Flat(layout) => self.layout(layout).flat().map_or((0, 1), |flat| (flat.size, flat.align)),
        }
    }

    /// Computes the slots of every flat. Must be called once, when all layouts are known; gives the layout that
    /// contains itself or is too large.
    pub fn resolve_flats(&mut self) -> Result<(), FlatError> {
        let mut state = vec![Resolution::Open; self.layouts.len()];
        (0..self.layouts.len()).try_for_each(|index| self.resolve_flat(LayoutId::new(index), 0, &mut state))
    }

    fn resolve_flat(&mut self, id: LayoutId, depth: u32, state: &mut [Resolution]) -> Result<(), FlatError> {
        let Some(flat) = self.layout(id).flat() else { return Ok(()) };
        match state[id.index()] {
            Resolution::Done => return Ok(()),
            Resolution::Busy => return Err(FlatError { layout: id, reason: FlatReason::Recursive }),
            Resolution::Open if depth > FLAT_DEPTH_MAX => {
                return Err(FlatError { layout: id, reason: FlatReason::TooLarge });
            }
            Resolution::Open => state[id.index()] = Resolution::Busy,
        }
        let mut slots = SmallVec::<[SlotAt; 4]>::new();
        if let FlatTag::Integer(scalar, offset) = flat.tag {
            slots.push((offset, Slot::Scalar(scalar)));
        }
        let fields: Vec<(Stored, u32)> =
            flat.variants.iter().flat_map(|variant| &variant.fields).map(|field| (field.ty, field.offset)).collect();
        for (ty, offset) in fields {
            if let Stored::Flat(inner) = ty {
                self.resolve_flat(inner, depth + 1, state)?;
            }
            let inner = self.slots(ty);
            slots.extend(inner.into_iter().map(|(inner_offset, slot)| (offset.saturating_add(inner_offset), slot)));
            slots.sort_unstable();
            slots.dedup();
            if slots.len() > FLAT_SLOTS_MAX {
                return Err(FlatError { layout: id, reason: FlatReason::TooLarge });
            }
        }
        if let LayoutKind::Flat(flat) = &mut self.layouts[id.index()].kind {
            flat.slots = slots.into_vec();
        }
        state[id.index()] = Resolution::Done;
        Ok(())
    }

    /// The slots of what lies in memory, by offset. The variants of a flat share slots.
    pub fn slots(&self, ty: Stored) -> SmallVec<[SlotAt; 4]> {
        match ty {
            Stored::Scalar(scalar) => SmallVec::from_slice(&[(0, Slot::Scalar(scalar))]),
            Stored::Ref(_) | Stored::Fn(_) => SmallVec::from_slice(&[(0, Slot::Managed)]),
            Stored::Flat(layout) => {
                self.layout(layout).flat().map_or_else(SmallVec::new, |flat| SmallVec::from_slice(&flat.slots))
            }
        }
    }

    /// The offsets of the managed words of what lies in memory.
    pub fn managed_offsets(&self, ty: Stored) -> SmallVec<[u32; 4]> {
        self.slots(ty).into_iter().filter(|(_, slot)| *slot == Slot::Managed).map(|(offset, _)| offset).collect()
    }

    /// Whether what lies in memory holds a managed word.
    pub fn is_managed_stored(&self, ty: Stored) -> bool {
        match ty {
            Stored::Scalar(_) => false,
            Stored::Ref(_) | Stored::Fn(_) => true,
            Stored::Flat(layout) => {
                self.layout(layout).flat().is_some_and(|flat| flat.slots.iter().any(|(_, slot)| *slot == Slot::Managed))
            }
        }
    }

    /// Whether the ownership rules apply to values of the type.
    pub fn is_managed(&self, ty: Type) -> bool {
        ty.stored().is_none_or(|stored| self.is_managed_stored(stored))
    }

    /// The offsets of the managed words of a cell of the variant, from its start.
    pub fn cell_managed_offsets(&self, layout: LayoutId, variant: u32) -> SmallVec<[u32; 4]> {
        let fields = &self.layout(layout).variants()[variant as usize].fields;
        fields
            .iter()
            .flat_map(|field| self.managed_offsets(field.ty).into_iter().map(|offset| field.offset + offset))
            .collect()
    }

    /// The upper 32 bits of the header of a cell of the variant: tag, kind and mask. 0 for what is not a cell.
    pub fn cell_info(&self, layout: LayoutId, variant: u32) -> u32 {
        let layout_data = self.layout(layout);
        let Shape::Cell { size, described, .. } = layout_data.variants()[variant as usize].shape else { return 0 };
        if described {
            return (variant & 0xff) | object::kind::DESCRIBED << 8 | (variant & 0xffff) << 16;
        }
        let kind = object::kind::MASK | (size / 8) << 2;
        (variant & 0xff) | kind << 8 | mask(&self.cell_managed_offsets(layout, variant)) << 16
    }

    /// How arrays of that element keep them.
    pub fn array_shape(&self, element: Stored) -> ArrayShape {
        let (stride, _) = self.size_align(element);
        let managed = self.managed_offsets(element);
        let words = stride == 8 && managed.len() == 1;
        let described = stride > 255 || (!managed.is_empty() && !words);
        if described {
            let info = (object::kind::ARRAY | object::kind::DESCRIBED_ARRAY) << 8;
            return ArrayShape { stride, described, elements: object::array::DESCRIBED_ELEMENTS, info };
        }
        let info = stride | object::kind::ARRAY << 8 | u32::from(words) << 16;
        ArrayShape { stride, described, elements: object::array::ELEMENTS, info }
    }

    /// The closure object of a function's code.
    pub fn closure_shape(&self, captures: &[Type]) -> ClosureShape {
        let plain = self.place_captures(captures, object::closure::CAPTURES);
        if plain.size / 8 <= 63 && plain.managed.iter().all(|offset| *offset < object::header::PAYLOAD + 16 * 8) {
            let kind = object::kind::MASK | (plain.size / 8) << 2;
            return ClosureShape { info: kind << 8 | mask(&plain.managed) << 16, described: false, ..plain };
        }
        let described = self.place_captures(captures, object::closure::DESCRIBED_CAPTURES);
        ClosureShape { info: object::kind::CLOSURE << 8, described: true, ..described }
    }

    /// Captured values one after another from `start` on, each at its alignment.
    fn place_captures(&self, captures: &[Type], start: u32) -> ClosureShape {
        let mut shape =
            ClosureShape { size: start, info: 0, described: false, offsets: SmallVec::new(), managed: SmallVec::new() };
        for capture in captures {
            let (size, align) = capture.stored().map_or((8, 8), |stored| self.size_align(stored));
            let offset = shape.size.next_multiple_of(align.max(1));
            shape.offsets.push(offset);
            if let Some(stored) = capture.stored() {
                shape.managed.extend(self.managed_offsets(stored).into_iter().map(|inner| offset + inner));
            }
            shape.size = offset + size;
        }
        shape.size = shape.size.next_multiple_of(8);
        shape
    }

    /// The evidence record of an effect's clauses.
    pub fn evidence_shape(&self, operations: usize, captures: &[Type]) -> EvidenceShape {
        let start = 8 * u32::try_from(operations).unwrap_or(u32::MAX / 16);
        let placed = self.place_captures(captures, start);
        EvidenceShape { offsets: placed.offsets, escape: placed.size }
    }
}

/// Where a closure object keeps what it captures.
#[derive(Clone, Debug)]
pub struct ClosureShape {
    /// Bytes, header included.
    pub size: u32,
    /// Tag, kind and mask of the header, as its upper 32 bits.
    pub info: u32,
    /// Whether it has a drop descriptor.
    pub described: bool,
    /// The offset of each captured value.
    pub offsets: SmallVec<[u32; 4]>,
    /// The offsets of managed words.
    pub managed: SmallVec<[u32; 4]>,
}

/// Where an evidence record keeps what it holds: the addresses of its clauses' code from 0 on, what they
/// capture, then the escape area: the status, integer slot i at 8 + 16i, float slot i at 16 + 16i.
#[derive(Clone, Debug)]
pub struct EvidenceShape {
    /// The offset of each captured value; evidence and variables are addresses.
    pub offsets: SmallVec<[u32; 4]>,
    /// The offset of the escape area.
    pub escape: u32,
}

/// The mask field for managed words at these offsets from the start of a cell.
fn mask(offsets: &[u32]) -> u32 {
    offsets.iter().map(|offset| 1 << ((offset - object::header::PAYLOAD) / 8).min(15)).fold(0, |mask, bit| mask | bit)
}
