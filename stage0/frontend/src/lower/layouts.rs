//! How types are represented: layouts of cells and arrays, signatures of closures, effects with their operations. Each is
//! declared when it is first asked for; what it consists of is filled in later, because types are recursive.

use super::Lowering;
use super::types::{EffectInstance, Effects, Kind, Mono, Substitution};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::DataId;
use crate::source::Span;
use kea_mir::entity::{EffectId, LayoutId, SignatureId};
use kea_mir::layout::{Field, Layout, LayoutKind, Shape, Variant};
use kea_mir::module::{Effect, NamedSignature, Operation, OperationClass, Param, ResultType, Results, Signature};
use kea_mir::types::{Ownership, Scalar, Stored, Type};
use smallvec::SmallVec;
use std::rc::Rc;

/// Bytes of a cell's header.
const HEADER: u32 = 8;
/// A cell that its header alone describes has at most so many words.
const MASK_WORDS_MAX: u32 = 63;
/// The header's mask covers the payload up to here.
const MASK_END: u32 = HEADER + 16 * 8;
/// The header's tag tells so many variants apart.
const TAG_VARIANTS_MAX: usize = 256;
/// A layout has at most so many variants.
const VARIANTS_MAX: usize = 1 << 16;
/// A cell takes at most so many bytes.
const CELL_SIZE_MAX: u32 = 1 << 20;
/// The arguments of types and instances nest at most so deep.
pub(super) const DEPTH_MAX: u32 = 64;

/// How something is called: its monomorphic signature without capabilities.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CallShape {
    /// The effects that are passed as evidence.
    pub evidence: Effects,
    /// The effects whose failures may come out.
    pub fails: Effects,
    /// The parameters.
    pub params: Rc<[Mono]>,
    /// The result.
    pub result: Mono,
}

/// A layout or a signature that is declared and not yet filled in.
pub(super) enum Pending {
    Layout(LayoutId, Mono),
    Signature(SignatureId, Mono),
}

impl Lowering<'_, '_> {
    /// How values of the type are kept.
    pub(super) fn stored(&mut self, ty: Mono) -> Stored {
        if let Some(Some(stored)) = self.stored.get(ty.index()) {
            return *stored;
        }
        let stored = self.represent(ty);
        if self.stored.len() <= ty.index() {
            self.stored.resize(ty.index() + 1, None);
        }
        self.stored[ty.index()] = Some(stored);
        stored
    }

    fn represent(&mut self, ty: Mono) -> Stored {
        match self.types.kind(ty) {
            Kind::Int => Stored::Scalar(Scalar::I64),
            Kind::UInt8 | Kind::Unit | Kind::Never => Stored::Scalar(Scalar::I8),
            Kind::Float => Stored::Scalar(Scalar::F64),
            Kind::Bool => Stored::Scalar(Scalar::Bool),
            Kind::Char => Stored::Scalar(Scalar::I32),
            Kind::String => self.declare_layout(ty),
            Kind::Vector(Mono::UINT8) => self.stored(Mono::STRING),
            Kind::Vector(_) | Kind::Data(..) | Kind::Tuple(_) => self.declare_layout(ty),
            Kind::Function(..) => {
                let id = SignatureId::new(self.module.signatures.len());
                let name = self.types.name(ty).as_ref().into();
                let signature = Signature {
                    params: Vec::new(),
                    results: Results::Never,
                    fails: Vec::new(),
                    escapes: false,
                    performs: Vec::new(),
                };
                self.module.signatures.push(NamedSignature { name, signature });
                self.pending.push_back(Pending::Signature(id, ty));
                Stored::Fn(id)
            }
        }
    }

    fn declare_layout(&mut self, ty: Mono) -> Stored {
        let id = LayoutId::new(self.module.layouts.len());
        let name = self.types.name(ty).as_ref().into();
        self.module.layouts.push(Layout { name, kind: LayoutKind::Cells(Vec::new()) });
        self.pending.push_back(Pending::Layout(id, ty));
        Stored::Ref(id)
    }

    /// The layout of a type that is a `ref`.
    pub(super) fn layout(&mut self, ty: Mono, span: Span) -> Outcome<LayoutId> {
        match self.stored(ty) {
            Stored::Ref(layout) => Ok(layout),
            _ => Err(internal(span, &format!("{} has no layout", self.types.name(ty)))),
        }
    }

