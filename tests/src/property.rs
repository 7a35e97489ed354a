//! Properties of every input: what nobody wrote a file for.
//!
//! The cases are the same in every run; KEA_SEED gives others, KEA_CASES more of them.

use crate::corpus::{self, Source};
use crate::expectation;
use crate::format;
use crate::generate;
use crate::invalid;
use crate::program::{self, Outcome, Tools};
use crate::run;
use crate::trial;
use anyhow::{Result, anyhow, ensure};
use kea_mir::interp::{End, Interpreter, MemoryHost, Options};
use kea_mir::{reader, validate, writer};
use libtest_mimic::Trial;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The tests.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let (tools, compiling) = (tools.clone(), tools.clone());
    vec![
        trial("property/programs-are-valid", || check(256, programs(), |choices| valid(&generate::program(choices)))),
        trial("property/programs-round-trip", || {
            check(256, programs(), |choices| round_trip(&generate::program(choices)))
        }),
        trial("property/ways-agree", move || {
            check(48, programs(), |choices| ways_agree(&tools, &generate::program(choices)))
        }),
        trial("property/random-bytes", || check(2_000, vec(any::<u8>(), 0..200), |bytes| survives(bytes))),
        trial("property/random-lines", || check(2_000, lines(), |lines| survives(lines.join("\n").as_bytes()))),
        trial("property/mutated-modules", || {
            let sources = corpus()?;
            check(4_000, mutations(sources.len()), |(index, edits)| survives(&mutated(&sources[*index].text, edits)))
        }),
        trial("property/mutated-programs-obey", || {
            let sources = corpus::sources(run::FOLDER, "mir")?;
            check(6_000, mutations(sources.len()), |(index, edits)| obeys(&mutated(&sources[*index].text, edits)))
        }),
        trial("property/mutated-random-programs-obey", || {
            check(6_000, (programs(), edits()), |(choices, edits)| obeys(&mutated(&generate::program(choices), edits)))
        }),
        trial("property/mutated-programs-compile", move || {
            let sources = corpus::sources(run::FOLDER, "mir")?;
            check(1_500, mutations(sources.len()), |(index, edits)| {
                compiles(&compiling, &mutated(&sources[*index].text, edits))
            })
        }),
        trial("property/truncated-modules", || {
            let sources = corpus()?;
            check(1_000, (0..sources.len(), any::<prop::sample::Index>()), |(index, end)| {
                let bytes = sources[*index].text.as_bytes();
                survives(&bytes[..end.index(bytes.len() + 1)])
            })
        }),
    ]
}

/// Checks a property of so many values, and gives the simplest one that does not have it.
pub fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(&S::Value) -> Result<()>) -> Result<()> {
    let number = |name: &str| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = number("KEA_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(cases);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("KEA_SEED").unwrap_or(0).to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    runner
        .run(&strategy, |value| property(&value).map_err(|error| TestCaseError::fail(format!("{error:#}"))))
        .map_err(|error| anyhow!("{error}"))
}

/// What random programs follow from.
fn programs() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..400)
}

fn valid(text: &str) -> Result<()> {
    let found = invalid::diagnostics(text.as_bytes());
    ensure!(found.is_empty(), "{}\n{text}", found[0]);
    Ok(())
}

fn round_trip(text: &str) -> Result<()> {
    let canonical = format::format(text)?;
    let again = format::format(&canonical)?;
    ensure!(again == canonical, "{}", run::difference("the canonical text", &canonical, &again));
    Ok(())
}

/// The interpreter and compiled code do the same, without leaks.
fn ways_agree(tools: &Tools, text: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("random.mir");
    fs::write(&path, text)?;
    let outcome = |arguments: &[&str]| -> Result<Outcome> {
        let mut command = tools.backend(arguments);
        command.arg(&path).env("KEA_LEAKS", "1");
        program::run(command, b"")
    };
    let interpreted = outcome(&["interp"])?;
    for level in ["none", "speed"] {
        let compiled = outcome(&["run", "-O", level])?;
        let same = compiled.status == interpreted.status && compiled.stdout == interpreted.stdout;
        let first = |outcome: &Outcome| outcome.stderr().lines().next().map(str::to_string);
        ensure!(
            same && first(&compiled) == first(&interpreted),
            "the interpreter gives {}, {:?}, {:?}; code with -O {level} gives {}, {:?}, {:?}; of\n{text}",
            interpreted.status,
            interpreted.stdout(),
            interpreted.stderr(),
            compiled.status,
            compiled.stdout(),
            compiled.stderr()
        );
    }
    ensure!(matches!(interpreted.status, 0 | 101), "status {}: {}", interpreted.status, interpreted.stderr());
    Ok(())
}

/// Neither the reader nor the validator panics, and what both accept is written and read again.
fn survives(bytes: &[u8]) -> Result<()> {
    let work = || {
        if let Ok(module) = reader::read(bytes)
            && let Ok(module) = validate::validate(module)
        {
            let canonical = writer::write(&module);
            ensure!(reader::read(canonical.as_bytes()).is_ok(), "its canonical text is not read:\n{canonical}");
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow!("a panic")))
        .map_err(|error| error.context(format!("of the input {:?}", String::from_utf8_lossy(bytes))))
}

/// What a program promises without a proof: the interpreter alone notices when it does not hold.
const PROMISES: [&str; 18] = [
    "not within the",
    "is truncated to",
    "has no room",
    "the array is empty",
    "rules out",
    "element is not empty",
    "element was taken",
    "variable is",
    "never written",
    "memory was freed",
    "0x",
    "has a value already",
    "has no value yet",
    "size is negative",
    "unmanaged memory",
    "no case fits",
    "not an address",
    "bytes",
];

/// How long a mutated program may run; many never end.
const INSTRUCTIONS_MAX: u64 = 50_000;

