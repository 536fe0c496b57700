//! Reading a snapshot from a server.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;

use futures_util::TryStreamExt;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::CatalogError;
use super::object::ObjectId;
use super::queries;
use super::scope::Scope;
use super::snapshot::Snapshot;

/// Makes the implicit transaction of a message read only and repeatable.
pub(super) const BEGIN: &str = "set transaction isolation level repeatable read, read only";

/// Reads a snapshot in one round trip, on a connection that is in no transaction.
///
/// All queries go in one simple-query message without BEGIN. The server runs such a message in one
/// implicit transaction, here read only and repeatable read: all queries see one state, the settings
/// end with it, and an error or a dropped future leaves nothing behind. (In a transaction the caller
/// opened before, the server refuses to change the isolation level: use [`take_in_transaction`].)
///
/// PostgreSQL's deparsing functions see the newest state rather than the transaction's, so a
/// snapshot taken while others change the schema may mix two states; hold the target's lock. They also
/// open tables as a SELECT does: a table held in ACCESS EXCLUSIVE mode makes the snapshot wait, within
/// the session's `lock_timeout`.
///
/// # Errors
/// What the server reports; nothing a role may not read makes it fail.
pub async fn take(client: &Client, scope: &Scope) -> Result<Snapshot, CatalogError> {
    let text = format!("{BEGIN};\n{};\n{}", queries::SETTINGS, queries::all(scope));
    read(client, &text, scope).await
}

/// Reads a snapshot inside the transaction the connection is in, with what it has changed so far.
///
/// A savepoint keeps the settings from reaching the caller's later statements.
///
/// # Errors
/// What the server reports. The transaction stays usable, unless the connection is lost.
pub async fn take_in_transaction(client: &Client, scope: &Scope) -> Result<Snapshot, CatalogError> {
    const UNDO: &str = "rollback to savepoint enact_snapshot; release savepoint enact_snapshot";
    let text = format!(
        "savepoint enact_snapshot;\n{};\n{};\n{UNDO}",
        queries::SETTINGS,
        queries::all(scope)
    );
    let result = read(client, &text, scope).await;
    if result.is_err() {
        client.batch_execute(UNDO).await?;
    }
    result
}

pub(super) async fn read(
    client: &Client,
    text: &str,
    scope: &Scope,
) -> Result<Snapshot, CatalogError> {
    let mut reading = Reading {
        owners: scope.owners,
        ..Reading::default()
    };
    let mut messages = pin!(client.simple_query_raw(text).await?);
    while let Some(message) = messages.try_next().await? {
        if let SimpleQueryMessage::Row(row) = message
            && row.len() >= COLUMNS
        {
            reading.add(&row)?;
        }
    }
    reading.finish()
}

/// The number of columns of every catalog query; the settings' rows have one. A column of a table
/// brings an eighth, its own name, for the order of columns.
const COLUMNS: usize = 7;

/// How catalogs refer to an object: class, oid, sub-oid.
type Address = (u32, u32, i32);

/// A snapshot in the making.
#[derive(Default)]
struct Reading {
    owners: bool,
    snapshot: Snapshot,
    objects: HashMap<Address, ObjectId>,
    positions: BTreeMap<String, BTreeMap<i32, String>>,
}

impl Reading {
    fn add(&mut self, row: &SimpleQueryRow) -> Result<(), CatalogError> {
        let kind = row.get(0).ok_or(unexpected("a row without a kind"))?;
        // An object dropped while it was read has no text: it is gone.
        let Some(text) = row.get(2) else {
            return Ok(());
        };
        let address = (number(row, 3)?, number(row, 4)?, number(row, 5)?);
        match kind {
            "server version" => self.server(text)?,
            "comment" | "grant" | "security label" => {
                self.annotate(kind, row.get(1), address, text)
            }
            _ => {
                let object = ObjectId::new(kind, row.get(1).unwrap_or_default());
                self.position(&object, address, row);
                self.object(object, address, text, row.get(6));
            }
        }
        Ok(())
    }

    fn server(&mut self, version_num: &str) -> Result<(), CatalogError> {
        let version: u32 = version_num
            .parse()
            .map_err(|_| unexpected("a server version"))?;
        self.snapshot.server_major = version / 10_000;
        Ok(())
    }

    fn object(&mut self, object: ObjectId, address: Address, text: &str, owner: Option<&str>) {
        if let Some(owner) = owner.filter(|_| self.owners) {
            let id = ObjectId::new("owner of", object.to_string());
            self.snapshot.objects.insert(id, owner.to_owned());
        }
        self.objects.insert(address, object.clone());
        self.snapshot.objects.insert(object, text.to_owned());
    }

    fn position(&mut self, object: &ObjectId, address: Address, row: &SimpleQueryRow) {
        let column = (row.len() > COLUMNS).then(|| row.get(COLUMNS)).flatten();
        let table = column.and_then(|column| object.name.strip_suffix(column)?.strip_suffix('.'));
        if let (Some(column), Some(table)) = (column, table) {
            let columns = self.positions.entry(table.to_owned()).or_default();
            columns.insert(address.2, column.to_owned());
        }
    }

    /// Adds what is about another object; objects out of scope have no entry to refer to.
    fn annotate(&mut self, kind: &str, provider: Option<&str>, address: Address, text: &str) {
        let Some(object) = self.objects.get(&address) else {
            return;
        };
        let name = match provider {
            Some(provider) => format!("{object} by {provider}"),
            None => object.to_string(),
        };
        let id = ObjectId::new(format!("{kind} on"), name);
        self.snapshot.objects.insert(id, text.to_owned());
    }

    fn finish(mut self) -> Result<Snapshot, CatalogError> {
        if self.snapshot.server_major == 0 {
            return Err(unexpected("no server version"));
        }
        self.snapshot.column_order = self
            .positions
            .into_iter()
            .map(|(table, columns)| (table, columns.into_values().collect()))
            .collect();
        Ok(self.snapshot)
    }
}

fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Result<T, CatalogError> {
    row.get(column)
        .and_then(|text| text.parse().ok())
        .ok_or(unexpected("an address that is no number"))
}

fn unexpected(what: &'static str) -> CatalogError {
    CatalogError::Unexpected { what }
}
