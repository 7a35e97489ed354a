//! Static objects and drop descriptors as bytes, by the object model of the contract.

use crate::image::{Fixup, FixupKind, SymbolId};
use crate::symbol::Symbol;
use kea_mir::contract::object;
use kea_mir::entity::{DataId, LayoutId, TextId};
use kea_mir::layout::{FlatTag, Shape};
use kea_mir::module::{DataItem, DataObject, Module};
use kea_mir::types::{Scalar, Stored};

/// Bytes with addresses to fill in.
#[derive(Debug, Default)]
pub struct Contents {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The addresses.
    pub fixups: Vec<Fixup>,
}

impl Contents {
    /// Appends an integer.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends an integer.
    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends the distance from here to an address.
    pub fn relative(&mut self, symbol: SymbolId) {
        let offset = self.bytes.len() as u32;
        self.fixups.push(Fixup { offset, kind: FixupKind::Relative32, symbol, addend: 0 });
        self.u32(0);
    }

    /// Appends zeros up to a multiple of `align`.
    pub fn pad(&mut self, align: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
    }

    fn set(&mut self, offset: usize, value: &[u8]) {
        self.bytes[offset..offset + value.len()].copy_from_slice(value);
    }

    fn set_u64(&mut self, offset: usize, value: u64) {
        self.set(offset, &value.to_le_bytes());
    }

    fn set_address(&mut self, offset: usize, symbol: SymbolId, addend: i64) {
        self.fixups.push(Fixup { offset: offset as u32, kind: FixupKind::Absolute64, symbol, addend });
    }

    /// The header of an immortal object: its count is 0.
    fn set_header(&mut self, offset: usize, info: u32) {
        self.set(offset + object::header::TAG as usize, &info.to_le_bytes());
    }
}

/// The object of a string literal.
pub fn text(module: &Module, text: TextId) -> Contents {
    let text = module.text(text).as_bytes();
    let shape = module.array_shape(Stored::Scalar(Scalar::I8));
    let mut contents = Contents::default();
    contents.bytes.resize(shape.elements as usize, 0);
    contents.set_header(0, shape.info);
    contents.set_u64(object::array::LENGTH as usize, text.len() as u64);
    contents.set_u64(object::array::CAPACITY as usize, text.len() as u64);
    contents.bytes.extend_from_slice(text);
    contents
}

/// The immortal closure of code that captures nothing.
pub fn static_closure(module: &Module, code: SymbolId) -> Contents {
    let shape = module.closure_shape(&[]);
    let mut contents = Contents::default();
    contents.bytes.resize(shape.size as usize, 0);
    contents.set_header(0, shape.info);
    contents.set_address(object::closure::CODE as usize, code, 0);
    contents
}

/// A drop descriptor: the size, and where the managed words are.
pub fn descriptor(size: u32, managed: &[u32]) -> Contents {
    let mut contents = Contents::default();
    contents.u32(size);
    contents.u32(managed.len() as u32);
    managed.iter().for_each(|offset| contents.u32(*offset));
    contents
}

/// The objects of a `data` declaration. `symbol` gives the symbol of what they refer to.
pub fn objects(module: &Module, id: DataId, symbol: &mut dyn FnMut(Symbol) -> SymbolId) -> Contents {
    let data = &module.data[id.index()];
    let mut offsets = Vec::with_capacity(data.objects.len());
    let mut end = 0;
    for object in &data.objects {
        offsets.push(end);
        end = (end + object_size(module, object)).next_multiple_of(8);
    }
    let mut contents = Contents::default();
    contents.bytes.resize(end, 0);
    let mut writer = Writer { module, own: symbol(Symbol::Data(id)), offsets: &offsets, symbol, contents };
    for (object, offset) in data.objects.iter().zip(&offsets) {
        writer.object(object, *offset);
    }
    writer.contents
}

