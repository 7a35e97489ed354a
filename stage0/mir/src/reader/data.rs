//! Static data.

use super::cursor::{Cursor, shorten};
use super::index::Place;
use super::names::find;
use super::{NAME, Read, Reader, STRUCTURE, TYPE};
use crate::diagnostic::Diagnostic;
use crate::entity::{LayoutId, TextId};
use crate::layout::{LayoutKind, Shape};
use crate::module::{Data, DataItem, DataObject, Immediate};
use crate::types::{Scalar, Stored};

/// The largest number of an object that another refers to, and the line that does.
type HighestObject = Option<(u32, u32)>;

impl<'t> Reader<'t> {
    /// `data @NAME … end`
    pub(super) fn data(&mut self, place: &Place<'t>) -> Read<()> {
        self.cursor = place.cursor;
        self.cursor.end_of_line()?;
        let mut objects = Vec::new();
        let mut highest = None;
        while self.next_indented() {
            let number = self.cursor.natural("an object's number")?;
            if number as usize != objects.len() {
                let message =
                    format!("objects are numbered from 0 in order: expected {}, found {number}", objects.len());
                return Err(self.cursor.error(STRUCTURE, message));
            }
            objects.push(self.object(&mut highest)?);
            self.cursor.end_of_line()?;
        }
        if objects.is_empty() {
            return Err(place.cursor.error(STRUCTURE, format!("data `{}` has no objects", shorten(place.name))));
        }
        if let Some((object, line)) = highest
            && object as usize >= objects.len()
        {
            let mut error =
                place.cursor.error(NAME, format!("there is no object `#{object}` in `{}`", shorten(place.name)));
            error.line = line;
            return Err(error);
        }
        self.module.data.push(Data { name: place.name.into(), objects });
        Ok(())
    }

    fn object(&mut self, highest: &mut HighestObject) -> Read<DataObject> {
        if self.cursor.eat_word("cell") {
            let (layout, variant) = self.names.variant(&mut self.cursor)?;
            if !matches!(self.module.layout(layout).variants()[variant as usize].shape, Shape::Cell { .. }) {
                return Err(self.cursor.error(TYPE, "an object is of a variant that is a cell"));
            }
            return Ok(DataObject::Cell { layout, variant, fields: self.fields(layout, variant, highest)? });
        }
        if !self.cursor.eat_word("array") {
            return Err(self.cursor.expected("`cell LAYOUT.VARIANT (…)` or `array LAYOUT (…)`"));
        }
        let name = self.cursor.expect_name("a layout's name")?;
        let layout = find(&self.names.layouts, name, &self.cursor, "layout", name)?;
        let Some(element) = self.module.layout(layout).element() else {
            return Err(self.cursor.error(TYPE, format!("layout `{}` is no array", shorten(name))));
        };
        let mut elements = Vec::new();
        let mut first = true;
        self.cursor.expect(b'(')?;
        while self.cursor.list_goes_on(b')', &mut first)? {
            elements.push(self.data_item(element, highest)?);
        }
        Ok(DataObject::Array { layout, elements })
    }

