//! The backend: a module to an object file.

use crate::assemble::assemble;
use crate::compile::{Item, Work, compile};
use crate::isa::target_isa;
use crate::lower::Lowering;
use crate::{dwarf, elf, frame};
use kea_mir::backend::{Backend, Compiled, Options};
use kea_mir::contract::Opcode;
use kea_mir::diagnostic::Diagnostic;
use kea_mir::entity::FuncId;
use kea_mir::module::{FunctionKind, Module};
use kea_mir::validate::ValidModule;
use object::Architecture;
use std::time::Instant;

/// The Cranelift backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cranelift;

impl Backend for Cranelift {
    fn name(&self) -> &'static str {
        "cranelift"
    }

    fn version(&self) -> String {
        format!("{}+cranelift-{}", env!("CARGO_PKG_VERSION"), cranelift_codegen::VERSION)
    }

    fn compile(&self, module: &ValidModule, options: &Options) -> Result<Compiled, Vec<Diagnostic>> {
        compile_object(module, options, cfg!(debug_assertions))
    }
}

/// Compiles a module to an object file. With `verify`, Cranelift checks its own intermediate form.
pub fn compile_object(module: &ValidModule, options: &Options, verify: bool) -> Result<Compiled, Vec<Diagnostic>> {
    check(module, &options.target).map_err(|diagnostic| vec![diagnostic])?;
    let isa = target_isa(&options.target, options.optimize, verify).map_err(|diagnostic| vec![diagnostic])?;
    let lowering = Lowering { module, isa: &*isa };
    let mut items = items(module);
    items.extend(module.entry.map(|_| Item::Main));
    let (codes, work) = compile(&lowering, &items, options.jobs)?;
    let start = Instant::now();
    let (mut image, symbols) = assemble(module, &codes);
    let mut emit = || {
        if options.debug_lines {
            dwarf::add(module, &codes, &symbols, &mut image)?;
            frame::add(&*isa, &codes, &symbols, &mut image)?;
        }
        elf::write(&image, architecture(&options.target))
    };
    let object = emit().map_err(|error| {
        vec![Diagnostic::error("internal", 0, format!("internal compiler error: the object file: {error}"))]
    })?;
    let Work { instructions, code_bytes, lowering, codegen } = work;
    let stats = vec![
        ("functions", codes.len() as u64),
        ("instructions", instructions),
        ("code_bytes", code_bytes),
        ("lower_us", lowering.as_micros() as u64),
        ("codegen_us", codegen.as_micros() as u64),
        ("emit_us", start.elapsed().as_micros() as u64),
    ];
    Ok(Compiled { object, diagnostics: Vec::new(), stats })
}

/// What there is to compile, in order: the functions with bodies, then the program's
/// entry and the call of closures by the platform's convention.
pub fn items(module: &Module) -> Vec<Item> {
    let bodies = module.functions.iter().enumerate().filter(|(_, function)| function.body.is_some());
    let mut items: Vec<Item> = bodies.map(|(index, _)| Item::Function(FuncId::new(index))).collect();
    items.extend(module.entry.map(Item::Entry));
    items.extend(has_tasks(module).then_some(Item::Task));
    items
}

/// Whether the runtime's threads are to call closures of the module.
fn has_tasks(module: &Module) -> bool {
    let bodies = module.functions.iter().filter_map(|function| function.body.as_ref());
    bodies.flat_map(|body| &body.insts).any(|inst| inst.opcode() == Opcode::Parallel)
}

/// Refuses a module that is for another target, or whose names would clash in the object file.
fn check(module: &Module, target: &str) -> Result<(), Diagnostic> {
    if *module.target != *target {
        let message = format!("the module is for `{}`, the request for `{target}`", module.target);
        return Err(Diagnostic::error("target", 0, message));
    }
    let clash = module.functions.iter().find(|function| {
        let shared = matches!(function.kind, FunctionKind::Exported | FunctionKind::Import);
        shared && ["op.", "global."].iter().any(|start| function.name.starts_with(start))
    });
    match clash {
        None => Ok(()),
        Some(function) => {
            let message =
                format!("`{}`: symbols `kea.op.` and `kea.global.` belong to operations and globals", function.name);
            Err(Diagnostic {
                function: Some(function.name.clone()),
                ..Diagnostic::error("symbol", function.line, message)
            })
        }
    }
}

fn architecture(triple: &str) -> Architecture {
    if triple.starts_with("aarch64") { Architecture::Aarch64 } else { Architecture::X86_64 }
}
