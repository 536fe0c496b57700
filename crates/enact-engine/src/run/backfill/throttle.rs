//! When to hold: what the server says of replicas, of sessions that wait, and of a vacuum that must catch up.

use std::time::{Duration, Instant};

use enact_sql::backfill::Options;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::progress::Key;

/// Between two looks while all is well, and while something must be waited for.
const LOOK: Duration = Duration::from_millis(200);

/// A role without `pg_monitor` sees no lag and no states of others; what it cannot see holds it up in nothing.
const SIGNALS_SQL: &str = "\
WITH family AS (SELECT $6::regclass::oid AS oid UNION SELECT relid::oid FROM pg_partition_tree($6::regclass))
SELECT (SELECT b.paused_by FROM enact.backfill b WHERE (b.stream, b.number, b.direction, b.segment) = ($1, $2, $3, $4)),
       (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::bigint FROM pg_stat_replication r),
       (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn))::bigint FROM pg_replication_slots s
        WHERE s.active AND s.slot_type = 'logical'),
       (SELECT count(*) FROM pg_stat_activity a WHERE a.wait_event_type = 'Lock'),
       (SELECT count(*) FROM pg_stat_activity a WHERE a.state = 'active' AND a.backend_type = 'client backend'
        AND a.pid NOT IN (pg_backend_pid(), $5)),
       (SELECT (100 * sum(t.n_dead_tup) / greatest(sum(t.n_live_tup), 1))::bigint FROM pg_stat_all_tables t JOIN family f ON f.oid = t.relid),
       EXISTS (SELECT FROM pg_stat_progress_vacuum v JOIN family f ON f.oid = v.relid)";

/// Looks now and then whether to go on.
#[derive(Debug)]
pub(super) struct Throttle {
    looked: Option<Instant>,
}

impl Throttle {
    pub fn new() -> Self {
        Self { looked: None }
    }

    /// What must be waited for, in words; `None` to go on. Most of the time it does not even ask.
    ///
    /// # Errors
    /// When the connection that asks is lost.
    pub async fn hold(
        &mut self,
        client: &Client,
        (key, table, working): (&Key<'_>, &str, i32),
        options: &Options,
    ) -> Result<Option<String>, Error> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(None);
        }
        let Key {
            stream,
            number,
            direction,
            segment,
        } = key;
        let number = i32::try_from(*number).unwrap_or(i32::MAX);
        let segment = i32::try_from(*segment).unwrap_or(i32::MAX);
        let values = [
            (stream as _, Type::TEXT),
            (&number as _, Type::INT4),
            (direction as _, Type::TEXT),
            (&segment as _, Type::INT4),
            (&working as _, Type::INT4),
            (&table as _, Type::TEXT),
        ];
        let row = client.query_typed_one(SIGNALS_SQL, &values).await?;
        let signals = Signals {
            paused_by: row.try_get(0)?,
            replica_lag: row.try_get(1)?,
            slot_lag: row.try_get(2)?,
            waiting: row.try_get(3)?,
            active: row.try_get(4)?,
            dead: row.try_get(5)?,
            vacuum: row.try_get(6)?,
        };
        let reason = signals.reason(options);
        self.looked = reason.is_none().then(Instant::now);
        Ok(reason)
    }

    /// How long to wait before the next look.
    pub fn pause(&self) -> Duration {
        LOOK
    }
}

#[derive(Debug, Clone, Default)]
struct Signals {
    paused_by: Option<String>,
    replica_lag: Option<i64>,
    slot_lag: Option<i64>,
    waiting: i64,
    active: i64,
    dead: Option<i64>,
    vacuum: bool,
}

impl Signals {
    fn reason(&self, options: &Options) -> Option<String> {
        let behind = |lag: Option<i64>| {
            let lag = u64::try_from(lag?).ok()?;
            (lag > options.lag).then_some(lag >> 20)
        };
        if let Some(person) = &self.paused_by {
            return Some(format!(
                "paused by {person}; `enact backfill resume` lets it go on"
            ));
        }
        if let Some(lag) = behind(self.replica_lag) {
            return Some(format!("a replica is {lag} MiB behind"));
        }
        if let Some(lag) = behind(self.slot_lag) {
            return Some(format!("a logical subscriber is {lag} MiB behind"));
        }
        if self.waiting > i64::from(options.waiting) {
            return Some(format!("{} sessions wait for locks", self.waiting));
        }
        if let Some(most) = options.active.filter(|&most| self.active > i64::from(most)) {
            return Some(format!(
                "{} sessions are at work, more than {most}",
                self.active
            ));
        }
        let dead = self
            .dead
            .filter(|&dead| self.vacuum && dead > i64::from(options.dead));
        dead.map(|dead| format!("{dead}% of the rows are dead and a vacuum is at work"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_holds_beyond_its_limit_and_not_at_it() {
        let mut options = Options::default();
        options.active = Some(4);
        let quiet = Signals::default();
        assert_eq!(quiet.reason(&options), None);
        let limit = i64::try_from(options.lag).unwrap();
        let at: [fn(&mut Signals, i64); 5] = [
            |signals, by| signals.replica_lag = Some((64 << 20) + by),
            |signals, by| signals.slot_lag = Some((64 << 20) + by),
            |signals, by| signals.waiting = 10 + by,
            |signals, by| signals.active = 4 + by,
            |signals, by| (signals.dead, signals.vacuum) = (Some(20 + by), true),
        ];
        assert_eq!(limit, 64 << 20);
        for set in at {
            let mut signals = quiet.clone();
            set(&mut signals, 0);
            assert_eq!(signals.reason(&options), None, "{signals:?}");
            set(&mut signals, 1);
            assert!(signals.reason(&options).is_some(), "{signals:?}");
        }
    }

    #[test]
    fn dead_rows_alone_hold_nothing_up() {
        let signals = Signals {
            dead: Some(90),
            ..Signals::default()
        };
        assert_eq!(signals.reason(&Options::default()), None);
    }
}
