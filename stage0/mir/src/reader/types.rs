//! Types, and ownership where it is stated.

use super::cursor::Cursor;
use super::names::{Names, find};
use super::{Read, Reader, TYPE};
use crate::module::Module;
use crate::types::{Ownership, Scalar, Stored, Type};

/// The scalar of that name.
fn scalar(name: &str) -> Option<Scalar> {
    Some(match name {
        "i64" => Scalar::I64,
        "bool" => Scalar::Bool,
        "f64" => Scalar::F64,
        "i8" => Scalar::I8,
        "i16" => Scalar::I16,
        "i32" => Scalar::I32,
        "f32" => Scalar::F32,
        "ptr" => Scalar::Ptr,
        _ => return None,
    })
}

impl<'t> Names<'t> {
    /// The type of a field or an element, behind blanks.
    pub(super) fn stored(&self, cursor: &mut Cursor<'t>) -> Read<Stored> {
        cursor.blanks();
        let start = cursor.position();
        let word = cursor.name();
        self.stored_of(cursor, word)?
            .ok_or_else(|| cursor.at(start).expected("a type that may lie in memory (a scalar, `ref`, `flat` or `fn`)"))
    }

    /// Any type, behind blanks.
    pub(super) fn ty(&self, cursor: &mut Cursor<'t>) -> Read<Type> {
        cursor.blanks();
        let start = cursor.position();
        let word = cursor.name();
        if let Some(stored) = self.stored_of(cursor, word)? {
            return Ok(stored.into());
        }
        Ok(match word {
            "token" => Type::Token(cursor.natural("the size of a token")?),
            "hole" => Type::Hole(self.stored(cursor)?),
            "var" => Type::Var(self.stored(cursor)?),
            "ev" => {
                let name = cursor.expect_name("an effect's name")?;
                Type::Ev(find(&self.effects, name, cursor, "effect", name)?)
            }
            "env" => Type::Env,
            "fail" => Type::Fail,
            _ => return Err(cursor.at(start).expected("a type")),
        })
    }

    fn stored_of(&self, cursor: &mut Cursor<'t>, word: &str) -> Read<Option<Stored>> {
        Ok(match word {
            "ref" | "flat" => {
                let name = cursor.expect_name("a layout's name")?;
                let layout = find(&self.layouts, name, cursor, "layout", name)?;
                Some(if word == "ref" { Stored::Ref(layout) } else { Stored::Flat(layout) })
            }
            "fn" => {
                let name = cursor.expect_name("a signature's name")?;
                Some(Stored::Fn(find(&self.signatures, name, cursor, "signature", name)?))
            }
            _ => scalar(word).map(Stored::Scalar),
        })
    }
}

impl Cursor<'_> {
    /// `own`, `uniq` or `borrow`, behind blanks, where one stands.
    pub(super) fn stated_ownership(&mut self) -> Option<Ownership> {
        self.blanks();
        let start = self.position();
        let ownership = match self.name() {
            "own" => Ownership::Own,
            "uniq" => Ownership::Uniq,
            "borrow" => Ownership::Borrow,
            _ => {
                *self = self.at(start);
                return None;
            }
        };
        Some(ownership)
    }
}

/// The ownership of a parameter or a result of that type: stated where the type is managed, and nowhere else.
pub(super) fn ownership(module: &Module, cursor: &Cursor<'_>, ty: Type, stated: Option<Ownership>) -> Read<Ownership> {
    let second_class = matches!(ty, Type::Ev(_) | Type::Env);
    match stated {
        Some(stated) if !second_class && module.is_managed(ty) => Ok(stated),
        None if second_class => Ok(Ownership::Borrow),
        None if !module.is_managed(ty) => Ok(Ownership::Plain),
        None => {
            let name = module.type_name(ty);
            Err(cursor.error(TYPE, format!("`{name}` is managed: write `own`, `uniq` or `borrow` before it")))
        }
        Some(_) => {
            let name = module.type_name(ty);
            Err(cursor.error(TYPE, format!("no ownership is written before `{name}`, which is not managed by counts")))
        }
    }
}

impl Reader<'_> {
    /// A type with its ownership, as parameters have it.
    pub(super) fn owned_type(&mut self) -> Read<(Type, Ownership)> {
        let stated = self.cursor.stated_ownership();
        let ty = self.names.ty(&mut self.cursor)?;
        Ok((ty, ownership(&self.module, &self.cursor, ty, stated)?))
    }
}
