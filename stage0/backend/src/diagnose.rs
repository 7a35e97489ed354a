//! Errors on their way to the user: one a line, as text or as JSON.

use crate::BAD_INPUT;
use clap::ValueEnum;
use kea_mir::diagnostic::{Diagnostic, Severity};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How errors are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// `FILE:LINE: error[RULE]: message (in @function, block: instruction)`
    Text,
    /// An object a line
    Json,
}

/// Why a command gave up.
#[derive(Debug)]
pub enum Failure {
    /// Findings in files.
    Findings(Vec<Finding>),
    /// Nobody reads standard output any more.
    BrokenPipe,
}

/// A finding in a file.
#[derive(Debug)]
pub struct Finding {
    /// The file's path, `<stdin>`, or nothing.
    pub file: String,
    /// What was found.
    pub diagnostic: Diagnostic,
}

impl Failure {
    /// Findings in one file.
    pub fn in_file(file: impl Display, diagnostics: Vec<Diagnostic>) -> Failure {
        let file = file.to_string();
        let finding = |diagnostic| Finding { file: file.clone(), diagnostic };
        Failure::Findings(diagnostics.into_iter().map(finding).collect())
    }

    /// An error of a file as a whole.
    pub fn of_file(file: impl Display, rule: &'static str, message: impl Into<String>) -> Failure {
        Failure::in_file(file, vec![Diagnostic::error(rule, 0, message)])
    }

    /// An error of writing to standard output.
    pub fn of_output(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
            _ => Failure::of_file("<stdout>", "output", format!("cannot write: {error}")),
        }
    }

    /// What was found, without the files.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let findings = match self {
            Failure::Findings(findings) => findings.as_slice(),
            Failure::BrokenPipe => &[],
        };
        findings.iter().map(|finding| &finding.diagnostic)
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Findings(_) => BAD_INPUT,
            // What a shell reports of a program that SIGPIPE ended.
            Failure::BrokenPipe => 128 + 13,
        }
    }

    /// Prints it on standard error.
    pub fn print(&self, format: ErrorFormat) {
        if let Failure::Findings(findings) = self {
            findings.iter().for_each(|finding| finding.print(format));
        }
    }
}

impl Finding {
    /// Prints it on standard error.
    pub fn print(&self, format: ErrorFormat) {
        print_line(&match format {
            ErrorFormat::Text => self.text(),
            ErrorFormat::Json => self.json().to_string(),
        });
    }

    fn text(&self) -> String {
        let rendered = self.diagnostic.to_string();
        // `Display` begins with the line, which is 0 when there is none.
        let place = match rendered.strip_prefix("0: ") {
            Some(rest) => format!("{}: {rest}", self.file),
            None => format!("{}:{rendered}", self.file),
        };
        one_line(&place).into_owned()
    }

    fn json(&self) -> Value {
        let Diagnostic { severity, rule, message, line, function, block, instruction, location } = &self.diagnostic;
        let mut object = Map::new();
        object.insert("severity".into(), severity.name().into());
        object.insert("rule".into(), (*rule).into());
        object.insert("message".into(), message.as_str().into());
        object.insert("file".into(), self.file.as_str().into());
        object.insert("line".into(), known(*line != 0, *line));
        object.insert("function".into(), function.as_deref().into());
        object.insert("block".into(), (*block).into());
        object.insert("instruction".into(), instruction.as_deref().into());
        let source = json!({ "file": location.file, "line": location.line, "column": location.column });
        object.insert("source".into(), known(location.is_known(), source));
        Value::Object(object)
    }
}

fn known(known: bool, value: impl Into<Value>) -> Value {
    if known { value.into() } else { Value::Null }
}

/// Warnings of a backend, which do not end a command.
pub fn print_warnings(file: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning) {
        Finding { file: file.to_string(), diagnostic: diagnostic.clone() }.print(ErrorFormat::Text);
    }
}

/// The input that is being worked on, for reports of internal errors.
static WORKING_ON: Mutex<String> = Mutex::new(String::new());

/// Notes the input that is being worked on.
pub fn working_on(input: impl Display) {
    *WORKING_ON.lock().unwrap_or_else(PoisonError::into_inner) = input.to_string();
}

/// Whether an internal error was printed: what other threads meet afterwards mostly follows from it.
static INTERNAL_ERROR: AtomicBool = AtomicBool::new(false);

/// Prints a panic of this program, which is a bug in it.
pub fn print_internal_error(format: ErrorFormat, panic: &PanicHookInfo<'_>) {
    if INTERNAL_ERROR.swap(true, Ordering::Relaxed) {
        return;
    }
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let input = WORKING_ON.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let doing = if input.is_empty() { String::new() } else { format!(" while compiling {input}") };
    let text = format!(
        "internal compiler error: {message}{place}{doing}; this is a bug in kea-backend {}: please report it with that \
         input and this line",
        env!("CARGO_PKG_VERSION")
    );
    print_line(&match format {
        ErrorFormat::Text => one_line(&text).into_owned(),
        ErrorFormat::Json => {
            json!({ "severity": "error", "rule": "internal", "message": text, "file": input }).to_string()
        }
    });
}

fn print_line(line: &str) {
    // Nothing can be done for a reader of errors who is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Line ends and other control characters as escapes, so that an error stays on its line.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape = |char: char| if char.is_control() { char.escape_default().to_string() } else { char.to_string() };
    text.chars().map(escape).collect::<String>().into()
}
