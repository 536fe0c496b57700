//! Extensions against the core, and candidates against extensions.

use crate::said;
use crate::world::World;

#[test]
fn an_extension_that_changes_the_core_is_found() {
    let world = World::pinned();
    said!(world.env, world.enact("orion", "conflicts"), @r"
        exit: 0
        ----- stdout -----
        orion beside core 1.0.0
          + 001_reports
          view orion.report depends on table diary.sites
        nothing of the core is changed

        ----- stderr -----
        ");
    world.extension(
        "002_phone",
        "ALTER TABLE diary.sites ADD COLUMN phone text;\nCREATE INDEX sites_phone ON diary.sites (phone);",
        "ALTER TABLE diary.sites DROP COLUMN phone;",
    );
    said!(world.env, world.enact("orion", "conflicts"), @r"
        exit: 38
        ----- stdout -----
        orion beside core 1.0.0
          + 001_reports
          x 002_phone
              sandbox: column diary.sites.phone attached (diary.sites)
              sandbox: index diary.sites_phone attached (diary.sites); the core team gives leave to index under [leave]
              line 6: alters diary.sites
              line 7: adds an index to diary.sites
          view orion.report depends on table diary.sites
        the core is changed without leave
        next: keep to a schema of the extension's own, or ask the core team for leave: [leave] in the core's enact.toml

        ----- stderr -----
        ");
    said!(world.env, world.enact("orion", "conflicts --format json"), @r#"
        exit: 38
        ----- stdout -----
        {
          "schema": "enact.conflicts/1",
          "stream": "orion",
          "release": "1.0.0",
          "passed": false,
          "migrations": [
            {
              "number": 1,
              "name": "reports",
              "conflict": false,
              "agree": true,
              "statements": [],
              "sandbox": []
            },
            {
              "number": 2,
              "name": "phone",
              "conflict": true,
              "agree": true,
              "statements": [
                {
                  "line": 6,
                  "does": "alters",
                  "object": "diary.sites"
                },
                {
                  "line": 7,
                  "does": "adds an index to",
                  "object": "diary.sites"
                }
              ],
              "sandbox": [
                {
                  "object": "column diary.sites.phone",
                  "change": "attached",
                  "core": "diary.sites"
                },
                {
                  "object": "index diary.sites_phone",
                  "change": "attached",
                  "core": "diary.sites",
                  "takes": "index"
                }
              ]
            }
          ],
          "dependencies": [
            {
              "object": "view orion.report",
              "on": "table diary.sites"
            }
          ]
        }

        ----- stderr -----
        "#);
    // Hidden from the statements.
    world.extension(
        "002_phone",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE diary.sites ADD COLUMN phone text'; END $$;",
        "ALTER TABLE diary.sites DROP COLUMN phone;",
    );
    said!(world.env, world.enact("orion", "conflicts --base core"), @r"
        exit: 38
        ----- stdout -----
        orion beside core
          + 001_reports
          x 002_phone
              sandbox: column diary.sites.phone attached (diary.sites)
              the statements do not tell; the sandbox decides
          view orion.report depends on table diary.sites
        the core is changed without leave
        next: keep to a schema of the extension's own, or ask the core team for leave: [leave] in the core's enact.toml

        ----- stderr -----
        ");
    world.left("core", "conflicts", 2);
}

#[test]
fn a_release_that_breaks_an_extension_is_found_before_it_is_tagged() {
    let world = World::pinned();
    world.core("002_places", "CREATE SCHEMA orion;", "DROP SCHEMA orion;");
    said!(world.env, world.enact("core", "impact core --extensions orion"), @r#"
        exit: 38
        ----- stdout -----
        core as in its repository
          orion (now 1.0.0): breaks, 0 dependencies on the core
              where it is in use: core:002_places: migrations/002_places.sql:6:1: schema "orion" already exists (SQLSTATE 42P06)
              on a new database:
              x 001_reports
                  line 7: has the name of orion
                  line 8: makes something in schema orion
                  does not run: migrations/001_reports.sql:7:1: schema "orion" already exists (SQLSTATE 42P06)
        next: change the core before it is released, or have the extension changed first: orion

        ----- stderr -----
        "#);
    world.core(
        "002_places",
        "CREATE TABLE diary.places (id int PRIMARY KEY);",
        "DROP TABLE diary.places;",
    );
    said!(world.env, world.enact("core", "impact core --extensions orion"), @r"
        exit: 0
        ----- stdout -----
        core as in its repository
          orion (now 1.0.0): nothing breaks, 1 dependency on the core

        ----- stderr -----
        ");
    world.done(
        "orion",
        "impact core/releases/clinical-diary-database-1.0.0.tgz --format json",
    );
}

#[test]
fn a_candidate_is_held_against_many_sponsors_at_once() {
    let world = World::pinned();
    // Another sponsor, whose view reads what the candidate takes away.
    for file in [
        "enact.toml",
        "enact.lock",
        "migrations/001_reports.sql",
        "migrations/rollback/001_rollback.sql",
    ] {
        let text = world
            .read(&format!("orion/{file}"))
            .replace("orion", "vega");
        world.env.write(format!("vega/{file}"), text);
    }
    world.extension(
        "001_reports",
        "-- Dependencies: core >= 001\nCREATE SCHEMA orion;\nCREATE TABLE orion.own (id int PRIMARY KEY);",
        "DROP TABLE orion.own;\nDROP SCHEMA orion;",
    );
    world.core(
        "002_keys",
        "ALTER TABLE diary.sites ADD COLUMN key text;\nALTER TABLE diary.sites DROP COLUMN id;",
        "ALTER TABLE diary.sites DROP COLUMN key;\nALTER TABLE diary.sites ADD COLUMN id int PRIMARY KEY;",
    );
    said!(world.env, world.enact("core", "impact core --extensions orion vega"), @r#"
        exit: 38
        ----- stdout -----
        core as in its repository
          orion (now 1.0.0): nothing breaks, 0 dependencies on the core
          vega (now 1.0.0): breaks, 0 dependencies on the core
              where it is in use: core:002_keys: migrations/002_keys.sql:7:1: cannot drop column id of table diary.sites because other objects depend on it (SQLSTATE 2BP01)
              on a new database:
              x 001_reports
                  does not run: migrations/001_reports.sql:8:35: column "id" does not exist (SQLSTATE 42703)
        next: change the core before it is released, or have the extension changed first: vega

        ----- stderr -----
        "#);
}

#[test]
fn the_core_is_no_extension_of_itself() {
    let world = World::pinned();
    said!(world.env, world.enact("core", "impact core"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: this is the core's repository: it has no extension
        next: enact impact RELEASE --extensions FOLDER…
        ");
    let refused = world.left("orion", "impact core --extensions orion core", 2);
    assert!(
        refused
            .stderr
            .contains("core is the core's repository: it is no extension"),
        "{refused}"
    );
}

#[test]
fn of_several_sponsors_the_one_that_is_not_pinned_is_named() {
    let world = World::pinned();
    for file in [
        "migrations/001_reports.sql",
        "migrations/rollback/001_rollback.sql",
    ] {
        let text = world
            .read(&format!("orion/{file}"))
            .replace("orion", "lyra");
        world.env.write(format!("lyra/{file}"), text);
    }
    let config = world.read("orion/enact.toml").replace("orion", "lyra");
    world.env.write("lyra/enact.toml", config);
    said!(world.env, world.enact("core", "impact core --extensions orion lyra"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: lyra: no release of @clinical-diary/database is pinned
          effect: no target was touched
        next: enact --config lyra/enact.toml pin
        ");
    world.done("lyra", "pin");
    world.done("core", "impact core --extensions orion lyra");
}
