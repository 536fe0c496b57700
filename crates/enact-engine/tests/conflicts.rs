//! Thirty extensions beside one core: fifteen that change it, fifteen legal neighbours, judged both ways.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use enact_engine::conflict::{ConflictError, ImpactRequest, Request, Verdict, conflicts, impact};
use enact_engine::project::layout::{Stream, StreamSource};
use enact_engine::sandbox::{Sandbox, Scratch};
use enact_release::Leave;
use enact_testkit::TestPg;
use tempfile::TempDir;

const CORE: &str = "\
CREATE SCHEMA diary;
CREATE TYPE diary.state AS ENUM ('open', 'closed');
CREATE TABLE diary.sites (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', state diary.state);
CREATE TABLE diary.visits (id int PRIMARY KEY, site int REFERENCES diary.sites, held date);
CREATE SEQUENCE diary.numbers;
CREATE VIEW diary.open_sites AS SELECT id FROM diary.sites WHERE state = 'open';
CREATE FUNCTION diary.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION diary.label(n int) RETURNS text LANGUAGE sql AS $$ SELECT 'site ' || n $$;
CREATE TRIGGER sites_touch BEFORE UPDATE ON diary.sites FOR EACH ROW EXECUTE FUNCTION diary.touch();
ALTER TABLE diary.visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY visits_all ON diary.visits USING (true);
INSERT INTO diary.sites VALUES (1, 'one', 'open');
";

/// What changes the core.
const CONFLICTS: [(&str, &str); 19] = [
    (
        "a column is added",
        "ALTER TABLE diary.sites ADD COLUMN phone text;",
    ),
    (
        "a default is dropped",
        "ALTER TABLE diary.sites ALTER COLUMN name DROP DEFAULT;",
    ),
    ("a table is dropped", "DROP TABLE diary.visits;"),
    (
        "a view is replaced",
        "CREATE OR REPLACE VIEW diary.open_sites AS SELECT id FROM diary.sites;",
    ),
    (
        "a function is replaced",
        "CREATE OR REPLACE FUNCTION diary.label(n int) RETURNS text LANGUAGE sql AS $$ SELECT '' $$;",
    ),
    (
        "a function is overloaded",
        "CREATE FUNCTION diary.label(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT '' $$;",
    ),
    (
        "a table is renamed",
        "ALTER TABLE diary.sites RENAME TO places;",
    ),
    (
        "a trigger is added",
        "CREATE SCHEMA orion; CREATE TRIGGER visits_touch BEFORE UPDATE ON diary.visits FOR EACH ROW EXECUTE FUNCTION diary.touch();",
    ),
    (
        "a trigger is disabled",
        "ALTER TABLE diary.sites DISABLE TRIGGER sites_touch;",
    ),
    (
        "a trigger is dropped",
        "DROP TRIGGER sites_touch ON diary.sites;",
    ),
    (
        "a policy is added",
        "CREATE POLICY visits_more ON diary.visits USING (id > 0);",
    ),
    (
        "row-level security is switched off",
        "ALTER TABLE diary.visits DISABLE ROW LEVEL SECURITY;",
    ),
    ("a grant", "GRANT SELECT ON diary.sites TO PUBLIC;"),
    (
        "an index",
        "CREATE INDEX visits_held ON diary.visits (held);",
    ),
    (
        "a value of an enum",
        "ALTER TYPE diary.state ADD VALUE 'moved';",
    ),
    ("a comment", "COMMENT ON COLUMN diary.sites.name IS 'mine';"),
    (
        "a table in the core's schema",
        "CREATE TABLE diary.own (a int);",
    ),
    (
        "a name of the core in public",
        "CREATE TABLE public.sites (a int);",
    ),
    ("rows of the core", "UPDATE diary.sites SET name = 'two';"),
];

/// Their legal neighbours.
const NEIGHBOURS: [(&str, &str); 16] = [
    (
        "a table of its own",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int PRIMARY KEY);",
    ),
    (
        "a column of its own table",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int); ALTER TABLE orion.notes ADD COLUMN phone text;",
    ),
    (
        "a view of the core",
        "CREATE SCHEMA orion; CREATE VIEW orion.open AS SELECT id, name FROM diary.sites;",
    ),
    (
        "a foreign key to the core",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (site int REFERENCES diary.sites (id));",
    ),
    (
        "a function that calls the core",
        "CREATE SCHEMA orion; CREATE FUNCTION orion.labels() RETURNS text LANGUAGE sql AS $$ SELECT diary.label(1) $$;",
    ),
    (
        "a function of the same name in its own schema",
        "CREATE SCHEMA orion; CREATE FUNCTION orion.label(n int) RETURNS text LANGUAGE sql AS $$ SELECT '' $$;",
    ),
    (
        "a table of the same name in its own schema",
        "CREATE SCHEMA orion; CREATE TABLE orion.sites (a int);",
    ),
    (
        "a trigger of its own table that calls the core",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int); CREATE TRIGGER t BEFORE UPDATE ON orion.notes FOR EACH ROW EXECUTE FUNCTION diary.touch();",
    ),
    (
        "a policy of its own table",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int); ALTER TABLE orion.notes ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON orion.notes USING (EXISTS (SELECT FROM diary.sites));",
    ),
    (
        "a grant on its own table",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int); GRANT SELECT ON orion.notes TO PUBLIC;",
    ),
    (
        "an index of its own table",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (a int); CREATE INDEX ON orion.notes (a);",
    ),
    (
        "an enum of its own",
        "CREATE SCHEMA orion; CREATE TYPE orion.state AS ENUM ('a'); ALTER TYPE orion.state ADD VALUE 'b';",
    ),
    (
        "a comment on its own",
        "CREATE SCHEMA orion; COMMENT ON SCHEMA orion IS 'mine';",
    ),
    (
        "a column of a type of the core",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes (s diary.state);",
    ),
    (
        "rows of its own, read from the core",
        "CREATE SCHEMA orion; CREATE TABLE orion.notes AS SELECT id FROM diary.sites; INSERT INTO orion.notes SELECT id FROM diary.visits;",
    ),
    (
        "another name in public",
        "CREATE TABLE public.orion_notes (a int);",
    ),
];

