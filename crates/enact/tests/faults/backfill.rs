//! Statements in batches: whatever is killed, every row is done once and none is missed.

use enact_testkit::{Proxy, Signal, TestPg};
use std::time::Duration;

use crate::kit::{Db, Repo, failed, fresh, until};

/// Not to be done twice: a row that is, has 2.
const ADD: &str = "-- enact: backfill batch=50 time=5ms\nUPDATE t SET n = n + 1;\n";
const ONCE: &str = "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM t";

struct Scene {
    pg: TestPg,
    repo: Repo,
    name: String,
    url: String,
    db: Db,
}

fn scene(setup: &str, up: &str, down: Option<&str>) -> Scene {
    let pg = TestPg::with(&[("synchronous_commit", "on")]);
    let name = fresh(&pg);
    let url = pg.url(&name);
    let db = Db::open(&url);
    db.run(setup);
    Scene {
        repo: Repo::new(&[("fill", up, down)]),
        pg,
        name,
        url,
        db,
    }
}

fn rows(count: u32) -> String {
    format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0, x int);\
         INSERT INTO t (id) SELECT g * 3 FROM generate_series(1, {count}) g"
    )
}

/// As [`rows`], and every batch takes as long as table `pace` says.
fn slow_rows(count: u32) -> String {
    rows(count)
        + "; CREATE TABLE pace (seconds float); INSERT INTO pace VALUES (0.05);\
           CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
           'BEGIN PERFORM pg_sleep(seconds) FROM pace; RETURN NULL; END';\
           CREATE TRIGGER slow AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION slow()"
}

impl Scene {
    fn hurry(&self) {
        self.db.run("UPDATE pace SET seconds = 0");
    }

    /// Batches that are committed.
    fn batches(&self) -> u64 {
        let sql = "SELECT CASE WHEN to_regclass('enact.backfill') IS NULL THEN '0' ELSE \
                   (xpath('//b/text()', query_to_xml('SELECT sum(batches) AS b FROM enact.backfill', true, true, '')))[1]::text END";
        self.db.value(sql).parse().unwrap_or(0)
    }

    fn reach(&self, batches: u64) {
        until("the backfill gets so far", || self.batches() >= batches);
    }
}

/// What is killed, in turn.
#[derive(Debug, Clone, Copy)]
enum Hit {
    Process,
    Work,
    Watch,
    Server,
}

fn strike(scene: &mut Scene, hit: Hit, batches: u64) -> bool {
    let proxy = Proxy::before(&scene.pg, Duration::ZERO);
    let mut running = scene.repo.start("apply", &proxy.url(&scene.name));
    until("the kill is due", || {
        !running.runs() || scene.batches() >= batches
    });
    if !running.runs() {
        assert_eq!(running.wait().code, Some(0));
        return false;
    }
    match hit {
        Hit::Process => running.signal(Signal::Kill),
        Hit::Work => proxy.cut(0),
        Hit::Watch => proxy.cut(1),
        Hit::Server => {
            scene.pg.kill_immediate();
            scene.pg.restart();
            scene.db = Db::open(&scene.url);
        }
    }
    let output = running.wait();
    if !matches!(hit, Hit::Process) {
        assert!(matches!(output.code, Some(43 | 44)), "{hit:?}: {output}");
    }
    true
}

