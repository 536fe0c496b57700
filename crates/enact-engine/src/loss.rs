//! What a rollback would take away from a live database: counted, not guessed.
//!
//! It only reads, in one read-only snapshot, and gives up on a count that takes long or waits for somebody.

use enact_sql::classify::Name;
use enact_sql::loss::{self, Loss, Rows, Rule, SELECTED};
use enact_sql::script::Script;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use crate::quote::{ident, literal, qualified};

/// Row-level security must not hide rows that would be lost: a role that is subject to it gets an error instead.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off; \
     SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '2s'; SET LOCAL standard_conforming_strings = on";

/// What one statement of a file would do to data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// One-based statement of the file.
    pub statement: usize,
    /// One-based line at which it begins.
    pub line: u32,
    /// What kind of statement it is, such as `DROP TABLE`.
    pub tag: &'static str,
    /// What it does.
    pub kind: Kind,
    /// To what: a table, a column, a sequence. Empty when that is not known.
    pub object: String,
    /// To how much of it.
    pub count: Count,
}

/// What a statement does to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Rows go with their table.
    Table,
    /// Values go with their column.
    Column,
    /// The position of a sequence goes with it; the count is the position.
    Sequence,
    /// Rows are deleted.
    Deleted,
    /// Rows get other values.
    Overwritten,
    /// Values become others, or do not fit the new type.
    Retyped,
    /// Rows that break the rule being added, so that the statement fails.
    Misfit,
    /// Not known from its text.
    Untold,
}

impl Kind {
    /// As documents name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Sequence => "sequence",
            Self::Deleted => "deleted",
            Self::Overwritten => "overwritten",
            Self::Retyped => "retyped",
            Self::Misfit => "misfit",
            Self::Untold => "untold",
        }
    }
}

/// How much is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// It cannot be told beforehand, for this reason.
    Unknown(String),
}

/// Counts what the statements of `script` would do to the data that is there now, each by itself. What a statement would
/// do to something that is not there yet is left out.
///
/// # Errors
/// When the connection is lost.
pub async fn count(client: &Client, script: &Script) -> Result<Vec<Counted>, Error> {
    client.batch_execute(BEGIN).await?;
    let mut found = Vec::new();
    for (index, statement) in script.statements().enumerate() {
        let place = Place {
            statement: index + 1,
            line: u32::try_from(script.locate(statement.range.start).line).unwrap_or(u32::MAX),
            tag: statement.tag,
        };
        for loss in loss::losses(script.sql(statement)) {
            for part in parts(client, loss).await? {
                found.extend(counted(client, place, part).await?);
            }
        }
    }
    client.batch_execute("ROLLBACK").await?;
    Ok(found)
}

#[derive(Debug, Clone, Copy)]
struct Place {
    statement: usize,
    line: u32,
    tag: &'static str,
}

/// Tables, and columns of tables that stay, which go with a schema or a type. `{types}` is the condition for the types that
/// go, `{tables}` for the tables.
fn parts_sql(tables: &str, types: &str) -> String {
    format!(
        "SELECT n.nspname, c.relname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE {tables} AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
         UNION ALL \
         SELECT n.nspname, c.relname, a.attname FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) \
         JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE {types} AND NOT ({tables}) AND a.attnum > 0 AND NOT a.attisdropped \
         AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 3, 1, 2"
    )
}

/// What goes with a schema or a type, one by one; anything else as it is.
async fn parts(client: &Client, loss: Loss) -> Result<Vec<Loss>, Error> {
    let query = match &loss {
        Loss::Schema(name) => {
            let schema = literal(&name.name);
            let types =
                format!("t.typnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {schema})");
            parts_sql(&format!("n.nspname = {schema}"), &types)
        }
        Loss::Type(name) => {
            let types = format!("t.oid = to_regtype({})", literal(&qualified(name)));
            parts_sql("false", &types)
        }
        _ => return Ok(vec![loss]),
    };
    let rows = rows(client, &query).await?.unwrap_or_default();
    let part = |row: Vec<String>| {
        let [schema, relation, column] = <[String; 3]>::try_from(row).ok()?;
        let table = Name::new(Some(schema), relation);
        Some(match column.is_empty() {
            true => Loss::Table(table),
            false => Loss::Column { table, column },
        })
    };
    Ok(rows.into_iter().filter_map(part).collect())
}

