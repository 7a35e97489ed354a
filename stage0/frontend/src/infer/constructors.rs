//! Values of structs and enums: constructors, struct literals, updates and fields.

use super::Checker;
use super::errors::path_span;
use super::table::Substitution;
use crate::ast::{self, FieldValue, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{DataId, Expr, ExprKind, Field, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

/// A constructor with the types of one use.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    /// The data type.
    pub(super) data: DataId,
    /// The constructor.
    pub(super) variant: u32,
    /// The type with its arguments.
    pub(super) ty: Ty<'a>,
    arguments: &'a [Ty<'a>],
}

/// A field that is given, with its value or its pattern.
pub(super) struct Given<'a, T> {
    /// Its name, where it is given.
    pub(super) name: Option<Name<'a>>,
    /// What is given.
    pub(super) value: T,
    /// Where it stands.
    pub(super) span: Span,
}

impl<'a, 'p> Checker<'a, 'p> {
    /// The constructor that a path means: of the expected type, where several have the name.
    pub(super) fn constructor(&mut self, path: &'a [Name<'a>], expected: Option<Ty<'a>>) -> Outcome<Shape<'a>> {
        let candidates = self.environment.constructors(self.signature.module, path)?;
        let chosen = match candidates.as_slice() {
            [only] => Some(*only),
            several => match expected.map(|ty| self.table.resolve(ty)) {
                Some(Type::Data(id, _)) => several.iter().copied().find(|(data, _)| data == id),
                _ => None,
            },
        };
        match chosen {
            Some((data, variant)) => Ok(self.shape(data, variant, expected)),
            None => Err(self.ambiguous_constructor(path, &candidates)),
        }
    }

