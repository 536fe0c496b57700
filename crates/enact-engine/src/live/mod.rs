//! What lint wants to know of a live target: its schema with sizes, and which migrations are in force there. Reads
//! only.

mod rows;

use std::collections::BTreeSet;

use enact_lint::Catalog;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

use self::rows::Rows;
use crate::observe::{Begun, Observed};
use crate::run::RunError;

/// What a live target says to lint.
#[derive(Debug, Clone)]
pub struct LiveSchema {
    /// Its schema.
    pub catalog: Catalog,
    /// Its major version.
    pub server: u16,
    /// Migrations of the stream that are in force there.
    pub applied: BTreeSet<u32>,
}

/// One moment for all questions, and no waiting in a queue behind somebody's lock.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '1s'; \
     SET LOCAL statement_timeout = '30s'; SET LOCAL jit = off; SET LOCAL search_path = pg_catalog, pg_temp";
/// Which schemas a name without one is looked for in, before the transaction sets its own.
const PATH: &str = "SELECT pg_catalog.current_schemas(false)::pg_catalog.text[]";
/// Schemas that are neither the system's nor Enact's.
const OWN: &str = "(n.nspname <> all (array['pg_catalog', 'information_schema', 'enact']) and n.nspname !~ '^pg_(toast|temp)')";

/// Reads what a target says of its schema; `stream` is the one whose migrations are to be judged.
///
/// # Errors
/// When a question is refused.
pub async fn read(begun: Begun, stream: &str) -> Result<LiveSchema, RunError> {
    let Observed {
        connection,
        server,
        state,
        ..
    } = begun.observed;
    let failed = |source| RunError::Database {
        doing: "read the schema of the target",
        source,
    };
    let read = questions(connection.client()).await.map_err(failed)?;
    let catalog = read.catalog().map_err(failed)?;
    connection.close().await;
    let state = state.unwrap_or_default();
    Ok(LiveSchema {
        catalog,
        server: u16::try_from(server.major()).unwrap_or(u16::MAX),
        applied: state.stream(stream).applied.keys().copied().collect(),
    })
}

async fn questions(client: &Client) -> Result<Rows, Error> {
    let path: Vec<String> = client.query_typed_one(PATH, &[]).await?.try_get(0)?;
    client.batch_execute(BEGIN).await?;
    let relations = include_str!("queries/relations.sql").replace("@OWN@", OWN);
    let relations = async {
        let path = (
            &path as &(dyn tokio_postgres::types::ToSql + Sync),
            Type::TEXT_ARRAY,
        );
        client.query_typed(&relations, &[path]).await
    };
    // All are sent at once.
    let rows = tokio::try_join!(
        biased;
        relations,
        ask(client, include_str!("queries/columns.sql")),
        ask(client, include_str!("queries/constraints.sql")),
        ask(client, include_str!("queries/indexes.sql")),
        ask(client, include_str!("queries/types.sql")),
        ask(client, include_str!("queries/functions.sql")),
        ask(client, include_str!("queries/users.sql")),
        ask(client, include_str!("queries/rewrites.sql")),
        ask(client, include_str!("queries/sequences.sql")),
    )?;
    client.batch_execute("COMMIT").await?;
    let (relations, columns, constraints, indexes, types, functions, users, rewrites, sequences) =
        rows;
    Ok(Rows {
        relations,
        columns,
        constraints,
        indexes,
        types,
        functions,
        users,
        rewrites,
        sequences,
    })
}

async fn ask(client: &Client, query: &str) -> Result<Vec<Row>, Error> {
    client.query_typed(&query.replace("@OWN@", OWN), &[]).await
}
