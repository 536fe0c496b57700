//! The live schema against the recorded one.

use enact_ledger::Hash;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::catalog::stamp::{self, Horizon};
use crate::catalog::{self, CatalogError, Difference, Scope, Snapshot, Snapshots};
use crate::kept;
use crate::quote::literal;
use crate::recorder::{self, Noted, Recorder};
use crate::run::RunError;
use crate::state::TargetState;

/// How the live schema compares with the recorded one.
#[derive(Debug)]
pub enum Schema {
    /// Nothing is recorded to compare with: no run yet, or the last one did not reach its end.
    Unrecorded,
    /// It is the recorded one.
    Same,
    /// It is another one.
    Drifted(Box<Drift>),
}

/// A drifted schema.
#[derive(Debug, Clone)]
pub struct Drift {
    /// The recorded fingerprint.
    pub expected: Hash,
    /// The live one.
    pub actual: Hash,
    /// The objects that differ, with their text before and after; `None` when the recorded snapshot was not kept.
    pub differences: Option<Vec<Difference>>,
    /// What was noted of commands outside Enact's runs; `None` where that does not matter.
    pub recorder: Option<Recorder>,
}

impl Drift {
    /// Who made this difference, newest first, as far as it was noted.
    #[must_use]
    pub fn authors(&self, difference: &Difference) -> Vec<&Noted> {
        let recorder = self.recorder.as_ref();
        recorder.map_or_else(Vec::new, |recorder| recorder.authors(difference))
    }
}

/// A schema as it is recorded at the end of a run.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub fingerprint: Hash,
    pub snapshot: Snapshot,
    pub stamp: String,
    /// Statements that keep the snapshot, for the transaction that records the fingerprint.
    pub keep_sql: String,
}

/// Compares, cheaply where no DDL has happened since.
///
/// # Errors
/// When the connection is lost or the role may not read the catalog.
pub async fn compare(
    client: &Client,
    state: &TargetState,
    scope: &Scope,
) -> Result<Schema, RunError> {
    if state.recorded.is_none() {
        return Ok(Schema::Unrecorded);
    }
    let horizon = horizon(client).await?;
    compare_at(client, state, scope, horizon).await
}

/// The same with a horizon that has been asked for already, after the ledger was read: what no transaction has followed
/// can only be judged once it is known to have been committed.
pub(crate) async fn compare_at(
    client: &Client,
    state: &TargetState,
    scope: &Scope,
    horizon: Horizon,
) -> Result<Schema, RunError> {
    let Some(recorded) = &state.recorded else {
        return Ok(Schema::Unrecorded);
    };
    if let Some(recorded) = &recorded.stamp
        && (horizon.is_quiet_since(recorded) || stamp::same(recorded, &mark(client).await?))
    {
        return Ok(Schema::Same);
    }
    let live = take(client, scope).await?;
    let actual = Hash(live.fingerprint());
    if actual == recorded.fingerprint {
        return Ok(Schema::Same);
    }
    let kept = kept(client, recorded.fingerprint).await?;
    let differences = kept.map(|kept| catalog::diff(&kept, &live));
    let recorder = Some(recorder::look(client, state).await?);
    Ok(Schema::Drifted(Box::new(Drift {
        recorder,
        expected: recorded.fingerprint,
        actual,
        differences,
    })))
}

/// The schema as it is now, ready to be recorded. The mark is taken first: DDL in between can only make it differ later,
/// never hide.
pub(crate) async fn record(client: &Client, scope: &Scope) -> Result<Recorded, RunError> {
    let mark = mark(client).await?;
    Ok(recorded(mark, take(client, scope).await?))
}

/// The same with queries that are prepared already.
pub(crate) async fn record_with(snapshots: &Snapshots<'_>) -> Result<Recorded, RunError> {
    let mark = snapshots.stamp().await.map_err(unreadable)?;
    Ok(recorded(mark, snapshots.take().await.map_err(unreadable)?))
}

fn recorded(stamp: String, snapshot: Snapshot) -> Recorded {
    let fingerprint = Hash(snapshot.fingerprint());
    let keep_sql = format!(
        "SELECT enact.keep({}, {}); ",
        literal(&fingerprint.to_string()),
        literal(&kept::encode(&snapshot))
    );
    Recorded {
        fingerprint,
        snapshot,
        stamp,
        keep_sql,
    }
}

/// The moment's horizon of transactions.
pub(crate) async fn horizon(client: &Client) -> Result<Horizon, RunError> {
    stamp::horizon(client).await.map_err(unreadable)
}

async fn mark(client: &Client) -> Result<String, RunError> {
    stamp::stamp(client)
        .await
        .map_err(|source| RunError::Catalog {
            doing: "read the catalog's mark of change",
            source,
        })
}

/// The schema as it is now.
pub(crate) async fn take(client: &Client, scope: &Scope) -> Result<Snapshot, RunError> {
    catalog::take(client, scope).await.map_err(unreadable)
}

fn unreadable(source: CatalogError) -> RunError {
    RunError::Catalog {
        doing: "take a snapshot of the schema",
        source,
    }
}

/// The kept snapshot with this fingerprint. What is kept is believed only if it has that fingerprint.
async fn kept(client: &Client, fingerprint: Hash) -> Result<Option<Snapshot>, RunError> {
    let row = client
        .query_typed_opt(
            "SELECT body FROM enact.snapshot WHERE fingerprint = $1",
            &[(&fingerprint.to_string(), Type::TEXT)],
        )
        .await;
    let row = row.map_err(|source| RunError::Database {
        doing: "read the kept snapshot",
        source,
    })?;
    let snapshot = row
        .and_then(|row| row.try_get::<_, String>(0).ok())
        .and_then(|text| kept::decode(&text));
    Ok(snapshot.filter(|snapshot| snapshot.fingerprint() == fingerprint.0))
}
