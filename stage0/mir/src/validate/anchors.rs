//! What borrowed values live as long as.

use super::Context;
use crate::contract::Opcode;
use crate::entity::Value;
use crate::module::{Immediate, Inst, ResultType, Results};
use crate::types::{Anchor, Anchors, Ownership};

/// The anchors of every borrowed value, and of every evidence record: what it captured.
pub(super) struct AnchorTable<'a> {
    context: &'a Context<'a>,
    ranges: Vec<(u32, u32)>,
    anchors: Vec<Anchor>,
}

impl<'a> AnchorTable<'a> {
    /// The table with the function's borrowed parameters, which anchor themselves.
    pub fn new(context: &'a Context<'a>) -> AnchorTable<'a> {
        let mut table = AnchorTable { context, ranges: vec![(0, 0); context.body.values.len()], anchors: Vec::new() };
        for index in 0..context.function.signature.params.len() {
            let param = Value::new(index);
            if context.body.ownership(param) == Ownership::Borrow {
                table.define(param, &[Anchor::Value(param)]);
            }
        }
        table
    }

    /// Notes the anchors of a value.
    pub fn define(&mut self, value: Value, anchors: &[Anchor]) {
        let start = self.anchors.len() as u32;
        self.anchors.extend_from_slice(anchors);
        self.ranges[value.index()] = (start, self.anchors.len() as u32);
    }

    /// The anchors that were noted for a value.
    pub fn of(&self, value: Value) -> &[Anchor] {
        let (start, end) = self.ranges[value.index()];
        &self.anchors[start as usize..end as usize]
    }

    /// What a value that is read lives as long as: an owned one as long as itself.
    pub fn lifetime(&self, value: Value) -> Anchors {
        match self.context.body.ownership(value) {
            Ownership::Plain => Anchors::new(),
            Ownership::Own | Ownership::Uniq => Anchors::from_slice(&[Anchor::Value(value)]),
            Ownership::Borrow => Anchors::from_slice(self.of(value)),
        }
    }

    /// What any of these values lives as long as.
    pub fn lifetimes(&self, values: impl Iterator<Item = Value>) -> Anchors {
        let mut anchors = Anchors::new();
        for value in values {
            for anchor in self.lifetime(value) {
                if !anchors.contains(&anchor) {
                    anchors.push(anchor);
                }
            }
        }
        anchors
    }

    /// Notes the anchors of what an instruction defines.
    pub fn define_results(&mut self, inst: &Inst) {
        use Opcode::*;
        let body = self.context.body;
        match inst.opcode() {
            Evidence => {
                let captured = self.lifetimes(inst.args.iter().copied());
                self.define(inst.first_result, &captured);
            }
            Call | PerformCapability | CallClosure | PerformHandler => {
                for (index, value) in inst.results().enumerate() {
                    if body.ownership(value) == Ownership::Borrow {
                        let anchors = self.of_call_result(inst, index);
                        self.define(value, &anchors);
                    }
                }
            }
            Field | Part | Elem | Capture if body.ownership(inst.first_result) == Ownership::Borrow => {
                let anchors = self.lifetime(inst.args[0]);
                self.define(inst.first_result, &anchors);
            }
            String | Data | StaticClosure | GlobalGet => self.define(inst.first_result, &[Anchor::Static]),
            _ => {}
        }
    }

    /// The anchors of a borrowed result of a call: those of the arguments that it names.
    pub fn of_call_result(&self, inst: &Inst, result: usize) -> Anchors {
        let Some((results, first)) = callee_results(self.context, inst) else { return Anchors::new() };
        let Some(result) = results.get(result) else { return Anchors::new() };
        let named = result.anchors.iter().filter_map(|index| inst.args.get(first + *index as usize).copied());
        let anchors = self.lifetimes(named);
        if anchors.is_empty() { Anchors::from_slice(&[Anchor::Static]) } else { anchors }
    }
}

/// The results of what an instruction calls, and the number of the operand that is its first parameter.
pub(super) fn callee_results<'a>(context: &Context<'a>, inst: &Inst) -> Option<(&'a [ResultType], usize)> {
    let (results, first) = match &inst.immediate {
        Immediate::Func(callee) => (&context.module.function(*callee).signature.results, 0),
        Immediate::Operation(effect, operation) => {
            (&context.module.effect(*effect).operations[*operation as usize].results, 1)
        }
        _ => (&super::effects::closure_signature(context, inst)?.results, 1),
    };
    match results {
        Results::Never => None,
        Results::Values(values) => Some((values, first)),
    }
}