/// The validator is sound: a program that it accepts breaks no rule of ownership or typing when it runs.
fn obeys(bytes: &[u8]) -> Result<()> {
    survives(bytes)?;
    let module = reader::read(bytes).ok().and_then(|module| validate::validate(module).ok());
    let Some(module) = module.filter(|module| module.entry.is_some()) else { return Ok(()) };
    let mut host = MemoryHost::new(&["an argument"], "a line\nand another\n");
    let options = Options { instructions_max: Some(INSTRUCTIONS_MAX), ..Options::default() };
    let outcome = catch_unwind(AssertUnwindSafe(|| Interpreter::new(&module, options, &mut host).run()));
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match outcome.map(|outcome| outcome.end) {
        Ok(End::Violated(violations)) => {
            let broken = violations.iter().find(|found| !PROMISES.iter().any(|text| found.message.contains(text)));
            broken.map_or(Ok(()), |found| Err(anyhow!("{found}; of\n{}", text())))
        }
        Ok(_) => Ok(()),
        Err(_) => Err(anyhow!("the interpreter panics; of\n{}", text())),
    }
}

/// The backend compiles whatever the validator accepts, or says what it lacks (a target, say).
fn compiles(tools: &Tools, bytes: &[u8]) -> Result<()> {
    if reader::read(bytes).ok().and_then(|module| validate::validate(module).ok()).is_none() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let mut command = tools.backend(["compile", "-", "-o"]);
    command.arg(folder.path().join("mutated.o"));
    let outcome = program::run(command, bytes)?;
    let text = String::from_utf8_lossy(bytes);
    let refused = outcome.status == 1 && !outcome.stderr().contains("internal");
    ensure!(outcome.status == 0 || refused, "{}; of\n{text}", outcome.stderr());
    Ok(())
}

fn mutated(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    edits.iter().for_each(|edit| edit.apply(&mut bytes));
    bytes
}

/// All modules of the corpus, without what they expect.
fn corpus() -> Result<Vec<Source>> {
    let mut sources = corpus::sources(run::FOLDER, "mir")?;
    sources.extend(corpus::sources(invalid::FOLDER, "mir")?);
    sources.extend(corpus::sources(format::FOLDER, "mir")?);
    for source in &mut sources {
        source.text = expectation::split(&source.text, expectation::MIR).0.to_string();
    }
    Ok(sources)
}

/// Words of the language, in any order.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let words = prop::sample::select(WORDS.as_slice());
    vec(vec(words, 0..8).prop_map(|words| words.join(" ")), 0..12).prop_map(|mut lines| {
        lines.insert(0, "kea-mir 1.0\ntarget x86_64-unknown-linux-gnu".into());
        lines
    })
}

const WORDS: [&str; 48] = [
    "func",
    "local",
    "@f",
    "(",
    ")",
    "()",
    "->",
    "pure",
    "end",
    "b0:",
    "b1",
    "b1 (v1: i64):",
    "v0",
    "v1",
    "=",
    "const.i64",
    "9223372036854775808",
    "-1",
    "add.i64.checked",
    "return",
    "jump",
    "layout",
    "L",
    "array",
    "flat",
    "size",
    "variant 0 A",
    "field x i64 @0",
    "ref L",
    "own",
    "borrow",
    "uniq",
    "retain",
    "release",
    "new L.A (v0)",
    "take v0 A",
    "switch_tag v0 [0: b1, else: b2]",
    "effect",
    "op",
    "sig",
    "data",
    "global",
    "\"\\u{",
    "!1:1:1",
    ";",
    "token 16",
    "hole",
    "performs IO",
];

/// A change of a text's bytes. Positions are parts of the whole.
#[derive(Clone, Debug)]
enum Edit {
    /// Another byte.
    Replace(prop::sample::Index, u8),
    /// A range is left out.
    Delete(prop::sample::Index, usize),
    /// A word is put in.
    Insert(prop::sample::Index, &'static str),
    /// A line stands twice.
    RepeatLine(prop::sample::Index),
    /// A line is left out.
    DeleteLine(prop::sample::Index),
    /// Two lines change places.
    SwapLines(prop::sample::Index, prop::sample::Index),
    /// A digit becomes another one: names of values and blocks, mostly.
    Digit(prop::sample::Index, u8),
}

fn mutations(sources: usize) -> impl Strategy<Value = (usize, Vec<Edit>)> {
    (0..sources, edits())
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    use prop::sample::Index;
    let edit = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (any::<Index>(), prop::sample::select(WORDS.as_slice())).prop_map(|(at, word)| Edit::Insert(at, word)),
        any::<Index>().prop_map(Edit::RepeatLine),
        any::<Index>().prop_map(Edit::DeleteLine),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (any::<Index>(), 0..10_u8).prop_map(|(at, digit)| Edit::Digit(at, digit)),
    ];
    vec(edit, 1..4)
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        match self {
            Edit::Replace(at, byte) => {
                let at = at.index(bytes.len());
                return bytes[at] = *byte;
            }
            Edit::Delete(at, length) => {
                let start = at.index(bytes.len());
                return drop(bytes.drain(start..(start + length).min(bytes.len())));
            }
            Edit::Insert(at, word) => {
                let at = at.index(bytes.len());
                return drop(bytes.splice(at..at, word.bytes()));
            }
            Edit::Digit(at, digit) => {
                let digits: Vec<usize> = (0..bytes.len()).filter(|index| bytes[*index].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    bytes[digits[at.index(digits.len())]] = b'0' + digit;
                }
                return;
            }
            Edit::RepeatLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Edit::DeleteLine(at) => drop(lines.remove(at.index(lines.len()))),
            Edit::SwapLines(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
        }
        *bytes = lines.concat();
    }
}
