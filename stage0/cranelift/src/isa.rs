//! The machines that the backend knows, with the settings that the contract's convention asks for.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};
use kea_mir::backend::Optimize;
use kea_mir::diagnostic::Diagnostic;

/// The targets that code can be generated for.
pub const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// The target of this machine, where it is one of [`TARGETS`].
pub fn host() -> Option<&'static str> {
    match (std::env::consts::ARCH, std::env::consts::OS) {
        ("x86_64", "linux") => Some(TARGETS[0]),
        ("aarch64", "linux") => Some(TARGETS[1]),
        _ => None,
    }
}

/// The instruction set of a target. With `verify`, Cranelift checks its own intermediate form.
pub fn target_isa(triple: &str, optimize: Optimize, verify: bool) -> Result<OwnedTargetIsa, Diagnostic> {
    if !TARGETS.contains(&triple) {
        let known = TARGETS.join(", ");
        return Err(Diagnostic::error("target", 0, format!("no code for `{triple}`: the targets are {known}")));
    }
    let mut builder = isa::lookup_by_name(triple).map_err(|error| internal(&error))?;
    if triple == TARGETS[0] {
        // x86-64-v2, every x86-64 since 2009: rounding and bit counting in one instruction.
        ["sse42", "has_popcnt", "has_cmpxchg16b"]
            .iter()
            .try_for_each(|feature| builder.enable(feature))
            .map_err(|error| internal(&error))?;
    }
    let flags = flags(triple, optimize, verify).map_err(|error| internal(&error))?;
    builder.finish(flags).map_err(|error| internal(&error))
}

fn flags(triple: &str, optimize: Optimize, verify: bool) -> Result<settings::Flags, SetError> {
    let mut flags = settings::builder();
    let (level, allocator, alignment) = match optimize {
        Optimize::None => ("none", "single_pass", "4"),
        // A function on its own cache line: without that, times move by up to half with the order of functions.
        Optimize::Speed => ("speed", "backtracking", "6"),
    };
    for (name, value) in [
        ("opt_level", level),
        ("regalloc_algorithm", allocator),
        ("log2_min_function_alignment", alignment),
        // Every symbol is referred to relative to the code, which makes it position-independent; `is_pic` would read
        // each address from a table.
        ("is_pic", "false"),
        ("use_colocated_libcalls", "true"),
        // The pinned register is the context, by the contract.
        ("enable_pinned_reg", "true"),
        // Traces follow the frames of functions that call, which have one in any case. On x86-64 tail calls ask for
        // the setting, and `framing` does without the others' frames.
        ("preserve_frame_pointers", if triple == TARGETS[0] { "true" } else { "false" }),
        ("unwind_info", "true"),
        // A frame larger than a page touches each page of it, so that it cannot step over the guard page.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("enable_verifier", if verify { "true" } else { "false" }),
    ] {
        flags.set(name, value)?;
    }
    Ok(settings::Flags::new(flags))
}

fn internal(error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error("internal", 0, format!("Cranelift refuses the target's settings: {error}"))
}
