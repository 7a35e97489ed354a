//! Functions of the runtime: declared when they are first called, with the signatures of the contract.

use super::Lowering;
use super::builder::FunctionLowering;
use super::intrinsics::{Results, misused};
use super::types::{Kind, Mono};
use crate::diagnostic::Outcome;
use crate::source::Span;
use kea_mir::contract::RUNTIME;
use kea_mir::entity::{CapabilityId, FuncId, Value};
use kea_mir::module::{
    Function, FunctionKind, Immediate, Location, Param, ResultType, Results as MirResults, Signature,
};
use kea_mir::types::{Ownership, Scalar, Stored};
use smallvec::SmallVec;

impl Lowering<'_, '_> {
    /// The runtime's function of that name, if it has one.
    pub(super) fn runtime_function(&mut self, name: &str) -> Outcome<Option<FuncId>> {
        if let Some(func) = self.externs.get(name) {
            return Ok(Some(*func));
        }
        let Some((name, text)) = RUNTIME.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        let Some((signature, effect)) = self.runtime_signature(text) else { return Ok(None) };
        let func = FuncId::new(self.module.functions.len());
        self.module.functions.push(Function {
            name: (*name).into(),
            kind: FunctionKind::Extern { effect, foreign: false },
            signature,
            captures: Vec::new(),
            location: Location::default(),
            line: 0,
            body: None,
        });
        self.externs.insert(name, func);
        Ok(Some(func))
    }

    /// `(borrow ref String, i64) -> (i64, own ref String) effect IO`
    fn runtime_signature(&mut self, text: &str) -> Option<(Signature, Option<CapabilityId>)> {
        let (params, rest) = text.strip_prefix('(')?.split_once(") -> ")?;
        let (results, effect) = match rest.rsplit_once(" effect ") {
            Some((results, capability)) => (results, Some(self.capability(capability))),
            None => (rest.strip_suffix(" pure")?, None),
        };
        let params = self.runtime_types(params)?.into_iter().map(|(ownership, ty)| Param { ty: ty.into(), ownership });
        let params = params.collect();
        let results = match results {
            "never" => MirResults::Never,
            _ => {
                let list = results.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(results);
                let types = self.runtime_types(list)?.into_iter();
                let result = |(ownership, ty): (Ownership, Stored)| ResultType {
                    ty: ty.into(),
                    ownership,
                    anchors: SmallVec::new(),
                };
                MirResults::Values(types.map(result).collect())
            }
        };
        let performs = effect.into_iter().collect();
        Some((Signature { params, results, fails: Vec::new(), escapes: false, performs }, effect))
    }

    fn runtime_types(&mut self, list: &str) -> Option<Vec<(Ownership, Stored)>> {
        let items = list.split(", ").filter(|item| !item.is_empty());
        items.map(|item| self.runtime_type(item)).collect()
    }

    fn runtime_type(&mut self, text: &str) -> Option<(Ownership, Stored)> {
        let (ownership, ty) = match text.split_once(' ') {
            Some(("borrow", ty)) => (Ownership::Borrow, ty),
            Some(("own", ty)) => (Ownership::Own, ty),
            _ => (Ownership::Plain, text),
        };
        let stored = match ty {
            "ref String" => self.stored(Mono::STRING),
            "ref Strings" => {
                let strings = self.types.intern(Kind::Vector(Mono::STRING));
                self.stored(strings)
            }
            scalar => Stored::Scalar(Scalar::from_name(scalar)?),
        };
        Some((ownership, stored))
    }

    fn capability(&mut self, name: &str) -> CapabilityId {
        CapabilityId::new(self.module.capabilities.insert_full(name.into()).0)
    }
}

impl FunctionLowering<'_, '_, '_> {
    /// A call of a function of the runtime: its results.
    pub(super) fn runtime_results(&mut self, func: FuncId, args: &[Value], span: Span) -> Outcome<Results> {
        let function = self.lowering.module.function(func);
        let params: Vec<_> = function.signature.params.iter().map(|param| param.ty).collect();
        let types: Vec<_> = function.signature.results().iter().map(|result| result.ty).collect();
        let never = function.signature.results == MirResults::Never;
        let performs = matches!(function.kind, FunctionKind::Extern { effect: Some(_), .. });
        let name = function.name.clone();
        if !args.iter().map(|value| self.draft.values[value.index()]).eq(params) {
            return Err(misused(&name, span));
        }
        self.at(span);
        let results: Results = types.into_iter().map(|ty| self.draft.value(ty)).collect();
        let mnemonic = if performs { "perform.capability" } else { "call" };
        self.run_with(mnemonic, Immediate::Func(func), args, &results);
        if never {
            self.terminate("unreachable", Immediate::None, &[], Vec::new());
        }
        Ok(results)
    }
}
