//! `sandbox run`, and `baseline`, which uses one.

use crate::kit::{Repo, env, pg};
use crate::said;

#[test]
fn a_command_gets_a_database() {
    let mut env = env();
    env.set("PGHOST", "nowhere.invalid")
        .set("PGSERVICE", "none");
    let script =
        "psql -XAtc 'select current_user' && psql -XAtc 'select 1' \"$DATABASE_URL\" && exit 7";
    said!(env, env.enact(["sandbox", "run", "--", "sh", "-c", script]), @r"
        exit: 7
        ----- stdout -----
        postgres
        1

        ----- stderr -----
        ");
}

#[test]
fn on_a_server_of_somebody_else() {
    let env = env();
    let url = pg().url("postgres");
    let script = "psql -XAtc 'select current_database()'; kill -TERM $$";
    let output = env.enact([
        "sandbox",
        "run",
        "--scratch-url",
        &url,
        "--",
        "sh",
        "-c",
        script,
    ]);
    said!(env, output, @r"
        exit: 143
        ----- stdout -----
        [SCRATCH]

        ----- stderr -----
        ");
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'enact\\_scratch%'";
    assert_eq!(Repo::new().value(left), "0");
}

#[test]
fn a_command_that_is_none() {
    let env = env();
    said!(env, env.enact(["sandbox", "run", "--", "/no/such/program"]), @r"
        exit: 1
        ----- stdout -----

        ----- stderr -----
        error[unexpected]: cannot start `/no/such/program`: No such file or directory (os error 2)
        ");
    let other = env.enact(["sandbox", "run", "--pg-major", "9", "--", "true"]);
    assert_eq!(other.code, Some(1), "{other}");
    assert!(other.stderr.contains("error[unexpected]: "), "{other}");
    // Which majors there are differs between machines.
    let named = ["no PostgreSQL 9 server found, only ", ", not 9"];
    assert!(
        named.iter().any(|words| other.stderr.contains(words)),
        "{other}"
    );
    said!(env, env.enact(["sandbox", "run", "--pg-bindir", "/nowhere", "--", "true"]), @r"
        exit: 1
        ----- stdout -----

        ----- stderr -----
        error[unexpected]: /nowhere holds no usable PostgreSQL server binaries: no initdb there
        ");
}

#[test]
fn a_baseline_is_compared_with_the_files() {
    let repo = Repo::with_two();
    repo.sql("CREATE TABLE sites (id int PRIMARY KEY, name text NOT NULL)");
    let baseline = |to: &str, more: &[&str]| {
        let words = ["baseline", "--to", to, "--reason", "made by hand"];
        repo.env.enact(words.iter().chain(more))
    };
    said!(repo.env, baseline("002", &[]), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        making 002 from the files in a sandbox, to compare
        error[drift]: the database is not what the files up to 002 make
          objects: - column public.sites.city
            - comment on column public.sites.city
          effect: the schema was not changed
        next: mend the database or the files, or name another --to
        next: enact baseline --accept-differences …
        ");
    assert_eq!(
        repo.value("SELECT to_regnamespace('enact')"),
        "",
        "nothing is installed"
    );
    said!(repo.env, baseline("001", &[]), @r"
        exit: 0
        ----- stdout -----
        1 migration adopted; core stands at 001; the schema is what the files make

        ----- stderr -----
        making 001 from the files in a sandbox, to compare
        installed schema enact; this database is enrolled now
        ");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 001, 1 pending
          +  001_create_sites  adopted [TIME]  Ada Example
             002_add_city      pending
        schema as recorded

        ----- stderr -----
        ");
    said!(repo.env, baseline("001", &["--format", "json"]), @r#"
        exit: 2
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 2,
          "code": "usage",
          "message": "the ledger already holds `core` up to 001: a baseline is for a database without history",
          "effect": "nothing was changed",
          "next": [
            "enact status"
          ]
        }

        ----- stderr -----
        making 001 from the files in a sandbox, to compare
        error[usage]: the ledger already holds `core` up to 001: a baseline is for a database without history
          effect: nothing was changed
        next: enact status
        "#);
    repo.done("apply");
    said!(repo.env, repo.enact("rollback --yes --to 0"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: core:001_create_sites was adopted by a baseline and not run by Enact; it is not rolled back
          effect: nothing was changed
        next: enact status
        ");
}

#[test]
fn a_baseline_without_comparison_as_a_document() {
    let repo = Repo::with_two();
    let words = [
        "baseline",
        "--to",
        "1",
        "--reason",
        "x",
        "--no-compare",
        "--format",
        "json",
    ];
    said!(repo.env, repo.env.enact(words), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.baseline/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "stream": "core",
          "position": 1,
          "migrations": 1,
          "compared": false,
          "fingerprint": "sha256:[SHA256]",
          "entries": 2
        }

        ----- stderr -----
        installed schema enact; this database is enrolled now
        "#);
}
