//! Snapshots from queries that are prepared once on a connection.
//!
//! Planning the catalog queries costs more than running them on a small schema. Prepared while something else is at
//! work, on a connection of their own, they make the snapshot at the end of a run cheap.

use tokio_postgres::Client;

use super::queries;
use super::scope::Scope;
use super::snapshot::Snapshot;
use super::take::read;
use super::{CatalogError, stamp, take};

const STAMP: &str = "enact_stamp";

/// A connection on which the queries of a snapshot are prepared.
#[derive(Debug)]
pub struct Snapshots<'c> {
    client: &'c Client,
    scope: Scope,
    count: usize,
}

impl<'c> Snapshots<'c> {
    /// Prepares and plans the queries, without running them: nothing is locked and no table is opened.
    ///
    /// The connection must be in no transaction, and nobody may `DEALLOCATE` there afterwards.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn prepare(client: &'c Client, scope: &Scope) -> Result<Self, CatalogError> {
        let texts = queries::list(scope);
        let mut message = queries::SETTINGS.to_owned();
        let stamp = stamp::stamp_sql();
        let numbered = texts.iter().enumerate();
        let named = numbered.map(|(number, text)| (format!("enact_snapshot_{number}"), text));
        for (name, text) in named.chain([(STAMP.to_owned(), &stamp)]) {
            // EXPLAIN makes the server plan the statement and keep the plan.
            message += &format!(";\nprepare {name} as {text};\nexplain execute {name}");
        }
        client.batch_execute(&message).await?;
        Ok(Self {
            client,
            scope: scope.clone(),
            count: texts.len(),
        })
    }

    /// Takes the catalog's mark; see [`stamp`](super::stamp()).
    ///
    /// # Errors
    /// As [`stamp`](super::stamp()).
    pub async fn stamp(&self) -> Result<String, CatalogError> {
        stamp::stamp_by(self.client, &format!("execute {STAMP}")).await
    }

    /// Reads a snapshot in one round trip; see [`take`](super::take()).
    ///
    /// # Errors
    /// As [`take`](super::take()).
    pub async fn take(&self) -> Result<Snapshot, CatalogError> {
        let execute = (0..self.count).map(|number| format!(";\nexecute enact_snapshot_{number}"));
        let text = format!(
            "{};\n{}{}",
            take::BEGIN,
            queries::SETTINGS,
            execute.collect::<String>()
        );
        read(self.client, &text, &self.scope).await
    }
}