#[test]
fn fifty_kills_and_every_row_is_done_once() {
    let mut scene = scene(&rows(60_000), ADD, None);
    let hits = [
        Hit::Process,
        Hit::Work,
        Hit::Watch,
        Hit::Process,
        Hit::Server,
    ];
    let mut struck = 0;
    for (turn, hit) in hits.into_iter().cycle().enumerate() {
        let wanted = scene.batches() + 1 + (turn as u64 * 7) % 5;
        if struck == 50 || !strike(&mut scene, hit, wanted) {
            break;
        }
        struck += 1;
        let status = scene.repo.status(&scene.url);
        assert_eq!(status["in_progress"]["backfilling"], 1, "{status}");
    }
    assert_eq!(struck, 50, "the table is too small for so many kills");
    scene.repo.done("apply --lock-wait 60s", &scene.url);
    assert_eq!(scene.db.value(ONCE), "60000 1 1");
    assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
    let listed = scene.repo.done("backfill status", &scene.url);
    assert_eq!(listed["backfills"][0]["state"], "done");
    assert_eq!(listed["backfills"][0]["changed"], 60_000);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn tables_of_all_kinds_are_walked() {
    let pg = TestPg::start();
    let many = "generate_series(1, 3000) g";
    let kinds = [
        (
            "a composite key",
            "CREATE TABLE t (a int, b text, n int DEFAULT 0, PRIMARY KEY (a, b))",
            "a, b",
            "g % 7, 'it''s \\ \"' || g",
        ),
        (
            "a UUID",
            "CREATE TABLE t (id uuid PRIMARY KEY, n int DEFAULT 0)",
            "id",
            "md5(g::text)::uuid",
        ),
        (
            "text",
            "CREATE TABLE t (id text COLLATE \"C\" PRIMARY KEY, n int DEFAULT 0)",
            "id",
            "chr(30 + g % 90) || g",
        ),
        (
            "a time",
            "CREATE TABLE t (id timestamptz PRIMARY KEY, n int DEFAULT 0)",
            "id",
            "now() + g * interval '1 ms'",
        ),
        (
            "a float",
            "CREATE TABLE t (id float8 PRIMARY KEY, n int DEFAULT 0)",
            "id",
            "1 / g::float8",
        ),
        (
            "a unique index",
            "CREATE TABLE t (id int NOT NULL, k int, n int DEFAULT 0); CREATE UNIQUE INDEX ON t (k); CREATE UNIQUE INDEX ON t (id)",
            "id",
            "g",
        ),
        (
            "partitions",
            "CREATE TABLE t (id int, r int, n int DEFAULT 0, PRIMARY KEY (r, id)) PARTITION BY LIST (r);\
             CREATE TABLE t1 PARTITION OF t FOR VALUES IN (0, 1); CREATE TABLE t2 PARTITION OF t DEFAULT",
            "id, r",
            "g, g % 3",
        ),
        (
            "inheritance",
            "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); CREATE TABLE c () INHERITS (t); INSERT INTO c SELECT -g FROM generate_series(1, 3000) g",
            "id",
            "g",
        ),
        (
            "an odd name",
            "CREATE SCHEMA \"S s\"; SET search_path = \"S s\"; CREATE TABLE t (\"I\"\"d\" int PRIMARY KEY, n int DEFAULT 0)",
            "\"I\"\"d\"",
            "g",
        ),
    ];
    for (kind, table, columns, values) in kinds {
        let url = pg.url(&fresh(&pg));
        let db = Db::open(&url);
        db.run(&format!(
            "{table}; INSERT INTO t ({columns}) SELECT {values} FROM {many}"
        ));
        let name = if kind == "an odd name" {
            "\"S s\".t"
        } else {
            "t"
        };
        let up = format!(
            "-- enact: backfill batch=50 time=5ms\nUPDATE {name} AS x SET n = x.n + 1 WHERE x.n >= 0 OR false;\n"
        );
        let repo = Repo::new(&[("fill", &up, None)]);
        repo.done("apply", &url);
        let wanted = if kind == "inheritance" {
            "6000 1 1"
        } else {
            "3000 1 1"
        };
        assert_eq!(db.value(ONCE), wanted, "{kind}");
        let listed = repo.done("backfill status", &url);
        let walk = listed["backfills"][0]["walk"].as_str().unwrap();
        assert!(
            walk.contains(" by ") && !walk.ends_with("by page"),
            "{kind}: {walk}"
        );
        assert!(
            listed["backfills"][0]["batches"].as_u64().unwrap() > 5,
            "{kind}: {listed}"
        );
    }
}

#[test]
fn a_table_without_a_key_is_walked_until_nothing_is_left() {
    let pg = TestPg::start();
    for table in [
        "CREATE TABLE t (id int, n int)",
        "CREATE TABLE t (id int, n int) PARTITION BY HASH (id); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);\
         CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    ] {
        let url = pg.url(&fresh(&pg));
        let db = Db::open(&url);
        // Rows of the second half move in front of the walk, as an application's updates would move them.
        db.run(&format!(
            "{table}; INSERT INTO t SELECT g FROM generate_series(1, 5000) g; DELETE FROM t WHERE id <= 2000"
        ));
        db.run("VACUUM t");
        let repo = Repo::new(&[(
            "fill",
            "-- enact: backfill batch=50\nUPDATE t SET n = coalesce(n, 0) + 1 WHERE n IS NULL;\n",
            Some("-- enact: backfill batch=50\nDELETE FROM t;\n"),
        )]);
        repo.done("apply", &url);
        assert_eq!(db.value(ONCE), "3000 1 1");
        let listed = repo.done("backfill status", &url);
        assert!(
            listed["backfills"][0]["pass"].as_u64().unwrap() > 1,
            "{listed}"
        );
        repo.done("rollback", &url);
        assert_eq!(db.value("SELECT count(*) FROM t"), "0");
    }
}

#[test]
fn a_row_that_would_be_done_twice_ends_the_backfill() {
    let scene = scene(
        "CREATE TABLE t (n int); INSERT INTO t SELECT 0 FROM generate_series(1, 100)",
        "-- enact: backfill\nUPDATE t SET n = n + 1 WHERE n < 5;\n",
        None,
    );
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(document["sqlstate"], "EN007");
    assert_eq!(scene.db.value(ONCE), "100 0 0", "the batch is undone");
}

#[test]
fn a_key_that_some_rows_lack_is_no_way_through_the_table() {
    // A child need not have what its parent's key says.
    let scene = scene(
        "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); CREATE TABLE c () INHERITS (t); ALTER TABLE c ALTER id DROP NOT NULL;\
         INSERT INTO t SELECT g FROM generate_series(1, 500) g; INSERT INTO c VALUES (NULL, 0)",
        "-- enact: backfill\nUPDATE t SET n = n + 1 WHERE n < 1;\n",
        None,
    );
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(ONCE), "501 1 1");
    let walk = "SELECT string_agg(walk, ';') FROM enact.backfill";
    assert_eq!(scene.db.value(walk), "public.t by page");
}

