//! The second pass: everything but code.

use super::body::{Pending, PendingBody};
use super::cursor::LineStart;
use super::index::{FunctionPlace, Head, Index, Place};
use super::names::{declare, find};
use super::{NAME, NUMBER, Read, Reader, STRUCTURE, SYNTAX};
use crate::entity::{EffectId, FuncId, LayoutId};
use crate::layout::{Field, Flat, FlatReason, FlatTag, Layout, LayoutKind, Shape, Variant};
use crate::module::{
    DeclarationLines, Effect, Function, FunctionKind, Global, Location, NamedSignature, Operation, OperationClass,
    Param, Results, Signature,
};
use crate::types::Stored;

impl<'t> Reader<'t> {
    /// Reads all declarations. Gives the bodies that are still to be read, in order of the functions.
    pub(super) fn declarations(&mut self, index: &Index<'t>) -> Read<Pending<'t>> {
        self.target_and_files(index)?;
        self.module.lines = lines(index);
        for place in &index.layouts {
            let kind = self.layout(place)?;
            self.module.layouts.push(Layout { name: place.name.into(), kind });
        }
        self.resolve_flats(index)?;
        self.name_signatures_and_effects(index);
        for (number, place) in index.signatures.iter().enumerate() {
            self.cursor = place.cursor;
            self.module.signatures[number].signature = self.signature()?;
            self.cursor.end_of_line()?;
        }
        for (number, place) in index.effects.iter().enumerate() {
            self.module.effects[number].operations = self.operations(EffectId::new(number), place)?;
        }
        for (place, imported) in &index.globals {
            self.cursor = place.cursor;
            let ty = self.names.stored(&mut self.cursor)?;
            self.cursor.end_of_line()?;
            self.module.globals.push(Global { name: place.name.into(), ty, imported: *imported });
        }
        for place in &index.data {
            self.data(place)?;
        }
        let mut pending = Pending::default();
        pending.bodies.reserve_exact(index.functions.len());
        self.module.functions.reserve_exact(index.functions.len());
        for place in &index.functions {
            self.function(place, &mut pending)?;
        }
        self.entry(index)?;
        Ok(pending)
    }

    /// Gives signatures and effects their names before any is read: messages name the types that are made of them.
    fn name_signatures_and_effects(&mut self, index: &Index<'t>) {
        let none = Signature {
            params: Vec::new(),
            results: Results::Never,
            fails: Vec::new(),
            escapes: false,
            performs: Vec::new(),
        };
        self.module.signatures.extend(
            index.signatures.iter().map(|place| NamedSignature { name: place.name.into(), signature: none.clone() }),
        );
        self.module
            .effects
            .extend(index.effects.iter().map(|place| Effect { name: place.name.into(), operations: Vec::new() }));
    }

    /// The next line that is indented; false at `end`.
    pub(super) fn next_indented(&mut self) -> bool {
        self.cursor.next_line() == LineStart::Indented
    }

    fn target_and_files(&mut self, index: &Index<'t>) -> Read<()> {
        if let Some(cursor) = index.target {
            self.cursor = cursor;
            self.module.target = self.cursor.expect_name("a target's triple")?.into();
            self.cursor.end_of_line()?;
        }
        for cursor in &index.files {
            self.cursor = *cursor;
            let number = self.cursor.natural("a file's number")?;
            let number = u16::try_from(number).ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| self.cursor.error(NUMBER, "the number of a file is from 1 to 65535"))?;
            let path = self.cursor.text()?;
            self.cursor.end_of_line()?;
            if self.module.files.insert(number, path.into()).is_some() {
                return Err(self.cursor.error(NAME, format!("file {number} is declared twice")));
            }
        }
        Ok(())
    }

    fn layout(&mut self, place: &Place<'t>) -> Read<LayoutKind> {
        self.cursor = place.cursor;
        let id = LayoutId::new(self.module.layouts.len());
        if self.cursor.eat_word("array") {
            let element = self.names.stored(&mut self.cursor)?;
            self.cursor.end_of_line()?;
            return Ok(LayoutKind::Array(element));
        }
        if !self.cursor.eat_word("flat") {
            self.cursor.end_of_line()?;
            return Ok(LayoutKind::Cells(self.variants(id, place.name, false)?.1));
        }
        let (size, align) = self.size_align()?;
        self.cursor.end_of_line()?;
        let (tag, variants) = self.variants(id, place.name, true)?;
        Ok(LayoutKind::Flat(Flat { size, align, tag, variants, slots: Vec::new() }))
    }

    fn size_align(&mut self) -> Read<(u32, u32)> {
        self.cursor.expect_word("size")?;
        let size = self.cursor.natural("a size in bytes")?;
        self.cursor.expect_word("align")?;
        let align = self.cursor.natural("an alignment in bytes")?;
        if !align.is_power_of_two() {
            return Err(self.cursor.error(NUMBER, format!("an alignment is a power of two, not {align}")));
        }
        Ok((size, align))
    }

