//! Measures verification: `cargo run --release -p enact-ledger --example verify_speed [entries]`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints and may stop"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use enact_ledger::Fact;
use enact_ledger::bundle;

fn main() {
    let entries: usize = std::env::args()
        .nth(1)
        .map_or(300_000, |text| text.parse().unwrap());
    measure(entries, "rolled_back", common::rolled_back);
    measure(entries, "applied", common::applied);
}

fn measure(entries: usize, kind: &str, fact: fn(u32) -> Fact) {
    let facts = std::iter::once(common::enrolled()).chain((2..).map(fact));
    let rows = common::chain(facts.take(entries).collect::<Vec<Fact>>());
    let bytes = rows.iter().map(|row| row.body.len()).sum::<usize>() / entries;
    println!("{entries} entries `{kind}`, bodies of {bytes} bytes");

    for _ in 0..3 {
        let start = cpu_seconds();
        let mut verifier = enact_ledger::Verifier::new(&[]);
        rows.iter().for_each(|row| verifier.push(row));
        let report = verifier.finish().unwrap();
        show("rows", report.entries, start);
    }

    let text = common::bundle_of(&rows);
    for _ in 0..3 {
        let start = cpu_seconds();
        let report = bundle::verify(&text[..], &[]).unwrap();
        show("bundle", report.entries, start);
    }

    let start = cpu_seconds();
    let read = rows
        .iter()
        .filter(|row| enact_ledger::Entry::from_body(&row.body).is_ok())
        .count();
    show("typed reading", read as u64, start);
}

fn show(what: &str, entries: u64, start: f64) {
    let seconds = cpu_seconds() - start;
    println!(
        "{what}: {:.0} entries/s ({seconds:.3} s of one core)",
        entries as f64 / seconds
    );
}

/// Seconds that this thread has run: on a machine that is shared, the clock on the wall measures the others.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
