//! Compiled programs beside their twins: same checksum, interleaved runs, ratios.

use crate::{build, callgrind, report};
use anyhow::bail;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A program and the same work in another language.
pub struct Kernel {
    name: &'static str,
    /// What it is written in: the extension of its file, and its folder.
    language: Language,
    twin: &'static str,
    /// Flags of the twin's compiler.
    flags: &'static [&'static str],
    /// The ratio of times that is aimed at.
    target: f64,
}

/// What a kernel is written in.
#[derive(Clone, Copy)]
enum Language {
    /// `perf/corpus/mir`
    Mir,
    /// `perf/corpus/kea`
    Kea,
}

impl Language {
    /// The folder of the corpus, and the extension.
    fn name(self) -> &'static str {
        match self {
            Language::Mir => "mir",
            Language::Kea => "kea",
        }
    }
}

/// Kernels by hand, for the backend alone.
pub const KERNELS: &[Kernel] = &[
    Kernel {
        name: "fib",
        language: Language::Mir,
        twin: "fib.rs",
        flags: &["-O", "-Coverflow-checks=on"],
        target: 1.15,
    },
    Kernel { name: "fib_accumulator", language: Language::Mir, twin: "fib.rs", flags: &["-O"], target: 1.4 },
    Kernel {
        name: "vector_sum",
        language: Language::Mir,
        twin: "vector_sum.rs",
        flags: &["-O", "-Cno-vectorize-loops", "-Cno-vectorize-slp"],
        target: 1.5,
    },
    Kernel { name: "list_sum", language: Language::Mir, twin: "list_sum.c", flags: &["-O2"], target: 1.5 },
    Kernel { name: "evidence_call", language: Language::Mir, twin: "evidence_call.c", flags: &["-O2"], target: 1.3 },
    Kernel { name: "failing_call", language: Language::Mir, twin: "failing_call.rs", flags: &["-O"], target: 1.3 },
];

/// Programs in Kea; their twins check overflow, too.
pub const PROGRAMS: &[Kernel] = &[
    program("fib", "fib.rs"),
    program("sieve", "sieve.rs"),
    program("quicksort", "quicksort.rs"),
    program("matmul", "matmul.rs"),
    program("binary_trees", "binary_trees.rs"),
    program("rbtree", "rbtree.rs"),
    program("nqueens", "nqueens.rs"),
    program("word_count", "word_count.rs"),
    program("string_build", "string_build.rs"),
    program("effects_counter", "effects_counter.rs"),
];

const fn program(name: &'static str, twin: &'static str) -> Kernel {
    Kernel { name, language: Language::Kea, twin, flags: &["-O", "-Coverflow-checks=on"], target: 1.15 }
}

/// The two programs of a kernel, built.
struct Pair<'a> {
    kernel: &'a Kernel,
    kea: PathBuf,
    twin: PathBuf,
    kea_times: Vec<Duration>,
    twin_times: Vec<Duration>,
}

/// Builds, checks and runs every one of the kernels whose name contains the filter; prints a table and gives the record.
pub fn measure(kernels: &'static [Kernel], rounds: usize, instructions: bool, filter: &str) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let selected = kernels.iter().filter(|kernel| kernel.name.contains(filter));
    let mut pairs = selected.map(|kernel| build_pair(kernel, folder.path())).collect::<anyhow::Result<Vec<_>>>()?;
    for pair in &pairs {
        check(pair)?;
    }
    for _ in 0..rounds {
        for pair in &mut pairs {
            pair.kea_times.push(time(&pair.kea)?);
            pair.twin_times.push(time(&pair.twin)?);
        }
    }
    println!("{:<18} {:>10} {:>10} {:>7} {:>7}   instructions", "kernel", "kea ms", "twin ms", "ratio", "target");
    let rows = pairs.iter().map(|pair| row(pair, instructions, folder.path())).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(json!({ "environment": report::environment(), "kernels": rows }))
}

fn build_pair<'a>(kernel: &'a Kernel, folder: &Path) -> anyhow::Result<Pair<'a>> {
    let corpus = build::root().join("perf/corpus");
    let language = kernel.language.name();
    let source = corpus.join(language).join(kernel.name).with_extension(language);
    let kea = match kernel.language {
        Language::Mir => build::module(&source, folder)?,
        Language::Kea => build::program(&source, folder)?,
    };
    Ok(Pair {
        kernel,
        kea,
        twin: build::twin(&corpus.join("twins").join(kernel.twin), kernel.flags, folder)?,
        kea_times: Vec::new(),
        twin_times: Vec::new(),
    })
}

/// Both programs print the same checksum, or nothing is timed.
fn check(pair: &Pair) -> anyhow::Result<()> {
    let (kea, twin) = (build::run(&mut Command::new(&pair.kea))?, build::run(&mut Command::new(&pair.twin))?);
    if kea != twin || kea.is_empty() {
        let (kea, twin) = (String::from_utf8_lossy(&kea), String::from_utf8_lossy(&twin));
        bail!("{}: the checksums differ: {kea} and {twin}", pair.kernel.name);
    }
    Ok(())
}

fn time(program: &Path) -> anyhow::Result<Duration> {
    let start = Instant::now();
    build::run(&mut Command::new(program))?;
    Ok(start.elapsed())
}

fn row(pair: &Pair, instructions: bool, folder: &Path) -> anyhow::Result<Value> {
    let (kea, twin) = (report::median(&pair.kea_times), report::median(&pair.twin_times));
    let ratio = kea.as_secs_f64() / twin.as_secs_f64();
    let Kernel { name, target, .. } = pair.kernel;
    let (kea_ms, twin_ms) = (report::millis(kea), report::millis(twin));
    print!("{name:<18} {kea_ms:>10.1} {twin_ms:>10.1} {ratio:>7.2} {target:>7.2}");
    let mut record = json!({
        "name": name,
        "ratio": ratio,
        "target": target,
        "kea_ms": pair.kea_times.iter().copied().map(report::millis).collect::<Vec<_>>(),
        "twin_ms": pair.twin_times.iter().copied().map(report::millis).collect::<Vec<_>>(),
    });
    if instructions {
        let counts = (callgrind::instructions(&pair.kea, folder)?, callgrind::instructions(&pair.twin, folder)?);
        let ratio = counts.0 as f64 / counts.1 as f64;
        print!("   {} / {} = {ratio:.2}", counts.0, counts.1);
        record["instructions"] = json!({ "kea": counts.0, "twin": counts.1, "ratio": ratio });
    }
    println!();
    Ok(record)
}