#[test]
fn what_is_beside_the_statement_may_gather_rows() {
    let scene = scene(
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g FROM generate_series(1, 1000) g;\
         CREATE TABLE visit (t int, day date); INSERT INTO visit SELECT g % 500 + 1, 'today' FROM generate_series(1, 2000) g;\
         CREATE TABLE copy (id int PRIMARY KEY, visits bigint)",
        "-- enact: backfill batch=100 time=5ms\n\
         UPDATE t SET n = s.visits FROM (SELECT t, count(*) AS visits FROM visit GROUP BY t) s WHERE s.t = t.id;\n\
         -- enact: backfill batch=100 time=5ms\n\
         INSERT INTO copy SELECT id, (SELECT count(*) FROM visit v WHERE v.t = t.id) FROM t ON CONFLICT DO NOTHING;\n",
        None,
    );
    scene.repo.done("apply", &scene.url);
    assert_eq!(
        scene.db.value("SELECT count(n) || ' ' || sum(n) FROM t"),
        "500 2000"
    );
    assert_eq!(
        scene
            .db
            .value("SELECT count(*) || ' ' || sum(visits) FROM copy"),
        "1000 2000"
    );
}

#[test]
fn rows_are_copied_once_each() {
    let scene = scene(
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 2000) g;\
         CREATE TABLE label (n int, what text); INSERT INTO label VALUES (1, 'one'), (2, 'two'), (2, 'zwei');\
         CREATE TABLE copy (id int, what text)",
        "-- enact: backfill table=t batch=50\nINSERT INTO copy SELECT t.id, l.what FROM t LEFT JOIN label l ON l.n = t.n WHERE t.n > 0;\n",
        None,
    );
    scene.repo.done("apply", &scene.url);
    let counts = "SELECT count(*) || ' ' || count(what) || ' ' || count(DISTINCT id) FROM copy";
    assert_eq!(scene.db.value(counts), "2001 3 2000");
}

