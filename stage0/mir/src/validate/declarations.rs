//! Declarations: signatures, effects, globals, the entry, and the headers of functions. (Layouts, externs and data have
//! files of their own.)
//!
//! 1. `name`: names of one kind differ; functions leave `cancel` and what starts with `op.` or `global.` to the symbols of the contract.
//! 2. `O1`: a managed type states its ownership, any other has none; `uniq` is for refs; a borrowed result names borrowed parameters.
//! 3. `second-class`: `env`, `ev`, `var`, `token`, `hole` and `fail` stand only where the convention has a place for them.
//! 4. `convention`: parameters stand in its order: evidence by the effect's name, the environment, the rest.
//! 5. `effect`: a `zero` operation gives `never` and its parameters are owned; what a row fails with has a `zero` operation;
//!    nothing stands twice in a row.
//! 6. `clause`: a clause has its operation's parameters and results behind its evidence, and fails only where the operation escapes.
//! 7. `capture`: only closures' code and clauses capture; `var` and `ev` only clauses.
//! 8. `entry`: the entry is a function of this unit, `() -> ()` or `() -> i64`, that cannot fail.
//! 9. `evidence`: an evidence record's clauses (see `types`).

use super::Context;
use super::finding::{Broken, Check, Findings, Place, broken, count, ensure, name};
use super::{externs, layouts, statics};
use crate::diagnostic::Diagnostic;
use crate::entity::{Block, EffectId, FuncId};
use crate::module::{Effect, Function, FunctionKind, Module, OperationClass, Param, ResultType, Results, Signature};
use crate::types::{Anchor, Ownership, Stored, Type};
use rustc_hash::FxHashSet;

/// What a signature belongs to: what may stand in it depends on that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// A function, of this unit or another.
    Function,
    /// A named signature.
    Closure,
    /// An operation of an effect, or an extern.
    Plain,
}

/// The rules of what stands outside of functions.
pub(super) fn check(module: &Module) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut note = |line: Option<&u32>, outcome: Check| {
        let line = line.copied().unwrap_or(0);
        found.extend(outcome.err().map(|finding| Diagnostic::error(finding.rule, line, finding.message)));
    };
    note(None, check_names("layout", module.layouts.iter().map(|layout| &*layout.name)));
    note(None, check_names("signature", module.signatures.iter().map(|signature| &*signature.name)));
    note(None, check_names("effect", module.effects.iter().map(|effect| &*effect.name)));
    note(None, check_names("function", module.functions.iter().map(|function| &*function.name)));
    note(None, check_names("global", module.globals.iter().map(|global| &*global.name)));
    note(None, check_names("data", module.data.iter().map(|data| &*data.name)));
    let lines = &module.lines;
    for (index, layout) in module.layouts.iter().enumerate() {
        note(lines.layouts.get(index), layouts::check(module, layout));
    }
    for (index, signature) in module.signatures.iter().enumerate() {
        let outcome = check_signature(module, &signature.signature, Owner::Closure);
        note(lines.signatures.get(index), outcome.map_err(of("sig", &signature.name)));
    }
    for (index, effect) in module.effects.iter().enumerate() {
        note(lines.effects.get(index), check_effect(module, effect).map_err(of("effect", &effect.name)));
    }
    for (index, data) in module.data.iter().enumerate() {
        note(lines.data.get(index), statics::check(module, data));
    }
    note(Some(&lines.entry), check_entry(module));
    found
}

/// Says whose finding it is.
fn of(kind: &str, name: &str) -> impl FnOnce(Broken) -> Broken {
    move |finding| Broken { message: format!("{kind} {name}: {}", finding.message), ..finding }
}

fn check_names<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Check {
    let mut seen = FxHashSet::default();
    let twice = names.into_iter().find(|name| !seen.insert(*name));
    twice.map_or(Ok(()), |name| broken("name", format!("two declarations of kind {kind} are named {name}")))
}

/// The rules of a function's header.
pub(super) fn check_header(module: &Module, function: &Function, findings: &mut Findings) {
    let owner = match function.kind {
        FunctionKind::Extern { .. } => Owner::Plain,
        _ => Owner::Function,
    };
    let outcome = check_reserved(function)
        .and_then(|()| check_row(module, &function.signature))
        .and_then(|()| match function.kind {
            FunctionKind::Clause { effect, operation } => check_clause(module, function, effect, operation),
            _ => check_signature(module, &function.signature, owner),
        })
        .and_then(|()| check_captures(function))
        .and_then(|()| externs::check(module, function))
        .and_then(|()| check_body_params(function));
    findings.note(Place::Header, outcome);
}

