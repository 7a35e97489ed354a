//! The gate: what compiling the compiler costs, against a baseline. What repeats exactly must stay within limits; times are there
//! for information.

use crate::build::{Compilation, Output, Profile};
use crate::project::Project;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do with the result.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Record what was measured as the new baseline
    #[arg(long, value_name = "REASON")]
    accept: Option<String>,
}

/// `perf/selfhost/baseline.json`.
#[derive(Serialize, Deserialize, Default)]
struct Baseline {
    /// By how many percent a count may grow.
    limit_percent: f64,
    /// Other limits, by the beginnings of names.
    limits: BTreeMap<String, f64>,
    /// Why the baseline is what it is, the last reason at the end.
    reasons: Vec<String>,
    /// What repeats exactly, by name.
    counts: BTreeMap<String, u64>,
    /// Times in seconds, for information.
    seconds: BTreeMap<String, f64>,
}

/// What was measured.
#[derive(Default)]
struct Measured {
    counts: BTreeMap<String, u64>,
    seconds: BTreeMap<String, f64>,
}

/// Measures and compares; fails beyond the limits, unless the result is accepted.
pub fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    ensure!(project.build("bin/kea").exists(), "there is no build/kea yet: run ./bootstrap.sh");
    let path = project.root.join("perf/selfhost/baseline.json");
    let mut baseline: Baseline = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| path.display().to_string())?,
        Err(_) if arguments.accept.is_some() => Baseline { limit_percent: 5.0, ..Baseline::default() },
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let measured = measure(project)?;
    let exceeded = compare(&baseline, &measured);
    if let Some(reason) = &arguments.accept {
        baseline.reasons.push(reason.clone());
        baseline.counts = measured.counts;
        baseline.seconds = measured.seconds;
        let text = serde_json::to_string_pretty(&baseline)? + "\n";
        fs::create_dir_all(project.root.join("perf/selfhost"))?;
        return fs::write(&path, text).with_context(|| path.display().to_string());
    }
    ensure!(
        exceeded.is_empty(),
        "beyond the limits of perf/selfhost/baseline.json: {}; `./bootstrap.sh gate --accept REASON` records a new baseline",
        exceeded.join(", ")
    );
    Ok(())
}

/// Prints what moved and gives what moved too far.
fn compare(baseline: &Baseline, measured: &Measured) -> Vec<String> {
    let mut exceeded = Vec::new();
    for (name, new) in &measured.counts {
        let Some(old) = baseline.counts.get(name) else {
            println!("{name:<48} {new:>16}  new");
            continue;
        };
        let percent = (*new as f64 / *old as f64 - 1.0) * 100.0;
        if new != old {
            println!("{name:<48} {old:>16} -> {new:>16}  {percent:+.2} %");
        }
        if *new as f64 > *old as f64 * (1.0 + baseline.limit(name) / 100.0) {
            exceeded.push(format!("{name} {percent:+.2} %"));
        }
    }
    for name in baseline.counts.keys().filter(|name| !measured.counts.contains_key(*name)) {
        println!("{name:<48} is not measured any more");
        // A phase that takes next to nothing is left out.
        if !name.starts_with(BY_PHASE) || *name == format!("{BY_PHASE}{ALL_PHASES}") {
            exceeded.push(format!("{name} is gone"));
        }
    }
    for (name, new) in &measured.seconds {
        let old = baseline.seconds.get(name).copied().unwrap_or(f64::NAN);
        println!("{name:<48} {old:>14.3} s -> {new:>12.3} s");
    }
    exceeded
}

impl Baseline {
    /// By how many percent a count may grow: the limit with the longest name that the count's name begins with.
    fn limit(&self, name: &str) -> f64 {
        let own = self.limits.iter().filter(|(prefix, _)| name.starts_with(prefix.as_str()));
        own.max_by_key(|(prefix, _)| prefix.len()).map_or(self.limit_percent, |(_, limit)| *limit)
    }
}

fn measure(project: &Project) -> Result<Measured> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let compiler = project.build("bin/kea");
    let mut measured = Measured::default();
    for (name, profile) in [("release", Profile::Release), ("debug", Profile::Debug)] {
        let made = folder.path().join(name);
        let (jobs, cache) = (2, None);
        let compilation = Compilation { project, compiler: &compiler, folder: &made, profile, jobs, cache };
        let cost = compilation.run(Output::Executable)?;
        measured.seconds.insert(format!("build/{name}"), cost.time.as_secs_f64());
        compilation.run(Output::Object)?;
        for (what, file) in [("executable", "kea"), ("object", "kea.o")] {
            measured.counts.insert(format!("size/{name}/{what}"), fs::metadata(made.join(file))?.len());
        }
        if profile == Profile::Release {
            compilation.run(Output::Mir)?;
        }
    }
    mir_statistics(project, &folder.path().join("release/kea.mir"), &mut measured)?;
    check_statistics(project, folder.path(), &mut measured)?;
    check_instructions(project, folder.path(), &mut measured)?;
    Ok(measured)
}

/// The compiler's MIR in numbers: functions, blocks, instructions by class, retains and releases.
fn mir_statistics(project: &Project, text: &Path, measured: &mut Measured) -> Result<()> {
    let output = Command::new(project.backend()).arg("stats").arg(text).output().context("cannot run kea-backend")?;
    ensure!(output.status.success(), "kea-backend stats failed");
    let stats: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let Some(numbers) = stats["module"].as_object() else { bail!("kea-backend stats gave no numbers of the module") };
    for (name, count) in numbers {
        measured.counts.insert(format!("mir/{name}"), count.as_u64().unwrap_or(0));
    }
    Ok(())
}

/// `kea check` of the compiler.
fn check_command(project: &Project, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("check").arg(project.compiler()).arg("--lib").arg(project.library());
    command.env("KEA_BACKEND", project.backend());
    command
}

