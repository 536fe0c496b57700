//! How fast a target reads its own tables: a piece of each is read, and timed.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::live::TableStatistics;

/// No more than this of a table is read.
const MOST: i64 = 64 << 20;
/// No longer than this, for each table.
const LONGEST: Duration = Duration::from_secs(1);
/// Less tells nothing: the question itself takes as long.
const LEAST: i64 = 1 << 20;

/// Rows in a page and pages, as the planner counts them; not those of values that are stored apart.
const DENSITY: &str = "
SELECT pg_catalog.ceil(c.reltuples / c.relpages)::pg_catalog.int8, c.relpages::pg_catalog.int8
  FROM pg_catalog.pg_class c
 WHERE c.oid = pg_catalog.to_regclass($1) AND c.relpages > 0 AND c.reltuples > 0";

/// Reads a piece of the table; none where it is too small, was never analysed, or may not be read.
///
/// # Errors
/// When the connection is lost.
pub(super) async fn reading(
    client: &Client,
    table: &TableStatistics,
) -> Result<Option<u64>, Error> {
    let density = client
        .query_typed(DENSITY, &[(&table.table, Type::TEXT)])
        .await?;
    let Some(row) = density.first() else {
        return Ok(None);
    };
    let per_page: i64 = row.try_get(0)?;
    let all: i64 = row.try_get(1)?;
    let mut pages = LEAST / PAGE;
    if all < pages {
        return Ok(None);
    }
    let most = all.min(MOST / PAGE);
    let begun = Instant::now();
    let mut rate = None;
    // More and more, so that a slow disk is not asked for much.
    while begun.elapsed() < LONGEST / 4 {
        let rows = pages.saturating_mul(per_page);
        let sql = format!(
            "SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY {} LIMIT {rows}) piece",
            table.table
        );
        let started = Instant::now();
        match client.query_typed(&sql, &[]).await {
            Ok(_) => rate = Some(per_second(pages, started.elapsed())),
            Err(error) if gives_up(&error) => return Ok(rate),
            Err(error) => return Err(error),
        }
        if pages >= most {
            break;
        }
        pages = pages.saturating_mul(4).min(most);
    }
    Ok(rate)
}

/// Bytes of a page, as PostgreSQL is built everywhere.
const PAGE: i64 = 8192;

fn per_second(pages: i64, took: Duration) -> u64 {
    let bytes = u128::from(pages.unsigned_abs()) * u128::from(PAGE.unsigned_abs()) * 1_000_000;
    let rate = bytes / took.as_micros().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX).max(1)
}

/// It takes too long, is locked, or this role may not read it.
fn gives_up(error: &Error) -> bool {
    let codes = [
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::UNDEFINED_TABLE,
    ];
    error.code().is_some_and(|code| codes.contains(code))
}

/// What the session is told first.
pub(super) fn set_up() -> String {
    format!("SET statement_timeout = {}", LONGEST.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_bytes_by_time() {
        assert_eq!(per_second(128, Duration::from_millis(10)), 104_857_600);
        assert!(per_second(1, Duration::ZERO) > 0);
    }
}
