//! How far statements in batches have come, and holding them: beside the run that works, or after it.

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::connection::Connection;
use crate::events::Events;
use crate::ledger;
use crate::lock;
use crate::quote::ident;
use crate::run::RunError;
use crate::state::TargetState;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// A statement in batches that was ever begun in this database, and how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Backfill {
    /// Stream of its migration.
    pub stream: String,
    /// Number of its migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: String,
    /// One-based segment of the file.
    pub segment: u32,
    /// The table and the key by which its rows are walked.
    pub walk: String,
    /// Rows to walk, as the planner estimated them.
    pub estimate: u64,
    /// Rows walked.
    pub walked: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// Batches committed.
    pub batches: u64,
    /// How often the table has been gone through, this time included.
    pub pass: u32,
    /// When it was begun, ISO 8601 in UTC.
    pub begun_at: String,
    /// When its last batch was committed.
    pub moved_at: String,
    /// When all rows were done.
    pub done_at: Option<String>,
    /// Who holds it.
    pub paused_by: Option<String>,
    /// Seconds between its beginning and its last batch.
    pub seconds: f64,
}

/// What a database tells of its statements in batches.
#[derive(Debug, Clone, PartialEq)]
pub struct Backfills {
    /// In the order of their beginning.
    pub all: Vec<Backfill>,
    /// A run is at work on this database at this moment.
    pub working: bool,
}

const LIST_SQL: &str = "\
SELECT b.stream, b.number, b.direction, b.segment, b.walk, coalesce(b.estimate, 0), b.walked, b.changed, b.batches, b.pass,
       to_char(b.begun_at AT TIME ZONE 'UTC', f.iso), to_char(b.moved_at AT TIME ZONE 'UTC', f.iso),
       to_char(b.done_at AT TIME ZONE 'UTC', f.iso), b.paused_by, extract(epoch FROM b.moved_at - b.begun_at)::float8
FROM enact.backfill b CROSS JOIN (VALUES ('YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) f(iso) ORDER BY b.begun_at, b.segment";

/// What the target tells. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, or the role may not read schema `enact`.
pub async fn list(target: &ConnInfo, application: &str) -> Result<Backfills, RunError> {
    let connection = open(target, application, Purpose::Read).await?;
    let client = connection.client();
    let asking = |source| RunError::Database {
        doing: "ask how far backfills have come",
        source,
    };
    let rows = match client.query_typed(LIST_SQL, &[]).await {
        Err(error) if not_there(&error) => Vec::new(),
        rows => rows.map_err(asking)?,
    };
    let mut all = rows
        .iter()
        .map(backfill)
        .collect::<Result<Vec<_>, _>>()
        .map_err(asking)?;
    let state = ledger::read(client).await?.unwrap_or_default();
    all.retain(|one| one.done_at.is_some() || one.is_under_way(&state));
    let held = lock::held(client).await.map_err(asking)?;
    connection.close().await;
    Ok(Backfills {
        all,
        working: held.contains(&lock::RUN),
    })
}

impl Backfill {
    /// Not one whose migration was undone before it was done.
    fn is_under_way(&self, state: &TargetState) -> bool {
        let at = state.stream(&self.stream).in_progress.as_ref();
        at.is_some_and(|at| {
            (at.number, at.direction.as_str(), at.backfilling)
                == (self.number, self.direction.as_str(), Some(self.segment))
        })
    }
}

/// Before the first run, or before one of this version of the program.
fn not_there(error: &tokio_postgres::Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME)
    )
}

/// Holds every statement in batches that is not done, in the name of `person`, or lets them go on when nobody is named.
/// Returns how many that concerns.
///
/// # Errors
/// When there is no connection, or the role may not write to schema `enact`.
pub async fn pause(
    target: &ConnInfo,
    application: &str,
    role: Option<&str>,
    person: Option<&str>,
) -> Result<usize, RunError> {
    let before = list(target, application).await?.all;
    let connection = open(target, application, Purpose::Write).await?;
    let client = connection.client();
    let doing = if person.is_some() {
        "pause backfills"
    } else {
        "resume backfills"
    };
    let asking = |source| RunError::Database { doing, source };
    if let Some(role) = role {
        client
            .batch_execute(&format!("SET ROLE {}", ident(role)))
            .await
            .map_err(asking)?;
    }
    let concerned = before
        .iter()
        .filter(|one| one.done_at.is_none() && one.paused_by.is_some() != person.is_some());
    let concerned = concerned.count();
    if concerned > 0 {
        let sql = "SELECT enact.backfill_pause($1)";
        client
            .query_typed_one(sql, &[(&person, Type::TEXT)])
            .await
            .map_err(asking)?;
    }
    connection.close().await;
    Ok(concerned)
}

async fn open(
    target: &ConnInfo,
    application: &str,
    purpose: Purpose,
) -> Result<Connection, RunError> {
    let connection = Connection::open(target, application, &Events::silent()).await?;
    match Server::ask(connection.client()).await?.refusal(purpose) {
        Some(refusal) => Err(RunError::Refused(refusal)),
        None => Ok(connection),
    }
}

fn backfill(row: &Row) -> Result<Backfill, tokio_postgres::Error> {
    let small = |index| {
        Ok::<u32, tokio_postgres::Error>(u32::try_from(row.try_get::<_, i32>(index)?).unwrap_or(0))
    };
    let large = |index| {
        Ok::<u64, tokio_postgres::Error>(u64::try_from(row.try_get::<_, i64>(index)?).unwrap_or(0))
    };
    Ok(Backfill {
        stream: row.try_get(0)?,
        number: small(1)?,
        direction: row.try_get(2)?,
        segment: small(3)?,
        walk: row.try_get(4)?,
        estimate: large(5)?,
        walked: large(6)?,
        changed: large(7)?,
        batches: large(8)?,
        pass: small(9)?,
        begun_at: row.try_get(10)?,
        moved_at: row.try_get(11)?,
        done_at: row.try_get(12)?,
        paused_by: row.try_get(13)?,
        seconds: row.try_get(14)?,
    })
}
