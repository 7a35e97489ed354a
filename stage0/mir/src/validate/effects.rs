//! Calls and effects: who may be called how, and what the function's row must say.
//!
//! 1. `callee`: `call`, `try_call` and `tail_call` name functions, not clauses and not the code of closures;
//!    `perform.capability` names an extern with a capability, and nothing else calls one.
//! 2. `fails`: what may fail is called by `try_…`, and nothing else is. `perform.fail` raises what the row lists.
//! 3. `performs`: capabilities that are performed, by a call, by a clause that is installed or by oneself, stand in the row.
//! 4. `operation-class`: `perform.handler` for `tail`, `try_perform` for `tail escapes`, `perform.fail` for `zero`.
//! 5. `never`: `unreachable` stands behind a call that does not return, and only there.
//! 6. `tail-call`: the callee has the function's results, in the same shape, and fails with nothing more.
//! 7. `return`: functions end by `return`, clauses by `resume`.

use super::Context;
use super::cfg::Cfg;
use super::finding::{Check, Findings, Place, broken, ensure};
use crate::contract::Opcode;
use crate::entity::{Block, CapabilityId, EffectId, InstId};
use crate::module::{Function, FunctionKind, Immediate, Inst, Label, OperationClass, Results, Signature};
use crate::types::{Ownership, Type};

/// All of the rules, for every instruction.
pub(super) fn check(context: &Context, cfg: &Cfg, findings: &mut Findings) {
    for (index, block) in context.body.blocks.iter().enumerate() {
        let block_id = Block::new(index);
        for inst_index in block.insts.clone() {
            let place = Place::Inst(block_id, InstId(inst_index));
            let inst = &context.body.insts[inst_index as usize];
            let outcome = check_inst(context, inst).and_then(|()| check_never(context, cfg, block_id, inst_index));
            findings.note(place, outcome);
        }
    }
}

fn check_inst(context: &Context, inst: &Inst) -> Check {
    use Opcode::{
        Call, CallClosure, Evidence, Parallel, PerformCapability, PerformFail, PerformHandler, Resume, Return,
        TailCall, TailCallClosure, TryCall, TryCallClosure, TryPerform,
    };
    match (inst.opcode(), &inst.immediate) {
        (Call | TryCall | TailCall, Immediate::Func(callee)) => {
            let callee = context.module.function(*callee);
            check_direct(callee)?;
            check_call(context, inst, &callee.signature, &format!("@{}", callee.name))
        }
        (PerformCapability, Immediate::Func(callee)) => check_capability(context, context.module.function(*callee)),
        (CallClosure | TryCallClosure | TailCallClosure | Parallel, _) => match closure_signature(context, inst) {
            Some(signature) => check_call(context, inst, signature, "the closure"),
            None => Ok(()),
        },
        (PerformHandler | TryPerform | PerformFail, Immediate::Operation(effect, operation)) => {
            check_operation(context, inst.opcode(), *effect, *operation)
        }
        (Evidence, Immediate::Evidence(_, clauses)) => clauses.iter().try_for_each(|clause| {
            let clause = context.module.function(*clause);
            check_performs(context, &clause.signature.performs, &format!("the clause @{}", clause.name))
        }),
        (Return, _) => ensure(!context.is_clause(), "return", || "a clause ends by `resume`, not by `return`".into()),
        (Resume, _) => {
            ensure(context.is_clause(), "return", || "a function ends by `return`: only clauses resume".into())?;
            check_returns(context)
        }
        _ => Ok(()),
    }?;
    if inst.opcode() == Opcode::Return { check_returns(context) } else { Ok(()) }
}

fn check_returns(context: &Context) -> Check {
    ensure(context.function.signature.results != Results::Never, "return", || {
        "the results are `never`: every path ends in a failure or in a call that does not return".into()
    })
}

/// The signature of the closure that an instruction calls.
pub(super) fn closure_signature<'a>(context: &Context<'a>, inst: &Inst) -> Option<&'a Signature> {
    let ty = context.body.ty(*inst.args.first()?);
    context.module.closure_signature(ty).map(|signature| context.module.signature(signature))
}

fn check_direct(callee: &Function) -> Check {
    let name = &callee.name;
    match callee.kind {
        FunctionKind::Clause { .. } => {
            broken("callee", format!("@{name} is a clause: perform its operation instead of calling it"))
        }
        FunctionKind::Extern { effect: Some(_), .. } => {
            broken("callee", format!("@{name} performs a capability: use `perform.capability`"))
        }
        _ => {
            let is_code = callee.signature.params.iter().any(|param| param.ty == Type::Env);
            ensure(!is_code, "callee", || format!("@{name} is the code of closures: call it through one"))
        }
    }
}

fn check_capability(context: &Context, callee: &Function) -> Check {
    match callee.kind {
        FunctionKind::Extern { effect: Some(effect), .. } => {
            check_performs(context, &[effect], &format!("@{}", callee.name))
        }
        _ => broken("callee", format!("@{} performs no capability by itself: use `call`", callee.name)),
    }
}

fn check_performs(context: &Context, performs: &[CapabilityId], who: &str) -> Check {
    let row = &context.function.signature.performs;
    match performs.iter().find(|capability| !row.contains(capability)) {
        None => Ok(()),
        Some(missing) => {
            let missing = context.module.capabilities.get_index(missing.index()).map_or("?", |name| name);
            broken("performs", format!("{who} performs {missing}, which is not in this function's `performs`"))
        }
    }
}

