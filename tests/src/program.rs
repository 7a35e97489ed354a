//! Running programs: `kea-backend`, and what it compiled.

use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

/// No program of the corpus runs for so long, however busy the machine is.
const TIME_MAX: Duration = Duration::from_secs(120);

/// The programs that are tested.
#[derive(Clone, Debug)]
pub struct Tools {
    /// `kea-backend`; it finds the runtime by itself.
    pub backend: PathBuf,
    /// `kea0`, beside it; it finds the backend and the library by itself.
    pub kea0: PathBuf,
    /// `kea`, the compiler in Kea, beside them.
    pub kea: PathBuf,
    /// The compiler in Kea that stage 0 compiled, where `kea` is one that it compiled itself.
    pub first: Option<PathBuf>,
}

/// A compiler of Kea.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `kea0`
    Zero,
    /// `kea`
    One,
}

/// What a program did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// Its exit status; 128 and the number of the signal that ended it.
    pub status: i32,
}

impl Outcome {
    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// The programs that KEA_BACKEND names, or those that cargo builds from this workspace.
pub fn tools() -> Result<Tools> {
    if let Some(path) = env::var_os("KEA_BACKEND").filter(|path| !path.is_empty()) {
        let backend = PathBuf::from(path);
        ensure!(backend.is_file(), "KEA_BACKEND names {}, which is no file", backend.display());
        let first = backend.with_file_name("../stage1/kea");
        let first = first.is_file().then_some(first);
        return Ok(Tools { kea0: backend.with_file_name("kea0"), kea: backend.with_file_name("kea"), backend, first });
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The whole workspace, as ./bootstrap.sh builds it: fewer packages would be built with other features.
    let status = Command::new(cargo)
        .args(["build", "--release", "--workspace", "--locked", "--quiet"])
        .current_dir(crate::corpus::root())
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "the workspace does not build");
    // The harness lies in target/release/deps.
    let harness = env::current_exe()?;
    let folder = harness.parent().and_then(Path::parent).context("the harness lies in no folder")?;
    let place = |name: &str| folder.join(name);
    let tools = Tools { backend: place("kea-backend"), kea0: place("kea0"), kea: place("kea"), first: None };
    // Without ./bootstrap.sh, it is stage 0 that builds it.
    let mut command = tools.kea0(["build", "-O", "speed", "-o"]);
    command.arg(&tools.kea).arg(crate::corpus::root().join("stage1/main.kea"));
    let built = run(command, b"")?;
    ensure!(built.status == 0, "stage 1 does not build: {}", built.stderr());
    Ok(tools)
}

impl Tools {
    /// A call of `kea-backend` without anything of this process's settings.
    pub fn backend(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = clean(&self.backend);
        command.args(arguments);
        command
    }

    /// A call of `kea0` without anything of this process's settings.
    pub fn kea0(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        self.compiler(Stage::Zero, arguments)
    }

    /// A call of the compiler of a stage without anything of this process's settings.
    pub fn compiler(&self, stage: Stage, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = match stage {
            Stage::Zero => clean(&self.kea0),
            Stage::One => clean(&self.kea),
        };
        command.args(arguments);
        command
    }

    /// Compiles and links a module to an executable in a folder.
    pub fn executable(&self, module: &Path, folder: &Path, optimize: &str) -> Result<PathBuf> {
        let (object, executable) = (folder.join("program.o"), folder.join("program"));
        let path = |path: &Path| path.as_os_str().to_owned();
        self.succeed(["compile".into(), path(module), "-o".into(), path(&object), "-O".into(), optimize.into()])?;
        self.succeed(["link".into(), path(&object), "-o".into(), path(&executable)])?;
        fs::remove_file(object)?;
        Ok(executable)
    }

    fn succeed<const N: usize>(&self, arguments: [std::ffi::OsString; N]) -> Result<()> {
        let outcome = run(self.backend(&arguments), b"")?;
        if outcome.status != 0 {
            bail!("kea-backend {arguments:?} gave {}: {}", outcome.status, outcome.stderr());
        }
        Ok(())
    }
}

/// A command that sees no variable that changes what Kea programs or the runtime do.
pub fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KEA_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end.
pub fn run(mut command: Command, stdin: &[u8]) -> Result<Outcome> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("{command:?} cannot be run"))?;
    let input = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr, status) = thread::scope(|scope| {
        scope.spawn(move || {
            // A program need not read its input.
            input.map(|mut input| input.write_all(stdin)).and_then(Result::err)
        });
        let stdout = scope.spawn(move || read_all(stdout));
        let stderr = scope.spawn(move || read_all(stderr));
        let status = wait(&mut child);
        (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default(), status)
    });
    match status? {
        Some(status) => Ok(Outcome { stdout, stderr, status }),
        None => bail!("{command:?} did not end within {} s", TIME_MAX.as_secs()),
    }
}

fn read_all(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was read until a pipe broke is what the program said.
        let _ = stream.read_to_end(&mut bytes);
    }
    bytes
}

/// The status, or none when it took too long and was ended.
fn wait(child: &mut Child) -> Result<Option<i32>> {
    use std::os::unix::process::ExitStatusExt;
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    while start.elapsed() < TIME_MAX {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}
