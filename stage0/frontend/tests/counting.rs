//! Counting: modules whose functions use values freely become valid, give everything back, and do what they say.
//!
//! `counting/*.mir` are programs without counts. Comments behind the last line of code say what a program prints (`; stdout| line`) and what
//! the interpreter counts (`; counts: copies_on_write=0 retains=2`). The programs of `tests/mir/run` have counts: they are taken out and put
//! back by the pass.

#[path = "../../../tests/src/generate/mod.rs"]
mod generate;
#[path = "counting/random.rs"]
mod random;
#[path = "counting/uncount.rs"]
mod uncount;

use kea_frontend::counting;
use kea_mir::interp::{End, Interpreter, MemoryHost, Options, Stats};
use kea_mir::module::Module;
use kea_mir::{reader, validate, writer};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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

/// Counts a module and gives it, read again from its text, and the text; what the validator finds otherwise.
fn count(mut module: Module) -> Result<(validate::ValidModule, String), String> {
    let drafts = uncount::uncount(&mut module);
    counting::count(&mut module, drafts);
    let text = writer::write(&module);
    let failed = |findings: String| format!("{findings}\n{}", numbered(&text));
    validate::validate(module).map_err(|findings| failed(findings[0].to_string()))?;
    let again = reader::read(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    let valid = validate::validate(again).map_err(|findings| failed(findings[0].to_string()))?;
    Ok((valid, text))
}

fn numbered(text: &str) -> String {
    text.lines().zip(1..).map(|(line, number)| format!("{number:4} {line}\n")).collect()
}

fn run(module: &validate::ValidModule) -> Run {
    let mut host = MemoryHost::new(&[], "");
    let options = Options { instructions_max: Some(30_000_000), ..Options::default() };
    let outcome = Interpreter::new(module, options, &mut host).run();
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
    let Run { output, status, end, stats } = run(&module);
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
        let before = run(&valid);
        if matches!(before.end, End::Unavailable(_)) {
            continue;
        }
        checked += 1;
        match count(module) {
            Err(findings) => failures.push((path, findings)),
            Ok((module, text)) => {
                let after = run(&module);
                if (&before.output, before.status, &before.end) != (&after.output, after.status, &after.end) {
                    failures.push((path, format!("{:?} {}\n{}", after.end, after.output, numbered(&text))));
                }
            }
        }
    }
    report(&failures, checked);
    assert!(checked > 150, "only {checked} programs");
}

