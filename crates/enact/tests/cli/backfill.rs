//! Statements in batches, as people and programs see them.

use crate::kit::Repo;
use crate::said;

const FILL: &str = "ALTER TABLE sites ADD COLUMN size int;\n\
    -- enact: backfill batch=100\nUPDATE sites SET size = 100 / (2000 - id)\nWHERE size IS NULL;";

/// Two thousand sites, of which the last cannot be done.
fn halfway() -> Repo {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.sql(
        "INSERT INTO sites SELECT g, 'site ' || g FROM generate_series(1, 2000) g; ANALYZE sites",
    );
    repo.migration("003_add_size", FILL, "ALTER TABLE sites DROP COLUMN size;");
    repo
}

#[test]
fn a_plan_says_what_runs_in_batches() {
    let repo = halfway();
    said!(repo.env, repo.enact("plan"), @r"
        exit: 0
        ----- stdout -----
        apply core: 002 to 003, 1 step
          + core:003_add_size ..............................  2 statements, 2 segments
              1. transaction: ALTER TABLE
              2. in batches: UPDATE
        plan sha256:[SHA256]

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("plan --sql"), @r"
        exit: 0
        ----- stdout -----
        -- For review; run it with `enact apply`, not by hand: the ledger would not know of it.
        -- core: 002 to 003, 1 step
        -- plan sha256:[SHA256]

        -- Enact: take the target's lock, record run.started

        -- core:003_add_size
        -- migrations/003_add_size.sql sha256-lf:[SHA256]
        -- segment 1 of 2
        BEGIN; -- Enact, with its own lock_timeout and statement_timeout
        ALTER TABLE sites ADD COLUMN size int;
        -- Enact: record step.recorded
        COMMIT; -- Enact
        -- segment 2 of 2
        -- Enact: record step.recorded (backfilling); the next statement runs in batches, each a transaction:
        --   UPDATE sites SET size = 100 / (2000 - id)
        --   WHERE(size IS NULL
        --   ) AND the key lies in the batch
        UPDATE sites SET size = 100 / (2000 - id)
        WHERE size IS NULL;
        -- Enact: record migration.applied

        -- Enact: take the fingerprint, record run.finished

        ----- stderr -----
        ");
    let document = repo.done("plan --format json").stdout;
    assert!(document.contains("\"backfill\": true"), "{document}");
}

#[test]
fn a_batch_that_fails_says_what_stays_and_what_to_do() {
    let repo = halfway();
    let failed = repo.enact("apply");
    assert_eq!(failed.code, Some(35), "{failed}");
    let text = failed.stderr;
    for part in [
        "migrations/003_add_size.sql:3:",
        "rows of core:003_add_size are changed in committed batches and stay",
        "goes on behind the last batch",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let status = repo.done("status").stdout;
    assert!(
        status.contains("segment 2 is a backfill, see `enact backfill status`"),
        "{status}"
    );
    let listed = repo.done("backfill status").stdout;
    assert!(
        listed.starts_with("core:003, segment 2: interrupted; `enact apply` goes on\n"),
        "{listed}"
    );
    repo.sql("DELETE FROM sites WHERE id = 2000");
    repo.done("apply");
    let listed = repo.done("backfill status").stdout;
    assert!(
        listed.starts_with("core:003, segment 2: done\n  1999 rows changed in "),
        "{listed}"
    );
}

#[test]
fn what_cannot_run_in_batches_is_told_by_validate() {
    let repo = Repo::with_two();
    repo.migration(
        "003_fill",
        "-- enact: backfill batsch=5\nUPDATE sites SET city = 'x';\n\
         -- enact: backfill\nUPDATE sites SET city = (SELECT max(city) FROM sites);\n\
         BEGIN;\n-- enact: backfill\nDELETE FROM sites;\nCOMMIT;\n\
         -- enact: backfill",
        "",
    );
    let told = repo.enact("validate").stdout;
    let told: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("[directive") || line.contains("[backfill"))
        .collect();
    assert_eq!(
        told,
        [
            "migrations/003_fill.sql:1:1: a backfill has no `batsch` [directive-malformed]",
            "migrations/003_fill.sql:4:1: this statement cannot run in batches: it looks at sites a second time, \
             and would see there what earlier batches have changed [backfill-statement]",
            "migrations/003_fill.sql:7:1: a backfill cannot run in a transaction: each of its batches is one \
             [backfill-in-transaction]",
            "migrations/003_fill.sql:9:1: no statement stands behind this directive [backfill-statement]",
        ]
    );
}

#[test]
fn nothing_is_held_where_nothing_is_under_way() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("backfill status"), @r"
        exit: 0
        ----- stdout -----
        no backfill was ever begun here

        ----- stderr -----
        ");
    repo.done("apply");
    said!(repo.env, repo.enact("backfill pause"), @r"
        exit: 0
        ----- stdout -----
        no backfill is under way that is not paused

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("backfill resume --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.backfill-hold/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "action": "resume",
          "concerned": 0
        }

        ----- stderr -----
        "#);
}

#[test]
fn a_view_is_no_table_to_walk() {
    let repo = Repo::with_two();
    repo.migration(
        "003_fill",
        "CREATE VIEW here AS SELECT * FROM sites;\n-- enact: backfill\nUPDATE here SET city = 'x';",
        "DROP VIEW here;",
    );
    said!(repo.env, repo.enact("apply"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
            core:003_fill: segment 1 of 2: CREATE VIEW
            core:003_fill: segment 2 of 2: UPDATE
        error[migration-failed]: core:003_fill cannot go on: the backfill walks "here", which is no table
        --> migrations/003_fill.sql:3:1
          effect: segments of core:003_fill before 2 took effect and stay; this one changed nothing; 2 steps before it are done and recorded
        next: name the table that holds the rows
        next: enact backfill status
        "#);
}
