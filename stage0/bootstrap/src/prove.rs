//! The proof that the result depends on the source alone: another folder, other numbers of jobs, with and without the cache, and
//! starting from the compiler itself.

use crate::build::{self, Profile};
use crate::compare::{self, Digests};
use crate::measure;
use crate::project::{Project, copy_folder};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Compiles the compiler in all these ways; each must give what `build/` holds.
pub fn run(project: &Project) -> Result<()> {
    let compiler = project.build("bin/kea");
    ensure!(compiler.exists(), "there is no build/kea yet: run ./bootstrap.sh");
    let expected = compare::digests(&project.generation(3)).context("build/stage3 is not complete")?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let made = folder.path().join("made");
    for jobs in [1, 2] {
        build::compile(project, &compiler, &made, Profile::Release, jobs)?;
        same(&expected, &made, &format!("with {jobs} job(s)"))?;
    }
    let cache = folder.path().join("cache");
    for temperature in ["cold", "warm"] {
        let mut command = build::compile_command(project, &compiler, &made, Profile::Release, 2)?;
        command.env("KEA_CACHE", &cache);
        measure::run(command)?;
        same(&expected, &made, &format!("with a {temperature} cache"))?;
    }
    let elsewhere = copy_of(project, &folder.path().join("else where"))?;
    build::compile(&elsewhere, &compiler, &made, Profile::Release, 2)?;
    same(&expected, &made, "from another folder")
}

/// The same sources and tools in another folder.
fn copy_of(project: &Project, folder: &Path) -> Result<Project> {
    for name in ["stage1", "lib", "build/bin", "build/lib"] {
        copy_folder(&project.root.join(name), &folder.join(name))?;
    }
    Project::new(folder, &project.tools)
}

fn same(expected: &Digests, made: &Path, how: &str) -> Result<()> {
    let found = compare::digests(made)?;
    ensure!(*expected == found, "compiled {how}, the compiler is another one: {expected:?} became {found:?}");
    println!("the same {how}");
    Ok(())
}
