//! `enact compare`: what it says, and what it refuses.

use enact_testkit::Output;

use crate::kit::{Repo, pg, wait};
use crate::said;
use crate::world::World;

/// Environments `one`, `two` and `three`, each a database of its own at 002 of the core.
fn three() -> (Repo, Vec<String>) {
    let mut repo = Repo::with_two();
    let mut config =
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n".to_owned();
    let mut databases = Vec::new();
    for name in ["one", "two", "three"] {
        let database = wait(pg().fresh());
        let variable = name.to_uppercase();
        repo.env.set(variable.clone(), pg().url(&database));
        repo.env
            .hide(format!("/{database}"), &format!("/[{variable}]"));
        config += &format!("\n[environments.{name}]\nurl = {{ env = \"{variable}\" }}\n");
        databases.push(database);
    }
    repo.env.write("enact.toml", config);
    let major = pg().major();
    let shown = [
        ("PostgreSQL ", "[MAJOR]"),
        ("\"server_major\": ", "[MAJOR]"),
    ];
    for (before, name) in shown {
        repo.env
            .hide(format!("{before}{major}"), &format!("{before}{name}"));
    }
    for name in ["one", "two", "three"] {
        repo.done(&format!("apply -e {name}"));
    }
    (repo, databases)
}

/// How many objects there are differs between PostgreSQL's versions.
fn compare(repo: &Repo, line: &str) -> Output {
    let mut output = repo.enact(&format!("compare {line}"));
    for (before, after) in [("whole schema, ", " objects"), ("\"objects\": ", ",")] {
        let pieces: Vec<String> = output.stdout.split(before).map(str::to_owned).collect();
        let counted = pieces.iter().skip(1).map(|piece| {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            assert!(rest.starts_with(after), "{piece}");
            format!("{before}[N]{rest}")
        });
        output.stdout = pieces[0].clone() + &counted.collect::<String>();
    }
    output
}

fn sql(database: &str, sql: &str) {
    wait(async {
        let client = pg().client(database).await;
        client.batch_execute(sql).await.unwrap();
    });
}

