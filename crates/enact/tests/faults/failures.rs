//! Migrations that the server refuses, and servers that refuse to be written to: nothing is changed, nothing is lost.

use enact_testkit::TestPg;
use serde_json::Value;

use crate::kit::{Db, File, Repo, fresh};

/// A database with one migration applied, and the repository that has `text` behind it.
struct Scene {
    _pg: TestPg,
    repo: Repo,
    url: String,
    db: Db,
}

const FIRST: &str = "CREATE TABLE site (id int PRIMARY KEY, name text);\nINSERT INTO site VALUES (1, 'a'), (2, 'a');\n";

fn scene(name: &str, text: &str) -> Scene {
    scene_of(&[("first", FIRST, None), (name, text, None)])
}

fn scene_of(files: &[File<'_>]) -> Scene {
    let (pg, repo) = (TestPg::start(), Repo::new(files));
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    Scene {
        _pg: pg,
        repo,
        url,
        db,
    }
}

impl Scene {
    /// Fails with 35 at `line` and leaves the first migration alone in force; then runs with `mended` instead.
    fn fails(&self, line: u64, sqlstate: &str, name: &str, mended: &str) -> Value {
        let document = self.repo.refused("apply", &self.url, 35);
        assert_eq!(document["location"]["line"], line, "{document}");
        assert_eq!(document["sqlstate"], sqlstate, "{document}");
        assert!(
            document["effect"]
                .as_str()
                .unwrap()
                .contains("nothing of core:002"),
            "{document}"
        );
        assert_eq!(self.tables(), "site");
        let status = self.repo.status(&self.url);
        assert_eq!(status["position"], 1, "{status}");
        assert_eq!(status["last_failure"]["sqlstate"], sqlstate, "{status}");
        assert_eq!(status["last_failure"]["line"], line, "{status}");
        assert_eq!(status["open_run"], Value::Null, "{status}");
        assert_eq!(status["drift"], "none", "{status}");
        self.repo.write(2, name, mended, None);
        self.repo.done("apply", &self.url);
        assert_eq!(self.repo.status(&self.url)["last_failure"], Value::Null);
        assert_eq!(self.repo.verify(&self.url, &[]), 3);
        document
    }

    fn tables(&self) -> String {
        self.db.value("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'")
    }
}

#[test]
fn an_error_in_the_first_statement() {
    let text = "SELECT 1 / 0;\nCREATE TABLE b (id int);\n";
    // The line of `Rollback: none` comes before.
    scene("bad", text).fails(2, "22012", "bad", "CREATE TABLE b (id int);");
}

#[test]
fn an_error_in_a_middle_statement() {
    let text =
        "CREATE TABLE b (id int);\nINSERT INTO b SELECT nothing;\nCREATE TABLE c (id int);\n";
    scene("bad", text).fails(3, "42703", "bad", "CREATE TABLE b (id int);");
}

#[test]
fn an_error_in_the_last_statement() {
    let text = "CREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\nALTER TABLE site ADD CONSTRAINT u UNIQUE (name);\n";
    scene("bad", text).fails(4, "23505", "bad", "CREATE TABLE b (id int);");
}

#[test]
fn a_deferred_constraint_that_fails_at_commit() {
    let text = "CREATE TABLE b (id int, site int REFERENCES site DEFERRABLE INITIALLY DEFERRED);\n\
                INSERT INTO b VALUES (1, 99);\nCREATE TABLE c (id int);\n";
    let scene = scene("bad", text);
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(document["sqlstate"], "23503", "{document}");
    assert!(
        document["facts"].to_string().contains("COMMIT"),
        "{document}"
    );
    assert_eq!(scene.tables(), "site");
    assert_eq!(scene.repo.status(&scene.url)["position"], 1);
    scene.db.run("INSERT INTO site VALUES (99, 'x')");
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.tables(), "b c site");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_unique_index_over_duplicates_leaves_no_invalid_index() {
    let scene = scene(
        "index",
        "CREATE UNIQUE INDEX CONCURRENTLY site_name ON site (name);\n",
    );
    for _ in 0..2 {
        let document = scene.repo.refused("apply", &scene.url, 35);
        assert_eq!(document["sqlstate"], "23505", "{document}");
        assert!(
            document["facts"].to_string().contains("has been dropped"),
            "{document}"
        );
        assert_eq!(
            scene
                .db
                .value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
            "0"
        );
        assert_eq!(scene.db.value("SELECT to_regclass('site_name')"), "");
    }
    scene.db.run("UPDATE site SET name = 'b' WHERE id = 2");
    scene.repo.done("apply", &scene.url);
    assert_eq!(
        scene
            .db
            .value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'site_name'::regclass"),
        "t"
    );
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_failure_in_a_later_segment_keeps_the_earlier_ones_and_goes_on_there() {
    let text = "ALTER TABLE site ADD COLUMN code text;\n\
                CREATE UNIQUE INDEX CONCURRENTLY site_name ON site (name);\nCREATE TABLE b (id int);\n";
    let scene = scene("mixed", text);
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert!(
        document["effect"]
            .as_str()
            .unwrap()
            .contains("segment 1 of core:002"),
        "{document}"
    );
    let status = scene.repo.status(&scene.url);
    assert_eq!(
        (
            &status["in_progress"]["done"],
            &status["in_progress"]["segments"]
        ),
        (&Value::from(1), &Value::from(3))
    );
    scene.db.run("UPDATE site SET name = 'b' WHERE id = 2");
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.tables(), "b site");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_server_that_runs_out_of_temporary_space() {
    let scene = scene(
        "sort",
        "CREATE TABLE b AS SELECT g FROM generate_series(1, 300000) g ORDER BY md5(g::text);\n",
    );
    scene.db.run("ALTER DATABASE test_1 SET temp_file_limit = '1MB'; ALTER DATABASE test_1 SET work_mem = '64kB'");
    scene.fails(2, "53400", "sort", "CREATE TABLE b (id int);");
}

#[test]
fn a_role_without_rights_changes_nothing_and_is_told() {
    let scene = scene("b", "CREATE TABLE b (id int);\n");
    scene.db.run("CREATE ROLE app LOGIN");
    let as_app = scene.url.replace("postgres@", "app@");
    let output = scene.repo.enact("apply", &as_app);
    assert!(!matches!(output.code, Some(0) | None), "{output}");
    assert!(output.stdout.contains("permission denied"), "{output}");
    assert_eq!(scene.db.value("SELECT to_regnamespace('enact')"), "");
    scene.repo.done("apply --to 1", &scene.url);
    let entries = scene.db.value("SELECT count(*) FROM enact.ledger");
    for command in ["apply", "status", "rollback"] {
        let output = scene.repo.enact(command, &as_app);
        assert!(!matches!(output.code, Some(0) | None), "{output}");
        assert!(
            output.stdout.contains("may not read the ledger"),
            "{output}"
        );
    }
    assert_eq!(scene.db.value("SELECT count(*) FROM enact.ledger"), entries);
    scene.db.run("GRANT enact_reader TO app");
    assert_eq!(scene.repo.status(&as_app)["pending"], 1);
    let output = scene.repo.enact("apply", &as_app);
    assert!(!matches!(output.code, Some(0) | None), "{output}");
    assert!(output.stdout.contains("permission denied"), "{output}");
    assert_eq!(scene.db.value("SELECT count(*) FROM enact.ledger"), entries);
    assert_eq!(scene.tables(), "site");
}

#[test]
fn a_file_that_drops_schema_enact_unseen_changes_nothing() {
    let text = "CREATE TABLE b (id int);\nDO $$ BEGIN EXECUTE 'DROP SCHEMA ' || 'en' || 'act CASCADE'; END $$;\n";
    let scene = scene("drops", text);
    scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(scene.tables(), "site");
    assert_eq!(scene.repo.status(&scene.url)["position"], 1);
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_file_that_names_schema_enact_is_refused_before_anything_runs() {
    for text in [
        "DROP SCHEMA enact CASCADE;",
        "ALTER TABLE enact.ledger DISABLE TRIGGER ALL;",
    ] {
        let scene = scene("names", text);
        scene.repo.refused("apply", &scene.url, 30);
        assert_eq!(scene.tables(), "");
    }
}

#[test]
fn guards_taken_down_unseen_are_found_by_verify() {
    let text =
        "DO $$ BEGIN EXECUTE 'ALTER TABLE en' || 'act.ledger DISABLE TRIGGER ALL'; END $$;\n";
    let scene = scene("guards", text);
    scene.repo.enact("apply", &scene.url);
    assert_eq!(scene.repo.verify(&scene.url, &[]), 19);
}

#[test]
fn session_state_does_not_reach_the_next_migration() {
    let state = "SELECT set_config('search_path', 'nowhere', false), set_config('work_mem', '77kB', false);\n\
                 CREATE TEMP TABLE leftover (id int);\nSELECT pg_advisory_lock(77);\n";
    let clean = "CREATE TABLE b (id int);\n\
                 SELECT 1 / (current_setting('work_mem') <> '77kB')::int;\n\
                 SELECT 1 / (to_regclass('pg_temp.leftover') IS NULL)::int;\n";
    let scene = scene_of(&[
        ("first", FIRST, None),
        ("state", state, None),
        ("clean", clean, None),
    ]);
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.tables(), "b site");
}

#[test]
fn a_transaction_left_open_is_refused_before_anything_runs() {
    let scene = scene("open", "BEGIN;\nCREATE TABLE b (id int);\n");
    scene.repo.refused("apply", &scene.url, 30);
    assert_eq!(scene.tables(), "");
}

#[test]
fn a_procedure_that_commits_is_refused_by_the_server_and_changes_nothing() {
    let procedure = "CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO site VALUES (3, 'c'); COMMIT; END $$;\n\
                     CREATE FUNCTION helper() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL commits(); END $$;\n";
    let scene = scene_of(&[
        ("first", FIRST, None),
        ("procedure", procedure, None),
        ("call", "SELECT helper();\n", None),
    ]);
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(document["sqlstate"], "2D000", "{document}");
    assert_eq!(scene.db.value("SELECT count(*) FROM site"), "2");
    assert_eq!(scene.repo.status(&scene.url)["position"], 2);
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_server_without_room() {
    let text = "SET LOCAL work_mem = '64kB';\nSET LOCAL temp_file_limit = '100kB';\n\
        CREATE TABLE b AS SELECT id FROM generate_series(1, 100000) id ORDER BY id DESC;\n";
    let document = scene("big", text).fails(4, "53400", "big", "CREATE TABLE b (id int);");
    let next = document["next"].to_string();
    assert!(next.contains("give the server what it lacks"), "{document}");
}
