//! Short names of statements for people.

use crate::classify::head;

/// Tags of more than one word; those of one word follow from the statement itself.
const TAGS: [&str; 118] = [
    "ALTER AGGREGATE",
    "ALTER COLLATION",
    "ALTER CONVERSION",
    "ALTER DATABASE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER DOMAIN",
    "ALTER EVENT TRIGGER",
    "ALTER EXTENSION",
    "ALTER FOREIGN DATA WRAPPER",
    "ALTER FOREIGN TABLE",
    "ALTER FUNCTION",
    "ALTER GROUP",
    "ALTER INDEX",
    "ALTER LANGUAGE",
    "ALTER LARGE OBJECT",
    "ALTER MATERIALIZED VIEW",
    "ALTER OPERATOR CLASS",
    "ALTER OPERATOR FAMILY",
    "ALTER OPERATOR",
    "ALTER POLICY",
    "ALTER PROCEDURE",
    "ALTER PUBLICATION",
    "ALTER ROLE",
    "ALTER ROUTINE",
    "ALTER RULE",
    "ALTER SCHEMA",
    "ALTER SEQUENCE",
    "ALTER SERVER",
    "ALTER STATISTICS",
    "ALTER SUBSCRIPTION",
    "ALTER SYSTEM",
    "ALTER TABLE",
    "ALTER TABLESPACE",
    "ALTER TEXT SEARCH",
    "ALTER TRIGGER",
    "ALTER TYPE",
    "ALTER USER MAPPING",
    "ALTER USER",
    "ALTER VIEW",
    "CREATE ACCESS METHOD",
    "CREATE AGGREGATE",
    "CREATE CAST",
    "CREATE COLLATION",
    "CREATE CONVERSION",
    "CREATE DATABASE",
    "CREATE DOMAIN",
    "CREATE EVENT TRIGGER",
    "CREATE EXTENSION",
    "CREATE FOREIGN DATA WRAPPER",
    "CREATE FOREIGN TABLE",
    "CREATE FUNCTION",
    "CREATE GROUP",
    "CREATE INDEX",
    "CREATE LANGUAGE",
    "CREATE MATERIALIZED VIEW",
    "CREATE OPERATOR CLASS",
    "CREATE OPERATOR FAMILY",
    "CREATE OPERATOR",
    "CREATE POLICY",
    "CREATE PROCEDURE",
    "CREATE PUBLICATION",
    "CREATE ROLE",
    "CREATE RULE",
    "CREATE SCHEMA",
    "CREATE SEQUENCE",
    "CREATE SERVER",
    "CREATE STATISTICS",
    "CREATE SUBSCRIPTION",
    "CREATE TABLE",
    "CREATE TABLESPACE",
    "CREATE TEXT SEARCH",
    "CREATE TRANSFORM",
    "CREATE TRIGGER",
    "CREATE TYPE",
    "CREATE USER MAPPING",
    "CREATE USER",
    "CREATE VIEW",
    "DROP ACCESS METHOD",
    "DROP AGGREGATE",
    "DROP CAST",
    "DROP COLLATION",
    "DROP CONVERSION",
    "DROP DATABASE",
    "DROP DOMAIN",
    "DROP EVENT TRIGGER",
    "DROP EXTENSION",
    "DROP FOREIGN DATA WRAPPER",
    "DROP FOREIGN TABLE",
    "DROP FUNCTION",
    "DROP GROUP",
    "DROP INDEX",
    "DROP LANGUAGE",
    "DROP MATERIALIZED VIEW",
    "DROP OPERATOR CLASS",
    "DROP OPERATOR FAMILY",
    "DROP OPERATOR",
    "DROP OWNED",
    "DROP POLICY",
    "DROP PROCEDURE",
    "DROP PUBLICATION",
    "DROP ROLE",
    "DROP ROUTINE",
    "DROP RULE",
    "DROP SCHEMA",
    "DROP SEQUENCE",
    "DROP SERVER",
    "DROP STATISTICS",
    "DROP SUBSCRIPTION",
    "DROP TABLE",
    "DROP TABLESPACE",
    "DROP TEXT SEARCH",
    "DROP TRANSFORM",
    "DROP TRIGGER",
    "DROP TYPE",
    "DROP USER MAPPING",
    "DROP USER",
    "DROP VIEW",
    "REFRESH MATERIALIZED VIEW",
];

const SINGLE: [&str; 45] = [
    "ABORT",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TRUNCATE",
    "UPDATE",
    "VACUUM",
    "VALUES",
];

/// Words that stand between `CREATE` or `ALTER` and the kind of object.
const MODIFIERS: [&str; 14] = [
    "or",
    "replace",
    "unique",
    "temp",
    "temporary",
    "unlogged",
    "global",
    "local",
    "recursive",
    "constraint",
    "trusted",
    "procedural",
    "default",
    "if",
];

/// Short name of a statement: its command and the kind of object, in capitals.
pub(crate) fn tag(sql: &str) -> &'static str {
    let words = head(sql);
    let Some(first) = words.first() else {
        return if sql.starts_with('(') {
            "SELECT"
        } else {
            "statement"
        };
    };
    match first.as_str() {
        "create" | "alter" | "drop" | "refresh" => object_tag(&words).unwrap_or("statement"),
        "table" => "SELECT",
        "with" => "WITH",
        single => {
            let known = SINGLE.iter().find(|tag| tag.eq_ignore_ascii_case(single));
            known.copied().unwrap_or("statement")
        }
    }
}

fn object_tag(words: &[String]) -> Option<&'static str> {
    TAGS.iter().copied().find(|tag| {
        let mut wanted = tag.split(' ');
        let mut given = words.iter().map(String::as_str).enumerate();
        wanted.all(|wanted| {
            let modifier = |at: usize, word: &str| {
                at > 0 && MODIFIERS.contains(&word) && !wanted.eq_ignore_ascii_case(word)
            };
            given
                .find(|(at, word)| !modifier(*at, word))
                .is_some_and(|(_, word)| word.eq_ignore_ascii_case(wanted))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        for (sql, expected) in [
            ("create unlogged table if not exists t()", "CREATE TABLE"),
            ("CREATE OR REPLACE RECURSIVE VIEW v", "CREATE VIEW"),
            ("create materialized view v", "CREATE MATERIALIZED VIEW"),
            ("create unique index concurrently i on t(a)", "CREATE INDEX"),
            ("create constraint trigger x", "CREATE TRIGGER"),
            ("alter default privileges grant", "ALTER DEFAULT PRIVILEGES"),
            ("drop user mapping for x", "DROP USER MAPPING"),
            ("create table if_x(a int)", "CREATE TABLE"),
            ("(select 1)", "SELECT"),
            ("/* x */ insert into t", "INSERT"),
            ("with x as (select 1) select", "WITH"),
        ] {
            assert_eq!(tag(sql), expected, "{sql}");
        }
    }
}
