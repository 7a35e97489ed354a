//! What is written as trees before names are looked up: derived implementations, tests, examples of documentation.
//!
//! The expansions refer to the library by names that begin with `$`, which no program can write: `$Eq` is the library's `Eq`
//! whatever the module around it declares or imports.

mod derive;
mod example;
mod synthesis;
mod tests;

pub use derive::derive;
pub use tests::tests;
