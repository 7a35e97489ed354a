//! The reference interpreter: it defines what MIR means.
//!
//! It runs a validated module one instruction at a time, with exact reference counts, and checks what native
//! code cannot afford: leaks, releases of what is gone, reads of what was never written, broken promises,
//! evidence that has ended. Each such thing is a [`Violation`]. Calls use frames of its own and frees a list of
//! its own, so that neither recurses on the interpreter's stack.
//!
//! | file | holds |
//! | --- | --- |
//! | `value`, `object`, `array`, `heap`, `raw`, `arena` | what names stand for, and memory |
//! | `stack`, `machine`, `data` | frames, the state of a program, its static data |
//! | `execute` | instructions, by class |
//! | `arithmetic`, `float` | scalars |
//! | `runtime_functions` | the functions of the runtime |
//! | `host`, `system_host`, `memory_host` | the world around a program |
//! | `stop`, `report` | how programs end, and what is said of it |

mod arena;
mod arithmetic;
mod array;
mod data;
mod execute;
mod float;
mod heap;
mod host;
mod machine;
mod memory_host;
mod object;
#[cfg(test)]
mod ownership_tests;
mod raw;
mod report;
mod runtime_functions;
mod stack;
mod stop;
mod system_host;
mod value;

pub use host::{Host, ProcessOutput};
pub use memory_host::MemoryHost;
pub use report::Violation;
pub use system_host::SystemHost;

use crate::interp::machine::{Flow, Machine, Values};
use crate::interp::report::{panic_report, stack_overflow_report};
use crate::interp::stop::{Step, Stop, violation};
use crate::interp::value::Value;
use crate::module::Module;
use crate::validate::ValidModule;

/// The status of a program that panics.
pub const PANIC_STATUS: i32 = 101;
/// The status of a run that a violation ends, or something that the interpreter does not have.
pub const FAILURE_STATUS: i32 = 1;

/// The limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many words the stack holds: each frame takes one for each of its values and a few more. The default
    /// holds some millions of small frames, as the 1 GiB of a native stack do.
    pub stack_words: usize,
    /// After how many instructions to give up.
    pub instructions_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { stack_words: 1 << 25, instructions_max: None }
    }
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The program's status: its own, [`PANIC_STATUS`], or [`FAILURE_STATUS`].
    pub status: i32,
    /// How it ended.
    pub end: End,
    /// What was counted.
    pub stats: Stats,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The entry function returned, and everything was given back.
    Returned,
    /// The program asked to exit.
    Exited,
    /// It panicked; its standard error says how.
    Panicked,
    /// It did what no correct program does. Only leaks can be several.
    Violated(Vec<Violation>),
    /// It needs what the interpreter does not have, or more instructions than it was given: a sentence.
    Unavailable(String),
}

/// What a run counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Instructions executed.
    pub instructions: u64,
    /// Objects made, without those built in a token's memory.
    pub allocations: u64,
    /// Objects and tokens whose memory was given back.
    pub frees: u64,
    /// Objects that lived at the end and are not immortal.
    pub live_objects: u64,
    /// References added.
    pub retains: u64,
    /// References given up.
    pub releases: u64,
    /// Cells built in a token's memory.
    pub reuse_hits: u64,
    /// Arrays copied because somebody else held them.
    pub copies_on_write: u64,
    /// The most bytes that objects took at once, as native code lays them out.
    pub bytes_peak: u64,
}

/// A program that is ready to run.
pub struct Interpreter<'m, 'h> {
    module: &'m ValidModule,
    options: Options,
    host: &'h mut dyn Host,
}

impl<'m, 'h> Interpreter<'m, 'h> {
    /// An interpreter for a module.
    pub fn new(module: &'m ValidModule, options: Options, host: &'h mut dyn Host) -> Interpreter<'m, 'h> {
        Interpreter { module, options, host }
    }

    /// Runs the program from its entry to its end. What it prints goes to the host, a panic's report too.
    pub fn run(self) -> Outcome {
        run_module(self.module, self.options, self.host)
    }
}

