//! What a sandbox saw a statement do, beside what the text tells of it.

use std::ops::Range;

use enact_sql::script::Script;

use crate::allow;
use crate::finding::{Finding, Layer, Sandbox};
use crate::linter::{self, Found};
use crate::rule::{self, WORK_UNDER_LOCK};

/// What takes as long as a table is large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Every row and every index is written again.
    Rewrite,
    /// Every row is read.
    Scan,
    /// An index is built.
    Build,
}

/// Work on a table that was there before the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What was done.
    pub work: Work,
    /// The table, as SQL names it.
    pub table: String,
    /// The lock on it meanwhile, if it stops writers: its name, and what it blocks.
    pub lock: Option<(&'static str, &'static str)>,
}

/// What was seen of one statement that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The statement's bytes in the script's text.
    pub range: Range<usize>,
    /// Whether everything that it did could be seen: outside of a transaction scans cannot be counted.
    pub whole: bool,
    /// What it did.
    pub seen: Vec<Seen>,
}

/// Holds findings against what was seen: each that speaks of such work says whether the sandbox saw it, and work under a
/// lock that no finding speaks of becomes one, unless the script allows that.
pub fn compare(script: &Script, findings: &mut Vec<Finding>, traces: &[Trace]) {
    let mut found = Vec::new();
    let ranges: Vec<&Range<usize>> = script.statements().map(|one| &one.range).collect();
    for trace in traces {
        let Some(statement) = ranges.iter().position(|range| **range == trace.range) else {
            continue;
        };
        let mut told = Vec::new();
        let here = findings.iter_mut();
        for finding in here.filter(|finding| trace.range.contains(&finding.range.start)) {
            let Some(work) = rule::rule(finding.rule).and_then(rule::Rule::work) else {
                continue;
            };
            told.push(work);
            finding.sandbox = match trace.seen.iter().any(|seen| seen.work == work) {
                true => Some(Sandbox::Seen),
                false => trace.whole.then_some(Sandbox::NotSeen),
            };
        }
        found.extend(untold(script, statement, trace, &told));
    }
    findings.extend(allow::silenced(script, found));
    findings.sort_by_key(|finding| finding.range.start);
}

/// The heaviest work on each table that nobody speaks of.
fn untold(script: &Script, statement: usize, trace: &Trace, told: &[Work]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut tables: Vec<&str> = Vec::new();
    // What is rewritten is read too and gets its indexes anew; rows are read for an index.
    let covered = |work: Work| match work {
        Work::Scan => !told.is_empty(),
        Work::Build => told.contains(&work) || told.contains(&Work::Rewrite),
        Work::Rewrite => told.contains(&work),
    };
    for work in [Work::Rewrite, Work::Build, Work::Scan] {
        for seen in trace.seen.iter().filter(|seen| seen.work == work) {
            let Some((lock, blocks)) = seen.lock else {
                continue;
            };
            if covered(work) || tables.contains(&seen.table.as_str()) {
                continue;
            }
            tables.push(&seen.table);
            let done = match work {
                Work::Rewrite => "is written anew",
                Work::Build => "gets an index built",
                Work::Scan => "is read from end to end",
            };
            let message = format!("{} {done} under {lock}, which blocks {blocks}", seen.table);
            let mut finding =
                linter::finding(script, WORK_UNDER_LOCK, trace.range.clone(), message, None);
            finding.layer = Layer::Sandbox;
            finding.sandbox = Some(Sandbox::Seen);
            found.push(Found { finding, statement });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use enact_sql::script::analyse_text;

    use super::*;
    use crate::{Context, lint};

    const TEXT: &str =
        "ALTER TABLE t ALTER a TYPE bigint;\nSELECT change();\nUPDATE t SET a = 1 WHERE b;\n";

    fn compared(text: &str, seen: &[(Work, bool)]) -> Vec<String> {
        let script = analyse_text(text, "file.sql");
        let catalog = crate::Catalog::default();
        let context = Context {
            catalog: Some(&catalog),
            ..Context::default()
        };
        let mut findings = lint(&script, &context);
        let traces: Vec<Trace> = script
            .statements()
            .zip(seen)
            .map(|(statement, &(work, locked))| Trace {
                range: statement.range.clone(),
                whole: true,
                seen: vec![Seen {
                    work,
                    table: "public.t".into(),
                    lock: locked.then_some(("ACCESS EXCLUSIVE", "everything")),
                }],
            })
            .collect();
        compare(&script, &mut findings, &traces);
        let said = |finding: &Finding| {
            let sandbox = finding.sandbox.map_or("", Sandbox::as_str);
            format!("{} {} {sandbox}", finding.rule, finding.layer.as_str())
        };
        let about = |finding: &&Finding| finding.sandbox.is_some();
        findings.iter().filter(about).map(said).collect()
    }

    #[test]
    fn findings_agree_with_what_was_seen_or_do_not() {
        let (rewrite, scan) = (Work::Rewrite, Work::Scan);
        assert_eq!(
            compared(TEXT, &[(rewrite, true), (rewrite, true), (scan, false)]),
            [
                "rewrite-type parse tree seen",
                "work-under-lock sandbox seen",
                "backfill-under-lock parse tree seen"
            ]
        );
        assert_eq!(
            compared(TEXT, &[(scan, true)]),
            ["rewrite-type parse tree not seen"]
        );
    }

    #[test]
    fn what_was_seen_can_be_allowed() {
        let text = "SELECT 1;\n-- enact: allow(work-under-lock) it is small\nSELECT change();\nSELECT change();\n";
        let (rewrite, none) = (Work::Rewrite, compared(text, &[]));
        assert!(none.is_empty());
        let one = compared(
            text,
            &[(Work::Scan, false), (rewrite, true), (rewrite, true)],
        );
        assert_eq!(one, ["work-under-lock sandbox seen"]);
    }
}