fn object_size(module: &Module, object: &DataObject) -> usize {
    match object {
        DataObject::Cell { layout, variant, .. } => match module.layout(*layout).variants()[*variant as usize].shape {
            Shape::Cell { size, .. } => size as usize,
            Shape::Immediate | Shape::Flat => 0,
        },
        DataObject::Array { layout, elements } => {
            let shape = module.array_shape(element(module, *layout));
            shape.elements as usize + shape.stride as usize * elements.len()
        }
    }
}

fn element(module: &Module, layout: LayoutId) -> Stored {
    module.layout(layout).element().unwrap_or(Stored::Scalar(Scalar::I8))
}

struct Writer<'a> {
    module: &'a Module,
    own: SymbolId,
    offsets: &'a [usize],
    symbol: &'a mut dyn FnMut(Symbol) -> SymbolId,
    contents: Contents,
}

impl Writer<'_> {
    fn object(&mut self, object: &DataObject, at: usize) {
        match object {
            DataObject::Cell { layout, variant, fields } => self.cell(*layout, *variant, fields, at),
            DataObject::Array { layout, elements } => self.array(*layout, elements, at),
        }
    }

    fn cell(&mut self, layout: LayoutId, number: u32, items: &[DataItem], at: usize) {
        let variant = &self.module.layout(layout).variants()[number as usize];
        self.contents.set_header(at, self.module.cell_info(layout, number));
        if matches!(variant.shape, Shape::Cell { described: true, .. }) {
            let descriptor = (self.symbol)(Symbol::CellDescriptor(layout, number));
            self.contents.set_address(at + object::header::PAYLOAD as usize, descriptor, 0);
        }
        for (field, item) in variant.fields.iter().zip(items) {
            self.item(item, field.ty, at + field.offset as usize);
        }
    }

    fn array(&mut self, layout: LayoutId, items: &[DataItem], at: usize) {
        let element = element(self.module, layout);
        let shape = self.module.array_shape(element);
        self.contents.set_header(at, shape.info);
        self.contents.set_u64(at + object::array::LENGTH as usize, items.len() as u64);
        self.contents.set_u64(at + object::array::CAPACITY as usize, items.len() as u64);
        if shape.described {
            let descriptor = (self.symbol)(Symbol::ElementDescriptor(layout));
            self.contents.set_address(at + object::array::ELEMENTS as usize, descriptor, 0);
        }
        for (index, item) in items.iter().enumerate() {
            self.item(item, element, at + shape.elements as usize + index * shape.stride as usize);
        }
    }

    fn item(&mut self, item: &DataItem, ty: Stored, at: usize) {
        match item {
            DataItem::Int(value) => self.scalar(*value as u64, ty, at),
            DataItem::Float(bits) => self.scalar(*bits, ty, at),
            DataItem::Object(number) => {
                self.contents.set_address(at, self.own, self.offsets[*number as usize] as i64);
            }
            DataItem::Data(id) => self.address(Symbol::Data(*id), at),
            DataItem::Text(id) => self.address(Symbol::Text(*id), at),
            DataItem::Immediate(_, variant) => self.contents.set_u64(at, 2 * u64::from(*variant) + 1),
            DataItem::Flat(layout, variant, items) => self.flat(*layout, *variant, items, at),
        }
    }

    fn scalar(&mut self, bits: u64, ty: Stored, at: usize) {
        let (size, _) = self.module.size_align(ty);
        self.contents.set(at, &bits.to_le_bytes()[..size as usize]);
    }

    fn address(&mut self, target: Symbol, at: usize) {
        let symbol = (self.symbol)(target);
        self.contents.set_address(at, symbol, 0);
    }

    fn flat(&mut self, layout: LayoutId, number: u32, items: &[DataItem], at: usize) {
        let Some(flat) = self.module.layout(layout).flat() else { return };
        if let FlatTag::Integer(scalar, offset) = flat.tag {
            self.scalar(u64::from(number), Stored::Scalar(scalar), at + offset as usize);
        }
        for (field, item) in flat.variants[number as usize].fields.iter().zip(items) {
            self.item(item, field.ty, at + field.offset as usize);
        }
    }
}
