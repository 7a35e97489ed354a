//! S-expressions and their layout.

use crate::ast::Name;
use std::fmt::Write;

/// Lists up to this width are printed on one line.
const WIDTH: usize = 100;

/// An S-expression.
pub enum Form {
    /// A word or a quoted text.
    Atom(String),
    /// A list, and the width of its one-line form.
    List(Vec<Form>, usize),
}

impl Form {
    /// A word.
    pub fn word(text: impl Into<String>) -> Form {
        Form::Atom(text.into())
    }

    /// A path.
    pub fn path(path: &[Name<'_>]) -> Form {
        let names: Vec<&str> = path.iter().map(|name| name.text).collect();
        Form::Atom(names.join("."))
    }

    /// A text between quotes.
    pub fn quoted(text: &str) -> Form {
        let mut out = String::with_capacity(text.len() + 2);
        out.push('"');
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{0}'..='\u{1F}' | '\u{7F}' => drop(write!(out, "\\u{{{:X}}}", character as u32)),
                _ => out.push(character),
            }
        }
        out.push('"');
        Form::Atom(out)
    }

    /// A list with a head.
    pub fn list(head: &str, rest: impl IntoIterator<Item = Form>) -> Form {
        let items: Vec<Form> = std::iter::once(Form::word(head)).chain(rest).collect();
        let width = items.iter().map(|item| item.width() + 1).sum::<usize>() + 1;
        Form::List(items, width)
    }

    /// The width of the one-line form.
    fn width(&self) -> usize {
        match self {
            Form::Atom(text) => text.chars().count(),
            Form::List(_, width) => *width,
        }
    }

    /// Prints it at a depth.
    pub fn print(&self, depth: usize, out: &mut String) {
        match self {
            Form::Atom(text) => out.push_str(text),
            Form::List(items, width) if *width <= WIDTH => {
                for (position, item) in items.iter().enumerate() {
                    out.push(if position == 0 { '(' } else { ' ' });
                    item.print(depth, out);
                }
                out.push(')');
            }
            Form::List(items, _) => {
                let mut on_first_line = true;
                for (position, item) in items.iter().enumerate() {
                    on_first_line &= matches!(item, Form::Atom(_));
                    match (position, on_first_line) {
                        (0, _) => out.push('('),
                        (_, true) => out.push(' '),
                        (_, false) => drop(write!(out, "\n{:1$}", "", (depth + 1) * 2)),
                    }
                    item.print(depth + 1, out);
                }
                out.push(')');
            }
        }
    }
}
