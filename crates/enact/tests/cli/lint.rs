//! `lint`, which needs no database.

use std::process::Command;

use enact_testkit::{Output, TestEnv};

use crate::kit::env;
use crate::said;

const CONFIG: &str = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n";

/// A repository with a migration that lint finds harmless, and one that it does not.
fn repo() -> TestEnv {
    let env = env();
    env.write("enact.toml", CONFIG);
    migration(
        &env,
        1,
        "CREATE TABLE visit (id bigint PRIMARY KEY, note varchar(50));",
        "DROP TABLE visit;",
    );
    migration(
        &env,
        2,
        "ALTER TABLE visit ALTER COLUMN note TYPE varchar(100);\n\n\
         ALTER TABLE visit\n    ADD COLUMN token uuid DEFAULT gen_random_uuid();\n\
         UPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;",
        "ALTER TABLE visit DROP COLUMN token;",
    );
    env
}

fn migration(env: &TestEnv, number: u32, up: &str, down: &str) {
    env.write(
        format!("migrations/{number:03}_step.sql"),
        format!("{up}\n"),
    );
    env.write(
        format!("migrations/rollback/{number:03}_rollback.sql"),
        format!("{down}\n"),
    );
}

fn lint(env: &TestEnv, options: &str) -> Output {
    env.enact(format!("lint {options}").split_whitespace())
}

