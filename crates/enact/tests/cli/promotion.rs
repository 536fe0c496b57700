//! What staging has not gone through does not reach production.

use crate::kit::{Repo, pg, wait};
use crate::said;

const CONFIG: &str =
    "[project]\nkind = \"sponsor\"\nname = \"orion\"\nmigrations = \"migrations\"\n
[environments.staging]\nurl = { env = \"STAGING\" }\n
[environments.production]\nurl = { env = \"PRODUCTION\" }\nprotected = true\nafter = \"staging\"\n";

/// A repository of orion with an empty staging and an empty production.
fn sponsor() -> Repo {
    sponsor_with_production().0
}

/// The same with the name of production's database.
fn sponsor_with_production() -> (Repo, String) {
    let mut repo = Repo::with_two();
    let production = wait(pg().fresh());
    repo.env
        .set("DATABASE_URL", "")
        .set("STAGING", pg().url(&repo.database))
        .set("PRODUCTION", pg().url(&production))
        .hide(format!("/{production}"), "/[PRODUCTION]");
    repo.env.write("enact.toml", CONFIG);
    (repo, production)
}

/// Applied, undone and applied again.
fn through_staging(repo: &Repo) {
    repo.done("apply -e staging");
    repo.done("rollback -e staging --to 000 --yes");
    repo.done("apply -e staging");
}

const APPLY: &str = "apply -e production --yes";

#[test]
fn nothing_that_staging_has_not_applied() {
    let repo = sponsor();
    said!(repo.env, repo.enact(APPLY), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply orion: 000 to 002, 2 steps
          + orion:001_create_sites .........................  1 statement, one transaction
          + orion:002_add_city .............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: orion:001_create_sites is not applied there
          missing: orion:002_add_city is not applied there
          effect: nothing was changed
        next: enact apply -e staging
        ");
    let plan = repo.done("plan -e production");
    assert!(
        plan.stderr.contains("this plan would be refused:")
            && plan
                .stderr
                .contains("orion:002_add_city is not applied there"),
        "{plan}"
    );
    repo.done("apply -e staging --steps 1");
    said!(repo.env, repo.enact(APPLY), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply orion: 000 to 002, 2 steps
          + orion:001_create_sites .........................  1 statement, one transaction
          + orion:002_add_city .............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: orion:001_create_sites was never rolled back there
          missing: orion:002_add_city is not applied there
          effect: nothing was changed
        next: enact apply -e staging
        next: enact redo -e staging, or rollback and apply where it is not the newest
        ");
}

#[test]
fn nothing_whose_rollback_staging_has_not_run() {
    let repo = sponsor();
    repo.done("apply -e staging");
    said!(repo.env, repo.enact(APPLY), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply orion: 000 to 002, 2 steps
          + orion:001_create_sites .........................  1 statement, one transaction
          + orion:002_add_city .............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: orion:001_create_sites was never rolled back there
          missing: orion:002_add_city was never rolled back there
          effect: nothing was changed
        next: enact redo -e staging, or rollback and apply where it is not the newest
        ");
    repo.done("redo -e staging --yes");
    assert_eq!(repo.enact(APPLY).code, Some(38), "002 alone was redone");
    // As far as it is shown, it goes.
    through_staging(&repo);
    said!(repo.env, repo.enact(&format!("{APPLY} --format json -q")), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.apply/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[PRODUCTION]?sslmode=prefer",
          "stream": "orion",
          "run": "[UUID]",
          "steps": [
            {
              "direction": "up",
              "stream": "orion",
              "number": 1,
              "name": "create_sites",
              "milliseconds": [MS],
              "rows": 0
            },
            {
              "direction": "up",
              "stream": "orion",
              "number": 2,
              "name": "add_city",
              "milliseconds": [MS],
              "rows": 0
            }
          ],
          "position": 2,
          "streams": [
            {
              "stream": "orion",
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
fn nothing_with_other_files_than_staging_had() {
    let repo = sponsor();
    through_staging(&repo);
    repo.env.write(
        "migrations/rollback/002_rollback.sql",
        "ALTER TABLE sites DROP COLUMN IF EXISTS city;\n",
    );
    said!(repo.env, repo.enact(APPLY), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply orion: 000 to 002, 2 steps
          + orion:001_create_sites .........................  1 statement, one transaction
          + orion:002_add_city .............................  2 statements, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: orion:002_add_city was applied there with another rollback file
          effect: nothing was changed
        next: enact rollback -e staging, then enact apply -e staging, with these files
        ");
    repo.migration(
        "001_create_sites",
        "CREATE TABLE sites (id bigint PRIMARY KEY, name text NOT NULL);",
        "DROP TABLE sites;",
    );
    let refused = repo.enact(APPLY);
    assert_eq!(refused.code, Some(38), "{refused}");
    assert!(
        refused
            .stderr
            .contains("001_create_sites was applied there with another file")
    );
}

#[test]
fn nothing_where_the_schemas_were_not_the_same_before() {
    let (mut repo, production) = sponsor_with_production();
    // Production gets what staging got, and something else by hand, which somebody accepted.
    through_staging(&repo);
    repo.done(APPLY);
    wait(async {
        let client = pg().client(&production).await;
        client
            .batch_execute("CREATE TABLE by_hand (a int)")
            .await
            .unwrap();
    });
    repo.done("apply -e production --yes --accept-drift why");
    repo.migration("003_more", "CREATE TABLE more (a int);", "DROP TABLE more;");
    repo.done("apply -e staging");
    repo.done("redo -e staging --yes");
    said!(repo.env, repo.enact(APPLY), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        apply orion: 002 to 003, 1 step
          + orion:003_more .................................  1 statement, one transaction
        plan sha256:[SHA256]
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: the schema before orion:003_more was sha256:[SHA256] there and is sha256:[SHA256] here
          effect: nothing was changed
        next: enact compare staging production: names the objects of the core in which they differ; others came with a drift that was accepted, see enact history -e staging and enact history -e production
        ");
    // A rollback is let through: it undoes what production has.
    repo.done("rollback -e production --yes");
    repo.env.set("STAGING", pg().url(&production));
    let refused = repo.enact(APPLY);
    assert_eq!(
        refused.code,
        Some(42),
        "production does not vouch for itself: {refused}"
    );
}

#[test]
fn a_migration_that_cannot_be_undone_need_not_be() {
    let repo = sponsor();
    repo.env.write(
        "migrations/003_keep.sql",
        "-- Rollback: none - it would lose the trail\nCREATE TABLE trail (a int);\n",
    );
    repo.done("apply -e staging --steps 2");
    repo.done("rollback -e staging --to 000 --yes");
    repo.done("apply -e staging");
    repo.done(APPLY);
}

#[test]
fn an_environment_comes_after_one_that_there_is() {
    let repo = sponsor();
    repo.env.write(
        "enact.toml",
        CONFIG.replace("after = \"staging\"", "after = \"production\""),
    );
    said!(repo.env, repo.enact("status -e staging"), @r#"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the configuration is invalid
          problem: [DIR]/enact.toml:12:9: `production` cannot come after `production` (name another environment of this file, such as after = "staging")
        next: edit [DIR]/enact.toml
        "#);
}

#[test]
fn a_receipt_speaks_for_a_staging_that_cannot_be_reached() {
    let mut repo = sponsor();
    repo.done("apply -e staging");
    repo.done("receipt -e staging --out early.json");
    repo.done("rollback -e staging --to 000 --yes");
    repo.done("apply -e staging");
    repo.done("receipt -e staging --out staging.json");
    let staging = pg().url(&repo.database);
    repo.env
        .set("STAGING", "postgresql://nowhere.invalid/staging");
    let refused = repo.enact(APPLY);
    assert_eq!(refused.code, Some(43), "{refused}");
    assert!(refused.stderr.contains("--receipt FILE"), "{refused}");
    let refused = repo.enact(&format!("{APPLY} --receipt early.json"));
    assert_eq!(refused.code, Some(38), "{refused}");
    assert!(
        refused.stderr.contains("was never rolled back there"),
        "{refused}"
    );
    repo.done(&format!("{APPLY} --receipt staging.json"));
    let history = repo.done("history -e production --format json");
    assert!(
        history.stdout.contains("\"receipt\": \"sha256:"),
        "{history}"
    );
    // Not one of another environment, nor one that was touched.
    repo.done("receipt -e production --out production.json");
    let refused = repo.enact(&format!("{APPLY} --receipt production.json"));
    assert_eq!(refused.code, Some(38), "{refused}");
    let text = std::fs::read_to_string(repo.env.dir().join("staging.json")).unwrap();
    repo.env.write(
        "forged.json",
        text.replacen("create_sites", "create_sitez", 1),
    );
    let refused = repo.enact(&format!("{APPLY} --receipt forged.json"));
    assert_ne!(refused.code, Some(0), "{refused}");
    repo.env.set("STAGING", staging);
    repo.done(APPLY);
}

#[test]
fn nothing_where_the_schema_before_is_not_known() {
    let (repo, _) = sponsor_with_production();
    through_staging(&repo);
    repo.done(&format!("{APPLY} --steps 1"));
    // Staging went from 000 to 002 in one run: how it was at 001, nobody saw.
    said!(repo.env, repo.enact(&format!("{APPLY} -q")), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: `production` comes after `staging`, which has not gone through this
          missing: the schema just before orion:002_add_city was not recorded there
          effect: nothing was changed
        next: enact rollback -e staging as far as production stands, then enact apply -e staging
        ");
    repo.done("rollback -e staging --to 001 --yes");
    repo.sql("CREATE TABLE by_hand (i int)");
    repo.done("apply -e staging --accept-drift known");
    let refused = repo.enact(APPLY);
    assert!(
        refused.code == Some(38)
            && refused
                .stderr
                .contains("missing: the schema before orion:002_add_city was"),
        "{refused}"
    );
    repo.done("rollback -e staging --to 001 --yes");
    repo.sql("DROP TABLE by_hand");
    repo.done("apply -e staging --accept-drift gone");
    repo.done(APPLY);
}