    /// The lines of a layout: its tag where it is a flat, its variants and their fields.
    fn variants(&mut self, id: LayoutId, name: &str, flat: bool) -> Read<(FlatTag, Vec<Variant>)> {
        let mut tag = FlatTag::Single;
        let mut variants: Vec<Variant> = Vec::new();
        while self.next_indented() {
            let start = self.cursor;
            match self.cursor.name() {
                "tag" if flat && variants.is_empty() && tag == FlatTag::Single => tag = self.flat_tag()?,
                "variant" => {
                    let variant = self.variant(id, variants.len(), name, flat)?;
                    variants.push(variant);
                }
                "field" => {
                    let number = variants.len().wrapping_sub(1) as u32;
                    let Some(variant) = variants.last_mut() else {
                        return Err(start.error(STRUCTURE, "a field stands behind the variant that it belongs to"));
                    };
                    let index = variant.fields.len() as u32;
                    let field = self.field()?;
                    variant.fields.push(field.1);
                    let key = (id, number, field.0);
                    declare(&mut self.names.fields, key, index, &start, "field", field.0)?;
                }
                _ if flat => return Err(start.expected("`tag` (once, before the variants), `variant` or `field`")),
                _ => return Err(start.expected("`variant` or `field`")),
            }
            self.cursor.end_of_line()?;
        }
        Ok((tag, variants))
    }

    fn flat_tag(&mut self) -> Read<FlatTag> {
        if self.cursor.eat_word("niche") {
            return Ok(FlatTag::Niche);
        }
        let ty = self.names.stored(&mut self.cursor)?;
        let Stored::Scalar(scalar) = ty else {
            return Err(self.cursor.error(SYNTAX, "the tag of a flat is an integer, or `niche`"));
        };
        Ok(FlatTag::Integer(scalar, self.offset()?))
    }

    fn offset(&mut self) -> Read<u32> {
        self.cursor.expect(b'@')?;
        self.cursor.natural("an offset in bytes")
    }

    fn variant(&mut self, id: LayoutId, index: usize, layout: &str, flat: bool) -> Read<Variant> {
        let number = self.cursor.natural("a variant's number")?;
        if number as usize != index {
            let message =
                format!("the variants of `{layout}` are numbered from 0 in order: expected {index}, found {number}");
            return Err(self.cursor.error(STRUCTURE, message));
        }
        let name = self.cursor.expect_name("a variant's name")?;
        self.check_member_name(name)?;
        declare(&mut self.names.variants, (id, name), number, &self.cursor, "variant", name)?;
        let shape = if flat {
            Shape::Flat
        } else if self.cursor.eat_word("immediate") {
            Shape::Immediate
        } else {
            let (size, align) = self.size_align()?;
            Shape::Cell { size, align, described: self.cursor.eat_word("described") }
        };
        Ok(Variant { name: name.into(), shape, fields: Vec::new() })
    }

    fn field(&mut self) -> Read<(&'t str, Field)> {
        let name = self.cursor.expect_name("a field's name")?;
        self.check_member_name(name)?;
        let ty = self.names.stored(&mut self.cursor)?;
        let offset = self.offset()?;
        Ok((name, Field { name: name.into(), ty, offset }))
    }

    fn check_member_name(&self, name: &str) -> Read<()> {
        if name.contains('.') {
            return Err(self.cursor.error(SYNTAX, format!("`{name}` has a dot, which separates it from its owner")));
        }
        Ok(())
    }

    fn resolve_flats(&mut self, index: &Index<'t>) -> Read<()> {
        self.module.resolve_flats().map_err(|error| {
            let place = &index.layouts[error.layout.index()];
            let message = match error.reason {
                FlatReason::Recursive => format!("the flat `{}` contains itself", place.name),
                FlatReason::TooLarge => format!("the flat `{}` has too many slots or nests too deep", place.name),
            };
            place.cursor.error(STRUCTURE, message)
        })
    }

    fn operations(&mut self, effect: EffectId, place: &Place<'t>) -> Read<Vec<Operation>> {
        self.cursor = place.cursor;
        self.cursor.end_of_line()?;
        let mut operations = Vec::new();
        while self.next_indented() {
            self.cursor.expect_word("op")?;
            let name = self.cursor.expect_name("an operation's name")?;
            self.check_member_name(name)?;
            let number = operations.len() as u32;
            declare(&mut self.names.operations, (effect, name), number, &self.cursor, "operation", name)?;
            let params = self.params()?;
            let results = self.arrow_results(params.len())?;
            let class = self.operation_class()?;
            self.cursor.end_of_line()?;
            operations.push(Operation { name: name.into(), params, results, class });
        }
        Ok(operations)
    }

