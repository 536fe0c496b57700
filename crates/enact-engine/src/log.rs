//! The ledger, entry by entry, for people who want to know what happened.

use enact_ledger::{Entry, Hash};

use crate::catalog::Scope;
use crate::connection::Connection;
use crate::drift::{self, Schema};
use crate::events::Events;
use crate::ledger::{self, ReadError};
use crate::observe::{Observed, observe};
use crate::run::RunError;
use crate::state::{RecordedSchema, TargetState};
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// One entry and its hash.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The entry.
    pub entry: Entry,
    /// Its hash.
    pub hash: Hash,
}

/// A target's ledger, and who keeps it.
#[derive(Debug)]
pub struct Log {
    /// Who answers.
    pub server: Server,
    /// What the entries come to.
    pub state: TargetState,
    /// The entries in order; none before the first run.
    pub entries: Vec<Logged>,
}

/// Reads a target's ledger. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, or the ledger cannot be read or believed.
pub async fn entries(target: &ConnInfo, application: &str) -> Result<Log, RunError> {
    let connection = Connection::open(target, application, &Events::silent()).await?;
    let client = connection.client();
    let (server, rows) = tokio::join!(biased; Server::ask(client), ledger::rows(client));
    let server = server?;
    if let Some(refusal) = server.refusal(Purpose::Read) {
        return Err(RunError::Refused(refusal));
    }
    let rows = rows?.unwrap_or_default();
    // Folding checks the chain: what does not hold together is not shown as history.
    let state = ledger::fold(&rows)?;
    connection.close().await;
    let entries = rows.iter().map(logged).collect::<Result<_, _>>();
    Ok(Log {
        server,
        state,
        entries: entries.map_err(RunError::Ledger)?,
    })
}

fn logged(row: &tokio_postgres::Row) -> Result<Logged, ReadError> {
    let seq: i64 = row.try_get(0).map_err(ReadError::Database)?;
    let body: &[u8] = row.try_get(2).map_err(ReadError::Database)?;
    let entry = Entry::from_body(body).map_err(|source| ReadError::Entry { seq, source })?;
    Ok(Logged {
        entry,
        hash: enact_ledger::hash_body(body),
    })
}

/// The live schema against the recorded one, and what is recorded. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, or ledger or catalog cannot be read.
pub async fn schema(
    target: &ConnInfo,
    application: &str,
    scope: &Scope,
) -> Result<(Schema, Option<RecordedSchema>), RunError> {
    let observed = observe(target, application, &Events::silent(), Purpose::Read).await?;
    let Observed {
        connection,
        state,
        horizon,
        ..
    } = observed;
    let state = state.unwrap_or_default();
    let schema = drift::compare_at(connection.client(), &state, scope, horizon).await?;
    connection.close().await;
    Ok((schema, state.recorded))
}