fn check_call(context: &Context, inst: &Inst, callee: &Signature, who: &str) -> Check {
    check_performs(context, &callee.performs, who)?;
    match inst.opcode() {
        Opcode::TailCall | Opcode::TailCallClosure => check_tail_call(context, inst, callee, who),
        Opcode::TryCall | Opcode::TryCallClosure => {
            ensure(callee.may_fail(), "fails", || format!("{who} cannot fail: call it without `try_`"))
        }
        _ => ensure(!callee.may_fail(), "fails", || format!("{who} may fail: call it by `try_call`")),
    }
}

fn check_tail_call(context: &Context, inst: &Inst, callee: &Signature, who: &str) -> Check {
    ensure(!context.is_clause(), "tail-call", || "a clause ends by `resume`: call, then resume".into())?;
    let is_extern = match inst.immediate {
        Immediate::Func(id) => matches!(context.module.function(id).kind, FunctionKind::Extern { .. }),
        _ => false,
    };
    ensure(!is_extern, "tail-call", || format!("{who} has the platform's convention: use `call`"))?;
    let caller = &context.function.signature;
    ensure(results_fit(callee, caller), "tail-call", || {
        format!("the results of {who} are not this function's: use `call` and `return`")
    })?;
    let module = context.module;
    ensure(module.result_shape(callee) == module.result_shape(caller), "tail-call", || {
        format!("{who} gives its results and failures in another shape than this function: use a call and `return`")
    })?;
    if let Some(effect) = callee.fails.iter().find(|effect| !caller.fails.contains(effect)) {
        let effect = &module.effect(*effect).name;
        return broken("tail-call", format!("{who} may fail with {effect}, which is not in this function's `fails`"));
    }
    ensure(caller.escapes || !callee.escapes, "tail-call", || {
        format!("failures may escape through {who}: write `escape` in this function's `fails`")
    })
}

/// Whether the caller may give the callee's results as its own. What borrowed results live as long as is the
/// business of the ownership rules.
fn results_fit(callee: &Signature, caller: &Signature) -> bool {
    match (&callee.results, &caller.results) {
        (Results::Never, Results::Never) => true,
        (Results::Values(given), Results::Values(wanted)) => {
            given.len() == wanted.len()
                && given.iter().zip(wanted).all(|(given, wanted)| {
                    let weaker = given.ownership == Ownership::Uniq && wanted.ownership == Ownership::Own;
                    given.ty == wanted.ty && (given.ownership == wanted.ownership || weaker)
                })
        }
        _ => false,
    }
}

fn check_operation(context: &Context, opcode: Opcode, effect: EffectId, operation: u32) -> Check {
    let effect_data = context.module.effect(effect);
    let operation = &effect_data.operations[operation as usize];
    let (right, class) = match operation.class {
        OperationClass::Tail => (Opcode::PerformHandler, "tail"),
        OperationClass::TailEscapes => (Opcode::TryPerform, "tail escapes"),
        OperationClass::Zero => (Opcode::PerformFail, "zero"),
    };
    ensure(opcode == right, "operation-class", || {
        format!("{}.{} is `{class}`: use `{}`", effect_data.name, operation.name, right.info().name)
    })?;
    let listed = opcode != Opcode::PerformFail || context.function.signature.fails.contains(&effect);
    ensure(listed, "fails", || format!("{0} is not in this function's `fails`: write `fails {0}`", effect_data.name))
}

/// The results of the call that an instruction makes; none for other instructions.
fn call_results<'a>(context: &Context<'a>, inst: &Inst) -> Option<&'a Results> {
    use Opcode::{Call, CallClosure, PerformCapability, PerformHandler, TryCall, TryCallClosure, TryPerform};
    match (inst.opcode(), &inst.immediate) {
        (Call | TryCall | PerformCapability, Immediate::Func(callee)) => {
            Some(&context.module.function(*callee).signature.results)
        }
        (CallClosure | TryCallClosure, _) => closure_signature(context, inst).map(|signature| &signature.results),
        (PerformHandler | TryPerform, Immediate::Operation(effect, operation)) => {
            Some(&context.module.effect(*effect).operations[*operation as usize].results)
        }
        _ => None,
    }
}

fn is_never(context: &Context, inst: &Inst) -> bool {
    call_results(context, inst).is_some_and(|results| *results == Results::Never)
}

fn check_never(context: &Context, cfg: &Cfg, block: Block, inst: u32) -> Check {
    let body = context.body;
    let data = &body.insts[inst as usize];
    let range = &body.blocks[block.index()].insts;
    if data.opcode() == Opcode::Unreachable {
        let behind = if inst == range.start {
            cfg.edges_into(block).iter().all(|edge| {
                let from = body.terminator(edge.from);
                from.is_some_and(|from| from.targets[edge.target].label == Label::Normal && is_never(context, from))
            }) && block != Block(0)
        } else {
            is_never(context, &body.insts[inst as usize - 1])
        };
        return ensure(behind, "never", || "`unreachable` stands only behind a call that does not return".into());
    }
    if !is_never(context, data) {
        return Ok(());
    }
    let next = match data.targets.first() {
        Some(target) => body.block_insts(target.block).first(),
        None => body.insts.get(inst as usize + 1),
    };
    ensure(next.is_some_and(|next| next.opcode() == Opcode::Unreachable), "never", || {
        "the call does not return: `unreachable` follows it".into()
    })
}
