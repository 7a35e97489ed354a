//! The proof that the result depends on the source alone: another folder, other numbers of jobs, with and without the cache, another
//! compiler to start from.

use crate::build::{self, Arguments, Compilation, Output, Profile};
use crate::compare;
use crate::project::{Project, copy_folder};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Compiles the compiler in all these ways; each must give the executable that `build/` holds.
pub fn run(project: &Project) -> Result<()> {
    let compiler = project.build("bin/kea");
    ensure!(compiler.exists(), "there is no build/kea yet: run ./bootstrap.sh");
    let expected = compare::digest(&project.generation(3).join("kea"))?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let made = folder.path().join("made");
    let compile = |project: &Project, jobs: u32, cache: Option<&Path>, how: &str| {
        let profile = Profile::Release;
        Compilation { project, compiler: &compiler, folder: &made, profile, jobs, cache }.run(Output::Executable)?;
        let found = compare::digest(&made.join("kea"))?;
        ensure!(expected == found, "compiled {how}, the compiler is another one: {expected} became {found}");
        println!("the same {how}");
        Ok(())
    };
    compile(project, 1, None, "with one job")?;
    compile(project, 2, None, "with two jobs")?;
    let cache = folder.path().join("cache");
    compile(project, 2, Some(&cache), "with a cold cache")?;
    compile(project, 2, Some(&cache), "with a warm cache")?;
    let elsewhere = copy_of(project, &folder.path().join("else where"))?;
    compile(&elsewhere, 2, None, "from another folder")?;
    let arguments = Arguments { from: Some(compiler.clone()), jobs: 2 };
    let digests = build::generations(&elsewhere, &arguments, &mut |_| ())?;
    ensure!(digests == compare::digests(&project.generation(3))?, "started from build/kea, the result is another one");
    println!("the same when all generations start from build/kea");
    Ok(())
}

/// The same sources and tools in another folder.
fn copy_of(project: &Project, folder: &Path) -> Result<Project> {
    for name in ["stage1", "lib", "build/bin", "build/lib"] {
        copy_folder(&project.root.join(name), &folder.join(name))?;
    }
    Project::new(folder, &project.tools)
}
