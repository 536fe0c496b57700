//! `plan`, which writes nothing.

use crate::kit::{Repo, pg};
use crate::said;

fn repo() -> Repo {
    let repo = Repo::with_two();
    repo.migration(
        "003_index",
        "BEGIN;\nINSERT INTO sites VALUES (1, 'x');\nCOMMIT;\nCREATE INDEX CONCURRENTLY sites_name ON sites (name);",
        "DROP INDEX sites_name;",
    );
    repo.migration(
        "004_copy",
        "COPY sites (id, name) FROM stdin;\n7\tseven\n8\teight\n\\.\n",
        "DELETE FROM sites WHERE id IN (7, 8);",
    );
    repo
}

#[test]
fn as_text_and_as_a_document() {
    let repo = repo();
    said!(repo.env, repo.enact("plan"), @r"
        exit: 0
        ----- stdout -----
        apply core: 000 to 004, 4 steps
          + core:001_create_sites ..........................  1 statement, one transaction
          + core:002_add_city ..............................  2 statements, one transaction
          + core:003_index .................................  2 statements, 2 segments
              1. transaction: INSERT
              2. on its own: CREATE INDEX
          + core:004_copy ..................................  1 statement, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("plan --to 1 --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.plan/1",
          "command": "apply",
          "stream": "core",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "from": 0,
          "to": 1,
          "streams": [
            {
              "stream": "core",
              "from": 0,
              "to": 1
            }
          ],
          "digest": "sha256:[SHA256]",
          "installs_ledger": true,
          "steps": [
            {
              "direction": "up",
              "stream": "core",
              "number": 1,
              "name": "create_sites",
              "file": "migrations/001_create_sites.sql",
              "digest": "sha256-lf:[SHA256]",
              "statements": 1,
              "resume_after": 0,
              "rollback_changed": false,
              "segments": [
                {
                  "transactional": true,
                  "statements": [
                    "CREATE TABLE"
                  ]
                }
              ]
            }
          ],
          "drifted": false
        }

        ----- stderr -----
        "#);
    repo.done("apply");
    said!(repo.env, repo.enact("plan"), @r"
        exit: 0
        ----- stdout -----
        nothing to do: core stands at 004

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("plan rollback --steps 2"), @r"
        exit: 0
        ----- stdout -----
        rollback core: 004 to 002, 2 steps
          - core:004_copy ..................................  1 statement, one transaction
              deletes 2 rows of sites (line 1, DELETE)
          - core:003_index .................................  1 statement, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("plan redo"), @r"
        exit: 0
        ----- stdout -----
        redo core: 004 to 004, 2 steps
          - core:004_copy ..................................  1 statement, one transaction
              deletes 2 rows of sites (line 1, DELETE)
          + core:004_copy ..................................  1 statement, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        ");
}

#[test]
fn as_a_script_for_a_reviewer() {
    let repo = repo();
    said!(repo.env, repo.enact("plan --sql"), @r"
        exit: 0
        ----- stdout -----
        -- For review; run it with `enact apply`, not by hand: the ledger would not know of it.
        -- core: 000 to 004, 4 steps
        -- plan sha256:[SHA256]

        -- Enact: install schema enact and record target.enrolled, in one transaction

        -- Enact: take the target's lock, record run.started

        -- core:001_create_sites
        -- migrations/001_create_sites.sql sha256-lf:[SHA256]
        BEGIN; -- Enact, with its own lock_timeout and statement_timeout
        CREATE TABLE sites (id int PRIMARY KEY, name text NOT NULL);
        -- Enact: record migration.applied
        COMMIT; -- Enact

        -- core:002_add_city
        -- migrations/002_add_city.sql sha256-lf:[SHA256]
        BEGIN; -- Enact, with its own lock_timeout and statement_timeout
        ALTER TABLE sites ADD COLUMN city text;
        COMMENT ON COLUMN sites.city IS 'Where it is';
        -- Enact: record migration.applied
        COMMIT; -- Enact

        -- core:003_index
        -- migrations/003_index.sql sha256-lf:[SHA256]
        -- segment 1 of 2
        BEGIN; -- Enact, with its own lock_timeout and statement_timeout
        INSERT INTO sites VALUES (1, 'x');
        -- Enact: record step.recorded
        COMMIT; -- Enact
        -- segment 2 of 2
        -- Enact: record step.recorded (started); PostgreSQL refuses the next statement in a transaction
        CREATE INDEX CONCURRENTLY sites_name ON sites (name);
        -- Enact: record migration.applied

        -- core:004_copy
        -- migrations/004_copy.sql sha256-lf:[SHA256]
        BEGIN; -- Enact, with its own lock_timeout and statement_timeout
        COPY sites (id, name) FROM stdin;
        7	seven
        8	eight
        \.
        -- Enact: record migration.applied
        COMMIT; -- Enact

        -- Enact: take the fingerprint, record run.finished

        ----- stderr -----
        ");
}

#[test]
fn its_digest_is_the_same_each_time() {
    let repo = repo();
    assert_eq!(repo.done("plan").stdout, repo.done("plan").stdout);
}

#[test]
fn a_role_that_may_only_read_can_plan_and_ask() {
    let mut repo = Repo::with_two();
    repo.done("apply --steps 1");
    let role = format!("reader_{}", repo.database);
    repo.sql(&format!(
        "CREATE ROLE {role} LOGIN; GRANT enact_reader TO {role}"
    ));
    repo.env
        .set("DATABASE_URL", pg().sandbox().url_as(&role, &repo.database));
    repo.env.hide(&role, "reader");
    repo.env
        .set("PGOPTIONS", "-c default_transaction_read_only=on");
    assert!(repo.done("plan").stdout.contains("002_add_city"));
    repo.done("status");
    repo.done("history");
    repo.done("drift");
    assert_eq!(repo.enact("verify").code, Some(3));
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: transactions of `reader` are read-only here
          effect: nothing was changed
        next: use a role that may write and check default_transaction_read_only for role, database and server
        ");
}

#[test]
fn nothing_is_written() {
    let repo = repo();
    repo.done("plan");
    repo.done("status");
    repo.done("history");
    assert_eq!(
        repo.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'enact'"),
        "0"
    );
}

#[test]
fn what_each_step_locks_on_request() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.sql("INSERT INTO sites SELECT g, 'site' FROM generate_series(1, 100) g; ANALYZE sites");
    repo.migration(
        "003_widen",
        "ALTER TABLE sites ALTER COLUMN id TYPE bigint;",
        "ALTER TABLE sites ALTER COLUMN id TYPE int;",
    );
    let text = repo.done("plan --explain").stdout;
    let held = "003_widen\n  holds ACCESS EXCLUSIVE on public.sites from line 1 to COMMIT; rewrites it\n    there: ";
    assert!(text.contains(held) && text.contains("100 rows"), "{text}");
    assert!(
        text.starts_with("apply core: 002 to 003, 1 step\n"),
        "{text}"
    );
    let document = repo.done("plan --explain --format json").stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["schema"], "enact.plan/1");
    assert_eq!(
        document["forecast"][0]["holds"][0]["mode"],
        "ACCESS EXCLUSIVE"
    );
    let back = repo.done("plan rollback --explain").stdout;
    assert!(
        back.contains("002_add_city\n  holds ACCESS EXCLUSIVE on public.sites"),
        "{back}"
    );
    let nothing = repo.done("apply").code;
    assert_eq!(nothing, Some(0));
    assert!(!repo.done("plan --explain").stdout.contains("tried on"));
}
