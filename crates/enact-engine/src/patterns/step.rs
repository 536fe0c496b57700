//! One migration of a series with its rollback, before it has a number.

use super::sql;

/// One migration of a series with its rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A few words for the file's name and the title.
    pub words: String,
    /// What it changes, and why.
    pub purpose: String,
    /// Who notices.
    pub impact: String,
    /// How risky, and why.
    pub risk: String,
    /// What it means for the audit trail.
    pub compliance: &'static str,
    pub(super) up: Vec<Part>,
    pub(super) down: Vec<Part>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Statements, or comments.
    Sql(String),
    /// What must be true now: an expression, and what to say where it is not.
    /// An expression that begins with `EXISTS (` or `NOT EXISTS (` is nothing else.
    Check { holds: String, failure: String },
}

impl From<String> for Part {
    fn from(sql: String) -> Self {
        Self::Sql(sql)
    }
}

impl From<&str> for Part {
    fn from(sql: &str) -> Self {
        Self::Sql(sql.to_owned())
    }
}

/// A check.
pub(super) fn check(holds: impl Into<String>, failure: impl Into<String>) -> Part {
    Part::Check {
        holds: holds.into(),
        failure: failure.into(),
    }
}

/// The schema alone changes.
pub(super) const SCHEMA_ONLY: &str = "none: the schema alone changes";
/// Values are copied.
pub(super) const COPIED: &str =
    "values are copied, none is changed; triggers of the table fire for each row";

impl Step {
    /// The text of the migration behind its header; `number` with its zeros.
    #[must_use]
    pub fn migration(&self, number: &str) -> String {
        render(&self.up, &format!("Migration {number}"))
    }

    /// The text of the rollback behind its header.
    #[must_use]
    pub fn rollback(&self, number: &str) -> String {
        render(&self.down, &format!("Rollback {number}"))
    }
}

fn render(parts: &[Part], who: &str) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Sql(sql) => sql.clone(),
        Part::Check { holds, failure } => verification(holds, &format!("{who} failed: {failure}")),
    });
    let texts: Vec<String> = parts.collect();
    texts.join("\n\n") + "\n"
}

fn verification(holds: &str, message: &str) -> String {
    let message = sql::literal(&message.replace('%', "%%"));
    let wrong = match holds.strip_prefix("NOT EXISTS (") {
        Some(found) => format!("EXISTS ({found}"),
        None if holds.starts_with("EXISTS (") => format!("NOT {holds}"),
        None => format!("NOT ({holds})"),
    };
    let body = format!("    IF {wrong} THEN\n        RAISE EXCEPTION {message};\n    END IF;");
    format!(
        "-- Verification: an exception here stops the file.\n{}",
        sql::block(&body)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_names_its_file() {
        let step = Step {
            words: "a".into(),
            purpose: String::new(),
            impact: String::new(),
            risk: String::new(),
            compliance: SCHEMA_ONLY,
            up: vec!["SELECT 1;".into(), check("true", "100% it's wrong")],
            down: Vec::new(),
        };
        assert_eq!(
            step.migration("007"),
            "SELECT 1;\n\n-- Verification: an exception here stops the file.\nDO $$\nBEGIN\n    \
             IF NOT (true) THEN\n        RAISE EXCEPTION 'Migration 007 failed: 100%% it''s wrong';\n    \
             END IF;\nEND\n$$;\n"
        );
    }
}
