//! A report in canonical form.

use enact_ledger::canonical::Value;
use enact_ledger::{FileDigest, Hash, Text};

use super::execute::ScriptFailure;
use super::report::{Outcome, Proof, Report, TestResult, Verdict};
use crate::catalog::{Change, ColumnOrderChange, Difference};

impl Report {
    /// The canonical form, without data of any participant: the server's DETAIL is left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::object([
            ("stream", text(self.stream.as_str())),
            ("server_version", text(&self.server_version)),
            ("tool_version", text(&self.tool_version)),
            ("passed", Value::Bool(self.passed())),
            ("migrations", list(&self.migrations, proof)),
            ("tests", list(&self.tests, test)),
        ])
    }
}

fn proof(proof: &Proof) -> Value {
    let digest = |digest: &FileDigest| text(&digest.to_string());
    let hash = |hash: &Hash| text(&hash.to_string());
    let warnings = match proof.no_effect {
        true => vec![text("no-effect")],
        false => Vec::new(),
    };
    let sequences = list(&proof.sequences, |moved| {
        Value::object([
            ("sequence", text(&moved.sequence)),
            ("before", optional(moved.before.as_ref(), |n| big(*n))),
            ("after", optional(moved.after.as_ref(), |n| big(*n))),
        ])
    });
    let mut fields = vec![
        ("number", Value::Integer(proof.number.into())),
        ("name", text(&proof.name)),
        ("file", text(&proof.file.to_string_lossy())),
        ("digest", digest(&proof.digest)),
        ("meaning", optional(proof.meaning.as_ref(), digest)),
        (
            "rollback_digest",
            optional(proof.rollback_digest.as_ref(), digest),
        ),
        ("verdict", text(proof.verdict.name())),
        ("passed", Value::Bool(proof.verdict.is_good())),
        ("warnings", Value::List(warnings)),
        ("sequences", sequences),
        (
            "fingerprint_before",
            optional(proof.fingerprint_before.as_ref(), hash),
        ),
        (
            "fingerprint_after",
            optional(proof.fingerprint_after.as_ref(), hash),
        ),
        ("milliseconds", count(proof.milliseconds)),
    ];
    fields.extend(particulars(&proof.verdict));
    Value::object(fields)
}

/// What a verdict has to say beyond its name.
fn particulars(verdict: &Verdict) -> Option<(&'static str, Value)> {
    match verdict {
        Verdict::Proven => None,
        Verdict::Irreversible { reason } | Verdict::NotTested { reason } => {
            Some(("reason", text(reason)))
        }
        Verdict::NotRestored { differences } | Verdict::ReapplyDiffers { differences } => {
            Some(("differences", list(differences, difference)))
        }
        Verdict::ColumnOrder { tables, .. } => Some(("column_order", list(tables, order))),
        Verdict::Data { tables } => {
            let tables = list(tables, |table| {
                Value::object([
                    ("table", text(&table.table)),
                    ("rows_before", count(table.before)),
                    ("rows_after", count(table.after)),
                ])
            });
            Some(("tables", tables))
        }
        Verdict::RollbackFailed(at) | Verdict::ReapplyFailed(at) | Verdict::MigrationFailed(at) => {
            Some(("failure", failure(at)))
        }
    }
}

fn test(test: &TestResult) -> Value {
    let mut fields = vec![
        ("name", text(&test.name)),
        ("file", text(&test.file.to_string_lossy())),
        ("outcome", text(test.outcome.name())),
        ("milliseconds", count(test.milliseconds)),
    ];
    match &test.outcome {
        Outcome::Passed => {}
        Outcome::Failed(at) => fields.push(("failure", failure(at))),
        Outcome::NotRun { reason } => fields.push(("reason", text(reason))),
    }
    Value::object(fields)
}

fn difference(difference: &Difference) -> Value {
    let (before, after) = match &difference.change {
        Change::Added { after } => (None, Some(after)),
        Change::Removed { before } => (Some(before), None),
        Change::Changed { before, after } => (Some(before), Some(after)),
    };
    let side = |side: Option<&String>| optional(side, |side| text(side));
    Value::object([
        ("kind", text(&difference.object.kind)),
        ("name", text(&difference.object.name)),
        ("before", side(before)),
        ("after", side(after)),
    ])
}

fn order(change: &ColumnOrderChange) -> Value {
    Value::object([
        ("table", text(&change.table)),
        ("before", list(&change.before, |column| text(column))),
        ("after", list(&change.after, |column| text(column))),
    ])
}

fn failure(failure: &ScriptFailure) -> Value {
    let server = &failure.server;
    Value::object([
        ("file", text(&failure.file.to_string_lossy())),
        ("line", Value::Integer(failure.line.into())),
        ("column", Value::Integer(failure.column.into())),
        ("statement", count(failure.statement as u64)),
        ("sqlstate", text(&server.sqlstate)),
        ("message", text(&server.message)),
        ("hint", optional(server.hint.as_ref(), |hint| text(hint))),
    ])
}

fn text(text: &str) -> Value {
    Value::Text(Text::from(text).into_string())
}

fn list<T>(items: &[T], value: impl Fn(&T) -> Value) -> Value {
    Value::List(items.iter().map(value).collect())
}

fn optional<T>(item: Option<&T>, value: impl Fn(&T) -> Value) -> Value {
    item.map_or(Value::Null, value)
}

fn count(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A sequence may stand where the canonical form's integers do not reach.
fn big(number: i64) -> Value {
    text(&number.to_string())
}
