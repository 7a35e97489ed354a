//! The functions by which the platform enters a program, and by which the runtime calls closures.

use super::emitter::Emitter;
use super::{Lowered, Lowering, RETURN, signature};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, SourceLoc, UserFuncName, types};
use cranelift_frontend::FunctionBuilderContext;
use kea_mir::contract::object;
use kea_mir::entity::FuncId;
use kea_mir::module::Location;

/// The only return.
fn leave(mut emit: Emitter, status: ir::Value) {
    emit.builder.set_srcloc(SourceLoc::new(RETURN));
    emit.ins().return_(&[status]);
    emit.finish();
}

fn platform_signature(lowering: &Lowering, params: &[ir::Type], result: ir::Type) -> ir::Signature {
    let mut signature = ir::Signature::new(lowering.isa.default_call_conv());
    signature.params.extend(params.iter().copied().map(AbiParam::new));
    signature.returns.push(AbiParam::new(result));
    signature
}

fn entry_signature(lowering: &Lowering) -> ir::Signature {
    platform_signature(lowering, &[types::I64], types::I64)
}

/// The first block, with the function's parameters.
fn enter(emit: &mut Emitter) -> Vec<ir::Value> {
    let block = emit.block();
    emit.builder.append_block_params_for_function_params(block);
    emit.switch_to(block);
    emit.builder.block_params(block).to_vec()
}

/// `main(argc, argv)`: `kea_start` makes the context and calls `kea_entry` with it.
pub(super) fn main(lowering: &Lowering, context: &mut FunctionBuilderContext) -> Lowered {
    let signature = platform_signature(lowering, &[types::I32, types::I64], types::I32);
    let mut clif = ir::Function::with_name_signature(UserFuncName::default(), signature);
    let mut emit = Emitter::new(lowering, &mut clif, context);
    let params = enter(&mut emit);
    let entry = emit.function(Symbol::Entry, entry_signature);
    let entry = emit.ins().func_addr(types::I64, entry);
    let start = emit.function(Symbol::service("kea_start"), |lowering| signature::service(lowering, "kea_start"));
    let call = emit.ins().call(start, &[params[0], params[1], entry]);
    let status = emit.results(call);
    leave(emit, status[0]);
    Lowered { clif, locations: vec![Location::default()] }
}

/// `kea_entry(context)`: the context's register belongs to the caller, who gets it back as it was.
pub(super) fn entry(lowering: &Lowering, entry: FuncId, context: &mut FunctionBuilderContext) -> Lowered {
    let name = UserFuncName::User(Symbol::Entry.name());
    let mut clif = ir::Function::with_name_signature(name, entry_signature(lowering));
    let mut emit = Emitter::new(lowering, &mut clif, context);
    let params = enter(&mut emit);
    let callers = emit.context();
    emit.ins().set_pinned_reg(params[0]);
    let function = emit.function(Symbol::Function(entry), |lowering| signature::function(lowering, entry));
    let call = emit.ins().call(function, &[]);
    let results = emit.results(call);
    let status = results.first().copied();
    let status = status.unwrap_or_else(|| emit.word(0));
    emit.ins().set_pinned_reg(callers);
    leave(emit, status);
    Lowered { clif, locations: vec![lowering.module.function(entry).location] }
}

/// `kea_task(context, closure, number)`: what it gives is the result of the closure, a word.
pub(super) fn task(lowering: &Lowering, context: &mut FunctionBuilderContext) -> Lowered {
    let name = UserFuncName::User(Symbol::Task.name());
    let mut clif = ir::Function::with_name_signature(name, task_signature(lowering));
    let mut emit = Emitter::new(lowering, &mut clif, context);
    let params = enter(&mut emit);
    let (context, closure, number) = (params[0], params[1], params[2]);
    let callers = emit.context();
    emit.ins().set_pinned_reg(context);
    let code = emit.load(types::I64, closure, object::closure::CODE);
    let signature = emit.builder.import_signature(signature::task_closure());
    let call = emit.ins().call_indirect(signature, code, &[closure, number]);
    let result = emit.results(call)[0];
    emit.ins().set_pinned_reg(callers);
    leave(emit, result);
    Lowered { clif, locations: vec![Location::default()] }
}

pub(super) fn task_signature(lowering: &Lowering) -> ir::Signature {
    platform_signature(lowering, &[types::I64, types::I64, types::I64], types::I64)
}
