//! That the corpus covers the contract, and that every file below `tests/` is used.

use crate::corpus::{files_below, root, sources};
use crate::trial;
use crate::{command_line, compat, format, invalid, kea, run};
use anyhow::{Result, bail, ensure};
use kea_mir::contract::{MNEMONICS, OPS, Opcode, RUNTIME};
use kea_mir::{reader, validate};
use libtest_mimic::Trial;
use std::collections::BTreeSet;

/// The tests.
pub fn trials() -> Vec<Trial> {
    vec![
        trial("coverage/instructions", instructions),
        trial("coverage/mnemonics", mnemonics),
        trial("coverage/runtime", runtime),
        trial("coverage/rules", rules),
        trial("coverage/files", files),
    ]
}

/// Every instruction occurs in a program that is run.
fn instructions() -> Result<()> {
    let mut met = BTreeSet::<Opcode>::new();
    for_each_inst(|mnemonic| {
        met.insert(mnemonic.info().opcode);
    })?;
    let missing: Vec<&str> = OPS.iter().filter(|op| !met.contains(&op.opcode)).map(|op| op.name).collect();
    ensure!(missing.is_empty(), "no program of {} has {}", run::FOLDER, missing.join(", "));
    Ok(())
}

/// So does every mnemonic: every type and mode of an instruction.
fn mnemonics() -> Result<()> {
    let mut met = BTreeSet::<u16>::new();
    for_each_inst(|mnemonic| {
        met.insert(mnemonic.0);
    })?;
    let missing = MNEMONICS.iter().enumerate().filter(|(index, _)| !met.contains(&(*index as u16)));
    let missing: Vec<&str> = missing.map(|(_, row)| row.text).collect();
    ensure!(missing.is_empty(), "no program of {} has {}", run::FOLDER, missing.join(", "));
    Ok(())
}

fn for_each_inst(mut visit: impl FnMut(kea_mir::contract::Mnemonic)) -> Result<()> {
    for source in sources(run::FOLDER, "mir")? {
        let Ok(module) = reader::read(source.text.as_bytes()) else { bail!("{} is not read", source.path.display()) };
        let bodies = module.functions.iter().filter_map(|function| function.body.as_ref());
        bodies.flat_map(|body| &body.insts).for_each(|inst| visit(inst.mnemonic));
    }
    Ok(())
}

/// Functions of the runtime whose results depend on the machine or the hour, or that end the process.
const RUN_ELSEWHERE: [&str; 0] = [];

/// Every function of the runtime is declared by a program that is run.
fn runtime() -> Result<()> {
    let sources = sources(run::FOLDER, "mir")?;
    let declared = |name: &str| sources.iter().any(|source| source.text.contains(&format!("extern @{name} ")));
    let missing: Vec<&str> = RUNTIME.iter().map(|(name, _)| *name).collect();
    let missing: Vec<&str> =
        missing.into_iter().filter(|name| !RUN_ELSEWHERE.contains(name) && !declared(name)).collect();
    ensure!(missing.is_empty(), "no program of {} declares {}", run::FOLDER, missing.join(", "));
    Ok(())
}

/// Every rule of the reader and the validator is broken by a module of the corpus, and no other.
fn rules() -> Result<()> {
    let mut broken = BTreeSet::new();
    for source in sources(invalid::FOLDER, "mir")? {
        broken.extend(invalid::diagnostics(source.text.as_bytes()).iter().map(|diagnostic| diagnostic.rule));
    }
    let rules: BTreeSet<&str> = reader::RULES.iter().chain(&validate::RULES).map(|(rule, _)| *rule).collect();
    let missing: Vec<&&str> = rules.difference(&broken).collect();
    ensure!(missing.is_empty(), "no module of {} breaks {missing:?}", invalid::FOLDER);
    let unknown: Vec<&&str> = broken.difference(&rules).collect();
    ensure!(unknown.is_empty(), "these rules are in no list: {unknown:?}");
    Ok(())
}

/// Every file below `tests/` belongs to a suite.
fn files() -> Result<()> {
    let suites = [run::FOLDER, invalid::FOLDER, format::FOLDER, compat::FOLDER];
    let belongs = |path: &str| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        suites.contains(&folder) && name.ends_with(".mir")
            || folder == command_line::FOLDER && name.ends_with(".session")
            || path.starts_with("tests/kea/") && kea_belongs(path)
            || path.starts_with("tests/src/") && name.ends_with(".rs")
            || folder == "tests" && matches!(name, "Cargo.toml" | "README.md" | "harness.rs")
    };
    let strangers: Vec<String> = files_below("tests").into_iter().filter(|path| !belongs(path)).collect();
    ensure!(strangers.is_empty(), "no suite uses {}", strangers.join(", "));
    Ok(())
}

/// Programs in Kea: files of the folders of the suites, everything below the folder of a program with `main.kea`, and the
/// expected dumps.
fn kea_belongs(path: &str) -> bool {
    let suites = kea::RUN_FOLDERS.into_iter().chain([kea::REJECT_FOLDER, kea::SYNTAX_FOLDER]);
    suites.into_iter().filter_map(|suite| path.strip_prefix(suite)?.strip_prefix('/')).any(|rest| {
        match rest.split_once('/') {
            Some((program, _)) => {
                let suite = path.strip_suffix(rest).unwrap_or_default();
                root().join(suite).join(program).join("main.kea").is_file()
            }
            None => match path.rsplit_once('.') {
                Some((_, "kea")) => true,
                Some((stem, "tokens" | "ast" | "stderr")) => root().join(format!("{stem}.kea")).is_file(),
                _ => false,
            },
        }
    })
}
