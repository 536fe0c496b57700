//! Targets, results, and how they are shown.

use std::fmt::Write as _;

use crate::files;
use crate::measure::seconds;

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// Good up to here.
    AtMost(f64),
    /// Good from here on.
    AtLeast(f64),
    /// Nothing was asked for; for comparison.
    None,
}

/// What a number counts.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// One thing by another.
    Ratio,
    /// Things.
    Count,
    /// Seconds.
    Time,
    /// MiB.
    Memory,
    /// Things a second.
    Rate,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Count if value.fract() == 0.0 => format!("{value:.0}"),
            Self::Count => format!("{value:.2}"),
            Self::Time => seconds(value),
            Self::Memory => format!("{value:.1} MiB"),
            Self::Rate => format!("{value:.0}/s"),
        }
    }
}

/// One result.
#[derive(Debug)]
pub struct Line {
    what: String,
    target: Target,
    /// `None` where it could not be measured.
    value: Option<f64>,
    unit: Unit,
    detail: String,
}

impl Line {
    /// A result; `detail` says what it comes from.
    pub fn new(
        what: impl Into<String>,
        target: Target,
        (value, unit): (f64, Unit),
        detail: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            target,
            value: Some(value),
            unit,
            detail: detail.into(),
        }
    }

    /// What could not be measured, and why.
    pub fn missing(what: impl Into<String>, why: &str) -> Self {
        Self {
            what: what.into(),
            target: Target::None,
            value: None,
            unit: Unit::Count,
            detail: why.lines().last().unwrap_or_default().to_owned(),
        }
    }

    fn verdict(&self) -> &'static str {
        let (Some(value), target) = (self.value, self.target) else {
            return "not measured";
        };
        let good = match target {
            Target::AtMost(limit) => value <= limit,
            Target::AtLeast(limit) => value >= limit,
            Target::None => return "",
        };
        if good { "pass" } else { "MISS" }
    }

    fn cells(&self) -> [String; 5] {
        let target = match self.target {
            Target::AtMost(limit) => format!("≤ {}", self.unit.show(limit)),
            Target::AtLeast(limit) => format!("≥ {}", self.unit.show(limit)),
            Target::None => String::new(),
        };
        let value = self.value.map(|value| self.unit.show(value));
        [
            self.what.clone(),
            target,
            value.unwrap_or_default(),
            self.verdict().to_owned(),
            self.detail.clone(),
        ]
    }
}

/// Results that belong together.
#[derive(Debug)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// How they were measured.
    pub method: String,
    /// The results.
    pub lines: Vec<Line>,
}

const HEAD: [&str; 5] = ["", "target", "measured", "", "from"];

/// A section for the terminal.
pub fn text(section: &Section) -> String {
    let head = HEAD.map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head)
        .chain(section.lines.iter().map(Line::cells))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or_default());
    let mut text = format!("{}\n", section.title);
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "  {}{}", line, row[4]);
    }
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// How many targets were reached.
pub fn summary(sections: &[Section]) -> String {
    let count = |verdict| {
        let lines = sections.iter().flat_map(|section| &section.lines);
        lines.filter(|line| line.verdict() == verdict).count()
    };
    let (passed, missed, unknown) = (count("pass"), count("MISS"), count("not measured"));
    format!("{passed} targets reached, {missed} missed, {unknown} results not measured")
}

/// The page docs/benchmarks.md.
pub fn markdown(machine: &[(&str, String)], sections: &[Section]) -> String {
    let (migration, rollback) = files::example();
    let mut page = format!(
        "{INTRODUCTION}\n## Migrations\n\nEach is one file like this, without transaction control of its own:\n\n\
         ```sql\n{migration}```\n\nwith its rollback:\n\n```sql\n{rollback}```\n\n## Machine\n\n| | |\n|---|---|\n"
    );
    for (name, value) in machine {
        let _ = writeln!(page, "| {name} | {value} |");
    }
    let _ = writeln!(page, "\n## Results\n\n{}.", summary(sections));
    for section in sections {
        let _ = write!(page, "\n### {}\n\n{}\n\n", section.title, section.method);
        page.push_str("| | target | measured | | from |\n|---|---|---|---|---|\n");
        for line in &section.lines {
            let _ = writeln!(
                page,
                "| {} |",
                line.cells()
                    .map(|cell| cell.replace('|', "\\|"))
                    .join(" | ")
            );
        }
    }
    page
}

const INTRODUCTION: &str = "\
# Benchmarks

Enact against psql, in one run on one machine. This page is written by the benchmark itself; do not edit it:

    make bench                                                # measure and show
    scripts/bench.sh --markdown docs/benchmarks.md            # measure, show and write this page
    scripts/bench.sh --quick                                  # whether the benchmark works, not how fast enact is

## Method

- The server is a private cluster on this machine that syncs every commit (`fsync = on`, `synchronous_commit = on`);
  apart from that its settings are those of any sandbox (`shared_buffers = 32MB`, no autovacuum).
- `enact` is the release build (unless the table below says otherwise), each run a process of its own, timed on the wall from its start to its end. It finds
  a git configuration with name and e-mail, as a developer's machine has one, and no other settings.
- `psql` is the installation's own program, not the Perl wrapper that Debian has in the path, which would add to psql's times. It gets
  `-X`, runs one session, and takes the same files by `\\i`, each between `BEGIN` and `COMMIT`.
- The two take turns, and who goes first alternates. Each application begins in an empty database, right after a
  checkpoint and a `sync` of the file systems; enact's time includes that it installs its schema `enact`, appends its records and takes the
  fingerprints before and after.
- Numbers are medians, with the lowest and the highest in brackets. Ratios are ratios of medians.
- Connections and round trips are counted by a proxy between client and server, which also adds the latency: half of
  it each way, whatever is sent in a row overlaps. A round trip is counted when a client sends something after it has
  heard from the server, or first of all; the goodbye is not counted, since nobody waits for an answer. Round trips
  *after start-up* are those less one for each connection: over a Unix socket with neither TLS nor a password, the start-up message
  and all that the server answers until it is ready are one. By this count `psql -c 'select 1'` has 1, which is
  measured along with the others. Connections that work at the same time are counted one by one.
";
