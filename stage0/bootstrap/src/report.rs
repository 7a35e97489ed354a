//! What a build reports: a line a step, a table at the end, and the same as JSON.

use crate::compare::Digests;
use crate::measure::Cost;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A step of a build.
#[derive(Clone, Debug)]
pub struct Step {
    name: String,
    what: String,
    cost: Cost,
}

impl Step {
    /// A step that is done.
    pub fn new(name: &str, what: &str, cost: Cost) -> Step {
        Step { name: name.to_string(), what: what.to_string(), cost }
    }
}

/// A build.
pub struct Report {
    lines: u64,
    steps: Vec<Step>,
    /// The digests of the result.
    pub digests: Digests,
    /// The size of the compiler in bytes.
    pub size: u64,
}

impl Report {
    /// The report of a build of that many lines.
    pub fn new(lines: u64) -> Report {
        Report { lines, steps: Vec::new(), digests: Digests::new(), size: 0 }
    }

    /// Says that a step is done.
    pub fn add(&mut self, step: Step) {
        println!("{:<10} {:<32} {:>7.2} s", step.name, step.what, step.cost.time.as_secs_f64());
        self.steps.push(step);
    }

    /// Prints the table and writes the JSON.
    pub fn finish(&self, path: &Path) -> Result<()> {
        println!("\n{:<10} {:>9} {:>10} {:>12}", "step", "time", "lines/s", "peak memory");
        for step in &self.steps {
            let time = step.cost.time;
            let megabytes = step.cost.peak_memory / (1 << 20);
            let rate = if step.name.starts_with("stage") { self.rate(time).to_string() } else { "-".to_string() };
            println!("{:<10} {:>7.2} s {rate:>10} {megabytes:>9} MB", step.name, time.as_secs_f64());
        }
        let digest = self.digests.get("kea").map_or("", String::as_str);
        println!("\n{} lines, {} KB; stage 2 and stage 3 are the same: {digest}", self.lines, self.size / 1024);
        println!("build/kea is ready");
        let text = format!("{:#}\n", self.json());
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn rate(&self, time: Duration) -> u64 {
        (self.lines as f64 / time.as_secs_f64()) as u64
    }

    fn json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|step| self.step_json(step)).collect();
        json!({ "lines": self.lines, "size": self.size, "digests": self.digests, "steps": steps })
    }

    fn step_json(&self, step: &Step) -> Value {
        json!({
            "name": step.name,
            "what": step.what,
            "seconds": step.cost.time.as_secs_f64(),
            "peak_memory": step.cost.peak_memory,
            "lines_per_second": self.rate(step.cost.time),
        })
    }
}