async fn counted(client: &Client, place: Place, loss: Loss) -> Result<Option<Counted>, Error> {
    let (kind, object) = named(&loss);
    let count = match question(client, &loss).await? {
        Some(question) => answer(client, &question, &loss).await?,
        None => Some(Count::Unknown("it runs code of its own".to_owned())),
    };
    let Place {
        statement,
        line,
        tag,
    } = place;
    Ok(count
        .filter(|count| *count != Count::Exactly(0))
        .map(|count| Counted {
            statement,
            line,
            tag,
            kind,
            object,
            count,
        }))
}

fn named(loss: &Loss) -> (Kind, String) {
    let of = |table: &Name, column: &str| format!("{}.{column}", shown(table));
    match loss {
        Loss::Table(name) => (Kind::Table, shown(name)),
        Loss::Column { table, column } => (Kind::Column, of(table, column)),
        Loss::Sequence(name) => (Kind::Sequence, shown(name)),
        Loss::Deleted(rows) => (Kind::Deleted, shown(&rows.table)),
        Loss::Overwritten(rows) => (Kind::Overwritten, shown(&rows.table)),
        Loss::Retyped { table, column, .. } => (Kind::Retyped, of(table, column)),
        Loss::Misfit { table, .. } => (Kind::Misfit, shown(table)),
        _ => (Kind::Untold, String::new()),
    }
}

fn shown(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}

/// The query whose one number is the answer; `None` where there is none.
async fn question(client: &Client, loss: &Loss) -> Result<Option<String>, Error> {
    Ok(Some(match loss {
        Loss::Table(name) => format!("SELECT count(*) FROM {}", qualified(name)),
        Loss::Column { table, column } => {
            format!("SELECT count({}) FROM {}", ident(column), qualified(table))
        }
        Loss::Sequence(name) => format!(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}",
            qualified(name)
        ),
        Loss::Deleted(rows) | Loss::Overwritten(rows) => reached(rows),
        Loss::Retyped {
            table,
            column,
            into,
            using,
        } => {
            let before = type_of(client, table, column).await?;
            let (table, column) = (qualified(table), ident(column));
            let value = using.as_deref().unwrap_or(&column);
            let before = before.as_deref().unwrap_or("text");
            format!(
                "SELECT count(*) FROM {table} WHERE ((({value})::{into})::{before})::text IS DISTINCT FROM ({column})::text"
            )
        }
        Loss::Misfit { table, rule } => misfit(client, table, rule).await?,
        _ => return Ok(None),
    }))
}

fn reached(rows: &Rows) -> String {
    let selected = if rows.joined {
        let alias = ident(&rows.alias);
        format!("count(DISTINCT ({alias}.tableoid, {alias}.ctid))")
    } else {
        "count(*)".to_owned()
    };
    rows.query.replacen(SELECTED, &selected, 1)
}

