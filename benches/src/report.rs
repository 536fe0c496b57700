//! Targets, results, and how they are shown.

use std::fmt::Write as _;

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

/// A page: what is measured and how, on what, and with what result.
#[must_use]
pub fn markdown(introduction: &str, machine: &[(&str, String)], sections: &[Section]) -> String {
    let mut page = format!("{introduction}\n## Machine\n\n| | |\n|---|---|\n");
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
