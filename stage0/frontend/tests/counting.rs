//! Counting: modules whose functions use values freely become valid, give everything back, and do what they say.
//!
//! `counting/*.mir` are programs without counts. Comments behind the last line of code say what a program prints (`; stdout| line`) and what
//! the interpreter counts (`; counts: copies_on_write=0 retains=2`). The programs of `tests/mir/run` have counts: they are taken out and put
//! back by the pass.

#[path = "counting/uncount.rs"]
mod uncount;

use kea_frontend::counting;
use kea_mir::interp::{End, Interpreter, MemoryHost, Options, Stats};
use kea_mir::module::Module;
use kea_mir::{reader, validate, writer};
use std::path::{Path, PathBuf};

/// What a program does.
struct Run {
    output: String,
    status: i32,
    end: End,
    stats: Stats,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "mir"));
    files.sort();
    files
}

fn read(path: &Path) -> (String, Module) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let module = reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (text, module)
}

/// Counts a module and gives it as text; what the validator finds otherwise.
fn count(mut module: Module) -> Result<(validate::ValidModule, String), String> {
    let drafts = uncount::uncount(&mut module);
    counting::count(&mut module, drafts);
    let text = writer::write(&module);
    match validate::validate(module) {
        Ok(module) => Ok((module, text)),
        Err(findings) => {
            // Once more from the text, so that findings have its lines.
            let again = reader::read(text.as_bytes()).map(validate::validate);
            let findings = match again {
                Ok(Err(findings)) => findings,
                _ => findings,
            };
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            Err(format!("{}\n{}", findings.join("\n"), numbered(&text)))
        }
    }
}

fn numbered(text: &str) -> String {
    text.lines().zip(1..).map(|(line, number)| format!("{number:4} {line}\n")).collect()
}

fn run(module: &validate::ValidModule, args: &[&str], input: &str) -> Run {
    let mut host = MemoryHost::new(args, input);
    let outcome = Interpreter::new(module, Options::default(), &mut host).run();
    let output = String::from_utf8_lossy(&host.output).into_owned();
    Run { output, status: outcome.status, end: outcome.end, stats: outcome.stats }
}

/// The rests of the lines that begin with `; KEY`.
fn expected<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let key = format!("; {key}");
    text.lines()
        .filter_map(|line| line.strip_prefix(key.as_str()))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect()
}

fn counter(stats: &Stats, name: &str) -> u64 {
    match name {
        "retains" => stats.retains,
        "releases" => stats.releases,
        "copies_on_write" => stats.copies_on_write,
        "allocations" => stats.allocations,
        "frees" => stats.frees,
        "reuse_hits" => stats.reuse_hits,
        "peak_bytes" => stats.bytes_peak,
        _ => panic!("there is no counter `{name}`"),
    }
}

fn check(path: &Path) -> Result<(), String> {
    let (text, module) = read(path);
    let (module, counted) = count(module)?;
    let Run { output, status, end, stats } = run(&module, &[], "");
    let wanted: String = expected(&text, "stdout|").iter().map(|line| format!("{line}\n")).collect();
    let mut wrong = Vec::new();
    let wanted_status = expected(&text, "status:").first().map_or(0, |status| status.parse().unwrap_or(-1));
    if (status, &output) != (wanted_status, &wanted) || matches!(end, End::Violated(_) | End::Unavailable(_)) {
        wrong.push(format!("ends {end:?} with status {status} and prints\n{output}"));
    }
    for pair in expected(&text, "counts:").iter().flat_map(|line| line.split_whitespace()) {
        let (name, number) = pair.split_once('=').unwrap_or((pair, ""));
        if counter(&stats, name).to_string() != number {
            wrong.push(format!("{name} is {}, not {number}", counter(&stats, name)));
        }
    }
    for line in expected(&text, "contains|") {
        if !counted.lines().any(|counted| counted.trim_start().starts_with(line)) {
            wrong.push(format!("no line begins with `{line}`"));
        }
    }
    for line in expected(&text, "lacks|") {
        if counted.lines().any(|counted| counted.trim_start().starts_with(line)) {
            wrong.push(format!("a line begins with `{line}`"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("\n"), numbered(&counted))) }
}

fn report(failures: &[(PathBuf, String)], total: usize) {
    let texts: Vec<String> = failures.iter().map(|(path, text)| format!("{}\n{text}", path.display())).collect();
    assert!(failures.is_empty(), "{} of {total} fail\n{}", failures.len(), texts.join("\n"));
}

#[test]
fn programs_without_counts() {
    let files = files(Path::new("tests/counting"));
    let failures: Vec<(PathBuf, String)> =
        files.iter().filter_map(|path| Some((path.clone(), check(path).err()?))).collect();
    report(&failures, files.len());
    assert!(files.len() >= 40, "only {} programs", files.len());
}

/// What these need is written by hand in them: borrowed results and parameters, or cells that must be unique on every path.
#[test]
fn programs_whose_counts_are_taken_out() {
    let files = files(Path::new("../../tests/mir/run"));
    let mut failures = Vec::new();
    let mut checked = 0;
    for path in files {
        let (_, module) = read(&path);
        if uncount::passes_borrows(&module) || module.entry.is_none() {
            continue;
        }
        let Ok(valid) = validate::validate(module.clone()) else { continue };
        let before = run(&valid, &[], "");
        if matches!(before.end, End::Unavailable(_)) {
            continue;
        }
        checked += 1;
        match count(module) {
            Err(findings) => failures.push((path, findings)),
            Ok((module, text)) => {
                let after = run(&module, &[], "");
                if (&before.output, before.status, &before.end) != (&after.output, after.status, &after.end) {
                    failures.push((path, format!("{:?} {}\n{}", after.end, after.output, numbered(&text))));
                }
            }
        }
    }
    report(&failures, checked);
    assert!(checked > 150, "only {checked} programs");
}
