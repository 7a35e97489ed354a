//! Findings: what a rule says when it is broken, and where.

use crate::diagnostic::{Diagnostic, Severity};
use crate::entity::{Block, InstId, LayoutId, Value};
use crate::module::{Body, Function, Module};
use crate::writer::write_inst;

/// A broken rule: its word, and what is wrong.
#[derive(Debug)]
pub(super) struct Broken {
    pub rule: &'static str,
    pub message: String,
}

/// The outcome of a rule.
pub(super) type Check<T = ()> = Result<T, Broken>;

/// A rule that is broken.
pub(super) fn broken<T>(rule: &'static str, message: impl Into<String>) -> Check<T> {
    Err(Broken { rule, message: message.into() })
}

/// Holds a rule to a condition; the message is made only when it is broken.
pub(super) fn ensure(holds: bool, rule: &'static str, message: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { broken(rule, message()) }
}

/// Where in a function a finding stands, in order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its first line.
    Header,
    /// The first line of a block.
    Block(Block),
    /// An instruction of a block.
    Inst(Block, InstId),
}

/// The findings of one function.
pub(super) struct Findings<'a> {
    module: &'a Module,
    function: &'a Function,
    found: Vec<(Place, Broken)>,
}

impl<'a> Findings<'a> {
    pub fn new(module: &'a Module, function: &'a Function) -> Findings<'a> {
        Findings { module, function, found: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn push(&mut self, place: Place, finding: Broken) {
        self.found.push((place, finding));
    }

    /// Notes the outcome of a rule. Gives whether it holds.
    pub fn note(&mut self, place: Place, outcome: Check) -> bool {
        outcome.map_err(|finding| self.push(place, finding)).is_ok()
    }

    /// The findings in order of the text, the first of each place.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        let body = self.function.body.as_ref();
        let position = |place: Place| match (place, body) {
            (Place::Inst(_, inst), _) => 2 * inst.index() + 2,
            (Place::Block(block), Some(body)) => 2 * first_inst(body, block) + 1,
            _ => 0,
        };
        self.found.sort_by_key(|(place, _)| position(*place));
        self.found.dedup_by_key(|(place, _)| *place);
        let found = std::mem::take(&mut self.found);
        found.into_iter().map(|(place, finding)| self.diagnostic(place, finding)).collect()
    }

    fn diagnostic(&self, place: Place, finding: Broken) -> Diagnostic {
        let mut diagnostic = Diagnostic {
            severity: Severity::Error,
            rule: finding.rule,
            message: finding.message,
            line: self.function.line,
            function: Some(self.function.name.clone()),
            block: None,
            instruction: None,
            location: self.function.location,
        };
        let Some(body) = &self.function.body else { return diagnostic };
        let line = |index: usize| body.lines.get(index).copied().unwrap_or(0);
        match place {
            Place::Header => {}
            Place::Block(block) => {
                diagnostic.block = Some(block.0);
                // Of the lines of a block only those of its instructions are known.
                diagnostic.line = line(first_inst(body, block));
            }
            Place::Inst(block, inst) => {
                let data = body.inst(inst);
                diagnostic.block = Some(block.0);
                diagnostic.line = line(inst.index());
                diagnostic.location = data.location;
                diagnostic.instruction = Some(write_inst(self.module, body, data).into());
            }
        }
        diagnostic
    }
}

fn first_inst(body: &Body, block: Block) -> usize {
    body.blocks.get(block.index()).map_or(0, |block| block.insts.start as usize)
}

/// A number of things, by a noun in the singular.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A value's name in text.
pub(super) fn name(value: Value) -> String {
    format!("v{}", value.0)
}

/// Values' names in text, in order.
pub(super) fn names(values: &[Value]) -> String {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

/// `LAYOUT.VARIANT` in text.
pub(super) fn variant_name(module: &Module, layout: LayoutId, variant: u32) -> String {
    let layout = module.layout(layout);
    let variant = layout.variants().get(variant as usize).map_or("?", |variant| &variant.name);
    format!("{}.{variant}", layout.name)
}
