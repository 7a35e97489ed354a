//! The items of the library that the compiler itself refers to.

use super::super::Item;
use super::super::environment::Environment;
use super::super::scope::TypeItem;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{DataId, EffectId, FunctionId, Known, ModuleId, TraitId};
use crate::source::Span;

/// Finds them all.
pub(super) fn find(environment: &Environment<'_>) -> Outcome<Known> {
    let search = Search { environment };
    Ok(Known {
        list: search.enumeration("List", "List", &["Nil", "Cons"])?,
        result: search.enumeration("Result", "Result", &["Ok", "Err"])?,
        option: search.enumeration("Option", "Option", &[])?,
        ordering: search.enumeration("Order", "Ordering", &["Less", "Equal", "Greater"])?,
        fail: search.effect("Fail", "fail")?,
        show: search.declared_trait("Show", "show")?,
        eq: search.declared_trait("Eq", "eq")?,
        ord: search.declared_trait("Ord", "compare")?,
        list_append: search.function("List", "append")?,
        vector_append: search.function("Vector", "append")?,
        io: match environment.prelude.types.get("IO") {
            Some(&(TypeItem::Effect(io), _)) => io,
            _ => return Err(search.broken("IO", "capability `IO`")),
        },
        exit_with_failure: search.function("IO", "exit_with_failure")?,
    })
}

struct Search<'e, 'a> {
    environment: &'e Environment<'a>,
}

impl<'a> Search<'_, 'a> {
    fn module(&self, name: &str) -> Outcome<ModuleId> {
        self.environment.library.get(name).copied().ok_or_else(|| self.broken(name, "such module"))
    }

    fn ty(&self, module: &str, name: &str) -> Outcome<Option<TypeItem<'a>>> {
        let scope = &self.environment.modules[self.module(module)?.index()];
        Ok(scope.types.get(name).map(|declared| declared.item))
    }

    /// An enum that has these constructors in this order; any where none are given.
    fn enumeration(&self, module: &str, name: &str, constructors: &[&str]) -> Outcome<DataId> {
        match self.ty(module, name)? {
            Some(TypeItem::Data(id)) => {
                let variants = &self.environment.data[id.index()].variants;
                if constructors.is_empty() || variants == constructors {
                    return Ok(id);
                }
                Err(self.broken(module, &format!("enum `{name}` of {}", constructors.join(", "))))
            }
            _ => Err(self.broken(module, &format!("enum `{name}`"))),
        }
    }

    /// An effect whose only operation has that name.
    fn effect(&self, name: &str, operation: &str) -> Outcome<EffectId> {
        match self.ty(name, name)? {
            Some(TypeItem::Effect(id))
                if self.environment.effects[id.index()].operations.get(operation) == Some(&0) =>
            {
                Ok(id)
            }
            _ => Err(self.broken(name, &format!("effect `{name}` with the operation `{operation}`"))),
        }
    }

    /// A trait whose first method has that name.
    fn declared_trait(&self, name: &str, method: &str) -> Outcome<TraitId> {
        match self.ty(name, name)? {
            Some(TypeItem::Trait(id)) if self.environment.traits[id.index()].methods.get(method) == Some(&0) => Ok(id),
            _ => Err(self.broken(name, &format!("trait `{name}` with the method `{method}`"))),
        }
    }

    fn function(&self, module: &str, name: &str) -> Outcome<FunctionId> {
        let scope = &self.environment.modules[self.module(module)?.index()];
        match scope.values.get(name).map(|declared| declared.item) {
            Some(Item::Function(function)) => Ok(function),
            _ => Err(self.broken(module, &format!("function `{name}`"))),
        }
    }

    fn broken(&self, module: &str, what: &str) -> Box<Diagnostic> {
        let module_id = self.environment.library.get(module);
        let span = module_id.map_or(Span::default(), |&module| self.environment.start_of(module));
        Diagnostic::new("broken-library", span, format!("the library's module `{module}` has no {what}"))
            .hint("the library must be that of this compiler")
    }
}
