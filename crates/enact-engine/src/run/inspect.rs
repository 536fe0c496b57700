//! What the catalog shows of a statement outside a transaction, and what follows from it after a crash.

use enact_ledger::entry::fact::Found;
use enact_sql::classify::{Name, ReindexKind, Standalone};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use crate::quote::{ident, qualified};

/// What to do about a statement whose outcome nobody recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It has taken effect: record that.
    Done,
    /// It has not: run it.
    Again,
    /// Run this first, then the statement.
    Clear(String),
    /// Drop what [`leftovers`] names first, then run the statement.
    ClearLeftovers,
    /// Run this instead: it completes the statement.
    Complete(String),
    /// The catalog cannot tell: a person decides.
    Ask,
}

/// What follows when the statement was started after `before` was found, and `now` is found.
pub(super) fn decide(statement: &Standalone, before: Option<Found>, now: Found) -> Next {
    use Standalone as S;
    match statement {
        S::CreateIndexConcurrently {
            name: Some(name),
            table,
            ..
        } => match now {
            Found::Invalid => Next::Clear(format!(
                "DROP INDEX CONCURRENTLY IF EXISTS {}",
                index_beside(name, table)
            )),
            Found::Present if before != Some(Found::Present) => Next::Done,
            _ => Next::Again,
        },
        S::DropIndexConcurrently { .. }
        | S::DropDatabase { .. }
        | S::DropTablespace { .. }
        | S::DropSubscription { .. } => {
            if now == Found::Absent && before != Some(Found::Absent) {
                Next::Done
            } else {
                Next::Again
            }
        }
        S::CreateDatabase { .. } | S::CreateTablespace { .. } | S::CreateSubscription { .. } => {
            if now == Found::Present && before != Some(Found::Present) {
                Next::Done
            } else {
                Next::Again
            }
        }
        S::DetachPartitionConcurrently { parent, child } => match now {
            Found::Absent if before != Some(Found::Absent) => Next::Done,
            Found::Invalid => Next::Complete(format!(
                "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
                qualified(parent),
                qualified(child)
            )),
            _ => Next::Again,
        },
        S::Reindex { .. } if now == Found::Invalid => Next::ClearLeftovers,
        // Each of these may run twice with the same result.
        S::Reindex { .. }
        | S::Vacuum
        | S::Cluster
        | S::AlterSystem
        | S::AlterDatabaseTablespace { .. }
        | S::AlterSubscription { .. } => Next::Again,
        _ => Next::Ask,
    }
}

/// Looks up in the catalog what the statement makes or removes.
///
/// # Errors
/// When the connection is lost or the server refuses the query.
pub(super) async fn found(client: &Client, statement: &Standalone) -> Result<Found, Error> {
    use Standalone as S;
    match statement {
        S::CreateIndexConcurrently {
            name: Some(name),
            table,
            ..
        } => {
            ask(
                client,
                NEW_INDEX_SQL,
                &[(&qualified(table), Type::TEXT), (name, Type::TEXT)],
            )
            .await
        }
        S::DropIndexConcurrently { names, .. } => any_index(client, names).await,
        S::DetachPartitionConcurrently { parent, child } => {
            let sql = if pending_detach(client).await? {
                DETACH_SQL
            } else {
                DETACH_SQL_13
            };
            ask(
                client,
                sql,
                &[
                    (&qualified(parent), Type::TEXT),
                    (&qualified(child), Type::TEXT),
                ],
            )
            .await
        }
        S::CreateDatabase { name } | S::DropDatabase { name } => {
            ask(
                client,
                "SELECT 'present' FROM pg_database WHERE datname = $1",
                &[(name, Type::TEXT)],
            )
            .await
        }
        S::CreateTablespace { name } | S::DropTablespace { name } => {
            ask(
                client,
                "SELECT 'present' FROM pg_tablespace WHERE spcname = $1",
                &[(name, Type::TEXT)],
            )
            .await
        }
        S::CreateSubscription { name } | S::DropSubscription { name } => {
            ask(
                client,
                "SELECT 'present' FROM pg_subscription WHERE subname = $1",
                &[(name, Type::TEXT)],
            )
            .await
        }
        S::Reindex { .. } if !leftovers(client, statement).await?.is_empty() => Ok(Found::Invalid),
        _ => Ok(Found::Unknown),
    }
}