    fn ambiguous_constructor(&self, path: &[Name<'a>], candidates: &[(DataId, u32)]) -> Box<Diagnostic> {
        let owners: Vec<String> =
            candidates.iter().map(|(data, _)| format!("`{}`", self.program.data[data.index()].name)).collect();
        let name = path.last().map_or("", |name| name.text);
        let message = format!("`{name}` may be a constructor of {}", owners.join(" or "));
        Diagnostic::new("ambiguous-constructor", path_span(path), message)
            .hint(format!("write the type before it: `{}.{name}`", owners[0].trim_matches('`')))
    }

    /// A constructor of the expected type, or of the same type with new variables for its arguments.
    pub(super) fn shape(&mut self, data: DataId, variant: u32, expected: Option<Ty<'a>>) -> Shape<'a> {
        if let Some(ty) = expected.map(|ty| self.table.resolve(ty))
            && let Type::Data(id, arguments) = ty
            && *id == data
        {
            return Shape { data, variant, ty, arguments };
        }
        let arguments = self.fresh_types(self.program.data[data.index()].parameters);
        Shape { data, variant, ty: self.arena.alloc(Type::Data(data, arguments)), arguments }
    }

    /// The fields of a constructor.
    pub(super) fn fields_of(&self, shape: Shape<'a>) -> &'p [Field<'a>] {
        &self.program.data[shape.data.index()].variants[shape.variant as usize].fields
    }

    /// The type of a field at one use of its constructor.
    pub(super) fn field_type(&self, shape: Shape<'a>, field: usize) -> Ty<'a> {
        Substitution { arena: self.arena, types: shape.arguments, rows: &[] }.ty(self.fields_of(shape)[field].ty)
    }

    /// What a constructor is called in messages.
    pub(super) fn shape_name(&self, shape: Shape<'a>) -> &'a str {
        self.program.data[shape.data.index()].variants[shape.variant as usize].name
    }

    /// A constructor as a value: complete without fields, else a function.
    pub(super) fn constructor_value(
        &mut self,
        path: &'a [Name<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let of_result = expected.map(|ty| match *self.table.resolve(ty) {
            Type::Function(_, _, result) => result,
            _ => ty,
        });
        let shape = self.constructor(path, of_result)?;
        let (data, variant) = (shape.data, shape.variant);
        let count = self.fields_of(shape).len();
        if count == 0 {
            return Ok(Expr { kind: ExprKind::Construct { data, variant, fields: &[] }, ty: shape.ty, span });
        }
        let types: SmallVec<[Ty<'a>; 4]> = (0..count).map(|field| self.field_type(shape, field)).collect();
        let row = self.table.open_row(&[]);
        let ty = self.arena.alloc(Type::Function(self.arena.alloc_slice_copy(&types), row, shape.ty));
        Ok(Expr { kind: ExprKind::ConstructorFunction { data, variant }, ty, span })
    }

    /// `Constructor(a, name: b)`
    pub(super) fn construct(
        &mut self,
        path: &'a [Name<'a>],
        arguments: &'a [ast::Argument<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let shape = self.constructor(path, expected)?;
        let given: Vec<_> = arguments
            .iter()
            .map(|argument| Given { name: argument.name, value: &argument.value, span: argument.value.span })
            .collect();
        let places = self.places(shape, &given, span)?;
        self.require_all(shape, &places, &given, span)?;
        self.build(shape, &places, &given, span)
    }

    /// `Path { name: value }`
    pub(super) fn structure(
        &mut self,
        path: &'a [Name<'a>],
        fields: &'a [FieldValue<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let data = self.environment.structure(self.signature.module, path)?;
        let shape = self.shape(data, 0, expected);
        let given = field_values(fields);
        let places = self.places(shape, &given, span)?;
        self.require_all(shape, &places, &given, span)?;
        self.build(shape, &places, &given, span)
    }

    /// The number of the field that each given value or pattern is for: those without a name in order, then by name.
    pub(super) fn places<T>(&self, shape: Shape<'a>, given: &[Given<'a, T>], span: Span) -> Outcome<Vec<usize>> {
        let fields = self.fields_of(shape);
        let mut taken = vec![None; fields.len()];
        let mut places = Vec::with_capacity(given.len());
        for (index, each) in given.iter().enumerate() {
            let place = match each.name {
                None if index < fields.len() => index,
                None => return Err(self.wrong_fields(shape, given.len(), span)),
                Some(name) => match fields.iter().position(|field| field.name == Some(name.text)) {
                    Some(place) => place,
                    None => return Err(self.unknown_field(shape, name)),
                },
            };
            if let Some(before) = taken[place].replace(each.span) {
                let name = fields[place].name.unwrap_or("_");
                return Err(Diagnostic::new(
                    "duplicate-field",
                    each.span,
                    format!("the field `{name}` is given twice"),
                )
                .note(before, "it is given here already"));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// A wrong number of fields.
    pub(super) fn wrong_fields(&self, shape: Shape<'a>, given: usize, span: Span) -> Box<Diagnostic> {
        let what = format!("`{}`", self.shape_name(shape));
        self.wrong_arity(span, &what, self.fields_of(shape).len(), given)
    }

    fn unknown_field(&self, shape: Shape<'a>, name: Name<'a>) -> Box<Diagnostic> {
        let names: Vec<String> =
            self.fields_of(shape).iter().filter_map(|field| field.name).map(|name| format!("`{name}`")).collect();
        let message = format!("`{}` has no field `{}`", self.shape_name(shape), name.text);
        let error = Diagnostic::new("unknown-field", name.span, message);
        if names.is_empty() { error } else { error.hint(format!("its fields are {}", names.join(", "))) }
    }

    /// Every field is given.
    pub(super) fn require_all<T>(
        &self,
        shape: Shape<'a>,
        places: &[usize],
        given: &[Given<'a, T>],
        span: Span,
    ) -> Outcome<()> {
        let fields = self.fields_of(shape);
        if places.len() == fields.len() {
            return Ok(());
        }
        let mut taken = vec![false; fields.len()];
        places.iter().for_each(|&place| taken[place] = true);
        let missing: Vec<&str> =
            fields.iter().zip(&taken).filter(|(_, taken)| !**taken).filter_map(|(field, _)| field.name).collect();
        let positional = given.iter().all(|each| each.name.is_none()) && !given.is_empty();
        if positional || missing.is_empty() {
            return Err(self.wrong_fields(shape, given.len(), span));
        }
        let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        let message = format!("`{}` needs the field{plural} {}", self.shape_name(shape), names.join(", "));
        Err(Diagnostic::new("missing-field", span, message))
    }

    /// The value: fields are evaluated as they are written, and stored as they are declared.
    fn build(
        &mut self,
        shape: Shape<'a>,
        places: &[usize],
        given: &[Given<'a, &'a ast::Expr<'a>>],
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let types: SmallVec<[Ty<'a>; 4]> = places.iter().map(|&place| self.field_type(shape, place)).collect();
        let exprs: SmallVec<[&'a ast::Expr<'a>; 4]> = given.iter().map(|each| each.value).collect();
        let values = self.check_all(&types, &exprs)?;
        let (data, variant, ty) = (shape.data, shape.variant, shape.ty);
        if places.is_sorted() {
            let fields = self.arena.alloc_slice_copy(&values);
            return Ok(Expr { kind: ExprKind::Construct { data, variant, fields }, ty, span });
        }
        let named: Vec<(Name<'a>, Expr<'a>)> = places
            .iter()
            .zip(given)
            .zip(values)
            .map(|((&place, each), value)| {
                let text = self.fields_of(shape)[place].name.unwrap_or("field");
                (each.name.unwrap_or(Name { text, span: each.span }), value)
            })
            .collect();
        let block = self.with_names(&named, |checker, names| {
            let mut fields: Vec<(usize, Expr<'a>)> = places.iter().copied().zip(names).collect();
            fields.sort_by_key(|(place, _)| *place);
            let fields = checker.arena.alloc_slice_fill_iter(fields.into_iter().map(|(_, value)| value));
            Expr { kind: ExprKind::Construct { data, variant, fields }, ty, span }
        });
        Ok(block)
    }

    /// The struct that an object is, by its type.
    fn struct_of(&mut self, object: &Expr<'a>, name: Name<'a>) -> Outcome<Shape<'a>> {
        let ty = self.known_type(object.ty, object.span, "to take a field of it")?;
        if let Type::Data(data, arguments) = *ty
            && self.program.data[data.index()].is_struct
        {
            return Ok(Shape { data, variant: 0, ty, arguments });
        }
        let message = format!("{} has no fields, so no `{}`", self.type_text(ty), name.text);
        Err(Diagnostic::new("unknown-field", name.span, message))
    }

    /// `object.name`
    pub(super) fn field(&mut self, object: &'a ast::Expr<'a>, name: Name<'a>, span: Span) -> Outcome<Expr<'a>> {
        let object = self.infer(object)?;
        let shape = self.struct_of(&object, name)?;
        let Some(field) = self.fields_of(shape).iter().position(|field| field.name == Some(name.text)) else {
            return Err(self.unknown_field(shape, name));
        };
        let ty = self.field_type(shape, field);
        Ok(Expr { kind: ExprKind::Field { object: self.arena.alloc(object), field: field as u32 }, ty, span })
    }

    /// `object~{ name: value }`
    pub(super) fn update(
        &mut self,
        object: &'a ast::Expr<'a>,
        fields: &'a [FieldValue<'a>],
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let object = self.infer(object)?;
        let Some(first) = fields.first() else { return Ok(object) };
        let shape = self.struct_of(&object, first.name)?;
        let given = field_values(fields);
        let places = self.places(shape, &given, span)?;
        let types: SmallVec<[Ty<'a>; 4]> = places.iter().map(|&place| self.field_type(shape, place)).collect();
        let exprs: SmallVec<[&'a ast::Expr<'a>; 4]> = given.iter().map(|each| each.value).collect();
        let values = self.check_all(&types, &exprs)?;
        let fields: Vec<(u32, Expr<'a>)> = places.iter().map(|&place| place as u32).zip(values).collect();
        let fields = self.arena.alloc_slice_copy(&fields);
        Ok(Expr { kind: ExprKind::Update { object: self.arena.alloc(object), fields }, ty: shape.ty, span })
    }
}

/// The fields of a struct literal or an update.
fn field_values<'a>(fields: &'a [FieldValue<'a>]) -> Vec<Given<'a, &'a ast::Expr<'a>>> {
    fields.iter().map(|field| Given { name: Some(field.name), value: &field.value, span: field.name.span }).collect()
}
