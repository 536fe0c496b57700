//! Core and extension in one database.

use crate::said;
use crate::world::World;

#[test]
fn core_comes_first_and_both_are_shown() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    world.done("orion", "pin");
    said!(world.env, world.enact("orion", "plan -e staging"), @r"
        exit: 0
        ----- stdout -----
        apply core 1.1.0: 000 to 002, orion: 000 to 001, 3 steps
          + core:001_sites .................................  2 statements, one transaction
          + core:002_visits ................................  1 statement, one transaction
          + orion:001_reports ..............................  2 statements, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        ");
    world.done("orion", "apply -e staging --to core:001");
    said!(world.env, world.enact("orion", "apply -e staging -q"), @r"
        exit: 0
        ----- stdout -----
        2 steps done; core stands at 002_visits, orion stands at 001_reports

        ----- stderr -----
        ");
    said!(world.env, world.enact("orion", "status -e staging --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.status/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "environment": "staging",
          "identity": "[UUID]",
          "enrolled": "orion staging",
          "server_version": [VERSION],
          "release": "1.1.0",
          "stream": "orion",
          "position": 1,
          "pending": 0,
          "migrations": [
            {
              "number": 1,
              "name": "reports",
              "state": "applied",
              "reversible": true,
              "digest": "sha256-lf:[SHA256]",
              "applied_at": "[TIME]",
              "person": "Ada Example <ada@example.org>",
              "entry": 7
            }
          ],
          "disagreements": [],
          "core": {
            "stream": "core",
            "position": 2,
            "pending": 0,
            "migrations": [
              {
                "number": 1,
                "name": "sites",
                "state": "applied",
                "reversible": true,
                "digest": "sha256-lf:[SHA256]",
                "applied_at": "[TIME]",
                "person": "Ada Example <ada@example.org>",
                "entry": 3
              },
              {
                "number": 2,
                "name": "visits",
                "state": "applied",
                "reversible": true,
                "digest": "sha256-lf:[SHA256]",
                "applied_at": "[TIME]",
                "person": "Ada Example <ada@example.org>",
                "entry": 6
              }
            ],
            "disagreements": []
          },
          "other_streams": [],
          "drift": "none",
          "core_as_released": true,
          "fingerprint": "sha256:[SHA256]",
          "entries": 8,
          "head": "sha256:[SHA256]"
        }

        ----- stderr -----
        "#);
    let history = world.done("orion", "history -e staging");
    assert!(
        history.stdout.contains("core:002_visits") && history.stdout.contains("orion:001_reports")
    );
    world.left("orion", "verify -e staging", 3);
    world.done("orion", "drift -e staging");
    said!(world.env, world.enact("orion", "apply -e staging --to vega:001"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no stream `vega` here: this repository holds `core` and `orion`
          effect: nothing was changed
        next: enact status -e staging
        ");
}

#[test]
fn what_an_extension_requires_must_be_there() {
    let world = World::pinned();
    said!(world.env, world.enact("orion", "apply -e staging --to orion:001"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: orion:001_reports requires core >= 001, and nothing of core is applied
          effect: nothing was changed
        next: enact apply -e staging --to core:001
        next: enact pin, if 1.0.0 does not have it and a later release does
        ");
    world.extension(
        "002_more",
        "-- Dependencies: core >= 002, core ~ 1.0\nCREATE TABLE orion.more (a int PRIMARY KEY);",
        "DROP TABLE orion.more;",
    );
    said!(world.env, world.enact("orion", "plan -e staging"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: orion:002_more requires core >= 002, and core stands at 001
          effect: nothing was changed
        next: enact apply -e staging --to core:002
        next: enact pin, if 1.0.0 does not have it and a later release does
        ");
    world.visits();
    world.done("core", "release 1.1.0");
    world.done("orion", "pin");
    said!(world.env, world.enact("orion", "apply -e staging"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: orion:002_more requires core ~ 1.0, and this is core 1.1.0
          effect: nothing was changed
        next: pin a release that it fits, or mend its `-- Dependencies:`
        ");
    world.extension(
        "002_more",
        "-- Dependencies: core >= 002, core ~ 1.1\nCREATE TABLE orion.more (a int PRIMARY KEY);",
        "DROP TABLE orion.more;",
    );
    world.done("orion", "apply -e staging");
}

#[test]
fn what_an_extension_requires_is_not_rolled_back() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    said!(world.env, world.enact("orion", "rollback -e staging --to core:000 --yes"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: core:001_sites is not rolled back: 1 migration of another stream requires it
          requires it: orion:001_reports
          effect: nothing was changed
        next: roll back what requires it first; `enact rollback` takes the newest
        ");
    // From the core's own ledger alone: the files of the extension need not be there.
    world.sponsor("^1.0.0", "{ path = \"../core/releases\" }");
    let newest = world.done("orion", "rollback -e staging --yes");
    assert!(newest.stdout.contains("orion:001_reports"), "{newest}");
    world.done("orion", "rollback -e staging --to core:000 --yes");
    world.done("orion", "apply -e staging");
    // Both at once, the newest first.
    let both = world.done("orion", "rollback -e staging --steps 2 --yes");
    assert!(
        both.stdout
            .contains("core stands at 000, orion stands at 000"),
        "{both}"
    );
}

#[test]
fn what_depends_on_the_core_by_the_catalog_is_not_rolled_back_under() {
    let world = World::new();
    world.env.write(
        "core/enact.toml",
        format!(
            "{}\n[leave]\nindex = [\"diary.*\"]\n",
            world.read("core/enact.toml")
        ),
    );
    world.core(
        "002_visits",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);\nALTER TABLE diary.sites ADD COLUMN city text;",
        "ALTER TABLE diary.sites DROP COLUMN city;\nDROP TABLE diary.visits;",
    );
    world.done("core", "release 1.1.0");
    // It says less than it needs.
    world.extension(
        "001_reports",
        "-- Dependencies: core >= 001\nCREATE SCHEMA orion;\n\
         CREATE VIEW orion.report AS SELECT city FROM diary.sites;\n\
         CREATE TABLE orion.notes (visit int PRIMARY KEY REFERENCES diary.visits);\n\
         CREATE INDEX by_id ON diary.visits (id);",
        "DROP INDEX diary.by_id;\nDROP TABLE orion.notes;\nDROP VIEW orion.report;\nDROP SCHEMA orion;",
    );
    world.done("orion", "pin");
    world.done("orion", "apply -e staging");
    world.sql("CREATE FUNCTION public.visits() RETURNS SETOF diary.visits LANGUAGE sql AS 'SELECT NULL::int'");
    let refused = world.enact("orion", "rollback -e staging --to core:001 --yes");
    said!(world.env, refused, @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: the core is not taken back from 002 to 001: 5 objects here depend on it
          depends: function public.visits() on type diary.visits
          depends: index diary.by_id on table diary.visits
          depends: table constraint notes_visit_fkey on orion.notes on index diary.visits_pkey
          depends: table constraint notes_visit_fkey on orion.notes on table diary.visits
          depends: view orion.report on table column diary.sites.city
          effect: nothing was changed
        next: roll back the extension that made it, or drop it, and then the core
        ");
    let asked = world.left("orion", "rollback -e staging --to core:001 --dry-run", 38);
    assert!(asked.stderr.contains("view orion.report"), "{asked}");
    // What it makes itself goes with it, and the newest first is the way.
    world.sql("DROP FUNCTION public.visits()");
    world.done("orion", "rollback -e staging --yes");
    world.done("orion", "rollback -e staging --to core:001 --yes");
}

#[test]
fn a_core_that_is_not_as_released_is_named() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    world.sql("ALTER TABLE diary.sites ADD COLUMN phone text; CREATE TABLE diary.stray (a int); CREATE TABLE orion.own (a int)");
    let drifted = world.left("orion", "apply -e staging", 33);
    assert!(drifted.stderr.contains("--accept-drift"), "{drifted}");
    // Nobody but the core team accepts a change of the core.
    said!(world.env, world.enact("orion", "apply -e staging --accept-drift why"), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        error[drift]: the core is not as release 1.0.0 made it
          at: core:001
          core: column diary.sites.phone: added
          core: table diary.stray: added
          effect: the run did what it was asked to do, and recorded it
        next: mend the objects by hand, or with an extension migration, until they are as released; then run again
        ");
    world.sql("ALTER TABLE diary.sites DROP COLUMN phone; DROP TABLE diary.stray");
    // The extension's own table is the sponsor's to accept.
    world.done("orion", "apply -e staging --accept-drift why");
}

#[test]
fn leave_is_the_core_teams_to_give() {
    let world = World::new();
    let config = world.read("core/enact.toml");
    world.env.write(
        "core/enact.toml",
        format!("{config}\n[leave]\nindex = [\"diary.sites\"]\n"),
    );
    world.done("core", "release 1.0.0");
    world.done("orion", "pin");
    world.extension(
        "002_index",
        "CREATE INDEX sites_by_id ON diary.sites (id);",
        "DROP INDEX diary.sites_by_id;",
    );
    world.done("orion", "apply -e staging");
    world.extension(
        "003_column",
        "ALTER TABLE diary.sites ADD COLUMN note text;",
        "ALTER TABLE diary.sites DROP COLUMN note;",
    );
    said!(world.env, world.enact("orion", "apply -e staging -q"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: the plan changes the core 1.0.0 without the core team's leave
          without leave: orion:003_column, line 6: alters diary.sites
          effect: nothing was changed
        next: enact conflicts: what it does, seen in a sandbox
        next: keep to a schema of the extension's own, or ask the core team for leave: [leave] in the core's enact.toml
        ");
    world.sponsor(
        "^1.0.0",
        "{ path = \"../core/releases\" }\n\n[leave]\nindex = [\"diary.sites\"]",
    );
    said!(world.env, world.enact("orion", "status -e staging"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the configuration is invalid
          problem: [DIR]/orion/enact.toml:11:1: [leave] in a sponsor's repository (remove the table; only the core is released and gives leave)
        next: edit [DIR]/orion/enact.toml
        ");
}

#[test]
fn a_core_that_came_by_other_means_is_adopted() {
    let world = World::pinned();
    world.sql("CREATE SCHEMA diary; CREATE TABLE diary.sites (id int PRIMARY KEY)");
    world.done("orion", "baseline -e staging --to core:001 --reason before");
    world.done("orion", "apply -e staging");
    let status = world.done("orion", "status -e staging");
    assert!(
        status.stdout.contains("adopted") && status.stdout.contains("schema as recorded"),
        "{status}"
    );
}

#[test]
fn a_circle_is_no_order() {
    let world = World::new();
    world.core(
        "002_back",
        "-- Dependencies: orion >= 001\nCREATE TABLE diary.more (a int PRIMARY KEY);",
        "DROP TABLE diary.more;",
    );
    world.extension(
        "001_reports",
        "-- Dependencies: core >= 002\nCREATE SCHEMA orion;",
        "DROP SCHEMA orion;",
    );
    said!(world.env, world.enact("core", "validate"), @r"
        exit: 30
        ----- stdout -----
        migrations/002_back.sql:6:18: the core requires orion >= 001, and knows no extension [extension-required]
          mend: let the extension require the core, never the other way round
        core: 2 migrations, 2 rollbacks, 1 problem

        ----- stderr -----
        ");
    let refused = world.left("core", "release 1.1.0", 30);
    assert!(
        refused.stderr.contains("the core requires orion >= 001"),
        "{refused}"
    );
}

#[test]
fn a_number_of_an_extension_is_not_used_again() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    for file in ["001_reports.sql", "rollback/001_rollback.sql"] {
        std::fs::remove_file(world.path(&format!("orion/migrations/{file}"))).unwrap();
    }
    world.extension(
        "001_exports",
        "-- Dependencies: core >= 001\nCREATE SCHEMA orion_exports;",
        "DROP SCHEMA orion_exports;",
    );
    said!(world.env, world.enact("orion", "apply -e staging"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 001_exports.sql: 001 was applied as reports, whose file is gone; restore that, and give this one the next number
          effect: nothing was changed
        next: git log -p -- '*001_reports.sql'
        ");
    said!(world.env, world.enact("orion", "status -e staging"), @r"
        exit: 0
        ----- stdout -----
        staging: postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 001, nothing pending, release 1.0.0
          +  001_sites  applied [TIME]  Ada Example
        orion at 001, nothing pending
          +  001_exports  applied [TIME]  Ada Example
        disagrees: orion:001_exports.sql: 001 was applied as reports, whose file is gone; restore that, and give this one the next number
        schema as recorded

        ----- stderr -----
        ");
    // Nor twice in one repository.
    world.extension(
        "001_reports",
        "-- Dependencies: core >= 001\nCREATE SCHEMA orion;\nCREATE VIEW orion.report AS SELECT id FROM diary.sites;",
        "DROP VIEW orion.report;\nDROP SCHEMA orion;",
    );
    world.left("orion", "validate", 30);
    world.left("orion", "apply -e staging", 30);
}

#[test]
fn what_hides_from_the_statements_is_told_until_it_is_mended() {
    let mut world = World::pinned();
    let production = crate::kit::wait(crate::kit::pg().fresh());
    world
        .env
        .set("PRODUCTION", crate::kit::pg().url(&production));
    let config = world.read("orion/enact.toml");
    world.env.write(
        "orion/enact.toml",
        format!("{config}\n[environments.production]\nurl = {{ env = \"PRODUCTION\" }}\nafter = \"staging\"\n"),
    );
    world.done("orion", "apply -e staging");
    world.extension(
        "002_hidden",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE diary.sites ADD COLUMN note text'; END $$;",
        "ALTER TABLE diary.sites DROP COLUMN note;",
    );
    said!(world.env, world.enact("orion", "apply -e staging -q"), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        error[drift]: the core is not as release 1.0.0 made it
          at: core:001
          core: column diary.sites.note: added
          effect: orion:002_hidden is done and recorded; nothing else was changed
        next: enact rollback -e staging, if orion:002_hidden did it
        next: mend the objects by hand, or with an extension migration, until they are as released; then run again
        ");
    // And whoever asks hears of it from then on.
    said!(world.env, world.enact("orion", "apply -e staging"), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        error[drift]: the core is not as release 1.0.0 made it
          at: core:001
          core: column diary.sites.note: added
          effect: nothing was changed
        next: enact history -e staging
        next: mend the objects by hand, or with an extension migration, until they are as released; then run again
        ");
    said!(world.env, world.enact("orion", "drift -e staging"), @r"
        exit: 33
        ----- stdout -----
        no drift: the schema is sha256:[SHA256]
        core differs: 1 object not as release 1.0.0 made it
          column diary.sites.note: added

        ----- stderr -----
        ");
    let status = world.done("orion", "status -e staging");
    assert!(
        status
            .stdout
            .contains("core differs: 1 object not as release 1.0.0 made it"),
        "{status}"
    );
    let verified = world.left("orion", "verify -e staging", 19);
    assert!(
        verified
            .stdout
            .contains("core: not as release 1.0.0 made it"),
        "{verified}"
    );
    // It does not reach production, although it was rolled back and applied again.
    world.done("orion", "rollback -e staging --to orion:000 --yes");
    world.left("orion", "apply -e staging", 33);
    let refused = world.left("orion", "apply -e production --yes", 38);
    assert!(
        refused
            .stderr
            .contains("missing: the core there is not as release 1.0.0 made it"),
        "{refused}"
    );
    world.done("orion", "receipt -e staging --out staging.json");
    let refused = world.left(
        "orion",
        "apply -e production --yes --receipt staging.json",
        38,
    );
    assert!(
        refused
            .stderr
            .contains("missing: the core there is not as release 1.0.0 made it"),
        "{refused}"
    );
    world.done("orion", "rollback -e staging --yes");
    world.done("orion", "drift -e staging");
    world.done("orion", "apply -e staging --to orion:001");
}

#[test]
fn a_release_for_newer_servers_is_not_applied() {
    let world = World::new();
    let config = world.read("core/enact.toml");
    world
        .env
        .write("core/enact.toml", format!("{config}minimum_server = 99\n"));
    let refused = world.left("core", "release 1.0.0", 2);
    assert!(
        refused
            .stderr
            .contains("it is for PostgreSQL 99 and later (minimum_server), and was proven on"),
        "{refused}"
    );
    world.env.write("core/enact.toml", config);
    world.done("core", "release 1.0.0");
    let folder = "core/releases/clinical-diary-database-1.0.0";
    let manifest = world.read(&format!("{folder}/manifest.json"));
    let notes = "  \"notes\"";
    assert!(manifest.contains(notes), "{manifest}");
    let for_newer = manifest.replace(notes, &format!("  \"minimum_server\": 99,\n{notes}"));
    world
        .env
        .write(format!("{folder}/manifest.json"), for_newer);
    std::fs::remove_file(world.path(&format!("{folder}.tgz"))).unwrap();
    world.done("orion", "pin");
    for verb in ["plan", "apply"] {
        let refused = world.left("orion", &format!("{verb} -e staging"), 38);
        assert!(
            refused
                .stderr
                .contains("core 1.0.0 is for PostgreSQL 99 and later, and this is"),
            "{refused}"
        );
    }
}

#[test]
fn a_core_that_came_by_other_means_is_adopted_only_as_it_was_released() {
    let world = World::pinned();
    world.sql(
        "CREATE SCHEMA diary; CREATE TABLE diary.sites (id bigint PRIMARY KEY); CREATE TABLE public.flyway_schema_history (i int)",
    );
    said!(world.env, world.enact("orion", "apply -e staging -q"), @r#"
        exit: 35
        ----- stdout -----

        ----- stderr -----
        error[migration-failed]: core:001_sites failed: schema "diary" already exists
         --> ../core/releases/clinical-diary-database-1.0.0/migrations/001_sites.sql:6:1
          |
        6 | CREATE SCHEMA diary;
          | ^^^^^^^^^^^^^^^^^^^
          sqlstate: 42P06
          statement: 1 of 2
          effect: nothing of core:001_sites took effect
        next: enact baseline -e staging --to core:NNN --reason '…', if the core was made here by other means
        next: this is a released file: report it to the core team, or pin another release with `enact pin`
        "#);
    let baseline = "baseline -e staging --to core:001 --reason before";
    said!(world.env, world.enact("orion", baseline), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        error[drift]: the core is not as release 1.0.0 made it
          at: core:001
          core: column diary.sites.id: changed
          effect: nothing was changed
        next: mend the database until its core is as released, or name another --to; nobody but the core team accepts a change of the core
        ");
    for more in ["--accept-differences", "--no-compare"] {
        world.left("orion", &format!("{baseline} {more}"), 33);
    }
    world.sql("ALTER TABLE diary.sites ALTER COLUMN id TYPE int");
    // What is not the core's is no obstacle.
    said!(world.env, world.enact("orion", baseline), @r"
        exit: 0
        ----- stdout -----
        1 migration adopted; core stands at 001; it is as release 1.0.0 made it

        ----- stderr -----
        ");
    world.done("orion", "apply -e staging");
    world.done("orion", "drift -e staging");
}

#[test]
fn a_core_migration_that_fails_is_for_the_core_team() {
    let world = World::pinned();
    world.core(
        "002_visits",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);",
        "DROP TABLE diary.visits;",
    );
    world.done("core", "release 1.1.0");
    world.done("orion", "apply -e staging");
    world.done("orion", "pin");
    world.sql("CREATE TABLE diary.visits (id int)");
    let failed = world.left("orion", "apply -e staging --accept-drift why", 35);
    assert!(
        failed
            .stderr
            .contains("next: this is a released file: report it to the core team")
            && !failed.stderr.contains("edit"),
        "{failed}"
    );
}

#[test]
fn an_extension_is_proven_on_the_core_that_it_is_pinned_to() {
    let world = World::pinned();
    let proven = world.done("orion", "test");
    assert!(proven.stdout.contains("1 proven"), "{proven}");
    world.extension(
        "001_reports",
        "-- Dependencies: core >= 001\nCREATE SCHEMA orion;\nCREATE VIEW orion.report AS SELECT id FROM diary.sites;",
        "DROP VIEW orion.report;",
    );
    world.left("orion", "test", 37);
}

#[test]
fn a_cosmetic_edit_of_an_extension_is_amended() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    let file = "orion/migrations/001_reports.sql";
    let text = world.read(file);
    world
        .env
        .write(file, format!("{text}-- said more clearly\n"));
    world.left("orion", "apply -e staging", 32);
    world.done("orion", "amend orion:001 -e staging --reason clearer");
    world.done("orion", "apply -e staging");
    world.env.write(
        file,
        text.replace("SELECT id FROM", "SELECT id + 1 AS id FROM"),
    );
    let refused = world.left("orion", "amend -e staging --reason clearer", 32);
    assert!(
        refused
            .stderr
            .contains("restore the file and write a new migration"),
        "{refused}"
    );
}
