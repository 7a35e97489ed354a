//! Types: what an instruction asks of its operands, what its results are, what its edges hand over.
//!
//! 1. `type`: an operand has the type that the instruction asks for; layouts, variants and fields fit the instruction.
//! 2. `arguments`: a list has as many operands as what it is for has parameters, fields or captured values.
//! 3. `form`: the results have the types and the ownership that follow from the operands.
//! 4. `edge`: the values of an edge have the types of the block's parameters.
//! 5. `form`: a literal is in the range of its type. (The reader sees to this and to 3.)
//! 6. `switch`: cases differ and are in range; `else` stands where they leave something out (of failures: see `failures`), and
//!    for variants only there.
//! 7. `closure`: a closure's code has an environment, the closure's signature, and captures what it is given.
//! 8. `evidence`: an evidence record names the clauses of the effect's operations in order, with what they capture.
//! 9. `capture`: captured values are read from the function's own environment or evidence.
//!
//! What each operand is used as (consumed, consumed and unique, read) comes out of the same description and is what
//! the ownership rules work on: see [`Uses`].

use super::Context;
use super::finding::{Check, Findings, Place, broken, ensure, name};
use super::operands::Operands;
use crate::contract::Opcode;
use crate::entity::{Block, InstId, Value};
use crate::module::{Immediate, Inst, Label, OperationClass};
use crate::types::{Ownership, Scalar, Stored, Type};

/// What every operand of a body is used as, in order of the text. Values of edges are not among them: there the
/// block's parameters say it.
pub(super) struct Uses {
    ownership: Vec<Ownership>,
    starts: Vec<u32>,
}

