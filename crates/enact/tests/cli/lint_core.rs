//! `lint` of an extension, by the core release that it is pinned to.

use std::fs;
use std::path::Path;

use enact_testkit::TestEnv;

use crate::kit::env;
use crate::said;
use crate::world::World;

/// Orion with a migration that adds a column to a core table, comments on it, and makes a table that hides it.
fn orion() -> World {
    let world = World::pinned();
    world.extension(
        "002_phone",
        "ALTER TABLE diary.sites ADD COLUMN phone text;\n\
         COMMENT ON TABLE diary.sites IS 'Orion calls';\n\
         CREATE TABLE sites (id bigint PRIMARY KEY);",
        "DROP TABLE sites;\nALTER TABLE diary.sites DROP COLUMN phone;",
    );
    world
}

#[test]
fn what_an_extension_does_to_the_pinned_core_is_found_without_a_database() {
    let world = orion();
    said!(world.env, world.enact("orion", "lint 2"), @r#"
        exit: 31
        ----- stdout -----
        error[core-object-changed]: this alters diary.sites, which is the core's
         --> migrations/002_phone.sql:6:1
          |
        6 | ALTER TABLE diary.sites ADD COLUMN phone text;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the core of this database is no longer the one that was released: no leave permits that, and the next release may fail on it
          safe:
            -- leave the core as it is: put what is new into your own schema, in a table that refers to the core's,
            -- or ask the core team for a release that has it
          page: docs/rules/core-object-changed.md

        error[core-object-attached]: this comments on diary.sites, which is the core's, without leave to comment
         --> migrations/002_phone.sql:7:1
          |
        7 | COMMENT ON TABLE diary.sites IS 'Orion calls';
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: what hangs on a core object is in the way when a release changes or drops that object, and the core team does not know of it
          safe:
            -- with leave, which the core team gives in the core's enact.toml, and a release carries:
            -- [leave]
            -- comment = ["diary.sites"]
          page: docs/rules/core-object-attached.md

        error[core-object-shadowed]: this shadows diary.sites, which is the core's
         --> migrations/002_phone.sql:8:1
          |
        8 | CREATE TABLE sites (id bigint PRIMARY KEY);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: who names the object without a schema gets whichever search_path finds first; in the core's own schema PostgreSQL refuses it or runs the other one
          safe:
            -- make it in a schema of your own, and name it with that schema
          page: docs/rules/core-object-shadowed.md

        error[core-object-changed]: this alters diary.sites, which is the core's
         --> migrations/rollback/002_rollback.sql:2:1
          |
        2 | ALTER TABLE diary.sites DROP COLUMN phone;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the core of this database is no longer the one that was released: no leave permits that, and the next release may fail on it
          safe:
            -- leave the core as it is: put what is new into your own schema, in a table that refers to the core's,
            -- or ask the core team for a release that has it
          page: docs/rules/core-object-changed.md

        orion: 2 files, 4 errors

        ----- stderr -----
        "#);
    said!(world.env, world.enact("orion", "lint 2 --format json"), @r#"
        exit: 31
        ----- stdout -----
        {
          "schema": "enact.lint/1",
          "passed": false,
          "stream": "orion",
          "fail": "error",
          "files": 2,
          "findings": [
            {
              "rule": "core-object-changed",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/002_phone.sql",
              "line": 6,
              "column": 1,
              "message": "this alters diary.sites, which is the core's",
              "effect": "the core of this database is no longer the one that was released: no leave permits that, and the next release may fail on it",
              "safe": "-- leave the core as it is: put what is new into your own schema, in a table that refers to the core's,\n-- or ask the core team for a release that has it",
              "page": "docs/rules/core-object-changed.md",
              "fingerprint": "5af560459e8c3bde1903e300a62f2274"
            },
            {
              "rule": "core-object-attached",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/002_phone.sql",
              "line": 7,
              "column": 1,
              "message": "this comments on diary.sites, which is the core's, without leave to comment",
              "effect": "what hangs on a core object is in the way when a release changes or drops that object, and the core team does not know of it",
              "safe": "-- with leave, which the core team gives in the core's enact.toml, and a release carries:\n-- [leave]\n-- comment = [\"diary.sites\"]",
              "page": "docs/rules/core-object-attached.md",
              "fingerprint": "a6a1f8401f072eb3f93a311e8ab5edc8"
            },
            {
              "rule": "core-object-shadowed",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/002_phone.sql",
              "line": 8,
              "column": 1,
              "message": "this shadows diary.sites, which is the core's",
              "effect": "who names the object without a schema gets whichever search_path finds first; in the core's own schema PostgreSQL refuses it or runs the other one",
              "safe": "-- make it in a schema of your own, and name it with that schema",
              "page": "docs/rules/core-object-shadowed.md",
              "fingerprint": "8a5357bc04f91d9fc9f426f8f8498734"
            },
            {
              "rule": "core-object-changed",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/rollback/002_rollback.sql",
              "line": 2,
              "column": 1,
              "message": "this alters diary.sites, which is the core's",
              "effect": "the core of this database is no longer the one that was released: no leave permits that, and the next release may fail on it",
              "safe": "-- leave the core as it is: put what is new into your own schema, in a table that refers to the core's,\n-- or ask the core team for a release that has it",
              "page": "docs/rules/core-object-changed.md",
              "fingerprint": "ebc390063839f70b79bf0b681dd47779"
            }
          ]
        }

        ----- stderr -----
        "#);
}

#[test]
fn an_allow_silences_lint_and_not_conflicts() {
    let world = World::pinned();
    world.extension(
        "002_phone",
        "-- enact: allow(core-object-changed) CORE-7: comes with 1.1.0\n\
         ALTER TABLE diary.sites ADD COLUMN phone text;",
        "-- enact: allow(core-object-changed) undoes what CORE-7 allows\n\
         ALTER TABLE diary.sites DROP COLUMN phone;",
    );
    said!(world.env, world.enact("orion", "lint 2"), @r"
        exit: 0
        ----- stdout -----
        orion: 2 files, nothing found

        ----- stderr -----
        ");
    world.left("orion", "conflicts", 38);
}

#[test]
fn the_core_itself_is_not_judged_as_its_own_extension() {
    let world = orion();
    world.core(
        "002_phone",
        "ALTER TABLE diary.sites ADD COLUMN phone text;",
        "ALTER TABLE diary.sites DROP COLUMN phone;",
    );
    said!(world.env, world.enact("core", "lint"), @r"
        exit: 0
        ----- stdout -----
        notice[int-primary-key]: diary.sites.id is a primary key of int
         --> migrations/001_sites.sql:7:27
          |
        7 | CREATE TABLE diary.sites (id int PRIMARY KEY);
          |                           ^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: INSERT fails when the numbers are used up; to widen it then writes the table again
          safe:
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
          page: docs/rules/int-primary-key.md

        core: 4 files, 1 notice

        ----- stderr -----
        ");
}

#[test]
fn leave_that_a_release_carries_counts() {
    let world = World::new();
    let config = world.read("core/enact.toml") + "\n[leave]\ncomment = [\"diary.sites\"]\n";
    world.env.write("core/enact.toml", config);
    world.done("core", "release 1.0.0");
    world.done("orion", "pin");
    world.extension(
        "002_comment",
        "COMMENT ON TABLE diary.sites IS 'Orion calls';",
        "COMMENT ON TABLE diary.sites IS NULL;",
    );
    world.done("orion", "lint");
}

#[test]
fn without_the_pinned_release_nothing_is_said_to_be_fine() {
    let world = World::new();
    said!(world.env, world.enact("orion", "lint"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the core release that this repository builds on cannot be used
          problem: no release of @clinical-diary/database is pinned
        next: pin one with `enact pin`
        ");
    world.done("core", "release 1.0.0");
    world.done("orion", "pin");
    fs::remove_dir_all(world.path("core/releases")).unwrap();
    said!(world.env, world.enact("orion", "lint"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the core release that this repository builds on cannot be used
          problem: cannot read [DIR]/orion/../core/releases: No such file or directory (os error 2)
        next: install the package (such as `npm ci`), or pin a release that is there with `enact pin`
        ");
}

/// Copies a folder of the example into the environment.
fn copy(env: &TestEnv, from: &Path, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = format!("{to}/{}", path.file_name().unwrap().to_string_lossy());
        match path.is_dir() {
            true => copy(env, &path, &to),
            false => drop(env.write(to, fs::read_to_string(&path).unwrap())),
        }
    }
}

#[test]
fn the_extensions_of_the_example_leave_their_core_alone() {
    let env = env();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clinical-diary");
    let enact = |repository: &str, line: &str| {
        let config = format!("{repository}/enact.toml");
        let words = ["--config", config.as_str()];
        env.enact(words.into_iter().chain(line.split_whitespace()))
    };
    for repository in ["core", "orion", "vega", "lyra"] {
        copy(&env, &example.join(repository), repository);
    }
    let released = enact("core", "release 1.2.0");
    assert_eq!(released.code, Some(0), "{released}");
    for sponsor in ["orion", "vega", "lyra"] {
        let pinned = enact(sponsor, "pin");
        assert_eq!(pinned.code, Some(0), "{pinned}");
        let output = enact(sponsor, "lint");
        assert!(output.stdout.ends_with("nothing found\n"), "{output}");
    }
}
