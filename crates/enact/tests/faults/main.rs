//! What can go wrong with a run, made to go wrong: kills, cuts, locks, refusals, tampering.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot be set up has failed; what was killed when is shown with a failure"
)]

mod ahead;
mod backfill;
mod campaign;
mod concurrency;
mod failures;
mod interrupts;
mod kit;
mod locks;
mod refusals;
mod repo;
mod tamper;