fn check_reserved(function: &Function) -> Check {
    let name = &*function.name;
    ensure(name != "cancel" && !name.starts_with("op.") && !name.starts_with("global."), "name", || {
        format!("@{name} has a name that is reserved for the symbols of operations, globals and cancellation")
    })
}

/// The body's first values are the parameters.
fn check_body_params(function: &Function) -> Check {
    let Some(body) = &function.body else { return Ok(()) };
    let params = &function.signature.params;
    let equal = body.values.len() >= params.len()
        && body
            .values
            .iter()
            .zip(params)
            .all(|(value, param)| value.ty == param.ty && value.ownership == param.ownership);
    ensure(equal, "form", || "the body's first values are not the function's parameters".into())
}

fn check_row(module: &Module, signature: &Signature) -> Check {
    let mut seen = FxHashSet::default();
    for effect in &signature.fails {
        let data = module.effect(*effect);
        ensure(seen.insert(effect.0), "effect", || format!("{} stands twice in `fails`", data.name))?;
        ensure(data.operations.iter().any(|operation| operation.class == OperationClass::Zero), "effect", || {
            format!("{} has no `zero` operation: nothing fails with it", data.name)
        })?;
    }
    let mut seen = FxHashSet::default();
    let twice = signature.performs.iter().find(|capability| !seen.insert(capability.0));
    twice.map_or(Ok(()), |capability| {
        let capability = module.capabilities.get_index(capability.index()).map_or("?", |name| name);
        broken("effect", format!("{capability} stands twice in `performs`"))
    })
}

fn check_signature(module: &Module, signature: &Signature, owner: Owner) -> Check {
    check_row(module, signature)?;
    check_params(module, &signature.params, owner)?;
    check_results(module, &signature.results, &signature.params)
}

/// Rules 3 and 4, and O1 for each parameter.
fn check_params(module: &Module, params: &[Param], owner: Owner) -> Check {
    let mut evidence: Option<&str> = None;
    let mut rest = false;
    let mut environment = false;
    for (index, param) in params.iter().enumerate() {
        check_ownership(module, param.ty, param.ownership).map_err(of("parameter", &index.to_string()))?;
        match param.ty {
            Type::Ev(effect) if owner != Owner::Plain => {
                let effect = &*module.effect(effect).name;
                ensure(!rest && !environment && evidence.is_none_or(|before| before < effect), "convention", || {
                    "evidence stands first, sorted by the effect's name, each effect once".into()
                })?;
                evidence = Some(effect);
            }
            Type::Env if owner == Owner::Function => {
                ensure(!rest && !environment, "convention", || {
                    "there is one `env`, between the evidence and the other parameters".into()
                })?;
                environment = true;
            }
            Type::Token(_) | Type::Hole(_) if owner == Owner::Function => rest = true,
            Type::Stored(_) => rest = true,
            other => {
                let ty = module.type_name(other);
                return broken("second-class", format!("parameter {index} is {ty}, which cannot be passed here"));
            }
        }
    }
    Ok(())
}

/// O1 for the results.
fn check_results(module: &Module, results: &Results, params: &[Param]) -> Check {
    let Results::Values(values) = results else { return Ok(()) };
    for (index, result) in values.iter().enumerate() {
        ensure(matches!(result.ty, Type::Stored(_)), "second-class", || {
            format!("result {index} is {}, which cannot be returned", module.type_name(result.ty))
        })?;
        check_ownership(module, result.ty, result.ownership).map_err(of("result", &index.to_string()))?;
        check_result_anchors(result, params).map_err(of("result", &index.to_string()))?;
    }
    Ok(())
}

fn check_result_anchors(result: &ResultType, params: &[Param]) -> Check {
    ensure(result.anchors.is_empty() || result.ownership == Ownership::Borrow, "O1", || {
        "only a borrowed result names parameters".into()
    })?;
    let borrowed = |index: &&u32| params.get(**index as usize).is_none_or(|param| param.ownership != Ownership::Borrow);
    match result.anchors.iter().find(borrowed) {
        None => Ok(()),
        Some(index) => broken("O1", format!("borrow({index}) names no borrowed parameter")),
    }
}

