//! The series of `enact new --pattern`, step by step, with a long query in the way of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use enact_bench::measure::{Times, seconds};
use enact_bench::report::{Line, Section, Target, Unit};
use enact_testkit::{Must, TestEnv};

use crate::lab::Lab;
use crate::load::{Load, Seen, scattered};

pub const TITLE: &str = "Patterns";

/// How long the query in the way runs.
const IN_THE_WAY: Duration = Duration::from_millis(1500);
/// Enact's own, and what is granted for everything else on the way to the application.
const LONGEST: f64 = 0.100 + 0.020;

/// Which names the application uses at a time.
const OLD: u8 = 0;
const BOTH: u8 = 1;
const NEW: u8 = 2;

/// A change, and the application that it is made under.
struct Case {
    pattern: &'static str,
    arguments: &'static [&'static str],
    /// The same in one go, as one would without Enact.
    naive: &'static str,
    /// A transaction on rows `one` and `other` by the release that uses the old names, or the new ones.
    old: fn(u64, u64) -> String,
    new: fn(u64, u64) -> String,
    /// After this many steps both releases run.
    both_after: usize,
    /// Rows in which old and new differ, asked before the last step; nothing is asked where there is nothing to compare.
    differ: &'static str,
}

fn count(table: &str, one: u64, other: u64) -> String {
    format!(
        "BEGIN; UPDATE {table} SET n = n + 1 WHERE id = {one}; SELECT n, id FROM {table} WHERE id = {other}; COMMIT"
    )
}

fn plain(one: u64, other: u64) -> String {
    count("t", one, other)
}

fn note(column: &str, one: u64, other: u64) -> String {
    format!(
        "BEGIN; UPDATE t SET n = n + 1, {column} = 'by {other}' WHERE id = {one}; SELECT {column} FROM t WHERE id = {other}; COMMIT"
    )
}

const CASES: &[Case] = &[
    Case {
        pattern: "add-column",
        arguments: &["--column", "extra", "--type", "text"],
        naive: "ALTER TABLE t ADD COLUMN extra text",
        ..PLAIN
    },
    Case {
        pattern: "add-not-null",
        arguments: &["--column", "done", "--value", "0"],
        naive: "UPDATE t SET done = 0 WHERE done IS NULL; ALTER TABLE t ALTER done SET NOT NULL",
        ..PLAIN
    },
    Case {
        pattern: "rename-column",
        arguments: &["--column", "note", "--to", "remark"],
        naive: "ALTER TABLE t RENAME note TO remark",
        old: |one, other| note("note", one, other),
        new: |one, other| note("remark", one, other),
        both_after: 2,
        differ: "SELECT count(*) FROM t WHERE note IS DISTINCT FROM remark",
    },
    Case {
        pattern: "change-type",
        arguments: &["--column", "n", "--type", "bigint"],
        naive: "ALTER TABLE t ALTER n TYPE bigint",
        ..PLAIN
    },
    Case {
        pattern: "add-foreign-key",
        arguments: &["--columns", "parent", "--references", "p"],
        naive: "ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES p",
        ..PLAIN
    },
    Case {
        pattern: "add-unique",
        arguments: &["--columns", "n,id"],
        naive: "ALTER TABLE t ADD UNIQUE (n, id)",
        ..PLAIN
    },
    Case {
        pattern: "add-index",
        arguments: &["--columns", "parent"],
        naive: "CREATE INDEX ON t (parent)",
        ..PLAIN
    },
    Case {
        pattern: "drop-column",
        arguments: &["--column", "done"],
        naive: "ALTER TABLE t DROP COLUMN done",
        ..PLAIN
    },
    Case {
        pattern: "rename-table",
        arguments: &["--to", "answer"],
        naive: "ALTER TABLE t RENAME TO answer",
        old: |one, other| count("t", one, other),
        new: |one, other| count("answer", one, other),
        both_after: 1,
        differ: "",
    },
    Case {
        pattern: "split-table",
        arguments: &["--columns", "note", "--into", "remark"],
        naive: "CREATE TABLE remark (id bigint PRIMARY KEY REFERENCES t, note text); INSERT INTO remark SELECT id, note FROM t; \
                ALTER TABLE t DROP note",
        old: |one, other| note("note", one, other),
        new: |one, other| {
            format!(
                "BEGIN; UPDATE t SET n = n + 1 WHERE id = {one}; UPDATE remark SET note = 'by {other}' WHERE id = {one}; \
                 SELECT note FROM remark WHERE id = {other}; COMMIT"
            )
        },
        both_after: 2,
        differ: "SELECT count(*) FROM t FULL JOIN remark USING (id) WHERE t.note IS DISTINCT FROM remark.note",
    },
];

