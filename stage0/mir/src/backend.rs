//! The backend interface: what every backend takes and gives.

use crate::diagnostic::Diagnostic;
use crate::validate::ValidModule;

/// How much work a backend puts into the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimize {
    /// As little as possible: fast builds.
    None,
    /// Fast code.
    Speed,
}

/// What a request asks for besides the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The target's triple.
    pub target: String,
    /// How much work to put into the code.
    pub optimize: Optimize,
    /// Whether the object carries line tables and unwind information for debuggers.
    pub debug_lines: bool,
    /// How many threads may work at once; the bytes do not depend on it.
    pub jobs: usize,
}

/// What a backend made of a module.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The object file.
    pub object: Vec<u8>,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Statistics by name, in a fixed order.
    pub stats: Vec<(&'static str, u64)>,
}

/// Something that turns a validated module into machine code.
pub trait Backend {
    /// Its name in requests and replies.
    fn name(&self) -> &'static str;

    /// Its version, part of the key of a build cache.
    fn version(&self) -> String;

    /// Compiles a module to an object file. What it cannot do it refuses with a diagnostic.
    fn compile(&self, module: &ValidModule, options: &Options) -> Result<Compiled, Vec<Diagnostic>>;
}
