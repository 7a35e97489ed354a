//! The calling convention: how parameters, results and failures become machine values. `docs/mir.md` explains it.

use crate::entity::{EffectId, FuncId, SignatureId};
use crate::layout::Slot;
use crate::module::{Label, Module, OperationClass, Param, Results, Signature};
use crate::types::{Scalar, Stored, Type};

/// At most so many integer registers carry results, status included.
pub const INTEGER_RESULTS_MAX: usize = 6;
/// At most so many float registers carry results.
pub const FLOAT_RESULTS_MAX: usize = 8;

/// How many slots of each class a failing call's results and payloads share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SharedSlots {
    /// 64-bit integers; narrower values are zero-extended, `f32` travels as its bits.
    pub integers: usize,
    /// `f64`.
    pub floats: usize,
}

impl SharedSlots {
    /// The larger of each class.
    pub fn max(self, other: SharedSlots) -> SharedSlots {
        SharedSlots { integers: self.integers.max(other.integers), floats: self.floats.max(other.floats) }
    }

    /// Bytes in memory: integers, then floats.
    pub fn size(self) -> u32 {
        8 * (self.integers + self.floats) as u32
    }

    /// The slots that values with these machine slots take.
    pub fn of(slots: impl Iterator<Item = Slot>) -> SharedSlots {
        let mut shared = SharedSlots::default();
        for slot in slots {
            match slot {
                Slot::Scalar(Scalar::F64) => shared.floats += 1,
                _ => shared.integers += 1,
            }
        }
        shared
    }
}

/// How a call gives its results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResultShape {
    /// Nothing comes back.
    Never,
    /// Each slot in a register of its own.
    Registers(Vec<Slot>),
    /// In a result area: each slot at its offset, 8 bytes apart.
    Area(Vec<Slot>),
    /// Status, then shared slots in registers.
    FailingRegisters(SharedSlots),
    /// Status in a register, shared slots in a result area: integers first.
    FailingArea(SharedSlots),
}

impl ResultShape {
    /// Whether a pointer to a result area is the first parameter.
    pub fn has_area(&self) -> bool {
        matches!(self, ResultShape::Area(_) | ResultShape::FailingArea(_))
    }
}

impl Module {
    /// The machine slots of a value: what it is passed as.
    pub fn value_slots(&self, ty: Type) -> Vec<Slot> {
        match ty {
            Type::Stored(stored) => self.slots(stored).into_iter().map(|(_, slot)| slot).collect(),
            Type::Token(_) | Type::Hole(_) | Type::Var(_) | Type::Ev(_) | Type::Env => vec![Slot::Scalar(Scalar::Ptr)],
            // A failure's slots depend on the function: see `failure_slots`.
            Type::Fail => Vec::new(),
        }
    }

    /// The machine slots of parameters, in order.
    pub fn param_slots(&self, params: &[Param]) -> Vec<Slot> {
        params.iter().flat_map(|param| self.value_slots(param.ty)).collect()
    }

    /// The slots of the payloads of these effects' failures: the maximum for each class.
    pub fn payload_slots(&self, fails: &[EffectId]) -> SharedSlots {
        let operations = fails.iter().flat_map(|effect| &self.effect(*effect).operations);
        operations
            .filter(|operation| operation.class == OperationClass::Zero)
            .map(|operation| SharedSlots::of(self.param_slots(&operation.params).into_iter()))
            .fold(SharedSlots::default(), SharedSlots::max)
    }

    /// How a call with that signature gives its results.
    pub fn result_shape(&self, signature: &Signature) -> ResultShape {
        self.shape_of(&signature.results, signature.may_fail(), &signature.fails)
    }

    /// How an operation's clause gives its results. An operation that escapes has a status.
    pub fn operation_shape(&self, effect: EffectId, operation: u32) -> ResultShape {
        let operation = &self.effect(effect).operations[operation as usize];
        self.shape_of(&operation.results, operation.class == OperationClass::TailEscapes, &[])
    }

    fn shape_of(&self, results: &Results, may_fail: bool, fails: &[EffectId]) -> ResultShape {
        let slots: Vec<Slot> = match results {
            Results::Never => Vec::new(),
            Results::Values(values) => values.iter().flat_map(|result| self.value_slots(result.ty)).collect(),
        };
        if may_fail {
            let shared = SharedSlots::of(slots.into_iter()).max(self.payload_slots(fails));
            let fits = shared.integers < INTEGER_RESULTS_MAX && shared.floats <= FLOAT_RESULTS_MAX;
            return if fits { ResultShape::FailingRegisters(shared) } else { ResultShape::FailingArea(shared) };
        }
        if *results == Results::Never {
            return ResultShape::Never;
        }
        let floats = slots.iter().filter(|slot| matches!(slot, Slot::Scalar(scalar) if scalar.is_float())).count();
        let fits = slots.len() - floats <= INTEGER_RESULTS_MAX && floats <= FLOAT_RESULTS_MAX;
        if fits { ResultShape::Registers(slots) } else { ResultShape::Area(slots) }
    }

    /// The slots that a `fail` value has in a function: enough for the function's own failures, for those of
    /// everything that it calls, for those that its evidence may escape with, and for those that its cases name.
    pub fn failure_slots(&self, function: FuncId) -> SharedSlots {
        let function = self.function(function);
        let mut shared = self.payload_slots(&function.signature.fails);
        let Some(body) = &function.body else { return shared };
        for inst in &body.insts {
            for target in &inst.targets {
                // A case may name a failure that no call gives any more.
                if let Label::Operation(effect, _) = target.label {
                    shared = shared.max(self.payload_slots(&[effect]));
                }
            }
            shared = shared.max(match (&inst.immediate, inst.opcode()) {
                (crate::module::Immediate::Func(callee), crate::contract::Opcode::TryCall) => {
                    self.payload_slots(&self.function(*callee).signature.fails)
                }
                (crate::module::Immediate::Evidence(_, clauses), _) => self.escape_slots(clauses),
                (_, crate::contract::Opcode::TryCallClosure) => inst
                    .args
                    .first()
                    .and_then(|closure| self.closure_signature(body.ty(*closure)))
                    .map_or(SharedSlots::default(), |signature| self.payload_slots(&self.signature(signature).fails)),
                _ => SharedSlots::default(),
            });
        }
        shared
    }

    /// The slots of the escape area of an evidence record with these clauses.
    pub fn escape_slots(&self, clauses: &[FuncId]) -> SharedSlots {
        clauses
            .iter()
            .map(|clause| self.payload_slots(&self.function(*clause).signature.fails))
            .fold(SharedSlots::default(), SharedSlots::max)
    }

    /// The signature of a closure's type.
    pub fn closure_signature(&self, ty: Type) -> Option<SignatureId> {
        match ty {
            Type::Stored(Stored::Fn(signature)) => Some(signature),
            _ => None,
        }
    }
}
