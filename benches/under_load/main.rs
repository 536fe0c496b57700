//! Changes to a large table while an application uses it: how long they take, and what the application notices.
//!
//! `cargo bench -p enact-bench --bench under_load -- --help` for the options. docs/benchmarks-load.md says what is measured
//! and holds the last results; `--markdown docs/benchmarks-load.md` writes it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measurement prints, and has fewer than 53 bits"
)]

mod backfill;
mod lab;
mod load;
mod patterns;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use enact_bench::report::{self, Section};
use enact_bench::{machine, program};
use enact_testkit::Must;

use lab::Lab;

/// Enact beside an application at work
#[derive(Debug, Parser)]
struct Options {
    /// Program to measure; without one, the release binary is built
    #[arg(long, value_name = "FILE")]
    enact: Option<PathBuf>,
    /// Write the report as a Markdown page
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// A small table and short times: whether it works, not how well
    #[arg(long)]
    quick: bool,
    /// Only sections whose title contains this
    #[arg(long, value_name = "TEXT", conflicts_with = "markdown")]
    only: Option<String>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Rows of the table.
    pub rows: u64,
    /// Transactions a second.
    pub rate: u32,
    /// How long the load is watched undisturbed.
    pub undisturbed: Duration,
    /// How often each contestant has its turn.
    pub rounds: usize,
    /// How often Enact is killed.
    pub kills: u64,
}

const FULL: Scale = Scale {
    rows: 2_000_000,
    rate: 300,
    undisturbed: Duration::from_secs(10),
    rounds: 2,
    kills: 50,
};
const QUICK: Scale = Scale {
    rows: 20_000,
    rate: 300,
    undisturbed: Duration::from_secs(1),
    rounds: 1,
    kills: 3,
};

/// What measures a section.
type Measure = fn(&Lab) -> Section;

const SECTIONS: &[(&str, Measure)] = &[
    (backfill::TITLE, backfill::section),
    (patterns::TITLE, patterns::section),
];

fn main() {
    let options = Options::parse();
    program::enter_repository();
    let measured = program::chosen(options.enact.as_deref());
    let lab = Lab::new(measured, if options.quick { QUICK } else { FULL });
    let server = (lab.server_version(), &*lab.data_dir());
    let mut machine = machine::facts(&lab.program, &lab.psql, server);
    let Scale { rows, rate, .. } = lab.scale;
    machine.insert(
        0,
        (
            "Scale",
            format!("{rows} rows, {rate} transactions a second"),
        ),
    );
    machine.push(("Build", program::built(options.enact.is_some()).to_owned()));
    for (name, value) in &machine {
        println!("{name}: {value}");
    }
    let wanted = options.only.unwrap_or_default().to_lowercase();
    let chosen = SECTIONS
        .iter()
        .filter(|(title, _)| title.to_lowercase().contains(&wanted));
    let mut sections = Vec::new();
    for (title, measure) in chosen {
        eprintln!("measuring: {title}");
        let section = measure(&lab);
        println!("\n{}", report::text(&section));
        sections.push(section);
    }
    println!("\n{}", report::summary(&sections));
    if let Some(path) = options.markdown {
        let page = report::markdown(INTRODUCTION, &machine, &sections);
        std::fs::write(&path, page).must("write the page");
    }
}

const INTRODUCTION: &str = "\
# Benchmarks under load

Enact changes a large table while an application uses it, beside what one would do without Enact, in one run on one machine.
This page is written by the benchmark itself; do not edit it:

    scripts/bench.sh under_load --markdown docs/benchmarks-load.md    # measure, show and write this page
    scripts/bench.sh under_load --quick                               # whether the benchmark works

## Method

- The server is a private cluster on this machine that syncs every commit, with `shared_buffers = 1GB`, `max_wal_size = 8GB` and
  no autovacuum. It, the load and what is measured share the machine's cores.
- The load is 16 sessions that together begin a fixed number of transactions a second, each at its own time whether or not others
  are late: `BEGIN`, an `UPDATE` of a random row by its key, a `SELECT` of another, `COMMIT`, sent as one message. A transaction's
  latency counts from the time it was due. Statements have no timeout; those that fail are counted.
- Each contestant works on a copy of the same database, right after a checkpoint, while the load goes on. Before it
  begins, the load is watched undisturbed on the same copy.
- `enact` is the release build, a process of its own, timed on the wall from start to end: connecting, installing its schema and
  taking fingerprints are in its time.
";
