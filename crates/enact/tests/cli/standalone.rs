//! Statements outside a transaction, and outcomes that nobody saw: exit code 36.

use enact_testkit::Signal;

use crate::kit::Repo;
use crate::said;

/// Killed while a statement runs whose outcome the catalog cannot tell.
fn killed() -> Repo {
    let repo = Repo::with_two();
    repo.migration(
        "003_slow",
        "CREATE TABLE c (i int);\n-- enact: no-transaction it takes a minute\nSELECT pg_sleep(60);\nINSERT INTO c VALUES (1);",
        "DROP TABLE c;",
    );
    let running = repo.env.spawn(["apply"]);
    repo.wait_for_sleep();
    running.signal(Signal::Kill);
    assert_eq!(running.wait().code, None);
    let others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'";
    repo.sql(&format!("SELECT pg_terminate_backend(pid) {others}"));
    while repo.value(&format!("SELECT count(*) {others}")) != "0" {
        std::thread::yield_now();
    }
    repo
}

#[test]
fn an_unknown_outcome_and_its_two_ways_out() {
    let repo = killed();
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, 1 pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
          ~  003_slow          1 of 3 segments               half done, going up
        unfinished: apply [UUID] by Ada Example <ada@example.org> on [HOST] did not record its end; the next command does
        half done: 003, 1 of 3 segments done; the end of segment 2 was not recorded; `enact apply` goes on
        schema not recorded since the last change

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 36
        ----- stdout -----

        ----- stderr -----
        an earlier run did not record its end; recorded now: [UUID]
        run [UUID]: 1 step
            core:003_slow: segment 2 of 3: SELECT
            the statement: the catalog does not tell; a person must decide
        error[outcome-unknown]: core:003_slow: nobody saw the end of `SELECT`
        --> migrations/003_slow.sql:3:1
          segment: 2 of 3
          catalog: does not tell
          effect: 1 segment before it took effect; whether this one did must be looked up in the database
        next: enact apply --resolve done --reason 'HOW YOU KNOW'
        next: enact apply --resolve again --reason 'HOW YOU KNOW'
        ");
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 36
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 36,
          "code": "outcome-unknown",
          "message": "core:003_slow: nobody saw the end of `SELECT`",
          "location": {
            "file": "migrations/003_slow.sql",
            "line": 3,
            "column": 1
          },
          "effect": "1 segment before it took effect; whether this one did must be looked up in the database",
          "next": [
            "enact apply --resolve done --reason 'HOW YOU KNOW'",
            "enact apply --resolve again --reason 'HOW YOU KNOW'"
          ],
          "facts": [
            {
              "label": "segment",
              "text": "2 of 3"
            },
            {
              "label": "catalog",
              "text": "does not tell"
            }
          ]
        }

        ----- stderr -----
        run [UUID]: 1 step
            core:003_slow: segment 2 of 3: SELECT
            the statement: the catalog does not tell; a person must decide
        error[outcome-unknown]: core:003_slow: nobody saw the end of `SELECT`
        --> migrations/003_slow.sql:3:1
          segment: 2 of 3
          catalog: does not tell
          effect: 1 segment before it took effect; whether this one did must be looked up in the database
        next: enact apply --resolve done --reason 'HOW YOU KNOW'
        next: enact apply --resolve again --reason 'HOW YOU KNOW'
        "#);
    said!(repo.env, repo.enact("apply --resolve done"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: the following required arguments were not provided:
          --reason <TEXT>

        Usage: enact apply --resolve <WHAT> --reason <TEXT> --person <NAME>

        For more information, try '--help'.
        ");
    let done = repo
        .env
        .enact(["apply", "--resolve", "done", "--reason", "seen in the log"]);
    said!(repo.env, done, @r"
        exit: 0
        ----- stdout -----
        core:003_slow applied; core stands at 003_slow

        ----- stderr -----
        run [UUID]: 1 step
            core:003_slow: segment 3 of 3: INSERT
          + core:003_slow .................................. applied  [DURATION]  3 statements
        ");
    assert_eq!(repo.value("SELECT count(*) FROM c"), "1");
}

#[test]
fn run_again() {
    let repo = killed();
    let running = repo
        .env
        .spawn(["apply", "--resolve", "again", "--reason", "it sleeps alone"]);
    repo.wait_for_sleep();
    drop(running);
}

#[test]
fn nothing_to_resolve() {
    let repo = Repo::with_two();
    let output = repo
        .env
        .enact(["apply", "--resolve", "done", "--reason", "x"]);
    said!(repo.env, output, @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        error[usage]: no statement has an unknown outcome: there is nothing to resolve
          effect: nothing was changed
        next: enact status
        ");
}

#[test]
fn an_invalid_index_that_was_there_before_is_not_dropped() {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.sql("INSERT INTO sites VALUES (1, 'Rome', 'Lazio'), (2, 'Rome', 'Lazio')");
    let refused = repo.refused_sql("CREATE UNIQUE INDEX CONCURRENTLY sites_city ON sites (city)");
    assert_eq!(refused, "23505");
    repo.migration(
        "003_index_city",
        "CREATE INDEX CONCURRENTLY sites_city ON sites (city);",
        "DROP INDEX CONCURRENTLY sites_city;",
    );
    let output = repo.enact("apply --accept-drift by-hand");
    assert_eq!(output.code, Some(35), "{output}");
    assert!(output.stderr.contains("42P07"), "{output}");
    let valid =
        repo.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'sites_city'::regclass");
    assert_eq!(valid, "false");
}
