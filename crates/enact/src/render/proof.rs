//! Proofs.

use enact_engine::proof::{Outcome, Progress, Proof, Report, ScriptFailure, TestResult, Verdict};

use super::{drift, failure};
use crate::failure::{Excerpt, Failure, Place};
use crate::ui::style::{BAD, DIM, GOOD, WARNING, paint, plural, safe};
use crate::ui::table::Table;
use crate::wire;

/// A line for a person who waits.
pub fn progress(progress: Progress<'_>) -> Option<String> {
    match progress {
        Progress::Planned { migrations, tests } => Some(format!(
            "proving {}, then {}",
            plural(migrations, "migration"),
            plural(tests, "SQL test")
        )),
        Progress::Proof(proof) => Some(format!(
            "  {:03}_{}: {}",
            proof.number,
            proof.name,
            proof.verdict.name()
        )),
        Progress::Test(test) => Some(format!("  {}: {}", test.name, test.outcome.name())),
        _ => None,
    }
}

/// Every verdict, then what is wrong in detail, then the sum.
pub fn text(report: &Report) -> String {
    let mut table = Table::default();
    for proof in &report.migrations {
        table.row(proof_row(proof));
    }
    for test in &report.tests {
        table.row(test_row(test));
    }
    let mut text = format!(
        "{} on PostgreSQL {}\n{}",
        report.stream,
        report.server_version,
        table.text("  ")
    );
    text.extend(report.migrations.iter().map(details));
    text.extend(report.tests.iter().map(test_details));
    text + &sum(report)
}

fn proof_row(proof: &Proof) -> [String; 4] {
    let (sign, style) = match proof.verdict.is_good() {
        true if proof.no_effect => ("!", WARNING),
        true => ("+", GOOD),
        false => ("x", BAD),
    };
    let remark = match &proof.verdict {
        Verdict::Irreversible { reason } => safe(reason),
        _ if proof.no_effect => "changes neither schema nor data".to_owned(),
        _ => format!("{} ms", proof.milliseconds),
    };
    [
        paint(style, sign),
        format!("{:03}_{}", proof.number, proof.name),
        paint(style, proof.verdict.name()),
        paint(DIM, &remark),
    ]
}

fn test_row(test: &TestResult) -> [String; 4] {
    let (sign, style) = if passed(test) {
        ("+", GOOD)
    } else {
        ("x", BAD)
    };
    [
        paint(style, sign),
        format!("test {}", test.name),
        paint(style, test.outcome.name()),
        paint(DIM, &format!("{} ms", test.milliseconds)),
    ]
}

fn details(proof: &Proof) -> String {
    let heading = |what: &str| {
        paint(
            BAD,
            &format!("\n{:03}_{}: {what}\n", proof.number, proof.name),
        )
    };
    match &proof.verdict {
        Verdict::NotRestored { differences } => {
            heading("after the rollback the schema is not what it was")
                + &drift::differences(differences)
        }
        Verdict::ReapplyDiffers { differences } => {
            heading("applied again it makes something else") + &drift::differences(differences)
        }
        Verdict::ColumnOrder {
            tables,
            allowed: false,
        } => {
            let tables = tables.iter().map(|change| {
                format!(
                    "  {}: {} became {}\n",
                    change.table,
                    change.before.join(", "),
                    change.after.join(", ")
                )
            });
            heading("the rollback restores all but the order of columns")
                + &tables.collect::<String>()
        }
        Verdict::Data { tables } => {
            let tables = tables.iter().map(|changed| {
                format!(
                    "  {}: {} before, {} after\n",
                    changed.table,
                    plural_rows(changed.before),
                    plural_rows(changed.after)
                )
            });
            heading("after the rollback rows that existed before differ")
                + &tables.collect::<String>()
        }
        Verdict::NotTested { reason } => heading(reason),
        verdict => verdict
            .failure()
            .map(|failed| heading(verdict.name()) + &refused(failed))
            .unwrap_or_default(),
    }
}

fn test_details(test: &TestResult) -> String {
    match &test.outcome {
        Outcome::Failed(failed) => {
            paint(BAD, &format!("\ntest {}\n", test.name)) + &refused(failed)
        }
        _ => String::new(),
    }
}

