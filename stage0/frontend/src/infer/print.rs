//! Types and rows as Kea writes them: in messages, and for `kea0 dump --types`.

use super::table::Table;
use crate::hir::{Bound, EffectUse, FunctionId, ModuleId, Program, Row, RowTail, Ty, Type};
use std::fmt::Write;

/// How long a type in a message gets before its parts are left out.
const MESSAGE_LENGTH_MAX: usize = 300;

/// Writes types.
pub(super) struct Printer<'a, 'p> {
    /// The program, for names.
    pub(super) program: &'p Program<'a>,
    /// The variables, where there are any.
    pub(super) table: Option<&'p Table<'a>>,
    /// The names of the type parameters; others get letters.
    pub(super) types: &'p [&'a str],
    /// The names of the row parameters; others get letters.
    pub(super) rows: &'p [&'a str],
}

impl<'a> Printer<'a, '_> {
    /// The type.
    pub(super) fn ty(&self, ty: Ty<'a>) -> String {
        let mut out = String::new();
        self.write(ty, false, &mut out);
        out
    }

    /// The effect with its arguments.
    pub(super) fn effect(&self, used: EffectUse<'a>) -> String {
        let mut out = self.program.effects[used.effect.index()].name.to_string();
        self.arguments(used.arguments, &mut out);
        out
    }

    /// The row in brackets; empty for a pure one.
    pub(super) fn row(&self, row: Row<'a>) -> String {
        let flat = self.table.map(|table| table.flatten(row));
        let (effects, tail) = match &flat {
            Some(flat) => (&flat.effects[..], flat.tail),
            None => (row.effects, row.tail),
        };
        let mut parts: Vec<String> = effects.iter().map(|used| self.effect(*used)).collect();
        if let Some(RowTail::Parameter(number)) = tail {
            parts.push(self.row_parameter(number));
        }
        if parts.is_empty() { String::new() } else { format!("[{}]", parts.join(", ")) }
    }

    /// The name of a type parameter.
    pub(super) fn type_parameter(&self, number: u32) -> String {
        match self.types.get(number as usize) {
            Some(name) => (*name).to_string(),
            // `e` is for rows.
            None => "abcdfghijklmnopqrstuvwxyz"
                .chars()
                .nth(number as usize)
                .map_or_else(|| format!("t{number}"), |letter| letter.to_string()),
        }
    }

    /// The name of a row parameter.
    pub(super) fn row_parameter(&self, number: u32) -> String {
        match (self.rows.get(number as usize), number) {
            (Some(name), _) => (*name).to_string(),
            (None, 0) => "e".to_string(),
            (None, _) => format!("e{number}"),
        }
    }

    fn arguments(&self, arguments: &'a [Ty<'a>], out: &mut String) {
        for argument in arguments {
            out.push(' ');
            self.write(argument, true, out);
        }
    }

    /// Writes a type; as an argument, in parentheses where it needs them.
    fn write(&self, ty: Ty<'a>, argument: bool, out: &mut String) {
        if self.table.is_some() && out.len() > MESSAGE_LENGTH_MAX {
            return out.push('…');
        }
        let ty = self.table.map_or(ty, |table| table.peek(ty));
        match *ty {
            Type::Int => out.push_str("Int"),
            Type::UInt8 => out.push_str("UInt8"),
            Type::Float => out.push_str("Float"),
            Type::Bool => out.push_str("Bool"),
            Type::Char => out.push_str("Char"),
            Type::String => out.push_str("String"),
            Type::Unit => out.push_str("Unit"),
            Type::Never => out.push_str("Never"),
            Type::Vector(element) => self.applied("Vector", std::slice::from_ref(&element), argument, out),
            Type::Data(id, arguments) => {
                self.applied(self.program.data[id.index()].name, arguments, argument, out);
            }
            Type::Tuple(elements) => {
                out.push('(');
                self.list(elements, out);
                out.push(')');
            }
            Type::Function(parameters, row, result) => {
                out.push_str(if argument { "(fn(" } else { "fn(" });
                self.list(parameters, out);
                let row = self.row(row);
                let _ = if row.is_empty() { write!(out, ") -> ") } else { write!(out, ") -{row}> ") };
                self.write(result, false, out);
                if argument {
                    out.push(')');
                }
            }
            Type::Parameter(number) => out.push_str(&self.type_parameter(number)),
            Type::Inference(id) => {
                out.push_str(if self.table.is_some_and(|table| table.is_number(id)) { "Int" } else { "_" });
            }
        }
    }

    fn applied(&self, name: &str, arguments: &[Ty<'a>], argument: bool, out: &mut String) {
        let parentheses = argument && !arguments.is_empty();
        if parentheses {
            out.push('(');
        }
        out.push_str(name);
        for argument in arguments {
            out.push(' ');
            self.write(argument, true, out);
        }
        if parentheses {
            out.push(')');
        }
    }

    fn list(&self, types: &[Ty<'a>], out: &mut String) {
        for (index, ty) in types.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.write(ty, false, out);
        }
    }

    /// `where a: Ord, b: Show`, with a space before it; nothing without bounds.
    fn bounds(&self, bounds: &[Bound]) -> String {
        let parts: Vec<String> = bounds
            .iter()
            .map(|bound| {
                format!(
                    "{}: {}",
                    self.type_parameter(bound.parameter),
                    self.program.traits[bound.trait_id.index()].name
                )
            })
            .collect();
        if parts.is_empty() { String::new() } else { format!(" where {}", parts.join(", ")) }
    }
}

