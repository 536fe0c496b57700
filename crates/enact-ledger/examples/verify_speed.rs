//! Measures verification: `cargo run --release -p enact-ledger --example verify_speed [entries]`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints and may stop"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use enact_ledger::Fact;
use enact_ledger::bundle;

fn main() {
    let entries: usize = std::env::args()
        .nth(1)
        .map_or(300_000, |text| text.parse().unwrap());
    let facts = std::iter::once(common::enrolled()).chain((2..).map(common::applied));
    let rows = common::chain(facts.take(entries).collect::<Vec<Fact>>());
    let bytes = rows.iter().map(|row| row.body.len()).sum::<usize>() / entries;
    println!("{entries} entries, bodies of {bytes} bytes");

    for _ in 0..3 {
        let start = Instant::now();
        let mut verifier = enact_ledger::Verifier::new(&[]);
        rows.iter().for_each(|row| verifier.push(row));
        let report = verifier.finish().unwrap();
        show("rows", report.entries, start);
    }

    let text = common::bundle_of(&rows);
    for _ in 0..3 {
        let start = Instant::now();
        let report = bundle::verify(&text[..], &[]).unwrap();
        show("bundle", report.entries, start);
    }

    let start = Instant::now();
    let read = rows
        .iter()
        .filter(|row| enact_ledger::Entry::from_body(&row.body).is_ok())
        .count();
    show("typed reading", read as u64, start);
}

fn show(what: &str, entries: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{what}: {:.0} entries/s ({seconds:.3} s)",
        entries as f64 / seconds
    );
}
