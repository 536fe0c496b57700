//! What the catalog shows of a statement outside a transaction, and what follows from it after a crash.

use enact_ledger::entry::Found;
use enact_sql::classify::Standalone;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

/// What to do about a statement whose outcome nobody recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It has taken effect: record that.
    Done,
    /// It has not: run it.
    Again,
    /// Run this first, then the statement.
    Clear(String),
    /// Run this instead: it completes the statement.
    Complete(String),
    /// The catalog cannot tell: a person decides.
    Ask,
}

/// What follows when the statement was started after `before` was found, and `now` is found.
pub(super) fn decide(statement: &Standalone, before: Option<Found>, now: Found) -> Next {
    use Standalone as S;
    match statement {
        S::CreateIndexConcurrently(index) => match now {
            Found::Invalid => Next::Clear(drop_index(index)),
            Found::Present if before == Some(Found::Absent) || before == Some(Found::Invalid) => Next::Done,
            _ => Next::Again,
        },
        S::DropIndexConcurrently { .. } | S::DropDatabase { .. } | S::DropTablespace { .. } | S::DropSubscription { .. } => {
            if now == Found::Absent && before != Some(Found::Absent) { Next::Done } else { Next::Again }
        }
        S::CreateDatabase { .. } | S::CreateTablespace { .. } | S::CreateSubscription { .. } => {
            if now == Found::Present && before == Some(Found::Absent) { Next::Done } else { Next::Again }
        }
        S::DetachPartitionConcurrently { parent, child } => match now {
            Found::Absent if before == Some(Found::Present) => Next::Done,
            Found::Invalid => Next::Complete(format!("ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE")),
            _ => Next::Again,
        },
        // Each of these may run twice with the same result.
        S::Reindex { .. } | S::Vacuum | S::Cluster | S::AlterSystem | S::AlterDatabaseTablespace | S::AlterSubscription { .. } => Next::Again,
        S::CommittingDo | S::CommittingCall | S::Declared { .. } => Next::Ask,
    }
}
