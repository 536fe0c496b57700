//! Runs that are asked to stop, lose a connection, or leave a server process behind.

use std::time::Duration;

use enact_testkit::{Proxy, Signal, TestPg};
use serde_json::Value;

use crate::kit::{Db, Repo, failed, fresh, json};

/// Waits for as long as `pace` says, which a test can change.
const LONG: &str = "INSERT INTO effects VALUES ('before');\n\
    SELECT pg_sleep(seconds) FROM pace;\n\
    INSERT INTO effects VALUES ('after');\n";
const SLEEPS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'";
const EFFECTS: &str = "SELECT string_agg(what, ' ' ORDER BY what) FROM effects";

struct Scene {
    pg: TestPg,
    repo: Repo,
    name: String,
    url: String,
    db: Db,
}

fn scene(files: &[crate::kit::File<'_>]) -> Scene {
    scene_on(TestPg::start(), files)
}

fn scene_on(pg: TestPg, files: &[crate::kit::File<'_>]) -> Scene {
    let name = fresh(&pg);
    let url = pg.url(&name);
    let db = Db::open(&url);
    db.run(
        "CREATE TABLE effects (what text); CREATE TABLE pace (seconds float); INSERT INTO pace VALUES (600);\
         CREATE TABLE site (id int, name text); INSERT INTO site SELECT g, 'n' || g FROM generate_series(1, 100) g",
    );
    Scene {
        pg,
        repo: Repo::new(files),
        name,
        url,
        db,
    }
}

impl Scene {
    fn hurry(&self) {
        self.db.run("UPDATE pace SET seconds = 0");
    }

    fn status(&self) -> Value {
        self.repo.status(&self.url)
    }
}

fn stopped_by(signal: Signal) {
    let scene = scene(&[
        ("quick", "CREATE TABLE quick (id int);", None),
        ("long", LONG, None),
    ]);
    let running = scene.repo.start("apply", &scene.url);
    scene.db.until(SLEEPS, "1");
    running.signal(signal);
    let document = failed(&running.wait(), 44);
    assert!(
        document["effect"].as_str().unwrap().contains("rolled back"),
        "{document}"
    );
    assert_eq!(scene.db.value(EFFECTS), "");
    assert_eq!(scene.db.value(SLEEPS), "0");
    let status = scene.status();
    assert_eq!(
        (&status["position"], &status["open_run"]),
        (&Value::from(1), &Value::Null)
    );
    scene.hurry();
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(EFFECTS), "after before");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn ctrl_c_ends_a_long_transaction_without_effect() {
    stopped_by(Signal::Interrupt);
}

#[test]
fn sigterm_ends_a_long_transaction_without_effect() {
    stopped_by(Signal::Terminate);
}

/// Interrupts `statement`, which waits for a session that writes to `site`, and goes on when that has ended.
fn interrupted_while_waiting(prepare: &str, statement: &str, waits: &str) -> Scene {
    let scene = scene(&[("waits", statement, None)]);
    scene.db.run(prepare);
    let writer = Db::open(&scene.url);
    writer.run("BEGIN; UPDATE site SET name = name");
    let running = scene.repo.start("apply", &scene.url);
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '{waits}%'"
    );
    scene.db.until(&waiting, "1");
    running.signal(Signal::Interrupt);
    failed(&running.wait(), 44);
    assert_eq!(scene.db.value(&waiting), "0");
    drop(writer);
    assert_eq!(scene.status()["position"], 0);
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.status()["position"], 1);
    assert_eq!(
        scene
            .db
            .value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
        "0"
    );
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
    scene
}

#[test]
fn ctrl_c_while_an_index_is_built_leaves_nothing_that_the_next_run_does_not_mend() {
    let scene = interrupted_while_waiting(
        "SELECT 1",
        "CREATE INDEX CONCURRENTLY site_name ON site (name);",
        "CREATE INDEX",
    );
    assert_eq!(
        scene
            .db
            .value("SELECT count(*) FROM pg_indexes WHERE tablename = 'site'"),
        "1"
    );
}

