//! What instructions do with their operands and how they own their results, as far as counting is concerned.

use kea_mir::contract::{OPS, Opcode};
use kea_mir::entity::Value;
use kea_mir::module::{Immediate, Module, Param, ResultType, Signature};
use kea_mir::types::{Ownership, Type};

use crate::draft::DraftInst;

/// What an instruction does with an operand of a counted type. Of other operands it means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Looks at it.
    Read,
    /// Takes over one count.
    Consume,
    /// Takes over the only count.
    ConsumeUnique,
}

/// Whether values of the type have counts: they can be retained and released. Tokens, variables, evidence and failures cannot.
pub(super) fn is_counted(module: &Module, ty: Type) -> bool {
    ty.stored().is_some_and(|stored| module.is_managed_stored(stored))
}

/// What the instruction does with operand number `index`.
pub(super) fn use_of(module: &Module, caller: &Signature, types: &[Type], inst: &DraftInst, index: usize) -> Use {
    use Opcode::{
        ArrayAppend, ArrayCapacity, ArrayExtend, ArrayLength, ArrayMove, ArrayPop, ArrayPush, ArrayReserve,
        ArrayTruncate, Call, CallClosure, Capture, Elem, ElemPut, ElemStore, ElemSwap, ElemTake, Evidence, Field,
        Freeze, Parallel, Part, PerformCapability, PerformFail, PerformHandler, Resume, Retain, Return, Same, Store,
        Swap, SwitchTag, Tag, TailCall, TailCallClosure, TryCall, TryCallClosure, TryPerform,
    };
    match (inst.mnemonic.info().opcode, &inst.immediate) {
        (
            Retain | Field | Part | Tag | SwitchTag | Same | ArrayLength | ArrayCapacity | Elem | Capture | Evidence
            | Parallel,
            _,
        ) => Use::Read,
        (
            Store | Swap | ElemStore | ElemSwap | ElemTake | ElemPut | ArrayPush | ArrayPop | ArrayReserve
            | ArrayTruncate | ArrayExtend | ArrayMove | ArrayAppend | Freeze,
            _,
        ) if index == 0 => Use::ConsumeUnique,
        (ArrayAppend, _) => Use::Read,
        (Call | TryCall | TailCall | PerformCapability, Immediate::Func(callee)) => {
            of_param(&module.function(*callee).signature.params, index)
        }
        (CallClosure | TryCallClosure | TailCallClosure, _) => match index.checked_sub(1) {
            None => Use::Read,
            Some(index) => match closure_signature(module, types, inst) {
                Some(signature) => of_param(&signature.params, index),
                None => Use::Consume,
            },
        },
        (PerformHandler | TryPerform, Immediate::Operation(effect, operation)) => match index.checked_sub(1) {
            None => Use::Read,
            Some(index) => of_param(&module.effect(*effect).operations[*operation as usize].params, index),
        },
        (PerformFail, Immediate::Operation(effect, operation)) => {
            of_param(&module.effect(*effect).operations[*operation as usize].params, index)
        }
        (Return | Resume, _) => of_ownership(caller.results().get(index).map(|result| result.ownership)),
        _ => Use::Consume,
    }
}

fn of_param(params: &[Param], index: usize) -> Use {
    of_ownership(params.get(index).map(|param| param.ownership))
}

fn of_ownership(ownership: Option<Ownership>) -> Use {
    match ownership {
        Some(Ownership::Borrow | Ownership::Plain) => Use::Read,
        Some(Ownership::Uniq) => Use::ConsumeUnique,
        Some(Ownership::Own) | None => Use::Consume,
    }
}

/// The signature of the closure that an instruction calls.
pub(super) fn closure_signature<'m>(module: &'m Module, types: &[Type], inst: &DraftInst) -> Option<&'m Signature> {
    let closure = inst.args.first()?;
    let signature = module.closure_signature(types[closure.index()])?;
    Some(module.signature(signature))
}

/// The signature of what an instruction calls directly or through a closure.
pub(super) fn callee<'m>(module: &'m Module, types: &[Type], inst: &DraftInst) -> Option<&'m Signature> {
    match inst.immediate {
        Immediate::Func(callee) => Some(&module.function(callee).signature),
        _ => closure_signature(module, types, inst),
    }
}

/// The results of a call, none for other instructions.
fn call_results<'m>(module: &'m Module, types: &[Type], inst: &DraftInst) -> Option<&'m [ResultType]> {
    use Opcode::{Call, CallClosure, PerformCapability, PerformHandler};
    match (inst.mnemonic.info().opcode, &inst.immediate) {
        (Call | PerformCapability | CallClosure, _) => callee(module, types, inst).map(Signature::results),
        (PerformHandler, Immediate::Operation(effect, operation)) => {
            match &module.effect(*effect).operations[*operation as usize].results {
                kea_mir::module::Results::Never => None,
                kea_mir::module::Results::Values(results) => Some(results),
            }
        }
        _ => None,
    }
}

/// How the instruction owns result number `index`, which has that type.
pub(super) fn result_ownership(module: &Module, types: &[Type], inst: &DraftInst, index: usize, ty: Type) -> Ownership {
    if !module.is_managed(ty) {
        return Ownership::Plain;
    }
    if let Some(results) = call_results(module, types, inst) {
        return results.get(index).map_or(Ownership::Own, |result| result.ownership);
    }
    let opcode = inst.mnemonic.info().opcode;
    match OPS[opcode as usize].results.get(index) {
        Some(&"uniq") => Ownership::Uniq,
        Some(&"static") => Ownership::Borrow,
        Some(category) if category.starts_with("borrow") => Ownership::Borrow,
        _ => Ownership::Own,
    }
}

/// The result of a `field`, `part` or `elem`: a part of what its first operand holds.
pub(super) fn is_projection(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Field | Opcode::Part | Opcode::Elem)
}

/// Whether what it gives lives as long as the program or at least as the function's frame.
pub(super) fn is_lasting(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::String | Opcode::Data | Opcode::StaticClosure | Opcode::GlobalGet | Opcode::Capture)
}

/// Whether it only looks at how a value is built.
pub(super) fn is_structural(opcode: Opcode) -> bool {
    use Opcode::{ArrayCapacity, ArrayLength, Elem, Field, Part, SwitchTag, Tag};
    matches!(opcode, Field | Part | Elem | Tag | SwitchTag | ArrayLength | ArrayCapacity)
}

/// Evidence that an operand is: it holds what it captured.
pub(super) fn is_evidence(types: &[Type], value: Value) -> bool {
    matches!(types[value.index()], Type::Ev(_))
}