/// O1: the ownership that stands before a type.
fn check_ownership(module: &Module, ty: Type, ownership: Ownership) -> Check {
    let given = module.type_name(ty);
    match (ty, ownership) {
        (Type::Ev(_) | Type::Env, Ownership::Borrow) => Ok(()),
        (Type::Ev(_) | Type::Env, _) => broken("O1", format!("{given} is borrowed and states no ownership")),
        (Type::Token(_) | Type::Hole(_) | Type::Fail, Ownership::Own) => Ok(()),
        (Type::Token(_) | Type::Hole(_) | Type::Fail, _) => {
            broken("O1", format!("{given} is always owned: write `own {given}`"))
        }
        (_, Ownership::Plain) => ensure(!module.is_managed(ty), "O1", || {
            format!("{given} is managed: write `own`, `uniq` or `borrow` before it")
        }),
        _ => {
            ensure(module.is_managed(ty), "O1", || format!("{given} is not managed: it states no ownership"))?;
            let countable = ownership != Ownership::Uniq || matches!(ty, Type::Stored(Stored::Ref(_)));
            ensure(countable, "O1", || format!("only refs are `uniq`, and {given} is none: write `own`"))
        }
    }
}

/// Parameters of blocks: O1, and rule 3.
pub(super) fn check_block_params(context: &Context, findings: &mut Findings) {
    for index in 0..context.body.blocks.len() {
        let block = Block::new(index);
        for param in context.body.params(block) {
            if !findings.note(Place::Block(block), check_block_param(context, param)) {
                break;
            }
        }
    }
}

fn check_block_param(context: &Context, param: crate::entity::Value) -> Check {
    let body = context.body;
    let ty = body.ty(param);
    ensure(!matches!(ty, Type::Ev(_) | Type::Env | Type::Var(_)), "second-class", || {
        format!("{} is {}, which is no block parameter", name(param), context.module.type_name(ty))
    })?;
    check_ownership(context.module, ty, body.ownership(param)).map_err(of("parameter", &name(param)))?;
    if body.ownership(param) != Ownership::Borrow {
        return Ok(());
    }
    let Some(anchors) = body.anchors.get(&param).filter(|anchors| !anchors.is_empty()) else {
        return broken(
            "O1",
            format!("{} is borrowed: say what it lives as long as, `borrow(v…)` or `borrow(static)`", name(param)),
        );
    };
    for anchor in anchors {
        let Anchor::Value(anchor) = *anchor else { continue };
        let owned = matches!(body.ownership(anchor), Ownership::Own | Ownership::Uniq);
        let from_outside =
            anchor.index() < context.function.signature.params.len() && body.ownership(anchor) == Ownership::Borrow;
        ensure(owned || from_outside, "O4", || {
            format!(
                "{} is anchored on {}, which is neither owned nor a borrowed parameter of the function",
                name(param),
                name(anchor)
            )
        })?;
    }
    Ok(())
}

fn check_effect(module: &Module, effect: &Effect) -> Check {
    check_names("operation", effect.operations.iter().map(|operation| &*operation.name))?;
    for operation in &effect.operations {
        let whose = of("operation", &operation.name);
        let outcome = check_params(module, &operation.params, Owner::Plain)
            .and_then(|()| check_results(module, &operation.results, &operation.params))
            .and_then(|()| match operation.class {
                OperationClass::Zero => {
                    ensure(operation.results == Results::Never, "effect", || {
                        "a `zero` operation does not resume: its result is `never`".into()
                    })?;
                    let lent = operation.params.iter().any(|param| param.ownership == Ownership::Borrow);
                    ensure(!lent, "effect", || {
                        "the parameters of a `zero` operation outlive the frame: they are owned".into()
                    })
                }
                _ => Ok(()),
            });
        outcome.map_err(whose)?;
    }
    Ok(())
}

