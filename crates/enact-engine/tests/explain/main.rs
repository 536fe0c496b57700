//! The lock forecast on a real server: a table of statements, and whole migrations.
#![expect(
    clippy::unwrap_used,
    reason = "clippy lets tests unwrap, but not the functions they share"
)]

mod cases;
mod kit;
mod table;
mod whole;
