//! Arguments, variables, `.env` and enact.toml, and which of them wins.

use crate::kit::{Repo, env, pg, wait};
use crate::said;

const ENVIRONMENTS: &str =
    "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n
[environments.staging]\nurl = { env = \"STAGING_URL\" }\n
[environments.production]\nurl = { env = \"PRODUCTION_URL\" }\nprotected = true\n";

fn repo() -> Repo {
    let mut repo = Repo::with_two();
    let url = pg().url(&repo.database);
    repo.env
        .set("DATABASE_URL", "")
        .set("STAGING_URL", &url)
        .set("PRODUCTION_URL", &url);
    repo.env.write("enact.toml", ENVIRONMENTS);
    repo
}

#[test]
fn no_target_is_the_default() {
    let repo = repo();
    said!(repo.env, repo.enact("apply"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: no target is named; enact.toml has production, staging
        next: name one, for example with `-e staging`
        ");
    let bare = env();
    bare.write(
        "enact.toml",
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"m\"\n",
    );
    said!(bare, bare.enact(["status"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: no target is named
        next: name one with `--database-url URL`, DATABASE_URL, or -e NAME and [environments.NAME] in enact.toml
        ");
}

#[test]
fn an_environment_by_name() {
    let mut repo = repo();
    said!(repo.env, repo.enact("status -e staging"), @r"
        exit: 0
        ----- stdout -----
        staging: postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core nothing applied, 2 pending
             001_create_sites  pending
             002_add_city      pending
        no ledger yet: the first `enact apply` installs it

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("status -e stagign"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: no environment `stagign`: did you mean `staging`?
        next: name one that enact.toml has, or add [environments.stagign] to it
        ");
    repo.env.set("STAGING_URL", "");
    said!(repo.env, repo.enact("status -e staging"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the connection string of environment `staging` cannot be had: environment variable STAGING_URL is not set
        ");
}

#[test]
fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let mut repo = repo();
    repo.env.unset("DATABASE_URL");
    let other = wait(pg().fresh());
    let url = pg().url(&other);
    let at = |repo: &Repo, line: &str| {
        let output = repo.done(line).stdout;
        let database = |name: &str| output.contains(&format!(".s.PGSQL.5432/{name}?"));
        (database(&repo.database), database(&other))
    };
    repo.env.set("ENACT_DATABASE_URL", &url);
    assert_eq!(at(&repo, "status"), (false, true));
    assert_eq!(
        at(&repo, "status -e staging"),
        (true, false),
        "a flag over a variable"
    );
    repo.env.write(".env", "ENACT_ENV=staging\n");
    assert_eq!(at(&repo, "status"), (false, true), "a variable over .env");
    repo.env.set("ENACT_DATABASE_URL", "");
    assert_eq!(at(&repo, "status"), (true, false), ".env over nothing");
    repo.env.write(".env", format!("DATABASE_URL={url}\n"));
    assert_eq!(at(&repo, "status"), (false, true), "DATABASE_URL in .env");
    repo.env.set("DATABASE_URL", pg().url(&repo.database));
    assert_eq!(
        at(&repo, "status"),
        (true, false),
        "the environment over .env"
    );
    repo.env.set("DATABASE_URL", "");
    let none = repo.enact("status");
    assert_eq!(none.code, Some(2), "set to nothing over .env\n{none}");
}

#[test]
fn two_targets_contradict_each_other() {
    let mut repo = repo();
    said!(repo.env, repo.enact("status -e staging --database-url postgres://u:hunter2@h/d"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: --env and --database-url name two targets

        Usage: enact status [OPTIONS]

        For more information, try '--help'.
        ");
    repo.env
        .set("ENACT_ENV", "staging")
        .set("ENACT_DATABASE_URL", "postgres://h/d");
    let output = repo.enact("status");
    assert!(
        output.code == Some(2) && output.stderr.contains("ENACT_ENV and ENACT_DATABASE_URL"),
        "{output}"
    );
}

#[test]
fn libpq_variables_choose_too() {
    let mut repo = Repo::with_two();
    repo.env.set("DATABASE_URL", "");
    repo.env
        .set("PGHOST", pg().sandbox().socket_dir())
        .set("PGDATABASE", &repo.database)
        .set("PGUSER", "postgres");
    repo.done("apply");
}

#[test]
fn flags_as_variables() {
    let mut repo = repo();
    repo.env
        .set("ENACT_ENV", "production")
        .set("ENACT_YES", "1")
        .set("ENACT_STEPS", "1")
        .set("ENACT_FORMAT", "json")
        .set("ENACT_QUIET", "true");
    let output = repo.done("apply");
    assert!(
        output.stdout.contains("\"position\": 1") && output.stderr.is_empty(),
        "{output}"
    );
    repo.env.set("ENACT_STEPS", "none");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: invalid value 'none' for '--steps <N>': invalid digit found in string

        For more information, try '--help'.
        ");
}

#[test]
fn the_configuration_is_found_upwards_or_named() {
    let mut repo = Repo::with_two();
    repo.done("apply");
    std::fs::create_dir_all(repo.env.dir().join("deep/er")).unwrap();
    let mut command = repo.env.command();
    let output = command
        .args(["status"])
        .current_dir(repo.env.dir().join("deep/er"))
        .output()
        .unwrap();
    assert!(output.status.success());
    repo.env.set("ENACT_CONFIG", "elsewhere/enact.toml");
    said!(repo.env, repo.enact("status"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: cannot read [DIR]/elsewhere/enact.toml
          cause: No such file or directory (os error 2)
        ");
    let bare = env();
    said!(bare, bare.enact(["validate"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: no enact.toml in [DIR] nor in a folder above it: begin with `enact init`
        next: enact init core
        ");
}

#[test]
fn a_configuration_with_mistakes() {
    let env = env();
    env.write("enact.toml", "[project]\nkind = \"core\"\nnmae = \"core\"\nmigrations = \"m\"\n\n[environments.staging]\nurl = \"postgres://u:hunter2@h/d\"\n");
    said!(env, env.enact(["validate"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the configuration is invalid
          problem: [DIR]/enact.toml:3:1: unknown key `nmae` (did you mean `name`?)
        next: edit [DIR]/enact.toml
        ");
    let document = env.enact(["validate", "--format", "json"]);
    assert_eq!(document.code, Some(2));
    assert!(
        !document.stdout.contains("hunter2") && document.stdout.contains("\"code\": \"usage\""),
        "{document}"
    );
}

#[test]
fn arguments_that_are_wrong() {
    let env = env();
    said!(env, env.enact(["aply"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: unrecognized subcommand 'aply'

          tip: a similar subcommand exists: 'apply'

        Usage: enact [OPTIONS] <COMMAND>

        For more information, try '--help'.
        ");
    said!(env, env.enact(["apply", "postgres://u:hunter2@h/d", "--format", "json"]), @r#"
        exit: 2
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 2,
          "code": "usage",
          "message": "unexpected argument 'postgres://u:***@h/d' found",
          "next": [
            "enact --help"
          ]
        }

        ----- stderr -----
        error: unexpected argument 'postgres://u:***@h/d' found

        Usage: enact apply [OPTIONS]

        For more information, try '--help'.
        "#);
    said!(env, env.enact(["apply", "--lock-timeout", "5"]), @r#"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: invalid value '5' for '--lock-timeout <TIME>': `5` is no duration: write a whole number with a unit, such as "[DURATION]", "[DURATION]", "2min" or "1h"

        For more information, try '--help'.
        "#);
}