    /// The signature of a function type.
    pub(super) fn signature_of(&mut self, ty: Mono, span: Span) -> Outcome<SignatureId> {
        match self.stored(ty) {
            Stored::Fn(signature) => Ok(signature),
            _ => Err(internal(span, &format!("{} is not a function", self.types.name(ty)))),
        }
    }

    /// How values of a function type are called.
    pub(super) fn closure_shape(&mut self, ty: Mono, span: Span) -> Outcome<Rc<CallShape>> {
        match self.types.kind(ty).clone() {
            Kind::Function(params, effects, result) => Ok(self.call_shape(params, &effects, result)),
            _ => Err(internal(span, &format!("{} is not a function", self.types.name(ty)))),
        }
    }

    /// How something with these parameters, effects and result is called.
    pub(super) fn call_shape(&self, params: Rc<[Mono]>, effects: &Effects, result: Mono) -> Rc<CallShape> {
        let of = |holds: &dyn Fn(EffectInstance) -> bool| effects.iter().copied().filter(|e| holds(*e)).collect();
        let evidence = of(&|effect| self.types.resumes(effect));
        let fails = of(&|effect| self.types.fails(effect));
        Rc::new(CallShape { evidence, fails, params, result })
    }

    /// The signature of a function in MIR; capabilities are added at the end.
    pub(super) fn signature(&mut self, shape: &CallShape, environment: bool) -> Outcome<Signature> {
        let mut params = Vec::with_capacity(shape.evidence.len() + shape.params.len() + 1);
        for effect in shape.evidence.iter() {
            params.push(Param { ty: Type::Ev(self.effect(*effect)?), ownership: Ownership::Borrow });
        }
        if environment {
            params.push(Param { ty: Type::Env, ownership: Ownership::Borrow });
        }
        params.extend(shape.params.iter().map(|ty| self.param(*ty)));
        let fails = shape.fails.iter().map(|effect| self.effect(*effect)).collect::<Outcome<_>>()?;
        Ok(Signature { params, results: self.results(shape.result), fails, escapes: false, performs: Vec::new() })
    }

    /// A parameter of a type: owned where it is managed.
    pub(super) fn param(&mut self, ty: Mono) -> Param {
        let stored = self.stored(ty);
        Param { ty: stored.into(), ownership: owned(stored) }
    }

    /// The results of what gives a value of that type.
    pub(super) fn results(&mut self, ty: Mono) -> Results {
        match ty {
            Mono::NEVER => Results::Never,
            Mono::UNIT => Results::Values(Vec::new()),
            _ => {
                let stored = self.stored(ty);
                let result = ResultType { ty: stored.into(), ownership: owned(stored), anchors: SmallVec::new() };
                Results::Values(vec![result])
            }
        }
    }

    /// The effect in MIR.
    pub(super) fn effect(&mut self, effect: EffectInstance) -> Outcome<EffectId> {
        if let Some(id) = self.effects.get(&effect) {
            return Ok(*id);
        }
        let (declaration, arguments) = self.types.effect(effect);
        if self.types.effect_depth(effect) > DEPTH_MAX {
            return Err(too_deep(declaration.span, declaration.name));
        }
        let substitution = Substitution { types: arguments, rows: Rc::from([]) };
        let mut operations = Vec::with_capacity(declaration.operations.len());
        for operation in &declaration.operations {
            let result = self.types.ty(operation.result, &substitution);
            let never = *operation.result == crate::hir::Type::Never;
            let params = operation.parameters.iter().map(|(_, ty)| self.types.ty(ty, &substitution));
            let params: Vec<Mono> = params.collect();
            operations.push(Operation {
                name: super::types::mir_name(operation.name).into(),
                params: params.into_iter().map(|ty| self.param(ty)).collect(),
                results: self.results(result),
                class: if never { OperationClass::Zero } else { OperationClass::Tail },
            });
        }
        let id = EffectId::new(self.module.effects.len());
        self.module.effects.push(Effect { name: self.types.effect_name(effect).as_ref().into(), operations });
        self.effects.insert(effect, id);
        Ok(id)
    }

    /// Fills in what has been declared, and what that asks for.
    pub(super) fn complete_declarations(&mut self) -> Outcome<()> {
        while let Some(pending) = self.pending.pop_front() {
            match pending {
                Pending::Layout(id, ty) => {
                    let kind = self.layout_kind(ty)?;
                    self.module.layouts[id.index()].kind = kind;
                }
                Pending::Signature(id, ty) => {
                    let shape = self.closure_shape(ty, Span::default())?;
                    let signature = self.signature(&shape, false)?;
                    self.module.signatures[id.index()].signature = signature;
                }
            }
        }
        Ok(())
    }

