//! Cranelift's signatures for the contract's convention.

use super::Lowering;
use cranelift_codegen::ir::{self, AbiParam, types};
use cranelift_codegen::isa::CallConv;
use kea_mir::contract::SERVICES;
use kea_mir::convention::{ResultShape, SharedSlots};
use kea_mir::entity::FuncId;
use kea_mir::layout::Slot;
use kea_mir::module::{FunctionKind, Module, Operation, Results, Signature};
use kea_mir::types::Scalar;

/// The machine type of a scalar.
pub(super) fn scalar_type(scalar: Scalar) -> ir::Type {
    match scalar {
        Scalar::I8 | Scalar::Bool => types::I8,
        Scalar::I16 => types::I16,
        Scalar::I32 => types::I32,
        Scalar::I64 | Scalar::Ptr => types::I64,
        Scalar::F32 => types::F32,
        Scalar::F64 => types::F64,
    }
}

/// The machine type of a slot.
pub(super) fn slot_type(slot: Slot) -> ir::Type {
    match slot {
        Slot::Scalar(scalar) => scalar_type(scalar),
        Slot::Managed => types::I64,
    }
}

/// How a function or a clause gives its results.
pub(super) fn shape(module: &Module, function: FuncId) -> ResultShape {
    let function = module.function(function);
    match function.kind {
        FunctionKind::Clause { effect, operation } => module.operation_shape(effect, operation),
        _ => module.result_shape(&function.signature),
    }
}

/// The signature of a function of the module.
pub(super) fn function(lowering: &Lowering, id: FuncId) -> ir::Signature {
    let module = lowering.module;
    let function = module.function(id);
    match function.kind {
        FunctionKind::Extern { foreign, .. } => external(lowering, &function.signature, foreign),
        _ => kea(&shape(module, id), &[], module.param_slots(&function.signature.params)),
    }
}

/// The signature of the code of a closure.
pub(super) fn closure(module: &Module, signature: &Signature) -> ir::Signature {
    let slots = module.param_slots(&signature.params);
    // Evidence comes before the environment; the slots of both are pointers.
    kea(&module.result_shape(signature), &[types::I64], slots)
}

/// The signature of the code of the closures that `parallel` calls: the environment and a number, for a word.
pub(super) fn task_closure() -> ir::Signature {
    let shape = ResultShape::Registers(vec![Slot::Managed]);
    kea(&shape, &[types::I64], vec![Slot::Scalar(Scalar::I64)])
}

/// The signature of the clauses of an operation.
pub(super) fn clause(module: &Module, operation: &Operation, shape: &ResultShape) -> ir::Signature {
    kea(shape, &[types::I64], module.param_slots(&operation.params))
}

fn kea(shape: &ResultShape, leading: &[ir::Type], slots: Vec<Slot>) -> ir::Signature {
    let mut signature = ir::Signature::new(CallConv::Tail);
    let area = shape.has_area().then_some(types::I64);
    let params = area.into_iter().chain(leading.iter().copied()).chain(slots.into_iter().map(slot_type));
    signature.params = params.map(AbiParam::new).collect();
    signature.returns = match shape {
        ResultShape::Never | ResultShape::Area(_) => Vec::new(),
        ResultShape::Registers(slots) => slots.iter().map(|slot| AbiParam::new(slot_type(*slot))).collect(),
        ResultShape::FailingRegisters(SharedSlots { integers, floats }) => {
            let integers = std::iter::repeat_n(types::I64, 1 + integers);
            integers.chain(std::iter::repeat_n(types::F64, *floats)).map(AbiParam::new).collect()
        }
        ResultShape::FailingArea(_) => vec![AbiParam::new(types::I64)],
    };
    signature
}

/// The platform's C convention; the runtime's functions take the context first.
fn external(lowering: &Lowering, signature: &Signature, foreign: bool) -> ir::Signature {
    let module = lowering.module;
    let mut result = ir::Signature::new(lowering.isa.default_call_conv());
    if !foreign {
        result.params.push(AbiParam::new(types::I64));
    }
    result.params.extend(module.param_slots(&signature.params).into_iter().map(external_param));
    if let Results::Values(values) = &signature.results {
        let slots = values.iter().flat_map(|value| module.value_slots(value.ty));
        result.returns.extend(slots.map(|slot| AbiParam::new(slot_type(slot))));
    }
    result
}

/// Compilers of C count on the caller's extending narrow arguments: truth values by zeros, integers by their sign.
fn external_param(slot: Slot) -> AbiParam {
    let param = AbiParam::new(slot_type(slot));
    match slot {
        Slot::Scalar(Scalar::Bool) => param.uext(),
        Slot::Scalar(Scalar::I8 | Scalar::I16) => param.sext(),
        _ => param,
    }
}

/// The signature of a service, from the contract's text: `(TYPE NAME, …) -> TYPE`.
pub(super) fn service(lowering: &Lowering, name: &str) -> ir::Signature {
    let text = SERVICES.iter().find(|(service, _)| *service == name).map_or("", |(_, text)| text);
    let (params, result) = text.split_once("->").unwrap_or((text, ""));
    let mut signature = ir::Signature::new(lowering.isa.default_call_conv());
    if name != "kea_start" {
        signature.params.push(AbiParam::new(types::I64));
    }
    let params = params.trim().trim_start_matches('(').trim_end_matches(')').split(',');
    signature.params.extend(params.filter_map(|param| service_type(param.split_whitespace().next()?)));
    signature.returns.extend(service_type(result.trim()));
    signature
}

fn service_type(name: &str) -> Option<AbiParam> {
    Scalar::from_name(name).map(|scalar| AbiParam::new(scalar_type(scalar)))
}

/// `memmove` of the C library.
pub(super) fn memmove(lowering: &Lowering) -> ir::Signature {
    let mut signature = ir::Signature::new(lowering.isa.default_call_conv());
    signature.params = vec![AbiParam::new(types::I64); 3];
    signature.returns = vec![AbiParam::new(types::I64)];
    signature
}
