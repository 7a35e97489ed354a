//! Builds kernels and their twins.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout that this crate was built from.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A tool that stands beside this executable.
pub fn tool(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        bail!("{} is missing: run ./bootstrap.sh first", path.display());
    }
    Ok(path)
}

/// The compiler in Kea, as ./bootstrap.sh leaves it.
pub fn compiler() -> anyhow::Result<PathBuf> {
    let path = root().join("build/bin/kea");
    if !path.exists() {
        bail!("{} is missing: run ./bootstrap.sh first", path.display());
    }
    Ok(path)
}

/// Compiles and links a module.
pub fn module(source: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let stem = source.file_stem().context("a kernel has a name")?;
    let object = folder.join(stem).with_extension("o");
    let executable = folder.join(stem).with_extension("kea");
    let backend = tool("kea-backend")?;
    run(Command::new(&backend).arg("compile").arg(source).arg("-o").arg(&object).args(["-O", "speed"]))?;
    run(Command::new(&backend).arg("link").arg(&object).arg("-o").arg(&executable))?;
    Ok(executable)
}

/// Compiles a program in Kea, for speed.
pub fn program(source: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let stem = source.file_stem().context("a program has a name")?;
    let executable = folder.join(stem).with_extension("kea");
    run(Command::new(compiler()?).args(["build", "--release", "--no-cache", "-o"]).arg(&executable).arg(source))?;
    Ok(executable)
}

/// Compiles a twin with the compiler of its language and these flags.
pub fn twin(source: &Path, flags: &[&str], folder: &Path) -> anyhow::Result<PathBuf> {
    let stem = source.file_stem().context("a twin has a name")?;
    let executable = folder.join(format!("{}{}.twin", stem.to_string_lossy(), flags.join("").replace(['/', ' '], "")));
    let is_rust = source.extension().is_some_and(|extension| extension == "rs");
    let compiler = if is_rust { "rustc" } else { "cc" };
    run(Command::new(compiler).args(flags).arg(source).arg("-o").arg(&executable))?;
    Ok(executable)
}

/// Runs a command that must succeed and gives what it printed.
pub fn run(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}
