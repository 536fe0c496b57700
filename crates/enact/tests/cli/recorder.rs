//! The recorder of DDL: what it notes, what it must not, and that it never stands in anybody's way.

use serde_json::Value;
use tokio_postgres::Client;

use crate::kit::{Repo, pg, wait};
use crate::said;

/// At 002, with the recorder at work, and the server's three roles made.
fn recorded() -> Repo {
    let repo = Repo::with_two();
    repo.done("apply");
    repo.done("recorder install");
    repo
}

/// `tag object` of what is noted, oldest first.
fn noted(repo: &Repo) -> String {
    repo.value(
        "SELECT string_agg(tag || CASE WHEN dropped THEN ' -' ELSE ' +' END || coalesce(object, object_type, ''), '; ' ORDER BY seq) \
         FROM enact.ddl WHERE tag NOT LIKE 'enact %'",
    )
}

async fn login(repo: &Repo, role: &str) -> Client {
    let admin = pg().client(&repo.database).await;
    admin
        .batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
             GRANT CREATE, USAGE ON SCHEMA public TO {role}"
        ))
        .await
        .unwrap();
    let url = pg()
        .url(&repo.database)
        .replace("postgres@", &format!("{role}@"));
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

#[test]
fn drift_names_its_author() {
    let repo = recorded();
    wait(async {
        let ada = login(&repo, "ada").await;
        ada.batch_execute("SET application_name = 'psql'; CREATE TABLE stray (i int); COMMENT ON TABLE stray IS 'x'")
            .await
            .unwrap();
    });
    repo.sql("ALTER TABLE sites ADD COLUMN more text; GRANT SELECT ON sites TO pg_monitor");
    said!(repo.env, repo.enact("drift"), @r"
        exit: 33
        ----- stdout -----
        + column public.sites.more
            + text
            by postgres, [TIME]: ALTER TABLE
        + column public.stray.i
            + integer
            by ada, psql, [TIME]: CREATE TABLE
        + comment on table public.stray
            + x
            by ada, psql, [TIME]: COMMENT
        ~ grant on schema public
            + ada: create, usage
              public: usage
              the owner: create, usage
            by postgres, [TIME]: GRANT
        + grant on table public.sites
            + pg_monitor: select
            + the owner: delete, insert, references, select, trigger, truncate, update
            by postgres, [TIME]: GRANT
            by postgres, [TIME]: ALTER TABLE
        + owner of table public.stray
            + ada
            by ada, psql, [TIME]: CREATE TABLE
        + table public.stray
            + table
            by ada, psql, [TIME]: CREATE TABLE
        drift: 7 objects
          recorded sha256:[SHA256]
          now      sha256:[SHA256]
          by ada, postgres
        next: undo what was wrong by hand; what is right becomes a migration
        next: enact apply --accept-drift 'REASON'

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, nothing pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
        schema drifted: 7 objects not as recorded, see `enact drift`
          by ada, postgres

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("verify"), @r"
        exit: 19
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        ledger: 5 entries, [TIME] to [TIME], consistent
          head sha256:[SHA256]
          root sha256:[SHA256]
          not compared: no checkpoint from elsewhere was given: that its end was cut or all of it
          rewritten is not excluded (--known FILE)
        guards: as installed
        schema: differs from the recorded one
          + column public.sites.more, by postgres (ALTER TABLE)
          + column public.stray.i, by ada (CREATE TABLE)
          + comment on table public.stray, by ada (COMMENT)
          ~ grant on schema public, by postgres (GRANT)
          + grant on table public.sites, by postgres (GRANT)
          + owner of table public.stray, by ada (CREATE TABLE)
          + table public.stray, by ada (CREATE TABLE)

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("recorder status"), @r"
        exit: 0
        ----- stdout -----
        the recorder is at work
        by postgres, [TIME]: GRANT  TABLE
        by postgres, [TIME]: ALTER TABLE  public.sites
        by ada, psql, [TIME]: COMMENT  public.stray
        by ada, psql, [TIME]: CREATE TABLE  public.stray
        by postgres, [TIME]: GRANT  SCHEMA
        by postgres, enact/0.1.0, [TIME]: enact recorder install

        ----- stderr -----
        ");
    let output = repo.enact("drift --format json");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["recorder"], "at-work");
    let objects = document["objects"].as_array().unwrap();
    let of = |name: &str| {
        let found = objects.iter().find(|object| object["object"] == name);
        found.unwrap()["authors"][0].clone()
    };
    assert_eq!(of("table public.stray")["login"], "ada");
    assert_eq!(of("table public.stray")["application"], "psql");
    assert_eq!(of("column public.sites.more")["login"], "postgres");
    assert_eq!(of("column public.sites.more")["command"], "ALTER TABLE");
    assert_eq!(of("grant on table public.sites")["command"], "GRANT");

    // The next run puts them into the chain.
    let accepted = repo.env.enact(["apply", "--accept-drift", "agreed"]);
    assert_eq!(accepted.code, Some(0), "{accepted}");
    let history: Value = serde_json::from_str(&repo.done("history --format json").stdout).unwrap();
    let entries = history["entries"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["kind"] == "drift.found");
    let text = found.unwrap()["fact"].to_string();
    assert!(text.contains("\"login\":\"ada\""), "{text}");
    repo.done("drift");
    assert_eq!(repo.enact("verify").code, Some(3));
}

