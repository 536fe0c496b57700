//! A report as JUnit XML, for the servers that show test results.

use std::fmt::Write as _;

use super::report::{Outcome, Proof, Report, TestResult, Verdict};
use crate::catalog::Change;

/// The report as a JUnit XML document: one suite for the migrations, one for the SQL tests. What is irreversible or was
/// not run counts as skipped. Without the server's DETAIL, which may hold data.
#[must_use]
pub fn render(report: &Report) -> String {
    let stream = report.stream.as_str();
    let migrations: Vec<Case> = report.migrations.iter().map(migration).collect();
    let tests: Vec<Case> = report.tests.iter().map(test).collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = migrations.iter().chain(&tests);
    let _ = writeln!(xml, "<testsuites name=\"enact test\"{}>", totals(all));
    suite(
        &mut xml,
        &format!("{stream}.migrations"),
        &migrations,
        report,
    );
    suite(&mut xml, &format!("{stream}.tests"), &tests, report);
    xml.push_str("</testsuites>\n");
    xml
}

/// One line of the result.
struct Case {
    name: String,
    file: String,
    milliseconds: u64,
    result: Shown,
    /// What is worth saying without being a failure.
    remarks: Vec<String>,
}

enum Shown {
    Passed,
    Skipped(String),
    Failed {
        kind: &'static str,
        message: String,
        body: String,
    },
}

fn migration(proof: &Proof) -> Case {
    let mut remarks: Vec<String> = proof
        .sequences
        .iter()
        .map(|moved| format!("sequence {} has moved on", moved.sequence))
        .collect();
    if proof.no_effect {
        remarks.push("warning: no-effect".to_owned());
    }
    Case {
        name: format!("{:03}_{}", proof.number, proof.name),
        file: proof.file.to_string_lossy().into_owned(),
        milliseconds: proof.milliseconds,
        result: verdict(&proof.verdict),
        remarks,
    }
}

fn verdict(verdict: &Verdict) -> Shown {
    if let Verdict::Irreversible { reason } | Verdict::NotTested { reason } = verdict {
        return Shown::Skipped(format!("{}: {reason}", verdict.name()));
    }
    if verdict.is_good() {
        return Shown::Passed;
    }
    let lines = lines(verdict);
    let first = lines.first().and_then(|line| line.lines().next());
    let message = first.unwrap_or_default();
    Shown::Failed {
        kind: verdict.name(),
        message: format!("{}: {message}", verdict.name()),
        body: lines.join("\n"),
    }
}

/// What the verdict names: objects, tables, or a place in a file.
fn lines(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::NotRestored { differences } | Verdict::ReapplyDiffers { differences } => {
            let line = |difference: &crate::catalog::Difference| {
                let object = &difference.object;
                match &difference.change {
                    Change::Added { .. } => format!("{object} was not there before"),
                    Change::Removed { .. } => format!("{object} is gone"),
                    Change::Changed { before, after } => {
                        format!("{object} differs\n- {before}\n+ {after}")
                    }
                }
            };
            differences.iter().map(line).collect()
        }
        Verdict::ColumnOrder { tables, .. } => tables
            .iter()
            .map(|one| {
                let (before, after) = (one.before.join(", "), one.after.join(", "));
                format!("table {}: columns were {before}, are {after}", one.table)
            })
            .collect(),
        Verdict::Data { tables } => tables
            .iter()
            .map(|one| {
                let (table, before, after) = (&one.table, one.before, one.after);
                format!("table {table}: {before} rows before, {after} after, not the same")
            })
            .collect(),
        _ => verdict
            .failure()
            .map(ToString::to_string)
            .into_iter()
            .collect(),
    }
}

fn test(test: &TestResult) -> Case {
    Case {
        name: test.name.clone(),
        file: test.file.to_string_lossy().into_owned(),
        milliseconds: test.milliseconds,
        result: match &test.outcome {
            Outcome::Passed => Shown::Passed,
            Outcome::NotRun { reason } => Shown::Skipped(format!("not-run: {reason}")),
            Outcome::Failed(failure) => Shown::Failed {
                kind: "failed",
                message: failure.server.message.clone(),
                body: failure.to_string(),
            },
        },
        remarks: Vec::new(),
    }
}

fn suite(xml: &mut String, name: &str, cases: &[Case], report: &Report) {
    let (totals, name) = (totals(cases.iter()), escape(name));
    let _ = writeln!(xml, "  <testsuite name=\"{name}\"{totals}>");
    let _ = writeln!(
        xml,
        "    <properties>\n      <property name=\"server_version\" value=\"{}\"/>\n      \
         <property name=\"tool_version\" value=\"{}\"/>\n    </properties>",
        escape(&report.server_version),
        escape(&report.tool_version)
    );
    for one in cases {
        case(xml, &name, one);
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, class: &str, case: &Case) {
    let (name, file) = (escape(&case.name), escape(&case.file));
    let time = seconds(case.milliseconds);
    let _ = writeln!(
        xml,
        "    <testcase classname=\"{class}\" name=\"{name}\" file=\"{file}\" time=\"{time}\">"
    );
    match &case.result {
        Shown::Passed => {}
        Shown::Skipped(why) => {
            let _ = writeln!(xml, "      <skipped message=\"{}\"/>", escape(why));
        }
        Shown::Failed {
            kind,
            message,
            body,
        } => {
            let (message, body) = (escape(message), escape(body).replace("&#10;", "\n"));
            let _ = writeln!(
                xml,
                "      <failure type=\"{kind}\" message=\"{message}\">{body}</failure>"
            );
        }
    }
    if !case.remarks.is_empty() {
        let remarks = escape(&case.remarks.join("; "));
        let _ = writeln!(xml, "      <system-out>{remarks}</system-out>");
    }
    xml.push_str("    </testcase>\n");
}

fn totals<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut skipped, mut milliseconds) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        milliseconds += case.milliseconds;
        match case.result {
            Shown::Passed => {}
            Shown::Skipped(_) => skipped += 1,
            Shown::Failed { .. } => failures += 1,
        }
    }
    let time = seconds(milliseconds);
    format!(
        " tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time}\""
    )
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text for an attribute or element. Characters that XML 1.0 cannot hold, even escaped, become U+FFFD; a line break is
/// written as a reference, or an attribute would hold a blank in its place.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_the_rest_escaped() {
        assert_eq!(
            escape("a<b> & \"c\"\n\t\u{1b}é\u{ffff}"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;&#9;\u{fffd}é\u{fffd}"
        );
    }
}
