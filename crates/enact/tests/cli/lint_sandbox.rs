//! `lint --sandbox`: findings held against what the files do when they run.

use std::fs;
use std::path::Path;

use enact_testkit::{Output, TestEnv};

use crate::kit::{env, pg};

const CONFIG: &str = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n";

fn repo(files: &[(&str, &str)]) -> TestEnv {
    let env = env();
    env.write("enact.toml", CONFIG);
    for (index, (up, down)) in files.iter().enumerate() {
        let number = index + 1;
        env.write(
            format!("migrations/{number:03}_step.sql"),
            format!("{up}\n"),
        );
        env.write(
            format!("migrations/rollback/{number:03}_rollback.sql"),
            format!("{down}\n"),
        );
    }
    env
}

fn lint(env: &TestEnv, options: &str) -> Output {
    let scratch = pg().url("postgres");
    let mut words = vec!["lint", "--sandbox", "--scratch-url", &scratch];
    words.extend(options.split_whitespace());
    env.enact(words)
}

const VISIT: (&str, &str) = (
    "CREATE TABLE visit (id bigint PRIMARY KEY, note varchar(50), day date);\n\
     CREATE FUNCTION refine() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE visit ALTER day TYPE timestamptz; END $$;\n\
     CREATE FUNCTION narrow() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE visit ALTER note TYPE varchar(20); END $$;\n\
     SELECT narrow();",
    "DROP FUNCTION narrow();\nDROP FUNCTION refine();\nDROP TABLE visit;",
);

#[test]
fn findings_say_what_the_sandbox_saw() {
    // The second statement looks like a shorter text, and makes it longer in truth.
    let env = repo(&[
        VISIT,
        (
            "ALTER TABLE visit ALTER COLUMN id TYPE numeric;\nALTER TABLE visit ALTER COLUMN note TYPE varchar(30);\nSELECT refine();",
            "ALTER TABLE visit ALTER COLUMN day TYPE date;\nALTER TABLE visit ALTER COLUMN note TYPE varchar(20);\n\
             ALTER TABLE visit ALTER COLUMN id TYPE bigint;",
        ),
    ]);
    let output = lint(&env, "2 --format json");
    assert_eq!(output.code, Some(31), "{output}");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let said: Vec<String> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["sandbox"].is_string())
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap_or_default();
            format!(
                "{}:{} {} {}, {}",
                word("file").rsplit('/').next().unwrap_or_default(),
                one["line"],
                word("rule"),
                word("layer"),
                word("sandbox")
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "002_step.sql:1 rewrite-type parse tree, seen",
            "002_step.sql:2 rewrite-type parse tree, not seen",
            "002_step.sql:3 work-under-lock sandbox, seen",
            "002_rollback.sql:1 work-under-lock sandbox, seen",
            "002_rollback.sql:2 rewrite-type parse tree, seen",
            "002_rollback.sql:3 rewrite-type parse tree, seen",
        ]
    );
    let text = lint(&env, "2").stdout;
    let shown = [
        "layer: parse tree, and seen in the sandbox",
        "layer: parse tree; not seen in the sandbox: the statement ran there and did no such thing",
        "layer: sandbox",
    ];
    for line in shown {
        assert!(text.contains(line), "{text}");
    }
    let sarif: serde_json::Value =
        serde_json::from_str(&lint(&env, "2 --format sarif").stdout).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"][0]["properties"]["sandbox"],
        "seen"
    );
}

#[test]
fn what_the_sandbox_refuses_is_said_and_the_rest_judged_by_its_text() {
    let env = repo(&[
        VISIT,
        ("ALTER TABLE visits ADD COLUMN a text;", "SELECT 1;"),
    ]);
    let output = lint(&env, "");
    assert!(
        output.stderr.contains("002_step.sql fails in the sandbox"),
        "{output}"
    );
    let plain = env.enact(["lint"]);
    assert_eq!(output.code, plain.code, "{output}\n{plain}");
}

#[test]
fn what_only_a_sandbox_proves_can_be_allowed() {
    let env = repo(&[
        VISIT,
        (
            "-- enact: allow(work-under-lock) the table is small\nSELECT refine();",
            "-- enact: allow(work-under-lock) the table is small\n-- enact: allow(rewrite-type) as above\nALTER TABLE visit ALTER COLUMN day TYPE date;",
        ),
    ]);
    let output = lint(&env, "2");
    assert!(!output.stdout.contains("work-under-lock"), "{output}");
    let plain = env.enact(["lint", "2"]);
    assert!(!plain.stdout.contains("work-under-lock"), "{plain}");
}

#[test]
fn the_page_of_the_rule_shows_what_it_finds() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules/work-under-lock.md");
    let page = fs::read_to_string(page).unwrap();
    let block = |heading: &str| {
        let (_, rest) = page
            .split_once(&format!("\n## {heading}\n\n```sql\n"))
            .unwrap();
        rest.split_once("\n```").unwrap().0.to_owned()
    };
    let (schema, bad, good) = (block("Schema"), block("Bad"), block("Good"));
    for (sql, found) in [(bad, true), (good, false)] {
        let env = repo(&[(&schema, "SELECT 1;"), (&sql, "SELECT 1;")]);
        let output = lint(&env, "2");
        assert_eq!(
            output.stdout.contains("warning[work-under-lock]"),
            found,
            "{output}"
        );
    }
}

#[test]
fn a_base_needs_the_sandbox() {
    let env = repo(&[VISIT]);
    let output = env.enact(["lint", "--base", "elsewhere"]);
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("--sandbox"), "{output}");
}
