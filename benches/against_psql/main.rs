//! Enact against psql, side by side in one run: time, round trips, syncs, memory.
//!
//! `make bench`, or `cargo bench -p enact-bench -- --help` for the options. docs/benchmarks.md says what is measured
//! and holds the last results; `--markdown docs/benchmarks.md` writes it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement prints"
)]

mod apply;
mod costs;
mod files;
mod idle;
mod lab;
mod ledger;
mod lint;
mod page;
mod snapshot;
mod start;

use std::path::PathBuf;

use clap::Parser;
use enact_testkit::Must;

use enact_bench::report::{self, Section};
use enact_bench::{machine, program};
use lab::Lab;

/// Enact against psql: time, round trips, memory
#[derive(Debug, Parser)]
struct Options {
    /// Program to measure; without one, the release binary is built
    #[arg(long, value_name = "FILE")]
    enact: Option<PathBuf>,
    /// Write the report as a Markdown page
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Few migrations and repetitions: whether it works, not how fast
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
struct Scale {
    /// Migrations in the small repository.
    small: usize,
    /// Migrations in the large repository.
    large: usize,
    /// Repetitions with the small repository.
    often: usize,
    /// Repetitions of what takes seconds.
    seldom: usize,
    /// Repetitions of what takes milliseconds.
    many: usize,
    /// Entries of the ledger that is verified.
    entries: usize,
}

const FULL: Scale = Scale {
    small: 100,
    large: 1000,
    // Even, so that each client goes first equally often.
    often: 10,
    seldom: 4,
    many: 41,
    entries: 300_000,
};
const QUICK: Scale = Scale {
    small: 5,
    large: 10,
    often: 2,
    seldom: 1,
    many: 3,
    entries: 2000,
};

/// What measures a section.
type Measure = fn(&Lab) -> Section;

const SECTIONS: &[(&str, Measure)] = &[
    (apply::LOCAL, apply::local),
    (apply::DISTANT, apply::distant),
    (idle::TITLE, idle::section),
    (costs::TITLE, costs::section),
    (start::TITLE, start::section),
    (ledger::TITLE, ledger::section),
    (lint::TITLE, lint::section),
    (snapshot::TITLE, snapshot::section),
];

fn main() {
    let options = Options::parse();
    program::enter_repository();
    let measured = program::chosen(options.enact.as_deref());
    let lab = Lab::new(measured, if options.quick { QUICK } else { FULL });
    let server = (lab.server_version(), &*lab.data_dir());
    let mut machine = machine::facts(&lab.program, &lab.psql, server);
    let scale = lab.scale;
    let scale = format!(
        "{} and {} migrations, a ledger of {} entries",
        scale.small, scale.large, scale.entries
    );
    machine.insert(0, ("Scale", scale));
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
        let page = report::markdown(&page::introduction(), &machine, &sections);
        std::fs::write(&path, page).must("write the page");
    }
}
