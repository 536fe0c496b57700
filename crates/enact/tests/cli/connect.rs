//! No usable connection: exit code 43.

use enact_testkit::TestPg;

use crate::kit::{Repo, pg, wait};
use crate::said;

#[test]
fn an_unknown_host() {
    let mut repo = Repo::with_two();
    repo.env
        .set("DATABASE_URL", "postgres://u:hunter2@nowhere.invalid/d");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to nowhere.invalid:5432/d as u: the host name `nowhere.invalid` is unknown
          effect: nothing was changed
        next: check the host's spelling and whether this machine's DNS knows it
        ");
    said!(repo.env, repo.enact("status --format json"), @r#"
        exit: 43
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 43,
          "code": "cannot-connect",
          "message": "cannot connect to nowhere.invalid:5432/d as u: the host name `nowhere.invalid` is unknown",
          "effect": "nothing was changed",
          "next": [
            "check the host's spelling and whether this machine's DNS knows it"
          ]
        }

        ----- stderr -----
        error[cannot-connect]: cannot connect to nowhere.invalid:5432/d as u: the host name `nowhere.invalid` is unknown
          effect: nothing was changed
        next: check the host's spelling and whether this machine's DNS knows it
        "#);
}

#[test]
fn an_unknown_database_and_no_socket() {
    let mut repo = Repo::with_two();
    repo.env.set("DATABASE_URL", pg().url("nowhere"));
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to [SOCKET_DIR]/.s.PGSQL.5432/nowhere as postgres: the database `nowhere` does not exist
          sqlstate: 3D000
          effect: nothing was changed
        next: check the name, or create the database first: Enact does not
        ");
    repo.env
        .set("DATABASE_URL", "postgres://u@/d?host=/nowhere");
    said!(repo.env, repo.enact("plan"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to /nowhere/.s.PGSQL.5432/d as u: there is no server socket /nowhere/.s.PGSQL.5432
          effect: nothing was changed
        next: start the server, or name its socket directory or host: postgres://HOST/…
        ");
}

#[test]
fn a_wrong_password() {
    let guarded = TestPg::with_access(&["local all postgres trust", "local all all scram-sha-256"]);
    wait(async {
        let client = guarded.client("postgres").await;
        client
            .batch_execute("CREATE ROLE ada LOGIN SUPERUSER PASSWORD 'right'")
            .await
            .unwrap();
        guarded.sandbox().create_database("d").await.unwrap();
    });
    let mut repo = Repo::with_two();
    let url = guarded
        .sandbox()
        .url_as("ada", "d")
        .replace("ada@", "ada:wr%40ng@");
    repo.env.set("DATABASE_URL", &url);
    let refused = repo.enact("apply");
    said!(repo.env, refused, @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to [SOCKET_DIR]/.s.PGSQL.5432/d as ada: the password for `ada` is wrong
          sqlstate: 28P01
          effect: nothing was changed
        next: the password came from the connection string: correct it there
        ");
    repo.env.set("DATABASE_URL", url.replace(":wr%40ng@", "@"));
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to [SOCKET_DIR]/.s.PGSQL.5432/d as ada: the server asks for a password for `ada` and none was found
          effect: nothing was changed
        next: give it in the URL, in PGPASSWORD or in ~/.pgpass
        ");
    repo.env
        .set("DATABASE_URL", url.replace("wr%40ng", "right"));
    let done = repo.enact("apply --format json");
    assert!(
        done.code == Some(0) && !done.stdout.contains("right"),
        "{done}"
    );
}

#[test]
fn a_session_that_may_not_write() {
    let repo = Repo::with_two();
    repo.sql(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        repo.database
    ));
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: transactions of `postgres` are read-only here
          effect: nothing was changed
        next: use a role that may write and check default_transaction_read_only for role, database and server
        ");
}

#[test]
fn a_standby() {
    let standby = TestPg::start();
    standby.kill_immediate();
    std::fs::write(standby.sandbox().data_dir().join("standby.signal"), "").unwrap();
    standby.restart();
    let mut repo = Repo::with_two();
    repo.env.set("DATABASE_URL", standby.url("postgres"));
    said!(repo.env, repo.enact("apply"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: the server is a standby, which cannot be changed and may lag behind
          effect: nothing was changed
        next: connect to the primary server; with several hosts add target_session_attrs=primary
        ");
    assert_eq!(repo.enact("status").code, Some(43));
}

#[test]
fn a_url_that_is_none() {
    let mut repo = Repo::with_two();
    repo.env.set("DATABASE_URL", "postgres://u:hunter@2/x@h/d");
    let output = repo.enact("apply");
    assert!(!output.stderr.contains("hunter"), "{output}");
    said!(repo.env, output, @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: a special character in the URL is not percent-encoded: write `@` as %40, `/` as %2F, `?` as %3F, `#` as %23
        ");
    repo.env.set("DATABASE_URL", "mysql://u:hunter2@h/d");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the URL does not begin with postgres:// or postgresql://
        ");
}
