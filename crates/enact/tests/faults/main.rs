//! What can go wrong with a run, made to go wrong: kills, cuts, locks, refusals, tampering.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

mod campaign;
mod kit;
mod repo;
