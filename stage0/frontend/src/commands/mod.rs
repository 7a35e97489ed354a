//! The commands, one a file.

pub mod build;
pub mod check;
pub mod dump;
pub mod mir;
pub mod run;
pub mod test;

use crate::failure::Failure;
use kea_frontend::pipeline;
use kea_frontend::resolve::{Purpose, Request};
use kea_frontend::source::Sources;
use kea_mir::module::Module;
use std::env;
use std::path::{Path, PathBuf};

/// The file to compile, and where its modules come from.
#[derive(clap::Args)]
pub struct Source {
    /// The file of the root module
    file: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

/// Where modules come from.
#[derive(Clone, clap::Args)]
pub struct Folders {
    /// The folder of the program's modules [default: the nearest folder above the file with main.kea or kea.toml]
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
    /// The standard library [default: the one that the file is part of, KEA_LIB, or the one that belongs to this program]
    #[arg(long = "lib", value_name = "FOLDER")]
    library: Option<PathBuf>,
}

impl Folders {
    /// What to load for a file.
    pub fn request(&self, file: &Path, purpose: Purpose) -> Result<Request, Failure> {
        let library =
            self.library.clone().or_else(|| library_around(file)).or_else(library).ok_or_else(|| {
                Failure::Message("the standard library is not there; KEA_LIB may name its folder".into())
            })?;
        Ok(Request { file: file.to_path_buf(), root: self.root.clone(), library, purpose })
    }
}

impl Source {
    /// Compiles the program to MIR.
    pub fn compile(&self) -> Result<Module, Failure> {
        compile(&self.folders.request(&self.file, Purpose::Program)?)
    }
}

/// Compiles what a request names to MIR.
pub fn compile(request: &Request) -> Result<Module, Failure> {
    let mut sources = Sources::default();
    pipeline::compile(&mut sources, request).map_err(|diagnostic| Failure::of(&diagnostic, &sources))
}

/// What tells the folder of a standard library.
const PRELUDE: &str = "prelude.kea";

/// The library that a file belongs to itself, where it is a part of one.
fn library_around(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    file.ancestors().skip(1).find(|folder| folder.join(PRELUDE).is_file()).map(Path::to_path_buf)
}

/// The library's folder: the one that KEA_LIB names, `../lib/kea` beside an installed program, or `lib` in the project
/// that this program was built in.
fn library() -> Option<PathBuf> {
    if let Some(path) = env::var_os("KEA_LIB").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let program = env::current_exe().and_then(|path| path.canonicalize()).ok()?;
    let installed = program.parent()?.parent()?.join("lib/kea");
    let project = program.ancestors().map(|folder| folder.join("lib"));
    std::iter::once(installed).chain(project).find(|folder| folder.join(PRELUDE).is_file())
}
