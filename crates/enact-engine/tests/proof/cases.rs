//! Failures of scripts, fixtures, SQL tests, choices, and what a report looks like.

use enact_engine::exit::Exit;
use enact_engine::proof::{Options, Outcome, ProofError, Role, Verdict, junit};
use enact_engine::sandbox::{Scratch, ServerScratch, dial_without_tls};
use enact_ledger::canonical::Value;
use enact_testkit::TestPg;

use crate::kit::{Repo, scratch, verdicts};

const TABLE: (&str, Option<&str>) = (
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, v text);",
    Some("DROP TABLE t;"),
);

#[tokio::test]
async fn a_migration_that_fails_ends_the_proofs_with_its_place() {
    let repo = Repo::new(&[
        TABLE,
        (
            "SELECT 1;\n\nALTER TABLE t ADD COLUMN w intt;\n",
            Some("SELECT 1;"),
        ),
        ("CREATE TABLE u ();", Some("DROP TABLE u;")),
    ]);
    repo.write("tests/any.sql", "SELECT 1;");
    let report = repo.source().prove(&scratch()).await.unwrap();
    assert_eq!(
        verdicts(&report),
        ["proven", "migration-failed", "not-tested"]
    );
    let failure = report.migrations[1].verdict.failure().unwrap();
    assert_eq!(
        failure.to_string(),
        "migrations/002_step.sql:3:28: type \"intt\" does not exist (SQLSTATE 42704)"
    );
    assert_eq!(failure.statement, 2);
    assert_eq!(&failure.text[failure.span.start..][..4], "intt");
    let Verdict::NotTested { reason } = &report.migrations[2].verdict else {
        panic!("{:?}", report.migrations[2].verdict);
    };
    assert!(reason.contains("002_step.sql:3:28"), "{reason}");
    assert!(matches!(report.tests[0].outcome, Outcome::NotRun { .. }));
    assert_eq!(report.exit(), Exit::MigrationFailed);
}

#[tokio::test]
async fn a_failure_in_an_included_file_is_located_there() {
    let repo = Repo::new(&[("SELECT 1;\n\\ir ../parts/table.sql\n", Some("SELECT 1;"))]);
    repo.write("parts/table.sql", "CREATE TABLE p ();\nSELECT nothing;");
    let report = repo.source().prove(&scratch()).await.unwrap();
    let failure = report.migrations[0].verdict.failure().unwrap();
    assert_eq!(
        failure.to_string(),
        "parts/table.sql:2:8: column \"nothing\" does not exist (SQLSTATE 42703)"
    );
    assert_eq!(failure.statement, 3);
}

#[tokio::test]
async fn after_a_bad_rollback_the_others_get_their_own_verdicts() {
    let repo = Repo::new(&[
        TABLE,
        (
            "ALTER TABLE t ALTER COLUMN v SET DEFAULT 'x';",
            Some("SELECT 1;"),
        ),
        ("CREATE INDEX i ON t (v);", Some("DROP INDEX j;")),
        (
            "CREATE SEQUENCE s;",
            Some("DROP SEQUENCE s; CREATE TYPE left_over AS ENUM ();"),
        ),
        (
            "CREATE INDEX CONCURRENTLY k ON t (v);",
            Some("DROP INDEX CONCURRENTLY k;"),
        ),
        ("SELECT 1;", Some("SELECT 1;")),
        (
            "CREATE TYPE kind AS ENUM ('a');",
            Some("DROP TYPE kind; CREATE TYPE kind AS ENUM ('b'); DROP TYPE kind;"),
        ),
    ]);
    repo.write(
        "fixtures/001_rows.sql",
        "INSERT INTO t (v) VALUES ('a'), ('b');",
    );
    repo.write(
        "tests/all_is_there.sql",
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM t) = 2; PERFORM 'kind'::regtype, 'i'::regclass, 's'::regclass; END $$;",
    );
    let report = repo.source().prove(&scratch()).await.unwrap();
    assert_eq!(
        verdicts(&report),
        [
            "proven",
            "not-restored",
            "rollback-failed",
            "not-restored",
            "proven",
            "proven",
            "proven"
        ]
    );
    let no_effect: Vec<bool> = report
        .migrations
        .iter()
        .map(|proof| proof.no_effect)
        .collect();
    assert_eq!(no_effect, [false, false, false, false, false, true, false]);
    assert!(
        matches!(report.tests[0].outcome, Outcome::Passed),
        "{:?}",
        report.tests[0]
    );
    assert_eq!(report.exit(), Exit::RollbackFailed);
    for pair in report.migrations.windows(2) {
        assert_eq!(pair[0].fingerprint_after, pair[1].fingerprint_before);
    }
}

