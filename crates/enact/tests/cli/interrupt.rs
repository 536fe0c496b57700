//! Requests to stop: exit code 44, what is done and how to go on.

use enact_testkit::Signal;

use crate::kit::Repo;
use crate::said;

fn repo() -> Repo {
    let repo = Repo::with_two();
    repo.migration(
        "003_slow",
        "CREATE TABLE c (i int);\nSELECT pg_sleep(60);",
        "DROP TABLE c;",
    );
    repo
}

#[test]
fn ctrl_c() {
    let repo = repo();
    let running = repo.env.spawn(["apply"]);
    repo.wait_for_sleep();
    running.signal(Signal::Interrupt);
    said!(repo.env, running.wait(), @r"
        exit: 44
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        stopping: the statement at work is being cancelled; please wait for the server's answer
        error[interrupted]: interrupted on request
          effect: core:003_slow was rolled back: nothing of it took effect; 2 steps before it are done and recorded
        next: enact apply
        ");
    assert_eq!(repo.value("SELECT to_regclass('c') IS NULL"), "true");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, 1 pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
             003_slow          pending
        schema as recorded

        ----- stderr -----
        ");
}

#[test]
fn sigterm_as_a_document() {
    let repo = repo();
    let running = repo.env.spawn(["apply", "--format", "json"]);
    repo.wait_for_sleep();
    running.signal(Signal::Terminate);
    said!(repo.env, running.wait(), @r#"
        exit: 44
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 44,
          "code": "interrupted",
          "message": "interrupted on request",
          "effect": "core:003_slow was rolled back: nothing of it took effect; 2 steps before it are done and recorded",
          "next": [
            "enact apply"
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
        stopping: the statement at work is being cancelled; please wait for the server's answer
        error[interrupted]: interrupted on request
          effect: core:003_slow was rolled back: nothing of it took effect; 2 steps before it are done and recorded
        next: enact apply
        "#);
}

#[test]
fn a_lost_connection() {
    let repo = repo();
    let running = repo.env.spawn(["apply"]);
    repo.wait_for_sleep();
    repo.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND datname = current_database()");
    said!(repo.env, running.wait(), @r"
        exit: 44
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
        error[interrupted]: the connection that works was lost: terminating connection due to administrator command
          effect: core:003_slow was rolled back: nothing of it took effect; 2 steps before it are done and recorded
        next: enact apply
        ");
}

#[test]
fn in_a_statement_on_its_own() {
    let repo = Repo::with_two();
    repo.migration(
        "003_slow",
        "BEGIN;\nCREATE TABLE c (i int);\nCOMMIT;\n-- enact: no-transaction it takes a minute\nSELECT pg_sleep(60);",
        "DROP TABLE c;",
    );
    let running = repo.env.spawn(["apply"]);
    repo.wait_for_sleep();
    running.signal(Signal::Interrupt);
    said!(repo.env, running.wait(), @r"
        exit: 44
        ----- stdout -----

        ----- stderr -----
        installed schema enact; this database is enrolled now
        run [UUID]: 3 steps
          + core:001_create_sites .......................... applied  [DURATION]  1 statement
          + core:002_add_city .............................. applied  [DURATION]  2 statements
            core:003_slow: segment 1 of 2: CREATE TABLE
            core:003_slow: segment 2 of 2: SELECT
        stopping: the statement at work is being cancelled; please wait for the server's answer
        error[interrupted]: interrupted on request
          effect: core:003_slow: 1 of 2 segments are done; the next run goes on from there; 2 steps before it are done and recorded
        next: enact apply
        ");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, 1 pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
          ~  003_slow          1 of 2 segments               half done, going up
        half done: 003, 1 of 2 segments done; `enact apply` goes on
        schema as recorded

        ----- stderr -----
        ");
}