fn git(env: &TestEnv, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(env.dir())
        .env("HOME", env.home())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

#[test]
fn findings_are_shown_at_their_place_with_the_safe_way() {
    let env = repo();
    said!(env, lint(&env, ""), @r"
        exit: 31
        ----- stdout -----
        error[rewrite-volatile-default]: the default of visit.token calls gen_random_uuid(), which is volatile
         --> migrations/002_step.sql:4:16
          |
        4 |     ADD COLUMN token uuid DEFAULT gen_random_uuid();
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done
          safe:
            ALTER TABLE visit ADD COLUMN token uuid;
            ALTER TABLE visit ALTER COLUMN token SET DEFAULT gen_random_uuid();
            -- enact: backfill
            UPDATE visit SET token = gen_random_uuid() WHERE token IS NULL;
          page: docs/rules/rewrite-volatile-default.md

        error[backfill-under-lock]: UPDATE of visit while the transaction holds ACCESS EXCLUSIVE on visit
         --> migrations/002_step.sql:5:1
          |
        5 | UPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the lock is held until the commit: those it keeps out wait while the rows are written
          safe:
            COMMIT;
            -- enact: backfill
            UPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;
          page: docs/rules/backfill-under-lock.md

        core: 4 files, 2 errors

        ----- stderr -----
        ");
}

#[test]
fn findings_as_a_document() {
    let env = repo();
    said!(env, lint(&env, "--format json"), @r#"
        exit: 31
        ----- stdout -----
        {
          "schema": "enact.lint/1",
          "passed": false,
          "stream": "core",
          "fail": "error",
          "files": 4,
          "findings": [
            {
              "rule": "rewrite-volatile-default",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/002_step.sql",
              "line": 4,
              "column": 16,
              "message": "the default of visit.token calls gen_random_uuid(), which is volatile",
              "effect": "every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done",
              "safe": "ALTER TABLE visit ADD COLUMN token uuid;\nALTER TABLE visit ALTER COLUMN token SET DEFAULT gen_random_uuid();\n-- enact: backfill\nUPDATE visit SET token = gen_random_uuid() WHERE token IS NULL;",
              "page": "docs/rules/rewrite-volatile-default.md",
              "fingerprint": "20365fac10ae0f6f7098306075bf01f8"
            },
            {
              "rule": "backfill-under-lock",
              "severity": "error",
              "layer": "parse tree",
              "file": "migrations/002_step.sql",
              "line": 5,
              "column": 1,
              "message": "UPDATE of visit while the transaction holds ACCESS EXCLUSIVE on visit",
              "effect": "the lock is held until the commit: those it keeps out wait while the rows are written",
              "safe": "COMMIT;\n-- enact: backfill\nUPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;",
              "page": "docs/rules/backfill-under-lock.md",
              "fingerprint": "4b163917487dbf2258c9b86cd6af1e72"
            }
          ]
        }

        ----- stderr -----
        "#);
}

#[test]
fn findings_for_github() {
    let env = repo();
    said!(env, lint(&env, "--format github"), @r"
        exit: 31
        ----- stdout -----
        ::error file=migrations/002_step.sql,line=4,col=16,title=rewrite-volatile-default::the default of visit.token calls gen_random_uuid(), which is volatile: every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done%0ASafe:%0AALTER TABLE visit ADD COLUMN token uuid;%0AALTER TABLE visit ALTER COLUMN token SET DEFAULT gen_random_uuid();%0A-- enact: backfill%0AUPDATE visit SET token = gen_random_uuid() WHERE token IS NULL;
        ::error file=migrations/002_step.sql,line=5,col=1,title=backfill-under-lock::UPDATE of visit while the transaction holds ACCESS EXCLUSIVE on visit: the lock is held until the commit: those it keeps out wait while the rows are written%0ASafe:%0ACOMMIT;%0A-- enact: backfill%0AUPDATE visit SET note = 'é, 100 %25' WHERE note IS NULL;

        ----- stderr -----
        ");
}

#[test]
fn findings_for_gitlab() {
    let env = repo();
    said!(env, lint(&env, "--format gitlab"), @r#"
        exit: 31
        ----- stdout -----
        [
          {
            "check_name": "rewrite-volatile-default",
            "description": "the default of visit.token calls gen_random_uuid(), which is volatile: every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done\nSafe:\nALTER TABLE visit ADD COLUMN token uuid;\nALTER TABLE visit ALTER COLUMN token SET DEFAULT gen_random_uuid();\n-- enact: backfill\nUPDATE visit SET token = gen_random_uuid() WHERE token IS NULL;",
            "fingerprint": "20365fac10ae0f6f7098306075bf01f8",
            "location": {
              "lines": {
                "begin": 4
              },
              "path": "migrations/002_step.sql"
            },
            "severity": "critical"
          },
          {
            "check_name": "backfill-under-lock",
            "description": "UPDATE of visit while the transaction holds ACCESS EXCLUSIVE on visit: the lock is held until the commit: those it keeps out wait while the rows are written\nSafe:\nCOMMIT;\n-- enact: backfill\nUPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;",
            "fingerprint": "4b163917487dbf2258c9b86cd6af1e72",
            "location": {
              "lines": {
                "begin": 5
              },
              "path": "migrations/002_step.sql"
            },
            "severity": "critical"
          }
        ]

        ----- stderr -----
        "#);
}

#[test]
fn findings_as_sarif() {
    let env = repo();
    let output = lint(&env, "--format sarif");
    assert_eq!(output.code, Some(31), "{output}");
    // The list of rules is long, and grows.
    let (_, rest) = output.stdout.split_once("\"results\": ").unwrap();
    let (results, _) = rest.split_once("\"tool\": ").unwrap();
    // So does what comes before a rule.
    let results: Vec<&str> = results
        .lines()
        .filter(|line| !line.contains("ruleIndex"))
        .collect();
    said!(env, results.join("\n"), @r#"
        [
                {
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "migrations/002_step.sql"
                        },
                        "region": {
                          "startColumn": 16,
                          "startLine": 4
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "the default of visit.token calls gen_random_uuid(), which is volatile: every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done\nSafe:\nALTER TABLE visit ADD COLUMN token uuid;\nALTER TABLE visit ALTER COLUMN token SET DEFAULT gen_random_uuid();\n-- enact: backfill\nUPDATE visit SET token = gen_random_uuid() WHERE token IS NULL;"
                  },
                  "partialFingerprints": {
                    "enact/v1": "20365fac10ae0f6f7098306075bf01f8"
                  },
                  "properties": {
                    "layer": "parse tree"
                  },
                  "ruleId": "rewrite-volatile-default",
                },
                {
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "migrations/002_step.sql"
                        },
                        "region": {
                          "startColumn": 1,
                          "startLine": 5
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "UPDATE of visit while the transaction holds ACCESS EXCLUSIVE on visit: the lock is held until the commit: those it keeps out wait while the rows are written\nSafe:\nCOMMIT;\n-- enact: backfill\nUPDATE visit SET note = 'é, 100 %' WHERE note IS NULL;"
                  },
                  "partialFingerprints": {
                    "enact/v1": "4b163917487dbf2258c9b86cd6af1e72"
                  },
                  "properties": {
                    "layer": "parse tree"
                  },
                  "ruleId": "backfill-under-lock",
                }
              ],
        "#);
    for part in [
        r#""version": "2.1.0""#,
        r#""id": "rewrite-volatile-default""#,
        r#""helpUri": "enact:docs/rules/rewrite-volatile-default.md""#,
        r#""columnKind": "unicodeCodePoints""#,
    ] {
        assert!(output.stdout.contains(part), "{part}\n{output}");
    }
}

#[test]
fn a_repository_without_findings() {
    let env = repo();
    said!(env, lint(&env, "001"), @r"
        exit: 0
        ----- stdout -----
        core: 2 files, nothing found

        ----- stderr -----
        ");
    said!(env, lint(&env, "1 --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.lint/1",
          "passed": true,
          "stream": "core",
          "fail": "error",
          "files": 2,
          "findings": []
        }

        ----- stderr -----
        "#);
    assert_eq!(lint(&env, "001 --format gitlab").stdout, "[]\n");
    assert_eq!(lint(&env, "001 --format github").stdout, "");
}

#[test]
fn a_migration_that_is_not_there() {
    let env = repo();
    said!(env, lint(&env, "007"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no migration 007; the last is 002
        ");
    assert_eq!(lint(&env, "orion:001").code, Some(2));
}

#[test]
fn the_failing_level_is_configured() {
    let env = repo();
    migration(
        &env,
        2,
        "CREATE TABLE a (id int PRIMARY KEY);",
        "DROP TABLE a;",
    );
    let with = |lint: &str| env.write("enact.toml", format!("{CONFIG}\n[lint]\n{lint}\n"));
    for (config, code) in [
        ("", 0),
        ("fail = \"warning\"", 0),
        ("fail = \"notice\"", 31),
        ("[lint.rules]\nint-primary-key = \"error\"", 31),
        (
            "fail = \"never\"\n[lint.rules]\nint-primary-key = \"error\"",
            0,
        ),
        (
            "fail = \"notice\"\n[lint.rules]\nint-primary-key = \"off\"",
            0,
        ),
    ] {
        with(config);
        let output = lint(&env, "");
        assert_eq!(output.code, Some(code), "{config}\n{output}");
    }
    with("fail = \"eror\"\nserver = 12\n[lint.rules]\nint-primary-keys = \"of\"");
    said!(env, lint(&env, ""), @r#"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the configuration is invalid
          problem: [DIR]/enact.toml:7:8: unknown severity `eror` (did you mean "error"?)
          problem: [DIR]/enact.toml:8:10: Enact does not know PostgreSQL 12 (write the major version, 13 to 18)
          problem: [DIR]/enact.toml:10:1: there is no rule `int-primary-keys` (did you mean `int-primary-key`?)
          problem: [DIR]/enact.toml:10:20: unknown severity `of` (did you mean "off"?)
        next: edit [DIR]/enact.toml
        "#);
}

#[test]
fn a_finding_is_allowed_with_a_reason_and_an_allow_without_a_finding_is_one() {
    let env = repo();
    migration(
        &env,
        2,
        "-- enact: allow(drop-column) no release since 1.5 reads it\nALTER TABLE visit DROP COLUMN note;",
        "ALTER TABLE visit ADD COLUMN note varchar(50);",
    );
    assert_eq!(lint(&env, "").code, Some(0));
    migration(
        &env,
        2,
        "SELECT 1;\n-- enact: allow(drop-column) no release since 1.5 reads it\nSELECT 2;",
        "SELECT 1;",
    );
    said!(env, lint(&env, ""), @r"
        exit: 0
        ----- stdout -----
        warning[unused-allow]: nothing on this statement is found by `drop-column`
         --> migrations/002_step.sql:2:1
          |
        2 | -- enact: allow(drop-column) no release since 1.5 reads it
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the next finding of that rule at this place would be silenced unseen
          safe:
            -- remove the comment
          page: docs/rules/unused-allow.md

        core: 4 files, 1 warning

        ----- stderr -----
        ");
}

#[test]
fn only_what_was_changed_since_a_revision() {
    let env = repo();
    said!(env, lint(&env, "--since HEAD"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: git does not tell what changed since `HEAD`: fatal: not a git repository (or any of the parent directories): .git
        next: name migrations by number, or leave --since out
        ");
    git(&env, &["init", "--quiet"]);
    git(&env, &["add", "."]);
    git(&env, &["commit", "--quiet", "-m", "first"]);
    let output = lint(&env, "--since HEAD");
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(0), "core: 0 files, nothing found\n"),
        "{output}"
    );
    migration(&env, 3, "ALTER TABLE visit DROP COLUMN note;", "SELECT 1;");
    let output = lint(&env, "--since HEAD");
    assert_eq!(output.code, Some(31), "{output}");
    assert!(
        output.stdout.ends_with("core: 2 files, 1 error\n"),
        "{output}"
    );
    said!(env, lint(&env, "--since no-such-branch"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: git does not tell what changed since `no-such-branch`: fatal: bad revision 'no-such-branch'
        next: name migrations by number, or leave --since out
        ");
}

#[test]
fn a_finding_in_an_included_file_is_shown_there_and_a_change_of_it_counts() {
    let env = repo();
    env.write(
        "sql/visit.sql",
        "SELECT 1;\nALTER TABLE visit DROP COLUMN note;\n",
    );
    migration(&env, 2, "\\i sql/visit.sql", "SELECT 1;");
    git(&env, &["init", "--quiet"]);
    git(&env, &["add", "."]);
    git(&env, &["commit", "--quiet", "-m", "first"]);
    env.write(
        "sql/visit.sql",
        "SELECT 2;\nALTER TABLE visit DROP COLUMN note;\n",
    );
    let output = lint(&env, "--since HEAD");
    assert!(
        output.stdout.contains(" --> sql/visit.sql:2:1\n"),
        "{output}"
    );
    assert!(
        output.stdout.ends_with("core: 2 files, 1 error\n"),
        "{output}"
    );
}

#[test]
fn a_machine_without_git_is_told_so() {
    let mut env = repo();
    env.set("PATH", "/nowhere");
    said!(env, lint(&env, "--since HEAD"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: git does not tell what changed since `HEAD`: there is no program `git` on the PATH
        next: name migrations by number, or leave --since out
        ");
}

#[test]
fn paths_for_code_review_begin_at_the_root_of_the_git_repository() {
    let env = env();
    env.write("db/enact.toml", CONFIG);
    env.write("db/migrations/001_step.sql", "DROP TABLE a;\n");
    env.write("db/migrations/rollback/001_rollback.sql", "SELECT 1;\n");
    git(&env, &["init", "--quiet"]);
    let output = env.enact(["lint", "--config", "db/enact.toml", "--format", "github"]);
    assert!(
        output
            .stdout
            .starts_with("::error file=db/migrations/001_step.sql,line=1,col=1,"),
        "{output}"
    );
}

#[test]
fn a_fingerprint_survives_lines_before_it() {
    let env = repo();
    let prints = |output: &Output| -> Vec<String> {
        let lines = output
            .stdout
            .lines()
            .filter(|line| line.contains("fingerprint"));
        lines.map(str::to_owned).collect()
    };
    let before = prints(&lint(&env, "--format gitlab"));
    let path = env.dir().join("migrations/002_step.sql");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("-- A line more\n\n{text}")).unwrap();
    let after = prints(&lint(&env, "--format gitlab"));
    assert_eq!(before, after);
    assert!(!before.is_empty());
}

#[test]
fn the_forms_of_lint_are_of_lint_alone() {
    let env = repo();
    said!(env, env.enact(["validate", "--format", "sarif"]), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: --format sarif, github and gitlab are of `enact lint` alone; others know text and json
        ");
}

#[test]
fn invalid_files_are_not_judged() {
    let env = repo();
    migration(&env, 2, "ALTER TABL visit;", "SELECT 1;");
    assert_eq!(lint(&env, "").code, Some(30));
}

#[test]
fn the_core_of_the_example_is_clean() {
    let example =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clinical-diary");
    let config = example.join("core/enact.toml");
    let output = env().enact(["lint".as_ref(), "--config".as_ref(), config.as_os_str()]);
    assert!(output.stdout.ends_with("nothing found\n"), "{output}");
}