#[tokio::test]
async fn a_migration_that_cannot_be_applied_twice_is_found() {
    let repo = Repo::new(&[
        ("CREATE TABLE t (id int); CREATE TABLE seen (v int);", None),
        (
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'proof_again') THEN RAISE 'twice'; END IF; END $$;\n\
             CREATE ROLE proof_again; CREATE INDEX i ON t (id);",
            Some("DROP INDEX i;"),
        ),
        ("CREATE INDEX j ON t (id);", Some("DROP INDEX j;")),
    ]);
    let report = repo.source().prove(&scratch()).await.unwrap();
    // The role outlives its database, so that no other database can be brought there.
    assert_eq!(
        verdicts(&report),
        ["irreversible", "reapply-failed", "not-tested"]
    );
}

#[tokio::test]
async fn column_order_can_be_allowed_and_sequences_are_told_apart() {
    let repo = Repo::new(&[
        (
            "CREATE TABLE t (a int, b int, c int); CREATE SEQUENCE s;",
            None,
        ),
        (
            "ALTER TABLE t DROP COLUMN b; SELECT nextval('s');",
            Some("ALTER TABLE t ADD COLUMN b int;"),
        ),
    ]);
    let (source, scratch) = (repo.source(), scratch());
    let report = source.prove(&scratch).await.unwrap();
    assert_eq!(verdicts(&report), ["irreversible", "column-order"]);
    assert_eq!(report.exit(), Exit::RollbackFailed);
    let moved = &report.migrations[1].sequences;
    assert_eq!((moved[0].before, moved[0].after), (None, Some(1)));

    let options = Options {
        allow_column_order: true,
        ..Options::default()
    };
    let report = source.prove_with(&scratch, &[], &options).await.unwrap();
    assert!(report.passed());
}

#[tokio::test]
async fn a_choice_of_numbers_applies_what_comes_before() {
    let repo = Repo::new(&[
        TABLE,
        ("ALTER TABLE t ADD COLUMN w int;", Some("SELECT 1;")),
        ("CREATE INDEX i ON t (w);", Some("DROP INDEX i;")),
        ("SELECT no_such_function();", Some("SELECT 1;")),
    ]);
    let (source, scratch) = (repo.source(), scratch());
    let only = |number| Options {
        only: [number].into(),
        ..Options::default()
    };
    let report = source.prove_with(&scratch, &[], &only(3)).await.unwrap();
    assert_eq!(verdicts(&report), ["proven"]);
    assert_eq!(report.migrations[0].number, 3);
    let unknown = source.prove_with(&scratch, &[], &only(9)).await;
    assert!(matches!(
        unknown,
        Err(ProofError::NoSuchMigration { number: 9 })
    ));
}

#[tokio::test]
async fn fixtures_are_loaded_after_their_migration_with_copy_data() {
    let repo = Repo::new(&[TABLE, ("UPDATE t SET v = lower(v);", Some("SELECT 1;"))]);
    repo.write(
        "fixtures/001_rows.sql",
        "COPY t (v) FROM stdin;\nA\nb\n\\.\n",
    );
    repo.write(
        "fixtures/001_table.sql",
        "CREATE TABLE made_by_a_fixture (id int);",
    );
    repo.write("fixtures/README.md", "Rows");
    let report = repo.source().prove(&scratch()).await.unwrap();
    assert_eq!(verdicts(&report), ["proven", "data"]);
    let Verdict::Data { tables } = &report.migrations[1].verdict else {
        unreachable!()
    };
    assert_eq!(
        (tables[0].table.as_str(), tables[0].before, tables[0].after),
        ("public.t", 2, 2)
    );
}

#[tokio::test]
async fn every_wrong_fixture_or_test_is_reported_at_once() {
    let repo = Repo::new(&[TABLE]);
    for (file, text) in [
        ("fixtures/rows.sql", "SELECT 1;"),
        ("fixtures/002_rows.sql", "SELECT 1;"),
        ("fixtures/001_Rows.SQL", "SELECT 1;"),
        ("fixtures/001_rows.sql", "SELEC 1;"),
        ("tests/vacuum.sql", "SELECT 1;\nVACUUM;"),
    ] {
        repo.write(file, text);
    }
    let Err(ProofError::Files(problems)) = repo.source().prove(&scratch()).await else {
        panic!("accepted");
    };
    let files: Vec<String> = problems
        .iter()
        .map(|one| one.file.display().to_string())
        .collect();
    assert_eq!(
        files,
        [
            "fixtures/001_Rows.SQL",
            "fixtures/001_rows.sql",
            "fixtures/002_rows.sql",
            "fixtures/rows.sql",
            "tests/vacuum.sql"
        ]
    );
    assert_eq!(problems[4].line, Some(2));
}

