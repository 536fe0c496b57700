//! How fast a ledger is verified.

use std::time::Instant;

use enact_ledger::{Fact, Stored, Verifier, bundle};
use enact_testkit::Must;

use crate::lab::Lab;
use enact_bench::measure::Times;
use enact_bench::report::{Line, Section, Target, Unit};

/// Ledgers as the library's own tests make them.
#[path = "../../crates/enact-ledger/tests/common/mod.rs"]
mod common;

pub const TITLE: &str = "Ledger verification";

pub fn section(lab: &Lab) -> Section {
    let facts = std::iter::once(common::enrolled()).chain((2..).map(common::applied));
    let rows = common::chain(facts.take(lab.scale.entries).collect::<Vec<Fact>>());
    let bundle = common::bundle_of(&rows);
    let bytes = rows.iter().map(|row| row.body.len()).sum::<usize>() / rows.len();
    let times = |verify: &dyn Fn()| {
        let mut times = Times::default();
        for _ in 0..lab.scale.often {
            let begin = Instant::now();
            verify();
            times.push(begin.elapsed());
        }
        times
    };
    let line = |what: &str, times: &Times| {
        let rate = (rows.len() as f64 / times.median(), Unit::Rate);
        let from = format!(
            "{} entries in {}, {}×",
            rows.len(),
            times.show(),
            times.count()
        );
        Line::new(what, Target::AtLeast(300_000.0), rate, from)
    };
    let lines = vec![
        line("entries from a database", &times(&|| verify_rows(&rows))),
        line("entries of a bundle", &times(&|| verify_bundle(&bundle))),
    ];
    let method = format!(
        "By the library, on one core, in this process: entries `migration.applied` of {bytes} bytes in the middle, from memory."
    );
    Section {
        title: TITLE,
        method,
        lines,
    }
}

fn verify_rows(rows: &[Stored]) {
    let mut verifier = Verifier::new(&[]);
    rows.iter().for_each(|row| verifier.push(row));
    let report = verifier.finish().must("verify the ledger");
    assert_eq!(report.entries, rows.len() as u64);
}

fn verify_bundle(bytes: &[u8]) {
    let report = bundle::verify(bytes, &[]).must("verify the bundle");
    assert!(report.entries > 0, "an empty bundle was verified");
}
