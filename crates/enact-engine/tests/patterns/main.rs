//! Patterns on a schema with much in their way: what they write is valid, proven, and right while it runs.
#![expect(
    clippy::unwrap_used,
    reason = "clippy lets tests unwrap, but not the functions they share"
)]

mod columns;
mod kit;
mod others;
mod refusals;
mod series;
