//! The types and the ownership of an instruction's results, from its operands. The reader calls it as it goes;
//! the validator checks the operands themselves.

use crate::contract::{OPS, Opcode};
use crate::entity::{LayoutId, Value};
use crate::layout::{LayoutKind, Shape};
use crate::module::{Body, Immediate, Inst, Module, ResultType, Results, ValueData};
use crate::types::{Ownership, Scalar, Stored, Type};
use smallvec::{SmallVec, smallvec};

/// The results of an instruction.
pub type ResultData = SmallVec<[ValueData; 2]>;

/// Why an instruction can have no results of any type: its operands do not fit it. A whole sentence.
pub type InferError = String;

impl Module {
    /// The types and the ownership of the instruction's results. A terminator's are those that its first target
    /// (`try_…`) or each target (`try_claim`, `switch_fail`) receives: see [`Module::edge_values`].
    pub fn infer_results(&self, body: &Body, inst: &Inst) -> Result<ResultData, InferError> {
        let operand = |index: usize| -> Result<Type, InferError> {
            let value =
                inst.args.get(index).ok_or_else(|| format!("`{}` lacks an operand", inst.mnemonic.info().text))?;
            body.values.get(value.index()).map(|data| data.ty).ok_or_else(|| format!("v{} is not defined", value.0))
        };
        let one = |data: ValueData| Ok(smallvec![data]);
        match (inst.opcode(), &inst.immediate) {
            (Opcode::String, _) => {
                let layout = self.string_layout().ok_or("`string` needs `layout String array i8`")?;
                one(self.borrowed(Stored::Ref(layout)))
            }
            (Opcode::Data, Immediate::Data(data)) => {
                let layout = self.data[data.index()].layout().ok_or("the data has no objects")?;
                one(self.borrowed(Stored::Ref(layout)))
            }
            (Opcode::Retain | Opcode::Freeze, _) => one(ValueData { ty: operand(0)?, ownership: Ownership::Own }),
            (Opcode::Immediate, Immediate::Variant(layout, _)) => {
                one(ValueData { ty: Stored::Ref(*layout).into(), ownership: Ownership::Own })
            }
            (Opcode::New, Immediate::New { layout, variant, hole, .. }) => {
                let mut results: ResultData = smallvec![unique(Stored::Ref(*layout))];
                if let Some(field) = hole {
                    let field = &self.layout(*layout).variants()[*variant as usize].fields[*field as usize];
                    results.push(ValueData { ty: Type::Hole(field.ty), ownership: Ownership::Own });
                }
                Ok(results)
            }
            (Opcode::Take, Immediate::Variant(layout, variant)) => {
                let variant = &self.layout(*layout).variants()[*variant as usize];
                let Shape::Cell { size, .. } = variant.shape else {
                    return Err("`take` needs a variant that is a cell".into());
                };
                let mut results: ResultData = variant.fields.iter().map(|field| self.owned(field.ty)).collect();
                results.push(ValueData { ty: Type::Token(size), ownership: Ownership::Own });
                Ok(results)
            }
            (Opcode::Unpack, Immediate::Variant(layout, variant)) => Ok(self.layout(*layout).variants()
                [*variant as usize]
                .fields
                .iter()
                .map(|field| self.owned(field.ty))
                .collect()),
            (Opcode::Field | Opcode::Part, Immediate::Field { layout, variant, field }) => {
                one(self.borrowed(self.field_type(*layout, *variant, *field)))
            }
            (Opcode::Swap, Immediate::Field { layout, variant, field }) => {
                Ok(smallvec![unique_of(operand(0)?), self.owned(self.field_type(*layout, *variant, *field))])
            }
            (Opcode::Pack, Immediate::Variant(layout, _)) => one(self.owned(Stored::Flat(*layout))),
            (Opcode::ArrayNew, Immediate::Layout(layout)) => {
                self.element_of(Stored::Ref(*layout).into())?;
                one(unique(Stored::Ref(*layout)))
            }
            (Opcode::Parallel, Immediate::Layout(layout)) => one(unique(Stored::Ref(*layout))),
            (Opcode::Elem, _) => one(self.borrowed(self.element_of(operand(0)?)?)),
            (Opcode::ElemSwap | Opcode::ElemTake | Opcode::ArrayPop, _) => {
                let element = self.element_of(operand(0)?)?;
                Ok(smallvec![unique_of(operand(0)?), self.owned(element)])
            }
            (
                Opcode::Store
                | Opcode::ElemStore
                | Opcode::ElemPut
                | Opcode::ArrayPush
                | Opcode::ArrayReserve
                | Opcode::ArrayUnshare
                | Opcode::ArrayTruncate
                | Opcode::ArrayExtend
                | Opcode::ArrayAppend
                | Opcode::ArrayMove,
                _,
            ) => one(unique_of(operand(0)?)),
            (Opcode::Closure, Immediate::Closure(signature, _)) => {
                one(ValueData { ty: Stored::Fn(*signature).into(), ownership: Ownership::Own })
            }
            (Opcode::StaticClosure, Immediate::Closure(signature, _)) => one(self.borrowed(Stored::Fn(*signature))),
            (Opcode::Call | Opcode::PerformCapability, Immediate::Func(callee)) => {
                Ok(call_results(&self.function(*callee).signature.results))
            }
            (Opcode::CallClosure, _) => {
                let ty = operand(0)?;
                let signature =
                    self.closure_signature(ty).ok_or_else(|| format!("{} is not a closure", self.type_name(ty)))?;
                Ok(call_results(&self.signature(signature).results))
            }
            (Opcode::PerformHandler, Immediate::Operation(effect, operation)) => {
                Ok(call_results(&self.effect(*effect).operations[*operation as usize].results))
            }
            (Opcode::Evidence, Immediate::Evidence(effect, _)) => {
                one(ValueData { ty: Type::Ev(*effect), ownership: Ownership::Own })
            }
            (Opcode::VarNew, Immediate::Type(ty)) => one(ValueData { ty: Type::Var(*ty), ownership: Ownership::Own }),
            (Opcode::VarGet | Opcode::VarTake | Opcode::VarEnd, _) => match operand(0)? {
                Type::Var(stored) => one(self.owned(stored)),
                other => Err(format!("{} is not a variable", self.type_name(other))),
            },
            (Opcode::GlobalGet, Immediate::Global(global)) => one(self.borrowed(self.globals[global.index()].ty)),
            // `capture` needs the function: see `infer_capture`.
            _ => self.scalar_results(inst),
        }
    }

