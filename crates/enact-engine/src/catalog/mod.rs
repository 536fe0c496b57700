//! What a database's schema is: snapshot, fingerprint, differences, and a cheap mark of change.
//!
//! A [`Snapshot`] holds one canonical text per object, read in one round trip. Its
//! [fingerprint](Snapshot::fingerprint) is the SHA-256 of the sorted snapshot; [`diff`] names the
//! objects in which two snapshots differ. [`stamp`] answers "has any DDL happened since?" for the
//! price of a few index scans, and [`data`] compares the contents of tables for a proof.
//!
//! Left out on purpose: large objects, subscriptions (their connection strings are secrets), roles
//! and the database itself (they belong to the cluster), whether a materialised view is populated
//! (a REFRESH is not a change of schema), collation versions, and the values of user mappings'
//! options. Everything a reader may see without special rights is read alike for every role, but
//! the option names of user mappings are shown by PostgreSQL only to those who may use them.

pub mod data;
mod diff;
mod object;
mod prepared;
mod queries;
mod scope;
mod snapshot;
pub mod stamp;
mod take;

pub use diff::{Change, ColumnOrderChange, Difference, column_order_changes, diff};
pub use object::ObjectId;
pub use prepared::Snapshots;
pub use scope::Scope;
pub use snapshot::{FORMAT, Snapshot};
pub use stamp::stamp;
pub use take::{take, take_in_transaction};

/// Why a catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The server refused or the connection broke.
    #[error("cannot read the catalog")]
    Postgres(#[from] tokio_postgres::Error),
    /// The server answered something that is no catalog row.
    #[error("unexpected answer from the catalog: {what}")]
    Unexpected {
        /// What was missing or not understood.
        what: &'static str,
    },
}
