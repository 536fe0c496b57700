//! Ledger and files that disagree: exit code 32. And `history`.

use crate::kit::Repo;
use crate::said;

#[test]
fn a_cosmetic_and_a_semantic_change() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.env.write(
        "migrations/001_create_sites.sql",
        "CREATE TABLE sites ( -- of the trial\n  id int PRIMARY KEY, name text NOT NULL);\n",
    );
    repo.env.write(
        "migrations/002_add_city.sql",
        "ALTER TABLE sites ADD COLUMN city varchar;\nCOMMENT ON COLUMN sites.city IS 'Where it is';\n",
    );
    said!(repo.env, repo.enact("apply"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 001_create_sites.sql: changed after it was applied, in comments or white space alone; restore the file, or `enact amend` it
          file: 002_add_city.sql: changed after it was applied, in what would run; restore the file and write a new migration
          effect: nothing was changed
        next: git log -p -- '*001_create_sites.sql'
        ");
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 32
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 32,
          "code": "history-disagrees",
          "message": "the ledger and the files disagree",
          "effect": "nothing was changed",
          "next": [
            "git log -p -- '*001_create_sites.sql'"
          ],
          "disagreements": [
            {
              "kind": "changed",
              "number": 1,
              "file": "001_create_sites.sql",
              "cosmetic": true,
              "message": "001_create_sites.sql: changed after it was applied, in comments or white space alone; restore the file, or `enact amend` it"
            },
            {
              "kind": "changed",
              "number": 2,
              "file": "002_add_city.sql",
              "cosmetic": false,
              "message": "002_add_city.sql: changed after it was applied, in what would run; restore the file and write a new migration"
            }
          ]
        }

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 001_create_sites.sql: changed after it was applied, in comments or white space alone; restore the file, or `enact amend` it
          file: 002_add_city.sql: changed after it was applied, in what would run; restore the file and write a new migration
          effect: nothing was changed
        next: git log -p -- '*001_create_sites.sql'
        "#);
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, nothing pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
        disagrees: 001_create_sites.sql: changed after it was applied, in comments or white space alone; restore the file, or `enact amend` it
        disagrees: 002_add_city.sql: changed after it was applied, in what would run; restore the file and write a new migration
        schema as recorded

        ----- stderr -----
        ");
    assert_eq!(repo.enact("plan").code, Some(32));
    assert_eq!(repo.enact("rollback --yes").code, Some(32));
}

#[test]
fn a_missing_file() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.remove("migrations/002_add_city.sql");
    repo.remove("migrations/rollback/002_rollback.sql");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 002_add_city: applied, but its file is missing; restore it
          effect: nothing was changed
        next: git log -p -- '*002_add_city.sql'
        ");
}

#[test]
fn files_that_changed_places() {
    let repo = Repo::with_two();
    repo.done("apply");
    let dir = repo.env.dir().join("migrations");
    let content = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let (first, second) = (content("001_create_sites.sql"), content("002_add_city.sql"));
    repo.env.write("migrations/001_create_sites.sql", second);
    repo.env.write("migrations/002_add_city.sql", first);
    said!(repo.env, repo.enact("apply"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 001_create_sites.sql: moved: this content was applied as 002; give each file its old number back
          file: 002_add_city.sql: moved: this content was applied as 001; give each file its old number back
          effect: nothing was changed
        next: git log -p -- '*001_create_sites.sql'
        ");
}

#[test]
fn a_file_inserted_before_what_is_applied() {
    let repo = Repo::with_two();
    repo.done("apply");
    let dir = repo.env.dir().join("migrations");
    for (from, to) in [
        ("002_add_city.sql", "003_add_city.sql"),
        ("rollback/002_rollback.sql", "rollback/003_rollback.sql"),
    ] {
        std::fs::rename(dir.join(from), dir.join(to)).unwrap();
    }
    repo.migration("002_new", "SELECT 2;", "SELECT 2;");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 002_new.sql: 002 was applied with what is now 003; give that its old number back, and this one the next
          effect: nothing was changed
        next: git log -p -- '*002_new.sql'
        ");
}

#[test]
fn a_rollback_edited_since() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.env.write(
        "migrations/rollback/002_rollback.sql",
        "ALTER TABLE sites DROP COLUMN city CASCADE;\n",
    );
    said!(repo.env, repo.enact("rollback --yes"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the rollback of core:002_add_city was edited after the migration was applied
          effect: nothing was changed
        next: git log -p -- '*rollback/002_rollback.sql'
        next: enact rollback --accept-changed-rollback
        ");
    said!(repo.env, repo.enact("rollback --yes --accept-changed-rollback"), @r"
        exit: 0
        ----- stdout -----
        core:002_add_city rolled back; core stands at 001_create_sites

        ----- stderr -----
        run [UUID]: 1 step
          - core:002_add_city .............................. rolled back  [DURATION]  1 statement
        ");
}

#[test]
fn what_happened() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("history"), @r"
        exit: 0
        ----- stdout -----
        no ledger yet: the first `enact apply` installs it

        ----- stderr -----
        ");
    repo.done("apply");
    repo.done("rollback --yes");
    said!(repo.env, repo.enact("history"), @r"
        exit: 0
        ----- stdout -----
          1  [TIME]  target.enrolled        database [DB]  Ada Example
          2  [TIME]  run.started            apply, 2 steps         Ada Example
          3  [TIME]  migration.applied      core:001_create_sites  Ada Example
          4  [TIME]  migration.applied      core:002_add_city      Ada Example
          5  [TIME]  run.finished           2 steps done           Ada Example
          6  [TIME]  run.started            rollback, 1 step       Ada Example
          7  [TIME]  migration.rolled_back  core:002_add_city      Ada Example
          8  [TIME]  run.finished           1 step done            Ada Example

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("history --limit 1"), @r"
        exit: 0
        ----- stdout -----
          7 entries before these
          8  [TIME]  run.finished  1 step done  Ada Example

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("history --limit 1 --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.history/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "total": 8,
          "entries": [
            {
              "seq": 8,
              "hash": "sha256:[SHA256]",
              "at": "[TIME]",
              "kind": "run.finished",
              "person": "Ada Example <ada@example.org>",
              "role": "postgres",
              "host": "[HOST]",
              "tool_version": "0.1.0",
              "tool_digest": "sha256:[SHA256]",
              "run": "[UUID]",
              "fact": {
                "fingerprint": "sha256:[SHA256]",
                "notices": 0,
                "outcome": "done",
                "stamp": "[STAMP]",
                "steps": [
                  {
                    "direction": "down",
                    "milliseconds": [MS],
                    "number": 2,
                    "rows": 0,
                    "stream": "core"
                  }
                ]
              }
            }
          ]
        }

        ----- stderr -----
        "#);
}
