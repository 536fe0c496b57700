//! A look before a try: a transaction that already has what a statement needs, and has had it for a while, will go on
//! having it. Asking for the lock all the same would put everybody else in the queue behind us, for nothing.

use std::time::Duration;

use enact_lint::wanted;
use tokio_postgres::types::Type;

use super::Session;
use super::text::SegmentText;
use crate::blockers::{self, Blocker};
use crate::connection::Connection;
use crate::pipeline::Message;
use crate::quote::ident;

/// The answer to a look comes within this, or there was none.
const PATIENCE: Duration = Duration::from_secs(1);

/// Locks that the statements of a transaction will ask for, as far as their text tells.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    tables: Vec<String>,
    modes: Vec<&'static str>,
}

impl Lookout {
    /// For the statements of one segment.
    pub fn of(text: &SegmentText<'_>) -> Self {
        let mut lookout = Self::default();
        for message in &text.messages {
            let Message::Sql(sql) = message else { continue };
            for wanted in wanted(sql) {
                let schema = wanted.table.schema.as_deref();
                let schema = schema.map_or_else(String::new, |schema| ident(schema) + ".");
                lookout.tables.push(schema + &ident(&wanted.table.name));
                lookout.modes.push(wanted.mode);
            }
        }
        lookout
    }

    /// Who has had one of the tables for longer than a try would last. What cannot be asked counts as nobody: the try will
    /// tell.
    pub async fn in_the_way(&self, session: &Session<'_>) -> Vec<Blocker> {
        if self.tables.is_empty() {
            return Vec::new();
        }
        let patience = session.settings.limits.lock_timeout.as_secs_f64();
        let values = [
            (&self.tables as _, Type::TEXT_ARRAY),
            (&self.modes as _, Type::TEXT_ARRAY),
            (&session.work.pid as _, Type::INT4),
            (&patience as _, Type::FLOAT8),
        ];
        let client = session.watch.client();
        let look = client.query_typed(HOLDERS_SQL, &values);
        let Ok(Ok(rows)) = tokio::time::timeout(PATIENCE, look).await else {
            return Vec::new();
        };
        let seen = rows.iter().map(blockers::read).collect::<Result<_, _>>();
        seen.unwrap_or_default()
    }
}

/// Whether any transaction has been open for longer than a try would last. If none has, nobody can be in the way for long.
pub(super) async fn is_busy(watch: &Connection, working: i32, lock_timeout: Duration) -> bool {
    let patience = lock_timeout.as_secs_f64();
    let values = [(&working as _, Type::INT4), (&patience as _, Type::FLOAT8)];
    let client = watch.client();
    let look = client.query_typed_one(BUSY_SQL, &values);
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(row)) => row.try_get(0).unwrap_or(true),
        _ => true,
    }
}

/// A prepared transaction is one, whatever its age. An autovacuum worker is none: it goes when it is asked for the lock. Nor is
/// one whose age this role may not see: it may be gone in a moment.
const HOLDERS_SQL: &str = "\
SELECT DISTINCT ON (b.xact_start, p.pid) p.pid, b.usename::text, b.application_name, b.backend_type, b.state,
       extract(epoch FROM clock_timestamp() - b.xact_start)::bigint, left(b.query, 200), l.virtualtransaction
FROM unnest($1::text[], $2::text[]) w(name, mode)
JOIN pg_locks l ON l.relation = to_regclass(w.name) AND l.locktype = 'relation' AND l.granted
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
CROSS JOIN LATERAL (SELECT coalesce(l.pid, 0) AS pid) p LEFT JOIN pg_stat_activity b ON b.pid = p.pid
WHERE p.pid NOT IN ($3, pg_backend_pid())
  AND (p.pid = 0 OR b.backend_type = 'client backend' AND b.xact_start < clock_timestamp() - make_interval(secs => $4))
  AND l.mode = ANY (CASE w.mode
    WHEN 'ACCESS EXCLUSIVE' THEN ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                                       'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
    WHEN 'EXCLUSIVE' THEN ARRAY['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                                'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
    WHEN 'SHARE ROW EXCLUSIVE' THEN ARRAY['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                                          'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
    WHEN 'SHARE' THEN ARRAY['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
    ELSE ARRAY['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'] END)
ORDER BY b.xact_start, p.pid";

const BUSY_SQL: &str = "\
SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid NOT IN ($1, pg_backend_pid())
               AND a.xact_start < clock_timestamp() - make_interval(secs => $2))
    OR EXISTS (SELECT FROM pg_prepared_xacts p WHERE p.database = current_database())";
