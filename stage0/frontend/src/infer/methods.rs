//! Calls in method form: `x.f(y)` means what the type of `x` says.

use super::Checker;
use crate::ast::{self, Argument, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, FunctionId, TraitId, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

/// What a method's name means.
enum Found {
    Function(FunctionId),
    Method(TraitId, u32),
}

impl<'a> Checker<'a, '_> {
    /// `receiver.name(arguments)`
    pub(super) fn method(
        &mut self,
        receiver: &'a ast::Expr<'a>,
        name: Name<'a>,
        arguments: &'a [Argument<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let receiver = self.infer(receiver)?;
        let ty = self.known_type(receiver.ty, receiver.span, &format!("to find its method `{}`", name.text))?;
        let instance = match self.find_method(ty, name)? {
            Found::Function(id) => self.instantiate(id, span),
            Found::Method(id, method) => self.instantiate_method(id, method, span),
        };
        if instance.parameters.is_empty() {
            let message = format!("`{}` takes no argument, so it is not a method", name.text);
            return Err(Diagnostic::new("unknown-method", name.span, message));
        }
        self.call_instance(&instance, Some(receiver), arguments, expected, span)
    }

    /// What a method's name means for a type: an inherent function or one of the type's module, then a method of a trait in
    /// scope that the type has; for a type variable a method of its bounds.
    fn find_method(&mut self, ty: Ty<'a>, name: Name<'a>) -> Outcome<Found> {
        let candidates: SmallVec<[(TraitId, u32); 2]> = match *ty {
            Type::Parameter(number) => self.bound_methods(number, name.text),
            _ => {
                let module = self.signature.module;
                if let Some(id) = ty.head().and_then(|head| self.environment.method(module, head, name.text)) {
                    return Ok(Found::Function(id));
                }
                let mut methods = self.environment.trait_methods(module, name.text);
                methods.retain(|(id, _)| self.instance_of(*id, ty).is_some());
                methods
            }
        };
        match candidates.as_slice() {
            [(id, method)] => Ok(Found::Method(*id, *method)),
            [] => Err(self.unknown_method(ty, name)),
            [(first, _), (second, _), ..] => Err(self.ambiguous_method(*first, *second, name)),
        }
    }

    /// The methods of that name of a type variable's bounds.
    fn bound_methods(&self, parameter: u32, name: &str) -> SmallVec<[(TraitId, u32); 2]> {
        let mut methods = SmallVec::new();
        for id in self.bounds_of(parameter) {
            let declared = &self.program.traits[id.index()].methods;
            if let Some(method) = declared.iter().position(|(known, _)| *known == name) {
                methods.push((id, method as u32));
            }
        }
        methods
    }

    fn ambiguous_method(&self, first: TraitId, second: TraitId, name: Name<'a>) -> Box<Diagnostic> {
        let (first, second) = (self.program.traits[first.index()].name, self.program.traits[second.index()].name);
        let name_text = name.text;
        let message = format!("`{name_text}` may be the method of `{first}` or of `{second}`");
        Diagnostic::new("ambiguous-method", name.span, message)
            .hint(format!("say which: `{first}.{name_text}(…)` or `{second}.{name_text}(…)`"))
    }

    fn unknown_method(&self, ty: Ty<'a>, name: Name<'a>) -> Box<Diagnostic> {
        let text = name.text;
        let error =
            Diagnostic::new("unknown-method", name.span, format!("{} has no method `{text}`", self.type_text(ty)));
        match *ty {
            Type::Data(id, _)
                if self.program.data[id.index()].is_struct
                    && self.program.data[id.index()].variants[0]
                        .fields
                        .iter()
                        .any(|field| field.name == Some(text)) =>
            {
                error.hint(format!("the function in its field is called `(x.{text})(…)`"))
            }
            Type::Parameter(number) => {
                let name = self.type_text(ty);
                let bounds = self.bounds_of(number);
                let traits: Vec<&str> = bounds.iter().map(|id| self.program.traits[id.index()].name).collect();
                if traits.is_empty() {
                    error.hint(format!("`{name}` has no bounds: add one, `where {name}: Trait`"))
                } else {
                    error.hint(format!("the bounds of `{name}` are {}", traits.join(", ")))
                }
            }
            _ => error,
        }
    }
}
