//! Several runs at once: one works, the others wait or leave, and every migration is recorded once.

use enact_testkit::{Running, Signal, TestPg};

use crate::kit::{Db, Repo, failed, fresh, json};
use crate::repo::{self, EFFECTS, FILES, LAST};

/// A migration that goes on when whoever holds advisory lock 42 lets go of it.
const GATED: &str = "CREATE TABLE gated (id int);\nSELECT pg_advisory_xact_lock(42);\n";

const RUN_LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1701732707 AND objid = 1 \
                         AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[test]
fn of_ten_at_once_one_works_and_the_others_find_nothing_to_do() {
    let (pg, repo) = (TestPg::start(), Repo::new(FILES));
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    db.run(EFFECTS);
    let all: Vec<Running> = (0..10).map(|_| repo.start("apply", &url)).collect();
    let mut worked = 0;
    for output in all.into_iter().map(Running::wait) {
        assert_eq!(output.code, Some(0), "{output}");
        let document = json(&output);
        assert_eq!(document["position"], LAST, "{output}");
        worked += usize::from(!document["run"].is_null());
    }
    assert_eq!(worked, 1);
    repo::check_effects(&db);
    let runs = "SELECT count(*) FROM enact.entries WHERE kind = 'run.started'";
    assert_eq!(db.value(runs), "1");
    let once = "SELECT count(*) || ' of ' || count(DISTINCT number) FROM enact.entries WHERE kind = 'migration.applied'";
    assert_eq!(db.value(once), format!("{LAST} of {LAST}"));
    assert_eq!(repo.verify(&url, &[]), 3);
}

#[test]
fn who_may_not_wait_leaves_with_34_and_is_told_who_works() {
    let (pg, repo) = (TestPg::start(), Repo::new(&[("gated", GATED, None)]));
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    db.run("SELECT pg_advisory_lock(42)");
    let first = repo.start("apply --person Ada", &url);
    db.until("SELECT to_regclass('enact.lease') IS NOT NULL", "t");
    db.until("SELECT count(*) FROM enact.lease", "1");
    assert_eq!(db.value(RUN_LOCKS), "1");
    let others: Vec<Running> = (0..10)
        .map(|_| repo.start("apply --lock-wait 0s", &url))
        .collect();
    for output in others.into_iter().map(Running::wait) {
        let document = failed(&output, 34);
        assert_eq!(document["holder"]["person"], "Ada", "{output}");
        assert_eq!(document["holder"]["command"], "apply", "{output}");
    }
    let waiting = repo.start("apply", &url);
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'enact/%'";
    db.until(connected, "4");
    waiting.signal(Signal::Interrupt);
    failed(&waiting.wait(), 44);
    let status = repo.status(&url);
    assert_eq!(status["holder"]["person"], "Ada", "{status}");
    db.run("SELECT pg_advisory_unlock(42)");
    let first = first.wait();
    assert_eq!(first.code, Some(0), "{first}");
    let applied = "SELECT count(*) FROM enact.entries WHERE kind = 'migration.applied'";
    assert_eq!(db.value(applied), "1");
}

#[test]
fn who_waits_goes_on_when_the_first_is_done() {
    let (pg, repo) = (TestPg::start(), Repo::new(&[("gated", GATED, None)]));
    let url = pg.url(&fresh(&pg));
    let db = Db::open(&url);
    db.run("SELECT pg_advisory_lock(42)");
    let two = [repo.start("apply", &url), repo.start("apply", &url)];
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'enact/%'";
    db.until(connected, "4");
    db.until(RUN_LOCKS, "1");
    db.run("SELECT pg_advisory_unlock(42)");
    let runs: Vec<bool> = two
        .map(Running::wait)
        .iter()
        .map(|output| {
            assert_eq!(output.code, Some(0), "{output}");
            json(output)["run"].is_null()
        })
        .collect();
    assert!(runs.contains(&true) && runs.contains(&false), "{runs:?}");
}

#[test]
fn databases_of_one_cluster_are_installed_at_the_same_moment() {
    let (pg, repo) = (TestPg::start(), Repo::new(FILES));
    let urls: Vec<String> = (0..4).map(|_| pg.url(&fresh(&pg))).collect();
    for url in &urls {
        Db::open(url).run(EFFECTS);
    }
    let all: Vec<Running> = urls.iter().map(|url| repo.start("apply", url)).collect();
    for output in all.into_iter().map(Running::wait) {
        assert_eq!(output.code, Some(0), "{output}");
    }
    for url in &urls {
        let db = Db::open(url);
        repo::check_effects(&db);
        let owner =
            "SELECT tableowner FROM pg_tables WHERE schemaname = 'enact' AND tablename = 'ledger'";
        assert_eq!(db.value(owner), "enact_owner");
        assert_eq!(repo.verify(url, &[]), 3);
    }
}
