//! Proofs against a real cluster: rollbacks that forget something, the example, failures, fixtures, SQL tests.

mod bad_rollbacks;
mod cases;
mod example;
mod kit;
mod speed;