fn check_clause(module: &Module, function: &Function, effect: EffectId, operation: u32) -> Check {
    let effect_data = module.effect(effect);
    let operation = &effect_data.operations[operation as usize];
    let whole = format!("{}.{}", effect_data.name, operation.name);
    let signature = &function.signature;
    ensure(operation.class != OperationClass::Zero, "clause", || {
        format!("{whole} is `zero`: it has no clause, a `switch_fail` handles it")
    })?;
    let evidence = Param { ty: Type::Ev(effect), ownership: Ownership::Borrow };
    let params = signature.params.split_first();
    let fits = params.is_some_and(|(first, rest)| *first == evidence && *rest == *operation.params);
    ensure(fits, "clause", || {
        format!("the parameters of a clause of {whole} are `ev {}`, then the operation's", effect_data.name)
    })?;
    ensure(are_results_of_clause(&signature.results, &operation.results), "clause", || {
        format!("the results of a clause of {whole} are the operation's")
    })?;
    let escapes = operation.class == OperationClass::TailEscapes;
    ensure(escapes || !signature.may_fail(), "clause", || {
        format!("{whole} is `tail`: only a clause of a `tail escapes` operation may fail")
    })
}

/// The parameters that borrowed results name stand behind the evidence.
fn are_results_of_clause(clause: &Results, operation: &Results) -> bool {
    match (clause, operation) {
        (Results::Values(clause), Results::Values(operation)) => {
            clause.len() == operation.len()
                && clause.iter().zip(operation).all(|(a, b)| {
                    let moved = b.anchors.iter().map(|anchor| anchor + 1);
                    a.ty == b.ty && a.ownership == b.ownership && moved.eq(a.anchors.iter().copied())
                })
        }
        _ => clause == operation,
    }
}

fn check_captures(function: &Function) -> Check {
    let is_clause = matches!(function.kind, FunctionKind::Clause { .. });
    let has_env = function.signature.params.iter().any(|param| param.ty == Type::Env);
    ensure(!has_env || function.body.is_some(), "capture", || {
        format!("@{} has an `env`: the code of closures belongs to their unit", function.name)
    })?;
    ensure(function.captures.is_empty() || is_clause || has_env, "capture", || {
        format!("@{} captures values and has no parameter of type `env` to read them from", function.name)
    })?;
    let fits = |ty: &Type| match ty {
        Type::Stored(_) => true,
        Type::Var(_) | Type::Ev(_) => is_clause,
        _ => false,
    };
    ensure(function.captures.iter().all(fits), "capture", || {
        format!("@{} captures what cannot be: closures capture stored types, clauses `var` and `ev` too", function.name)
    })
}

fn check_entry(module: &Module) -> Check {
    let Some(entry) = module.entry else { return Ok(()) };
    let function = module.function(entry);
    let signature = &function.signature;
    let own = matches!(function.kind, FunctionKind::Exported | FunctionKind::Local);
    ensure(own, "entry", || format!("the entry @{} is not a function of this unit", function.name))?;
    let status = match signature.results() {
        [] => signature.results != Results::Never,
        [one] => one.ty == Type::I64,
        _ => false,
    };
    ensure(status && signature.params.is_empty() && !signature.may_fail(), "entry", || {
        format!("the entry @{} is `() -> ()` or `() -> i64` and cannot fail", function.name)
    })
}

/// Rule 9: the clauses are those of the effect's operations in order, and capture the same.
pub(super) fn check_clauses(module: &Module, effect: EffectId, clauses: &[FuncId]) -> Check {
    let effect_data = module.effect(effect);
    let operations = effect_data.operations.iter().enumerate();
    let handled: Vec<u32> = operations
        .filter(|(_, operation)| operation.class != OperationClass::Zero)
        .map(|(index, _)| index as u32)
        .collect();
    ensure(handled.len() == clauses.len(), "evidence", || {
        format!("{} has {} with clauses, not {}", effect_data.name, count(handled.len(), "operation"), clauses.len())
    })?;
    for (operation, clause) in handled.into_iter().zip(clauses) {
        let function = module.function(*clause);
        ensure(function.kind == FunctionKind::Clause { effect, operation }, "evidence", || {
            let wanted = &effect_data.operations[operation as usize].name;
            format!(
                "@{} is not a clause of {}.{wanted}: clauses stand in order of the operations",
                function.name, effect_data.name
            )
        })?;
        let first = &module.function(clauses[0]).captures;
        ensure(function.captures == *first, "evidence", || {
            format!("@{} and @{} capture different values", function.name, module.function(clauses[0]).name)
        })?;
    }
    Ok(())
}
