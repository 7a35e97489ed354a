//! Types, parameters, results and what may come out besides them.

use super::Writer;
use crate::entity::{CapabilityId, EffectId};
use crate::module::{Param, ResultType, Results, Signature};
use crate::types::{Ownership, Stored, Type};

impl Writer<'_> {
    pub(super) fn stored(&mut self, ty: Stored) {
        let module = self.module;
        match ty {
            Stored::Scalar(scalar) => self.text(scalar.name()),
            Stored::Ref(layout) => {
                self.text("ref ");
                self.text(&module.layout(layout).name);
            }
            Stored::Flat(layout) => {
                self.text("flat ");
                self.text(&module.layout(layout).name);
            }
            Stored::Fn(signature) => {
                self.text("fn ");
                self.text(&module.signatures[signature.index()].name);
            }
        }
    }

    pub(super) fn ty(&mut self, ty: Type) {
        match ty {
            Type::Stored(stored) => self.stored(stored),
            Type::Token(size) => {
                self.text("token ");
                self.number(size);
            }
            Type::Hole(stored) => {
                self.text("hole ");
                self.stored(stored);
            }
            Type::Var(stored) => {
                self.text("var ");
                self.stored(stored);
            }
            Type::Ev(effect) => {
                self.text("ev ");
                let name = &self.module.effect(effect).name;
                self.out.push_str(name);
            }
            Type::Env => self.text("env"),
            Type::Fail => self.text("fail"),
        }
    }

    /// `own `, `uniq `, `borrow `, or nothing where none is stated for the type.
    pub(super) fn ownership(&mut self, ty: Type, ownership: Ownership) {
        match ownership {
            _ if matches!(ty, Type::Ev(_) | Type::Env) => {}
            Ownership::Plain => {}
            Ownership::Own => self.text("own "),
            Ownership::Uniq => self.text("uniq "),
            Ownership::Borrow => self.text("borrow "),
        }
    }

    pub(super) fn param(&mut self, param: Param) {
        self.ownership(param.ty, param.ownership);
        self.ty(param.ty);
    }

    /// `(PARAMS) -> RESULTS [fails …] (pure | performs …)`
    pub(super) fn signature(&mut self, signature: &Signature) {
        self.text("(");
        self.list(&signature.params, |writer, param| writer.param(*param));
        self.text(") -> ");
        self.results(&signature.results);
        self.fails(&signature.fails, signature.escapes);
        self.performs(&signature.performs);
    }

    /// `never`, `()`, one result, or several in parentheses.
    pub(super) fn results(&mut self, results: &Results) {
        match results {
            Results::Never => self.text("never"),
            Results::Values(values) if values.len() == 1 => self.result(&values[0]),
            Results::Values(values) => {
                self.text("(");
                self.list(values, Self::result);
                self.text(")");
            }
        }
    }

    fn result(&mut self, result: &ResultType) {
        if result.ownership == Ownership::Borrow && !matches!(result.ty, Type::Ev(_) | Type::Env) {
            self.text("borrow(");
            if result.anchors.is_empty() {
                self.text("static");
            }
            self.list(&result.anchors, |writer, anchor| writer.number(*anchor));
            self.text(") ");
        } else {
            self.ownership(result.ty, result.ownership);
        }
        self.ty(result.ty);
    }

    /// ` fails EFFECT, …, escape`, where something may come out.
    pub(super) fn fails(&mut self, effects: &[EffectId], escapes: bool) {
        if effects.is_empty() && !escapes {
            return;
        }
        let module = self.module;
        self.text(" fails ");
        let names = effects.iter().map(|effect| &*module.effect(*effect).name);
        self.list(names.chain(escapes.then_some("escape")), Self::text);
    }

    /// ` pure` or ` performs CAPABILITY, …`
    pub(super) fn performs(&mut self, capabilities: &[CapabilityId]) {
        if capabilities.is_empty() {
            return self.text(" pure");
        }
        self.text(" performs ");
        self.list(capabilities, |writer, capability| writer.capability(*capability));
    }

    pub(super) fn capability(&mut self, capability: CapabilityId) {
        let module = self.module;
        self.text(module.capabilities.get_index(capability.index()).map_or("", |name| name));
    }
}
