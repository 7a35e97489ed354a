//! Writes the contract as Rust tables.

use super::parse::{Contract, Item, Op};
use std::fmt::Write;

/// The Rust source of the tables; `src/contract.rs` defines the types that they use.
pub fn rust(contract: &Contract) -> String {
    let mut out = String::from("// Generated from the contract file by build.rs.\n\n");
    let (major, minor) = contract.version;
    line(
        &mut out,
        format_args!(
            "/// The version of the contract.\npub const VERSION: Version = Version {{ major: {major}, minor: {minor} }};"
        ),
    );
    opcodes(&mut out, contract);
    named_enum(
        &mut out,
        "Mode",
        "How an instruction treats the cases that its type alone leaves open.",
        &modes(contract),
    );
    named_enum(&mut out, "Class", "The class that statistics count an instruction in.", &classes(contract));
    op_table(&mut out, contract);
    mnemonics(&mut out, contract);
    pairs(&mut out, "TYPES", "Every type, with its description.", &contract.types);
    pairs(
        &mut out,
        "RUNTIME",
        "The functions of the runtime that a module may declare, with their signatures.",
        &contract.runtime,
    );
    pairs(
        &mut out,
        "SERVICES",
        "The functions of the runtime that generated code calls by itself, with their C signatures.",
        &contract.services,
    );
    pairs(&mut out, "CONVENTION", "The calling convention.", &contract.convention);
    pairs(&mut out, "REQUEST", "The properties of a backend's request.", &contract.request);
    pairs(&mut out, "REPLY", "The properties of a backend's reply.", &contract.reply);
    objects(&mut out, contract);
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string grows");
    out.push('\n');
}

/// `try_call` and `perform.fail` as Rust names them.
fn camel(name: &str) -> String {
    name.split(['_', '.'])
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
        })
        .collect()
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn modes(contract: &Contract) -> Vec<String> {
    unique(contract.ops.iter().flat_map(|op| op.suffixes.iter().filter_map(|suffix| suffix.mode.clone())))
}

fn classes(contract: &Contract) -> Vec<String> {
    unique(contract.ops.iter().map(|op| op.class.clone()))
}

fn opcodes(out: &mut String, contract: &Contract) {
    line(
        out,
        format_args!(
            "/// An instruction of the contract.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n#[repr(u8)]\npub enum Opcode {{"
        ),
    );
    for op in &contract.ops {
        line(
            out,
            format_args!(
                "    /// {}\n    {},",
                if op.doc.is_empty() { "See the contract." } else { &op.doc },
                camel(&op.name)
            ),
        );
    }
    line(out, format_args!("}}"));
}

fn named_enum(out: &mut String, name: &str, doc: &str, names: &[String]) {
    line(
        out,
        format_args!(
            "/// {doc}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n#[repr(u8)]\npub enum {name} {{"
        ),
    );
    for variant in names {
        line(out, format_args!("    /// `{variant}`\n    {},", camel(variant)));
    }
    line(
        out,
        format_args!(
            "}}\n\nimpl {name} {{\n    /// All of them, in order of the contract.\n    pub const ALL: [{name}; {}] = [",
            names.len()
        ),
    );
    for variant in names {
        line(out, format_args!("        {name}::{},", camel(variant)));
    }
    line(
        out,
        format_args!(
            "    ];\n\n    /// The name in text.\n    pub fn name(self) -> &'static str {{\n        match self {{"
        ),
    );
    for variant in names {
        line(out, format_args!("            {name}::{} => {variant:?},", camel(variant)));
    }
    line(out, format_args!("        }}\n    }}\n}}"));
}

fn category(category: &str) -> String {
    format!("Category::{}", camel(category))
}

