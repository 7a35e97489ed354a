//! The speed of the contract's tools on a large module that repeats the corpus.

use crate::{build, report, synthesize};
use anyhow::{anyhow, bail};
use kea_cranelift::Cranelift;
use kea_mir::backend::{Backend, Optimize, Options};
use kea_mir::module::Module;
use kea_mir::{reader, validate, writer};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Measures reader, validator and writer on a module of that size, and the backend's share of a compile on a
/// smaller one; prints a table and gives the record.
pub fn measure(megabytes: usize, rounds: usize) -> anyhow::Result<Value> {
    let sources = corpus()?;
    let text = canonical(&synthesize::module(&sources, megabytes << 20))?;
    let mut best = [Duration::MAX; 3];
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let module = read(&text)?;
        best[0] = best[0].min(start.elapsed());
        let start = Instant::now();
        let written = writer::write(&module);
        best[1] = best[1].min(start.elapsed());
        if written != text {
            bail!("canonical text is not a fixed point of reading and writing");
        }
        let start = Instant::now();
        validated(module)?;
        best[2] = best[2].min(start.elapsed());
    }
    let megabytes = text.len() as f64 / 1e6;
    let speed = |time: Duration| megabytes / time.as_secs_f64();
    println!("module: {megabytes:.1} MB of canonical text");
    for (name, time, target) in [("read", best[0], "100"), ("write", best[1], "-"), ("validate", best[2], "30")] {
        println!("{name:<9} {:>8.1} ms {:>8.1} MB/s   target {target}", report::millis(time), speed(time));
    }
    let share = compile_share(&sources)?;
    println!("backend's share of a compile: {:.1} %   target 80", share * 100.0);
    Ok(json!({
        "environment": report::environment(),
        "megabytes": megabytes,
        "read_mb_s": speed(best[0]),
        "write_mb_s": speed(best[1]),
        "validate_mb_s": speed(best[2]),
        "backend_share": share,
    }))
}

/// The modules of the run corpus, by name.
fn corpus() -> anyhow::Result<Vec<Module>> {
    let folder = build::root().join("tests/mir/run");
    let mut paths = std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mir"));
    paths.sort();
    paths.iter().map(|path| read(&std::fs::read_to_string(path)?)).collect()
}

fn read(text: &str) -> anyhow::Result<Module> {
    reader::read(text.as_bytes()).map_err(|error| anyhow!("{error}"))
}

fn validated(module: Module) -> anyhow::Result<validate::ValidModule> {
    validate::validate(module).map_err(|errors| anyhow!("{}", errors[0]))
}

fn canonical(text: &str) -> anyhow::Result<String> {
    Ok(writer::write(&read(text)?))
}

/// How much of the time from text to object file the backend takes, on one core.
fn compile_share(sources: &[Module]) -> anyhow::Result<f64> {
    let text = canonical(&synthesize::module(sources, 1 << 20))?;
    let start = Instant::now();
    let module = validated(read(&text)?)?;
    let front = start.elapsed();
    let options = Options { target: module.target.to_string(), optimize: Optimize::None, debug_lines: true, jobs: 1 };
    let start = Instant::now();
    Cranelift.compile(&module, &options).map_err(|errors| anyhow!("{}", errors[0]))?;
    let back = start.elapsed();
    Ok(back.as_secs_f64() / (front + back).as_secs_f64())
}