async fn misfit(client: &Client, table: &Name, rule: &Rule) -> Result<String, Error> {
    let quoted = qualified(table);
    let each = |columns: &[String], test: &str, with: &str| {
        let tests = columns
            .iter()
            .map(|column| format!("{} {test}", ident(column)));
        tests.collect::<Vec<_>>().join(with)
    };
    let repeated = |columns: &[String]| {
        let list: Vec<String> = columns.iter().map(|column| ident(column)).collect();
        let filled = each(columns, "IS NOT NULL", " AND ");
        format!(
            "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM {quoted} WHERE {filled} \
             GROUP BY {} HAVING count(*) > 1) repeated",
            list.join(", ")
        )
    };
    Ok(match rule {
        Rule::Check(rule) => format!("SELECT count(*) FROM {quoted} WHERE NOT ({rule})"),
        Rule::Unique(columns) => repeated(columns),
        Rule::PrimaryKey(columns) => format!(
            "SELECT ({}) + (SELECT count(*) FROM {quoted} WHERE {})",
            repeated(columns),
            each(columns, "IS NULL", " OR ")
        ),
        Rule::References {
            columns,
            table: other,
            keys,
        } => {
            let keys = match keys.is_empty() {
                true => primary_key(client, other).await?,
                false => keys.clone(),
            };
            let pairs = columns.iter().zip(&keys);
            let pairs = pairs.map(|(own, key)| format!("o.{} = t.{}", ident(key), ident(own)));
            format!(
                "SELECT count(*) FROM {quoted} t WHERE {} AND NOT EXISTS (SELECT FROM {} o WHERE {})",
                each(columns, "IS NOT NULL", " AND "),
                qualified(other),
                pairs.collect::<Vec<_>>().join(" AND ")
            )
        }
        Rule::NotNull(column) => {
            format!(
                "SELECT count(*) FROM {quoted} WHERE {} IS NULL",
                ident(column)
            )
        }
    })
}

async fn type_of(client: &Client, table: &Name, column: &str) -> Result<Option<String>, Error> {
    let query = format!(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = {}",
        literal(&qualified(table)),
        literal(column)
    );
    let rows = rows(client, &query).await?.unwrap_or_default();
    Ok(rows.into_iter().flatten().next())
}

async fn primary_key(client: &Client, table: &Name) -> Result<Vec<String>, Error> {
    let query = format!(
        "SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, place) \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
         WHERE i.indrelid = to_regclass({}) AND i.indisprimary ORDER BY k.place",
        literal(&qualified(table))
    );
    let rows = rows(client, &query).await?.unwrap_or_default();
    Ok(rows.into_iter().flatten().collect())
}

/// The answer, or `None` where what is asked about is not there, so that nothing of it can be lost.
async fn answer(client: &Client, question: &str, loss: &Loss) -> Result<Option<Count>, Error> {
    let why = match ask(client, question).await? {
        Ok(rows) => {
            let number = rows.into_iter().flatten().next();
            let number = number.and_then(|number| number.parse().ok());
            return Ok(number.map(Count::Exactly));
        }
        Err(error) => error,
    };
    let Some(code) = why.code() else {
        return Err(why);
    };
    let whole = matches!(
        loss,
        Loss::Table(_) | Loss::Column { .. } | Loss::Sequence(_)
    );
    Ok(match *code {
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN if whole => None,
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::UNDEFINED_OBJECT => {
            Some("it concerns something that is made before it")
        }
        SqlState::QUERY_CANCELED => Some("counting took longer than 30 s"),
        SqlState::LOCK_NOT_AVAILABLE => Some("somebody holds a lock on it"),
        SqlState::INSUFFICIENT_PRIVILEGE => Some("this role may not see all of it"),
        SqlState::CANNOT_COERCE => Some("there is no way back from the new type to compare"),
        _ if code.code().starts_with("22") => Some("a value does not fit, so it fails"),
        _ => Some("the server cannot count it"),
    }
    .map(|reason| Count::Unknown(format!("{reason} ({})", code.code()))))
}

/// All rows as text, or `None` if the server refuses.
async fn rows(client: &Client, query: &str) -> Result<Option<Vec<Vec<String>>>, Error> {
    match ask(client, query).await? {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if error.code().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks inside a savepoint, so that a refusal ends nothing but itself.
async fn ask(client: &Client, query: &str) -> Result<Result<Vec<Vec<String>>, Error>, Error> {
    client.batch_execute("SAVEPOINT question").await?;
    let answer = client.simple_query(query).await;
    client
        .batch_execute("ROLLBACK TO SAVEPOINT question")
        .await?;
    let text = |row: &tokio_postgres::SimpleQueryRow| {
        let columns = 0..row.len();
        columns
            .map(|column| row.get(column).unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    Ok(answer.map(|messages| {
        let rows = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(text(row)),
            _ => None,
        });
        rows.collect()
    }))
}
