//! Migrations that fail: exit code 35 or 37, and what is true of the target then.

use crate::kit::Repo;
use crate::said;

#[test]
fn in_the_first_statement() {
    let repo = Repo::with_two();
    repo.migration(
        "003_c",
        "-- äöü\nALTER TABLE sites ADD COLUMN é text, DROP COLUMN nowhere;\nSELECT 1;",
        "SELECT 1;",
    );
    said!(repo.env, repo.enact("apply"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[migration-failed]: core:003_c failed: column "nowhere" of relation "sites" does not exist
         --> migrations/003_c.sql:2:1
          |
        2 | ALTER TABLE sites ADD COLUMN é text, DROP COLUMN nowhere;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          sqlstate: 42703
          statement: 1 of 2
          effect: nothing of core:003_c took effect; 2 steps before it are done and recorded
        next: edit migrations/003_c.sql, then `enact apply`
        "#);
    assert_eq!(
        repo.value("SELECT count(*) FROM pg_attribute WHERE attname = 'é'"),
        "0"
    );
}

#[test]
fn in_a_middle_statement_as_a_document() {
    let repo = Repo::with_two();
    repo.migration(
        "003_c",
        "CREATE TABLE c (i int);\nINSERT INTO c VALUES (1), ('x');\nSELECT 1;",
        "DROP TABLE c;",
    );
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 35
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 35,
          "code": "migration-failed",
          "message": "core:003_c failed: invalid input syntax for type integer: \"x\"",
          "location": {
            "file": "migrations/003_c.sql",
            "line": 2,
            "column": 28
          },
          "sqlstate": "22P02",
          "effect": "nothing of core:003_c took effect; 2 steps before it are done and recorded",
          "next": [
            "edit migrations/003_c.sql, then `enact apply`"
          ],
          "facts": [
            {
              "label": "statement",
              "text": "2 of 3"
            }
          ],
          "done": [
            "core:001_create_sites",
            "core:002_add_city"
          ]
        }

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[migration-failed]: core:003_c failed: invalid input syntax for type integer: "x"
         --> migrations/003_c.sql:2:28
          |
        2 | INSERT INTO c VALUES (1), ('x');
          |                            ^
          sqlstate: 22P02
          statement: 2 of 3
          effect: nothing of core:003_c took effect; 2 steps before it are done and recorded
        next: edit migrations/003_c.sql, then `enact apply`
        "#);
    assert_eq!(repo.value("SELECT to_regclass('c') IS NULL"), "true");
}

#[test]
fn in_the_last_statement_with_a_detail_that_holds_data() {
    let repo = Repo::with_two();
    repo.migration(
        "003_c",
        "ALTER TABLE sites\n  ADD CONSTRAINT no_jane\n  CHECK (name <> 'Jane Doe');\nINSERT INTO sites VALUES (2, 'Jane Doe');",
        "SELECT 1;",
    );
    let output = repo.enact("apply");
    said!(repo.env, output, @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[migration-failed]: core:003_c failed: new row for relation "sites" violates check constraint "no_jane"
         --> migrations/003_c.sql:4:1
          |
        4 | INSERT INTO sites VALUES (2, 'Jane Doe');
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          sqlstate: 23514
          statement: 2 of 2
          detail: the server's detail can hold data and is shown on a terminal alone
          effect: nothing of core:003_c took effect; 2 steps before it are done and recorded
        next: edit migrations/003_c.sql, then `enact apply`
        "#);
    let repeated = repo.enact("apply --format json");
    assert!(!repeated.stdout.contains("Failing row"), "{repeated}");
    let recorded =
        repo.value("SELECT string_agg(convert_from(body, 'utf8'), '') FROM enact.ledger");
    assert!(!recorded.contains("Jane"), "{recorded}");
}

#[test]
fn at_commit() {
    let repo = Repo::with_two();
    repo.migration(
        "003_c",
        "CREATE TABLE c (site int REFERENCES sites DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (7);",
        "DROP TABLE c;",
    );
    said!(repo.env, repo.enact("apply"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[migration-failed]: core:003_c failed: insert or update on table "c" violates foreign key constraint "c_site_fkey"
         --> migrations/003_c.sql:2:1
          |
        2 | INSERT INTO c VALUES (7);
          | ^^^^^^^^^^^^^^^^^^^^^^^^
          sqlstate: 23503
          statement: COMMIT, behind 2 statements
          detail: the server's detail can hold data and is shown on a terminal alone
          effect: nothing of core:003_c took effect; 2 steps before it are done and recorded
        next: edit migrations/003_c.sql, then `enact apply`
        "#);
    assert_eq!(repo.value("SELECT to_regclass('c') IS NULL"), "true");
}

#[test]
fn in_an_included_file() {
    let repo = Repo::with_two();
    repo.env
        .write("parts/c.sql", "SELECT 1;\nSELECT nowhere;\n");
    repo.migration("003_c", "\\ir ../parts/c.sql", "SELECT 1;");
    said!(repo.env, repo.enact("apply"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[migration-failed]: core:003_c failed: column "nowhere" does not exist
         --> parts/c.sql:2:8
          |
        2 | SELECT nowhere;
          |        ^
          sqlstate: 42703
          statement: 2 of 2
          effect: nothing of core:003_c took effect; 2 steps before it are done and recorded
        next: edit parts/c.sql, then `enact apply`
        "#);
}

#[test]
fn in_a_rollback() {
    let repo = Repo::with_two();
    repo.migration("003_c", "SELECT 1;", "DROP TABLE nowhere;");
    repo.done("apply");
    said!(repo.env, repo.enact("rollback --yes"), @r#"
        exit: 37
        ----- stdout -----

        ----- stderr -----
        run [UUID]: 1 step
        error[rollback-failed]: rollback of core:003_c failed: table "nowhere" does not exist
         --> migrations/rollback/003_rollback.sql:1:1
          |
        1 | DROP TABLE nowhere;
          | ^^^^^^^^^^^^^^^^^^
          sqlstate: 42P01
          statement: 1 of 1
          effect: nothing of the rollback of core:003_c took effect
        next: edit migrations/rollback/003_rollback.sql, then `enact rollback --accept-changed-rollback`
        "#);
    said!(repo.env, repo.enact("rollback --yes --format json"), @r#"
        exit: 37
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 37,
          "code": "rollback-failed",
          "message": "rollback of core:003_c failed: table \"nowhere\" does not exist",
          "location": {
            "file": "migrations/rollback/003_rollback.sql",
            "line": 1,
            "column": 1
          },
          "sqlstate": "42P01",
          "effect": "nothing of the rollback of core:003_c took effect",
          "next": [
            "edit migrations/rollback/003_rollback.sql, then `enact rollback --accept-changed-rollback`"
          ],
          "facts": [
            {
              "label": "statement",
              "text": "1 of 1"
            }
          ]
        }

        ----- stderr -----
        run [UUID]: 1 step
        error[rollback-failed]: rollback of core:003_c failed: table "nowhere" does not exist
         --> migrations/rollback/003_rollback.sql:1:1
          |
        1 | DROP TABLE nowhere;
          | ^^^^^^^^^^^^^^^^^^
          sqlstate: 42P01
          statement: 1 of 1
          effect: nothing of the rollback of core:003_c took effect
        next: edit migrations/rollback/003_rollback.sql, then `enact rollback --accept-changed-rollback`
        "#);
}

#[test]
fn in_a_later_segment() {
    let repo = Repo::with_two();
    repo.migration(
        "003_c",
        "BEGIN;\nCREATE TABLE c (i int);\nCOMMIT;\nCREATE INDEX CONCURRENTLY c_i ON c (nowhere);\nBEGIN;\nSELECT 1;\nCOMMIT;",
        "DROP TABLE c;",
    );
    said!(repo.env, repo.enact("apply"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
            core:003_c: segment 1 of 3: CREATE TABLE
            core:003_c: segment 2 of 3: CREATE INDEX
        error[migration-failed]: core:003_c failed: column "nowhere" does not exist
         --> migrations/003_c.sql:4:1
          |
        4 | CREATE INDEX CONCURRENTLY c_i ON c (nowhere);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          sqlstate: 42703
          statement: 1 of 1, in segment 2 of 3
          effect: segment 1 of core:003_c took effect and stays; segment 2 changed nothing; 2 steps before it are done and recorded
        next: mend what stands in the way in the database, then `enact apply` goes on from segment 2
        next: or undo what is done with `enact rollback`, then edit migrations/003_c.sql
        "#);
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, 1 pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
          ~  003_c             1 of 3 segments               half done, going up
        half done: 003, 1 of 3 segments done; `enact apply` goes on
        last failure: 003 (up) with 42703 at line 4, [TIME]
        schema as recorded

        ----- stderr -----
        ");
}

#[test]
fn with_server_text_that_a_terminal_would_obey() {
    let repo = Repo::new();
    repo.migration(
        "001_a",
        "DO $$ BEGIN RAISE EXCEPTION E'\\x1b[31mred' USING HINT = E'\\x1b]0;title\\x07'; END $$;",
        "SELECT 1;",
    );
    let output = repo.enact("apply --color always");
    assert!(
        !output.stderr.contains("\u{1b}[31mred") && !output.stderr.contains("\u{1b}]0"),
        "{output:?}"
    );
    said!(repo.env, repo.enact("apply"), @r"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        run [UUID]: 1 step
        error[migration-failed]: core:001_a failed: \u{1b}[31mred
         --> migrations/001_a.sql:1:1
          |
        1 | DO $$ BEGIN RAISE EXCEPTION E'\x1b[31mred' USING HINT = E'\x1b]0;title\x07'; END $$;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          sqlstate: P0001
          server's hint: \u{1b}]0;title\u{7}
          statement: 1 of 1
          detail: the server's detail can hold data and is shown on a terminal alone
          effect: nothing of core:001_a took effect
        next: edit migrations/001_a.sql, then `enact apply`
        ");
}

#[test]
fn behind_a_lock_that_is_not_granted() {
    let repo = Repo::with_two();
    repo.done("apply --steps 1");
    crate::kit::wait(async {
        let client = crate::kit::pg().client(&repo.database).await;
        client
            .batch_execute("BEGIN; SELECT * FROM sites")
            .await
            .unwrap();
        let output = repo.enact("apply --retry-budget 1s");
        assert_eq!(output.code, Some(35), "{output}");
        for wanted in [
            "error[migration-failed]: core:002_add_city failed: canceling statement due to lock timeout",
            "sqlstate: 55P03",
            "behind: process",
            "idle in transaction",
            "SELECT * FROM sites",
            "nothing of core:002_add_city took effect",
            "next: enact apply --retry-budget 10min",
        ] {
            assert!(output.stderr.contains(wanted), "{wanted}\n{output}");
        }
        client.batch_execute("ROLLBACK").await.unwrap();
    });
    repo.done("apply");
}
