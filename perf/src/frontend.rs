//! The speed of `kea0` on generated programs of growing size, from text to MIR.

use crate::{build, report};
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::Command;
use std::time::{Duration, Instant};

/// The sizes, in lines.
const SIZES: [usize; 3] = [2_000, 20_000, 200_000];

/// Times `kea0 mir` on each size, the best of some rounds, and what an empty program takes, which loads the library.
pub fn measure(rounds: usize) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let time = |lines: usize| -> anyhow::Result<(usize, Duration)> {
        let source = folder.path().join("program.kea");
        let text = program(lines);
        std::fs::write(&source, &text)?;
        let mut best = Duration::MAX;
        for _ in 0..rounds {
            let start = Instant::now();
            build::run(
                Command::new(build::tool("kea0")?).arg("mir").arg(&source).arg("-o").arg(folder.path().join("out")),
            )?;
            best = best.min(start.elapsed());
        }
        Ok((text.lines().count(), best))
    };
    let (_, empty) = time(0)?;
    println!("{:<10} {:>10} {:>12}", "lines", "ms", "lines/s");
    println!("{:<10} {:>10.1}", "none", report::millis(empty));
    let mut rows = Vec::new();
    for size in SIZES {
        let (lines, best) = time(size)?;
        let speed = lines as f64 / best.saturating_sub(empty).as_secs_f64();
        println!("{lines:<10} {:>10.1} {speed:>12.0}", report::millis(best));
        rows.push(json!({ "lines": lines, "ms": report::millis(best), "lines_per_s": speed }));
    }
    Ok(json!({ "environment": report::environment(), "empty_ms": report::millis(empty), "frontend": rows }))
}

/// A program of about that many lines: data types, generic and recursive functions, matches, closures, traits, effects and
/// strings, all of it reached from `main`.
pub fn program(lines: usize) -> String {
    let mut out =
        String::from("effect Count\n  fn next(step: Int) -> Int\n\ntrait Size\n  fn size(self: Self) -> Int\n\n");
    let parts = lines.div_ceil(PART.lines().count());
    for number in 0..parts {
        out.push_str(&PART.replace("NUMBER", &number.to_string()));
    }
    out.push_str("fn main() -[IO]> Unit\n  var count = 0\n  handle run_all()\n    Count.next(step) ->\n      count := count + step\n      resume count\n    then total -> IO.println(\"{total}\")\n\nfn run_all() -[Count]> Int\n  var sum = 0\n");
    for number in 0..parts {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  sum := (sum + run{number}({number})) % 1000003");
    }
    out.push_str("  sum\n");
    out
}

/// A part of a program; `NUMBER` tells its names apart.
const PART: &str = r#"--| A tree of numbers.
@derive(Eq, Show)
enum TreeNUMBER
  LeafNUMBER
  NodeNUMBER(left: TreeNUMBER, value: Int, right: TreeNUMBER)

struct RecordNUMBER
  name: String
  numbers: List Int
  weight: Float

TreeNUMBER as Size
  fn size(self: TreeNUMBER) -> Int
    case self
      LeafNUMBER -> 0
      NodeNUMBER(left, _, right) -> 1 + Size.size(left) + Size.size(right)

fn insertNUMBER(tree: TreeNUMBER, value: Int) -> TreeNUMBER
  case tree
    LeafNUMBER -> NodeNUMBER(LeafNUMBER, value, LeafNUMBER)
    NodeNUMBER(left, other, right) ->
      if value < other
        NodeNUMBER(insertNUMBER(left, value), other, right)
      else if value > other
        NodeNUMBER(left, other, insertNUMBER(right, value))
      else
        tree

fn classifyNUMBER(number: Int, limit: Int) -> String
  case (number % 3, number > limit)
    (0, true) -> "large and divisible"
    (0, false) -> "divisible"
    (_, true) when number % 2 == 0 -> "large and even"
    (1 | 2, _) -> "other"
    _ -> "negative"

fn walkNUMBER(items: List Int, change: fn(Int) -[e]> Int) -[e]> Int
  var total = 0
  for item in items
    let changed = change(item)
    if changed > 10
      total := total + changed * 2
    else
      total := total - 1
  total

fn recordNUMBER(start: Int) -> RecordNUMBER
  let numbers = List.map([start, start + 1, start + 2], |n| n * NUMBER + 1)
  let record = RecordNUMBER { name: "record {start}", numbers, weight: 1.5 }
  record~{ weight: record.weight * 2.0 }

fn runNUMBER(start: Int) -[Count]> Int
  let tree = List.fold([5, 2, 8, start], LeafNUMBER, insertNUMBER)
  let record = recordNUMBER(start)
  let total = walkNUMBER(record.numbers, |n| n + Count.next(n))
  let words = classifyNUMBER(start, 100) ++ record.name
  total + Size.size(tree) + String.length(words)

"#;
