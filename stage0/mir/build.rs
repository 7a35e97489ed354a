//! Generates the tables of the contract (`src/contract.rs` includes them) from the contract file.

#[path = "contract/parse.rs"]
mod parse;
#[path = "contract/tables.rs"]
mod tables;

use std::{env, fs, path::PathBuf};

const CONTRACT: &str = "contract/kea-mir-1.contract";

fn main() {
    for path in [CONTRACT, "contract/parse.rs", "contract/tables.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let text = fs::read_to_string(CONTRACT).expect("the contract file is readable");
    let contract = parse::parse(&text).unwrap_or_else(|error| panic!("{CONTRACT}:{error}"));
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("tables.rs");
    fs::write(output, tables::rust(&contract)).expect("OUT_DIR is writable");
}
