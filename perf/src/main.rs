//! Measurements of the compiler and of compiled programs. `perf/README.md` says how to read them.

mod build;
mod callgrind;
mod contract;
mod frontend;
mod kernels;
mod report;
mod scaling;
mod shapes;
mod synthesize;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Measures how fast Kea compiles and how fast compiled programs run.
#[derive(Parser)]
#[command(name = "kea-perf", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kernels in MIR beside their twins in Rust or C, in interleaved runs
    Kernels(Pairs),
    /// Programs in Kea beside their twins in Rust, in interleaved runs
    Programs(Pairs),
    /// The speed of kea0 on generated programs of growing size
    Frontend {
        /// How often each size is compiled; the best counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Writes the times to this file
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// How the time of the compiler in Kea grows with programs of extreme shape
    Scaling {
        /// How often each program is compiled; the best counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Only shapes whose name contains this
        #[arg(long, default_value = "")]
        filter: String,
        /// Writes the times to this file
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// The speed of the reader, the validator, the writer and the backend on a large module
    Contract {
        /// The size of the module
        #[arg(long, default_value_t = 20)]
        megabytes: usize,
        /// How often each step is repeated; the best counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Writes all samples to this file
        #[arg(long)]
        json: Option<PathBuf>,
    },
}

/// How programs are compared with their twins.
#[derive(clap::Args)]
struct Pairs {
    /// How often each program runs
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Counts instructions under callgrind too, which takes minutes
    #[arg(long)]
    instructions: bool,
    /// Only programs whose name contains this
    #[arg(long, default_value = "")]
    filter: String,
    /// Writes all samples to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Pairs {
    fn measure(self, kernels: &'static [kernels::Kernel]) -> anyhow::Result<()> {
        let record = kernels::measure(kernels, self.rounds, self.instructions, &self.filter)?;
        report::save(self.json.as_deref(), &record)
    }
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Kernels(pairs) => pairs.measure(kernels::KERNELS),
        Command::Programs(pairs) => pairs.measure(kernels::PROGRAMS),
        Command::Frontend { rounds, json } => report::save(json.as_deref(), &frontend::measure(rounds)?),
        Command::Scaling { rounds, filter, json } => report::save(json.as_deref(), &scaling::measure(rounds, &filter)?),
        Command::Contract { megabytes, rounds, json } => {
            report::save(json.as_deref(), &contract::measure(megabytes, rounds)?)
        }
    }
}