fn item(item: &Item) -> String {
    match item {
        Item::Operand { name, category: c } => format!("FormItem::Operand({name:?}, {})", category(c)),
        Item::List { name, category: c } => format!("FormItem::List({name:?}, {})", category(c)),
        Item::Word(word) => format!("FormItem::Word({word:?})"),
        Item::Optional { word, name, category: c } => {
            format!("FormItem::Optional({word:?}, {name:?}, {})", category(c))
        }
        Item::Immediate(kind) => format!("FormItem::{}", camel(kind)),
    }
}

fn op_table(out: &mut String, contract: &Contract) {
    line(
        out,
        format_args!(
            "/// What the contract says of each instruction, in order of [`Opcode`].\npub static OPS: [OpInfo; {}] = [",
            contract.ops.len()
        ),
    );
    for op in &contract.ops {
        let Op { name, since, class, form, results, flags, doc, .. } = op;
        let form: Vec<String> = form.iter().map(item).collect();
        let has = |flag: &str| flags.iter().any(|f| f == flag);
        line(
            out,
            format_args!(
                "    OpInfo {{ opcode: Opcode::{}, name: {name:?}, since: Version {{ major: {}, minor: {} }}, class: Class::{}, form: &[{}], results: &{results:?}, terminator: {}, checks: {}, allocates: {}, doc: {doc:?} }},",
                camel(name),
                since.0,
                since.1,
                camel(class),
                form.join(", "),
                has("terminator"),
                has("checks"),
                has("allocates"),
            ),
        );
    }
    line(out, format_args!("];"));
}

fn mnemonics(out: &mut String, contract: &Contract) {
    let mut rows = Vec::new();
    for op in &contract.ops {
        let opcode = camel(&op.name);
        if op.suffixes.is_empty() {
            rows.push(format!(
                "    MnemonicInfo {{ text: {:?}, opcode: Opcode::{opcode}, scalar: None, scalar2: None, mode: None }},",
                op.name
            ));
        }
        for suffix in &op.suffixes {
            let mut text = format!("{}.{}", op.name, suffix.scalars.join("->"));
            if let Some(mode) = &suffix.mode {
                text = text + "." + mode;
            }
            let scalar = |index: usize| {
                suffix.scalars.get(index).map_or("None".into(), |name| format!("Some(Scalar::{})", camel(name)))
            };
            let mode = suffix.mode.as_ref().map_or("None".into(), |mode| format!("Some(Mode::{})", camel(mode)));
            rows.push(format!("    MnemonicInfo {{ text: {text:?}, opcode: Opcode::{opcode}, scalar: {}, scalar2: {}, mode: {mode} }},", scalar(0), scalar(1)));
        }
    }
    line(
        out,
        format_args!(
            "/// Every word that may begin an instruction.\npub static MNEMONICS: [MnemonicInfo; {}] = [\n{}\n];",
            rows.len(),
            rows.join("\n")
        ),
    );
}

fn pairs(out: &mut String, name: &str, doc: &str, rows: &[(String, String)]) {
    line(out, format_args!("/// {doc}\npub static {name}: [(&str, &str); {}] = [", rows.len()));
    for row in rows {
        line(out, format_args!("    {row:?},"));
    }
    line(out, format_args!("];"));
}

fn objects(out: &mut String, contract: &Contract) {
    let groups = unique(contract.objects.iter().map(|(group, _, _)| group.clone()));
    line(out, format_args!("/// The object model: offsets, sizes and values in bytes.\npub mod object {{"));
    for group in groups {
        line(out, format_args!("    /// `object {group}`\n    pub mod {group} {{"));
        for (_, name, numbers) in contract.objects.iter().filter(|(g, _, _)| *g == group) {
            for (property, number) in numbers {
                let suffix = if property == "size" { "_SIZE" } else { "" };
                line(
                    out,
                    format_args!(
                        "        /// The {property} of `{name}`.\n        pub const {}{suffix}: u32 = {number};",
                        name.to_uppercase()
                    ),
                );
            }
        }
        line(out, format_args!("    }}"));
    }
    line(out, format_args!("}}"));
}