/// Runs a module, which its own tests do without the validator.
fn run_module(module: &Module, options: Options, host: &mut dyn Host) -> Outcome {
    let mut machine = match Machine::new(module, host, options.stack_words) {
        Ok(machine) => machine,
        Err(stop) => return Outcome::of_stop_before_start(stop),
    };
    let stop = run_to_end(&mut machine, options.instructions_max);
    let (status, end) = finish(&mut machine, stop);
    // What the host cannot write now cannot be reported to anybody.
    let _ = machine.host.flush();
    Outcome { status, end, stats: stats(&machine) }
}

impl Outcome {
    fn of_stop_before_start(stop: Stop) -> Outcome {
        let message = match stop {
            Stop::Panic(message) | Stop::Violation(message) | Stop::Unavailable(message) => message,
            Stop::StackOverflow(_) | Stop::Exit(_) => String::new(),
        };
        let end = End::Violated(vec![Violation::outside(message)]);
        Outcome { status: FAILURE_STATUS, end, stats: Stats::default() }
    }
}

/// Executes instructions until the entry function returns; gives its results.
fn run_to_end(machine: &mut Machine<'_, '_>, instructions_max: Option<u64>) -> Step<Values> {
    let Some(entry) = machine.module.entry else {
        return Err(Stop::Unavailable("the module declares no entry".into()));
    };
    if let Flow::Finished(results) = machine.enter(entry, Values::new())? {
        return Ok(results);
    }
    let limit = instructions_max.unwrap_or(u64::MAX);
    while let Some(inst) = machine.stack.inst() {
        if machine.instructions >= limit {
            return Err(Stop::Unavailable(format!("gave up after {limit} instructions")));
        }
        machine.instructions += 1;
        match machine.execute(inst)? {
            Flow::Next => machine.stack.advance(),
            Flow::Moved => {}
            Flow::Finished(results) => return Ok(results),
        }
    }
    violation("the block has no end")
}

/// The status and the end that a stop amounts to; panics are reported to the host.
fn finish(machine: &mut Machine<'_, '_>, stop: Step<Values>) -> (i32, End) {
    match stop {
        Ok(results) => match leaks(machine) {
            leaks if leaks.is_empty() => (exit_status(&results), End::Returned),
            leaks => (FAILURE_STATUS, End::Violated(leaks)),
        },
        Err(Stop::Exit(status)) => (status, End::Exited),
        Err(Stop::Panic(message)) => {
            let report = panic_report(machine.module, &machine.stack, &message);
            panicked(machine, &report)
        }
        Err(Stop::StackOverflow(function)) => {
            let report = stack_overflow_report(machine.module, &machine.stack, &function);
            panicked(machine, &report)
        }
        Err(Stop::Violation(message)) => {
            let violation = Violation::at(machine.module, &machine.stack, message);
            (FAILURE_STATUS, End::Violated(vec![violation]))
        }
        Err(Stop::Unavailable(message)) => (FAILURE_STATUS, End::Unavailable(message)),
    }
}

fn panicked(machine: &mut Machine<'_, '_>, report: &str) -> (i32, End) {
    // A panic is reported behind everything that was printed before it; nobody can be told when that fails.
    let _ = machine.host.flush();
    let _ = machine.host.write_errors(report.as_bytes());
    (PANIC_STATUS, End::Panicked)
}

fn exit_status(results: &Values) -> i32 {
    match results.first() {
        Some(Value::Scalar(status)) => (status & 0xff) as i32,
        _ => 0,
    }
}

/// What a program that returned normally still holds.
fn leaks(machine: &Machine<'_, '_>) -> Vec<Violation> {
    let mut live = machine.heap.live();
    live.insert("a variable".into(), machine.variables.iter().count() as u64);
    live.insert("an evidence record".into(), machine.records.iter().count() as u64);
    live.insert("a block of unmanaged memory".into(), machine.raw.live());
    let leaks = live.into_iter().filter(|(_, count)| *count > 0);
    leaks.map(|(what, count)| Violation::outside(format!("leak: {what}, {count} alive"))).collect()
}

fn stats(machine: &Machine<'_, '_>) -> Stats {
    let heap = machine.heap.stats;
    Stats {
        instructions: machine.instructions,
        allocations: heap.allocations,
        frees: heap.frees,
        live_objects: machine.heap.live().values().sum(),
        retains: heap.retains,
        releases: heap.releases,
        reuse_hits: heap.reuse_hits,
        copies_on_write: heap.copies_on_write,
        bytes_peak: heap.bytes_peak,
    }
}