/// Allocations, retains and releases of `kea check` of the compiler.
fn check_statistics(project: &Project, folder: &Path, measured: &mut Measured) -> Result<()> {
    let path = folder.join("stats.json");
    let mut command = check_command(project, &project.build("bin/kea"));
    command.env("KEA_STATS", &path);
    let cost = crate::measure::run(command)?;
    measured.seconds.insert("check".to_string(), cost.time.as_secs_f64());
    let stats: BTreeMap<String, u64> = serde_json::from_str(&fs::read_to_string(&path)?)?;
    for (name, value) in stats {
        // What the system gives to a process is not the same each time.
        if name != "peak_memory_bytes" {
            measured.counts.insert(format!("check/{name}"), value);
        }
    }
    Ok(())
}

/// Instructions that `kea check` of the compiler executes, and those of each phase: of the functions of its modules themselves, not of
/// what they call.
fn check_instructions(project: &Project, folder: &Path, measured: &mut Measured) -> Result<()> {
    let path: PathBuf = folder.join("callgrind.out");
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", path.display())).arg("--quiet");
    let check = check_command(project, &project.build("bin/kea"));
    command.arg(check.get_program()).args(check.get_args()).env("KEA_BACKEND", project.backend());
    crate::measure::run(command).context("the gate counts instructions with valgrind")?;
    let counts = instructions(&fs::read_to_string(&path)?);
    // What the command line and the driver take depends on the lengths of paths.
    let least = counts.get(ALL_PHASES).map_or(0, |all| all / 200);
    for (phase, count) in counts.into_iter().filter(|(_, count)| *count >= least) {
        measured.counts.insert(format!("{BY_PHASE}{phase}"), count);
    }
    Ok(())
}

/// What the names of instructions by phase begin with.
const BY_PHASE: &str = "check/instructions/";

/// The name of all phases together.
const ALL_PHASES: &str = "all";

/// The folders of `stage1/`, as the names of their modules begin; everything else is the library and the runtime.
const PHASES: [&str; 13] = [
    "Source",
    "Diagnostics",
    "Syntax",
    "Hir",
    "Resolve",
    "Types",
    "Matching",
    "Mir",
    "Lower",
    "Passes",
    "Backend",
    "Driver",
    "Cli",
];

/// The instructions of a profile in callgrind's format, by phase and in all. A line of costs behind `calls=` is that of the callee.
fn instructions(profile: &str) -> BTreeMap<String, u64> {
    let mut phases: BTreeMap<&str, String> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    let (mut phase, mut is_call) = (String::new(), false);
    for line in profile.lines() {
        // A name stands where its number occurs first, which may be in a call.
        if let Some(function) = line.strip_prefix("fn=").or(line.strip_prefix("cfn=")) {
            let (id, name) = function.split_once(' ').unwrap_or((function, ""));
            let found = phases.entry(id).or_insert_with(|| phase_of(name));
            if line.starts_with("fn=") {
                phase = found.clone();
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
            if !std::mem::take(&mut is_call) {
                *counts.entry(phase.clone()).or_insert(0) += cost;
                *counts.entry(ALL_PHASES.to_string()).or_insert(0) += cost;
            }
        }
    }
    counts
}

fn phase_of(function: &str) -> String {
    let module = function.strip_prefix("kea.").unwrap_or_default();
    let first = module.split('.').next().unwrap_or_default();
    if PHASES.contains(&first) { first.to_lowercase() } else { "library and runtime".to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_those_of_the_functions_themselves() {
        let profile =
            "fn=(1) kea.Types.Unify.unify\n10 100\ncalls=1 0\n+3 900\n+1 5\nfn=(2) kea.List.map\n1 20\nfn=(1)\n* 1\n";
        let counts = instructions(profile);
        assert_eq!(counts.get("types"), Some(&106));
        assert_eq!(counts.get("library and runtime"), Some(&20));
        assert_eq!(counts.get("all"), Some(&126));
    }

    #[test]
    fn the_longest_name_decides_a_limit() {
        let limits = BTreeMap::from([("check/".to_string(), 1.0), ("check/instructions".to_string(), 2.0)]);
        let baseline = Baseline { limit_percent: 5.0, limits, ..Baseline::default() };
        assert_eq!(baseline.limit("check/instructions/all"), 2.0);
        assert_eq!(baseline.limit("check/allocations"), 1.0);
        assert_eq!(baseline.limit("mir/calls"), 5.0);
    }

    #[test]
    fn what_grows_beyond_its_limit_is_named() {
        let counts = |value| BTreeMap::from([("a".to_string(), value)]);
        let baseline = Baseline { limit_percent: 5.0, counts: counts(100), ..Baseline::default() };
        let measured = |value| Measured { counts: counts(value), ..Measured::default() };
        assert!(compare(&baseline, &measured(105)).is_empty());
        assert!(compare(&baseline, &measured(50)).is_empty());
        assert_eq!(compare(&baseline, &measured(106)), ["a +6.00 %"]);
        let none = Baseline { limit_percent: 5.0, counts: counts(0), ..Baseline::default() };
        assert!(compare(&none, &measured(0)).is_empty());
        assert_eq!(compare(&none, &measured(1)), ["a +inf %"]);
    }

    #[test]
    fn what_is_not_measured_any_more_is_named() {
        let names = ["check/frees", "check/instructions/all", "check/instructions/cli"];
        let counts = names.iter().map(|name| (name.to_string(), 1)).collect();
        let baseline = Baseline { limit_percent: 5.0, counts, ..Baseline::default() };
        let gone = ["check/frees is gone", "check/instructions/all is gone"];
        assert_eq!(compare(&baseline, &Measured::default()), gone);
    }
}
