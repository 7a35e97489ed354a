//! What the reader, the validator and backends have to say about a module.

use crate::module::Location;
use std::fmt;

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The module is refused.
    Error,
    /// It is not.
    Warning,
}

impl Severity {
    /// The word in text.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A finding. Its message says what is wrong and, where that is known, what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// The rule that is broken: a stable word such as `syntax`, `version`, `type`, `ownership-join`, `O4`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// The line of the module's text, from 1 on; 0 when there is none.
    pub line: u32,
    /// The function's name.
    pub function: Option<Box<str>>,
    /// The block's number.
    pub block: Option<u32>,
    /// The instruction as text, as it stands in canonical form.
    pub instruction: Option<Box<str>>,
    /// The place in the source program.
    pub location: Location,
}

impl Diagnostic {
    /// An error that is not in a function.
    pub fn error(rule: &'static str, line: u32, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            rule,
            message: message.into(),
            line,
            function: None,
            block: None,
            instruction: None,
            location: Location::default(),
        }
    }
}

/// One line: `12: error[O3]: message (in @f, b1: release v2)`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}[{}]: {}", self.line, self.severity.name(), self.rule, self.message)?;
        let Some(function) = &self.function else { return Ok(()) };
        write!(f, " (in @{function}")?;
        if let Some(block) = self.block {
            write!(f, ", b{block}")?;
        }
        if let Some(instruction) = &self.instruction {
            write!(f, ": {instruction}")?;
        }
        f.write_str(")")
    }
}
