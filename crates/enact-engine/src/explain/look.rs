//! What the server is asked, in the working transaction or beside it.

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

use super::mode::{LockMode, RelationKind};
use super::state::{Locks, Oid, Relation, State};
use crate::proof::ProofError;

/// Takes no lock but on the catalog, which is why nothing here asks for sizes.
const RELATIONS: &str = "
SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind::text, c.relfilenode, c.reltablespace,
       i.indrelid, pg_catalog.pg_stat_get_xact_numscans(c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
 WHERE c.relkind IN ('r', 'p', 'f', 'i', 'I', 'v', 'm', 'S')
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'enact')
   AND n.nspname !~ '^pg_(toast_)?temp_'";

const OWN_LOCKS: &str = "
SELECT l.relation, l.mode, l.granted
  FROM pg_catalog.pg_locks l
 WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())";

/// A lock that is waited for may be on something else than a relation.
const LOCKS_OF: &str = "
SELECT l.relation, l.mode, l.granted
  FROM pg_catalog.pg_locks l
 WHERE l.pid = $1
   AND (NOT l.granted OR (l.locktype = 'relation' AND l.database =
        (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())))";

const FOREIGN_KEYS: &str = "
SELECT k.conrelid, k.confrelid
  FROM pg_catalog.pg_constraint k
 WHERE k.contype = 'f' AND k.conname = ANY ($1::pg_catalog.text[])";

/// Every relation of the user's, as the asking transaction sees it.
pub(super) async fn relations(client: &Client) -> Result<State, ProofError> {
    let rows = client.query_typed(RELATIONS, &[]).await.map_err(failed)?;
    let mut state = State::new();
    for row in rows {
        if let Some((oid, relation)) = relation(&row).map_err(failed)? {
            state.insert(oid, relation);
        }
    }
    Ok(state)
}

fn relation(row: &Row) -> Result<Option<(Oid, Relation)>, Error> {
    let relkind: String = row.try_get(2)?;
    let Some(kind) = RelationKind::parse(&relkind) else {
        return Ok(None);
    };
    let relation = Relation {
        name: row.try_get(1)?,
        kind,
        file: row.try_get(3)?,
        tablespace: row.try_get(4)?,
        table: row.try_get(5)?,
        scans: row.try_get(6)?,
    };
    Ok(Some((row.try_get(0)?, relation)))
}

/// The locks that the asking transaction has on relations.
pub(super) async fn own_locks(client: &Client) -> Result<Locks, ProofError> {
    let rows = client.query_typed(OWN_LOCKS, &[]).await.map_err(failed)?;
    Ok(read_locks(&rows).map_err(failed)?.0)
}

/// The locks on relations that another session has or waits for, and whether it waits for any lock.
pub(super) async fn locks_of(client: &Client, pid: i32) -> Result<(Locks, bool), ProofError> {
    let rows = client
        .query_typed(LOCKS_OF, &[(&pid, Type::INT4)])
        .await
        .map_err(failed)?;
    read_locks(&rows).map_err(failed)
}

fn read_locks(rows: &[Row]) -> Result<(Locks, bool), Error> {
    let (mut locks, mut waits) = (Locks::new(), false);
    for row in rows {
        let (relation, mode): (Option<Oid>, String) = (row.try_get(0)?, row.try_get(1)?);
        let granted: bool = row.try_get(2)?;
        waits |= !granted;
        locks.extend(relation.zip(LockMode::parse(&mode)));
    }
    Ok((locks, waits))
}

/// Both sides of the foreign keys with these names.
pub(super) async fn foreign_keys(
    client: &Client,
    names: &[String],
) -> Result<Vec<(Oid, Oid)>, ProofError> {
    let rows = client
        .query_typed(FOREIGN_KEYS, &[(&names, Type::TEXT_ARRAY)])
        .await
        .map_err(failed)?;
    let pair = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
    let pairs: Result<_, Error> = rows.iter().map(pair).collect();
    pairs.map_err(failed)
}

/// The relation that a name means to the asking session.
pub(super) async fn named(client: &Client, name: &str) -> Result<Option<Oid>, ProofError> {
    let sql = "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid";
    let row = client
        .query_typed_one(sql, &[(&name, Type::TEXT)])
        .await
        .map_err(failed)?;
    row.try_get(0).map_err(failed)
}

pub(super) fn failed(source: Error) -> ProofError {
    ProofError::Database {
        doing: "observe a statement in the scratch database",
        source,
    }
}
