//! Names of type and row variables of a signature.

use crate::hir::Ty;

/// The type and row variables that the names of a declaration stand for: those of the implementation, struct, trait or effect
/// around it first, then its own in order of appearance.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeVariables<'a> {
    /// The names of the type parameters; the place is the number. `Self` of a trait is the first.
    pub types: &'a [&'a str],
    /// The names of the row parameters; the place is the number.
    pub rows: &'a [&'a str],
    /// What `Self` stands for: a trait's parameter 0, an implementation's target, a struct with its own parameters.
    pub self_ty: Option<Ty<'a>>,
}

impl TypeVariables<'_> {
    /// The number of the type parameter of that name.
    pub fn type_parameter(&self, name: &str) -> Option<u32> {
        position(self.types, name)
    }

    /// The number of the row parameter of that name.
    pub fn row_parameter(&self, name: &str) -> Option<u32> {
        position(self.rows, name)
    }
}

/// Signatures have a handful of variables: going through them is the quickest.
fn position(names: &[&str], name: &str) -> Option<u32> {
    names.iter().position(|&known| known == name).map(|index| index as u32)
}
