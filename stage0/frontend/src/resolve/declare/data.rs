//! Structs and enums.

use super::super::environment::Environment;
use super::super::types::TypeReader;
use super::names::{DataSource, ItemSources};
use crate::ast;
use crate::diagnostic::Outcome;
use crate::hir::{Data, Field, ModuleId, Variant};

/// Declares structs and enums with the types of their fields.
pub(super) fn declare<'a>(environment: &Environment<'a>, sources: &ItemSources<'a>) -> Outcome<Vec<Data<'a>>> {
    sources.data.iter().map(|&(module, source)| one(environment, module, source)).collect()
}

fn one<'a>(environment: &Environment<'a>, module: ModuleId, source: DataSource<'a>) -> Outcome<Data<'a>> {
    let (name, parameters) = match source {
        DataSource::Struct(structure) => (structure.name, structure.parameters),
        DataSource::Enum(enumeration) => (enumeration.name, enumeration.parameters),
    };
    let known = "the variables of a type's fields stand behind its name";
    let mut reader = TypeReader::declaration(environment, module, parameters, known);
    let mut variant = |name: ast::Name<'a>, fields: &[ast::Field<'a>]| {
        let field =
            |field: &ast::Field<'a>| Ok(Field { name: field.name.map(|name| name.text), ty: reader.ty(field.ty)? });
        let fields = fields.iter().map(field).collect::<Outcome<Vec<_>>>()?;
        Ok(Variant { name: name.text, fields, span: name.span })
    };
    let variants = match source {
        DataSource::Struct(structure) => vec![variant(name, structure.fields)?],
        DataSource::Enum(enumeration) => {
            let constructors = enumeration.constructors.iter();
            constructors.map(|constructor| variant(constructor.name, constructor.fields)).collect::<Outcome<_>>()?
        }
    };
    Ok(Data {
        name: name.text,
        module,
        parameters: parameters.len() as u32,
        is_struct: matches!(source, DataSource::Struct(_)),
        variants,
        span: name.span,
    })
}
