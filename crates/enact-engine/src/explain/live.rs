//! What a live target says of the tables that a forecast speaks of. Reads only.

use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::measure;
use super::report::Hold;
use super::state::EffectKind;
use crate::connection::Connection;
use crate::events::Events;
use crate::run::RunError;
use crate::target::ConnInfo;
use crate::target::server::Server;

/// What a server is assumed to read in a second where nobody measured; documents name the rate beside each estimate.
const READ_RATE: u64 = 200 << 20;
/// What it is assumed to read, sort and write in a second.
const WRITE_RATE: u64 = 50 << 20;
/// How many times faster it is assumed to read.
const READS_FASTER: u64 = READ_RATE / WRITE_RATE;
/// From here on work under a lock is long, whoever waits.
const LONG: u64 = 1000;
/// So many times the size of another target, a table is of another class.
const OF_ANOTHER_CLASS: u64 = 10;

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
    /// Bytes of it that were read in a second just now; none if nobody asked, or it is too small to tell.
    pub read_rate: Option<u64>,
}

/// How long the work under a lock may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// How long.
    pub milliseconds: u64,
    /// How much is worked through.
    pub bytes: u64,
    /// The rate, in bytes a second.
    pub rate: u64,
    /// Where the rate comes from.
    pub basis: Basis,
    /// What is done: `rewrite`, `index` or `scan`.
    pub work: &'static str,
}

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// It is the same for all servers.
    Assumed,
    /// A piece of this table was read.
    Measured,
    /// A quarter of what was measured by reading: the proportion of the assumed rates.
    Derived,
}

impl Basis {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Measured => "measured",
            Self::Derived => "derived",
        }
    }
}

/// Work under a lock that is long here, and short at another target, where the table is that much smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgrown {
    /// How many times the other's size the table has here.
    pub times: u64,
    /// The estimate there.
    pub there: Estimate,
    /// The estimate here.
    pub here: Estimate,
}

/// Asks a target about tables, by schema and name, quoted as SQL has it.
///
/// # Errors
/// When there is no connection or the question is refused.
pub async fn read(
    target: &ConnInfo,
    application: &str,
    tables: &[String],
    measured: bool,
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
    let tables: Result<Vec<_>, Error> = rows.map_err(failed)?.iter().map(table).collect();
    let replicas = client.query_typed_one(REPLICAS, &[]).await;
    let replicas = replicas.and_then(|row| row.try_get(0)).map_err(failed)?;
    let mut tables = tables.map_err(failed)?;
    if measured {
        let set_up = measure::set_up();
        client.batch_execute(&set_up).await.map_err(failed)?;
        for table in &mut tables {
            let rate = measure::reading(client, table).await;
            table.read_rate = rate.map_err(failed)?;
        }
    }
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
        read_rate: None,
    })
}

impl Live {
    /// What is known of the table that a lock concerns.
    #[must_use]
    pub fn of(&self, hold: &Hold) -> Option<&TableStatistics> {
        let name = hold.table();
        self.tables.iter().find(|table| table.table == *name)
    }

    /// Whether the work under a lock is long here and was short at `other`, since the table is of another size there.
    #[must_use]
    pub fn outgrown(&self, other: &Self, hold: &Hold) -> Option<Outgrown> {
        let (own, theirs) = (self.of(hold)?, other.of(hold)?);
        let (here, there) = (
            own.estimate(&hold.effects)?,
            theirs.estimate(&hold.effects)?,
        );
        let times = here.bytes / there.bytes.max(1);
        let stops = hold.lock.mode.stops_the_application();
        let long = here.milliseconds >= LONG && there.milliseconds < LONG;
        let outgrown = Outgrown { times, there, here };
        (stops && long && times >= OF_ANOTHER_CLASS).then_some(outgrown)
    }
}

impl TableStatistics {
    /// How long the heaviest work on this table may take; none if there is none.
    #[must_use]
    pub fn estimate(&self, effects: &[EffectKind]) -> Option<Estimate> {
        let does = |kind| effects.contains(&kind);
        let reads = match self.read_rate {
            Some(rate) => (rate, Basis::Measured),
            None => (READ_RATE, Basis::Assumed),
        };
        let writes = match self.read_rate {
            // What was read may have been in memory, and writing is not.
            Some(rate) => ((rate / READS_FASTER).max(1), Basis::Derived),
            None => (WRITE_RATE, Basis::Assumed),
        };
        let (work, bytes, (rate, basis)) = if does(EffectKind::Rewrite) {
            let all = self.bytes.saturating_add(self.index_bytes);
            ("rewrite", all, writes)
        } else if does(EffectKind::IndexBuilt) || does(EffectKind::IndexRebuilt) {
            ("index", self.bytes, writes)
        } else if does(EffectKind::Scan) {
            ("scan", self.bytes, reads)
        } else {
            return None;
        };
        Some(Estimate {
            milliseconds: bytes.saturating_mul(1000) / rate,
            bytes,
            rate,
            basis,
            work,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::mode::{LockMode, RelationKind};
    use super::super::report::{Lock, Source};
    use super::*;

    fn statistics(bytes: u64, index_bytes: u64) -> TableStatistics {
        TableStatistics {
            table: "public.visit".to_owned(),
            bytes,
            index_bytes,
            live_rows: None,
            writes_per_hour: None,
            oldest_transaction_seconds: None,
            read_rate: None,
        }
    }

    fn target(bytes: u64) -> Live {
        Live {
            server_version: String::new(),
            server_major: 15,
            replicas: 0,
            tables: vec![statistics(bytes, 0)],
        }
    }

    #[test]
    fn what_is_long_here_alone_is_outgrown() {
        let hold = |mode, effects: &[EffectKind]| Hold {
            lock: Lock {
                relation: "public.visit".to_owned(),
                kind: RelationKind::Table,
                table: None,
                mode,
                source: Source::Observed,
            },
            from_line: 1,
            last_line: 1,
            until_commit: true,
            effects: effects.to_vec(),
            statements_after: 0,
        };
        let rewrite = hold(LockMode::AccessExclusive, &[EffectKind::Rewrite]);
        let times = |here: u64, there: u64, hold: &Hold| {
            let outgrown = target(here).outgrown(&target(there), hold);
            outgrown.map(|outgrown| outgrown.times)
        };
        assert_eq!(times(1000 << 20, 1 << 20, &rewrite), Some(1000));
        assert_eq!(times(1000 << 20, 0, &rewrite), Some(1000 << 20));
        // Short here too; long there too; nobody is kept out; no work at all.
        assert_eq!(times(10 << 20, 1 << 10, &rewrite), None);
        assert_eq!(times(1000 << 20, 100 << 20, &rewrite), None);
        let shared = hold(LockMode::ShareUpdateExclusive, &[EffectKind::Scan]);
        assert_eq!(times(1000 << 20, 1 << 20, &shared), None);
        let quick = hold(LockMode::AccessExclusive, &[]);
        assert_eq!(times(1000 << 20, 1 << 20, &quick), None);
    }

    #[test]
    fn a_measured_rate_takes_the_place_of_an_assumed_one() {
        let table = TableStatistics {
            read_rate: Some(40 << 20),
            ..statistics(100 << 20, 0)
        };
        let said = |effect| {
            let estimate = table.estimate(&[effect]);
            estimate.map(|it| (it.milliseconds, it.basis.name()))
        };
        assert_eq!(said(EffectKind::Scan), Some((2500, "measured")));
        assert_eq!(said(EffectKind::Rewrite), Some((10_000, "derived")));
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