    /// `(ITEMS)`: one for each field of the variant.
    fn fields(&mut self, layout: LayoutId, variant: u32, highest: &mut HighestObject) -> Read<Vec<DataItem>> {
        let field_type = |reader: &Reader<'_>, index: usize| {
            reader.module.layout(layout).variants()[variant as usize].fields.get(index).map(|field| field.ty)
        };
        let mut items = Vec::new();
        let mut first = true;
        self.cursor.expect(b'(')?;
        while self.cursor.list_goes_on(b')', &mut first)? {
            let Some(ty) = field_type(self, items.len()) else {
                return Err(self.field_count(layout, variant));
            };
            items.push(self.data_item(ty, highest)?);
        }
        if field_type(self, items.len()).is_some() {
            return Err(self.field_count(layout, variant));
        }
        Ok(items)
    }

    #[cold]
    fn field_count(&self, layout: LayoutId, variant: u32) -> Box<Diagnostic> {
        let layout = self.module.layout(layout);
        let variant = &layout.variants()[variant as usize];
        let message =
            format!("`{}.{}` has {} fields: as many items stand here", layout.name, variant.name, variant.fields.len());
        self.cursor.error(TYPE, message)
    }

    /// An item of that type. Flats nest only so deep, so this recursion ends.
    fn data_item(&mut self, ty: Stored, highest: &mut HighestObject) -> Read<DataItem> {
        self.cursor.blanks();
        match ty {
            Stored::Scalar(scalar) => self.scalar_item(scalar),
            Stored::Flat(expected) => {
                let start = self.cursor;
                let (layout, variant) = self.names.variant(&mut self.cursor)?;
                if layout != expected {
                    return Err(wrong_type(&start, &format!("a `{}`", self.module.stored_name(ty))));
                }
                Ok(DataItem::Flat(layout, variant, self.fields(layout, variant, highest)?))
            }
            Stored::Ref(layout) => self.ref_item(layout, highest),
            Stored::Fn(_) => Err(wrong_type(&self.cursor, "data without closures")),
        }
    }

    fn scalar_item(&mut self, scalar: Scalar) -> Read<DataItem> {
        Ok(match self.cursor.literal(scalar)? {
            Immediate::Float(bits) => DataItem::Float(bits),
            Immediate::Bool(bool) => DataItem::Int(bool.into()),
            Immediate::Int(number) => DataItem::Int(number),
            _ => return Err(self.cursor.expected("a literal")),
        })
    }

    fn ref_item(&mut self, expected: LayoutId, highest: &mut HighestObject) -> Read<DataItem> {
        match self.cursor.peek() {
            b'"' => self.text_item(expected),
            b'@' => {
                let name = self.cursor.expect_symbol("the name of data (`@NAME`)")?;
                Ok(DataItem::Data(find(&self.names.data, name, &self.cursor, "data", name)?))
            }
            b'#' => {
                self.cursor.advance();
                let object = self.cursor.natural("an object's number")?;
                if highest.is_none_or(|(largest, _)| object > largest) {
                    *highest = Some((object, self.cursor.line()));
                }
                Ok(DataItem::Object(object))
            }
            _ => {
                let start = self.cursor;
                if !matches!(self.module.layout(expected).kind, LayoutKind::Cells(_)) || start.peek().is_ascii_digit() {
                    return Err(wrong_type(
                        &start,
                        &format!("an object (`#N`, `@NAME`) of `{}`", self.module.layout(expected).name),
                    ));
                }
                let (layout, variant) = self.names.variant(&mut self.cursor)?;
                let shape = self.module.layout(layout).variants()[variant as usize].shape;
                if layout != expected || shape != Shape::Immediate {
                    let expected = &self.module.layout(expected).name;
                    return Err(wrong_type(&start, &format!("an immediate variant of `{expected}`, `#N` or `@NAME`")));
                }
                Ok(DataItem::Immediate(layout, variant))
            }
        }
    }

    fn text_item(&mut self, expected: LayoutId) -> Read<DataItem> {
        if self.module.layout(expected).element() != Some(Stored::Scalar(Scalar::I8)) {
            let message = format!("expected a `ref {}`, which a string is not", self.module.layout(expected).name);
            return Err(self.cursor.error(TYPE, message));
        }
        Ok(DataItem::Text(self.text_id()?))
    }

    /// A string literal, by its number in the module.
    pub(super) fn text_id(&mut self) -> Read<TextId> {
        let text = self.cursor.text()?;
        let index = match self.module.texts.get_index_of(&*text) {
            Some(index) => index,
            None => self.module.texts.insert_full(text.into()).0,
        };
        Ok(TextId::new(index))
    }
}

/// An error: an item of another type should stand here.
fn wrong_type(cursor: &Cursor<'_>, expected: &str) -> Box<Diagnostic> {
    cursor.error(TYPE, format!("expected {expected}, found {}", cursor.found()))
}
