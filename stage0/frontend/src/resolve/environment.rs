//! What names mean, from the view of a module.

use super::TypeVariables;
use crate::ast::{self, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{ConstantId, DataId, EffectId, FunctionId, Head, ModuleId, Row, TraitId, Ty};
use crate::source::Span;
use smallvec::SmallVec;

/// What a lower-case name at module level means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A function of a module or of a struct.
    Function(FunctionId),
    /// A constant.
    Constant(ConstantId),
    /// A trait's method.
    Method(TraitId, u32),
    /// An effect's operation.
    Operation(EffectId, u32),
}

/// A function as it was written.
#[derive(Clone, Copy, Debug)]
pub struct FunctionSource<'a> {
    /// What was written.
    pub ast: &'a ast::Function<'a>,
    /// Where: names in it are looked up from here.
    pub module: ModuleId,
    /// What the variables in its signature stand for.
    pub variables: &'a TypeVariables<'a>,
}

/// What names mean, from the view of each module.
#[derive(Debug)]
pub struct Environment<'a> {
    functions: Vec<FunctionSource<'a>>,
    constants: Vec<&'a ast::Constant<'a>>,
}

impl<'a> Environment<'a> {
    /// The function as it was written.
    pub fn sources_of(&self, function: FunctionId) -> FunctionSource<'a> {
        self.functions[function.index()]
    }

    /// The constant as it was written. Its module stands in the program.
    pub fn constant_source(&self, constant: ConstantId) -> &'a ast::Constant<'a> {
        self.constants[constant.index()]
    }

    /// The type that an annotation in a body means.
    pub fn ty(&self, _module: ModuleId, _variables: &TypeVariables<'a>, ty: &ast::Type<'a>) -> Outcome<Ty<'a>> {
        Err(Diagnostic::unsupported(ty.span, "types"))
    }

    /// The row that an annotation in a body means.
    pub fn row(&self, _module: ModuleId, _variables: &TypeVariables<'a>, row: &ast::Row<'a>) -> Outcome<Row<'a>> {
        Err(Diagnostic::unsupported(row.span, "rows"))
    }

    /// A lower-case name at module level: the module's own, or imported by name, or of the prelude; `None` where there is
    /// none.
    pub fn value(&self, _module: ModuleId, _name: Name<'a>) -> Outcome<Option<Item>> {
        Ok(None)
    }

    /// That no local, and nothing at module level, has this name: with the nearest name as advice. `locals` are the names
    /// of the locals in scope.
    pub fn unknown_value(&self, _module: ModuleId, name: Name<'a>, _locals: &[&'a str]) -> Box<Diagnostic> {
        Diagnostic::new("unknown-name", name.span, format!("unknown name `{}`", name.text))
    }

    /// `A.B.name`, where the path is that of a module, a type, a trait or an effect.
    pub fn qualified(&self, _module: ModuleId, _path: &[Name<'a>], name: Name<'a>) -> Outcome<Item> {
        Err(Diagnostic::unsupported(name.span, "names"))
    }

    /// The constructors that a path may mean, at least one; the expected type chooses among several.
    pub fn constructors(&self, _module: ModuleId, path: &[Name<'a>]) -> Outcome<SmallVec<[(DataId, u32); 2]>> {
        Err(Diagnostic::unsupported(path_span(path), "constructors"))
    }

    /// The struct of that name.
    pub fn structure(&self, _module: ModuleId, path: &[Name<'a>]) -> Outcome<DataId> {
        Err(Diagnostic::unsupported(path_span(path), "structs"))
    }

    /// The effect of that name.
    pub fn effect(&self, _module: ModuleId, path: &[Name<'a>]) -> Outcome<EffectId> {
        Err(Diagnostic::unsupported(path_span(path), "effects"))
    }

    /// The function that `x.name(…)` means by the type of `x`: an inherent function, else a visible function of the module that declares
    /// the type (of a built-in type: the module of its name) whose first parameter has that type.
    pub fn method(&self, _module: ModuleId, _head: Head, _name: &str) -> Option<FunctionId> {
        None
    }

    /// The methods of that name of the traits in scope.
    pub fn trait_methods(&self, _module: ModuleId, _name: &str) -> SmallVec<[(TraitId, u32); 2]> {
        SmallVec::new()
    }
}

/// The place of a path, which has at least one name.
fn path_span(path: &[Name<'_>]) -> Span {
    match path {
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
        [] => Span::default(),
    }
}
