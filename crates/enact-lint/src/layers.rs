//! What a target's catalog adds to what the files say.

use std::fmt;

use enact_sql::script::Script;

use crate::catalog::{Catalog, Extent};
use crate::context::Context;
use crate::finding::{Finding, Layer};
use crate::linter::lint_and_learn;

/// What a script makes of the schema.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    /// As the files know it.
    pub files: Catalog,
    /// As the target knows it.
    pub target: Catalog,
}

/// Judges a script by what a target's catalog says, and names for each finding the layer that proves it: what is
/// found `alone`, by the files, needs no target.
#[must_use]
pub fn lint_for_target(
    script: &Script,
    target: &Context<'_>,
    alone: &Context<'_>,
) -> (Vec<Finding>, Learned) {
    let (by_files, files) = lint_and_learn(script, alone);
    let (mut findings, catalog) = lint_and_learn(script, target);
    // What is allowed for the sake of other targets is not in vain.
    findings.retain(|finding| finding.rule != "unused-allow" || shows(&by_files, finding));
    for finding in &mut findings {
        if !shows(&by_files, finding) {
            finding.layer = Layer::Catalog;
        }
        if let Some(extent) = finding.extent {
            finding.message = format!("{} ({extent})", finding.message);
        }
    }
    let learned = Learned {
        files,
        target: catalog,
    };
    (findings, learned)
}

fn shows(findings: &[Finding], wanted: &Finding) -> bool {
    findings.iter().any(|finding| {
        let same = finding.rule == wanted.rule && finding.range == wanted.range;
        same && finding.severity == wanted.severity && finding.message == wanted.message
    })
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.rows == 1 { "row" } else { "rows" };
        write!(f, "{} {word}", grouped(self.rows))?;
        match self.bytes {
            Some(bytes) => write!(f, ", {}", size(bytes)),
            None => Ok(()),
        }
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut unit, mut scale) = (0, 1);
    while bytes / scale >= 1024 && unit + 1 < units.len() {
        (unit, scale) = (unit + 1, scale * 1024);
    }
    format!("{} {}", bytes / scale, units.get(unit).unwrap_or(&"B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_short() {
        let said = |rows, bytes| Extent { rows, bytes }.to_string();
        assert_eq!(
            said(2_000_000, Some(325_058_560)),
            "2,000,000 rows, 310 MiB"
        );
        assert_eq!(said(1, Some(8192)), "1 row, 8 KiB");
        assert_eq!(said(123_456, None), "123,456 rows");
        assert_eq!(said(0, Some(0)), "0 rows, 0 B");
    }
}
