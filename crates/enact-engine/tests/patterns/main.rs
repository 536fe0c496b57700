//! Patterns on a schema with much in their way: what they write is valid, proven, and right while it runs.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test that cannot be set up has failed, and what a series goes through is long"
)]

mod columns;
mod kit;
mod others;
mod refusals;
mod series;
mod split;