fn plural_rows(count: u64) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), "row")
}

/// A statement that was refused, as text.
pub fn refused(failed: &ScriptFailure) -> String {
    let mut told = Failure::new(
        enact_engine::exit::Exit::MigrationFailed,
        failed.server.message.clone(),
    )
    .server_extras(&failed.server);
    told.place = Some(place(failed));
    failure::text(&told, false)
}

/// Where a statement was refused.
pub fn place(failed: &ScriptFailure) -> Place {
    Place {
        file: failed.file.display().to_string(),
        line: failed.line,
        column: failed.column,
        excerpt: Excerpt::around(&failed.text, &failed.span, failed.line),
    }
}

fn sum(report: &Report) -> String {
    let count = |name| {
        report
            .migrations
            .iter()
            .filter(|proof| proof.verdict.name() == name)
            .count()
    };
    let good = report
        .migrations
        .iter()
        .filter(|proof| proof.verdict.is_good())
        .count();
    let passed = report.tests.iter().filter(|test| passed(test)).count();
    let failed = report.migrations.len() - good + report.tests.len() - passed;
    let counts = format!(
        "{} proven, {} irreversible, {} of {} passed",
        count("proven"),
        count("irreversible"),
        passed,
        plural(report.tests.len(), "SQL test")
    );
    match failed {
        0 => format!("{counts}\n"),
        failed => format!("\n{counts}, {}\n", paint(BAD, &format!("{failed} failed"))),
    }
}

/// For programs.
pub fn document(report: &Report) -> wire::Test {
    wire::Test {
        schema: "enact.test/1",
        stream: report.stream.to_string(),
        server_version: report.server_version.clone(),
        tool_version: report.tool_version.clone(),
        passed: report.passed(),
        migrations: report.migrations.iter().map(proof_document).collect(),
        tests: report.tests.iter().map(test_document).collect(),
    }
}

fn proof_document(proof: &Proof) -> wire::Proof {
    let differences = match &proof.verdict {
        Verdict::NotRestored { differences } | Verdict::ReapplyDiffers { differences } => {
            Some(differences.iter().map(drift::object).collect())
        }
        _ => None,
    };
    let reason = match &proof.verdict {
        Verdict::Irreversible { reason } | Verdict::NotTested { reason } => Some(reason.clone()),
        _ => None,
    };
    let tables = match &proof.verdict {
        Verdict::Data { tables } => {
            Some(tables.iter().map(|changed| changed.table.clone()).collect())
        }
        Verdict::ColumnOrder { tables, .. } => {
            Some(tables.iter().map(|change| change.table.clone()).collect())
        }
        _ => None,
    };
    wire::Proof {
        number: proof.number,
        name: proof.name.clone(),
        verdict: proof.verdict.name(),
        good: proof.verdict.is_good(),
        no_effect: proof.no_effect,
        digest: proof.digest.to_string(),
        rollback_digest: proof.rollback_digest.map(|digest| digest.to_string()),
        fingerprint_before: proof.fingerprint_before.map(|print| print.to_string()),
        fingerprint_after: proof.fingerprint_after.map(|print| print.to_string()),
        milliseconds: proof.milliseconds,
        reason,
        tables,
        differences,
        failure: proof.verdict.failure().map(script_failure),
    }
}

fn test_document(test: &TestResult) -> wire::SqlTest {
    wire::SqlTest {
        name: test.name.clone(),
        outcome: test.outcome.name(),
        milliseconds: test.milliseconds,
        failure: match &test.outcome {
            Outcome::Failed(failed) => Some(script_failure(failed)),
            _ => None,
        },
    }
}

/// A statement that was refused, for programs.
pub fn script_failure(failed: &ScriptFailure) -> wire::ScriptFailure {
    wire::ScriptFailure {
        file: failed.file.display().to_string(),
        line: failed.line,
        column: failed.column,
        sqlstate: failed.server.sqlstate.clone(),
        message: failed.server.message.clone(),
    }
}

fn passed(test: &TestResult) -> bool {
    matches!(test.outcome, Outcome::Passed)
}
