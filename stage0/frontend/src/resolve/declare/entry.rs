//! `main`, where a program starts.

use super::super::environment::Environment;
use super::super::{Item, Purpose};
use super::implementations::has_instance;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Function, FunctionId, ModuleId, Program, Type};

/// The `main` of a module, which has one of the signatures that a program may start with.
pub(super) fn find(
    environment: &Environment<'_>,
    program: &Program<'_>,
    module: ModuleId,
    purpose: Purpose,
) -> Outcome<Option<FunctionId>> {
    match environment.modules[module.index()].values.get("main").map(|declared| declared.item) {
        Some(Item::Function(id)) => {
            check(program, &program.functions[id.index()])?;
            Ok(Some(id))
        }
        _ if purpose == Purpose::Check => Ok(None),
        _ => {
            let span = environment.start_of(module);
            Err(Diagnostic::new("bad-main", span, "the program has no function `main`").hint(FORM))
        }
    }
}

/// What `main` looks like.
const FORM: &str = "a program starts at `fn main() -[IO]> Unit`, or with the result `Int`, or the row `[IO, Fail E]`";

fn check(program: &Program<'_>, main: &Function<'_>) -> Outcome<()> {
    let bad = |message: String| Err(Diagnostic::new("bad-main", main.span, message).hint(FORM));
    if !main.parameters.is_empty() {
        return bad("`main` has no parameters".to_owned());
    }
    if main.type_parameters > 0 || main.row_parameters > 0 {
        return bad("the signature of `main` has no variables".to_owned());
    }
    if !matches!(main.result, Type::Unit | Type::Int) {
        return bad("the result of `main` is `Unit` or `Int`".to_owned());
    }
    for used in main.row.effects {
        let effect = &program.effects[used.effect.index()];
        if used.effect == program.known.fail {
            let shown = used.arguments.iter().all(|error| has_instance(program, &[], error, program.known.show));
            if !shown {
                return bad("the error type of `main` has no instance of `Show`".to_owned());
            }
        } else if !effect.capability {
            return bad(format!("the effect `{}` has no handler around `main`", effect.name));
        }
    }
    Ok(())
}