#[test]
fn runs_of_enact_leave_no_trace() {
    let repo = recorded();
    repo.migration(
        "003_much",
        "CREATE TABLE t (id int PRIMARY KEY, b text);\nCREATE INDEX CONCURRENTLY t_b ON t (b);\nDROP TABLE t;\nCREATE VIEW v AS SELECT 1 AS one;",
        "DROP VIEW v;",
    );
    repo.done("apply");
    repo.done("rollback --yes");
    repo.done("redo --yes");
    assert_eq!(noted(&repo), "");
    repo.done("drift");
    assert_eq!(repo.enact("verify").code, Some(3));
}

#[test]
fn every_way_of_changing_a_schema_is_noted() {
    let repo = recorded();
    repo.sql("CREATE TABLE t (id int)");
    repo.sql("CREATE INDEX CONCURRENTLY t_i ON t (id)");
    repo.sql("REINDEX INDEX CONCURRENTLY t_i");
    repo.sql("DROP INDEX CONCURRENTLY t_i");
    repo.sql("CREATE TABLE part (a int) PARTITION BY LIST (a); CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)");
    repo.sql("ALTER TABLE part DETACH PARTITION part_1 ");
    repo.sql("CREATE TEMP TABLE mine (i int); DROP TABLE mine");
    repo.sql("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one");
    repo.sql("REFRESH MATERIALIZED VIEW m");
    repo.sql("DROP TABLE t, part, part_1");
    repo.sql("SELECT 1 AS x INTO copied");
    repo.sql("SET session_replication_role = replica; DROP TABLE copied");
    repo.sql("ALTER TABLE enact.ledger DISABLE TRIGGER ledger_is_append_only");
    insta::assert_snapshot!(noted(&repo).replace("; ", "\n"), @r"
        CREATE TABLE +public.t
        CREATE INDEX +public.t_i
        DROP INDEX -public.t_i
        CREATE TABLE +public.part
        CREATE TABLE +public.part_1
        ALTER TABLE +public.part
        CREATE MATERIALIZED VIEW +public.m
        DROP TABLE -public.part_1
        DROP TABLE -public.part
        DROP TABLE -public.t
        SELECT INTO +public.copied
        DROP TABLE -public.copied
        ALTER TABLE +enact.ledger
        ");
}

/// Locks can be taken by anybody, so they alone do not silence the recorder.
#[test]
fn the_locks_of_a_run_silence_nothing() {
    let repo = recorded();
    wait(async {
        let one = login(&repo, "mallory").await;
        let two = login(&repo, "mallory").await;
        one.batch_execute("SELECT pg_advisory_lock(1701732707, 1)")
            .await
            .unwrap();
        two.batch_execute("SELECT pg_advisory_lock(1701732707, 2); SET application_name = 'enact/1'; CREATE TABLE sly (i int)")
            .await
            .unwrap();
    });
    assert!(
        noted(&repo).ends_with("CREATE TABLE +public.sly"),
        "{}",
        noted(&repo)
    );
}

#[test]
fn nothing_makes_a_command_fail() {
    let repo = recorded();
    wait(async {
        let mut ada = login(&repo, "ada").await;
        // What the recorder writes to is locked, then gone.
        let admin = pg().client(&repo.database).await;
        admin
            .batch_execute("BEGIN; LOCK TABLE enact.ddl IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        ada.batch_execute("CREATE TABLE one (i int)").await.unwrap();
        admin
            .batch_execute("DROP TABLE enact.ddl; COMMIT")
            .await
            .unwrap();
        ada.batch_execute("CREATE TABLE two (i int)").await.unwrap();
        let transaction = ada.transaction().await.unwrap();
        transaction
            .batch_execute("CREATE TABLE three (i int)")
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    });
    assert_eq!(
        repo.value("SELECT count(*) FROM pg_class WHERE relname IN ('one', 'two', 'three')"),
        "3"
    );
    let output = repo.enact("verify");
    assert_eq!(output.code, Some(19), "{output}");
    assert!(output.stdout.contains("enact.ddl is missing"), "{output}");
}

#[test]
fn is_guarded_and_can_be_taken_down() {
    let repo = recorded();
    repo.sql("CREATE TABLE t (i int)");
    assert_eq!(
        repo.refused_sql("UPDATE enact.ddl SET login = 'nobody'"),
        "EN004"
    );
    assert_eq!(repo.refused_sql("DELETE FROM enact.ddl"), "EN004");
    assert_eq!(repo.refused_sql("TRUNCATE enact.ddl"), "EN004");
    repo.sql("DROP TABLE t");
    assert_eq!(repo.enact("verify").code, Some(3));
    for (damage, mend) in [
        (
            "ALTER EVENT TRIGGER enact_ddl DISABLE",
            "ALTER EVENT TRIGGER enact_ddl ENABLE ALWAYS",
        ),
        ("DROP EVENT TRIGGER enact_drop", ""),
        (
            "CREATE OR REPLACE FUNCTION enact.note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "",
        ),
        (
            "ALTER TABLE enact.ddl DISABLE TRIGGER ddl_is_append_only",
            "",
        ),
        (
            "GRANT INSERT ON enact.ddl TO public",
            "REVOKE INSERT ON enact.ddl FROM public",
        ),
    ] {
        repo.sql(damage);
        let output = repo.enact("verify");
        assert_eq!(output.code, Some(19), "{damage}\n{output}");
        match mend {
            "" => drop(repo.done("recorder install")),
            mend => repo.sql(mend),
        }
        let output = repo.enact("verify");
        assert_eq!(output.code, Some(3), "{mend}\n{output}");
    }
    said!(repo.env, repo.enact("recorder install"), @r"
        exit: 0
        ----- stdout -----
        the recorder was at work; it is installed anew

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("recorder remove"), @r"
        exit: 0
        ----- stdout -----
        the recorder is gone; what it noted stays in enact.ddl

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("recorder remove --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.recorder/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "recorder": "absent",
          "unchanged": true
        }

        ----- stderr -----
        "#);
    said!(repo.env, repo.enact("recorder status --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.recorder/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "recorder": "absent",
          "noted": [
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder remove",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            },
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder install",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            },
            {
              "object_type": "TABLE",
              "dropped": false,
              "at": "[TIME]",
              "command": "REVOKE",
              "login": "postgres",
              "role": "postgres"
            },
            {
              "object_type": "TABLE",
              "dropped": false,
              "at": "[TIME]",
              "command": "GRANT",
              "login": "postgres",
              "role": "postgres"
            },
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder install",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            },
            {
              "object": "enact.ddl",
              "object_type": "table",
              "dropped": false,
              "at": "[TIME]",
              "command": "ALTER TABLE",
              "login": "postgres",
              "role": "postgres"
            },
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder install",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            },
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder install",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            },
            {
              "object": "public.t",
              "object_type": "table",
              "dropped": true,
              "at": "[TIME]",
              "command": "DROP TABLE",
              "login": "postgres",
              "role": "postgres"
            },
            {
              "object": "public.t",
              "object_type": "table",
              "dropped": false,
              "at": "[TIME]",
              "command": "CREATE TABLE",
              "login": "postgres",
              "role": "postgres"
            },
            {
              "dropped": false,
              "at": "[TIME]",
              "command": "enact recorder install",
              "login": "postgres",
              "role": "postgres",
              "application": "enact/0.1.0"
            }
          ]
        }

        ----- stderr -----
        "#);
    assert_eq!(repo.enact("verify").code, Some(3));
    let before = noted(&repo);
    repo.sql("CREATE TABLE unseen (i int); DROP TABLE unseen");
    assert_eq!(noted(&repo), before);
    repo.done("recorder install");
    assert_eq!(noted(&repo), before);
}

#[test]
fn refusals_say_what_to_do() {
    let mut repo = Repo::with_two();
    said!(repo.env, repo.enact("recorder install"), @r"
        exit: 19
        ----- stdout -----

        ----- stderr -----
        error[database-differs]: schema enact is not installed here, and the recorder is part of it
        next: enact apply
        ");
    repo.done("apply");
    wait(async {
        let _ada = login(&repo, "ada").await;
        let admin = pg().client(&repo.database).await;
        admin
            .batch_execute("GRANT enact_reader TO ada")
            .await
            .unwrap();
    });
    let own = pg().url(&repo.database);
    repo.env
        .set("DATABASE_URL", own.replace("postgres@", "ada@"));
    said!(repo.env, repo.enact("recorder install"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: this database role may not create event triggers: the recorder takes a superuser's rights
          sqlstate: 42501
          server: permission denied for schema enact
          effect: nothing was changed
        next: run it once as a superuser; where the host gives none to anybody, there is no recorder, and drift is found without its author
        ");
    said!(repo.env, repo.enact("recorder status"), @r"
        exit: 0
        ----- stdout -----
        the recorder is absent; `enact recorder install` puts it up

        ----- stderr -----
        ");
    repo.env.set("DATABASE_URL", own);
    repo.done("recorder install");
    repo.sql("CREATE TABLE stray (i int)");
    repo.env.set(
        "DATABASE_URL",
        pg().url(&repo.database).replace("postgres@", "ada@"),
    );
    let output = repo.enact("drift");
    assert_eq!(output.code, Some(33), "{output}");
    assert!(output.stdout.contains("by postgres"), "{output}");
    // Whoever may read the ledger, but not what the recorder noted, is told so.
    repo.sql("REVOKE SELECT ON enact.ddl FROM enact_reader");
    let output = repo.enact("drift");
    assert_eq!(output.code, Some(33), "{output}");
    assert!(
        output.stdout.contains("which this role may not read"),
        "{output}"
    );
    said!(repo.env, repo.enact("recorder status"), @r"
        exit: 0
        ----- stdout -----
        the recorder is at work
        what it noted is in enact.ddl, which this role may not read: it takes the role enact_reader

        ----- stderr -----
        ");
}
