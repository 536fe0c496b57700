//! Steps that are sent before those before them are done: nothing of them happens unless those are recorded.

use std::time::Duration;

use enact_testkit::{Proxy, TestPg};
use serde_json::Value;

use crate::kit::{Db, File, Repo, fresh};

/// Advancing a sequence is not undone by a rollback, so it tells whether a statement ran at all.
const PROBE: File<'_> = ("probe", "CREATE SEQUENCE probe;", None);
const PROBES: &[File<'_>] = &[
    ("fifth", "SELECT nextval('probe');", None),
    ("sixth", "SELECT nextval('probe');", None),
    ("seventh", "SELECT nextval('probe');", None),
];

struct Scene {
    pg: TestPg,
    repo: Repo,
    database: String,
    url: String,
    db: Db,
}

/// Migration 4 is `fourth`; those behind it say in `probe` that they ran.
fn scene(fourth: &str) -> Scene {
    let ready: File<'_> = ("site", "CREATE TABLE site (id int PRIMARY KEY);", None);
    let quick: File<'_> = ("quick", "INSERT INTO site VALUES (1);", None);
    let mut files = vec![PROBE, ready, quick, ("fourth", fourth, None)];
    files.extend(PROBES);
    let (pg, repo) = (TestPg::start(), Repo::new(&files));
    let database = fresh(&pg);
    let url = pg.url(&database);
    let db = Db::open(&url);
    Scene {
        pg,
        repo,
        database,
        url,
        db,
    }
}

impl Scene {
    fn ran(&self) -> String {
        self.db
            .value("SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text FROM probe")
    }

    /// Fails in migration 4 with `sqlstate` and nothing behind it begins; goes on once `mend` has been done.
    fn fails(&self, sqlstate: &str, mend: &str) {
        let document = self.repo.refused("apply", &self.url, 35);
        assert_eq!(document["sqlstate"], sqlstate, "{document}");
        assert_eq!(self.ran(), "0", "steps behind the failed one ran");
        let status = self.repo.status(&self.url);
        assert_eq!(status["position"], 3, "{status}");
        assert_eq!(status["last_failure"]["sqlstate"], sqlstate, "{status}");
        assert_eq!(status["open_run"], Value::Null, "{status}");
        self.db.run(mend);
        self.finishes();
    }

    fn finishes(&self) {
        self.repo.done("apply", &self.url);
        assert_eq!(self.ran(), "3");
        assert_eq!(self.repo.status(&self.url)["position"], 7);
        assert_eq!(self.repo.verify(&self.url, &[]), 3);
    }
}

#[test]
fn nothing_begins_behind_a_statement_that_fails() {
    scene("INSERT INTO site SELECT 2 / count(*) FROM site WHERE id = 7;")
        .fails("22012", "INSERT INTO site VALUES (7)");
}

#[test]
fn nothing_begins_behind_a_commit_that_fails() {
    scene(
        "CREATE TABLE visit (site int REFERENCES site DEFERRABLE INITIALLY DEFERRED);\n\
         INSERT INTO visit VALUES (9);",
    )
    .fails("23503", "INSERT INTO site VALUES (9)");
}

#[test]
fn nothing_begins_behind_a_record_that_is_refused() {
    let scene = scene("CREATE TABLE visit (id int);");
    // The fourth record finds no place.
    scene.repo.done("apply --to 1", &scene.url);
    let seq = scene
        .db
        .value("SELECT (max(seq) + 4)::text FROM enact.ledger");
    let limit = format!("ALTER TABLE enact.ledger ADD CONSTRAINT full_ CHECK (seq < {seq})");
    scene.db.run(&limit);
    let output = scene.repo.enact("apply", &scene.url);
    assert_ne!(output.code, Some(0), "{output}");
    assert_eq!(scene.ran(), "0", "steps behind the failed one ran");
    scene
        .db
        .run("ALTER TABLE enact.ledger DROP CONSTRAINT full_");
    scene.finishes();
}

#[test]
fn a_lock_that_is_waited_for_delays_what_is_behind_it_too() {
    let scene = scene("ALTER TABLE site ADD COLUMN name text;");
    scene.repo.done("apply --to 2", &scene.url);
    let other = Db::open(&scene.url);
    other.run("BEGIN; LOCK TABLE site IN ROW EXCLUSIVE MODE");
    let document = scene
        .repo
        .refused("apply --retry-budget 1s", &scene.url, 35);
    assert_eq!(document["sqlstate"], "55P03", "{document}");
    assert_eq!(scene.ran(), "0");
    assert_eq!(scene.repo.status(&scene.url)["position"], 3);
    other.run("COMMIT");
    scene.finishes();
}

#[test]
fn several_steps_share_a_round_trip() {
    let round_trips = |already: u32| {
        let scene = scene("CREATE TABLE visit (id int);");
        scene
            .repo
            .done(&format!("apply --to {already}"), &scene.url);
        let proxy = Proxy::before(&scene.pg, Duration::ZERO);
        scene.repo.done("apply", &proxy.url(&scene.database));
        assert_eq!(scene.ran(), "3");
        proxy.stats().round_trips
    };
    let (six, one) = (round_trips(1), round_trips(6));
    assert!(
        six < one + 5,
        "{six} round trips for six steps, {one} for one"
    );
}
