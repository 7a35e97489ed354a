//! `tests/mir/format`: canonical text, which reading and writing leaves as it is.

use crate::corpus::{self, Source};
use crate::run::{self, difference};
use crate::trial;
use anyhow::{Result, anyhow, bail};
use kea_mir::{reader, writer};
use libtest_mimic::Trial;

/// The folder of the modules.
pub const FOLDER: &str = "tests/mir/format";

/// `NAME.in.mir` is what `NAME.mir` is the canonical text of.
const INPUT: &str = ".in";

/// A test for every module, and for every program of the corpus.
pub fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    let sources = corpus::sources(FOLDER, "mir")?;
    for source in sources.clone() {
        trials.push(match source.name.strip_suffix(INPUT) {
            Some(name) => {
                let canonical = sources.iter().find(|other| other.name == name).cloned();
                trial(format!("mir/format/{name}/normalised"), move || {
                    let canonical = canonical.ok_or_else(|| anyhow!("there is no file with its canonical text"))?;
                    same(&canonical.text, &format(&source.text)?)
                })
            }
            None => trial(format!("mir/format/{}", source.name), move || same(&source.text, &format(&source.text)?)),
        });
    }
    for source in corpus::sources(run::FOLDER, "mir")? {
        trials.push(trial(format!("mir/format/run/{}", source.name), move || is_fixed_point(&source)));
    }
    Ok(trials)
}

/// The canonical text of what is written once is itself.
fn is_fixed_point(source: &Source) -> Result<()> {
    let canonical = format(&source.text)?;
    same(&canonical, &format(&canonical)?)
}

/// The canonical text of a module.
pub fn format(text: &str) -> Result<String> {
    match reader::read(text.as_bytes()) {
        Ok(module) => Ok(writer::write(&module)),
        Err(diagnostic) => bail!("{diagnostic}"),
    }
}

fn same(expected: &str, found: &str) -> Result<()> {
    if expected != found {
        bail!("{}", difference("the canonical text", expected, found));
    }
    Ok(())
}
