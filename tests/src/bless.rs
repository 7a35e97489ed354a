//! Rewriting expectations, which `KEA_BLESS=1` asks for.

use anyhow::{Context, Result};
use std::path::Path;
use std::{env, fs};

/// Whether expectations are to be rewritten.
pub fn wanted() -> bool {
    env::var_os("KEA_BLESS").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Gives a file its new text, where that is another one, and says so.
pub fn rewrite(path: &Path, old: &str, new: &str) -> Result<()> {
    if old != new {
        fs::write(path, new).with_context(|| format!("{} cannot be written", path.display()))?;
        println!("rewrote {}", path.display());
    }
    Ok(())
}
