//! Instructions executed, counted by valgrind's callgrind: the same number for the same program on any machine.

use anyhow::Context;
use std::path::Path;
use std::process::Command;

/// How many instructions a program executes.
pub fn instructions(program: &Path, folder: &Path) -> anyhow::Result<u64> {
    let out = folder.join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--main-stacksize=67108864"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .output()
        .context("cannot run valgrind (Debian's package `valgrind`)")?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected :")).context("callgrind printed no count")?;
    let count = line.rsplit(':').next().unwrap_or_default().trim();
    count.parse().with_context(|| format!("`{count}` is not a count"))
}
