//! What a live target says of the tables that a forecast speaks of. Reads only.

use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::report::Hold;
use super::state::EffectKind;
use crate::connection::Connection;
use crate::events::Events;
use crate::run::RunError;
use crate::target::ConnInfo;
use crate::target::server::Server;

/// What a server is assumed to read in a second. Measure yours; documents name the rate beside each estimate.
const READ_RATE: u64 = 200 << 20;
/// What it is assumed to read, sort and write in a second.
const WRITE_RATE: u64 = 50 << 20;

/// A session that only reads, and gives up rather than queue behind somebody's lock.
const SET_UP: &str = "SET default_transaction_read_only = on; SET lock_timeout = '1s'; SET statement_timeout = '15s'";

const TABLES: &str = "
SELECT w.name, pg_catalog.pg_table_size(c.oid), pg_catalog.pg_indexes_size(c.oid), s.n_live_tup,
       s.n_tup_ins + s.n_tup_upd + s.n_tup_del,
       pg_catalog.date_part('epoch', pg_catalog.now() - d.stats_reset)::pg_catalog.int8,
       (SELECT pg_catalog.max(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start))::pg_catalog.int8
          FROM pg_catalog.pg_locks l
          JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.granted
           AND l.database = d.datid AND l.pid <> pg_catalog.pg_backend_pid())
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS w (name)
  JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)
  JOIN pg_catalog.pg_stat_database d ON d.datname = pg_catalog.current_database()
  LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
 WHERE c.relkind IN ('r', 'm')
 ORDER BY w.name";

const REPLICAS: &str = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication";

/// What a target says.
#[derive(Debug, Clone)]
pub struct Live {
    /// PostgreSQL's version, as the server words it.
    pub server_version: String,
    /// Its major version.
    pub server_major: u32,
    /// Connected standbys.
    pub replicas: i64,
    /// Tables that are there.
    pub tables: Vec<TableStatistics>,
}

/// What a target says of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableStatistics {
    /// Schema and name.
    pub table: String,
    /// Size without indexes.
    pub bytes: u64,
    /// Size of its indexes.
    pub index_bytes: u64,
    /// Rows, as the statistics have it.
    pub live_rows: Option<i64>,
    /// Rows inserted, updated and deleted for each hour since the statistics were reset; none if that is not known.
    pub writes_per_hour: Option<i64>,
    /// Age of the oldest open transaction that holds a lock on it; none if there is none, or this role may not see it.
    pub oldest_transaction_seconds: Option<i64>,
}

/// How long the work under a lock may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// How long.
    pub milliseconds: u64,
    /// How much is worked through.
    pub bytes: u64,
    /// The assumed rate, in bytes a second.
    pub rate: u64,
    /// What is done: `rewrite`, `index` or `scan`.
    pub work: &'static str,
}

/// Asks a target about tables, by schema and name, quoted as SQL has it.
///
/// # Errors
/// When there is no connection or the question is refused.
pub async fn read(
    target: &ConnInfo,
    application: &str,
    tables: &[String],
) -> Result<Live, RunError> {
    let connection = Connection::open(target, application, &Events::silent()).await?;
    let server = Server::ask(connection.client()).await?;
    let client = connection.client();
    let failed = |source| RunError::Database {
        doing: "read the statistics of the target",
        source,
    };
    client.batch_execute(SET_UP).await.map_err(failed)?;
    let rows = client
        .query_typed(TABLES, &[(&tables, Type::TEXT_ARRAY)])
        .await;
    let tables: Result<_, Error> = rows.map_err(failed)?.iter().map(table).collect();
    let replicas = client.query_typed_one(REPLICAS, &[]).await;
    let replicas = replicas.and_then(|row| row.try_get(0)).map_err(failed)?;
    let tables = tables.map_err(failed)?;
    connection.close().await;
    Ok(Live {
        server_major: server.major(),
        server_version: server.version,
        replicas,
        tables,
    })
}

fn table(row: &Row) -> Result<TableStatistics, Error> {
    let size = |column: usize| -> Result<u64, Error> {
        let bytes: i64 = row.try_get(column)?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    };
    let (writes, seconds): (Option<i64>, Option<i64>) = (row.try_get(4)?, row.try_get(5)?);
    let hourly = |(writes, seconds): (i64, i64)| {
        (seconds > 0).then(|| writes.saturating_mul(3600) / seconds)
    };
    Ok(TableStatistics {
        table: row.try_get(0)?,
        bytes: size(1)?,
        index_bytes: size(2)?,
        live_rows: row.try_get(3)?,
        writes_per_hour: writes.zip(seconds).and_then(hourly),
        oldest_transaction_seconds: row.try_get(6)?,
    })
}

impl Live {
    /// What is known of the table that a lock concerns.
    #[must_use]
    pub fn of(&self, hold: &Hold) -> Option<&TableStatistics> {
        let name = hold.table();
        self.tables.iter().find(|table| table.table == *name)
    }
}

impl TableStatistics {
    /// How long the heaviest work on this table may take; none if there is none.
    #[must_use]
    pub fn estimate(&self, effects: &[EffectKind]) -> Option<Estimate> {
        let does = |kind| effects.contains(&kind);
        let (work, bytes, rate) = if does(EffectKind::Rewrite) {
            let all = self.bytes.saturating_add(self.index_bytes);
            ("rewrite", all, WRITE_RATE)
        } else if does(EffectKind::IndexBuilt) || does(EffectKind::IndexRebuilt) {
            ("index", self.bytes, WRITE_RATE)
        } else if does(EffectKind::Scan) {
            ("scan", self.bytes, READ_RATE)
        } else {
            return None;
        };
        Some(Estimate {
            milliseconds: bytes.saturating_mul(1000) / rate,
            bytes,
            rate,
            work,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(bytes: u64, index_bytes: u64) -> TableStatistics {
        TableStatistics {
            table: "public.visit".to_owned(),
            bytes,
            index_bytes,
            live_rows: None,
            writes_per_hour: None,
            oldest_transaction_seconds: None,
        }
    }

    #[test]
    fn a_rewrite_works_through_the_indexes_too() {
        let table = statistics(100 << 20, 50 << 20);
        let estimate = table.estimate(&[EffectKind::Rewrite, EffectKind::Scan]);
        let estimate = estimate.map(|it| (it.milliseconds, it.work));
        assert_eq!(estimate, Some((3000, "rewrite")));
    }

    #[test]
    fn a_scan_reads_the_table_alone() {
        let estimate = statistics(100 << 20, 50 << 20).estimate(&[EffectKind::Scan]);
        assert_eq!(
            estimate.map(|it| (it.milliseconds, it.work)),
            Some((500, "scan"))
        );
    }

    #[test]
    fn what_takes_no_time_has_no_estimate() {
        assert_eq!(
            statistics(1 << 40, 0).estimate(&[EffectKind::Truncate]),
            None
        );
    }
}
