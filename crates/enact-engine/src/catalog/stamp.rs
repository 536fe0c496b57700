//! A cheap mark of the catalog: equal marks mean that the schema is the same as before.
//!
//! Every change of a catalog row writes a new row version with the transaction's number in `xmin`,
//! which is higher than any before; so the number of rows and the sum of their `xmin` tell of every
//! change. What merely touches a row in place (ANALYZE, VACUUM, `nextval`) keeps `xmin`. Rows that
//! the running transaction itself has written may change again under the same number, so a mark taken
//! after DDL in the same transaction equals no other mark.
//!
//! Catalogs whose rows change only together with rows that count already are not read: `pg_attrdef`
//! (with `pg_attribute`), `pg_range` (`pg_type`), `pg_aggregate` (`pg_proc`) and a few more.
//! Catalogs an ordinary role may not read (roles, user mappings) count with their visible values.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::CatalogError;

/// One SELECT that yields the mark as one text value, on any supported server.
///
/// It names everything with its schema, so it needs no settings and may be part of any message.
pub const STAMP_SQL: &str = include_str!("queries/stamp.sql");

/// Takes the mark in one round trip.
///
/// # Errors
/// What the server reports.
pub async fn stamp(client: &Client) -> Result<String, CatalogError> {
    let messages = client.simple_query(STAMP_SQL).await?;
    messages
        .iter()
        .find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .ok_or(CatalogError::Unexpected {
            what: "no catalog mark",
        })
}
