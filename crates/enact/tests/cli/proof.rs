//! `test` and `demo`.

use crate::kit::{Repo, env};

#[test]
fn a_rollback_that_restores_is_proven_and_one_that_does_not_is_named() {
    let repo = Repo::with_two();
    let output = repo.done("test");
    assert!(
        output
            .stdout
            .ends_with("2 proven, 0 irreversible, 0 of 0 SQL tests passed\n"),
        "{output}"
    );
    repo.migration(
        "003_add_country",
        "ALTER TABLE sites ADD COLUMN country text;\nCREATE INDEX sites_country ON sites (name);",
        "ALTER TABLE sites DROP COLUMN country;",
    );
    let output = repo.enact("test --junit report.xml");
    assert_eq!(output.code, Some(37), "{output}");
    assert!(
        output.stdout.contains("index public.sites_country"),
        "{output}"
    );
    assert!(output.stdout.contains("not-restored"), "{output}");
    let report = std::fs::read_to_string(repo.env.dir().join("report.xml")).unwrap();
    assert!(report.contains("<failure"), "{report}");
}

#[test]
fn a_failing_migration_is_shown_at_its_place() {
    let repo = Repo::with_two();
    repo.migration(
        "003_break",
        "ALTER TABLE sites\n    ADD COLUMN a int REFERENCES nowhere (id);",
        "ALTER TABLE sites DROP COLUMN a;",
    );
    let output = repo.enact("test --format json");
    assert_eq!(output.code, Some(35), "{output}");
    for part in [
        r#""schema": "enact.test/1""#,
        r#""verdict": "migration-failed""#,
        r#""sqlstate": "42P01""#,
        r#""file": "migrations/003_break.sql""#,
    ] {
        assert!(output.stdout.contains(part), "{part}\n{output}");
    }
}

#[test]
fn the_demo_plays_to_its_end() {
    let env = env();
    let output = env.enact(["demo"]);
    assert_eq!(output.code, Some(0), "{output}");
    for part in [
        "nothing of orion:003_add_visit_reminders took effect",
        "+ column diary.sites.phone",
        "ledger: forked",
        "The sandbox is gone",
    ] {
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(said.contains(part), "{part}\n{output}");
    }
}