#[test]
fn what_cannot_be_walked_is_refused_before_anything_changes() {
    let add = "-- enact: backfill\nUPDATE t SET n = 1;\n";
    let cases = [
        ("SELECT 1", add, "does not exist"),
        ("CREATE VIEW t AS SELECT 1 AS n", add, "no table"),
        (
            "CREATE TABLE t (n int PRIMARY KEY)",
            add,
            "column n of the key",
        ),
        ("CREATE TABLE t (n int)", add, "no WHERE"),
        (
            "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE RULE keep AS ON UPDATE TO t DO INSTEAD NOTHING",
            add,
            "rule keep",
        ),
        (
            "CREATE TABLE t (n int); CREATE TABLE u (n int)",
            "-- enact: backfill\nINSERT INTO u SELECT n FROM t;\n",
            "copied once each",
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE VIEW v AS SELECT max(n) AS n FROM t",
            "-- enact: backfill\nUPDATE t SET n = (SELECT n FROM v);\n",
            "reads t beside changing it",
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE u (n int)",
            "-- enact: backfill\nINSERT INTO u SELECT n FROM t WHERE n > (SELECT count(*) FROM u);\n",
            "reads u beside changing it",
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE u (n int)",
            "-- enact: backfill\nINSERT INTO u SELECT stddev_pop(n) * (SELECT 1) FROM t;\n",
            "one batch at a time",
        ),
        (
            "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE u (n int)",
            "-- enact: backfill\nINSERT INTO u SELECT row_number() OVER (ORDER BY id) FROM t;\n",
            "one batch at a time",
        ),
        (
            "CREATE TABLE p (id int, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE t PARTITION OF p DEFAULT",
            "-- enact: backfill\nUPDATE p SET n = (SELECT max(n) FROM t);\n",
            "reads t beside changing it",
        ),
    ];
    let pg = TestPg::start();
    for (setup, up, why) in cases {
        let url = pg.url(&fresh(&pg));
        Db::open(&url).run(setup);
        let repo = Repo::new(&[("fill", up, None)]);
        let document = repo.refused("apply", &url, 35);
        let message = document["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
        assert_eq!(repo.status(&url)["position"], 0);
    }
}

#[test]
fn another_key_than_before_is_noticed() {
    let scene = scene(&slow_rows(5000), ADD, None);
    let running = scene.repo.start("apply", &scene.url);
    scene.reach(3);
    running.signal(Signal::Interrupt);
    failed(&running.wait(), 44);
    scene
        .db
        .run("ALTER TABLE t DROP CONSTRAINT t_pkey; UPDATE t SET x = 0; ALTER TABLE t ADD PRIMARY KEY (id, x)");
    let document = scene
        .repo
        .refused("apply --accept-drift key", &scene.url, 35);
    assert!(
        document["message"]
            .as_str()
            .unwrap()
            .contains("now it would walk"),
        "{document}"
    );
}

#[test]
fn a_pause_holds_it_and_resume_lets_it_go_on() {
    let scene = scene(&slow_rows(5000), ADD, None);
    assert_eq!(
        scene.repo.done("backfill pause", &scene.url)["concerned"],
        0
    );
    let mut running = scene.repo.start("apply", &scene.url);
    scene.reach(3);
    assert_eq!(
        scene.repo.done("backfill pause --person Ada", &scene.url)["concerned"],
        1
    );
    let listed = scene.repo.done("backfill status", &scene.url);
    assert_eq!(listed["backfills"][0]["state"], "paused");
    assert_eq!(listed["backfills"][0]["paused_by"], "Ada");
    assert_eq!(listed["working"], true);
    // The run looks at the flag on its other connection, and then no more at the table.
    let held = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'enact/%' AND state = 'idle' \
                AND state_change < clock_timestamp() - interval '600 ms'";
    until("the run holds", || scene.db.value(held) == "1");
    assert!(running.runs());
    scene.hurry();
    assert_ne!(scene.db.value(ONCE), "5000 1 1");
    assert_eq!(
        scene.repo.done("backfill resume", &scene.url)["concerned"],
        1
    );
    assert_eq!(running.wait().code, Some(0));
    assert_eq!(scene.db.value(ONCE), "5000 1 1");
}

#[test]
fn a_stop_between_batches_says_how_far_it_came() {
    let scene = scene(&slow_rows(5000), ADD, None);
    let running = scene.repo.start("apply", &scene.url);
    scene.reach(3);
    running.signal(Signal::Terminate);
    let document = failed(&running.wait(), 44);
    let effect = document["effect"].as_str().unwrap();
    let done = scene.db.value("SELECT count(*) FROM t WHERE n = 1");
    assert!(
        effect.contains(&format!("{done} rows are changed in committed batches")),
        "{effect}: {done}"
    );
    let listed = scene.repo.done("backfill status", &scene.url);
    assert_eq!(listed["backfills"][0]["state"], "interrupted");
    scene.hurry();
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(ONCE), "5000 1 1");
}

