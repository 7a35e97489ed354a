//! Reader of the contract file. Used at build time for the Rust tables, and by the generator of the Kea module.

use std::fmt;

/// What the contract file says, in its order.
#[derive(Debug, Default)]
pub struct Contract {
    /// The version of the text format that this contract defines.
    pub version: (u16, u16),
    /// Every instruction.
    pub ops: Vec<Op>,
    /// Every type, as name and description.
    pub types: Vec<(String, String)>,
    /// Every function of the runtime that a module may declare, as name and signature.
    pub runtime: Vec<(String, String)>,
    /// Every function of the runtime that generated code calls by itself, as name and signature.
    pub services: Vec<(String, String)>,
    /// The object model: group, name and properties.
    pub objects: Vec<ObjectRow>,
    /// The calling convention, as property and text.
    pub convention: Vec<(String, String)>,
    /// The properties of a backend's request.
    pub request: Vec<(String, String)>,
    /// The properties of a backend's reply.
    pub reply: Vec<(String, String)>,
}

/// A group of the object model, a name in it, and the name's properties.
pub type ObjectRow = (String, String, Vec<(String, u32)>);

/// An instruction.
#[derive(Debug)]
pub struct Op {
    pub name: String,
    pub since: (u16, u16),
    pub class: String,
    /// What may follow the name: one or two types, and a mode.
    pub suffixes: Vec<Suffix>,
    /// The items behind the mnemonic, in order of the text.
    pub form: Vec<Item>,
    /// The categories of the results.
    pub results: Vec<String>,
    pub flags: Vec<String>,
    pub doc: String,
}

/// One way in which a mnemonic may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suffix {
    pub scalars: Vec<String>,
    pub mode: Option<String>,
}

/// An item of an instruction's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An operand with its name and category.
    Operand { name: String, category: String },
    /// A list of operands in parentheses.
    List { name: String, category: String },
    /// A word that stands for itself.
    Word(String),
    /// A word and an operand that may be left out together.
    Optional { word: String, name: String, category: String },
    /// A kind of immediate, target or case list.
    Immediate(String),
}

/// What is wrong with the contract file, and in which line.
#[derive(Debug)]
pub struct ContractError {
    line: usize,
    message: String,
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// Reads a contract.
pub fn parse(text: &str) -> Result<Contract, ContractError> {
    let mut contract = Contract::default();
    let mut section = String::new();
    for (index, raw) in text.lines().enumerate() {
        let line = raw.split(';').next().unwrap_or("").trim_end();
        if line.is_empty() {
            continue;
        }
        let indented = line.starts_with(' ');
        let (word, rest) = split_word(line.trim_start());
        let read = if indented {
            read_property(&mut contract, &section, word, rest)
        } else {
            section = if word == "object" { format!("object {rest}") } else { word.to_string() };
            read_declaration(&mut contract, word, rest)
        };
        read.map_err(|message| ContractError { line: index + 1, message })?;
    }
    Ok(contract)
}

fn split_word(text: &str) -> (&str, &str) {
    match text.find(' ') {
        Some(end) => (&text[..end], text[end..].trim_start()),
        None => (text, ""),
    }
}

fn read_version(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    parts.ok_or_else(|| format!("`{text}` is not a version"))
}

fn read_declaration(contract: &mut Contract, word: &str, rest: &str) -> Result<(), String> {
    let (name, tail) = split_word(rest);
    let pair = || (name.to_string(), tail.to_string());
    match word {
        "contract" => contract.version = read_version(tail)?,
        "type" => contract.types.push(pair()),
        "op" => contract.ops.push(read_op(name, tail)?),
        "runtime" => contract.runtime.push(pair()),
        "service" => contract.services.push(pair()),
        "object" | "convention" | "request" | "reply" => {}
        _ => return Err(format!("unknown declaration `{word}`")),
    }
    Ok(())
}

fn read_op(name: &str, rest: &str) -> Result<Op, String> {
    match rest.split_whitespace().collect::<Vec<_>>()[..] {
        ["since", version, "class", class] => Ok(Op {
            name: name.to_string(),
            since: read_version(version)?,
            class: class.to_string(),
            suffixes: Vec::new(),
            form: Vec::new(),
            results: Vec::new(),
            flags: Vec::new(),
            doc: String::new(),
        }),
        _ => Err(format!("`op {name}` needs `since VERSION class CLASS`")),
    }
}

fn read_property(contract: &mut Contract, section: &str, word: &str, rest: &str) -> Result<(), String> {
    let pair = || (word.to_string(), rest.to_string());
    match section {
        "op" => {
            let op = contract.ops.last_mut().ok_or("a property outside an op")?;
            read_op_property(op, word, rest)?;
        }
        "convention" => contract.convention.push(pair()),
        "request" => contract.request.push(pair()),
        "reply" => contract.reply.push(pair()),
        _ => match section.strip_prefix("object ") {
            Some(group) => contract.objects.push((group.to_string(), word.to_string(), read_numbers(rest)?)),
            None => return Err(format!("`{section}` has no properties")),
        },
    }
    Ok(())
}

fn read_numbers(text: &str) -> Result<Vec<(String, u32)>, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .chunks(2)
        .map(|pair| match pair {
            [name, number] => {
                let number = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
                Ok((name.to_string(), number))
            }
            _ => Err(format!("`{text}` is not a list of names and numbers")),
        })
        .collect()
}

fn read_op_property(op: &mut Op, word: &str, rest: &str) -> Result<(), String> {
    match word {
        "suffix" => read_suffixes(op, rest),
        "form" => op.form = read_form(rest)?,
        "result" => op.results = rest.split_whitespace().filter(|item| *item != "-").map(str::to_string).collect(),
        "flags" => op.flags = rest.split_whitespace().map(str::to_string).collect(),
        "doc" => op.doc = rest.to_string(),
        _ => return Err(format!("unknown property `{word}`")),
    }
    Ok(())
}

fn read_suffixes(op: &mut Op, text: &str) {
    let (types, modes) = text.split_once(':').unwrap_or((text, ""));
    for ty in types.split_whitespace() {
        let scalars: Vec<String> = ty.split("->").map(str::to_string).collect();
        let mut modes = modes.split_whitespace().peekable();
        if modes.peek().is_none() {
            op.suffixes.push(Suffix { scalars: scalars.clone(), mode: None });
        }
        for mode in modes {
            op.suffixes.push(Suffix { scalars: scalars.clone(), mode: Some(mode.to_string()) });
        }
    }
}

fn read_form(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        items.push(match word.strip_prefix("['") {
            Some(keyword) => {
                let operand = words.next().and_then(|word| word.strip_suffix(']')).ok_or("`[` without `]`")?;
                let (name, category) = operand.split_once(':').ok_or("an optional item needs an operand")?;
                let word = keyword.trim_end_matches('\'').to_string();
                Item::Optional { word, name: name.to_string(), category: category.to_string() }
            }
            None => read_item(word),
        });
    }
    Ok(items)
}

fn read_item(word: &str) -> Item {
    if let Some(keyword) = word.strip_prefix('\'') {
        return Item::Word(keyword.trim_end_matches('\'').to_string());
    }
    match word.split_once(':') {
        None => Item::Immediate(word.to_string()),
        Some((name, category)) => {
            let name = name.to_string();
            match category.strip_suffix('*') {
                Some(category) => Item::List { name, category: category.to_string() },
                None => Item::Operand { name, category: category.to_string() },
            }
        }
    }
}
