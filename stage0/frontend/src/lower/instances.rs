//! Instances: which code a named function means at the types of a use, and asking for it to be compiled.

use super::jobs::{Job, Task};
use super::layouts::{CallShape, DEPTH_MAX, internal};
use super::types::{Effects, Kind, Mono, Substitution};
use super::{Lowering, OptionalOrigin};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Code, FunctionId, Head, Implementation, MethodSource, MethodUse, Named, TraitId, Type};
use crate::source::Span;
use kea_mir::entity::FuncId;
use kea_mir::module::FunctionKind;
use std::rc::Rc;

/// A function with the types and effects it is compiled for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FunctionInstance {
    /// The function.
    pub function: FunctionId,
    /// Its parameters' values.
    pub substitution: Substitution,
}

/// Code that makes a function value of something else; compiled once each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Adapter {
    /// Of a named function, at a function type.
    Function(FunctionInstance, Mono),
    /// Of a constructor, at a function type.
    Constructor(Mono, u32),
    /// Of a function value of the first type, at the second.
    Widened(Mono, Mono),
}

/// Why an instance exists.
pub(super) struct Origin {
    instance: FunctionInstance,
    /// Where it is used.
    span: Span,
    parent: OptionalOrigin,
}

/// The number of an origin.
pub(super) type OriginId = u32;

/// How many uses an error shows of a chain of instances, from `main` on.
const CHAIN_SHOWN: usize = 6;

