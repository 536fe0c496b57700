//! What only the server can tell about the arguments: types, expressions, and the table that is referred to.

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::schema::{fits, is_volatile};
use super::sql::ident;
use super::table::Table;
use super::{Arguments, Pattern, PatternError};

/// What the server said about the arguments.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// `--default` is another value each time.
    pub volatile: bool,
    /// `--type` in PostgreSQL's own words.
    pub type_sql: String,
    /// The table behind `--references`.
    pub referenced: Option<Referenced>,
    /// Schemas other than `pg_catalog` in which types of the table's columns live, as SQL writes them.
    pub type_schemas: Vec<String>,
}

/// A table that a foreign key refers to.
#[derive(Debug)]
pub(super) struct Referenced {
    pub sql: String,
    pub columns: Vec<String>,
}

impl Probes {
    /// Asks, with names looked up as the migrations will have them looked up.
    pub async fn ask(
        client: &Client,
        oid: u32,
        table: &Table,
        pattern: Pattern,
        arguments: &Arguments,
    ) -> Result<Self, PatternError> {
        client.batch_execute("RESET search_path").await?;
        let mut probes = Self::default();
        if let Some(of) = &arguments.of_type {
            probes.type_sql = type_named(client, of).await?;
        }
        if let Some(default) = &arguments.default {
            let volatile = is_volatile(client, default, &probes.type_sql).await;
            probes.volatile = volatile.map_err(|error| unfit("--default", default, &error))?;
        }
        let of_column = || {
            let column = arguments.column.as_deref();
            column.and_then(|name| table.column(name))
        };
        if let (Some(value), Some(column)) = (&arguments.value, of_column()) {
            let fit = fits(client, &table.sql(), value, &column.type_sql).await;
            fit.map_err(|error| unfit("--value", value, &error))?;
            comparable(client, &column.type_sql).await?;
        }
        if let Some(condition) = &arguments.condition {
            let fit = fits(client, &table.sql(), condition, "boolean").await;
            fit.map_err(|error| unfit("--where", condition, &error))?;
        }
        if let (Pattern::ChangeType, Some(column)) = (pattern, of_column()) {
            probes.conversions(client, table, arguments, column).await?;
        }
        if let (Pattern::RenameColumn, Some(column)) = (pattern, of_column()) {
            comparable(client, &column.type_sql).await?;
        }
        if let Some(named) = &arguments.references {
            probes.referenced = Some(referenced(client, named).await?);
        }
        if pattern == Pattern::SplitTable {
            probes.type_schemas = type_schemas(client, oid).await?;
        }
        for name in &arguments.columns {
            if table.column(name).is_none() {
                return Err(no_column(table, name));
            }
        }
        // Somebody else may have changed it between the questions.
        let still = client
            .query_typed(
                "SELECT FROM pg_catalog.pg_class WHERE oid = $1",
                &[(&oid, Type::OID)],
            )
            .await?;
        match still.is_empty() {
            true => Err(PatternError::refused(
                "the table was dropped just now",
                "run it again",
            )),
            false => Ok(probes),
        }
    }

    async fn conversions(
        &self,
        client: &Client,
        table: &Table,
        arguments: &Arguments,
        column: &super::table::Column,
    ) -> Result<(), PatternError> {
        comparable(client, &column.type_sql).await?;
        comparable(client, &self.type_sql).await?;
        let own = ident(&column.name);
        let using = arguments.using.as_deref().unwrap_or(&own);
        let fit = fits(client, &table.sql(), using, &self.type_sql).await;
        fit.map_err(|error| unfit("--using", using, &error))?;
        let back = arguments.back.as_deref().unwrap_or(&own);
        let rows = format!(
            "(SELECT CAST(NULL AS {}) AS {own}) AS new_rows",
            self.type_sql
        );
        let fit = fits(client, &rows, back, &column.type_sql).await;
        fit.map_err(|error| unfit("--back", back, &error))
    }
}