#[tokio::test]
async fn a_fixture_that_fails_is_an_error_and_leaves_no_database() {
    let repo = Repo::new(&[TABLE]);
    repo.write(
        "fixtures/001_rows.sql",
        "INSERT INTO no_such_table VALUES (1);",
    );
    let scratch = scratch();
    let error = repo.source().prove(&scratch).await.unwrap_err();
    let ProofError::Script {
        role: Role::Fixture,
        failure,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!((failure.line, failure.column), (1, 13));
    assert_eq!(databases(&scratch).await, ["postgres"]);
}

#[tokio::test]
async fn sql_tests_pass_fail_and_leave_nothing() {
    let repo = Repo::new(&[TABLE]);
    repo.write(
        "tests/1_writes.sql",
        "BEGIN;\nINSERT INTO t (v) VALUES ('x');\nSET search_path = '';\nCOMMIT;",
    );
    repo.write(
        "tests/2_fails.sql",
        "DO $$ BEGIN\n  RAISE 'seen: %', (SELECT count(*) FROM t);\nEND $$;\nSELECT 1;",
    );
    repo.write("tests/3_role.sql", "SET LOCAL ROLE pg_monitor;");
    repo.write(
        "tests/4_is_clean.sql",
        "DO $$ BEGIN ASSERT current_user = session_user AND (SELECT count(*) FROM t) = 0; END $$;",
    );
    let report = repo.source().prove(&scratch()).await.unwrap();
    let outcomes: Vec<&str> = report
        .tests
        .iter()
        .map(|test| test.outcome.name())
        .collect();
    assert_eq!(outcomes, ["passed", "failed", "passed", "passed"]);
    let Outcome::Failed(failure) = &report.tests[1].outcome else {
        unreachable!()
    };
    assert_eq!(
        failure.to_string(),
        "tests/2_fails.sql:1:1: seen: 0 (SQLSTATE P0001)"
    );
    assert!(!report.passed());
}

#[tokio::test]
async fn a_server_of_somebody_else_will_do() {
    let pg = TestPg::start();
    let server = ServerScratch::open(&pg.url("postgres"), dial_without_tls()).await;
    let scratch = Scratch::Server(Box::new(server.unwrap()));
    let report = Repo::new(&[TABLE]).source().prove(&scratch).await.unwrap();
    assert!(report.passed());
    scratch.finish().await.unwrap();
}

#[tokio::test]
async fn a_report_as_junit_and_in_canonical_form() {
    let repo = Repo::new(&[
        (
            "CREATE TABLE t (v text CHECK (v < '&')); CREATE SEQUENCE s;",
            None,
        ),
        (
            "ALTER TABLE t ALTER v SET DEFAULT '<';",
            Some("SELECT nextval('s');"),
        ),
        ("SELECT 1;", Some("SELECT 1;")),
        ("SELECT \"<&\";", Some("SELECT 1;")),
    ]);
    repo.write("tests/any.sql", "SELECT 1;");
    let mut report = repo.source().prove(&scratch()).await.unwrap();
    for proof in &mut report.migrations {
        proof.milliseconds = 1007;
    }
    report.tests[0].milliseconds = 3;
    report.server_version = "15".to_owned();
    let expected = include_str!("report.xml");
    assert_eq!(junit::render(&report), expected);

    let value = report.to_value();
    let Value::Object(fields) = &value else {
        unreachable!()
    };
    assert_eq!(fields["passed"], Value::Bool(false));
    let bytes = value.to_bytes().unwrap();
    assert_eq!(enact_ledger::canonical::parse(&bytes).unwrap(), value);
}

/// Databases beside the templates.
async fn databases(scratch: &Scratch) -> Vec<String> {
    let Scratch::Cluster(sandbox) = scratch else {
        unreachable!()
    };
    let client = sandbox.connect("postgres").await.unwrap();
    let sql = "SELECT datname::text FROM pg_database WHERE NOT datistemplate";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
