//! Which database a target is: enrolled once, and no other one is touched under its name.

use crate::kit::{Repo, pg, wait};
use crate::said;

const CONFIG: &str =
    "[project]\nkind = \"sponsor\"\nname = \"orion\"\nmigrations = \"migrations\"\n
[environments.staging]\nurl = { env = \"STAGING\" }\n
[environments.production]\nurl = { env = \"PRODUCTION\" }\n";

/// A repository of orion with two environments, each applied to a database of its own.
struct Sponsor {
    repo: Repo,
    production: String,
}

impl Sponsor {
    fn new() -> Self {
        let mut repo = Repo::new();
        repo.migration(
            "001_reports",
            "CREATE TABLE reports (id int PRIMARY KEY);",
            "DROP TABLE reports;",
        );
        let production = wait(pg().fresh());
        repo.env
            .set("DATABASE_URL", "")
            .hide(format!("/{production}"), "/[PRODUCTION]");
        repo.env.write("enact.toml", CONFIG);
        let mut sponsor = Self { repo, production };
        sponsor.point("STAGING", &sponsor.repo.database.clone());
        sponsor.point("PRODUCTION", &sponsor.production.clone());
        sponsor
    }

    fn applied() -> Self {
        let sponsor = Self::new();
        sponsor.repo.done("apply -e staging");
        sponsor.repo.done("apply -e production");
        sponsor
    }

    fn point(&mut self, variable: &str, database: &str) {
        self.repo.env.set(variable, pg().url(database));
    }

    fn identity(&self, environment: &str) -> String {
        let status = self
            .repo
            .done(&format!("status -e {environment} --format json"));
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        status["identity"].as_str().unwrap().to_owned()
    }

    /// A copy of a database, with its ledger.
    fn copy(&self, of: &str) -> String {
        let copy = wait(pg().fresh());
        wait(async {
            let client = pg().client("postgres").await;
            let made = client.batch_execute(&format!("DROP DATABASE {copy}")).await;
            made.unwrap();
            let made = client
                .batch_execute(&format!("CREATE DATABASE {copy} TEMPLATE {of}"))
                .await;
            made.unwrap();
        });
        copy
    }
}

#[test]
fn swapped_connection_strings_are_refused() {
    let mut sponsor = Sponsor::applied();
    let (staging, production) = (sponsor.repo.database.clone(), sponsor.production.clone());
    sponsor.point("STAGING", &production);
    sponsor.point("PRODUCTION", &staging);
    sponsor.repo.migration(
        "002_more",
        "CREATE TABLE more (id int PRIMARY KEY);",
        "DROP TABLE more;",
    );
    let repo = &sponsor.repo;
    said!(repo.env, repo.enact("apply -e staging"), @r"
        exit: 42
        ----- stdout -----

        ----- stderr -----
        error[not-enrolled]: this is not the enrolled target: its ledger says that it is `production` of orion, not `staging` of orion
          effect: nothing was changed
        next: correct the connection string of `staging`, if it names another database
        next: enact enrol -e staging --moved --reason '…', if it was moved
        next: enact enrol -e staging --copy --reason '…', if it is a copy that is to be `staging` from now on
        ");
    for line in [
        "apply -e production",
        "rollback -e staging --yes",
        "redo -e staging --yes",
        "baseline -e staging --to 002 --reason why --no-compare",
        "amend -e staging --reason why",
        "enrol -e staging",
    ] {
        assert_eq!(repo.enact(line).code, Some(42), "{line}");
    }
    assert_eq!(repo.value("SELECT to_regclass('more') IS NULL"), "true");
    let status = repo.done("status -e staging");
    assert!(
        status
            .stdout
            .contains("not the enrolled target: its ledger says that it is `production` of orion"),
        "{status}"
    );
    let plan = repo.done("plan -e staging");
    assert!(
        plan.stderr
            .contains("not the enrolled target, so this plan would be refused"),
        "{plan}"
    );
}

#[test]
fn another_sponsors_database_is_refused() {
    let sponsor = Sponsor::applied();
    let repo = &sponsor.repo;
    repo.env
        .write("enact.toml", CONFIG.replace("orion", "vega"));
    let refused = repo.enact("apply -e staging");
    assert_eq!(refused.code, Some(42), "{refused}");
    assert!(
        refused
            .stderr
            .contains("`staging` of orion, not `staging` of vega")
    );
}

#[test]
fn a_copy_is_refused_until_it_is_a_target_of_its_own() {
    let mut sponsor = Sponsor::applied();
    let before = sponsor.identity("staging");
    let copy = sponsor.copy(&sponsor.production);
    sponsor.repo.env.hide(format!("/{copy}"), "/[COPY]");
    // As when staging is refreshed from production.
    sponsor.point("STAGING", &copy);
    let refused = sponsor.repo.enact("rollback -e staging --yes");
    assert_eq!(refused.code, Some(42), "{refused}");
    // The same environment, elsewhere.
    sponsor.point("PRODUCTION", &copy);
    said!(sponsor.repo.env, sponsor.repo.enact("rollback -e production --yes"), @r"
        exit: 42
        ----- stdout -----

        ----- stderr -----
        error[not-enrolled]: this is not the enrolled target: it was enrolled at [SOCKET_DIR]/.s.PGSQL.5432/[PRODUCTION] and is reached at [SOCKET_DIR]/.s.PGSQL.5432/[COPY]: it is a copy, or it was moved
          effect: nothing was changed
        next: correct the connection string of `production`, if it names another database
        next: enact enrol -e production --moved --reason '…', if it was moved
        next: enact enrol -e production --copy --reason '…', if it is a copy that is to be `production` from now on
        ");
    let nothing = sponsor.repo.enact("enrol -e staging --copy");
    assert_eq!(nothing.code, Some(2), "{nothing}");
    said!(
        sponsor.repo.env,
        sponsor.repo.env.enact(["enrol", "-e", "staging", "--copy", "--reason", "refreshed from production"]),
        @r"
            exit: 0
            ----- stdout -----
            `staging` of orion enrolled: [UUID] at [SOCKET_DIR]/.s.PGSQL.5432/[COPY]
            wrote its identity to enact.targets.toml: commit it

            ----- stderr -----
            "
    );
    assert_ne!(sponsor.identity("staging"), before);
    sponsor.repo.done("rollback -e staging --yes");
    // The copy is staging now, and no longer production.
    assert_eq!(sponsor.repo.enact("apply -e production").code, Some(42));
}

#[test]
fn a_moved_target_keeps_its_identity() {
    let mut sponsor = Sponsor::applied();
    let before = sponsor.identity("production");
    let moved = sponsor.copy(&sponsor.production);
    sponsor.point("PRODUCTION", &moved);
    assert_eq!(
        sponsor.repo.enact("rollback -e production --yes").code,
        Some(42)
    );
    sponsor
        .repo
        .done("enrol -e production --moved --reason new-host");
    assert_eq!(sponsor.identity("production"), before);
    sponsor.repo.done("rollback -e production --yes");
    // It is production: it cannot be said to have been staging all along.
    sponsor.point("STAGING", &moved);
    let refused = sponsor.repo.enact("enrol -e staging --moved --reason no");
    assert_eq!(refused.code, Some(42), "{refused}");
}

#[test]
fn an_empty_database_in_place_of_an_enrolled_one_is_refused() {
    let mut sponsor = Sponsor::new();
    said!(sponsor.repo.env, sponsor.repo.enact("enrol -e production"), @r"
        exit: 0
        ----- stdout -----
        `production` of orion enrolled: [UUID] at [SOCKET_DIR]/.s.PGSQL.5432/[PRODUCTION]
        wrote its identity to enact.targets.toml: commit it

        ----- stderr -----
        installed schema enact; this database is enrolled now
        ");
    let again = sponsor.repo.done("enrol -e production --format json");
    said!(sponsor.repo.env, again, @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.enrol/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[PRODUCTION]?sslmode=prefer",
          "project": "orion",
          "environment": "production",
          "identity": "[UUID]",
          "system_identifier": "[SYSTEM]",
          "endpoint": "[SOCKET_DIR]/.s.PGSQL.5432/[PRODUCTION]",
          "recorded": false,
          "noted": false
        }

        ----- stderr -----
        "#);
    let file = std::fs::read_to_string(sponsor.repo.env.dir().join("enact.targets.toml")).unwrap();
    assert!(file.contains(&sponsor.identity("production")), "{file}");
    sponsor.repo.done("apply -e production");
    let empty = wait(pg().fresh());
    sponsor.point("PRODUCTION", &empty);
    let refused = sponsor.repo.enact("apply -e production");
    assert_eq!(refused.code, Some(42), "{refused}");
    assert!(
        refused
            .stderr
            .contains("it holds no ledger, but `production` is enrolled")
    );
    let nothing = wait(async {
        let client = pg().client(&empty).await;
        let asked = client.query_one("SELECT to_regnamespace('enact') IS NULL", &[]);
        asked.await.unwrap().get::<_, bool>(0)
    });
    assert!(nothing, "nothing was installed");
}

#[test]
fn a_backup_that_was_restored_in_another_cluster_is_refused() {
    let mut sponsor = Sponsor::applied();
    let elsewhere = enact_testkit::TestPg::start();
    let restored = wait(elsewhere.fresh());
    // The ledger of production, row by row, as a backup brings it.
    sponsor.repo.env.set("ELSEWHERE", elsewhere.url(&restored));
    sponsor.repo.env.write(
        "enact.toml",
        format!("{CONFIG}\n[environments.elsewhere]\nurl = {{ env = \"ELSEWHERE\" }}\n"),
    );
    sponsor.repo.done("apply -e elsewhere");
    wait(async {
        let from = pg().client(&sponsor.production).await;
        let to = elsewhere.client(&restored).await;
        let rows = "SELECT string_agg(format('(%s, %L::bytea, %L::bytea, %L::bytea, %L::timestamptz)', seq, prev, body, hash, appended_at), ', ') FROM enact.ledger";
        let rows: String = from.query_one(rows, &[]).await.unwrap().get(0);
        let restore = format!(
            "ALTER TABLE enact.ledger DISABLE TRIGGER ALL; TRUNCATE enact.ledger; \
             INSERT INTO enact.ledger (seq, prev, body, hash, appended_at) VALUES {rows}; \
             ALTER TABLE enact.ledger ENABLE TRIGGER ALL"
        );
        to.batch_execute(&restore).await.unwrap();
    });
    sponsor.repo.env.set("PRODUCTION", elsewhere.url(&restored));
    let refused = sponsor.repo.enact("rollback -e production --yes");
    assert_eq!(refused.code, Some(42), "{refused}");
    // A cluster that initdb made would have another system identifier as well; those of tests are copies of one.
    assert!(refused.stderr.contains("it was enrolled "), "{refused}");
}

#[test]
fn a_ledger_from_before_is_bound_by_the_first_run_that_names_its_environment() {
    let mut sponsor = Sponsor::new();
    let url = pg().url(&sponsor.repo.database);
    sponsor.repo.env.set("DATABASE_URL", &url);
    sponsor.repo.done("apply");
    sponsor.repo.done("redo -e staging --yes");
    sponsor.point("PRODUCTION", &sponsor.repo.database.clone());
    assert_eq!(sponsor.repo.enact("apply -e production").code, Some(42));
    // Nobody goes round what holds for an environment by not naming it.
    for line in ["redo --yes", "rollback --yes", "apply"] {
        let refused = sponsor.repo.enact(line);
        assert_eq!(refused.code, Some(42), "{refused}");
        assert!(
            refused
                .stderr
                .contains("`staging` of orion, and no environment was named")
                && refused.stderr.contains("-e staging"),
            "{refused}"
        );
    }
    // Looking is free.
    sponsor.repo.done("status");
    sponsor.repo.done("plan");
}

#[test]
fn a_damaged_file_of_targets_is_named() {
    let sponsor = Sponsor::new();
    sponsor
        .repo
        .env
        .write("enact.targets.toml", "[production]\nidentity = \"none\"\n");
    said!(sponsor.repo.env, sponsor.repo.enact("status -e production"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: [DIR]/enact.targets.toml: missing field `system_identifier`; have it written again with `enact enrol`
        ");
}
