//! Who stands in the way of a statement: read while it waits, since afterwards nobody knows.

use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

/// A server process that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// Process id; 0 stands for a prepared transaction.
    pub pid: i32,
    /// Its database user, where this role may see it.
    pub user: Option<String>,
    /// Its `application_name`.
    pub application: Option<String>,
    /// `client backend`, `autovacuum worker`, …
    pub backend: Option<String>,
    /// `active`, `idle in transaction`, …
    pub state: Option<String>,
    /// Age of its transaction in seconds.
    pub transaction_seconds: Option<i64>,
    /// The beginning of its query, where this role may see it.
    pub query: Option<String>,
    /// Its transaction, as the server numbers it while it lasts; every role may see it.
    transaction: Option<String>,
}

/// Between two looks whether somebody is still there.
const LOOK: Duration = Duration::from_millis(50);

const STILL_THERE_SQL: &str =
    "SELECT EXISTS (SELECT FROM pg_locks WHERE granted AND virtualtransaction = ANY ($1))";

const END_SQL: &str = "\
SELECT CASE a.state WHEN 'active' THEN pg_cancel_backend(a.pid) ELSE pg_terminate_backend(a.pid) END
FROM pg_stat_activity a WHERE a.pid = $1 AND a.backend_type = 'client backend' AND a.wait_event_type IS DISTINCT FROM 'Lock'
  AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.granted AND l.virtualtransaction = $2)";

/// `pg_blocking_pids` also names those who are merely ahead in the queue. A prepared transaction is 0.
const BLOCKERS_SQL: &str = "\
SELECT p.pid, b.usename::text, b.application_name, b.backend_type, b.state,
       extract(epoch FROM clock_timestamp() - b.xact_start)::bigint, left(b.query, 200),
       (SELECT min(l.virtualtransaction) FROM pg_locks l WHERE l.pid = p.pid AND l.granted)
FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) p LEFT JOIN pg_stat_activity b ON b.pid = p.pid
ORDER BY b.xact_start NULLS LAST, p.pid";

/// The processes that `pid` waits for at this moment.
///
/// # Errors
/// When the connection is lost or the server refuses the query.
pub async fn of(client: &Client, pid: i32) -> Result<Vec<Blocker>, Error> {
    let rows = client
        .query_typed(BLOCKERS_SQL, &[(&pid, Type::INT4)])
        .await?;
    rows.iter().map(read).collect()
}

/// One of them, from a row with its columns in the order of the fields.
pub(crate) fn read(row: &Row) -> Result<Blocker, Error> {
    Ok(Blocker {
        pid: row.try_get(0)?,
        user: row.try_get(1)?,
        application: row.try_get(2)?,
        backend: row.try_get(3)?,
        state: row.try_get(4)?,
        transaction_seconds: row.try_get(5)?,
        query: row.try_get(6)?,
        transaction: row.try_get(7)?,
    })
}

/// Returns once the transactions of all of `blockers` have ended. Never, if it cannot be known: when nobody was seen, or a
/// prepared transaction is among them.
pub async fn gone(client: &Client, blockers: &[Blocker]) {
    let transactions: Option<Vec<&str>> = blockers
        .iter()
        .map(|blocker| blocker.transaction.as_deref())
        .collect();
    let Some(transactions) = transactions.filter(|seen| !seen.is_empty()) else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LOOK).await;
        let values = [(&transactions as _, Type::TEXT_ARRAY)];
        let there = client.query_typed_one(STILL_THERE_SQL, &values).await;
        if there
            .and_then(|row| row.try_get(0))
            .is_ok_and(|there: bool| !there)
        {
            return;
        }
    }
}

/// Ends what stands in the way: cancels the statement at work, or ends the session that has a transaction open and does
/// nothing. Only the transactions that were seen, and of sessions of clients alone; not those that wait for a lock themselves. Returns whom it was done to.
///
/// # Errors
/// When the connection is lost, or the role may not do that to one of them.
pub async fn end(client: &Client, blockers: &[Blocker]) -> Result<Vec<Blocker>, Error> {
    let mut ended = Vec::new();
    for blocker in blockers {
        let values = [
            (&blocker.pid as _, Type::INT4),
            (&blocker.transaction as _, Type::TEXT),
        ];
        let done = client.query_typed_opt(END_SQL, &values).await?;
        let done = done.map(|row| row.try_get(0)).transpose()?;
        if done == Some(true) {
            ended.push(blocker.clone());
        }
    }
    Ok(ended)
}

impl Blocker {
    /// Whether this is an autovacuum worker, which yields only to a waiter older than `deadlock_timeout`
    /// (one that prevents wraparound does not yield at all).
    #[must_use]
    pub fn is_autovacuum(&self) -> bool {
        self.backend.as_deref() == Some("autovacuum worker")
    }
}
