//! `contract`: what the contract says, for programs and for people.

use super::print;
use crate::diagnose::Failure;
use kea_mir::contract::{self, CONVENTION, FormItem, MNEMONICS, OPS, OpInfo};
use std::fmt::Write;

/// Print the contract, or a part of it
#[derive(clap::Args)]
#[group(multiple = false)]
pub struct Arguments {
    /// The version of the text format
    #[arg(long)]
    version: bool,
    /// A table of all instructions: name, version, class, mnemonics, form, results, flags
    #[arg(long)]
    opcodes: bool,
    /// The calling convention
    #[arg(long)]
    manifest: bool,
    /// The contract as a module in Kea
    #[arg(long)]
    kea: bool,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        match self {
            Arguments { version: true, .. } => print(format!("{}\n", contract::VERSION))?,
            Arguments { opcodes: true, .. } => print(opcodes())?,
            Arguments { manifest: true, .. } => print(manifest())?,
            Arguments { kea: true, .. } => print(kea_mir::kea_module::generate())?,
            _ => print(contract::TEXT)?,
        }
        Ok(0)
    }
}

/// One instruction a line, its columns separated by tabs.
fn opcodes() -> String {
    OPS.iter().map(opcode).collect()
}

fn opcode(op: &OpInfo) -> String {
    let suffixes = MNEMONICS.iter().filter(|row| row.opcode == op.opcode);
    let mnemonics: Vec<&str> = suffixes.map(|row| row.text).collect();
    let form: Vec<String> = op.form.iter().map(item).collect();
    let flags: Vec<&str> = [("terminator", op.terminator), ("checks", op.checks), ("allocates", op.allocates)]
        .iter()
        .filter_map(|(name, set)| set.then_some(*name))
        .collect();
    let columns = [
        op.name.to_string(),
        op.since.to_string(),
        op.class.name().to_string(),
        mnemonics.join(" "),
        form.join(" "),
        op.results.join(" "),
        flags.join(" "),
        op.doc.to_string(),
    ];
    columns.join("\t") + "\n"
}

fn item(item: &FormItem) -> String {
    match item {
        FormItem::Operand(name, category) => format!("{name}:{category:?}").to_lowercase(),
        FormItem::List(name, category) => format!("{name}:{category:?}*").to_lowercase(),
        FormItem::Word(word) => format!("'{word}'"),
        FormItem::Optional(word, name, category) => format!("['{word}' {name}:{category:?}]").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn manifest() -> String {
    let mut text = String::new();
    for (property, value) in CONVENTION {
        let _ = writeln!(text, "{property}\t{value}");
    }
    text
}