async fn type_schemas(client: &Client, oid: u32) -> Result<Vec<String>, Error> {
    let sql = "SELECT DISTINCT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_attribute a \
               JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
               WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname <> 'pg_catalog' ORDER BY 1";
    let rows = client.query_typed(sql, &[(&oid, Type::OID)]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// A column that is not there.
pub(super) fn no_column(table: &Table, name: &str) -> PatternError {
    let known: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    PatternError::refused(
        format!("{} has no column `{name}`", table.sql()),
        format!("name one of {}", known.join(", ")),
    )
}

fn unfit(option: &str, text: &str, error: &Error) -> PatternError {
    let said = error
        .as_db_error()
        .map_or_else(|| error.to_string(), |server| server.message().to_owned());
    PatternError::refused(
        format!("`{text}` cannot be used: {said}"),
        format!("write in {option} what PostgreSQL accepts"),
    )
}

async fn comparable(client: &Client, of: &str) -> Result<(), PatternError> {
    let same = format!("CAST(NULL AS {of}) = CAST(NULL AS {of})");
    let sql = format!("EXPLAIN SELECT {same}");
    match client.query_typed(&sql, &[]).await {
        Ok(_) => Ok(()),
        Err(error) if error.as_db_error().is_some() => Err(PatternError::refused(
            format!(
                "values of type {of} cannot be compared, so nobody could say whether one was changed"
            ),
            "change it to a type with an equality operator, such as jsonb for json",
        )),
        Err(error) => Err(error.into()),
    }
}

async fn type_named(client: &Client, name: &str) -> Result<String, PatternError> {
    // CAST makes sure that nothing else than a type is written there.
    let sql = format!("EXPLAIN SELECT CAST(NULL AS {name})");
    let known = client.query_typed(&sql, &[]).await;
    known.map_err(|error| {
        let next = "serial and identity are no types: use bigint and give it values with add-column's --default";
        let said = error.as_db_error().map_or_else(|| error.to_string(), |server| server.message().to_owned());
        PatternError::refused(format!("`{name}` is no type: {said}"), next)
    })?;
    let rows = client
        .query_typed(
            "SELECT t.typtype = 'd' AND (t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid)) \
             FROM pg_catalog.pg_type t WHERE t.oid = pg_catalog.to_regtype($1)",
            &[(&name, Type::TEXT)],
        )
        .await?;
    let constrained = rows.first().map(|row| row.try_get(0)).transpose()?;
    if constrained == Some(true) {
        return Err(PatternError::refused(
            format!("`{name}` is a domain with a constraint: a column of it rewrites the table"),
            "use the domain's base type, and add its constraint with NOT VALID and VALIDATE",
        ));
    }
    Ok(name.trim().to_owned())
}

const REFERENCED: &str = "
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), x.indisprimary,
       (SELECT pg_catalog.string_agg(a.attname, E'\\x1f' ORDER BY k.place)
        FROM pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY k (num, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num
        WHERE k.place <= x.indnkeyatts)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index x ON x.indrelid = c.oid AND x.indisunique AND x.indisvalid AND x.indimmediate
  AND x.indpred IS NULL AND x.indexprs IS NULL
WHERE c.oid = pg_catalog.to_regclass($1)
ORDER BY x.indisprimary DESC, 3";

/// `app.site(id)`, or `app.site` for its primary key.
async fn referenced(client: &Client, named: &str) -> Result<Referenced, PatternError> {
    let (table, columns) = match named.split_once('(') {
        Some((table, rest)) => (table.trim(), Some(rest.trim().trim_end_matches(')'))),
        None => (named.trim(), None),
    };
    let rows = client
        .query_typed(REFERENCED, &[(&table, Type::TEXT)])
        .await;
    let next = "write --references 'schema.table(column)', of a primary key or a unique constraint";
    let nothing = || PatternError::refused(format!("`{named}` is no key of a table"), next);
    let rows = rows.map_err(|_| nothing())?;
    let wanted: Option<Vec<String>> = columns.map(|list| {
        let names = list.split(',');
        names
            .map(|name| name.trim().trim_matches('"').to_owned())
            .collect()
    });
    for row in rows {
        let (sql, primary, keys): (String, bool, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let keys: Vec<String> = keys.split('\u{1f}').map(str::to_owned).collect();
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        match &wanted {
            None if primary => return Ok(Referenced { sql, columns: keys }),
            Some(wanted) if sorted(wanted) == sorted(&keys) => {
                let columns = wanted.clone();
                return Ok(Referenced { sql, columns });
            }
            _ => {}
        }
    }
    Err(nothing())
}
