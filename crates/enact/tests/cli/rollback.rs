//! `rollback` and `redo`.

use crate::kit::Repo;
use crate::said;

#[test]
fn one_step_unless_more_is_asked_for() {
    let repo = Repo::with_two();
    repo.migration("003_c", "SELECT 3;", "SELECT 3;");
    repo.done("apply");
    said!(repo.env, repo.enact("rollback --yes"), @r"
        exit: 0
        ----- stdout -----
        core:003_c rolled back; core stands at 002_add_city

        ----- stderr -----
        run [UUID]: 1 step
          - core:003_c ..................................... rolled back  [DURATION]  1 statement
        ");
    said!(repo.env, repo.enact("rollback --yes --to 0 --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.rollback/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "stream": "core",
          "run": "[UUID]",
          "steps": [
            {
              "direction": "down",
              "stream": "core",
              "number": 2,
              "name": "add_city",
              "milliseconds": [MS],
              "rows": 0
            },
            {
              "direction": "down",
              "stream": "core",
              "number": 1,
              "name": "create_sites",
              "milliseconds": [MS],
              "rows": 0
            }
          ],
          "position": 0,
          "streams": [
            {
              "stream": "core",
              "position": 0
            }
          ],
          "fingerprint": "sha256:[SHA256]",
          "entries": 13
        }

        ----- stderr -----
        run [UUID]: 2 steps
          - core:002_add_city .............................. rolled back  [DURATION]  1 statement
          - core:001_create_sites .......................... rolled back  [DURATION]  1 statement
        "#);
    said!(repo.env, repo.enact("rollback --yes"), @r"
        exit: 0
        ----- stdout -----
        nothing to do: core stands at 000

        ----- stderr -----
        ");
}

#[test]
fn it_lists_what_it_would_run_and_does_not_guess_an_answer() {
    let repo = Repo::with_two();
    repo.done("apply");
    said!(repo.env, repo.enact("rollback"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        rollback core: 002 to 001, 1 step
          - core:002_add_city ..............................  1 statement, one transaction
        plan sha256:[SHA256]
        error[refused]: `enact rollback` asks before it runs, and there is no terminal to ask on
          effect: nothing was changed
        next: enact rollback --yes
        ");
    said!(repo.env, repo.enact("redo"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        redo core: 002 to 002, 2 steps
          - core:002_add_city ..............................  1 statement, one transaction
          + core:002_add_city ..............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `enact redo` asks before it runs, and there is no terminal to ask on
          effect: nothing was changed
        next: enact redo --yes
        ");
    assert_eq!(
        repo.value("SELECT count(*) FROM enact.entries WHERE kind = 'migration.rolled_back'"),
        "0"
    );
}

#[test]
fn redo() {
    let repo = Repo::with_two();
    repo.done("apply");
    said!(repo.env, repo.enact("redo --yes"), @r"
        exit: 0
        ----- stdout -----
        2 steps done; core stands at 002_add_city

        ----- stderr -----
        run [UUID]: 2 steps
          - core:002_add_city .............................. rolled back  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        ");
}

#[test]
fn of_what_cannot_be_undone() {
    let repo = Repo::new();
    repo.env.write(
        "migrations/001_a.sql",
        "-- Rollback: none - the beginning\nSELECT 1;\n",
    );
    repo.done("apply");
    said!(repo.env, repo.enact("rollback --yes"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: core:001_a cannot be rolled back: the beginning
          effect: nothing was changed
        next: enact status
        ");
}

#[test]
fn a_dry_run_counts_what_would_be_lost_and_changes_nothing() {
    let repo = Repo::with_two();
    repo.migration(
        "003_rooms",
        "CREATE TABLE room (id int PRIMARY KEY); INSERT INTO room VALUES (1), (2);",
        "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;\nDROP TABLE room;",
    );
    repo.done("apply");
    said!(repo.env, repo.enact("rollback --to 0 --dry-run"), @r"
        exit: 0
        ----- stdout -----
        rollback core: 003 to 000, 3 steps
          - core:003_rooms .................................  2 statements, one transaction
              may change data: it runs code of its own (line 1, DO)
              takes away 2 rows with table room (line 2, DROP TABLE)
          - core:002_add_city ..............................  1 statement, one transaction
          - core:001_create_sites ..........................  1 statement, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("rollback --dry-run --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.plan/1",
          "command": "rollback",
          "stream": "core",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "identity": "[UUID]",
          "from": 3,
          "to": 2,
          "streams": [
            {
              "stream": "core",
              "from": 3,
              "to": 2
            }
          ],
          "digest": "sha256:[SHA256]",
          "installs_ledger": false,
          "steps": [
            {
              "direction": "down",
              "stream": "core",
              "number": 3,
              "name": "rooms",
              "file": "migrations/rollback/003_rollback.sql",
              "digest": "sha256-lf:[SHA256]",
              "statements": 2,
              "resume_after": 0,
              "rollback_changed": false,
              "segments": [
                {
                  "transactional": true,
                  "statements": [
                    "DO",
                    "DROP TABLE"
                  ]
                }
              ],
              "losses": [
                {
                  "statement": 1,
                  "line": 1,
                  "kind": "untold",
                  "unknown": "it runs code of its own"
                },
                {
                  "statement": 2,
                  "line": 2,
                  "kind": "table",
                  "object": "room",
                  "count": 2
                }
              ]
            }
          ],
          "drifted": false
        }

        ----- stderr -----
        "#);
    said!(repo.env, repo.enact("apply --dry-run"), @r"
        exit: 0
        ----- stdout -----
        nothing to do: core stands at 003

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 003, nothing pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
          +  003_rooms         applied [TIME]  Ada Example
        schema as recorded

        ----- stderr -----
        ");
}
