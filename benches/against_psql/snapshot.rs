//! Snapshot and fingerprint of a large schema, beside pg_dump.

use std::process::Command;

use enact_testkit::{Must, TestEnv};

use crate::lab::Lab;
use enact_bench::measure::{Times, peak_memory, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Snapshot of a large schema";

/// The schema that the engine's own test of size makes.
const SCHEMA: &str = include_str!("../../crates/enact-engine/tests/catalog/big.sql");

pub fn section(lab: &Lab) -> Section {
    let database = lab.with_schema(SCHEMA);
    let url = lab.url(&database);
    let env = adopted(lab, &url);
    lab.settle();
    let receipt = || {
        let mut command = env.command();
        command.args(["receipt", "--out", "receipt.json", "--database-url", &url]);
        command
    };
    let [mut dumps, mut receipts, mut taking, mut both] = std::array::from_fn(|_| Times::default());
    let mut objects = 0;
    let dump = lab.client_program("pg_dump").map(|program| {
        let words = ["--schema-only", "--dbname", &url, "--file", "/dev/null"];
        move || {
            let mut command = Command::new(&program);
            command.args(words);
            command
        }
    });
    // They take turns, so that what else the machine does meets all alike.
    for _ in 0..lab.scale.often {
        let (found, taken, with_fingerprint) = lab.snapshot(&database);
        objects = found;
        taking.push(taken);
        both.push(with_fingerprint);
        receipts.push(timed(receipt()));
        if let Some(dump) = &dump {
            dumps.push(timed(dump()));
        }
    }
    let memory = peak_memory(receipt());
    lab.drop(&database);
    let mut lines = vec![
        time(
            &format!("snapshot and fingerprint, {objects} objects"),
            Target::AtMost(1.5),
            &both,
        ),
        time("snapshot alone", Target::None, &taking),
        time(
            "enact receipt, the whole program",
            Target::AtMost(1.5),
            &receipts,
        ),
    ];
    match dump {
        Some(_) => {
            lines.push(time("pg_dump --schema-only", Target::None, &dumps));
            let ratio = |times: &Times| (times.median() / dumps.median(), Unit::Ratio);
            lines.push(Line::new(
                "snapshot and fingerprint by pg_dump",
                Target::AtMost(3.0),
                ratio(&both),
                "lines above",
            ));
            lines.push(Line::new(
                "enact receipt by pg_dump",
                Target::AtMost(3.0),
                ratio(&receipts),
                "lines above",
            ));
        }
        None => lines.push(Line::missing(
            "snapshot by pg_dump",
            "no pg_dump on this machine",
        )),
    }
    lines.push(Line::new(
        "enact receipt, peak memory",
        Target::AtMost(200.0),
        (memory, Unit::Memory),
        "once",
    ));
    let method = "500 tables of 20 columns with identity, defaults, checks, foreign keys, indexes, policies, functions, comments and grants. \
                  The first two lines are the library's, in this process, on a new connection each time; `enact receipt` also connects, reads the ledger, \
                  compares with what is recorded, digests each object and writes the file. Those and pg_dump take turns.";
    Section {
        title: TITLE,
        method: method.into(),
        lines,
    }
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
