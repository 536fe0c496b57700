//! Edits of applied files: cosmetic ones are accepted with a reason, others never.

use crate::kit::Repo;
use crate::said;

fn applied() -> Repo {
    let repo = Repo::with_two();
    repo.done("apply");
    repo
}

const COSMETIC: &str =
    "-- Ticket: CORE-12\nCREATE TABLE sites\n    (id int PRIMARY KEY, name text NOT NULL);\n";

#[test]
fn a_cosmetic_edit_is_accepted_with_a_reason() {
    let repo = applied();
    repo.env.write("migrations/001_create_sites.sql", COSMETIC);
    assert_eq!(repo.enact("apply").code, Some(32));
    assert_eq!(repo.enact("amend 001").code, Some(2), "a reason is needed");
    said!(repo.env, repo.enact("amend 001 --reason typo"), @r"
        exit: 0
        ----- stdout -----
        core:001 amended

        ----- stderr -----
        ");
    repo.done("apply");
}

#[test]
fn an_edit_that_changes_what_runs_never() {
    let repo = applied();
    repo.env.write("migrations/001_create_sites.sql", COSMETIC);
    repo.env.write(
        "migrations/002_add_city.sql",
        "ALTER TABLE sites ADD COLUMN city varchar;\n",
    );
    let entries = repo.value("SELECT count(*) FROM enact.ledger");
    said!(repo.env, repo.enact("amend --reason why"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: what was edited is more than comments and white space
          file: 002_add_city.sql: changed after it was applied, in what would run; restore the file and write a new migration
          effect: nothing was changed
        next: restore the file, and write the change as a new migration
        ");
    assert_eq!(
        repo.value("SELECT count(*) FROM enact.ledger"),
        entries,
        "not one of them"
    );
    // A directive is a comment that changes what runs.
    repo.env.write(
        "migrations/002_add_city.sql",
        "-- enact: allow(add-column) why\nALTER TABLE sites ADD COLUMN city text;\nCOMMENT ON COLUMN sites.city IS 'Where it is';\n",
    );
    assert_eq!(repo.enact("amend 002 --reason why").code, Some(32));
}

#[test]
fn nothing_to_amend() {
    let repo = applied();
    said!(repo.env, repo.enact("amend --reason why"), @r"
        exit: 0
        ----- stdout -----
        nothing to amend: the files are as they were applied

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("amend 002 --reason why --format json"), @r#"
        exit: 2
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 2,
          "code": "usage",
          "message": "core:002 is not applied, or its file is as it was applied: there is nothing to amend",
          "effect": "nothing was changed",
          "next": [
            "enact status"
          ]
        }

        ----- stderr -----
        error[usage]: core:002 is not applied, or its file is as it was applied: there is nothing to amend
          effect: nothing was changed
        next: enact status
        "#);
    assert_eq!(repo.enact("amend 009 --reason why").code, Some(2));
}

#[test]
fn the_history_tells_of_it() {
    let repo = applied();
    repo.env.write("migrations/001_create_sites.sql", COSMETIC);
    said!(repo.env, repo.enact("amend --reason typo --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.amend/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "stream": "core",
          "numbers": [
            1
          ]
        }

        ----- stderr -----
        "#);
    let history = repo.done("history");
    assert!(history.stdout.contains("core:001, typo"), "{history}");
    let status = repo.done("status");
    assert!(!status.stdout.contains("disagrees"), "{status}");
    // Only now is the file, as it is, what is in force: going back to the old text is an edit again.
    repo.migration(
        "001_create_sites",
        "CREATE TABLE sites (id int PRIMARY KEY, name text NOT NULL);",
        "DROP TABLE sites;",
    );
    assert_eq!(repo.enact("apply").code, Some(32));
}
