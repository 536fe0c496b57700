//! Snapshot and fingerprint of a large schema, beside pg_dump.

use std::process::Command;

use enact_testkit::{Must, TestEnv};

use crate::lab::Lab;
use enact_bench::measure::{Times, peak_memory, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Snapshot of a large schema";

/// The schema that the engine's own test of size makes.
const SCHEMA: &str = include_str!("../../crates/enact-engine/tests/catalog/big.sql");

/// What was measured of one schema.
#[derive(Debug, Default)]
struct Measured {
    objects: usize,
    /// Taking a snapshot.
    taking: Times,
    /// With its fingerprint.
    both: Times,
    /// `enact receipt`.
    receipts: Times,
    /// `pg_dump --schema-only`; none where there is no such program.
    dumps: Times,
    memory: f64,
}

pub fn section(lab: &Lab) -> Section {
    let method = "500 tables of 20 columns with identity, defaults, checks, foreign keys, indexes, policies, functions, comments and grants. \
                  The first two lines are the library's, in this process, on a new connection each time; `enact receipt` also connects, reads the ledger, \
                  compares with what is recorded, digests each object and writes the file. Those and pg_dump take turns.";
    Section {
        title: TITLE,
        method: method.into(),
        lines: lines(&measure(lab)),
    }
}

fn measure(lab: &Lab) -> Measured {
    let database = lab.with_schema(SCHEMA);
    let url = lab.url(&database);
    let env = adopted(lab, &url);
    lab.settle();
    let receipt = || {
        let mut command = env.command();
        command.args(["receipt", "--out", "receipt.json", "--database-url", &url]);
        command
    };
    let pg_dump = lab.client_program("pg_dump");
    let mut measured = Measured::default();
    // They take turns, so that what else the machine does meets all alike.
    for _ in 0..lab.scale.often {
        let (objects, taken, with_fingerprint) = lab.snapshot(&database);
        measured.objects = objects;
        measured.taking.push(taken);
        measured.both.push(with_fingerprint);
        measured.receipts.push(timed(receipt()));
        if let Some(pg_dump) = &pg_dump {
            let mut dump = Command::new(pg_dump);
            dump.args(["--schema-only", "--dbname", &url, "--file", "/dev/null"]);
            measured.dumps.push(timed(dump));
        }
    }
    measured.memory = peak_memory(receipt());
    lab.drop(&database);
    measured
}

fn lines(measured: &Measured) -> Vec<Line> {
    let Measured {
        objects,
        taking,
        both,
        receipts,
        dumps,
        memory,
    } = measured;
    let what = format!("snapshot and fingerprint, {objects} objects");
    let mut lines = vec![
        time(&what, Target::AtMost(1.5), both),
        time("snapshot alone", Target::None, taking),
        time(
            "enact receipt, the whole program",
            Target::AtMost(1.5),
            receipts,
        ),
    ];
    if dumps.count() == 0 {
        let why = "no pg_dump on this machine";
        lines.push(Line::missing("snapshot by pg_dump", why));
    } else {
        lines.push(time("pg_dump --schema-only", Target::None, dumps));
        for (what, times) in [
            ("snapshot and fingerprint", both),
            ("enact receipt", receipts),
        ] {
            let ratio = (times.median() / dumps.median(), Unit::Ratio);
            let what = format!("{what} by pg_dump");
            lines.push(Line::new(what, Target::AtMost(3.0), ratio, "lines above"));
        }
    }
    let memory = (*memory, Unit::Memory);
    lines.push(Line::new(
        "enact receipt, peak memory",
        Target::AtMost(200.0),
        memory,
        "once",
    ));
    lines
}

fn time(what: &str, target: Target, times: &Times) -> Line {
    let from = format!("{}, {}×", times.show(), times.count());
    Line::new(what, target, (times.median(), Unit::Time), from)
}

/// A repository whose first migration is the schema, adopted.
fn adopted(lab: &Lab, url: &str) -> TestEnv {
    let mut env = TestEnv::new(&lab.program);
    env.set("ENACT_PERSON", "Ada Example <ada@example.org>");
    env.write(
        "enact.toml",
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n",
    );
    env.write("migrations/001_all.sql", "SELECT 1;\n");
    env.write("migrations/rollback/001_rollback.sql", "SELECT 1;\n");
    let mut command = env.command();
    command.args([
        "baseline",
        "--to",
        "1",
        "--reason",
        "measured",
        "--no-compare",
        "--yes",
        "--database-url",
        url,
    ]);
    let status = command.output().must("adopt the database");
    assert!(
        status.status.success(),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    env
}