/// What an unfinished `REINDEX CONCURRENTLY` leaves: INVALID indexes that the server named itself.
///
/// # Errors
/// When the connection is lost or the server refuses the query.
pub(super) async fn leftovers(
    client: &Client,
    statement: &Standalone,
) -> Result<Vec<String>, Error> {
    let Standalone::Reindex {
        kind,
        concurrently: true,
        name,
    } = statement
    else {
        return Ok(Vec::new());
    };
    let (scope, name) = match (kind, name) {
        (ReindexKind::Index, Some(name)) => ("index", qualified(name)),
        (ReindexKind::Table, Some(name)) => ("table", qualified(name)),
        (ReindexKind::Schema, Some(name)) => ("schema", name.name.clone()),
        _ => ("database", String::new()),
    };
    let values: [(&(dyn ToSql + Sync), Type); 2] = [(&scope, Type::TEXT), (&name, Type::TEXT)];
    let rows = client.query_typed(LEFTOVERS_SQL, &values).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

const LEFTOVERS_SQL: &str = "\
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
  AND CASE $1 WHEN 'index' THEN i.indrelid = (SELECT o.indrelid FROM pg_index o WHERE o.indexrelid = to_regclass($2))
              WHEN 'table' THEN i.indrelid = to_regclass($2)
              WHEN 'schema' THEN n.nspname = $2
              ELSE true END
ORDER BY 1";

/// An index lives in the schema of its table.
const NEW_INDEX_SQL: &str = "\
SELECT CASE WHEN i.indisvalid AND i.indisready THEN 'present' ELSE 'invalid' END
FROM pg_class t JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = $2 JOIN pg_index i ON i.indexrelid = c.oid
WHERE t.oid = to_regclass($1)";

const OLD_INDEX_SQL: &str = "\
SELECT CASE WHEN i.indisvalid THEN 'present' ELSE 'invalid' END FROM pg_index i WHERE i.indexrelid = to_regclass($1)";

const DETACH_SQL: &str = "\
SELECT CASE WHEN i.inhdetachpending THEN 'invalid' ELSE 'present' END
FROM pg_inherits i WHERE i.inhparent = to_regclass($1) AND i.inhrelid = to_regclass($2)";

const DETACH_SQL_13: &str = "SELECT 'present' FROM pg_inherits i WHERE i.inhparent = to_regclass($1) AND i.inhrelid = to_regclass($2)";

async fn any_index(client: &Client, names: &[Name]) -> Result<Found, Error> {
    for name in names {
        let found = ask(client, OLD_INDEX_SQL, &[(&qualified(name), Type::TEXT)]).await?;
        if found != Found::Absent {
            return Ok(found);
        }
    }
    Ok(Found::Absent)
}

async fn pending_detach(client: &Client) -> Result<bool, Error> {
    let row = client
        .query_typed_one(
            "SELECT current_setting('server_version_num')::int >= 140000",
            &[],
        )
        .await?;
    row.try_get(0)
}

async fn ask(
    client: &Client,
    sql: &str,
    values: &[(&(dyn ToSql + Sync), Type)],
) -> Result<Found, Error> {
    let Some(row) = client.query_typed_opt(sql, values).await? else {
        return Ok(Found::Absent);
    };
    Ok(match row.try_get::<_, &str>(0)? {
        "present" => Found::Present,
        _ => Found::Invalid,
    })
}

fn index_beside(name: &str, table: &Name) -> String {
    table.schema.as_ref().map_or_else(
        || ident(name),
        |schema| format!("{}.{}", ident(schema), ident(name)),
    )
}

/// What was found and what follows, for people.
pub(super) fn in_words(statement: &Standalone, now: Found, next: &Next) -> String {
    let what = match now {
        Found::Absent => "it is not in the catalog",
        Found::Present => "it is in the catalog",
        Found::Invalid => "it is in the catalog, but INVALID or unfinished",
        Found::Unknown => "the catalog does not tell",
    };
    let then = match next {
        Next::Done => "it had taken effect",
        Next::Again => "the statement runs again",
        Next::Clear(_) | Next::ClearLeftovers => "it is dropped and built again",
        Next::Complete(_) => "it is completed",
        Next::Ask => "a person must decide",
    };
    format!("{}: {what}; {then}", object(statement))
}

fn object(statement: &Standalone) -> String {
    use Standalone as S;
    match statement {
        S::CreateIndexConcurrently {
            name: Some(name), ..
        } => format!("index {name}"),
        S::DropIndexConcurrently { names, .. } => format!(
            "index {}",
            names.iter().map(qualified).collect::<Vec<_>>().join(", ")
        ),
        S::DetachPartitionConcurrently { child, .. } => format!("partition {}", qualified(child)),
        S::CreateDatabase { name } | S::DropDatabase { name } => format!("database {name}"),
        S::CreateTablespace { name } | S::DropTablespace { name } => format!("tablespace {name}"),
        S::CreateSubscription { name } | S::DropSubscription { name } => {
            format!("subscription {name}")
        }
        _ => "the statement".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Standalone {
        let table = Name::new(Some("Trial".to_owned()), "t".to_owned());
        Standalone::CreateIndexConcurrently {
            name: Some("t_x".to_owned()),
            table,
            unique: false,
            if_not_exists: false,
        }
    }

    #[test]
    fn an_invalid_index_is_dropped_before_it_is_built_again() {
        let next = decide(&index(), Some(Found::Absent), Found::Invalid);
        assert_eq!(
            next,
            Next::Clear("DROP INDEX CONCURRENTLY IF EXISTS \"Trial\".\"t_x\"".to_owned())
        );
    }

    #[test]
    fn an_index_counts_as_built_only_if_it_was_not_there_before() {
        assert_eq!(
            decide(&index(), Some(Found::Absent), Found::Present),
            Next::Done
        );
        assert_eq!(
            decide(&index(), Some(Found::Present), Found::Present),
            Next::Again
        );
        assert_eq!(
            decide(&index(), Some(Found::Absent), Found::Absent),
            Next::Again
        );
    }

    #[test]
    fn what_an_unfinished_reindex_left_is_dropped_first() {
        let reindex = Standalone::Reindex {
            kind: ReindexKind::Index,
            concurrently: true,
            name: Some(Name::new(None, "t_x".to_owned())),
        };
        assert_eq!(
            decide(&reindex, Some(Found::Unknown), Found::Invalid),
            Next::ClearLeftovers
        );
        assert_eq!(
            decide(&reindex, Some(Found::Unknown), Found::Unknown),
            Next::Again
        );
    }

    #[test]
    fn what_the_catalog_cannot_tell_is_asked() {
        assert_eq!(
            decide(
                &Standalone::CommittingDo,
                Some(Found::Unknown),
                Found::Unknown
            ),
            Next::Ask
        );
        assert_eq!(
            decide(&Standalone::Vacuum, Some(Found::Unknown), Found::Unknown),
            Next::Again
        );
    }
}
