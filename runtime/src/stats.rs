//! The reports of `KEA_STATS` and `KEA_LEAKS`.

use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::allocate;
use crate::console::{STDERR, write_all};
use crate::context::Context;

/// What is counted. The first six fields stay 0 unless allocations are counted.
#[derive(Default, Debug)]
pub(crate) struct Counters {
    pub(crate) allocations: i64,
    pub(crate) frees: i64,
    pub(crate) bytes_allocated: i64,
    pub(crate) live_objects: i64,
    pub(crate) live_bytes: i64,
    pub(crate) peak_bytes: i64,
    pub(crate) retains_slow: i64,
    pub(crate) releases_slow: i64,
    pub(crate) copies_on_write: i64,
    pub(crate) arrays_grown: i64,
}

impl Counters {
    pub(crate) fn allocated(&mut self, bytes: usize) {
        self.allocations += 1;
        self.live_objects += 1;
        self.bytes_allocated += bytes as i64;
        self.live_bytes += bytes as i64;
    }

    pub(crate) fn freed(&mut self, count: usize, bytes_each: usize) {
        self.frees += count as i64;
        self.live_objects -= count as i64;
        self.live_bytes -= (count * bytes_each) as i64;
    }

    /// An object grew; only what it gained was allocated.
    pub(crate) fn resized(&mut self, from: usize, to: usize) {
        let gained = to as i64 - from as i64;
        self.bytes_allocated += gained.max(0);
        self.live_bytes += gained;
    }

    pub(crate) fn made_immortal(&mut self, bytes: usize) {
        self.live_objects -= 1;
        self.live_bytes -= bytes as i64;
    }

    /// Adds what another thread has counted. A peak is nothing that could be added.
    pub(crate) fn add(&mut self, other: &Counters) {
        self.allocations += other.allocations;
        self.frees += other.frees;
        self.bytes_allocated += other.bytes_allocated;
        self.live_objects += other.live_objects;
        self.live_bytes += other.live_bytes;
        self.retains_slow += other.retains_slow;
        self.releases_slow += other.releases_slow;
        self.copies_on_write += other.copies_on_write;
        self.arrays_grown += other.arrays_grown;
    }

    pub(crate) fn above_peak(&self) -> bool {
        self.live_bytes > self.peak_bytes
    }

    pub(crate) fn record_peak(&mut self) {
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
    }
}

/// Where the statistics go.
#[derive(Clone)]
enum Target {
    Nowhere,
    StandardError,
    File(OsString),
}

/// What is reported at the end of the program.
#[derive(Clone)]
pub(crate) struct Reports {
    stats: Target,
    leaks: bool,
}

impl Reports {
    /// As the environment asks for.
    pub(crate) fn from_environment() -> Reports {
        let stats = match env::var_os("KEA_STATS") {
            Some(value) if value.as_bytes() == b"1" => Target::StandardError,
            Some(value) if !is_off(&value) => Target::File(value),
            _ => Target::Nowhere,
        };
        let leaks = env::var_os("KEA_LEAKS").is_some_and(|value| !is_off(&value));
        Reports { stats, leaks }
    }

    /// Whether any report needs every allocation counted.
    pub(crate) fn count(&self) -> bool {
        self.leaks || !matches!(self.stats, Target::Nowhere)
    }

    #[cfg(test)]
    pub(crate) fn for_test(counting: bool) -> Reports {
        Reports { stats: Target::Nowhere, leaks: counting }
    }
}

fn is_off(value: &OsString) -> bool {
    value.is_empty() || value.as_bytes() == b"0"
}

/// The most memory that the process had in use, in bytes.
pub(crate) fn peak_memory_bytes() -> i64 {
    // The system's accounting of resources would count what the process was before it became this program.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0) * 1024
}

/// Every counter with its name, in the order in which they are reported.
pub(crate) fn all(context: &mut Context) -> [(&'static str, i64); 14] {
    allocate::count_all_freed(context);
    let counters = &context.counters;
    [
        ("allocations", counters.allocations),
        ("frees", counters.frees),
        ("bytes_allocated", counters.bytes_allocated),
        ("live_objects", counters.live_objects),
        ("live_bytes", counters.live_bytes),
        ("peak_bytes", counters.peak_bytes),
        ("retains_slow", counters.retains_slow),
        ("releases_slow", counters.releases_slow),
        ("copies_on_write", counters.copies_on_write),
        ("reuse_hits", context.reuse_hits as i64),
        ("arrays_grown", counters.arrays_grown),
        ("fibers", 0),
        ("messages", 0),
        ("peak_memory_bytes", peak_memory_bytes()),
    ]
}

/// Writes the statistics where they were asked for.
pub(crate) fn write(context: &mut Context) {
    if matches!(context.reports.stats, Target::Nowhere) {
        return;
    }
    let mut text = String::from("{");
    for (index, (name, value)) in all(context).into_iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}\"{name}\": {value}");
    }
    text.push_str("}\n");
    match &context.reports.stats {
        Target::Nowhere => {}
        Target::StandardError => {
            let _ = write_all(STDERR, text.as_bytes());
        }
        Target::File(path) => {
            if let Err(error) = fs::write(path, &text) {
                let path = path.display();
                let _ = write_all(STDERR, format!("KEA_STATS: {path}: {error}\n").as_bytes());
            }
        }
    }
}

/// Says how many objects are still alive, where that was asked for; whether there are any.
pub(crate) fn report_leaks(context: &mut Context) -> bool {
    if !context.reports.leaks {
        return false;
    }
    allocate::count_all_freed(context);
    let message = match context.counters.live_objects {
        0 => return false,
        1 => "1 object is still alive\n".to_owned(),
        count => format!("{count} objects are still alive\n"),
    };
    let _ = write_all(STDERR, message.as_bytes());
    true
}
