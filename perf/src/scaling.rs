//! How the time of the compiler in Kea grows with programs of extreme shape.

use crate::shapes::{SHAPES, Shape};
use crate::{build, report};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What is asked of the compiler.
const TASKS: [(&str, &[&str]); 2] = [("check", &["check"]), ("to MIR", &["build", "--emit=mir"])];

/// Times checking and compiling to MIR of every shape in every size, the best of some rounds, without what an empty program takes.
pub fn measure(rounds: usize, filter: &str) -> anyhow::Result<Value> {
    let mut records = Vec::new();
    for (task, arguments) in TASKS {
        let empty = tempfile::tempdir()?;
        let source = empty.path().join("main.kea");
        std::fs::write(&source, "fn main() -[IO]> Unit\n  ()\n")?;
        let base = best(rounds, arguments, &source)?;
        println!("{task}: {:.1} ms for an empty program", report::millis(base));
        println!("  {:<34} {:>8} {:>10} {:>12} {:>8}", "shape", "size", "ms", "µs each", "growth");
        for shape in SHAPES.iter().filter(|shape| shape.name.contains(filter)) {
            records.extend(measure_shape(shape, task, arguments, rounds, base)?);
        }
    }
    Ok(json!({ "environment": report::environment(), "scaling": records }))
}

/// The times of a shape; a program that is not compiled is said to fail. Growth is how many times more a single line, arm or level takes than in the size before.
fn measure_shape(
    shape: &Shape,
    task: &str,
    arguments: &[&str],
    rounds: usize,
    base: Duration,
) -> anyhow::Result<Vec<Value>> {
    let mut records = Vec::new();
    let mut before: Option<f64> = None;
    for &size in shape.sizes {
        let folder = tempfile::tempdir()?;
        let source = (shape.write)(folder.path(), size)?;
        let time = match best(rounds, arguments, &source) {
            Ok(time) => time.saturating_sub(base),
            Err(error) => {
                let reason = error.to_string().lines().next().unwrap_or_default().to_string();
                println!("  {:<34} {size:>8} {reason}", shape.name);
                records.push(json!({ "shape": shape.name, "task": task, "size": size, "failed": reason }));
                continue;
            }
        };
        let each = time.as_secs_f64() * 1e6 / size as f64;
        let growth = before.map_or(f64::NAN, |before| each / before);
        before = Some(each);
        println!("  {:<34} {size:>8} {:>10.1} {each:>12.2} {growth:>8.2}", shape.name, report::millis(time));
        records.push(json!({ "shape": shape.name, "task": task, "size": size, "ms": report::millis(time) }));
    }
    Ok(records)
}

fn best(rounds: usize, arguments: &[&str], source: &Path) -> anyhow::Result<Duration> {
    let folder = tempfile::tempdir()?;
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let mut command = Command::new(build::compiler()?);
        command.args(arguments).arg(source);
        if arguments[0] == "build" {
            command.arg("-o").arg(folder.path().join("out"));
        }
        let start = Instant::now();
        build::run(&mut command)?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
