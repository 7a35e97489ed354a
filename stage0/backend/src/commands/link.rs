//! `link`: objects and the runtime become an executable, through the system's C compiler.

use crate::diagnose::Failure;
use crate::files;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The runtime, as a static library.
const RUNTIME: &str = "libkea_runtime.a";

/// What the runtime asks of the system (`rustc --print native-static-libs`).
const SYSTEM_LIBRARIES: [&str; 5] = ["-lgcc_s", "-lpthread", "-lm", "-ldl", "-lc"];

/// Link object files and the runtime to an executable
///
/// The runtime is the file that KEA_RUNTIME names, or libkea_runtime.a beside this program or in ../lib.
#[derive(clap::Args)]
pub struct Arguments {
    /// Object files and libraries
    #[arg(required = true)]
    objects: Vec<PathBuf>,
    /// The executable to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Leave out names and debugging information
    #[arg(long)]
    strip: bool,
    /// `auto` (wild, mold, lld or the system's, the first that is there), `system`, or one of these names
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = ["auto", "system", "wild", "mold", "lld"])]
    linker: String,
}

/// A linker that the C compiler can be told to use.
#[derive(Clone, Copy)]
struct Linker {
    name: &'static str,
    program: &'static str,
    /// Whether `cc` knows it by `-fuse-ld`; it is found as `ld` in a folder otherwise.
    known: bool,
}

/// The linkers, the fastest first.
const LINKERS: [Linker; 3] = [
    Linker { name: "wild", program: "wild", known: false },
    Linker { name: "mold", program: "mold", known: true },
    Linker { name: "lld", program: "ld.lld", known: true },
];

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        for object in &self.objects {
            std::fs::File::open(object)
                .map_err(|error| Failure::of_file(object.display(), "input", format!("cannot read: {error}")))?;
        }
        let runtime = runtime_library()?;
        let linker = self.linker()?;
        let executable = files::temporary_executable(&self.output)?;
        // Kept until the link is over.
        let linker_folder = linker.filter(|linker| !linker.known).map(folder_with_ld).transpose()?;

        let mut cc = Command::new("cc");
        cc.arg("-o").arg(executable.as_os_str()).args(&self.objects).arg(&runtime);
        cc.args(["-pie", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,relro,-z,now"]);
        cc.args(self.strip.then_some("-Wl,--strip-all"));
        match (&linker_folder, linker) {
            (Some(folder), _) => drop(cc.arg("-B").arg(folder.path())),
            (None, Some(linker)) => drop(cc.arg(format!("-fuse-ld={}", linker.name))),
            (None, None) => {}
        }
        cc.args(SYSTEM_LIBRARIES);
        self.call(cc, &executable)?;
        files::rename(executable, &self.output)?;
        Ok(0)
    }

    fn call(&self, mut cc: Command, executable: &Path) -> Result<(), Failure> {
        let failed = |message: String| Failure::of_file(self.output.display(), "link", message);
        let output = cc.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed("linking needs a C compiler: there is no `cc` on the path".into()),
            _ => failed(format!("cannot run `cc`: {error}")),
        })?;
        if output.status.success() {
            return Ok(());
        }
        // Nobody knows the executable under its temporary name.
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.replace(&*executable.to_string_lossy(), &self.output.to_string_lossy());
        let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Err(failed(format!("`cc` failed: {}", said.join("; "))))
    }

    /// The linker to use; none: the system's.
    fn linker(&self) -> Result<Option<Linker>, Failure> {
        let found = |linker: &&Linker| find_program(linker.program).is_some();
        match self.linker.as_str() {
            "system" => Ok(None),
            "auto" => Ok(LINKERS.iter().find(found).copied()),
            name => match LINKERS.iter().find(|linker| linker.name == name).filter(found) {
                Some(linker) => Ok(Some(*linker)),
                None => Err(Failure::of_file(self.output.display(), "link", format!("`{name}` is not on the path"))),
            },
        }
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A folder in which the linker is called `ld`, for C compilers that have no name for it.
fn folder_with_ld(linker: Linker) -> Result<TempDir, Failure> {
    let failed = |error: io::Error| Failure::of_file(linker.name, "link", format!("cannot be set up: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let program = find_program(linker.program).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    symlink(program, folder.path().join("ld")).map_err(failed)?;
    Ok(folder)
}

fn runtime_library() -> Result<PathBuf, Failure> {
    if let Some(path) = env::var_os("KEA_RUNTIME").filter(|path| !path.is_empty()) {
        return existing(&path).ok_or_else(|| no_runtime(&path, "KEA_RUNTIME names no file"));
    }
    let program = env::current_exe().and_then(|path| path.canonicalize());
    let folder = program.ok().and_then(|path| path.parent().map(Path::to_path_buf)).unwrap_or_default();
    let places = [folder.join(RUNTIME), folder.join("../lib").join(RUNTIME)];
    places.iter().find_map(|place| existing(place.as_os_str())).ok_or_else(|| {
        no_runtime(
            RUNTIME.as_ref(),
            &format!("neither in {0} nor in {0}/../lib; KEA_RUNTIME may name it", folder.display()),
        )
    })
}

fn existing(path: &OsStr) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.is_file())
}

fn no_runtime(path: &OsStr, message: &str) -> Failure {
    Failure::of_file(OsString::from(path).to_string_lossy(), "runtime", format!("the runtime is not there: {message}"))
}