/// The type of every item of a module, one a line, sorted by name: constructors, methods, operations, functions and constants.
/// Type parameters are named `a`, `b`, `c`, `d`, `f`, … by their numbers, row parameters `e`, `e1`, ….
pub fn items(program: &Program<'_>, module: ModuleId) -> String {
    let printer = Printer { program, table: None, types: &[], rows: &[] };
    let mut lines = Vec::new();
    for data in program.data.iter().filter(|data| data.module == module) {
        let parameters: String =
            (0..data.parameters).map(|number| format!(" {}", printer.type_parameter(number))).collect();
        for variant in &data.variants {
            let fields: Vec<String> = variant
                .fields
                .iter()
                .map(|field| field.name.map_or_else(String::new, |name| format!("{name}: ")) + &printer.ty(field.ty))
                .collect();
            let result = format!("{}{parameters}", data.name);
            let name = if data.is_struct { data.name.to_string() } else { format!("{}.{}", data.name, variant.name) };
            match (fields.is_empty(), data.is_struct) {
                (true, false) => lines.push(format!("{name} : {result}")),
                (_, true) => lines.push(format!("{name} : {result} {{ {} }}", fields.join(", ")).replace("{  }", "{}")),
                (false, false) => lines.push(format!("{name} : fn({}) -> {result}", fields.join(", "))),
            }
        }
    }
    for effect in program.effects.iter().filter(|effect| effect.module == Some(module)) {
        for operation in &effect.operations {
            let parameters: Vec<String> = operation.parameters.iter().map(|(_, ty)| printer.ty(ty)).collect();
            let arguments: String =
                (0..effect.parameters).map(|number| format!(" {}", printer.type_parameter(number))).collect();
            let (name, result) = (operation.name, printer.ty(operation.result));
            lines.push(format!("{0}.{name} : fn({1}) -[{0}{arguments}]> {result}", effect.name, parameters.join(", ")));
        }
    }
    for (index, function) in program.functions.iter().enumerate() {
        if function.module == module {
            lines.push(format!("{} : {}", function.name, function_type(program, FunctionId(index as u32))));
        }
    }
    for constant in program.constants.iter().filter(|constant| constant.module == module) {
        lines.push(format!("{} : {}", constant.name, printer.ty(constant.ty)));
    }
    lines.sort();
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The type of a function with its bounds.
pub fn function_type(program: &Program<'_>, id: FunctionId) -> String {
    let printer = Printer { program, table: None, types: &[], rows: &[] };
    let function = &program.functions[id.index()];
    let parameters: Vec<String> = function.parameters.iter().map(|parameter| printer.ty(parameter.ty)).collect();
    let row = printer.row(function.row);
    let arrow = if row.is_empty() { "->".to_string() } else { format!("-{row}>") };
    format!("fn({}) {arrow} {}{}", parameters.join(", "), printer.ty(function.result), printer.bounds(&function.bounds))
}
