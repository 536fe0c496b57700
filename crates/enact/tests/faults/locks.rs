//! Somebody else's locks: named, waited for within the budget, and deadlocks tried again.

use enact_testkit::{Signal, TestPg};

use crate::kit::{Db, File, Repo, failed, fresh, json};

const ALTER: &[File<'static>] = &[("name", "ALTER TABLE site ADD COLUMN name text;", None)];
/// Of what a block does, its text tells no locks.
const IN_A_BLOCK: &[File<'static>] = &[(
    "name",
    "DO $$ BEGIN ALTER TABLE site ADD COLUMN name text; END $$;",
    None,
)];
const WAITS: &str = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'relation'";

fn blocked(files: &[File<'_>]) -> (TestPg, Repo, String, Db) {
    let (pg, repo) = (TestPg::start(), Repo::new(files));
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
    let (_pg, repo, url, blocker) = blocked(IN_A_BLOCK);
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
    let (_pg, repo, url, blocker) = blocked(IN_A_BLOCK);
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
fn nobody_queues_behind_a_migration_that_would_have_to_wait_long() {
    let (_pg, repo, url, blocker) = blocked(ALTER);
    let db = Db::open(&url);
    let old = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'alice' AND xact_start < clock_timestamp() - interval '150 ms'";
    db.until(old, "1");
    let running = repo.start("apply", &url);
    let looking = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'enact/%' AND query LIKE '%STILL%'";
    let looking = looking.replace("STILL", "virtualtransaction = ANY");
    db.until(&looking, "1");
    for _ in 0..200 {
        assert_eq!(db.value(WAITS), "f");
    }
    drop(blocker);
    let output = running.wait();
    assert_eq!(output.code, Some(0), "{output}");
    let told = "nothing is asked for until these are gone: process";
    assert!(output.stderr.contains(told), "{output}");
    assert!(!output.stderr.contains("next try"), "{output}");
}

#[test]
fn a_stop_while_somebody_is_in_the_way_changes_nothing() {
    let (_pg, repo, url, blocker) = blocked(ALTER);
    let db = Db::open(&url);
    let running = repo.start("apply", &url);
    let looking = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'enact/%' AND query LIKE '%virtualtransaction = ANY%'";
    db.until(looking, "1");
    running.signal(Signal::Interrupt);
    let document = failed(&running.wait(), 44);
    let effect = document["effect"].as_str().unwrap();
    assert!(effect.contains("nothing of it took effect"), "{effect}");
    drop(blocker);
    repo.done("apply", &url);
}

#[test]
fn who_is_in_the_way_is_cancelled_when_that_is_asked_for() {
    for files in [ALTER, IN_A_BLOCK] {
        let (_pg, repo, url, blocker) = blocked(files);
        let bystander = Db::open(&url);
        bystander.run("BEGIN; SELECT 1");
        let output = repo.enact("apply --cancel-blockers 300ms", &url);
        assert_eq!(output.code, Some(0), "{output}");
        assert!(
            output.stderr.contains("cancelled, as asked: process"),
            "{output}"
        );
        assert!(
            blocker.try_run("SELECT 1").is_err(),
            "an idle session has no statement to cancel"
        );
        bystander.run("COMMIT");
    }
    let (_pg, repo, url, blocker) = blocked(ALTER);
    let busy = std::thread::spawn(move || blocker.try_run("SELECT pg_sleep(600)"));
    let output = repo.enact("apply --cancel-blockers 0", &url);
    assert_eq!(output.code, Some(0), "{output}");
    assert!(busy.join().unwrap().is_err());
}

#[test]
fn at_the_end_of_the_budget_the_server_is_asked_all_the_same() {
    let (_pg, repo, url, _blocker) = blocked(ALTER);
    let output = repo.enact("apply --retry-budget 500ms", &url);
    let document = failed(&output, 35);
    assert_eq!(document["sqlstate"], "55P03");
    assert!(
        document["facts"].to_string().contains("monthly report"),
        "{output}"
    );
}

#[test]
fn a_deadlock_is_tried_again() {
    // The rival never looks for deadlocks, so that the migration is the one that is told.
    let text = "LOCK TABLE first;\n\
        DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'rival')\n\
            AND NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'first'::regclass)\n\
            LOOP PERFORM pg_sleep(0.001); END LOOP; END $$;\n\
        DO $$ BEGIN LOCK TABLE second; END $$;\nCREATE TABLE third (id int);\n";
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
