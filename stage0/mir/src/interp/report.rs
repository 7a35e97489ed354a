//! What the interpreter says when a program stops: violations, and panics with their trace.

use crate::entity::FuncId;
use crate::interp::stack::{Frame, Stack};
use crate::module::{Location, Module};
use crate::writer::write_inst;
use std::fmt::{self, Write};

/// How many functions a trace names.
const TRACE_LINES_MAX: usize = 20;

/// What no correct program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The function, when it happened in one.
    pub function: Option<Box<str>>,
    /// The block's number.
    pub block: Option<u32>,
    /// The instruction as text.
    pub instruction: Option<Box<str>>,
    /// The place in the source: `FILE:LINE:COL`.
    pub location: Option<Box<str>>,
    /// The line of the module's text; 0 when there is none.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// One line: `violation: MESSAGE (in @f, b1: release v2, at FILE:LINE:COL)`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "violation: {}", self.message)?;
        let Some(function) = &self.function else { return Ok(()) };
        write!(f, " (in @{function}")?;
        if let Some(block) = self.block {
            write!(f, ", b{block}")?;
        }
        if let Some(instruction) = &self.instruction {
            write!(f, ": {instruction}")?;
        }
        if let Some(location) = &self.location {
            write!(f, ", at {location}")?;
        }
        f.write_char(')')
    }
}

impl Violation {
    /// A violation that is not an instruction's.
    pub fn outside(message: impl Into<String>) -> Violation {
        Violation { function: None, block: None, instruction: None, location: None, line: 0, message: message.into() }
    }

    /// A violation of the instruction that the frame on top executes.
    pub fn at(module: &Module, stack: &Stack<'_>, message: String) -> Violation {
        let Some(frame) = stack.top() else { return Violation::outside(message) };
        let inst = &frame.body.insts[frame.inst as usize];
        let block = frame.body.blocks.iter().position(|block| block.insts.contains(&frame.inst));
        Violation {
            function: Some(module.function(frame.function).name.clone()),
            block: block.map(|index| index as u32),
            instruction: Some(write_inst(module, frame.body, inst).into()),
            location: place(module, inst.location).map(String::into),
            line: frame.body.lines.get(frame.inst as usize).copied().unwrap_or(0),
            message,
        }
    }
}

/// A place in the source as `FILE:LINE:COL`, where it is known.
fn place(module: &Module, location: Location) -> Option<String> {
    let file = module.files.get(&location.file)?;
    location.is_known().then(|| format!("{file}:{}:{}", location.line, location.column))
}

/// What a panic prints: the message with its place, then the functions that had not returned.
pub fn panic_report(module: &Module, stack: &Stack<'_>, message: &str) -> String {
    let mut report = match stack.inst().and_then(|inst| place(module, inst.location)) {
        Some(location) => format!("panic at {location}: {message}\n"),
        None => format!("panic: {message}\n"),
    };
    push_trace(&mut report, module, stack);
    report
}

/// What a program prints whose stack has no room for a frame of that function.
pub fn stack_overflow_report(module: &Module, stack: &Stack<'_>, function: &str) -> String {
    let mut report = format!("panic: stack overflow in {function}\n");
    push_trace(&mut report, module, stack);
    report
}

fn push_trace(report: &mut String, module: &Module, stack: &Stack<'_>) {
    for frame in stack.frames().take(TRACE_LINES_MAX) {
        trace_line(report, module, frame);
    }
    if stack.depth() > TRACE_LINES_MAX {
        report.push_str(&format!("  … {} more\n", stack.depth() - TRACE_LINES_MAX));
    }
}

fn trace_line(out: &mut String, module: &Module, frame: &Frame<'_>) {
    let name = function_name(module, frame.function);
    match frame.body.insts.get(frame.inst as usize).and_then(|inst| place(module, inst.location)) {
        Some(location) => out.push_str(&format!("  at {name} ({location})\n")),
        None => out.push_str(&format!("  at {name}\n")),
    }
}

fn function_name(module: &Module, function: FuncId) -> &str {
    &module.function(function).name
}