/// An application that the change does not concern.
const PLAIN: Case = Case {
    pattern: "",
    arguments: &[],
    naive: "",
    old: plain,
    new: plain,
    both_after: 0,
    differ: "",
};

pub fn section(lab: &Lab) -> Section {
    let lines = CASES.iter().flat_map(|case| {
        eprintln!("  {}", case.pattern);
        measured(lab, case)
    });
    Section {
        title: TITLE,
        lines: lines.collect(),
        method: format!(
            "`enact new --pattern` writes the series from the database itself; each of its steps is applied by an `enact apply` of its \
             own, and a query that runs for {} reads the table when it begins. The change is in when its record is, counted from the \
             end of that query, for steps that had to wait for it. Between the steps the application changes from the old names to both and to the new \
             ones where the pattern has such. No write is lost if the sum of a counter equals the transactions committed. \
             Beside it psql makes the same change in one go, with the same query in the way.",
            seconds(IN_THE_WAY.as_secs_f64())
        ),
    }
}

/// What the application saw of one change.
struct Felt {
    seen: Seen,
    calm: f64,
    longest: f64,
    /// From the end of the query in the way to the change, for each step that had waited for it.
    late: Times,
    steps: usize,
    lost: f64,
    differ: f64,
    took: Duration,
}

fn measured(lab: &Lab, case: &Case) -> Vec<Line> {
    let name = case.pattern;
    let enact = change(lab, case, &in_steps);
    let naive = change(lab, case, &in_one_go);
    let line = |what: &str, target, value, from: String| {
        Line::new(format!("{name}: {what}"), target, value, from)
    };
    let mut lines = vec![
        line(
            "longest stall",
            Target::AtMost(LONGEST),
            (enact.longest, Unit::Time),
            format!(
                "{} in {}, {} transactions, undisturbed {}; psql at once {} in {}",
                steps(enact.steps),
                seconds(enact.took.as_secs_f64()),
                enact.seen.committed(),
                seconds(enact.calm),
                seconds(naive.longest),
                seconds(naive.took.as_secs_f64()),
            ),
        ),
        line(
            "failed statements of the application",
            Target::AtMost(0.0),
            (enact.seen.failures.len() as f64, Unit::Count),
            format!(
                "{}psql at once {}",
                enact
                    .seen
                    .failures
                    .first()
                    .map_or_else(String::new, |words| format!("{words}; ")),
                naive.seen.failures.len()
            ),
        ),
        line(
            "writes lost, and rows in which old and new differ",
            Target::AtMost(0.0),
            (enact.lost + enact.differ, Unit::Count),
            String::new(),
        ),
    ];
    if enact.late.count() > 0 {
        lines.push(line(
            "from the end of the query in the way until the change is in, at the longest",
            Target::AtMost(0.500),
            (enact.late.longest(), Unit::Time),
            format!("{} waited for it", steps(enact.late.count())),
        ));
    }
    lines
}

fn steps(count: usize) -> String {
    match count {
        1 => "1 step".to_owned(),
        many => format!("{many} steps"),
    }
}

/// A way of making the change. Returns the longest waits behind the query, how many steps there were, and in how many rows
/// old and new differed.
type Way = dyn Fn(&Lab, &Case, &str, &AtomicU8) -> (Times, usize, f64);

