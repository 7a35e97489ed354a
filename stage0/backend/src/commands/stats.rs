//! `stats`: what a module is made of, in numbers.

use super::print;
use crate::diagnose::Failure;
use crate::input::Input;
use kea_mir::stats::{self, Counts};
use serde_json::{Map, Value, json};

/// Print a module's digest and statistics as JSON
#[derive(clap::Args)]
pub struct Arguments {
    /// A module
    file: Input,
    /// Add a table of all functions
    #[arg(long)]
    functions: bool,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let module = self.file.valid_module()?;
        let mut report = Map::new();
        report.insert("file".into(), self.file.to_string().into());
        report.insert("version".into(), module.version.to_string().into());
        report.insert("target".into(), (*module.target).into());
        report.insert("digest".into(), stats::digest(&module).into());
        report.insert("declarations".into(), object(stats::declarations(&module)));
        report.insert("module".into(), object(stats::of_module(&module).rows()));
        if self.functions {
            let rows = stats::of_functions(&module).map(|(function, counts)| row(&function.name, &counts));
            report.insert("functions".into(), rows.collect());
        }
        print(format!("{:#}\n", Value::Object(report)))?;
        Ok(0)
    }
}

fn row(name: &str, counts: &Counts) -> Value {
    // Zeros would be most of a table that has a row a function.
    let counts = counts.rows().into_iter().filter(|(name, number)| *number != 0 && name != "functions");
    json!({ "name": name, "counts": object(counts) })
}

fn object<N: Into<String>>(rows: impl IntoIterator<Item = (N, u64)>) -> Value {
    Value::Object(rows.into_iter().map(|(name, number)| (name.into(), number.into())).collect())
}
