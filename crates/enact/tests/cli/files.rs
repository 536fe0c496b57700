//! `init`, `new` and `validate`, which need no database.

use crate::kit::{Repo, env};
use crate::said;

#[test]
fn a_new_repository() {
    let env = env();
    said!(env, env.enact(["init", "orion"]), @r"
        exit: 0
        ----- stdout -----
          + database/migrations/README.md
          + database/migrations/rollback/.gitkeep
          + .gitattributes
          + .gitignore
          + enact.toml
        next: enact new 'a few words'

        ----- stderr -----
        ");
    let again = env.enact(["init", "orion"]);
    said!(env, again, @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: [DIR]/enact.toml exists already
        ");
}

#[test]
fn a_new_repository_as_a_document() {
    let env = env();
    env.write(".gitattributes", "*.png binary\n");
    said!(env, env.enact(["init", "core", "db", "--format", "json"]), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.init/1",
          "written": [
            "db/database/migrations/README.md",
            "db/database/migrations/rollback/.gitkeep",
            "db/.gitattributes",
            "db/.gitignore",
            "db/enact.toml"
          ],
          "kept": [],
          "advice": []
        }

        ----- stderr -----
        "#);
    said!(env, env.enact(["init", "core", "--format", "json"]), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.init/1",
          "written": [
            "database/migrations/README.md",
            "database/migrations/rollback/.gitkeep",
            ".gitignore",
            "enact.toml"
          ],
          "kept": [
            ".gitattributes"
          ],
          "advice": [
            {
              "file": ".gitattributes",
              "line": "*.sql text eol=lf"
            }
          ]
        }

        ----- stderr -----
        "#);
}

#[test]
fn a_name_that_is_none() {
    let env = env();
    said!(env, env.enact(["init", "My Trial"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: invalid value 'My Trial' for '<NAME>': `My Trial` is no name of a stream: use a-z, 0-9 and _, beginning with a letter

        For more information, try '--help'.
        ");
}

#[test]
fn new_writes_both_files_and_validate_names_what_is_left() {
    let env = env();
    env.enact(["init", "orion"]);
    let new = env.enact(["new", "add", "device", "info", "--ticket", "ORI-7"]);
    said!(env, new, @r"
        exit: 0
        ----- stdout -----
          + database/migrations/001_add_device_info.sql
          + database/migrations/rollback/001_rollback.sql
        next: fill in what is marked, then `enact validate`

        ----- stderr -----
        ");
    let validate = env.enact(["validate"]);
    said!(env, validate, @r"
        exit: 30
        ----- stdout -----
        database/migrations/001_add_device_info.sql:7:4: `Purpose` still holds the template's text `[What this migration changes, and why]` [header-placeholder]
          mend: fill it in, or remove the line
        database/migrations/001_add_device_info.sql:11:4: `Impact` still holds the template's text `[Which tables, readers and writers notice it]` [header-placeholder]
          mend: fill it in, or remove the line
        database/migrations/001_add_device_info.sql:12:4: `Risk` still holds the template's text `[Low, medium or high, and why]` [header-placeholder]
          mend: fill it in, or remove the line
        database/migrations/001_add_device_info.sql:14:4: `Compliance` still holds the template's text `[What it means for audit trail, access and validated state, or none]` [header-placeholder]
          mend: fill it in, or remove the line
        database/migrations/001_add_device_info.sql:20:4: the template's text `FILL IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/001_add_device_info.sql:21:13: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/001_add_device_info.sql:23:52: the template's text `FILL IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/001_add_device_info.sql:31:27: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/001_add_device_info.sql:32:28: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/rollback/001_rollback.sql:8:4: the template's text `FILL IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/rollback/001_rollback.sql:9:13: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/rollback/001_rollback.sql:17:27: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        database/migrations/rollback/001_rollback.sql:18:28: the template's text `FILL_IN` is still there [placeholder]
          mend: replace it with your own, or delete it
        orion: 1 migration, 1 rollback, 13 problems

        ----- stderr -----
        ");
    let new = env.enact(["new", "größe", "--format", "json"]);
    said!(env, new, @r#"
        exit: 2
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 2,
          "code": "usage",
          "message": "`größe` is no description: use only the letters a-z, digits, and signs of ASCII",
          "effect": "nothing was written",
          "next": []
        }

        ----- stderr -----
        error[usage]: `größe` is no description: use only the letters a-z, digits, and signs of ASCII
          effect: nothing was written
        "#);
}

#[test]
fn validate_reports_every_problem_at_once() {
    let repo = Repo::new();
    repo.env.write("migrations/001_a.sql", "SELECT 1;\n");
    repo.env.write("migrations/003-b.sql", "SELECT 1;\n");
    repo.env
        .write("migrations/rollback/004_rollback.sql", "SELECT 1;\n");
    repo.env
        .write("migrations/002_c.sql", "SELEC 1;\n\u{1b}[31m\n");
    said!(repo.env, repo.enact("validate"), @r#"
        exit: 30
        ----- stdout -----
        migrations/001_a.sql: it has no rollback script [rollback-missing]
          mend: write rollback/001_rollback.sql, or `-- Rollback: none - <reason>` in the header
        migrations/001_a.sql:1:1: the header has no `Author` [header-missing]
          mend: add `-- Author: <who wrote it>`
        migrations/001_a.sql:1:1: the header has no `Date` [header-missing]
          mend: add `-- Date: YYYY-MM-DD`
        migrations/001_a.sql:1:1: the header has no `Migration` [header-missing]
          mend: add `-- Migration: 001 - Description`
        migrations/001_a.sql:1:1: the header has no `Purpose` [header-missing]
          mend: add `-- Purpose: <what it is for>`
        migrations/001_a.sql:1:1: the header has no `Ticket` [header-missing]
          mend: add `-- Ticket: <where the change was asked for>`
        migrations/002_c.sql: it has no rollback script [rollback-missing]
          mend: write rollback/002_rollback.sql, or `-- Rollback: none - <reason>` in the header
        migrations/002_c.sql:1:1: the header has no `Author` [header-missing]
          mend: add `-- Author: <who wrote it>`
        migrations/002_c.sql:1:1: the header has no `Date` [header-missing]
          mend: add `-- Date: YYYY-MM-DD`
        migrations/002_c.sql:1:1: the header has no `Migration` [header-missing]
          mend: add `-- Migration: 002 - Description`
        migrations/002_c.sql:1:1: the header has no `Purpose` [header-missing]
          mend: add `-- Purpose: <what it is for>`
        migrations/002_c.sql:1:1: the header has no `Ticket` [header-missing]
          mend: add `-- Ticket: <where the change was asked for>`
        migrations/002_c.sql:1:1: syntax error at or near "SELEC" [syntax]
          mend: write what PostgreSQL's parser accepts
        migrations/002_c.sql:2:1: syntax error at or near "\u{1b}" [syntax]
          mend: write what PostgreSQL's parser accepts
        migrations/003-b.sql: `003-b.sql` is not named by the rules [misnamed]
          mend: rename it to 003_b.sql
        migrations/rollback/004_rollback.sql: there is no migration 004 to roll back [rollback-orphan]
          mend: give it the number of its migration, or delete it
        core: 2 migrations, 1 rollback, 16 problems

        ----- stderr -----
        "#);
    let document = repo.enact("validate --format json");
    assert_eq!(document.code, Some(30));
    assert!(
        document
            .stdout
            .starts_with("{\n  \"schema\": \"enact.validate/1\",\n  \"valid\": false,"),
        "{document}"
    );
    assert!(document.stdout.contains("\"id\": \"syntax\""), "{document}");
}

#[test]
fn a_sound_repository() {
    let repo = Repo::new();
    let header = |title: &str| {
        format!(
            "-- Migration: {title}\n-- Ticket: A-1\n-- Author: Ada\n-- Date: 2026-01-02\n-- Purpose: a test\n"
        )
    };
    repo.env.write(
        "migrations/001_a.sql",
        header("001 - A") + "-- Rollback: none - the first\nCREATE TABLE t (i int);\n",
    );
    said!(repo.env, repo.enact("validate"), @r"
        exit: 0
        ----- stdout -----
        core: 1 migration, 0 rollbacks, all valid

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("validate --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.validate/1",
          "valid": true,
          "stream": "core",
          "migrations": 1,
          "rollbacks": 0,
          "problems": []
        }

        ----- stderr -----
        "#);
}

#[test]
fn apply_refuses_invalid_files() {
    let repo = Repo::with_two();
    repo.env.write("migrations/003_c.sql", "SELEC 1;\n");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 30
        ----- stdout -----

        ----- stderr -----
        error[files-invalid]: the migration files are invalid: 1 problem
          problem: migrations/003_c.sql: it has no rollback script (write rollback/003_rollback.sql, or `-- Rollback: none - <reason>` in the header)
        next: enact validate
        ");
    repo.env
        .write("migrations/rollback/003_rollback.sql", "SELECT 1;\n");
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 30
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 30,
          "code": "files-invalid",
          "message": "the migration files are invalid: 1 problem",
          "effect": "nothing was changed",
          "next": [
            "enact validate"
          ],
          "problems": [
            {
              "file": "migrations/003_c.sql",
              "line": 1,
              "column": 1,
              "id": "syntax",
              "message": "syntax error at or near \"SELEC\"",
              "mend": "write what PostgreSQL's parser accepts"
            }
          ]
        }

        ----- stderr -----
        error[files-invalid]: the migration files are invalid: 1 problem
          problem: migrations/003_c.sql:1:1: syntax error at or near "SELEC" (write what PostgreSQL's parser accepts)
          effect: nothing was changed
        next: enact validate
        "#);
}