fn change(lab: &Lab, case: &Case, way: &Way) -> Felt {
    let name = lab.copy();
    let rows = lab.scale.rows;
    let names = Arc::new(AtomicU8::new(OLD));
    let (told, old, new) = (names.clone(), case.old, case.new);
    let statement = move |n: u64| {
        let (one, other) = (scattered(n, rows) + 1, scattered(n + (1 << 40), rows) + 1);
        match told.load(Ordering::Relaxed) {
            OLD => old(one, other),
            BOTH if n.is_multiple_of(2) => old(one, other),
            _ => new(one, other),
        }
    };
    let load = Load::begin(lab.url(&name), lab.scale.rate, Arc::new(statement));
    std::thread::sleep(Duration::from_secs(1));
    let from = load.now();
    std::thread::sleep(lab.scale.undisturbed / 4);
    let begun = load.now();
    let (late, steps, differ) = way(lab, case, &name, &names);
    let ended = load.now();
    let seen = load.end();
    let table = "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'n' WHERE c.relkind = 'r' \
                 AND c.relname IN ('t', 'answer')";
    let table = lab.value(&name, table);
    let sum = lab.number(&name, &format!("SELECT sum(n) FROM {table}"));
    let felt = Felt {
        calm: seen.between(from, begun).longest,
        longest: seen.between(begun, ended).longest,
        lost: (seen.committed() as f64 - sum).abs(),
        late,
        steps,
        differ,
        took: ended - begun,
        seen,
    };
    lab.drop(&name);
    felt
}

fn in_one_go(lab: &Lab, case: &Case, name: &str, _: &AtomicU8) -> (Times, usize, f64) {
    let url = lab.url(name);
    let query = query_in_the_way(lab, name);
    // Whatever comes of it: what the application felt is the point.
    let _ = lab.psql(&url, case.naive).output();
    let _ = query.join();
    (Times::default(), 1, 0.0)
}

fn in_steps(lab: &Lab, case: &Case, name: &str, names: &AtomicU8) -> (Times, usize, f64) {
    let url = lab.url(name);
    let env = series(lab, case, &url);
    let written = std::fs::read_dir(env.dir().join("migrations")).must("read what was written");
    let files = written
        .filter_map(Result::ok)
        .filter(|file| file.path().extension().is_some_and(|end| end == "sql"));
    let steps = files.count();
    let mut late = Times::default();
    let mut differ = 0.0;
    for step in 1..=steps {
        if step == steps && !case.differ.is_empty() {
            differ = lab.number(name, case.differ);
        }
        if step == steps && case.both_after > 0 {
            names.store(NEW, Ordering::Relaxed);
        }
        // Transactions that were under way with the names of before.
        std::thread::sleep(Duration::from_millis(200));
        let query = query_in_the_way(lab, name);
        let output = env.enact(["apply", "--steps", "1", "--database-url", &url]);
        assert_eq!(output.code, Some(0), "{output}");
        let left = query
            .join()
            .unwrap_or_else(|_| panic!("the query in the way broke down"));
        let waited = ["next try in", "until these are gone"];
        if waited.iter().any(|words| output.stderr.contains(words)) {
            let recorded = "SELECT extract(epoch FROM clock_timestamp() - max(appended_at)) FROM enact.entries WHERE kind = 'migration.applied'";
            let since = Duration::from_secs_f64(lab.number(name, recorded));
            late.push(left.elapsed().saturating_sub(since));
        }
        if step == case.both_after {
            names.store(BOTH, Ordering::Relaxed);
        }
    }
    (late, steps, differ)
}

/// A repository with the files of the pattern.
fn series(lab: &Lab, case: &Case, url: &str) -> TestEnv {
    let env = lab.empty_repository();
    let mut words = vec![
        "new",
        "--pattern",
        case.pattern,
        "--table",
        "t",
        "--ticket",
        "BENCH-1",
        "--database-url",
        url,
    ];
    words.extend(case.arguments);
    let output = env.enact(words);
    assert_eq!(output.code, Some(0), "{output}");
    env
}

/// A query that reads the table for a while. Returns when it has begun; its thread says when it ended.
fn query_in_the_way(lab: &Lab, name: &str) -> JoinHandle<Instant> {
    let sql = format!(
        "SELECT pg_sleep({}) FROM (SELECT FROM {} LIMIT 1) one",
        IN_THE_WAY.as_secs_f64(),
        lab.value(
            name,
            "SELECT CASE WHEN to_regclass('answer') IS NULL THEN 't' ELSE 'answer' END"
        )
    );
    let mut psql = lab.psql(&lab.url(name), &sql);
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let thread = std::thread::spawn(move || {
        let output = psql.output().must("run the query in the way");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Instant::now()
    });
    while lab.number(name, sleeping) < 1.0 {}
    thread
}
