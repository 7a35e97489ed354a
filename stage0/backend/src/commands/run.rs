//! `run`: a module is compiled to memory and runs there, in this process.

use super::compile::OptimizeArgument;
use crate::diagnose::Failure;
use crate::input::Input;
use kea_cranelift::jit::{Jit, JitOptions};
use std::ffi::{CString, OsString, c_char};
use std::mem;
use std::os::unix::ffi::OsStringExt;
use std::ptr;

/// Compile a module to memory and run it
#[derive(clap::Args)]
pub struct Arguments {
    /// A module with an entry
    file: Input,
    /// How much work to put into the code
    #[arg(short = 'O', long, value_enum, value_name = "LEVEL", default_value_t = OptimizeArgument::Speed)]
    optimize: OptimizeArgument,
    /// The program's arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    pub fn run(self) -> Result<u8, Failure> {
        let module = self.file.program()?;
        let options = JitOptions { optimize: self.optimize.into(), jobs: 1, verify: false };
        let runtime: Vec<(&str, *const u8)> =
            kea_runtime::symbols().iter().map(|symbol| (symbol.name, symbol.address)).collect();
        let (jit, _) = Jit::compile(&module, options, &runtime)
            .map_err(|diagnostics| Failure::in_file(&self.file, diagnostics))?;
        Ok(start(jit, program_arguments(self.file.to_string(), self.arguments)))
    }
}

/// What the program sees as `argv`: its name, then its arguments.
fn program_arguments(name: String, arguments: Vec<OsString>) -> Vec<CString> {
    let bytes = std::iter::once(name.into_bytes()).chain(arguments.into_iter().map(OsStringExt::into_vec));
    // An argument of a process holds no zero byte.
    bytes.map(|bytes| CString::new(bytes).unwrap_or_default()).collect()
}

/// Runs a program to its end, and gives its status.
fn start(jit: Jit, arguments: Vec<CString>) -> u8 {
    // The program's data may be in use to the end of the process, so that none of this is freed.
    let jit: &'static Jit = Box::leak(Box::new(jit));
    let arguments: &'static [CString] = arguments.leak();
    let argv: Vec<*const c_char> = arguments.iter().map(|argument| argument.as_ptr()).chain([ptr::null()]).collect();
    let argv: &'static [*const c_char] = argv.leak();
    let Some(entry) = jit.entry() else { return 0 };
    let sites = jit.sites();
    // SAFETY: the backend made the sites and the entry for this runtime, by the contract that both follow; the two
    // types of an entry differ in how they name the context only. Nothing that is passed is ever freed.
    let status = unsafe {
        kea_runtime::register_sites(sites.as_ptr(), sites.len());
        let entry = mem::transmute::<kea_cranelift::jit::Entry, kea_runtime::Entry>(entry);
        kea_runtime::kea_start(arguments.len() as i32, argv.as_ptr(), entry)
    };
    (status & 0xff) as u8
}
