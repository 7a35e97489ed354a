//! Everything but code.

use super::Writer;
use crate::layout::{Flat, FlatTag, Layout, LayoutKind, Shape, Variant};
use crate::module::{Data, DataItem, DataObject, Effect, Function, FunctionKind, OperationClass};
use crate::types::{Scalar, Stored};

impl Writer<'_> {
    /// The version, and all declarations but functions and clauses.
    pub(super) fn declarations(&mut self) {
        let module = self.module;
        self.text("kea-mir ");
        self.number(module.version.major);
        self.text(".");
        self.number(module.version.minor);
        self.text("\ntarget ");
        self.text(&module.target);
        self.text("\n");
        for (number, path) in &module.files {
            self.text("file ");
            self.number(*number);
            self.text(" ");
            self.string(path);
            self.text("\n");
        }
        self.group(&module.layouts, Self::layout);
        self.group(&module.signatures, |writer, named| {
            writer.text("sig ");
            writer.text(&named.name);
            writer.text(" ");
            writer.signature(&named.signature);
            writer.text("\n");
        });
        self.group(&module.effects, Self::effect);
        let externs = module.functions.iter().filter(|function| matches!(function.kind, FunctionKind::Extern { .. }));
        let imports = module.functions.iter().filter(|function| function.kind == FunctionKind::Import);
        self.group(externs.chain(imports), Self::declared_function);
        if !module.globals.is_empty() || !module.data.is_empty() {
            self.text("\n");
        }
        for global in &module.globals {
            self.text(if global.imported { "import global " } else { "global " });
            self.symbol(&global.name);
            self.text(" ");
            self.stored(global.ty);
            self.text("\n");
        }
        module.data.iter().for_each(|data| self.data(data));
        if let Some(entry) = module.entry {
            self.text("\nentry ");
            self.symbol(&module.function(entry).name);
            self.text("\n");
        }
    }

    /// Declarations with an empty line before the first.
    fn group<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        for (index, one) in items.into_iter().enumerate() {
            if index == 0 {
                self.text("\n");
            }
            item(self, one);
        }
    }

    fn layout(&mut self, layout: &Layout) {
        self.text("layout ");
        self.text(&layout.name);
        match &layout.kind {
            LayoutKind::Array(element) => {
                self.text(" array ");
                self.stored(*element);
                return self.text("\n");
            }
            LayoutKind::Flat(flat) => self.flat(flat),
            LayoutKind::Cells(_) => self.text("\n"),
        }
        for (number, variant) in layout.variants().iter().enumerate() {
            self.variant(number, variant);
        }
        self.text("end\n");
    }

    fn flat(&mut self, flat: &Flat) {
        self.text(" flat");
        self.size_align(flat.size, flat.align);
        self.text("\n");
        match flat.tag {
            FlatTag::Single => {}
            FlatTag::Niche => self.text("  tag niche\n"),
            FlatTag::Integer(scalar, offset) => {
                self.text("  tag ");
                self.text(scalar.name());
                self.offset(offset);
            }
        }
    }

    /// ` size S align A`
    fn size_align(&mut self, size: u32, align: u32) {
        self.text(" size ");
        self.number(size);
        self.text(" align ");
        self.number(align);
    }

    /// ` @OFFSET`, the end of a line
    fn offset(&mut self, offset: u32) {
        self.text(" @");
        self.number(offset);
        self.text("\n");
    }

    fn variant(&mut self, number: usize, variant: &Variant) {
        self.text("  variant ");
        self.number(number);
        self.text(" ");
        self.text(&variant.name);
        match variant.shape {
            Shape::Immediate => self.text(" immediate"),
            Shape::Flat => {}
            Shape::Cell { size, align, described } => {
                self.size_align(size, align);
                self.text(if described { " described" } else { "" });
            }
        }
        self.text("\n");
        for field in &variant.fields {
            self.text("    field ");
            self.text(&field.name);
            self.text(" ");
            self.stored(field.ty);
            self.offset(field.offset);
        }
    }

    fn effect(&mut self, effect: &Effect) {
        self.text("effect ");
        self.text(&effect.name);
        self.text("\n");
        for operation in &effect.operations {
            self.text("  op ");
            self.text(&operation.name);
            self.text(" (");
            self.list(&operation.params, |writer, param| writer.param(*param));
            self.text(") -> ");
            self.results(&operation.results);
            self.text(match operation.class {
                OperationClass::Tail => " tail\n",
                OperationClass::TailEscapes => " tail escapes\n",
                OperationClass::Zero => " zero\n",
            });
        }
        self.text("end\n");
    }

    /// An extern or an import.
    pub(super) fn declared_function(&mut self, function: &Function) {
        let FunctionKind::Extern { effect, foreign } = function.kind else {
            self.text("import ");
            self.symbol(&function.name);
            self.text(" ");
            self.signature(&function.signature);
            return self.text("\n");
        };
        self.text("extern ");
        self.symbol(&function.name);
        self.text(" (");
        self.list(&function.signature.params, |writer, param| writer.param(*param));
        self.text(") -> ");
        self.results(&function.signature.results);
        self.text(if foreign { " foreign" } else { "" });
        match effect {
            None => self.text(" pure"),
            Some(capability) => {
                self.text(" effect ");
                self.capability(capability);
            }
        }
        self.text("\n");
    }

    fn data(&mut self, data: &Data) {
        let module = self.module;
        self.text("data ");
        self.symbol(&data.name);
        self.text("\n");
        for (number, object) in data.objects.iter().enumerate() {
            self.text("  ");
            self.number(number);
            match object {
                DataObject::Cell { layout, variant, fields } => {
                    let variant = &module.layout(*layout).variants()[*variant as usize];
                    self.text(" cell ");
                    self.qualified(&module.layout(*layout).name, &variant.name);
                    self.text(" ");
                    self.items(fields, variant.fields.iter().map(|field| field.ty));
                }
                DataObject::Array { layout, elements } => {
                    let layout = module.layout(*layout);
                    self.text(" array ");
                    self.text(&layout.name);
                    self.text(" ");
                    let element = layout.element().unwrap_or(Stored::Scalar(Scalar::I64));
                    self.items(elements, std::iter::repeat(element));
                }
            }
            self.text("\n");
        }
        self.text("end\n");
    }

    /// `OWNER.MEMBER`
    pub(super) fn qualified(&mut self, owner: &str, member: &str) {
        self.text(owner);
        self.text(".");
        self.text(member);
    }

    /// `(ITEMS)`, of these types
    fn items(&mut self, items: &[DataItem], types: impl Iterator<Item = Stored>) {
        self.text("(");
        self.list(items.iter().zip(types), |writer, (item, ty)| writer.item(item, ty));
        self.text(")");
    }

    fn item(&mut self, item: &DataItem, ty: Stored) {
        let module = self.module;
        let scalar = if let Stored::Scalar(scalar) = ty { scalar } else { Scalar::I64 };
        match item {
            DataItem::Int(number) => self.integer(scalar, *number),
            DataItem::Float(bits) => self.float(scalar, *bits),
            DataItem::Object(number) => {
                self.text("#");
                self.number(*number);
            }
            DataItem::Data(data) => self.symbol(&module.data[data.index()].name),
            DataItem::Text(text) => self.string(module.text(*text)),
            DataItem::Immediate(layout, variant) => {
                let layout = module.layout(*layout);
                self.qualified(&layout.name, &layout.variants()[*variant as usize].name);
            }
            DataItem::Flat(layout, variant, items) => {
                let layout = module.layout(*layout);
                let variant = &layout.variants()[*variant as usize];
                self.qualified(&layout.name, &variant.name);
                self.text(" ");
                self.items(items, variant.fields.iter().map(|field| field.ty));
            }
        }
    }
}
