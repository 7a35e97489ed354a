//! Functions of the runtime and foreign functions.
//!
//! 1. `extern`: a name that starts with `kea_` is a function of the runtime, with the signature that the contract gives it, and
//!    not `foreign`; any other is `foreign`.
//! 2. `extern`: parameters are scalars, refs and closures; at most two results, of which two are both integers or words.
//!    Results are owned or plain; nothing fails.

use super::finding::{Check, broken, ensure};
use crate::contract::RUNTIME;
use crate::layout::LayoutKind;
use crate::module::{Function, FunctionKind, Module, Results, Signature};
use crate::types::{Ownership, Scalar, Stored, Type};

/// The prefix of the runtime's functions.
const PREFIX: &str = "kea_";

/// Both rules, for an extern.
pub(super) fn check(module: &Module, function: &Function) -> Check {
    let FunctionKind::Extern { effect, foreign } = function.kind else { return Ok(()) };
    let signature = &function.signature;
    check_convention(function)?;
    let performs = effect.as_slice();
    ensure(signature.performs == performs, "extern", || {
        format!("@{} performs something else than its `effect` says", function.name)
    })?;
    if !function.name.starts_with(PREFIX) {
        return ensure(foreign, "extern", || {
            format!("@{0} is not a function of the runtime: write `extern @{0} … foreign`", function.name)
        });
    }
    ensure(!foreign, "extern", || {
        format!("@{} is `foreign`: names that start with `{PREFIX}` belong to the runtime", function.name)
    })?;
    let Some((_, expected)) = RUNTIME.iter().find(|(name, _)| **name == *function.name) else {
        return broken("extern", format!("the runtime has no function @{}", function.name));
    };
    let capability = effect.and_then(|effect| module.capabilities.get_index(effect.index()));
    let declared = signature_text(module, signature, capability.map(|name| &**name));
    ensure(declared.split_whitespace().eq(expected.split_whitespace()), "extern", || {
        format!("the runtime's @{} is `{expected}`", function.name)
    })
}

fn check_convention(function: &Function) -> Check {
    let signature = &function.signature;
    let name = &function.name;
    let passable = |ty: Type| matches!(ty, Type::Stored(Stored::Scalar(_) | Stored::Ref(_) | Stored::Fn(_)));
    ensure(signature.params.iter().all(|param| passable(param.ty)), "extern", || {
        format!("@{name} has a parameter that C cannot take: scalars, refs and closures can be passed")
    })?;
    let results = signature.results();
    ensure(results.iter().all(|result| passable(result.ty)), "extern", || {
        format!("@{name} has a result that C cannot give: scalars, refs and closures can be")
    })?;
    let float = |ty: Type| ty.scalar().is_some_and(Scalar::is_float);
    ensure(
        results.len() < 2 || results.len() == 2 && !results.iter().any(|result| float(result.ty)),
        "extern",
        || format!("@{name} has {} results: C gives one, or two that are integers or words", results.len()),
    )?;
    let plain = |ownership: Ownership| matches!(ownership, Ownership::Own | Ownership::Plain);
    ensure(results.iter().all(|result| plain(result.ownership)), "extern", || {
        format!("@{name} has a result that is not owned: C promises no more")
    })?;
    ensure(!signature.may_fail(), "extern", || format!("@{name} cannot fail: it has the platform's convention"))
}

/// The signature as the contract writes it.
fn signature_text(module: &Module, signature: &Signature, capability: Option<&str>) -> String {
    let params: Vec<String> = signature.params.iter().map(|param| typed(module, param.ty, param.ownership)).collect();
    let results = match &signature.results {
        Results::Never => "never".to_string(),
        Results::Values(values) => {
            let texts: Vec<String> = values.iter().map(|value| typed(module, value.ty, value.ownership)).collect();
            if let [one] = &texts[..] { one.clone() } else { format!("({})", texts.join(", ")) }
        }
    };
    let effect = capability.map_or("pure".to_string(), |name| format!("effect {name}"));
    format!("({}) -> {results} {effect}", params.join(", "))
}

fn typed(module: &Module, ty: Type, ownership: Ownership) -> String {
    let word = super::ownership_word(ownership);
    match ty {
        Type::Stored(Stored::Ref(layout)) => match module.layout(layout).kind {
            LayoutKind::Array(Stored::Scalar(Scalar::I8)) => format!("{word}ref String"),
            LayoutKind::Array(Stored::Ref(element))
                if module.layout(element).element() == Some(Stored::Scalar(Scalar::I8)) =>
            {
                format!("{word}ref Strings")
            }
            // No function of the runtime takes or gives any other object.
            _ => format!("{word}ref"),
        },
        _ => format!("{word}{}", module.type_name(ty)),
    }
}
