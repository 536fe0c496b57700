//! The rules, a module for each family.

use pg_query::NodeEnum;

use crate::linter::Linter;

mod columns;
mod compat;
mod constraints;
pub mod core;
mod data;
pub mod foreign;
mod indexes;
mod order;
mod partitions;
pub mod practice;
mod regulated;
mod safe;
pub mod security;
mod server;
mod storage;
mod transaction;
pub mod types;

/// Judges one statement.
pub fn check(lint: &mut Linter<'_>, node: &NodeEnum, sql: &str) {
    columns::check(lint, node);
    types::check(lint, node);
    constraints::check(lint, node);
    foreign::check(lint, node);
    order::check(lint, node);
    regulated::check(lint, node);
    indexes::check(lint, node);
    partitions::check(lint, node);
    storage::check(lint, node);
    compat::check(lint, node);
    data::check(lint, node);
    security::check(lint, node);
    practice::check(lint, node);
    server::check(lint, node);
    transaction::check(lint, node, sql);
    crate::pair::check(lint, node);
}
