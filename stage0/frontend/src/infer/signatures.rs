//! Signatures at one use: fresh variables for their parameters, and what their row parameters exclude.

use super::table::Substitution;
use super::{Checker, rows::Performer};
use crate::diagnostic::Outcome;
use crate::hir::{EffectId, EffectUse, FunctionId, FunctionUse, MethodUse, Named, Row, RowTail, TraitId, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

/// For each row parameter of a signature the effects that stand beside it in some row of the signature.
pub(super) type Exclusions<'a> = [&'a [EffectId]];

/// A function, a method or an operation with the types of one use.
pub(super) struct Instance<'a> {
    /// What is used.
    pub(super) item: InstanceItem<'a>,
    /// The parameters' types.
    pub(super) parameters: SmallVec<[Ty<'a>; 4]>,
    /// What a call may perform.
    pub(super) row: Row<'a>,
    /// The type of the result.
    pub(super) result: Ty<'a>,
}

/// What an instance is of.
#[derive(Clone, Copy)]
pub(super) enum InstanceItem<'a> {
    /// A function or a method.
    Named(Named<'a>),
    /// An operation.
    Operation(EffectUse<'a>, u32),
}

impl InstanceItem<'_> {
    /// For messages about effects.
    pub(super) fn performer(&self) -> Performer {
        match self {
            InstanceItem::Named(Named::Function(used)) => Performer::Function(used.function),
            InstanceItem::Named(Named::Method(used)) => Performer::Method(used.trait_id, used.method),
            InstanceItem::Operation(used, operation) => Performer::Operation(used.effect, *operation),
        }
    }
}

impl<'a> Checker<'a, '_> {
    /// New variables for the parameters of a data type or an effect.
    pub(super) fn fresh_types(&mut self, count: u32) -> &'a [Ty<'a>] {
        let types: SmallVec<[Ty<'a>; 4]> = (0..count).map(|_| self.table.fresh(self.arena)).collect();
        self.arena.alloc_slice_copy(&types)
    }

    /// A function at one use, whose bounds become obligations of the place.
    pub(super) fn instantiate(&mut self, id: FunctionId, span: Span) -> Instance<'a> {
        self.references.function(id);
        let (types, rows) = self.fresh_parameters(id);
        self.oblige_bounds(id, types, span);
        let used = FunctionUse { function: id, types, rows };
        self.instance(id, types, rows, Named::Function(used))
    }

    /// A method at one use, whose bounds become obligations of the place.
    pub(super) fn instantiate_method(&mut self, trait_id: TraitId, method: u32, span: Span) -> Instance<'a> {
        let id = self.program.traits[trait_id.index()].methods[method as usize].1;
        let (types, rows) = self.fresh_parameters(id);
        self.oblige_bounds(id, types, span);
        let (self_ty, own) = types.split_first().map_or((super::UNIT, types), |(first, rest)| (*first, rest));
        let used = MethodUse { trait_id, method, self_ty, types: own, rows };
        self.instance(id, types, rows, Named::Method(used))
    }

    /// An operation at one use.
    pub(super) fn instantiate_operation(&mut self, effect: EffectId, operation: u32) -> Instance<'a> {
        let declared = &self.program.effects[effect.index()];
        let arguments = self.fresh_types(declared.parameters);
        let used = EffectUse { effect, arguments };
        let substitution = Substitution { arena: self.arena, types: arguments, rows: &[] };
        let signature = &declared.operations[operation as usize];
        Instance {
            item: InstanceItem::Operation(used, operation),
            parameters: signature.parameters.iter().map(|(_, ty)| substitution.ty(ty)).collect(),
            row: Row { effects: self.arena.alloc_slice_copy(&[used]), tail: None },
            result: substitution.ty(signature.result),
        }
    }

    fn fresh_parameters(&mut self, id: FunctionId) -> (&'a [Ty<'a>], &'a [Row<'a>]) {
        let function = &self.program.functions[id.index()];
        let types = self.fresh_types(function.type_parameters);
        if function.row_parameters == 0 {
            return (types, &[]);
        }
        let exclusions = self.exclusions_of(id);
        let rows: SmallVec<[Row<'a>; 2]> = exclusions.iter().map(|excluded| self.table.open_row(excluded)).collect();
        (types, self.arena.alloc_slice_copy(&rows))
    }

    fn instance(&self, id: FunctionId, types: &[Ty<'a>], rows: &[Row<'a>], named: Named<'a>) -> Instance<'a> {
        let function = &self.program.functions[id.index()];
        let substitution = Substitution { arena: self.arena, types, rows };
        Instance {
            item: InstanceItem::Named(named),
            parameters: function.parameters.iter().map(|parameter| substitution.ty(parameter.ty)).collect(),
            row: substitution.row(function.row),
            result: substitution.ty(function.result),
        }
    }

    fn oblige_bounds(&mut self, id: FunctionId, types: &'a [Ty<'a>], span: Span) {
        for bound in &self.program.functions[id.index()].bounds {
            self.oblige(bound.trait_id, types[bound.parameter as usize], span);
        }
    }

    /// What the row parameters of a function exclude.
    pub(super) fn exclusions_of(&mut self, id: FunctionId) -> &'a Exclusions<'a> {
        if let Some(known) = self.exclusions.get(&id) {
            return known;
        }
        let function = &self.program.functions[id.index()];
        let mut excluded = vec![Vec::new(); function.row_parameters as usize];
        collect_row(function.row, &mut excluded);
        collect(function.result, &mut excluded);
        function.parameters.iter().for_each(|parameter| collect(parameter.ty, &mut excluded));
        let exclusions: Vec<&'a [EffectId]> =
            excluded.iter().map(|effects| &*self.arena.alloc_slice_copy(effects)).collect();
        let exclusions: &'a Exclusions<'a> = self.arena.alloc_slice_copy(&exclusions);
        self.exclusions.insert(id, exclusions);
        exclusions
    }

    /// Checks a type that is annotated in a body: what stands beside a row variable of the signature there, the signature must
    /// exclude.
    pub(super) fn check_annotation(&self, ty: Ty<'a>, span: Span) -> Outcome<()> {
        let mut beside = vec![Vec::new(); self.signature.variables.rows.len()];
        collect(ty, &mut beside);
        for (number, effects) in beside.iter().enumerate() {
            for &effect in effects {
                self.require_exclusion(number as u32, effect, super::errors::value_at(span))?;
            }
        }
        Ok(())
    }
}

/// Adds what stands beside row parameters in a type.
fn collect(ty: Ty<'_>, excluded: &mut [Vec<EffectId>]) {
    match *ty {
        Type::Vector(element) => collect(element, excluded),
        Type::Data(_, types) | Type::Tuple(types) => types.iter().for_each(|ty| collect(ty, excluded)),
        Type::Function(parameters, row, result) => {
            parameters.iter().for_each(|ty| collect(ty, excluded));
            collect_row(row, excluded);
            collect(result, excluded);
        }
        _ => {}
    }
}

/// Adds what stands beside a row's parameter.
fn collect_row(row: Row<'_>, excluded: &mut [Vec<EffectId>]) {
    for used in row.effects {
        used.arguments.iter().for_each(|ty| collect(ty, excluded));
        let Some(RowTail::Parameter(number)) = row.tail else { continue };
        let Some(effects) = excluded.get_mut(number as usize) else { continue };
        if !effects.contains(&used.effect) {
            effects.push(used.effect);
        }
    }
}