    fn operation_class(&mut self) -> Read<OperationClass> {
        if self.cursor.eat_word("zero") {
            return Ok(OperationClass::Zero);
        }
        if !self.cursor.eat_word("tail") {
            return Err(self.cursor.expected("`tail`, `tail escapes` or `zero`"));
        }
        Ok(if self.cursor.eat_word("escapes") { OperationClass::TailEscapes } else { OperationClass::Tail })
    }

    fn function(&mut self, place: &FunctionPlace<'t>, pending: &mut Pending<'t>) -> Read<()> {
        self.cursor = place.place.cursor;
        let numbers = &mut pending.params;
        let first_param = numbers.len();
        let mut function = match place.head {
            Head::Extern => self.external()?,
            Head::Import => self.import()?,
            Head::Func => self.func(FunctionKind::Exported, numbers)?,
            Head::LocalFunc => self.func(FunctionKind::Local, numbers)?,
            Head::Clause => self.clause(numbers)?,
        };
        function.name = place.place.name.into();
        function.line = place.place.cursor.line();
        if !matches!(place.head, Head::Extern | Head::Import) {
            let params = first_param..numbers.len();
            pending.bodies.push(PendingBody {
                function: FuncId::new(self.module.functions.len()),
                cursor: self.cursor,
                params,
                blocks: place.blocks.clone(),
                lines: place.lines,
            });
        }
        self.module.functions.push(function);
        Ok(())
    }

    /// `(PARAMS) -> RESULTS [foreign] (pure | effect CAPABILITY)`
    fn external(&mut self) -> Read<Function> {
        let params = self.params()?;
        let results = self.arrow_results(params.len())?;
        let foreign = self.cursor.eat_word("foreign");
        let effect = if self.cursor.eat_word("pure") {
            None
        } else if self.cursor.eat_word("effect") {
            Some(self.capability()?)
        } else {
            return Err(self.cursor.expected("`pure` or `effect CAPABILITY`"));
        };
        self.cursor.end_of_line()?;
        let performs = effect.into_iter().collect();
        let signature = Signature { params, results, fails: Vec::new(), escapes: false, performs };
        Ok(declared(FunctionKind::Extern { effect, foreign }, signature))
    }

    fn import(&mut self) -> Read<Function> {
        let signature = self.signature()?;
        self.cursor.end_of_line()?;
        Ok(declared(FunctionKind::Import, signature))
    }

    /// `(PARAMS) -> RESULTS [captures …] [fails …] (pure | performs …) [!LOC]`
    fn func(&mut self, kind: FunctionKind, numbers: &mut Vec<u32>) -> Read<Function> {
        let params = self.named_params(numbers)?;
        let results = self.arrow_results(params.len())?;
        self.defined(kind, params, results)
    }

    /// `of EFFECT.OP (PARAMS) [captures …] [fails …] (pure | performs …) [!LOC]`
    fn clause(&mut self, numbers: &mut Vec<u32>) -> Read<Function> {
        self.cursor.expect_word("of")?;
        let (effect, operation) = self.names.operation(&mut self.cursor)?;
        let params = self.named_params(numbers)?;
        let mut results = self.module.effect(effect).operations[operation as usize].results.clone();
        if let Results::Values(values) = &mut results {
            // The operation's parameters stand behind the evidence.
            values.iter_mut().flat_map(|result| &mut result.anchors).for_each(|anchor| *anchor += 1);
        }
        self.defined(FunctionKind::Clause { effect, operation }, params, results)
    }

    /// The rest of the head of a function that has a body.
    fn defined(&mut self, kind: FunctionKind, params: Vec<Param>, results: Results) -> Read<Function> {
        let captures = self.captures()?;
        let fails = self.fails()?;
        let performs = self.performs()?;
        let location = self.location_and_end()?;
        let signature = Signature { params, results, fails: fails.effects, escapes: fails.escapes, performs };
        Ok(Function { captures, location, ..declared(kind, signature) })
    }

    fn entry(&mut self, index: &Index<'t>) -> Read<()> {
        let Some(cursor) = index.entry else { return Ok(()) };
        self.cursor = cursor;
        let name = self.cursor.expect_symbol("a function's name (`@NAME`)")?;
        self.module.entry = Some(find(&self.names.functions, name, &self.cursor, "function", name)?);
        self.cursor.end_of_line()
    }
}

/// The lines that the declarations begin in.
fn lines(index: &Index<'_>) -> DeclarationLines {
    let of = |places: &[Place<'_>]| places.iter().map(|place| place.cursor.line()).collect();
    DeclarationLines {
        layouts: of(&index.layouts),
        signatures: of(&index.signatures),
        effects: of(&index.effects),
        data: of(&index.data),
        entry: index.entry.map_or(0, |cursor| cursor.line()),
    }
}

/// A function without a body; name and line are still to be set.
fn declared(kind: FunctionKind, signature: Signature) -> Function {
    Function {
        name: "".into(),
        kind,
        signature,
        captures: Vec::new(),
        location: Location::default(),
        line: 0,
        body: None,
    }
}