    /// The result of a `capture` in a function with these captures.
    pub fn infer_capture(&self, captures: &[Type], index: u32) -> Result<ValueData, InferError> {
        let ty = captures
            .get(index as usize)
            .ok_or_else(|| format!("there is no captured value {index}: the function captures {}", captures.len()))?;
        Ok(match ty {
            Type::Stored(stored) => self.borrowed(*stored),
            other => ValueData { ty: *other, ownership: Ownership::Borrow },
        })
    }

    /// The results that the contract's table alone gives.
    fn scalar_results(&self, inst: &Inst) -> Result<ResultData, InferError> {
        let row = inst.mnemonic.info();
        let results = OPS[row.opcode as usize].results.iter();
        results
            .map(|category| {
                let scalar = match *category {
                    "T" => row.scalar,
                    "T2" => row.scalar2,
                    name => Scalar::from_name(name),
                };
                let scalar = scalar.ok_or_else(|| format!("`{}` needs operands that it does not have", row.text))?;
                Ok(ValueData { ty: scalar.into(), ownership: Ownership::Plain })
            })
            .collect()
    }

    fn field_type(&self, layout: LayoutId, variant: u32, field: u32) -> Stored {
        self.layout(layout).variants()[variant as usize].fields[field as usize].ty
    }

    /// The element of a `ref` to an array.
    pub fn element_of(&self, ty: Type) -> Result<Stored, InferError> {
        if let Type::Stored(Stored::Ref(layout)) = ty
            && let LayoutKind::Array(element) = self.layout(layout).kind
        {
            return Ok(element);
        }
        Err(format!("{} is not an array", self.type_name(ty)))
    }

    /// An owned value of the type; plain when it is not managed.
    pub fn owned(&self, ty: Stored) -> ValueData {
        self.value_data(ty, Ownership::Own)
    }

    /// A borrowed value of the type; plain when it is not managed.
    pub fn borrowed(&self, ty: Stored) -> ValueData {
        self.value_data(ty, Ownership::Borrow)
    }

    fn value_data(&self, ty: Stored, ownership: Ownership) -> ValueData {
        let ownership = if self.is_managed_stored(ty) { ownership } else { Ownership::Plain };
        ValueData { ty: ty.into(), ownership }
    }

    /// What the terminator itself hands to its target number `target`, before the target's own arguments.
    pub fn edge_values(&self, body: &Body, inst: &Inst, target: usize) -> ResultData {
        use crate::module::Label;
        let failure = || smallvec![ValueData { ty: Type::Fail, ownership: Ownership::Own }];
        let operand = |index: usize| inst.args.get(index).map(|value: &Value| body.ty(*value));
        match (inst.opcode(), inst.targets[target].label, &inst.immediate) {
            (Opcode::TryClaim, _, _) => {
                let ownership = if target == 0 { Ownership::Uniq } else { Ownership::Own };
                operand(0).map(|ty| smallvec![ValueData { ty, ownership }]).unwrap_or_default()
            }
            (_, Label::Fail | Label::Escape(_), _) => failure(),
            (Opcode::SwitchFail, Label::Else, _) => failure(),
            (Opcode::SwitchFail, Label::Operation(effect, operation), _) => {
                let params = &self.effect(effect).operations[operation as usize].params;
                params.iter().map(|param| ValueData { ty: param.ty, ownership: param.ownership }).collect()
            }
            (Opcode::TryCall, _, Immediate::Func(callee)) => call_results(&self.function(*callee).signature.results),
            (Opcode::TryCallClosure, _, _) => match operand(0).and_then(|ty| self.closure_signature(ty)) {
                Some(signature) => call_results(&self.signature(signature).results),
                None => ResultData::new(),
            },
            (Opcode::TryPerform, _, Immediate::Operation(effect, operation)) => {
                call_results(&self.effect(*effect).operations[*operation as usize].results)
            }
            _ => ResultData::new(),
        }
    }
}

fn unique(ty: Stored) -> ValueData {
    unique_of(ty.into())
}

fn unique_of(ty: Type) -> ValueData {
    ValueData { ty, ownership: Ownership::Uniq }
}

fn call_results(results: &Results) -> ResultData {
    match results {
        Results::Never => ResultData::new(),
        Results::Values(values) => {
            values.iter().map(|ResultType { ty, ownership, .. }| ValueData { ty: *ty, ownership: *ownership }).collect()
        }
    }
}
