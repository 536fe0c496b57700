//! What can go wrong with a run, made to go wrong: kills, cuts, locks, refusals, tampering.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

mod campaign;
mod concurrency;
mod failures;
mod interrupts;
mod kit;
mod locks;
mod repo;
mod tamper;
