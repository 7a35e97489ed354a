//! Every instruction of the contract, lowered for both targets with Cranelift's own checks of its intermediate form.

use kea_cranelift::isa::TARGETS;
use kea_cranelift::object::compile_object;
use kea_mir::backend::{Optimize, Options};
use kea_mir::contract::{Category, FormItem, MNEMONICS, MnemonicInfo, OPS, Opcode};
use kea_mir::module::Module;
use kea_mir::reader::read;
use kea_mir::types::Scalar;
use kea_mir::validate::validate;
use std::collections::BTreeSet;
use std::fmt::Write;

const TEXT: &str = include_str!("lower.mir");
const TARGET: &str = TARGETS[0];

fn module(text: &str) -> Module {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// The object files of the module for each target and effort.
fn compile(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut objects = Vec::new();
    for target in TARGETS {
        let module = validate(module(&text.replace(TARGET, target))).expect("the module is valid");
        for optimize in [Optimize::None, Optimize::Speed] {
            let options = Options { target: target.into(), optimize, debug_lines: true, jobs: 2 };
            match compile_object(&module, &options, true) {
                Ok(compiled) => objects.push((target, compiled.object)),
                Err(diagnostics) => panic!("{target}, {optimize:?}: {}", diagnostics[0]),
            }
        }
    }
    objects
}

fn opcodes(module: &Module) -> BTreeSet<Opcode> {
    let bodies = module.functions.iter().filter_map(|function| function.body.as_ref());
    bodies.flat_map(|body| body.insts.iter().map(|inst| inst.opcode())).collect()
}

/// The type of an operand of the mnemonic, where it is a scalar.
fn scalar(row: &MnemonicInfo, category: Category) -> Option<&'static str> {
    match category {
        Category::T => row.scalar.map(Scalar::name),
        Category::T2 => row.scalar2.map(Scalar::name),
        Category::I64 => Some("i64"),
        Category::Bool => Some("bool"),
        Category::Ptr => Some("ptr"),
        _ => None,
    }
}

/// A function that applies the mnemonic to its parameters, where all operands are scalars.
fn scalar_function(row: &MnemonicInfo, number: usize) -> Option<String> {
    let info = row.opcode.info();
    if info.terminator {
        return None;
    }
    let (mut params, mut items) = (Vec::new(), String::new());
    for item in info.form {
        match item {
            FormItem::Operand(_, category) => {
                let name = scalar(row, *category)?;
                write!(items, " v{}", params.len()).expect("a string grows");
                params.push(format!("v{}: {name}", params.len()));
            }
            FormItem::Literal => items += literal(row.scalar?),
            FormItem::Index => items += " 24",
            _ => return None,
        }
    }
    let results: Option<Vec<&str>> = info
        .results
        .iter()
        .map(|result| match *result {
            "T" => row.scalar.map(Scalar::name),
            "T2" => row.scalar2.map(Scalar::name),
            name => Scalar::from_name(name).map(Scalar::name),
        })
        .collect();
    let results = results?;
    let names: Vec<String> = (0..results.len()).map(|index| format!("v{}", params.len() + index)).collect();
    let define = if names.is_empty() { String::new() } else { format!("{} = ", names.join(", ")) };
    let (params, names, results) = (params.join(", "), names.join(", "), results.join(", "));
    Some(format!(
        "func @f{number} ({params}) -> ({results}) pure\nb0:\n  {define}{}{items}\n  return ({names})\nend\n",
        row.text
    ))
}

fn literal(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 | Scalar::F64 => " -0.5",
        Scalar::Bool => " true",
        Scalar::Ptr => " 0",
        _ => " -128",
    }
}

fn scalar_module() -> String {
    let functions = MNEMONICS.iter().enumerate().filter_map(|(number, row)| scalar_function(row, number));
    functions.fold(format!("kea-mir 1.0\ntarget {TARGET}\n"), |text, function| text + &function)
}

#[test]
fn scalar_instructions_in_every_type_and_mode() {
    compile(&scalar_module());
}

#[test]
fn everything_else() {
    compile(TEXT);
}

#[test]
fn no_instruction_is_left_out() {
    let mut covered = opcodes(&module(TEXT));
    covered.extend(opcodes(&module(&scalar_module())));
    let missing: Vec<&str> = OPS.iter().filter(|info| !covered.contains(&info.opcode)).map(|info| info.name).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// `mov rsp, rbp`, `pop rbp`, `ret`, of which the first makes returns slow.
#[test]
fn no_return_of_x86_64_moves_the_frame_pointer() {
    for (_, object) in compile(TEXT).into_iter().filter(|(target, _)| *target == TARGETS[0]) {
        assert!(!object.windows(5).any(|bytes| bytes == [0x48, 0x89, 0xec, 0x5d, 0xc3]));
    }
}

/// Operands known at compile time take shortcuts; the code stands behind them all the same.
#[test]
fn constant_operands_in_every_checked_mode() {
    let mut text = format!("kea-mir 1.0\ntarget {TARGET}\n");
    for (number, row) in MNEMONICS.iter().enumerate() {
        let [FormItem::Operand(..), FormItem::Operand(_, category)] = row.opcode.info().form else { continue };
        let (Some(first), Some(second)) = (row.scalar, scalar(row, *category)) else { continue };
        if first.is_float() || row.mode.is_none() || row.opcode.info().results != ["T"] {
            continue;
        }
        for (variant, constant) in ["0", "1", "-1", "7", "100", "-100"].iter().enumerate() {
            let name = first.name();
            text += &format!(
                "func @f{number}.{variant} (v0: {name}) -> {name} pure\nb0:\n  v1 = const.{second} {constant}\n  v2 = {} v0 v1\n  return (v2)\nend\n",
                row.text
            );
        }
    }
    compile(&text);
}