#[test]
fn a_row_that_fails_stops_it_there_and_it_goes_on_when_mended() {
    let scene = scene(
        &(rows(3000) + "; UPDATE t SET x = CASE id WHEN 6000 THEN 0 ELSE 1 END"),
        "-- enact: backfill batch=100 time=5ms\nUPDATE t\nSET n = n + 1 / x;\n",
        Some("-- enact: backfill\nUPDATE t SET n = n - 1 WHERE n > 0;\n"),
    );
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(
        (&document["sqlstate"], &document["location"]["line"]),
        (&"22012".into(), &2.into())
    );
    let done = scene.db.value("SELECT count(*) FROM t WHERE n = 1");
    let effect = document["effect"].as_str().unwrap();
    assert!(
        done.parse::<u32>().unwrap() > 0 && effect.starts_with(&done),
        "{effect}: {done}"
    );
    scene.repo.done("rollback", &scene.url);
    assert_eq!(scene.db.value(ONCE), "3000 0 0", "half of it can be undone");
    assert_eq!(
        scene.repo.done("backfill status", &scene.url)["backfills"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    scene.repo.refused("apply", &scene.url, 35);
    scene.db.run("UPDATE t SET x = 1 WHERE x = 0");
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(ONCE), "3000 1 1");
}

#[test]
fn a_locked_row_is_waited_for_in_short_tries() {
    let scene = scene(&rows(1000), ADD, None);
    let other = Db::open(&scene.url);
    other.run("BEGIN; UPDATE t SET x = 1 WHERE id = 300");
    let document = scene
        .repo
        .refused("apply --retry-budget 500ms", &scene.url, 35);
    assert_eq!(document["sqlstate"], "55P03");
    let running = scene.repo.start("apply", &scene.url);
    scene.db.until(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'enact/%'",
        "1",
    );
    other.run("COMMIT");
    assert_eq!(running.wait().code, Some(0));
    assert_eq!(scene.db.value(ONCE), "1000 1 1");
}

#[test]
fn a_deferred_constraint_fails_its_batch_alone() {
    let scene = scene(
        &(rows(1000)
            + "; CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);\
               ALTER TABLE t ADD p int REFERENCES p DEFERRABLE INITIALLY DEFERRED"),
        "-- enact: backfill batch=100 time=5ms\nUPDATE t SET p = CASE WHEN id = 1500 THEN 9 ELSE 1 END;\n",
        None,
    );
    let document = scene.repo.refused("apply", &scene.url, 35);
    assert_eq!(document["sqlstate"], "23503");
    assert_ne!(scene.db.value("SELECT count(p) FROM t"), "0");
    scene.db.run("INSERT INTO p VALUES (9)");
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value("SELECT count(p) FROM t"), "1000");
}