    fn layout_kind(&mut self, ty: Mono) -> Outcome<LayoutKind> {
        match self.types.kind(ty).clone() {
            Kind::Vector(element) => Ok(LayoutKind::Array(self.stored(element))),
            Kind::Data(data, arguments) => self.data_layout(ty, data, arguments),
            Kind::Tuple(elements) => {
                let fields = elements.iter().enumerate();
                let fields = fields.map(|(index, ty)| (index.to_string().into(), self.stored(*ty))).collect();
                Ok(LayoutKind::Cells(vec![cell("Tuple".into(), fields, false)]))
            }
            _ => Ok(LayoutKind::Array(Stored::Scalar(Scalar::I8))),
        }
    }

    fn data_layout(&mut self, ty: Mono, data: DataId, arguments: Rc<[Mono]>) -> Outcome<LayoutKind> {
        let declaration = self.types.data(data);
        if self.types.depth(ty) > DEPTH_MAX {
            return Err(too_deep(declaration.span, &self.describe(ty)));
        }
        if declaration.variants.len() > VARIANTS_MAX {
            return Err(Diagnostic::unsupported(declaration.span, "a type of more than 65,536 constructors"));
        }
        let substitution = Substitution { types: arguments, rows: Rc::from([]) };
        let described = declaration.variants.len() > TAG_VARIANTS_MAX;
        let mut variants = Vec::with_capacity(declaration.variants.len());
        for variant in &declaration.variants {
            let mut fields = Vec::with_capacity(variant.fields.len());
            for (index, field) in variant.fields.iter().enumerate() {
                let ty = self.types.ty(field.ty, &substitution);
                let name = field.name.map_or_else(|| index.to_string(), super::types::mir_name);
                fields.push((name.into(), self.stored(ty)));
            }
            let variant_name = super::types::mir_name(variant.name).into();
            let laid_out = cell(variant_name, fields, described);
            if matches!(laid_out.shape, Shape::Cell { size, .. } if size > CELL_SIZE_MAX) {
                return Err(Diagnostic::unsupported(variant.span, "a constructor of more than a megabyte"));
            }
            variants.push(laid_out);
        }
        Ok(LayoutKind::Cells(variants))
    }
}

/// A variant with its fields one after another, each at its alignment.
fn cell(name: Box<str>, fields: Vec<(Box<str>, Stored)>, described: bool) -> Variant {
    if fields.is_empty() {
        return Variant { name, shape: Shape::Immediate, fields: Vec::new() };
    }
    let place = |start: u32| {
        let mut end = start;
        let place_field = |(name, ty): &(Box<str>, Stored)| {
            let size = size(*ty);
            let offset = end.next_multiple_of(size);
            end = offset + size;
            Field { name: name.clone(), ty: *ty, offset }
        };
        let placed: Vec<Field> = fields.iter().map(place_field).collect();
        (placed, end.next_multiple_of(8).max(2 * HEADER))
    };
    let (plain, size) = place(HEADER);
    let masked = plain.iter().all(|field| matches!(field.ty, Stored::Scalar(_)) || field.offset < MASK_END);
    if masked && size / 8 <= MASK_WORDS_MAX && !described {
        return Variant { name, shape: Shape::Cell { size, align: 8, described: false }, fields: plain };
    }
    let (fields, size) = place(2 * HEADER);
    Variant { name, shape: Shape::Cell { size, align: 8, described: true }, fields }
}

/// Bytes of a field, which are its alignment too.
fn size(ty: Stored) -> u32 {
    match ty {
        Stored::Scalar(scalar) => scalar.size(),
        _ => 8,
    }
}

/// The ownership of a value that is handed over.
fn owned(ty: Stored) -> Ownership {
    if matches!(ty, Stored::Scalar(_)) { Ownership::Plain } else { Ownership::Own }
}

/// A mistake of this compiler, as an error.
pub(super) fn internal(span: Span, what: &str) -> Box<Diagnostic> {
    Diagnostic::new("internal", span, format!("internal compiler error: {what}"))
        .hint("please report it with the program")
}

fn too_deep(span: Span, name: &str) -> Box<Diagnostic> {
    Diagnostic::new(
        "instance-too-deep",
        span,
        format!(
            "the type arguments of {name} nest deeper than {DEPTH_MAX}: the type would need endlessly many instances"
        ),
    )
}
