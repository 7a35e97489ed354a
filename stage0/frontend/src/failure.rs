//! Why a command gave up.

use crate::BAD_INPUT;
use kea_frontend::diagnostic::Diagnostic;
use kea_frontend::source::Sources;

/// Why a command gave up.
pub enum Failure {
    /// A fault in the program, as text with its place.
    Diagnostic(String),
    /// Something else, as a sentence.
    Message(String),
    /// A tool has already said what is wrong, and gave that status.
    Said(u8),
    /// Nobody reads standard output any more.
    BrokenPipe,
}

impl Failure {
    /// A fault in a program.
    pub fn of(diagnostic: &Diagnostic, sources: &Sources) -> Failure {
        Failure::Diagnostic(diagnostic.render(sources))
    }

    /// Prints it on standard error and gives the exit status.
    pub fn print(&self) -> u8 {
        match self {
            Failure::Diagnostic(text) => eprint!("{text}"),
            Failure::Message(text) => eprintln!("error: {text}"),
            Failure::Said(status) => return *status,
            // What a shell reports of a program that SIGPIPE ended.
            Failure::BrokenPipe => return 128 + 13,
        }
        BAD_INPUT
    }
}
