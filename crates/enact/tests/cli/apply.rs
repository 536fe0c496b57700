//! `apply` that succeeds.

use crate::kit::Repo;
use crate::said;

#[test]
fn everything_then_nothing() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("apply"), @r"
        exit: 0
        ----- stdout -----
        2 steps done; core stands at 002_add_city

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 2 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        ");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 0
        ----- stdout -----
        nothing to do: core stands at 002_add_city

        ----- stderr -----
        ");
}

#[test]
fn as_a_document() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.apply/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "stream": "core",
          "run": "[UUID]",
          "steps": [
            {
              "direction": "up",
              "stream": "core",
              "number": 1,
              "name": "create_sites",
              "milliseconds": [MS],
              "rows": 0
            },
            {
              "direction": "up",
              "stream": "core",
              "number": 2,
              "name": "add_city",
              "milliseconds": [MS],
              "rows": 0
            }
          ],
          "position": 2,
          "streams": [
            {
              "stream": "core",
              "position": 2
            }
          ],
          "fingerprint": "sha256:[SHA256]",
          "entries": 5
        }

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 2 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        "#);
    said!(repo.env, repo.enact("apply --format json -q"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.apply/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "stream": "core",
          "steps": [],
          "position": 2,
          "streams": [
            {
              "stream": "core",
              "position": 2
            }
          ],
          "fingerprint": "sha256:[SHA256]",
          "entries": 5
        }

        ----- stderr -----
        "#);
}

#[test]
fn so_far_or_so_many() {
    let repo = Repo::with_two();
    repo.done("apply --steps 1");
    assert_eq!(
        repo.value("SELECT count(*) FROM enact.entries WHERE kind = 'migration.applied'"),
        "1"
    );
    repo.done("apply --to core:002");
    said!(repo.env, repo.enact("apply --to 001"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: `core` stands at 002, beyond 001; `enact rollback --to 001` goes back
          effect: nothing was changed
        next: enact status
        ");
    said!(repo.env, repo.enact("apply --to 009"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no migration 009 in stream `core`
          effect: nothing was changed
        next: enact status
        ");
    said!(repo.env, repo.enact("apply --to orion:001"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no stream `orion` here: this repository holds `core`
          effect: nothing was changed
        next: enact status
        ");
    said!(repo.env, repo.enact("apply --to 1 --steps 1"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: the argument '--to <[STREAM:]NNN>' cannot be used with '--steps <N>'

        Usage: enact apply --to <[STREAM:]NNN> --person <NAME>

        For more information, try '--help'.
        ");
}

#[test]
fn quiet_shows_the_result_alone() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("apply -q"), @r"
        exit: 0
        ----- stdout -----
        2 steps done; core stands at 002_add_city

        ----- stderr -----
        ");
}

#[test]
fn notices_are_shown_on_request_and_warnings_always() {
    let repo = Repo::new();
    repo.migration(
        "001_talk",
        "DO $$ BEGIN RAISE NOTICE 'a \u{1b}[31mnotice'; RAISE WARNING 'a warning'; END $$;",
        "SELECT 1;",
    );
    said!(repo.env, repo.enact("apply"), @r"
        exit: 0
        ----- stdout -----
        core:001_talk applied; core stands at 001_talk

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 1 step
            warning: a warning
          + core:001_talk .................................. applied  [DURATION]  1 statement
        ");
    repo.done("rollback --yes");
    said!(repo.env, repo.enact("apply -v"), @r"
        exit: 0
        ----- stdout -----
        core:001_talk applied; core stands at 001_talk

        ----- stderr -----
        run [UUID]: 1 step
            notice: a \u{1b}[31mnotice
            warning: a warning
          + core:001_talk .................................. applied  [DURATION]  1 statement
        ");
}

#[test]
fn who_is_recorded() {
    let repo = Repo::with_two();
    repo.done("apply --steps 1 --person Grace");
    repo.done("apply");
    let people = repo.value(
        "SELECT string_agg(person, ',' ORDER BY seq) FROM enact.entries WHERE kind = 'migration.applied'",
    );
    assert_eq!(people, "Grace,Ada Example <ada@example.org>");
    let digest = repo.value("SELECT count(DISTINCT body #>> '{tool,digest}') FROM enact.entries");
    assert_eq!(digest, "1");
}

#[test]
fn the_person_is_as_git_knows_them() {
    let mut repo = Repo::with_two();
    repo.env.set("ENACT_PERSON", "");
    std::fs::write(
        repo.env.home().join(".gitconfig"),
        "[user]\n\tname = Linus\n\temail = l@example.org\n",
    )
    .unwrap();
    repo.done("apply");
    let person = repo.value("SELECT person FROM enact.entries WHERE seq = 3");
    assert_eq!(person, "Linus <l@example.org>");
}

#[test]
fn colour_only_when_wanted() {
    let mut repo = Repo::with_two();
    let plain = repo.done("apply --steps 1");
    assert!(!plain.stdout.contains('\u{1b}') && !plain.stderr.contains('\u{1b}'));
    let colour = repo.done("apply --color always");
    assert!(
        colour.stdout.contains("\u{1b}[32m") && colour.stderr.contains("\u{1b}[32m"),
        "{colour:?}"
    );
    repo.env.set("NO_COLOR", "").set("CLICOLOR_FORCE", "1");
    assert!(repo.done("status").stdout.contains('\u{1b}'));
    assert!(!repo.done("status --color never").stdout.contains('\u{1b}'));
}
