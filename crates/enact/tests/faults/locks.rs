//! Somebody else's locks: named, waited for within the budget, and deadlocks tried again.

use enact_testkit::TestPg;

use crate::kit::{Db, File, Repo, failed, fresh, json};

const ALTER: &[File<'static>] = &[("name", "ALTER TABLE site ADD COLUMN name text;", None)];
const WAITS: &str = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'relation'";

fn blocked() -> (TestPg, Repo, String, Db) {
    let (pg, repo) = (TestPg::start(), Repo::new(ALTER));
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    db.run("CREATE TABLE site (id int); CREATE ROLE alice LOGIN; GRANT ALL ON site TO alice");
    let blocker = Db::open(&url.replace("postgres@", "alice@"));
    assert_eq!(blocker.value("SELECT session_user"), "alice");
    blocker.run("SET application_name = 'monthly report'; BEGIN");
    blocker.run("SELECT * FROM site /* a long look */");
    (pg, repo, url, blocker)
}

#[test]
fn a_blocker_that_never_lets_go_is_named_and_the_budget_ends_it() {
    let (_pg, repo, url, blocker) = blocked();
    let output = repo.enact("apply --retry-budget 2s", &url);
    let document = failed(&output, 35);
    let facts = document["facts"].to_string();
    let pid = blocker.value("SELECT pg_backend_pid()");
    for part in [
        pid.as_str(),
        "alice",
        "monthly report",
        "a long look",
        "tries",
    ] {
        assert!(facts.contains(part), "`{part}` is not in {facts}\n{output}");
    }
    assert_eq!(document["sqlstate"], "55P03");
    let db = Db::open(&url);
    assert_eq!(db.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'site'::regclass AND attname = 'name'"), "0");
    let status = repo.status(&url);
    assert_eq!(status["last_failure"]["sqlstate"], "55P03", "{status}");
    drop(blocker);
    repo.done("apply", &url);
    assert_eq!(repo.verify(&url, &[]), 3);
}

#[test]
fn a_blocker_that_lets_go_only_delays() {
    let (_pg, repo, url, blocker) = blocked();
    let db = Db::open(&url);
    let running = repo.start("apply", &url);
    db.until(WAITS, "t");
    db.until(WAITS, "f");
    db.until(WAITS, "t");
    drop(blocker);
    let output = running.wait();
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(json(&output)["steps"].as_array().unwrap().len(), 1);
    assert!(output.stderr.contains("next try"), "{output}");
}

#[test]
fn a_deadlock_is_tried_again() {
    // The rival never looks for deadlocks, so that the migration is the one that is told.
    let text = "LOCK TABLE first;\n\
        DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'rival')\n\
            AND NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'first'::regclass)\n\
            LOOP PERFORM pg_sleep(0.001); END LOOP; END $$;\n\
        LOCK TABLE second;\nCREATE TABLE third (id int);\n";
    let pg = TestPg::with(&[("deadlock_timeout", "10ms")]);
    let repo = Repo::new(&[("locks", text, None)]);
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    db.run("CREATE TABLE first (id int); CREATE TABLE second (id int)");
    let rival = Db::open(&url);
    rival.run(
        "SET application_name = 'rival'; SET deadlock_timeout = '10min'; BEGIN; LOCK TABLE second",
    );
    let running = repo.start("apply", &url);
    db.until(
        "SELECT count(*) FROM pg_locks WHERE granted AND relation = 'first'::regclass",
        "1",
    );
    let rival = std::thread::spawn(move || {
        rival.run("LOCK TABLE first; COMMIT");
    });
    rival.join().unwrap();
    let output = running.wait();
    assert_eq!(output.code, Some(0), "{output}");
    assert!(pg.log().contains("deadlock detected"), "{}", pg.log());
    assert_eq!(db.value("SELECT to_regclass('third')"), "third");
}
