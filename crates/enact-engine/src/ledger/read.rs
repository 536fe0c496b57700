//! Reading the ledger of a target and folding it into its state.

use std::pin::Pin;

use enact_ledger::{Entry, EntryError, Hash, hash_body};
use futures_util::TryStreamExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row, RowStream};

use crate::exit::Exit;
use crate::state::TargetState;

const LEDGER_SQL: &str = "\
SELECT seq, prev, body, hash, (SELECT max(version) FROM enact.schema_version) FROM enact.ledger ORDER BY seq";

/// Why the ledger could not be read, or must not be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The query failed.
    #[error("read enact.ledger")]
    Database(#[source] Error),
    /// The role may not read it.
    #[error("this database role may not read the ledger (grant it `enact_reader`)")]
    NotAllowed,
    /// Schema `enact` was installed by a newer program.
    #[error("schema enact has version {found}, this program knows {known}")]
    SchemaTooNew {
        /// What is installed.
        found: i32,
        /// What this program installs.
        known: i32,
    },
    /// An entry does not follow from the one before.
    #[error("entry {seq} of the ledger {what}")]
    Broken {
        /// Its position.
        seq: i64,
        /// What is wrong.
        what: &'static str,
        /// The kind of damage.
        exit: Exit,
    },
    /// An entry is not of a form this program knows.
    #[error("entry {seq} of the ledger is not readable")]
    Entry {
        /// Its position.
        seq: i64,
        /// Why.
        #[source]
        source: EntryError,
    },
}

impl ReadError {
    /// What an error of the server means for reading the ledger.
    #[must_use]
    pub fn from_server(error: Error) -> Self {
        match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Self::NotAllowed,
            _ => Self::Database(error),
        }
    }

    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Database(error) if error.is_closed() => Exit::CannotConnect,
            Self::Database(_) | Self::NotAllowed => Exit::Unexpected,
            Self::SchemaTooNew { .. } => Exit::Unsupported,
            Self::Broken { exit, .. } => *exit,
            Self::Entry {
                source: EntryError::Version { .. } | EntryError::Kind { .. },
                ..
            } => Exit::Unsupported,
            Self::Entry { .. } => Exit::EntryAltered,
        }
    }
}

/// The rows of the ledger in order; `None` when schema `enact` is not installed.
///
/// # Errors
/// When the query fails or the role may not read.
pub async fn rows(client: &Client) -> Result<Option<Vec<Row>>, ReadError> {
    let rows = match stream(client).await? {
        Some(rows) => rows.try_collect().await,
        None => return Ok(None),
    };
    rows.map(Some).map_err(ReadError::from_server)
}

/// The rows as they arrive.
async fn stream(client: &Client) -> Result<Option<Pin<Box<RowStream>>>, ReadError> {
    let parameters: [(i32, Type); 0] = [];
    match client.query_typed_raw(LEDGER_SQL, parameters).await {
        Ok(rows) => Ok(Some(Box::pin(rows))),
        Err(error) if is_not_installed(&error) => Ok(None),
        Err(error) => Err(ReadError::from_server(error)),
    }
}

/// The stored bytes of the entry at `seq`, if there is one.
///
/// # Errors
/// When the query fails.
pub(crate) async fn entry(client: &Client, seq: u64) -> Result<Option<Vec<u8>>, Error> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let sql = "SELECT body FROM enact.ledger WHERE seq = $1";
    let row = client.query_typed_opt(sql, &[(&seq, Type::INT8)]).await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Whether `error` says that schema `enact` is not there.
pub(crate) fn is_not_installed(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME)
    )
}

/// Reads, checks the chain, and folds, each entry as it arrives. `None` when schema `enact` is not installed.
///
/// # Errors
/// When the ledger cannot be read or an entry does not follow from the one before: nothing may be built on such a ledger.
pub async fn read(client: &Client) -> Result<Option<TargetState>, ReadError> {
    let Some(mut rows) = stream(client).await? else {
        return Ok(None);
    };
    let mut state = TargetState::default();
    while let Some(row) = rows.try_next().await.map_err(ReadError::from_server)? {
        absorb(&mut state, &row)?;
    }
    Ok(Some(state))
}

/// Checks the chain of `rows` and folds them into a state.
///
/// # Errors
/// As [`read`].
pub fn fold(rows: &[Row]) -> Result<TargetState, ReadError> {
    let mut state = TargetState::default();
    for row in rows {
        absorb(&mut state, row)?;
    }
    Ok(state)
}

/// Checks that `row` follows, and takes it in.
fn absorb(state: &mut TargetState, row: &Row) -> Result<(), ReadError> {
    let seq: i64 = row.try_get(0).map_err(ReadError::Database)?;
    let (prev, body, hash): (&[u8], &[u8], &[u8]) =
        (column(row, 1)?, column(row, 2)?, column(row, 3)?);
    let version: i32 = row.try_get(4).map_err(ReadError::Database)?;
    if version > super::SCHEMA_VERSION {
        return Err(ReadError::SchemaTooNew {
            found: version,
            known: super::SCHEMA_VERSION,
        });
    }
    state.schema_version = version;
    let own = check(state, seq, prev, body, hash)?;
    let entry = Entry::from_body(body).map_err(|source| ReadError::Entry { seq, source })?;
    if i64::try_from(entry.seq) != Ok(seq) || entry.prev.as_bytes() != prev {
        return Err(ReadError::Broken {
            seq,
            what: "says another position of itself",
            exit: Exit::EntryAltered,
        });
    }
    state.absorb(&entry, own);
    Ok(())
}

fn column(row: &Row, index: usize) -> Result<&[u8], ReadError> {
    row.try_get(index).map_err(ReadError::Database)
}

fn check(
    state: &TargetState,
    seq: i64,
    prev: &[u8],
    body: &[u8],
    hash: &[u8],
) -> Result<Hash, ReadError> {
    let broken = |what, exit| Err(ReadError::Broken { seq, what, exit });
    let own = hash_body(body);
    if own.as_bytes() != hash {
        return broken(
            "does not have the hash that stands beside it",
            Exit::EntryAltered,
        );
    }
    if i64::try_from(state.head.seq + 1) != Ok(seq) {
        return broken(
            "does not follow its predecessor: entries are missing",
            Exit::EntryMissing,
        );
    }
    if state.head.hash.as_bytes() != prev {
        return broken("does not continue the entry before it", Exit::EntryAltered);
    }
    Ok(own)
}
