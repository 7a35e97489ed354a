//! Static objects by the object model, byte by byte.

use kea_cranelift::data::{self, Contents};
use kea_cranelift::image::{FixupKind, SymbolId};
use kea_cranelift::symbol::Symbol;
use kea_mir::entity::{DataId, LayoutId, TextId};
use kea_mir::layout::{Field, Flat, FlatTag, Layout, LayoutKind, Shape, Variant};
use kea_mir::module::{Data, DataItem, DataObject, Module};
use kea_mir::types::{Scalar, Stored};

const I64: Stored = Stored::Scalar(Scalar::I64);
const LIST: LayoutId = LayoutId(0);
const OPTION: LayoutId = LayoutId(1);
const OPTIONS: LayoutId = LayoutId(2);
const BYTES: LayoutId = LayoutId(3);
const WIDE: LayoutId = LayoutId(4);

fn field(name: &str, ty: Stored, offset: u32) -> Field {
    Field { name: name.into(), ty, offset }
}

fn variant(name: &str, shape: Shape, fields: Vec<Field>) -> Variant {
    Variant { name: name.into(), shape, fields }
}

fn module(data: Vec<DataObject>) -> Module {
    let cell = |size, described| Shape::Cell { size, align: 8, described };
    let list = vec![
        variant("Nil", Shape::Immediate, vec![]),
        variant("Cons", cell(24, false), vec![field("head", I64, 8), field("tail", Stored::Ref(LIST), 16)]),
    ];
    let option = vec![
        variant("None", Shape::Flat, vec![]),
        variant("Some", Shape::Flat, vec![field("0", Stored::Ref(LIST), 8)]),
    ];
    let option = Flat { size: 16, align: 8, tag: FlatTag::Integer(Scalar::I8, 0), variants: option, slots: Vec::new() };
    let wide = vec![variant(
        "Wide",
        cell(32, true),
        vec![field("text", Stored::Ref(BYTES), 16), field("ratio", Stored::Scalar(Scalar::F32), 24)],
    )];
    let mut module = Module::new("x86_64-unknown-linux-gnu");
    for (name, kind) in [
        ("List", LayoutKind::Cells(list)),
        ("Option", LayoutKind::Flat(option)),
        ("Options", LayoutKind::Array(Stored::Flat(OPTION))),
        ("String", LayoutKind::Array(Stored::Scalar(Scalar::I8))),
        ("Wide", LayoutKind::Cells(wide)),
    ] {
        module.layouts.push(Layout { name: name.into(), kind });
    }
    module.resolve_flats().expect("the flats are not recursive");
    module.texts.insert("héllo".into());
    module.data.push(Data { name: "data".into(), objects: data });
    module
}

/// The contents of the data, and the symbols that they refer to, by number.
fn contents(data: Vec<DataObject>) -> (Contents, Vec<Symbol>) {
    let module = module(data);
    let mut symbols = Vec::new();
    let contents = data::objects(&module, DataId(0), &mut |symbol| {
        let index = symbols.iter().position(|known| *known == symbol).unwrap_or_else(|| {
            symbols.push(symbol);
            symbols.len() - 1
        });
        SymbolId::new(index)
    });
    (contents, symbols)
}

fn words(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().expect("a whole word"))).collect()
}

/// The fixups as offset, symbol, addend.
fn addresses(contents: &Contents, symbols: &[Symbol]) -> Vec<(u32, Symbol, i64)> {
    assert!(contents.fixups.iter().all(|fixup| fixup.kind == FixupKind::Absolute64));
    contents.fixups.iter().map(|fixup| (fixup.offset, symbols[fixup.symbol.index()], fixup.addend)).collect()
}

#[test]
fn cells_refer_to_each_other() {
    let cons = |head, tail| DataObject::Cell { layout: LIST, variant: 1, fields: vec![DataItem::Int(head), tail] };
    let objects = vec![cons(2, DataItem::Object(1)), cons(-3, DataItem::Immediate(LIST, 0))];
    let (contents, symbols) = contents(objects);
    // Count 0 (immortal), tag 1, kind mask of three words, payload word 1 managed.
    let header = 1 << 32 | (3 << 2) << 40 | 0b10 << 48;
    assert_eq!(words(&contents.bytes), [header, 2, 0, header, -3_i64 as u64, 1]);
    assert_eq!(addresses(&contents, &symbols), [(16, Symbol::Data(DataId(0)), 24)]);
}

#[test]
fn arrays_of_flats_are_described() {
    let some = DataItem::Flat(OPTION, 1, vec![DataItem::Immediate(LIST, 0)]);
    let none = DataItem::Flat(OPTION, 0, vec![]);
    let (contents, symbols) = contents(vec![DataObject::Array { layout: OPTIONS, elements: vec![some, none] }]);
    assert_eq!(words(&contents.bytes), [(1 | 4) << 40, 2, 2, 0, 1, 1, 0, 0]);
    assert_eq!(addresses(&contents, &symbols), [(24, Symbol::ElementDescriptor(OPTIONS), 0)]);
}

#[test]
fn described_cells_refer_to_their_descriptor() {
    let fields = vec![DataItem::Text(TextId(0)), DataItem::Float(1.5_f32.to_bits().into())];
    let (contents, symbols) = contents(vec![DataObject::Cell { layout: WIDE, variant: 0, fields }]);
    assert_eq!(words(&contents.bytes), [2 << 40, 0, 0, 1.5_f32.to_bits().into()]);
    let expected = [(8, Symbol::CellDescriptor(WIDE, 0), 0), (16, Symbol::Text(TextId(0)), 0)];
    assert_eq!(addresses(&contents, &symbols), expected);
}

#[test]
fn texts_are_arrays_of_bytes() {
    let contents = data::text(&module(vec![]), TextId(0));
    assert_eq!(words(&contents.bytes[..24]), [1 << 32 | 1 << 40, 6, 6]);
    assert_eq!(&contents.bytes[24..], "héllo".as_bytes());
    assert!(contents.fixups.is_empty());
}

#[test]
fn static_closures_hold_their_code() {
    let contents = data::static_closure(&module(vec![]), SymbolId::new(7));
    assert_eq!(words(&contents.bytes), [(2 << 2) << 40, 0]);
    assert_eq!((contents.fixups[0].offset, contents.fixups[0].symbol), (8, SymbolId::new(7)));
}

#[test]
fn descriptors_list_managed_words() {
    let words: Vec<u32> = data::descriptor(40, &[16, 32])
        .bytes
        .chunks(4)
        .map(|word| u32::from_le_bytes(word.try_into().expect("a whole word")))
        .collect();
    assert_eq!(words, [40, 2, 16, 32]);
}
