//! Another run holds the lock: exit code 34, and who it is.

use enact_testkit::Output;

use crate::kit::{Repo, pg, wait};
use crate::said;

/// What `apply` says while a session of somebody else holds the lock.
fn while_held(repo: &Repo, line: &str) -> Output {
    wait(async {
        let client = pg().client(&repo.database).await;
        client
            .batch_execute("SELECT pg_advisory_lock(1701732707, 1)")
            .await
            .unwrap();
        repo.enact(line)
    })
}

#[test]
fn it_says_who_holds_it() {
    let repo = Repo::with_two();
    said!(repo.env, while_held(&repo, "apply --lock-wait 0"), @r"
        exit: 34
        ----- stdout -----

        ----- stderr -----
        error[locked]: another run holds the lock of this target
          waited: [DURATION]
          server process: [PID], user postgres, connected since [TIME]
          query: SELECT pg_advisory_lock(1701732707, 1)
          effect: nothing was changed
        next: enact apply --lock-wait 10min
        next: enact status
        ");
    said!(repo.env, while_held(&repo, "apply --lock-wait 100ms --format json"), @r#"
        exit: 34
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 34,
          "code": "locked",
          "message": "another run holds the lock of this target",
          "effect": "nothing was changed",
          "next": [
            "enact apply --lock-wait 10min",
            "enact status"
          ],
          "facts": [
            {
              "label": "waited",
              "text": "[DURATION]"
            }
          ],
          "holder": {
            "pid": [PID],
            "user": "postgres",
            "connected_at": "[TIME]"
          }
        }

        ----- stderr -----
        waiting for another run to end: database user postgres (server process [PID])
        error[locked]: another run holds the lock of this target
          waited: [DURATION]
          server process: [PID], user postgres, connected since [TIME]
          query: SELECT pg_advisory_lock(1701732707, 1)
          effect: nothing was changed
        next: enact apply --lock-wait 10min
        next: enact status
        "#);
    said!(repo.env, while_held(&repo, "status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core nothing applied, 2 pending
             001_create_sites  pending
             002_add_city      pending
        no ledger yet: the first `enact apply` installs it
        a run is at work:
          server process: [PID], user postgres, connected since [TIME]
          query: SELECT pg_advisory_lock(1701732707, 1)

        ----- stderr -----
        ");
}

#[test]
fn a_run_tells_of_itself() {
    let repo = Repo::new();
    repo.migration("001_slow", "SELECT pg_sleep(60);", "SELECT 1;");
    let first = repo.env.spawn(["apply", "--person", "Grace"]);
    repo.wait_for_sleep();
    let second = repo.enact("apply --lock-wait 0");
    said!(repo.env, second, @r"
        exit: 34
        ----- stdout -----

        ----- stderr -----
        error[locked]: another run holds the lock of this target
          waited: [DURATION]
          holder: Grace on [HOST]
          run: apply [UUID], since [TIME]
          server process: [PID], user postgres, connected since [TIME]
          query: [QUERY]
          effect: nothing was changed
        next: enact apply --lock-wait 10min
        next: enact status
        ");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core nothing applied, 1 pending
             001_slow  pending
        a run is at work:
          holder: Grace on [HOST]
          run: apply [UUID], since [TIME]
          server process: [PID], user postgres, connected since [TIME]
          query: [QUERY]
        schema not recorded since the last change

        ----- stderr -----
        ");
    first.signal(enact_testkit::Signal::Interrupt);
    let ended = first.wait();
    assert_eq!(ended.code, Some(44), "{ended}");
}