impl Uses {
    /// What the operands of an instruction are used as.
    pub fn of(&self, inst: InstId) -> &[Ownership] {
        let index = inst.index();
        &self.ownership[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

/// All of the rules, for every instruction. The uses are complete when nothing was found.
pub(super) fn check(context: &Context, findings: &mut Findings) -> Uses {
    let mut uses = Uses { ownership: Vec::new(), starts: Vec::with_capacity(context.body.insts.len() + 1) };
    uses.starts.push(0);
    for (index, block) in context.body.blocks.iter().enumerate() {
        for inst_index in block.insts.clone() {
            let inst = &context.body.insts[inst_index as usize];
            let place = Place::Inst(Block::new(index), InstId(inst_index));
            findings.note(place, check_inst(context, inst, &mut uses));
            uses.starts.push(uses.ownership.len() as u32);
        }
    }
    uses
}

fn check_inst(context: &Context, inst: &Inst, uses: &mut Uses) -> Check {
    let mut operands = Operands::new(context, inst);
    super::operands::describe(&mut operands)?;
    operands.finish(&mut uses.ownership)?;
    check_literal(inst)?;
    match inst.opcode() {
        Opcode::Capture => check_capture(context, inst)?,
        Opcode::Switch => check_int_cases(inst)?,
        Opcode::SwitchTag => check_tag_cases(context, inst)?,
        Opcode::SwitchFail => check_fail_cases(context, inst)?,
        _ => {}
    }
    check_results(context, inst)?;
    check_edges(context, inst)
}

fn check_results(context: &Context, inst: &Inst) -> Check {
    if inst.opcode().info().terminator {
        return ensure(inst.result_count == 0, "form", || "a terminator has no results".into());
    }
    let body = context.body;
    let inferred = match (inst.opcode(), &inst.immediate) {
        (Opcode::String, _) => match context.string_layout {
            Some(layout) => Ok(smallvec::smallvec![context.module.borrowed(Stored::Ref(layout))]),
            None => context.module.infer_results(body, inst),
        },
        (Opcode::Capture, Immediate::Index(index)) => {
            let captured = context.module.infer_capture(&context.function.captures, *index);
            captured.map(|data| smallvec::smallvec![data])
        }
        _ => context.module.infer_results(body, inst),
    };
    let inferred = inferred.or_else(|message| broken("form", message))?;
    ensure(inferred.len() == usize::from(inst.result_count), "form", || {
        format!("`{}` has {} results here, not {}", inst.mnemonic.info().text, inferred.len(), inst.result_count)
    })?;
    let mut pairs = inst.results().zip(&inferred);
    match pairs.find(|(value, data)| body.values[value.index()] != **data) {
        None => Ok(()),
        Some((value, data)) => broken(
            "form",
            format!(
                "{} is declared {}, and the result is {}",
                name(value),
                context.describe(body.ty(value), body.ownership(value)),
                context.describe(data.ty, data.ownership)
            ),
        ),
    }
}

fn check_edges(context: &Context, inst: &Inst) -> Check {
    let body = context.body;
    for (index, target) in inst.targets.iter().enumerate() {
        let handed = context.module.edge_values(body, inst, index);
        let given = handed.iter().map(|data| data.ty).chain(target.args.iter().map(|value| body.ty(*value)));
        let mut pairs = given.zip(body.params(target.block));
        if let Some((ty, param)) = pairs.find(|(ty, param)| *ty != body.ty(*param)) {
            let expected = context.module.type_name(body.ty(param));
            return broken(
                "edge",
                format!(
                    "{} of b{} is {expected}, and this edge gives it {}",
                    name(param),
                    target.block.0,
                    context.module.type_name(ty)
                ),
            );
        }
    }
    Ok(())
}

/// The range of the numbers that a scalar holds, signed.
pub(super) fn is_in_range(scalar: Scalar, number: i64) -> bool {
    match scalar {
        Scalar::I8 => i8::try_from(number).is_ok(),
        Scalar::I16 => i16::try_from(number).is_ok(),
        Scalar::I32 => i32::try_from(number).is_ok(),
        Scalar::I64 | Scalar::Ptr => true,
        Scalar::Bool => matches!(number, 0 | 1),
        Scalar::F32 | Scalar::F64 => false,
    }
}

fn check_literal(inst: &Inst) -> Check {
    let scalar = inst.scalar();
    let fits = match (inst.opcode(), &inst.immediate) {
        (Opcode::Const, Immediate::Int(number)) => scalar != Scalar::Bool && is_in_range(scalar, *number),
        (Opcode::Const, Immediate::Float(bits)) => {
            scalar == Scalar::F64 || scalar == Scalar::F32 && u32::try_from(*bits).is_ok()
        }
        (Opcode::Const, Immediate::Bool(_)) => scalar == Scalar::Bool,
        _ => true,
    };
    ensure(fits, "form", || format!("the literal is not one of {}", scalar.name()))
}

fn check_capture(context: &Context, inst: &Inst) -> Check {
    let body = context.body;
    let own = inst.args.first().is_some_and(|value| match body.ty(*value) {
        Type::Env => true,
        Type::Ev(_) => context.is_clause() && *value == Value(0),
        _ => false,
    });
    ensure(own, "capture", || {
        "captured values are read from the `env` of a closure's code, or from a clause's first parameter".into()
    })
}

/// Cases that name the same thing twice, or `else` twice.
fn check_distinct(inst: &Inst) -> Check {
    let mut seen = rustc_hash::FxHashSet::default();
    let twice = inst.targets.iter().any(|target| !seen.insert(target.label));
    ensure(!twice, "switch", || "two cases are the same".into())
}

pub(super) fn has_else(inst: &Inst) -> bool {
    inst.targets.iter().any(|target| target.label == Label::Else)
}

fn check_int_cases(inst: &Inst) -> Check {
    check_distinct(inst)?;
    let scalar = inst.scalar();
    for target in &inst.targets {
        if let Label::Int(number) = target.label {
            ensure(is_in_range(scalar, number), "switch", || {
                format!("the case {number} is not one of {}", scalar.name())
            })?;
        }
    }
    ensure(has_else(inst), "switch", || "a switch on integers needs `else`".into())
}

fn check_tag_cases(context: &Context, inst: &Inst) -> Check {
    check_distinct(inst)?;
    let layout = inst.args.first().and_then(|value| context.layout_of(context.body.ty(*value)));
    let Some(layout) = layout else { return Ok(()) };
    let layout = context.module.layout(layout);
    let count = layout.variants().len();
    let named = inst.targets.iter().filter(|target| matches!(target.label, Label::Variant(_))).count();
    for target in &inst.targets {
        if let Label::Variant(variant) = target.label {
            ensure((variant as usize) < count, "switch", || {
                format!("{} has {count} variants, and none is number {variant}", layout.name)
            })?;
        }
    }
    ensure(named == count || has_else(inst), "switch", || {
        format!("{named} of the {count} variants of {} have a case: name the others or add `else`", layout.name)
    })?;
    ensure(named < count || !has_else(inst), "switch", || {
        format!("every variant of {} has a case: `else` is never taken, remove it", layout.name)
    })
}

fn check_fail_cases(context: &Context, inst: &Inst) -> Check {
    check_distinct(inst)?;
    for target in &inst.targets {
        if let Label::Operation(effect, operation) = target.label {
            let effect = context.module.effect(effect);
            let operation = &effect.operations[operation as usize];
            ensure(operation.class == OperationClass::Zero, "switch", || {
                format!("{}.{} is not a failure: only `zero` operations are", effect.name, operation.name)
            })?;
        }
    }
    Ok(())
}
