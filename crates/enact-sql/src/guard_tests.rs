use super::*;

fn mentioned(sql: &str) -> Vec<&str> {
    enact_mentions(sql)
        .into_iter()
        .map(|range| &sql[range])
        .collect()
}

fn set(sql: &str) -> Vec<&str> {
    let is_do = sql.starts_with("DO");
    owned_settings(sql, is_do)
        .into_iter()
        .map(|(range, _)| &sql[range])
        .collect()
}

#[test]
fn enacts_schema_is_found() {
    for sql in [
        "SELECT * FROM Enact.ledger",
        "DELETE FROM \"enact\".ledger",
        "DROP SCHEMA enact CASCADE",
        "DROP SCHEMA IF EXISTS a, enact",
        "CREATE SCHEMA IF NOT EXISTS enact",
        "CREATE SCHEMA AUTHORIZATION enact",
        "ALTER SCHEMA enact RENAME TO x",
        "ALTER SCHEMA x RENAME TO enact",
        "ALTER TABLE t SET SCHEMA enact",
        "GRANT USAGE ON SCHEMA enact TO x",
        "GRANT SELECT ON ALL TABLES IN SCHEMA enact TO x",
        "CREATE EXTENSION x SCHEMA enact",
        "IMPORT FOREIGN SCHEMA a FROM SERVER s INTO enact",
        "SET search_path = public, enact",
        "SET search_path TO 'enact'",
        "SELECT set_config('search_path', 'public, enact', false)",
        "ALTER FUNCTION f() SET search_path = enact",
        "SELECT 'enact.ledger'::regclass",
        "DO $$ BEGIN DELETE FROM enact.ledger; END $$",
        "DO 'BEGIN DELETE FROM enact.ledger; END'",
        "DO $$ BEGIN EXECUTE 'DROP SCHEMA enact'; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT seq FROM enact.ledger $$",
    ] {
        assert!(!mentioned(sql).is_empty(), "{sql}");
    }
    assert_eq!(
        mentioned("SELECT a FROM enact . ledger, enact.x"),
        ["enact", "enact"]
    );
}

#[test]
fn the_word_alone_is_free() {
    for sql in [
        "SELECT 'enact the law'",
        "CREATE TABLE enact (enact int)",
        "SELECT enact FROM laws",
        "COMMENT ON TABLE t IS 'enact.toml'",
        "SELECT * FROM enacted.laws",
        "CREATE SCHEMA laws AUTHORIZATION owner CREATE TABLE enact (a int)",
        "DROP SCHEMA a; SELECT enact",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = a AS 'SELECT enact FROM laws'",
        "DO $$ BEGIN RAISE NOTICE 'enact.x is fine'; END $$",
        "SELECT \"ENACT\".a FROM \"ENACT\"",
    ] {
        assert_eq!(mentioned(sql), [""; 0], "{sql}");
    }
}

#[test]
fn settings_are_found_in_calls_and_blocks() {
    assert_eq!(
        set("SELECT pg_catalog.set_config('lock_timeout', '0', true)"),
        ["'lock_timeout'"]
    );
    assert_eq!(set("SELECT set_config('search_path', '', false)"), [""; 0]);
    assert_eq!(
        set("DO $$ BEGIN SET LOCAL lock_timeout = 0; END $$"),
        ["lock_timeout"]
    );
    assert_eq!(
        set("DO $$ BEGIN EXECUTE 'SET statement_timeout = 0'; END $$"),
        ["statement_timeout"]
    );
    assert_eq!(set("DO $$ BEGIN SET ROLE x; END $$"), ["ROLE"]);
    assert_eq!(
        set("DO $$ BEGIN SET LOCAL ROLE x; UPDATE t SET role = 'x'; END $$"),
        [""; 0]
    );
}

#[test]
fn names_after_a_keyword() {
    assert_eq!(
        name_after("CREATE PROCEDURE S.\"P\"\"x\"(a int)", "procedure"),
        ["s", "P\"x"]
    );
}
