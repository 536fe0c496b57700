//! Proofs against a real cluster: rollbacks that forget something, the example, failures, fixtures, SQL tests.
#![expect(
    clippy::unwrap_used,
    reason = "clippy lets tests unwrap, but not the functions they share"
)]

mod bad_rollbacks;
mod cases;
mod example;
mod kit;
mod speed;
