//! Errors of a compilation, as data and as text.

use crate::source::{Sources, Span};
use std::fmt::Write;

/// What is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that was broken, in kebab case: `unknown-name`.
    pub code: &'static str,
    /// The offending text.
    pub span: Span,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Other places involved, each with what it has to do with it.
    pub notes: Vec<(Span, String)>,
    /// What to do.
    pub hint: Option<String>,
}

/// A phase's result. Stage 0 stops at the first error.
pub type Outcome<T> = Result<T, Box<Diagnostic>>;

impl Diagnostic {
    /// An error at a place.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic { code, span, message: message.into(), notes: Vec::new(), hint: None })
    }

    /// What lies outside the part of the language that stage 0 compiles.
    pub fn unsupported(span: Span, what: &str) -> Box<Diagnostic> {
        Diagnostic::new("unsupported", span, format!("{what}: not supported by stage 0"))
    }

    /// The same with another place.
    #[must_use]
    pub fn note(mut self: Box<Self>, span: Span, text: impl Into<String>) -> Box<Diagnostic> {
        self.notes.push((span, text.into()));
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self: Box<Self>, text: impl Into<String>) -> Box<Diagnostic> {
        self.hint = Some(text.into());
        self
    }

    /// The message with the line and a mark under the place: what a person reads.
    pub fn render(&self, sources: &Sources) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}: error[{}]: {}", place(sources, self.span), self.code, self.message);
        quote(sources, self.span, &mut out);
        for (span, text) in &self.notes {
            let _ = writeln!(out, "{}: note: {text}", place(sources, *span));
            quote(sources, *span, &mut out);
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
        out
    }
}

/// `path:line:column`.
fn place(sources: &Sources, span: Span) -> String {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    format!("{}:{line}:{column}", file.path.display())
}

/// The line that a span starts in, with marks under the span; nothing of a file that is empty or could not be read.
fn quote(sources: &Sources, span: Span, out: &mut String) {
    let file = sources.file(span.file);
    if file.text.is_empty() {
        return;
    }
    let (line, column) = file.line_column(span.start);
    let (last_line, last_column) = file.line_column(span.end.max(span.start));
    let text = file.line(line);
    let width = text.chars().count();
    let marks = if last_line == line {
        last_column.saturating_sub(column) as usize
    } else {
        (width + 1).saturating_sub(column as usize)
    };
    let number = line.to_string();
    let lead: String = text.chars().take(column as usize - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "  {number} | {text}");
    let _ = writeln!(out, "  {:1$} | {lead}{2}", "", number.len(), "^".repeat(marks.max(1)));
}