impl<'a> Lowering<'_, 'a> {
    /// The function that a name means, with its parameters replaced.
    pub(super) fn resolve(
        &mut self,
        named: &Named<'a>,
        substitution: &Substitution,
        span: Span,
    ) -> Outcome<FunctionInstance> {
        match named {
            Named::Function(use_) => {
                let types = self.types.tys(use_.types, substitution);
                let rows = use_.rows.iter().map(|row| self.types.row(*row, substitution)).collect();
                Ok(FunctionInstance { function: use_.function, substitution: Substitution { types, rows } })
            }
            Named::Method(method) => self.resolve_method(method, substitution, span),
        }
    }

    fn resolve_method(
        &mut self,
        method: &MethodUse<'a>,
        substitution: &Substitution,
        span: Span,
    ) -> Outcome<FunctionInstance> {
        let self_ty = self.types.ty(method.self_ty, substitution);
        let own = self.types.tys(method.types, substitution);
        let rows = method.rows.iter().map(|row| self.types.row(*row, substitution)).collect();
        self.method_instance((method.trait_id, method.method), self_ty, &own, rows, span)
    }

    /// What implements a method of a trait for a type. `own` and `rows` are for the method's own parameters.
    pub(super) fn method_instance(
        &mut self,
        (trait_id, method): (TraitId, u32),
        self_ty: Mono,
        own: &[Mono],
        rows: Rc<[Effects]>,
        span: Span,
    ) -> Outcome<FunctionInstance> {
        let Some(id) = self.program.instances.get(&(trait_id, self.head(self_ty))) else {
            let trait_name = self.program.traits[trait_id.index()].name;
            return Err(internal(span, &format!("no implementation of {trait_name} for {}", self.types.name(self_ty))));
        };
        let implementation = &self.program.implementations[id.index()];
        let (function, mut types) = match implementation.methods.get(method as usize) {
            Some(MethodSource::Own(function)) => (*function, self.bind_implementation(implementation, self_ty)),
            Some(MethodSource::Default(function)) => (*function, vec![self_ty]),
            None => return Err(internal(span, "an implementation lacks a method")),
        };
        types.extend_from_slice(own);
        Ok(FunctionInstance { function, substitution: Substitution { types: types.into(), rows } })
    }

    /// Whether calls of it are expanded in place.
    pub(super) fn is_intrinsic(&self, instance: &FunctionInstance) -> bool {
        matches!(self.program.functions[instance.function.index()].code, Code::Intrinsic(_))
    }

    /// What chooses the implementation of a trait for a type.
    pub(super) fn head(&self, ty: Mono) -> Head {
        match self.types.kind(ty) {
            Kind::Int => Head::Int,
            Kind::UInt8 => Head::UInt8,
            Kind::Float => Head::Float,
            Kind::Bool => Head::Bool,
            Kind::Char => Head::Char,
            Kind::String => Head::String,
            Kind::Unit => Head::Unit,
            Kind::Never => Head::Never,
            Kind::Vector(_) => Head::Vector,
            Kind::Data(data, _) => Head::Data(*data),
            Kind::Tuple(elements) => Head::Tuple(elements.len() as u32),
            Kind::Function(parameters, ..) => Head::Function(parameters.len() as u32),
        }
    }

    /// The values of an implementation's parameters: its target is a head over distinct ones.
    fn bind_implementation(&self, implementation: &Implementation<'a>, ty: Mono) -> Vec<Mono> {
        let given: Vec<Mono> = match self.types.kind(ty) {
            Kind::Vector(element) => vec![*element],
            Kind::Data(_, arguments) | Kind::Tuple(arguments) => arguments.to_vec(),
            Kind::Function(parameters, _, result) => parameters.iter().copied().chain([*result]).collect(),
            _ => Vec::new(),
        };
        let wanted: Vec<&Type> = match implementation.target {
            Type::Vector(element) => vec![element],
            Type::Data(_, arguments) | Type::Tuple(arguments) => arguments.to_vec(),
            Type::Function(parameters, _, result) => parameters.iter().copied().chain([*result]).collect(),
            _ => Vec::new(),
        };
        let mut bound = vec![Mono::UNIT; implementation.parameters as usize];
        for (wanted, given) in wanted.into_iter().zip(given) {
            if let Type::Parameter(number) = wanted
                && let Some(place) = bound.get_mut(*number as usize)
            {
                *place = given;
            }
        }
        bound
    }

    /// How an instance is called.
    pub(super) fn instance_shape(&mut self, instance: &FunctionInstance) -> Rc<CallShape> {
        let function = &self.program.functions[instance.function.index()];
        let params = function.parameters.iter().map(|parameter| self.types.ty(parameter.ty, &instance.substitution));
        let params: Rc<[Mono]> = params.collect();
        let effects = self.types.row(function.row, &instance.substitution);
        let result = self.types.ty(function.result, &instance.substitution);
        self.call_shape(params, &effects, result)
    }

    /// The code of an instance; it is compiled when nobody asked for it before.
    pub(super) fn request(
        &mut self,
        instance: FunctionInstance,
        span: Span,
        parent: OptionalOrigin,
    ) -> Outcome<(FuncId, Rc<CallShape>)> {
        if let Some((func, shape)) = self.instances.get(&instance) {
            return Ok((*func, shape.clone()));
        }
        let function = &self.program.functions[instance.function.index()];
        let name = self.instance_name(&instance);
        self.check_depth(&instance, span, parent)?;
        let Code::Body(body) = &function.code else {
            return Err(internal(span, &format!("{} has no code", function.name)));
        };
        let shape = self.instance_shape(&instance);
        let signature = self.signature(&shape, false)?;
        let func = self.declare_function(&name, FunctionKind::Exported, signature, Vec::new(), function.span);
        let origin = self.origins.len() as OriginId;
        self.origins.push(Origin { instance: instance.clone(), span, parent });
        let substitution = instance.substitution.clone();
        self.instances.insert(instance, (func, shape.clone()));
        let task = Task::Body(body);
        self.jobs.push_back(Job {
            func,
            shape: shape.clone(),
            substitution,
            body: Some(body),
            origin: Some(origin),
            owner: None,
            task,
        });
        Ok((func, shape))
    }

    /// The function's name and what its parameters stand for.
    pub(super) fn instance_name(&self, instance: &FunctionInstance) -> String {
        let mut name = self.program.functions[instance.function.index()].name.to_string();
        self.types.push_arguments(&instance.substitution.types, &mut name);
        for effect in instance.substitution.rows.iter().flat_map(|row| row.iter()) {
            name.push('/');
            name.push_str(self.types.effect_name(*effect));
        }
        name
    }

    fn check_depth(&self, instance: &FunctionInstance, span: Span, parent: OptionalOrigin) -> Outcome<()> {
        let types = instance.substitution.types.iter().map(|ty| self.types.depth(*ty));
        let rows = instance.substitution.rows.iter().flat_map(|row| row.iter());
        let depth = types.chain(rows.map(|effect| self.types.effect_depth(*effect))).max().unwrap_or(0);
        if depth <= DEPTH_MAX {
            return Ok(());
        }
        let function = &self.program.functions[instance.function.index()];
        let message =
            format!("`{}` would be compiled for types that nest deeper than {DEPTH_MAX}, without end", function.name);
        let mut error = Diagnostic::new("instance-too-deep", span, message);
        let mut chain = Vec::new();
        let mut next = parent;
        while let Some(id) = next {
            let origin = &self.origins[id as usize];
            // What nobody uses is `main`.
            chain.extend(origin.parent.is_some().then_some(origin));
            next = origin.parent;
        }
        for origin in chain.into_iter().rev().take(CHAIN_SHOWN) {
            error = error.note(origin.span, format!("{} is used here", self.describe_instance(&origin.instance)));
        }
        Err(error)
    }
}
