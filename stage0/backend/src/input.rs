//! Input: files and standard input, as bytes and as modules.

use crate::diagnose::{self, Failure};
use kea_mir::module::Module;
use kea_mir::reader;
use kea_mir::validate::{ValidModule, validate};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `-`
    Stdin,
    /// A path.
    File(PathBuf),
}

impl FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Input, Self::Err> {
        Ok(if text == "-" { Input::Stdin } else { Input::File(text.into()) })
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Input {
        Input::File(path.to_path_buf())
    }
}

/// As messages name it.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Stdin => f.write_str("<stdin>"),
            Input::File(path) => path.display().fmt(f),
        }
    }
}

impl Input {
    /// The bytes.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        diagnose::working_on(self);
        let mut bytes = Vec::new();
        let read = match self {
            Input::Stdin => io::stdin().lock().read_to_end(&mut bytes),
            Input::File(path) => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        };
        match read {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Failure::of_file(self, "input", format!("cannot read: {error}"))),
        }
    }

    /// The module whose text this is.
    pub fn module(&self) -> Result<Module, Failure> {
        self.parse(&self.read()?)
    }

    /// The module whose text this is, checked.
    pub fn valid_module(&self) -> Result<ValidModule, Failure> {
        self.check(self.module()?)
    }

    /// The module whose text this is, checked, of a program that can be run.
    pub fn program(&self) -> Result<ValidModule, Failure> {
        let module = self.valid_module()?;
        match module.entry {
            Some(_) => Ok(module),
            None => Err(Failure::of_file(self, "entry", "the module has no `entry` to run")),
        }
    }

    /// The module that was read from here.
    pub fn parse(&self, text: &[u8]) -> Result<Module, Failure> {
        reader::read(text).map_err(|diagnostic| Failure::in_file(self, vec![diagnostic]))
    }

    /// The validator's verdict on a module that was read from here.
    pub fn check(&self, module: Module) -> Result<ValidModule, Failure> {
        validate(module).map_err(|diagnostics| Failure::in_file(self, diagnostics))
    }
}
