//! The triple-stage build: stage 0 builds A, A builds B, B builds C, and B and C are the same.

use crate::compare::{self, Digests};
use crate::measure::{self, Cost};
use crate::project::{Project, copy_file, files_below};
use crate::report::{Report, Step};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How to build.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Start from an existing compiler instead of stage 0
    #[arg(long, value_name = "PATH")]
    pub from: Option<PathBuf>,
    /// How many processes work at once
    #[arg(long, default_value_t = 2)]
    pub jobs: u32,
}

/// How a generation is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// What users get.
    Release,
    /// Compiles fast.
    Debug,
}

/// Builds all generations, proves the fixed point, tests the library, and leaves the result in `build/`.
pub fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    project.install_tools()?;
    let mut report = Report::new(lines(project)?);
    report.digests = generations(project, arguments, &mut |step| report.add(step))?;
    report.size = fs::metadata(project.generation(3).join("kea"))?.len();
    let result = project.build("bin/kea");
    copy_file(&project.generation(3).join("kea"), &result)?;
    let digest = report.digests.get("kea.mir").context("a generation has MIR")?;
    fs::write(project.build("bin/kea.digest"), format!("{digest}\n"))?;
    link(&project.build("kea"), Path::new("bin/kea"))?;
    report.add(Step::new("library", "its tests pass", test_library(project, &result)?));
    report.finish(&project.build("bootstrap.json"))
}

/// Builds all generations with the tools in `build/`, says so step by step, and proves the fixed point: the digests of the last one.
pub fn generations(project: &Project, arguments: &Arguments, done: &mut dyn FnMut(Step)) -> Result<Digests> {
    let first = project.generation(1).join("kea");
    match &arguments.from {
        Some(path) => copy_file(path, &first)?,
        None => done(stage_0_builds(project, &first)?),
    }
    for number in [2, 3] {
        let compiler = project.generation(number - 1).join("kea");
        let folder = project.generation(number);
        let profile = Profile::Release;
        let (jobs, cache) = (arguments.jobs, None);
        let compilation = Compilation { project, compiler: &compiler, folder: &folder, profile, jobs, cache };
        let cost = compilation.run(Output::Executable)?;
        done(Step::new(&format!("stage {number}"), &format!("stage {} compiles the compiler", number - 1), cost));
        compilation.run(Output::Mir)?;
        compilation.run(Output::Object)?;
    }
    compare::assert_same(&project.generation(2), &project.generation(3))
}

fn stage_0_builds(project: &Project, output: &Path) -> Result<Step> {
    prepare(output)?;
    let mut command = Command::new(project.build("bin/kea0"));
    command.arg("build").arg(project.compiler()).args(["-O", "speed", "-o"]).arg(output);
    command.arg("--lib").arg(project.library());
    Ok(Step::new("stage 1", "stage 0 compiles the compiler", measure::run(command)?))
}

/// What `kea build` can write of a program, with the file that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Executable,
    Object,
    Mir,
}

impl Output {
    fn file(self) -> &'static str {
        match self {
            Output::Executable => "kea",
            Output::Object => "kea.o",
            Output::Mir => "kea.mir",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Output::Executable => "exe",
            Output::Object => "obj",
            Output::Mir => "mir",
        }
    }
}

/// How the compiler is compiled.
pub struct Compilation<'a> {
    pub project: &'a Project,
    /// The compiler that does it.
    pub compiler: &'a Path,
    /// Where the outputs go.
    pub folder: &'a Path,
    pub profile: Profile,
    pub jobs: u32,
    /// The folder of the cache, where one is used.
    pub cache: Option<&'a Path>,
}

impl Compilation<'_> {
    /// Writes one output.
    pub fn run(&self, output: Output) -> Result<Cost> {
        let path = self.folder.join(output.file());
        prepare(&path)?;
        let mut command = Command::new(self.compiler);
        command.arg("build").arg(self.project.compiler()).arg("-o").arg(&path);
        command.arg("--lib").arg(self.project.library()).args(["--emit", output.word(), "--jobs"]);
        command.arg(self.jobs.to_string()).env("KEA_BACKEND", self.project.backend());
        match self.cache {
            Some(folder) => command.env("KEA_CACHE", folder),
            None => command.arg("--no-cache"),
        };
        if self.profile == Profile::Release {
            command.arg("--release");
        }
        measure::run(command)
    }
}

fn prepare(output: &Path) -> Result<()> {
    let folder = output.parent().context("an output stands in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Makes a symbolic link, in place of what was there.
fn link(from: &Path, to: &Path) -> Result<()> {
    if from.symlink_metadata().is_ok() {
        fs::remove_file(from)?;
    }
    std::os::unix::fs::symlink(to, from).with_context(|| format!("cannot make {}", from.display()))
}

/// The tests of the library and the examples of its documentation.
fn test_library(project: &Project, compiler: &Path) -> Result<Cost> {
    let mut command = Command::new(compiler);
    command.arg("test").args(files_below(&project.library(), "kea")?).current_dir(&project.root);
    measure::run(command)
}

/// How many lines the compiler and the library have.
fn lines(project: &Project) -> Result<u64> {
    let mut files = files_below(&project.root.join("stage1"), "kea")?;
    files.extend(files_below(&project.library(), "kea")?);
    let mut lines = 0;
    for file in files {
        lines += fs::read_to_string(&file)?.lines().count() as u64;
    }
    Ok(lines)
}
