//! The ledger, entry by entry, for people who want to know what happened.

use enact_ledger::{Entry, Hash};
use enact_release::Package;

use crate::catalog::Scope;
use crate::connection::Connection;
use crate::core::{self, Core};
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

/// How a schema compares with what is known of it.
#[derive(Debug)]
pub struct Compared {
    /// With the recorded one.
    pub schema: Schema,
    /// What is recorded.
    pub recorded: Option<RecordedSchema>,
    /// The core's part with its release, where there is anything to compare.
    pub core: Option<Core>,
}

/// The live schema against the recorded one, and its core against `release`. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, or ledger or catalog cannot be read.
pub async fn schema(
    target: &ConnInfo,
    application: &str,
    scope: &Scope,
    release: Option<&Package>,
) -> Result<Compared, RunError> {
    let observed = observe(target, application, &Events::silent(), Purpose::Read).await?;
    let Observed {
        connection,
        server,
        state,
        horizon,
    } = observed;
    let client = connection.client();
    let state = state.unwrap_or_default();
    let schema = drift::compare_at(client, &state, scope, horizon).await?;
    let core = core::look(client, release, (&state, &schema), server.major()).await?;
    connection.close().await;
    Ok(Compared {
        schema,
        recorded: state.recorded,
        core,
    })
}
