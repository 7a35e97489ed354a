//! The validator: proves of a module what no backend checks again.
//!
//! In this order, each with its rules on top of its file:
//! `declarations` (with `layouts`, `externs`, `statics`): what stands outside of bodies;
//! `structure`: blocks, edges, forms; `dominance`: definitions before uses; `types` and `operands`: types of
//! operands and results; `effects` and `failures`: what may be performed and what may fail; `variants`: O8;
//! `ownership`: O2 to O7 and O9, in one pass in reverse post-order.
//!
//! A body is checked as far as it is sound: what a rule takes for granted is the business of the rules before it.

mod anchors;
mod cfg;
mod declarations;
mod dominance;
mod effects;
mod externs;
mod failures;
mod finding;
mod layouts;
mod operands;
mod owned;
mod ownership;
mod rules;
mod statics;
mod structure;
mod types;
mod uniqueness;
mod variants;

use crate::diagnostic::Diagnostic;
use crate::entity::LayoutId;
use crate::module::{Body, Function, FunctionKind, Module};
use crate::types::{Ownership, Stored, Type};
use cfg::Cfg;
use finding::Findings;
use std::ops::Deref;

pub use rules::RULES;

/// At most so many findings are reported of one module.
pub const FINDINGS_MAX: usize = 50;

/// A module that passed the validator: the only thing that an interpreter or a backend takes.
#[derive(Clone, Debug)]
pub struct ValidModule(Module);

impl Deref for ValidModule {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

/// Checks a module. Gives every finding up to [`FINDINGS_MAX`], at most one an instruction, in order of the text.
pub fn validate(module: Module) -> Result<ValidModule, Vec<Diagnostic>> {
    let mut diagnostics = declarations::check(&module);
    let string_layout = module.string_layout();
    for function in &module.functions {
        if diagnostics.len() >= FINDINGS_MAX {
            break;
        }
        diagnostics.extend(check_function(&module, function, string_layout));
    }
    if diagnostics.is_empty() {
        return Ok(ValidModule(module));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.line);
    diagnostics.truncate(FINDINGS_MAX);
    Err(diagnostics)
}

/// What the rules of a body look at.
struct Context<'a> {
    module: &'a Module,
    function: &'a Function,
    body: &'a Body,
    /// The layout of string literals, looked up once.
    string_layout: Option<LayoutId>,
}

impl Context<'_> {
    fn is_clause(&self) -> bool {
        matches!(self.function.kind, FunctionKind::Clause { .. })
    }

    /// The layout of a ref or a flat.
    fn layout_of(&self, ty: Type) -> Option<LayoutId> {
        match ty {
            Type::Stored(Stored::Ref(layout) | Stored::Flat(layout)) => Some(layout),
            _ => None,
        }
    }

    /// A type with its ownership, as text has them.
    fn describe(&self, ty: Type, ownership: Ownership) -> String {
        format!("{}{}", ownership_word(ownership), self.module.type_name(ty))
    }
}

/// The word that stands before a type, with a space behind it.
fn ownership_word(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Plain => "",
        Ownership::Own => "own ",
        Ownership::Uniq => "uniq ",
        Ownership::Borrow => "borrow ",
    }
}

/// The header of a function, and its body as far as it is sound.
fn check_function(module: &Module, function: &Function, string_layout: Option<LayoutId>) -> Vec<Diagnostic> {
    let mut findings = Findings::new(module, function);
    declarations::check_header(module, function, &mut findings);
    if let (true, Some(body)) = (findings.is_empty(), &function.body) {
        check_body(&Context { module, function, body, string_layout }, &mut findings);
    }
    findings.into_diagnostics()
}

fn check_body(context: &Context, findings: &mut Findings) {
    structure::check_form(context, findings);
    if !findings.is_empty() {
        return;
    }
    let cfg = Cfg::new(context.body);
    structure::check_graph(context, &cfg, findings);
    if !findings.is_empty() {
        return;
    }
    dominance::check(context, &cfg, findings);
    declarations::check_block_params(context, findings);
    let uses = types::check(context, findings);
    effects::check(context, &cfg, findings);
    if !findings.is_empty() {
        return;
    }
    failures::check(context, &cfg, findings);
    variants::check(context, &cfg, findings);
    ownership::check(context, &cfg, &uses, findings);
}
