//! The function that a program begins with: it sets the globals, calls `main`, and reports a failure that nobody caught.

use super::Lowering;
use super::builder::{Dest, FunctionLowering};
use super::instances::FunctionInstance;
use super::layouts::{CallShape, internal};
use super::regions::RegionKind;
use super::types::{Effects, Mono, Substitution};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::FunctionId;
use crate::source::Span;
use kea_mir::entity::{FuncId, GlobalId};
use kea_mir::module::{FunctionKind, Immediate};
use std::rc::Rc;

/// The name of the entry. No function of a program can have it.
const ENTRY: &str = "$entry";
/// `Show.show`
const SHOW: u32 = 0;

/// What the entry calls.
struct Program {
    main: FunctionInstance,
    shape: Rc<CallShape>,
    /// What reports a failure: `Show.show` of the error, and the end of the program.
    report: Option<(FunctionInstance, FunctionInstance)>,
    globals: Vec<(GlobalId, FuncId)>,
    span: Span,
}

impl Lowering<'_, '_> {
    /// Compiles everything that the entry reaches.
    pub(super) fn compile_program(&mut self, main: FunctionId) -> Outcome<()> {
        let span = self.program.functions[main.index()].span;
        let main = FunctionInstance { function: main, substitution: Substitution::empty() };
        let (_, shape) = self.request(main.clone(), span, None)?;
        self.check_main(&shape, span)?;
        let report = self.report_functions(&shape, span)?;
        self.run_jobs()?;
        let constants = &self.constants;
        let globals = self.program.constant_order.iter().filter_map(|id| constants.get(id).copied());
        let globals: Vec<(GlobalId, FuncId)> = globals.collect();
        if globals.len() != constants.len() {
            return Err(internal(span, "a constant has no place in the order of dependence"));
        }
        self.compile_entry(&Program { main, shape, report, globals, span })
    }

    fn check_main(&self, shape: &CallShape, span: Span) -> Outcome<()> {
        if !matches!(shape.result, Mono::UNIT | Mono::INT | Mono::NEVER) || !shape.params.is_empty() {
            return Err(Diagnostic::new("main-signature", span, "`main` takes nothing and gives `Unit` or `Int`"));
        }
        let fail = self.program.known.fail.index();
        let is_fail = |effect| std::ptr::eq(self.types.effect(effect).0, &self.program.effects[fail]);
        let mut effects = shape.evidence.iter().chain(shape.fails.iter());
        match effects.find(|effect| !is_fail(**effect)) {
            None => Ok(()),
            Some(effect) => {
                let name = self.types.effect_name(*effect);
                let message = format!("nothing handles the effect {name} of `main`");
                Err(Diagnostic::new("main-signature", span, message))
            }
        }
    }

    /// Asks for what reports a failure of `main`.
    fn report_functions(
        &mut self,
        shape: &CallShape,
        span: Span,
    ) -> Outcome<Option<(FunctionInstance, FunctionInstance)>> {
        let Some(effect) = shape.fails.first() else { return Ok(None) };
        let error = self.types.effect(*effect).1.first().copied().unwrap_or(Mono::UNIT);
        let known = self.program.known;
        if !self.program.instances.contains_key(&(known.show, self.head(error))) {
            let message = format!("`main` may fail with `{}`, which has no `Show`", self.describe(error));
            return Err(Diagnostic::new("main-signature", span, message));
        }
        let show = self.method_instance((known.show, SHOW), error, &[], Rc::from([]), span)?;
        let exit = FunctionInstance { function: known.exit_with_failure, substitution: Substitution::empty() };
        for instance in [&show, &exit] {
            if !self.is_intrinsic(instance) {
                self.request(instance.clone(), span, None)?;
            }
        }
        Ok(Some((show, exit)))
    }

    fn compile_entry(&mut self, program: &Program) -> Outcome<()> {
        let result = if program.shape.result == Mono::INT { Mono::INT } else { Mono::UNIT };
        let none: Effects = Rc::from([]);
        let shape = Rc::new(CallShape { evidence: none.clone(), fails: none, params: Rc::from([]), result });
        let signature = self.signature(&shape, false)?;
        let func = self.declare_function(ENTRY, FunctionKind::Exported, signature, Vec::new(), program.span);
        self.module.entry = Some(func);
        let mut code = FunctionLowering::new(self, func, shape);
        code.entry(program)?;
        let draft = code.finish();
        self.drafts.push((func, draft));
        self.run_jobs()
    }
}

impl FunctionLowering<'_, '_, '_> {
    fn entry(&mut self, program: &Program) -> Outcome<()> {
        let span = program.span;
        self.at(span);
        for (global, func) in &program.globals {
            let result = self.lowering.module.function(*func).signature.results().first().map(|result| result.ty);
            let Some(ty) = result else { continue };
            let value = self.define("call", Immediate::Func(*func), &[], ty);
            self.run("global_set", Immediate::Global(*global), &[value]);
        }
        let Some((show, exit)) = &program.report else {
            let operand = self.call_instance(program.main.clone(), Vec::new(), span, Dest::Value)?;
            return self.give_back(operand, span);
        };
        let effect = program.shape.fails[0];
        self.open_region(RegionKind::Handler { effect, evidence: None, cases: vec![None] }, Rc::from([]));
        let operand = self.call_instance(program.main.clone(), Vec::new(), span, Dest::Value)?;
        self.give_back(operand, span)?;
        let cases = self.close_handler(span)?;
        let Some(Some(failed)) = cases.first().copied() else { return Ok(()) };
        self.switch_to(failed);
        let error = self.draft.blocks[failed.index()].params[0];
        let message = self.call_instance(show.clone(), vec![error], span, Dest::Value)?;
        let message = self.materialize(message, Mono::STRING);
        self.call_instance(exit.clone(), vec![message], span, Dest::Value)?;
        self.give_back(None, span)
    }
}