#[test]
fn names_the_odd_one_with_before_and_after() {
    let (repo, databases) = three();
    said!(repo.env, compare(&repo, "one two three"), @r"
        exit: 0
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one, two, three
          compared: the whole schema, [N] objects
        no difference

        ----- stderr -----
        ");
    sql(
        &databases[1],
        "ALTER TABLE sites ALTER COLUMN name SET DEFAULT 'none'; CREATE TABLE stray (i int); COMMENT ON COLUMN sites.city IS NULL",
    );
    said!(repo.env, compare(&repo, "one two three"), @r"
        exit: 33
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one, two, three
          compared: the whole schema, [N] objects
          ~ column public.sites.name
              in two, unlike 2 others
              - text not null
              + text not null default 'none'::text
          + column public.stray.i
              in two, unlike 2 others
              + integer
          - comment on column public.sites.city
              in two, unlike 2 others
              - Where it is
          + table public.stray
              in two, unlike 2 others
              + table
        not as they should be: 1 of 3 databases: two
        next: `enact drift` there says what changed since its last run, and who did it where that was recorded

        ----- stderr -----
        ");
    said!(repo.env, compare(&repo, "one two three --format json"), @r#"
        exit: 33
        ----- stdout -----
        {
          "schema": "enact.compare/1",
          "same": false,
          "odd": [
            "two"
          ],
          "databases": [
            {
              "name": "one",
              "source": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[ONE]?sslmode=prefer",
              "identity": "[UUID]",
              "extensions": []
            },
            {
              "name": "two",
              "source": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[TWO]?sslmode=prefer",
              "identity": "[UUID]",
              "extensions": []
            },
            {
              "name": "three",
              "source": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[THREE]?sslmode=prefer",
              "identity": "[UUID]",
              "extensions": []
            }
          ],
          "groups": [
            {
              "core": {
                "position": 2,
                "digest": "sha256:[SHA256]"
              },
              "server_major": [MAJOR],
              "compared": "whole-schema",
              "objects": [N],
              "databases": [
                "one",
                "two",
                "three"
              ],
              "differences": [
                {
                  "object": "column public.sites.name",
                  "expected": {
                    "by": "majority",
                    "digest": "sha256:[SHA256]",
                    "text": "text not null",
                    "databases": 2
                  },
                  "found": [
                    {
                      "change": "changed",
                      "digest": "sha256:[SHA256]",
                      "text": "text not null default 'none'::text",
                      "databases": [
                        "two"
                      ]
                    }
                  ]
                },
                {
                  "object": "column public.stray.i",
                  "expected": {
                    "by": "majority",
                    "databases": 2
                  },
                  "found": [
                    {
                      "change": "added",
                      "digest": "sha256:[SHA256]",
                      "text": "integer",
                      "databases": [
                        "two"
                      ]
                    }
                  ]
                },
                {
                  "object": "comment on column public.sites.city",
                  "expected": {
                    "by": "majority",
                    "digest": "sha256:[SHA256]",
                    "text": "Where it is",
                    "databases": 2
                  },
                  "found": [
                    {
                      "change": "removed",
                      "databases": [
                        "two"
                      ]
                    }
                  ]
                },
                {
                  "object": "table public.stray",
                  "expected": {
                    "by": "majority",
                    "databases": 2
                  },
                  "found": [
                    {
                      "change": "added",
                      "digest": "sha256:[SHA256]",
                      "text": "table",
                      "databases": [
                        "two"
                      ]
                    }
                  ]
                }
              ]
            }
          ]
        }

        ----- stderr -----
        "#);
    said!(repo.env, compare(&repo, "one two"), @r"
        exit: 33
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one, two
          compared: the whole schema, [N] objects
          ? column public.sites.name
              in one:
                text not null
              in two:
                text not null default 'none'::text
          ? column public.stray.i
              in one: not there
              in two:
                integer
          ? comment on column public.sites.city
              in one:
                Where it is
              in two: not there
          ? table public.stray
              in one: not there
              in two:
                table
        they differ; nothing says which is right
        next: name the release that they should have: --release FOLDER

        ----- stderr -----
        ");
    repo.done("receipt -e two --out two.json");
    said!(repo.env, compare(&repo, "one three --receipts two.json"), @r"
        exit: 33
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one, three, two.json
          compared: the whole schema, [N] objects
          ~ column public.sites.name
              in two.json, unlike 2 others
          + column public.stray.i
              in two.json, unlike 2 others
          - comment on column public.sites.city
              in two.json, unlike 2 others
              - Where it is
          + table public.stray
              in two.json, unlike 2 others
        not as they should be: 1 of 3 databases: two.json
        next: `enact drift` there says what changed since its last run, and who did it where that was recorded

        ----- stderr -----
        ");
}

#[test]
fn other_versions_are_told_apart() {
    let (repo, databases) = three();
    repo.done("rollback -e two --yes");
    let none = wait(pg().fresh());
    let mut repo = repo;
    repo.env.set("NONE", pg().url(&none));
    let config = std::fs::read_to_string(repo.env.dir().join("enact.toml")).unwrap();
    repo.env.write(
        "enact.toml",
        config + "\n[environments.none]\nurl = { env = \"NONE\" }\n",
    );
    said!(repo.env, compare(&repo, "one two three none"), @r"
        exit: 0
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one, three
          compared: the whole schema, [N] objects
        core at 001, PostgreSQL [MAJOR]: two
          compared: nothing, since there is no other one like it
        no core, PostgreSQL [MAJOR]: none
          compared: nothing, since their ledgers know no core
        no difference

        ----- stderr -----
        ");
    said!(repo.env, compare(&repo, "one two"), @r"
        exit: 0
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one
          compared: nothing, since there is no other one like it
        core at 001, PostgreSQL [MAJOR]: two
          compared: nothing, since there is no other one like it
        no two of them can be compared

        ----- stderr -----
        ");
    sql(&databases[0], "DROP TABLE sites");
    said!(repo.env, compare(&repo, "one two"), @r"
        exit: 0
        ----- stdout -----
        core at 002, PostgreSQL [MAJOR]: one
          compared: nothing, since there is no other one like it
        core at 001, PostgreSQL [MAJOR]: two
          compared: nothing, since there is no other one like it
        no two of them can be compared

        ----- stderr -----
        ");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (mut repo, _) = three();
    said!(repo.env, compare(&repo, "one"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: one database alone has nothing to be compared with
        next: name another environment, a receipt (`--receipts FILE`), or the release (`--release FOLDER`)
        ");
    said!(repo.env, compare(&repo, "one one"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: `one` is named twice
        next: name each environment and each receipt once
        ");
    said!(repo.env, compare(&repo, "one four"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: no environment `four`: there are one, three, two
        next: name one that enact.toml has, or add [environments.four] to it
        ");
    said!(repo.env, repo.enact("compare"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: the following required arguments were not provided:
          <ENV>...

        Usage: enact compare <ENV>...

        For more information, try '--help'.
        ");
    repo.env
        .set("TWO", "postgresql://postgres@127.0.0.1:1/nowhere");
    said!(repo.env, compare(&repo, "one two"), @r"
        exit: 43
        ----- stdout -----

        ----- stderr -----
        error[cannot-connect]: cannot connect to 127.0.0.1:[PORT]/nowhere as postgres: the connection was refused
          environment: two
          effect: nothing was changed
        next: check host and port, that the server runs and that it listens on this address
        ");
}

#[test]
fn a_release_says_which_database_is_wrong() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    // The release that the repository is pinned to, so that one database alone can be judged.
    let alone = world.done("orion", "compare staging");
    assert!(alone.stdout.contains("the core part"), "{alone}");
    world.sql("ALTER TABLE diary.sites ADD COLUMN phone text; DROP VIEW orion.report; CREATE INDEX stray ON diary.sites (id)");
    let pinned = world.left("orion", "compare staging", 33);
    let said = "  + column diary.sites.phone\n      in staging, unlike the release\n      + text\n";
    assert!(pinned.stdout.contains(said), "{pinned}");
    // The core team has no sponsor's database at hand, only what it was sent.
    world.done("orion", "receipt -e staging --out staging.json");
    let line =
        "compare --receipts staging.json --release core/releases/clinical-diary-database-1.0.0";
    let sent = world.left("core", line, 33);
    assert!(sent.stdout.contains("column diary.sites.phone"), "{sent}");
    assert!(sent.stdout.contains("index diary.stray"), "{sent}");
    assert!(!sent.stdout.contains("orion.report"), "{sent}");
    // What was changed after the release judges nothing.
    let file = "core/releases/clinical-diary-database-1.0.0/migrations/001_sites.sql";
    world.env.write(file, world.read(file) + "-- more\n");
    world.left("core", line, 18);
}