#[test]
fn ctrl_c_while_an_index_is_rebuilt_leaves_nothing_that_the_next_run_does_not_mend() {
    let scene = interrupted_while_waiting(
        "CREATE INDEX site_name ON site (name)",
        "REINDEX INDEX CONCURRENTLY site_name;",
        "REINDEX",
    );
    assert_eq!(
        scene
            .db
            .value("SELECT string_agg(indexname, ' ') FROM pg_indexes WHERE tablename = 'site'"),
        "site_name"
    );
}

#[test]
fn ctrl_c_while_an_index_is_dropped_leaves_nothing_that_the_next_run_does_not_mend() {
    let scene = interrupted_while_waiting(
        "CREATE INDEX site_name ON site (name)",
        "DROP INDEX CONCURRENTLY site_name;",
        "DROP INDEX",
    );
    assert_eq!(
        scene
            .db
            .value("SELECT count(*) FROM pg_indexes WHERE tablename = 'site'"),
        "0"
    );
}

#[test]
fn ctrl_c_among_many_migrations_stops_between_or_in_one_and_the_next_run_goes_on() {
    // So many that the signal comes long before the last.
    let texts: Vec<String> = (1..=800)
        .map(|n| format!("INSERT INTO effects VALUES ('{n:03}');"))
        .collect();
    let files: Vec<crate::kit::File<'_>> = texts
        .iter()
        .map(|text| ("one", text.as_str(), None))
        .collect();
    let scene = scene(&files);
    let running = scene.repo.start("apply", &scene.url);
    scene.db.until("SELECT count(*) > 3 FROM effects", "t");
    running.signal(Signal::Interrupt);
    let document = failed(&running.wait(), 44);
    let done = scene.db.value("SELECT count(*) FROM effects");
    assert_eq!(scene.status()["position"].to_string(), done, "{document}");
    assert_eq!(
        document["done"].as_array().unwrap().len().to_string(),
        done,
        "{document}"
    );
    scene.repo.done("apply", &scene.url);
    assert_eq!(
        scene
            .db
            .value("SELECT count(*) || ' ' || count(DISTINCT what) FROM effects"),
        "800 800"
    );
}

#[test]
fn without_the_lock_s_connection_a_long_statement_is_stopped() {
    let scene = scene(&[("long", LONG, None)]);
    let proxy = Proxy::before(&scene.pg, Duration::ZERO);
    let running = scene.repo.start("apply", &proxy.url(&scene.name));
    scene.db.until(SLEEPS, "1");
    proxy.cut(1);
    let document = failed(&running.wait(), 44);
    assert!(
        document["message"]
            .as_str()
            .unwrap()
            .contains("holds the lock"),
        "{document}"
    );
    assert_eq!(scene.db.value(EFFECTS), "");
    scene.hurry();
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(EFFECTS), "after before");
}

/// A statement that goes on for as long as `pace` says so, whatever becomes of the client.
const DEAF: &str = "DO $$ BEGIN WHILE (SELECT seconds > 0 FROM pace) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;\n\
    INSERT INTO effects VALUES ('once');\n";

/// From PostgreSQL 14 on, a server process looks whether its client is still there, unless told not to.
const NO_LOOK: &str = "SELECT set_config('client_connection_check_interval', '0', true);";

#[test]
fn what_a_killed_run_left_at_work_is_waited_for() {
    let deaf = format!("{NO_LOOK}\n{DEAF}");
    let pg = TestPg::start();
    let text = if pg.major() < 14 { DEAF } else { &deaf };
    let scene = scene_on(pg, &[("deaf", text, None)]);
    let running = scene.repo.start("apply", &scene.url);
    let at_work =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO $$%'";
    scene.db.until(at_work, "1");
    running.signal(Signal::Kill);
    assert_eq!(running.wait().code, None);
    // The server takes a moment to see that the connection which held the lock is gone.
    let run_lock = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND classid = 1701732707 AND granted";
    scene.db.until(run_lock, "0");
    let status = scene.status();
    assert!(status["orphan"]["pid"].is_number(), "{status}");
    assert!(status["open_run"]["run"].is_string(), "{status}");
    failed(&scene.repo.enact("apply --lock-wait 0s", &scene.url), 34);
    let mut next = scene.repo.start("apply", &scene.url);
    scene.db.until(run_lock, "1");
    assert!(next.runs());
    scene.hurry();
    let next = next.wait();
    assert_eq!(next.code, Some(0), "{next}");
    assert_eq!(json(&next)["position"], 1, "{next}");
    assert_eq!(scene.db.value(EFFECTS), "once");
    let applied = "SELECT count(*) FROM enact.entries WHERE kind = 'migration.applied'";
    assert_eq!(scene.db.value(applied), "1");
}

