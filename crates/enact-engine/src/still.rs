//! A target's ledger and objects as they were at one and the same moment.

use std::time::Instant;

use enact_ledger::merkle::Frontier;
use enact_ledger::{Entry, Hash, Timestamp, hash_body};
use tokio_postgres::{Client, Row};

use crate::catalog::{self, Scope, Snapshot};
use crate::connection::Connection;
use crate::events::Events;
use crate::ledger::{self, ReadError};
use crate::lock;
use crate::run::RunError;
use crate::state::TargetState;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// How often both are read before the target is taken for one that is being changed all the time.
const TRIES: usize = 5;

/// What was read while nothing was recorded.
pub(crate) struct Still {
    pub server: Server,
    pub connection: Connection,
    /// Every entry, oldest first; none without a ledger.
    pub entries: Vec<Entry>,
    /// The entries, folded.
    pub state: TargetState,
    /// Merkle root over the entries.
    pub root: Hash,
    pub snapshot: Snapshot,
    /// The server's clock, before it was read.
    pub at: Timestamp,
}

/// Reads both; again where an entry was written meanwhile, since a migration's effect and its entry become visible together.
///
/// # Errors
/// When there is no connection, ledger or catalog cannot be read, or a run keeps changing the target.
pub(crate) async fn read(
    target: &ConnInfo,
    application: &str,
    scope: &Scope,
) -> Result<Still, RunError> {
    let begun = Instant::now();
    let connection = Connection::open(target, application, &Events::silent()).await?;
    let client = connection.client();
    let server = Server::ask(client).await?;
    if let Some(refusal) = server.refusal(Purpose::Read) {
        return Err(RunError::Refused(refusal));
    }
    for _ in 0..TRIES {
        let rows = ledger::rows(client).await?.unwrap_or_default();
        let snapshot = take(client, scope).await?;
        if has_grown(client, rows.len()).await? {
            continue;
        }
        let state = ledger::fold(&rows)?;
        let (entries, root) = entries(&rows)?;
        let at = server.clock.parse().unwrap_or(Timestamp::EPOCH);
        return Ok(Still {
            server,
            connection,
            entries,
            state,
            root,
            snapshot,
            at,
        });
    }
    Err(busy(client, begun).await)
}

/// Whether there is an entry behind the first `known` ones, which are numbered without gaps.
async fn has_grown(client: &Client, known: usize) -> Result<bool, ReadError> {
    let next = u64::try_from(known).unwrap_or(u64::MAX).saturating_add(1);
    match ledger::entry(client, next).await {
        Ok(entry) => Ok(entry.is_some()),
        Err(error) if ledger::is_not_installed(&error) => Ok(false),
        Err(error) => Err(ReadError::from_server(error)),
    }
}

async fn take(client: &Client, scope: &Scope) -> Result<Snapshot, RunError> {
    let taken = catalog::take(client, scope).await;
    taken.map_err(|source| RunError::Catalog {
        doing: "take a snapshot of the schema",
        source,
    })
}

async fn busy(client: &Client, begun: Instant) -> RunError {
    // Who is at work helps; that it is not known does not matter.
    let holder = lock::holder(client, lock::RUN).await.ok().flatten();
    RunError::Locked {
        holder: holder.map(Box::new),
        waited: begun.elapsed(),
        orphan: false,
    }
}

fn entries(rows: &[Row]) -> Result<(Vec<Entry>, Hash), ReadError> {
    let mut frontier = Frontier::default();
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let seq: i64 = row.try_get(0).map_err(ReadError::Database)?;
        let body: &[u8] = row.try_get(2).map_err(ReadError::Database)?;
        frontier.push(hash_body(body));
        entries.push(Entry::from_body(body).map_err(|source| ReadError::Entry { seq, source })?);
    }
    Ok((entries, frontier.root()))
}