/// How many random programs; `KEA_CASES` says otherwise.
fn cases() -> u64 {
    std::env::var("KEA_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

#[test]
fn random_programs_without_counts() {
    for seed in 0..cases() {
        let text = random::program(seed);
        let module =
            reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{seed}: {error}\n{}", numbered(&text)));
        let (module, counted) =
            count(module).unwrap_or_else(|findings| panic!("{seed}: {findings}\n{}", numbered(&text)));
        let end = run(&module).end;
        let ends = matches!(end, End::Returned | End::Unavailable(_));
        assert!(ends, "{seed}: {end:?}\n{}\n{}", numbered(&text), numbered(&counted));
    }
}

#[test]
fn random_programs_whose_counts_are_taken_out() {
    for seed in 0..cases() {
        let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let choices: Vec<u8> = (0..seed % 400)
            .map(|_| {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (bits >> 56) as u8
            })
            .collect();
        let text = generate::program(&choices);
        let read = || reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{seed}: {error}"));
        let before = run(&validate::validate(read()).unwrap_or_else(|findings| panic!("{seed}: {findings:?}")));
        let (module, counted) =
            count(read()).unwrap_or_else(|findings| panic!("{seed}: {findings}\n{}", numbered(&text)));
        let after = run(&module);
        let same = (&before.output, before.status, &before.end) == (&after.output, after.status, &after.end);
        assert!(same, "{seed}: {:?}\n{}\n{}", after.end, numbered(&text), numbered(&counted));
    }
}

/// Counts a large program; how long that took.
fn time_of(text: &str) -> Duration {
    let mut module = reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let drafts = uncount::uncount(&mut module);
    let start = Instant::now();
    counting::count(&mut module, drafts);
    let time = start.elapsed();
    if let Err(findings) = validate::validate(module) {
        panic!("{}", findings[0]);
    }
    time
}

const LARGE: &str = "\
kea-mir 1.0
target x86_64-unknown-linux-gnu
layout String array i8
layout State
  variant 0 State size 32 align 8
    field a ref String @8
    field b ref String @16
    field c i64 @24
end
effect Fail
  op fail (own ref String) -> never zero
end
extern @kea_string_from_i64 (i64) -> own ref String pure
extern @kea_string_append (own ref String, borrow ref String) -> own ref String pure
func @check (v0: own ref String) -> own ref String fails Fail pure
b0:
  perform.fail Fail.fail (v0)
end
";

/// A function of 100,000 instructions without a branch.
fn straight_line() -> String {
    let mut code = String::from("func @f (v0: own ref String) -> own ref String pure\nb0:\n");
    for value in 0..100_000 {
        let _ = writeln!(code, "  v{} = call @kea_string_append (v{value}, v{})", value + 1, value / 2);
    }
    format!("{LARGE}{code}  return (v100000)\nend\n")
}

/// 5,000 branches one after another, with 50 values alive throughout.
fn branches() -> String {
    let mut code = String::from("func @f (v0: own ref String, v1: bool) -> own ref String pure\nb0:\n");
    for value in 2..52 {
        let _ = writeln!(code, "  v{value} = call @kea_string_append (v0, v0)");
    }
    code.push_str("  jump b1 (v0)\n");
    for number in 0..5_000 {
        let (block, value) = (3 * number + 1, 52 + 2 * number);
        let _ = writeln!(code, "b{block} (v{value}: own ref String):\n  branch v1 b{} b{}", block + 1, block + 2);
        let _ = writeln!(code, "b{}:\n  v{} = call @kea_string_append (v{value}, v2)", block + 1, value + 1);
        let _ = writeln!(code, "  jump b{} (v{})", block + 3, value + 1);
        let _ = writeln!(code, "b{}:\n  jump b{} (v{})", block + 2, block + 3, 2 + number % 50);
    }
    code.push_str("b15001 (v90000: own ref String):\n");
    for value in 2..52 {
        let _ = writeln!(code, "  v{} = call @kea_string_append (v90000, v{value})", 90_000 + value);
    }
    format!("{LARGE}{code}  return (v90000)\nend\n")
}

/// 3,000 calls that may fail and share the block where they do, each with one value more alive.
fn failures() -> String {
    let mut code = String::from("func @f (v0: own ref String) -> own ref String fails Fail pure\nb0:\n");
    for number in 0..3_000 {
        let _ = writeln!(code, "  try_call @check (v{number}) b{} fail b5000", number + 1);
        let _ = writeln!(code, "b{} (v{}: own ref String):", number + 1, number + 1);
    }
    for value in 1..3_000 {
        let _ = writeln!(code, "  v{} = call @kea_string_append (v{value}, v{value})", 10_000 + value);
    }
    format!("{LARGE}{code}  return (v0)\nb5000 (v9000: own fail):\n  refail v9000\nend\n")
}

/// 5,000 arms, each of which reads the fields of one value.
fn arms() -> String {
    let mut code = String::from("func @f (v0: own ref State, v1: i64) -> own ref String pure\nb0:\n  switch.i64 v1 [");
    for arm in 0..5_000 {
        let _ = write!(code, "{arm}: b{}, ", arm + 2);
    }
    code.push_str("else: b1]\nb1:\n  v2 = field v0 State.a\n  return (v2)\n");
    for arm in 0..5_000 {
        let value = 3 + 3 * arm;
        let _ = writeln!(code, "b{}:\n  v{value} = field v0 State.a\n  v{} = field v0 State.b", arm + 2, value + 1);
        let _ = writeln!(code, "  v{} = call @kea_string_append (v{value}, v{})", value + 2, value + 1);
        let _ = writeln!(code, "  return (v{})", value + 2);
    }
    format!("{LARGE}{code}end\n")
}

#[test]
fn large_functions_take_little_time() {
    for (what, text) in
        [("line", straight_line()), ("branches", branches()), ("failures", failures()), ("arms", arms())]
    {
        let time = time_of(&text);
        println!("{what}: {time:?}");
        assert!(time < Duration::from_secs(9), "{what}: {time:?}");
    }
}