fn stream(folder: &Path, name: &str, files: &[(&str, &str)]) -> Stream {
    let dir = folder.join(name);
    fs::create_dir_all(dir.join("rollback")).unwrap();
    for (index, (up, down)) in files.iter().enumerate() {
        let number = index + 1;
        fs::write(dir.join(format!("{number:03}_step.sql")), up).unwrap();
        fs::write(dir.join(format!("rollback/{number:03}_rollback.sql")), down).unwrap();
    }
    let source = StreamSource {
        name: name.parse().unwrap(),
        root: folder.to_owned(),
        dir,
        max_file_size: 1 << 20,
    };
    Stream::read(&source).unwrap()
}

fn scratch() -> Scratch {
    Scratch::Cluster(Box::new(Sandbox::start(&TestPg::options()).unwrap()))
}

async fn verdict(core: &Stream, leave: &Leave, extension: &str, scratch: &Scratch) -> Verdict {
    let folder = TempDir::new().unwrap();
    let extension = stream(folder.path(), "orion", &[(extension, "SELECT 1;")]);
    let request = Request {
        core,
        leave,
        extension: &extension,
        scratch,
    };
    conflicts(request).await.unwrap().migrations.remove(0)
}

#[tokio::test]
async fn thirty_extensions_are_judged_alike_by_both_ways_of_looking() {
    let folder = TempDir::new().unwrap();
    let core = stream(folder.path(), "core", &[(CORE, "SELECT 1;")]);
    let scratch = scratch();
    let mut wrong = String::new();
    let cases = CONFLICTS.iter().map(|case| (true, case));
    let cases = cases.chain(NEIGHBOURS.iter().map(|case| (false, case)));
    for (expected, (what, sql)) in cases {
        let verdict = verdict(&core, &Leave::default(), sql, &scratch).await;
        let told = !verdict.told.is_empty();
        if (verdict.is_conflict(), told) != (expected, expected) {
            writeln!(wrong, "{what}: expected {expected}, {verdict:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn where_they_differ_the_sandbox_decides() {
    let folder = TempDir::new().unwrap();
    let core = stream(folder.path(), "core", &[(CORE, "SELECT 1;")]);
    let scratch = scratch();
    let none = Leave::default();
    // What a block does, no statement says.
    let hidden =
        "DO $$ BEGIN EXECUTE 'ALTER TABLE diary.' || 'sites ADD COLUMN phone text'; END $$;";
    let hidden = verdict(&core, &none, hidden, &scratch).await;
    assert!(
        hidden.is_conflict() && hidden.told.is_empty() && !hidden.agree(),
        "{hidden:?}"
    );
    // What has no effect is none, whatever the statement says.
    let nothing = verdict(&core, &none, "DELETE FROM diary.visits;", &scratch).await;
    assert!(
        !nothing.is_conflict() && nothing.told.len() == 1 && !nothing.agree(),
        "{nothing:?}"
    );
}

#[tokio::test]
async fn what_the_core_team_gave_leave_for_is_none() {
    let folder = TempDir::new().unwrap();
    let core = stream(folder.path(), "core", &[(CORE, "SELECT 1;")]);
    let scratch = scratch();
    let leave = Leave {
        index: vec!["diary.visits".to_owned()],
        grant: vec!["diary.*".to_owned()],
        create: vec!["diary".to_owned()],
        ..Leave::default()
    };
    for sql in [
        "CREATE INDEX visits_held ON diary.visits (held);",
        "GRANT SELECT ON diary.sites TO PUBLIC;",
        "CREATE TABLE diary.own (a int);",
    ] {
        let verdict = verdict(&core, &leave, sql, &scratch).await;
        assert!(
            !verdict.is_conflict() && verdict.told.is_empty(),
            "{sql}: {verdict:?}"
        );
    }
    let other = verdict(
        &core,
        &leave,
        "CREATE INDEX sites_name ON diary.sites (name);",
        &scratch,
    )
    .await;
    assert!(other.is_conflict() && !other.told.is_empty(), "{other:?}");
}

#[tokio::test]
async fn what_depends_on_the_core_is_listed() {
    let folder = TempDir::new().unwrap();
    let core = stream(folder.path(), "core", &[(CORE, "SELECT 1;")]);
    let extension = "CREATE SCHEMA orion; CREATE VIEW orion.open AS SELECT id FROM diary.sites; \
                     CREATE TABLE orion.notes (site int REFERENCES diary.sites (id));";
    let extension = stream(folder.path(), "orion", &[(extension, "SELECT 1;")]);
    let scratch = scratch();
    let request = Request {
        core: &core,
        leave: &Leave::default(),
        extension: &extension,
        scratch: &scratch,
    };
    let report = conflicts(request).await.unwrap();
    assert!(report.passed());
    let listed: Vec<String> = report
        .dependencies
        .iter()
        .map(|(one, on)| format!("{one} on {on}"))
        .collect();
    assert!(
        listed.contains(&"view orion.open on table diary.sites".to_owned()),
        "{listed:?}"
    );
    assert!(
        listed.iter().any(|line| line.contains("notes_site_fkey")),
        "{listed:?}"
    );
    // What the core's own objects depend on is the core's business.
    let own = |line: &String| line.starts_with("policy visits_all");
    assert!(!listed.iter().any(own), "{listed:?}");
}

#[tokio::test]
async fn a_candidate_that_breaks_an_extension_is_named_beforehand() {
    let folder = TempDir::new().unwrap();
    let current = stream(folder.path(), "core", &[(CORE, "SELECT 1;")]);
    let extension = stream(
        folder.path(),
        "orion",
        &[(
            "CREATE SCHEMA orion; CREATE VIEW orion.open AS SELECT id, name FROM diary.sites;",
            "DROP VIEW orion.open; DROP SCHEMA orion;",
        )],
    );
    let scratch = scratch();
    let leave = Leave::default();
    let mut found = Vec::new();
    for (index, step) in [
        "ALTER TABLE diary.sites DROP COLUMN name;",
        "CREATE SCHEMA orion;",
        "ALTER TABLE diary.sites ADD COLUMN phone text;",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder.path().join(index.to_string());
        let candidate = stream(&folder, "core", &[(CORE, "SELECT 1;"), (step, "SELECT 1;")]);
        let request = ImpactRequest {
            current: Some(&current),
            candidate: &candidate,
            leave: &leave,
            extension: &extension,
            scratch: &scratch,
        };
        let impact = impact(request).await.unwrap();
        let upgrade: Vec<String> = impact
            .upgrade
            .iter()
            .map(|broken| format!("{} {}", broken.label, broken.failure.server.sqlstate))
            .collect();
        found.push((impact.passed(), upgrade.join(", "), impact.fresh.passed()));
    }
    assert_eq!(
        found,
        [
            // The view stands on the column; on a new database it cannot be made.
            (false, "core:002_step 2BP01".to_owned(), false),
            // The extension has it already; on a new database the core has it first.
            (false, "core:002_step 42P06".to_owned(), false),
            (true, String::new(), true),
        ]
    );
}

#[tokio::test]
async fn a_core_that_does_not_run_is_no_verdict() {
    let folder = TempDir::new().unwrap();
    let core = stream(folder.path(), "core", &[("SELECT 1/0;", "SELECT 1;")]);
    let extension = stream(
        folder.path(),
        "orion",
        &[("CREATE SCHEMA orion;", "DROP SCHEMA orion;")],
    );
    let scratch = scratch();
    let request = Request {
        core: &core,
        leave: &Leave::default(),
        extension: &extension,
        scratch: &scratch,
    };
    let error = conflicts(request).await.unwrap_err();
    assert!(
        matches!(error, ConflictError::Core { number: 1, .. }),
        "{error}"
    );
}
