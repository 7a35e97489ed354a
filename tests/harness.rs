//! Runs every test of `tests/`: see `tests/README.md`.

use kea_tests::{agreement, bless, builds, command_line, compat, coverage, diagnostics, documents, format, fuzz};
use kea_tests::{generations, invalid, kea, layers, program, property, run, stage1, tidy};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let tools = program::tools()?;
    if bless::wanted() {
        let chosen = |name: &str| arguments.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
        run::bless(&tools, &chosen)?;
        invalid::bless(&chosen)?;
        command_line::bless(&tools, &chosen)?;
        kea::bless(&tools, &chosen)?;
    }
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(tidy::trials());
    trials.extend(layers::trials(&tools));
    trials.extend(documents::trials(&tools));
    trials.extend(agreement::trials());
    trials.extend(coverage::trials());
    trials.extend(invalid::trials()?);
    trials.extend(format::trials()?);
    trials.extend(compat::trials(&tools)?);
    trials.extend(command_line::trials(&tools)?);
    trials.extend(builds::trials(&tools));
    trials.extend(property::trials(&tools));
    trials.extend(run::trials(&tools)?);
    trials.extend(kea::trials(&tools)?);
    trials.extend(stage1::trials(&tools)?);
    trials.extend(generations::trials(&tools)?);
    trials.extend(diagnostics::trials(&tools)?);
    trials.extend(fuzz::trials(&tools));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
