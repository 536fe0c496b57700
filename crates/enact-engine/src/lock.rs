//! The target's lock: a session advisory lock, polled for in short autocommit statements.
//!
//! A runner that waited inside a transaction would hold a snapshot and so block another runner's
//! `CREATE INDEX CONCURRENTLY` for ever. The lock lives on a connection of its own; a second lock,
//! on the connection that works, outlives a killed runner for as long as the server still executes
//! what that runner had sent.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

use crate::events::{Event, Events};
use crate::stop::Stop;

/// First key of every advisory lock that Enact takes: `enac` in ASCII.
pub const CLASS: i32 = 0x656E_6163;
/// Second key: the right to change the target.
pub const RUN: i32 = 1;
/// Second key: a connection that executes migrations.
pub const WORK: i32 = 2;

/// How long to sleep between two tries.
const POLL: Duration = Duration::from_millis(100);

/// Who holds the lock, as far as this role may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Server process id.
    pub pid: i32,
    /// Database user.
    pub user: Option<String>,
    /// `application_name`.
    pub application: Option<String>,
    /// When its connection was opened, ISO 8601 in UTC.
    pub since: Option<String>,
    /// What its connection runs, or ran last.
    pub query: Option<String>,
    /// Person, host, command and run as the holder itself wrote them down.
    pub lease: Option<Lease>,
}

/// What a run tells about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Identifier of the run.
    pub run: String,
    /// The person.
    pub person: String,
    /// The host it runs on.
    pub host: String,
    /// `apply`, `rollback`, …
    pub command: String,
    /// When the run began, ISO 8601 in UTC.
    pub since: String,
}

const HOLDER_SQL: &str = "\
SELECT l.pid, a.usename::text, a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
       left(a.query, 200)
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::int4::oid AND l.objid = $2::int4::oid AND l.objsubid = 2
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
LIMIT 1";

/// Without the session's particulars, which cost more to plan: mostly nobody holds a lock.
const HELD_SQL: &str = "\
SELECT objid::bigint FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::int4::oid AND l.objsubid = 2
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())";

const LEASE_SQL: &str = "\
SELECT run, person, host, command, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM enact.lease WHERE pid = $1";

/// Tries once to take the lock with second key `key`.
///
/// # Errors
/// When the connection is lost or the server refuses.
pub async fn try_take(client: &Client, key: i32) -> Result<bool, Error> {
    let row = client
        .query_typed_one(
            "SELECT pg_try_advisory_lock($1, $2)",
            &[(&CLASS, Type::INT4), (&key, Type::INT4)],
        )
        .await?;
    row.try_get(0)
}

/// Who holds the lock with second key `key` now.
///
/// # Errors
/// When the connection is lost or the server refuses.
pub async fn holder(client: &Client, key: i32) -> Result<Option<Holder>, Error> {
    let Some(row) = client
        .query_typed_opt(HOLDER_SQL, &[(&CLASS, Type::INT4), (&key, Type::INT4)])
        .await?
    else {
        return Ok(None);
    };
    let pid: i32 = row.try_get(0)?;
    // Schema enact may not exist yet, and a role may lack the right to read it: the lease is only for people.
    let lease = client
        .query_typed_opt(LEASE_SQL, &[(&pid, Type::INT4)])
        .await
        .ok()
        .flatten()
        .and_then(|row| lease(&row).ok());
    Ok(Some(Holder {
        pid,
        user: row.try_get(1)?,
        application: row.try_get(2)?,
        since: row.try_get(3)?,
        query: row.try_get(4)?,
        lease,
    }))
}

/// Which of Enact's locks are held by somebody, by second key.
///
/// # Errors
/// When the connection is lost or the server refuses.
pub async fn held(client: &Client) -> Result<Vec<i32>, Error> {
    let rows = client
        .query_typed(HELD_SQL, &[(&CLASS, Type::INT4)])
        .await?;
    let keys = rows.iter().map(|row| row.try_get::<_, i64>(0));
    keys.map(|key| key.map(|key| i32::try_from(key).unwrap_or_default()))
        .collect()
}

fn lease(row: &Row) -> Result<Lease, Error> {
    Ok(Lease {
        run: row.try_get(0)?,
        person: row.try_get(1)?,
        host: row.try_get(2)?,
        command: row.try_get(3)?,
        since: row.try_get(4)?,
    })
}

/// How waiting for the lock ended.
#[derive(Debug)]
pub enum Taken {
    /// The lock is ours.
    Ours,
    /// The time to wait is over.
    Held(Option<Box<Holder>>),
    /// A stop was requested.
    Stopped,
}

/// Polls for the lock with second key `key` for at most `wait`.
///
/// # Errors
/// When the connection is lost or the server refuses.
pub async fn take(
    client: &Client,
    key: i32,
    wait: Duration,
    events: &Events,
    stop: &mut Stop,
) -> Result<Taken, Error> {
    let deadline = Instant::now() + wait;
    let mut told = false;
    loop {
        if try_take(client, key).await? {
            return Ok(Taken::Ours);
        }
        let holder = holder(client, key).await?;
        if Instant::now() >= deadline {
            return Ok(Taken::Held(holder.map(Box::new)));
        }
        if let (false, Some(holder)) = (told, holder) {
            events.emit(Event::WaitingForLock { holder });
            told = true;
        }
        tokio::select! {
            () = stop.wait() => return Ok(Taken::Stopped),
            () = tokio::time::sleep(POLL.min(deadline.saturating_duration_since(Instant::now()))) => {}
        }
    }
}