#[test]
fn an_index_that_a_killed_run_left_in_the_making_is_waited_for() {
    let scene = scene(&[(
        "index",
        "CREATE INDEX CONCURRENTLY site_name ON site (name);\nINSERT INTO effects VALUES ('once');",
        None,
    )]);
    let writer = Db::open(&scene.url);
    writer.run("BEGIN; UPDATE site SET name = name");
    let running = scene.repo.start("apply", &scene.url);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'";
    scene.db.until(waiting, "1");
    running.signal(Signal::Kill);
    assert_eq!(running.wait().code, None);
    let next = scene.repo.start("apply", &scene.url);
    let run_lock = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND classid = 1701732707 AND granted";
    scene.db.until(run_lock, "1");
    drop(writer);
    let next = next.wait();
    assert_eq!(next.code, Some(0), "{next}");
    assert_eq!(scene.db.value(EFFECTS), "once");
    let valid =
        "SELECT string_agg(indisvalid::text, ' ') FROM pg_index WHERE indrelid = 'site'::regclass";
    assert_eq!(scene.db.value(valid), "true");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn a_partition_half_detached_is_detached_by_the_next_run() {
    let scene = scene(&[(
        "detach",
        "ALTER TABLE whole DETACH PARTITION part CONCURRENTLY;",
        None,
    )]);
    if scene.pg.major() < 14 {
        return;
    }
    scene.db.run("CREATE TABLE whole (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF whole FOR VALUES IN (1)");
    let reader = Db::open(&scene.url);
    reader.run("BEGIN; SELECT * FROM whole");
    let running = scene.repo.start("apply", &scene.url);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE whole%'";
    scene.db.until(waiting, "1");
    running.signal(Signal::Terminate);
    failed(&running.wait(), 44);
    drop(reader);
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value("SELECT count(*) FROM pg_inherits"), "0");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

/// Commits in the middle: the catalog cannot tell how far it came.
const COMMITTING: &str = "DO $$ BEGIN INSERT INTO effects VALUES ('first'); COMMIT; PERFORM pg_sleep(seconds) FROM pace;\n\
    INSERT INTO effects VALUES ('second'); END $$;\n\
    INSERT INTO effects VALUES ('behind');\n";

fn resolved(what: &str, effects: &str) {
    let scene = scene(&[("committing", COMMITTING, None)]);
    let running = scene.repo.start("apply", &scene.url);
    scene.db.until(SLEEPS, "1");
    running.signal(Signal::Kill);
    assert_eq!(running.wait().code, None);
    if scene.pg.major() < 14 {
        // Nothing tells the server process that its client is gone.
        let sql = SLEEPS.replace("count(*)", "pg_terminate_backend(pid)");
        scene.db.run(&sql);
    }
    let asked = scene.repo.refused("apply", &scene.url, 36);
    assert!(asked["next"].to_string().contains("--resolve"), "{asked}");
    let status = scene.status();
    assert_eq!(status["in_progress"]["unknown"], 1, "{status}");
    assert_eq!(scene.db.value(EFFECTS), "first");
    scene.repo.refused("apply", &scene.url, 36);
    scene.hurry();
    scene.repo.done(
        &format!("apply --resolve {what} --reason looked"),
        &scene.url,
    );
    assert_eq!(scene.db.value(EFFECTS), effects);
    let recorded = "SELECT body -> 'fact' ->> 'reason' FROM enact.entries WHERE body -> 'fact' ->> 'phase' = 'resolved'";
    assert_eq!(scene.db.value(recorded), "looked");
    assert_eq!(scene.status()["in_progress"], Value::Null);
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
}

#[test]
fn an_unknown_outcome_is_resolved_as_done() {
    resolved("done", "behind first");
}

#[test]
fn an_unknown_outcome_is_resolved_as_to_run_again() {
    resolved("again", "behind first first second");
}