#[test]
fn an_empty_table_is_done_at_once() {
    for table in [
        "CREATE TABLE t (id int PRIMARY KEY, n int)",
        "CREATE TABLE t (n int)",
    ] {
        let scene = scene(
            table,
            "-- enact: backfill\nUPDATE t SET n = 1 WHERE n IS NULL;\n",
            None,
        );
        scene.repo.done("apply", &scene.url);
        assert_eq!(scene.repo.verify(&scene.url, &[]), 3);
    }
}

#[test]
fn a_schema_enact_of_the_first_version_is_brought_up_to_date() {
    let scene = scene(&rows(500), "CREATE TABLE a ();\n", None);
    scene.repo.done("apply", &scene.url);
    let text = include_str!("../../../enact-engine/src/ledger/backfill.sql");
    let functions = text
        .lines()
        .filter_map(|line| line.strip_prefix("REVOKE ALL ON FUNCTION "));
    for function in functions.filter_map(|line| line.split(" FROM").next()) {
        scene.db.run(&format!("DROP FUNCTION {function}"));
    }
    scene
        .db
        .run("DROP TABLE enact.backfill; DELETE FROM enact.schema_version WHERE version = 2");
    assert_eq!(
        scene.repo.verify(&scene.url, &[]),
        3,
        "the first version is sound as it is"
    );
    assert_eq!(
        scene.repo.done("backfill status", &scene.url)["backfills"],
        serde_json::json!([])
    );
    scene.repo.write(2, "fill", ADD, None);
    scene.repo.done("apply", &scene.url);
    assert_eq!(scene.db.value(ONCE), "500 1 1");
    assert_eq!(
        scene.repo.verify(&scene.url, &[]),
        3,
        "and so is the second"
    );
    let versions =
        "SELECT string_agg(version::text, ' ' ORDER BY version) FROM enact.schema_version";
    assert_eq!(scene.db.value(versions), "1 2");
}

#[test]
fn space_is_used_again_where_vacuum_is_asked_for() {
    let size = "SELECT pg_relation_size('t')";
    let mut grown = Vec::new();
    for vacuum in ["", " vacuum=5%"] {
        let scene = scene(
            &(rows(30_000) + "; ALTER TABLE t SET (autovacuum_enabled = off)"),
            &format!("-- enact: backfill batch=500{vacuum}\nUPDATE t SET n = n + 1;\n"),
            None,
        );
        scene.db.run("VACUUM ANALYZE t");
        let before: f64 = scene.db.value(size).parse().unwrap();
        scene.repo.done("apply", &scene.url);
        assert_eq!(scene.db.value(ONCE), "30000 1 1");
        let after: f64 = scene.db.value(size).parse().unwrap();
        grown.push(after / before);
    }
    assert!(grown[0] > 1.8 && grown[1] < 1.3, "{grown:?}");
}

#[test]
fn nobody_else_moves_the_place() {
    let scene = scene(&rows(5000), ADD, None);
    scene.repo.done("apply", &scene.url);
    let entry = "SELECT string_agg(phase, ' ') FROM (SELECT body -> 'fact' ->> 'phase' AS phase FROM enact.entries \
                 WHERE kind = 'step.recorded' ORDER BY seq) s";
    assert_eq!(scene.db.value(entry), "backfilling");
    let place = "SELECT enact.backfill_advance('core', 1, 'up', 1, NULL, NULL, 1, 0, 0)";
    let refused = scene.db.try_run(place).unwrap_err();
    assert_eq!(refused.code().map(|code| code.code()), Some("EN003"));
}
