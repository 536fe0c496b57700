//! How the rows of a table are walked: by a key that an index orders, or else by the pages they lie in.

use std::fmt::Write as _;

use enact_sql::backfill::{Backfill, Verb};
use enact_sql::classify::Name;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::Obstacle;
use super::shape::Tables;
use crate::quote::{ident, literal, qualified};

/// A place among the rows: the key's values as text, or the number of a page.
pub(super) type Place = Vec<String>;

/// The way through a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// Schema and table, quoted.
    table: String,
    only: bool,
    alias: String,
    by: By,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum By {
    /// In the order of a unique index whose columns are never NULL.
    Key(Vec<Column>),
    /// From page to page. Before PostgreSQL 14 a range of pages is read by naming every place in it.
    Pages { ranges: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: String,
}

/// How text is written where a place is read, whatever the database's settings; any setting reads it again.
const SPELLING: &str = "SET LOCAL datestyle = ISO; SET LOCAL intervalstyle = postgres; SET LOCAL extra_float_digits = 1; \
     SET LOCAL bytea_output = hex";

/// A batch must find its rows by the key, however old the statistics are. A plan that has no choice but to read a table
/// whole is made to look so dear by this that the server would compile it.
pub(super) const BY_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

const TABLE_SQL: &str = "\
SELECT format('%I.%I', n.nspname, c.relname), c.relkind::text, current_setting('server_version_num')::integer >= 140000,
       (SELECT r.rulename FROM pg_rewrite r WHERE r.ev_class = to_regclass($2) AND r.ev_type::text = $3 AND r.is_instead
        AND r.ev_enabled <> 'D' LIMIT 1)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)";

/// The primary key, else the smallest unique index that orders all rows as the types' own operators do.
const KEY_SQL: &str = "\
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a CROSS JOIN LATERAL unnest((
    SELECT i.indkey::smallint[] FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
    WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
      AND i.indnatts = i.indnkeyatts
      AND (0 = ALL (i.indoption::smallint[]) OR 3 = ALL (i.indoption::smallint[]))
      AND NOT EXISTS (SELECT FROM unnest(i.indclass) o(oid) JOIN pg_opclass c ON c.oid = o.oid WHERE NOT c.opcdefault)
      AND NOT EXISTS (
        SELECT FROM unnest(i.indkey::smallint[], i.indcollation::oid[]) k(attnum, collation_oid)
        LEFT JOIN pg_attribute c ON c.attrelid = i.indrelid AND c.attnum = k.attnum
        WHERE c.attnotnull IS NOT TRUE OR c.attcollation <> k.collation_oid OR c.attgenerated <> '')
      AND NOT EXISTS (
        WITH RECURSIVE family(oid) AS (SELECT i.indrelid UNION SELECT h.inhrelid FROM pg_inherits h JOIN family f ON h.inhparent = f.oid)
        SELECT FROM family f JOIN pg_attribute c ON c.attrelid = f.oid
        JOIN pg_attribute own ON own.attrelid = i.indrelid AND own.attname = c.attname AND own.attnum = ANY (i.indkey)
        WHERE NOT c.attnotnull OR EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = c.attrelid AND n.contype = 'n'
                                          AND n.conkey = ARRAY[c.attnum] AND NOT n.convalidated))
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1
)) WITH ORDINALITY k(attnum, place)
WHERE a.attrelid = to_regclass($1) AND a.attnum = k.attnum ORDER BY k.place";

/// A table, what it inherits from or is a partition of, and all that these have below them.
const FAMILY_SQL: &str = "\
WITH RECURSIVE above(oid) AS (SELECT to_regclass($1)::oid UNION SELECT i.inhparent FROM pg_inherits i JOIN above a ON i.inhrelid = a.oid),
     family(oid) AS (SELECT a.oid FROM above a UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid)
SELECT n.nspname::text, c.relname::text FROM family f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace";

/// Schemas and names of the tables that hold rows of a table, or that hold it.
///
/// # Errors
/// When the connection is lost or the server refuses to be asked.
pub(super) async fn family(client: &Client, table: &Name) -> Result<Tables, tokio_postgres::Error> {
    let name = qualified(table);
    let rows = client
        .query_typed(FAMILY_SQL, &[(&name as _, Type::TEXT)])
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

impl Walk {
    /// Finds the way for `statement`, or what stands in it.
    ///
    /// # Errors
    /// When the connection is lost or the server refuses to be asked.
    pub async fn find(
        client: &Client,
        statement: &Backfill,
    ) -> Result<Result<Self, Obstacle>, tokio_postgres::Error> {
        let name = qualified(&statement.walked.table);
        let changed = qualified(&statement.changed);
        let event = match statement.verb {
            Verb::Update => "2",
            Verb::Insert => "3",
            _ => "4",
        };
        let values = [
            (&name as _, Type::TEXT),
            (&changed as _, Type::TEXT),
            (&event as _, Type::TEXT),
        ];
        let Some(row) = client.query_typed_opt(TABLE_SQL, &values).await? else {
            return Ok(Err(Obstacle::NoTable(name)));
        };
        let kind: String = row.try_get(1)?;
        if !["r", "p"].contains(&kind.as_str()) {
            return Ok(Err(Obstacle::NotATable(name)));
        }
        if let Some(rule) = row.try_get(3)? {
            return Ok(Err(Obstacle::Rule {
                table: changed,
                rule,
            }));
        }
        let ranges = row.try_get(2)?;
        let columns = client
            .query_typed(KEY_SQL, &[(&name as _, Type::TEXT)])
            .await?;
        let column = |row: &tokio_postgres::Row| {
            Ok(Column {
                name: row.try_get(0)?,
                kind: row.try_get(1)?,
            })
        };
        let key = columns
            .iter()
            .map(column)
            .collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
        if let Some(obstacle) = obstacle(statement, &name, &key) {
            return Ok(Err(obstacle));
        }
        Ok(Ok(Self {
            table: row.try_get(0)?,
            only: statement.walked.only,
            alias: ident(&statement.walked.alias),
            by: match key.is_empty() {
                true => By::Pages { ranges },
                false => By::Key(key),
            },
        }))
    }

    /// The same words for the same way, also in a later run.
    pub fn describe(&self) -> String {
        match &self.by {
            By::Key(key) => {
                let columns = key
                    .iter()
                    .map(|column| format!("{} {}", column.name, column.kind));
                format!(
                    "{} by {}",
                    self.table,
                    columns.collect::<Vec<_>>().join(", ")
                )
            }
            By::Pages { .. } => format!("{} by page", self.table),
        }
    }

    /// The table, quoted.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Whether rows can change their place, so that one pass may miss some and the walk must be repeated.
    pub fn repeats(&self) -> bool {
        matches!(self.by, By::Pages { .. })
    }

    /// The condition for the rows behind `after` up to `upto`.
    pub fn limits(&self, after: Option<&Place>, upto: &Place) -> String {
        match &self.by {
            By::Key(key) => {
                let upto = self.compare(key, "<=", upto);
                match after {
                    Some(after) => format!("{} AND {upto}", self.compare(key, ">", after)),
                    None => upto,
                }
            }
            By::Pages { ranges } => {
                let (from, to) = (page(after), page(Some(upto)));
                let alias = &self.alias;
                match ranges {
                    true => format!("{alias}.ctid >= '({from},0)' AND {alias}.ctid < '({to},0)'"),
                    // No page of any size holds more than 2,400 rows; most hold at most 291.
                    false => format!(
                        "{alias}.ctid = ANY (ARRAY(SELECT format('(%s,%s)', p, i)::tid FROM generate_series({from}, {to} - 1) p, \
                         generate_series(1, (current_setting('block_size')::integer - 24) / 28) i))"
                    ),
                }
            }
        }
    }

    fn compare(&self, key: &[Column], operator: &str, place: &Place) -> String {
        let columns = key
            .iter()
            .map(|column| format!("{}.{}", self.alias, ident(&column.name)));
        let values = key.iter().zip(place);
        let values = values.map(|(column, value)| format!("{}::{}", literal(value), column.kind));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let values = values.collect::<Vec<_>>().join(", ");
        match key.len() {
            1 => format!("{columns} {operator} {values}"),
            _ => format!("({columns}) {operator} ({values})"),
        }
    }

    /// A query for the end of a batch of `size` rows behind `after`; it has no row when fewer are left up to `last`.
    /// `None` where the end is known without asking.
    pub fn peek(
        &self,
        after: Option<&Place>,
        last: &Place,
        size: u32,
        role: &str,
    ) -> Option<String> {
        let By::Key(key) = &self.by else {
            return None;
        };
        let mut inner = format!("SELECT {} FROM {}", self.columns(key), self.source());
        // Writing to a string cannot fail.
        let _ = write!(
            inner,
            " WHERE {} ORDER BY {}",
            self.limits(after, last),
            self.columns(key)
        );
        let _ = write!(inner, " OFFSET {} LIMIT 1", size.max(1) - 1);
        Some(read_only(role, &as_place(key, &inner)))
    }

    /// A query for the last place there is; no row, or page 0, where there is nothing.
    pub fn last(&self, role: &str) -> String {
        let By::Key(key) = &self.by else {
            let table = literal(&self.table);
            let only = if self.only { "false" } else { "true" };
            return read_only(
                role,
                &format!(
                    "WITH RECURSIVE family(oid) AS (SELECT {table}::regclass::oid UNION SELECT i.inhrelid FROM pg_inherits i \
                     JOIN family f ON i.inhparent = f.oid WHERE {only}) \
                     SELECT json_build_array(coalesce(max(pg_relation_size(c.oid)) / current_setting('block_size')::bigint, 0)::text)::text \
                     FROM family f JOIN pg_class c ON c.oid = f.oid WHERE c.relkind = 'r'"
                ),
            );
        };
        let columns = key
            .iter()
            .map(|column| format!("{}.{} DESC", self.alias, ident(&column.name)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let inner = format!(
            "SELECT {} FROM {} ORDER BY {columns} LIMIT 1",
            self.columns(key),
            self.source()
        );
        read_only(role, &as_place(key, &inner))
    }

    /// What the planner thinks how many rows there are.
    pub fn estimate(&self) -> String {
        format!("EXPLAIN (FORMAT JSON) SELECT FROM {}", self.source())
    }

    fn columns(&self, key: &[Column]) -> String {
        let columns = key
            .iter()
            .map(|column| format!("{}.{}", self.alias, ident(&column.name)));
        columns.collect::<Vec<_>>().join(", ")
    }

    fn source(&self) -> String {
        let only = if self.only { "ONLY " } else { "" };
        format!("{only}{} AS {}", self.table, self.alias)
    }

    /// The end of a batch of `size` pages behind `after`, where the walk goes by pages.
    pub fn next_page(&self, after: Option<&Place>, last: &Place, size: u32) -> Option<Place> {
        let next = page(after).saturating_add(u64::from(size.max(1)));
        self.repeats()
            .then(|| vec![next.min(page(Some(last))).to_string()])
    }
}

fn obstacle(statement: &Backfill, table: &str, key: &[Column]) -> Option<Obstacle> {
    let table = || table.to_owned();
    let assigned = key
        .iter()
        .find(|column| statement.assigned.contains(&column.name));
    match (key.is_empty(), statement.verb) {
        (false, _) => assigned.map(|column| Obstacle::KeyChanges {
            table: table(),
            column: column.name.clone(),
        }),
        (true, Verb::Insert) => Some(Obstacle::NoKeyToInsert(table())),
        (true, Verb::Update) if statement.condition().is_none() => {
            Some(Obstacle::NoKeyNoCondition(table()))
        }
        (true, _) => None,
    }
}

/// Number of the page that a place stands for.
pub(super) fn page(place: Option<&Place>) -> u64 {
    place
        .and_then(|place| place.first()?.parse().ok())
        .unwrap_or(0)
}

fn as_place(key: &[Column], inner: &str) -> String {
    let values = key
        .iter()
        .map(|column| format!("k.{}::text", ident(&column.name)));
    let values = values.collect::<Vec<_>>().join(", ");
    format!("SELECT json_build_array({values})::text FROM ({inner}) k")
}

fn read_only(role: &str, query: &str) -> String {
    format!("BEGIN READ ONLY; {role}; {SPELLING}; {BY_INDEX}; {query}; COMMIT")
}

/// The place in the answer to a query of [`Walk::peek`] or [`Walk::last`], if it has a row.
///
/// # Errors
/// When what is there is no place.
pub(super) fn place_in(rows: &[tokio_postgres::SimpleQueryRow]) -> Result<Option<Place>, NoPlace> {
    let Some(row) = rows.last() else {
        return Ok(None);
    };
    let text = row.get(0).ok_or(NoPlace)?;
    read_place(text).map(Some)
}

/// A place as it is written down.
///
/// # Errors
/// When it is none.
pub(super) fn read_place(text: &str) -> Result<Place, NoPlace> {
    serde_json::from_str(text).map_err(|_| NoPlace)
}

/// Something stands where a place should: a key with a NULL in it, or what nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoPlace;

/// The rows in the answer to [`Walk::estimate`].
pub(super) fn rows_in(messages: &[SimpleQueryMessage]) -> Option<u64> {
    let text: String = messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    let plan: serde_json::Value = serde_json::from_str(&text).ok()?;
    plan.get(0)?.get("Plan")?.get("Plan Rows")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(key: &[(&str, &str)]) -> Walk {
        let column = |(name, kind): &(&str, &str)| Column {
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
        };
        Walk {
            table: "app.t".to_owned(),
            only: false,
            alias: "\"x\"".to_owned(),
            by: match key.is_empty() {
                true => By::Pages { ranges: true },
                false => By::Key(key.iter().map(column).collect()),
            },
        }
    }

    fn place(values: &[&str]) -> Place {
        values.iter().map(|&value| value.to_owned()).collect()
    }

    #[test]
    fn limits_compare_the_whole_key() {
        let one = by(&[("id", "bigint")]);
        assert_eq!(
            one.limits(None, &place(&["9"])),
            "\"x\".\"id\" <= E'9'::bigint"
        );
        let two = by(&[("a", "text"), ("b", "uuid")]);
        assert_eq!(
            two.limits(Some(&place(&["it's", "u1"])), &place(&["z", "u2"])),
            "(\"x\".\"a\", \"x\".\"b\") > (E'it''s'::text, E'u1'::uuid) AND (\"x\".\"a\", \"x\".\"b\") <= (E'z'::text, E'u2'::uuid)"
        );
    }

    #[test]
    fn a_key_with_a_null_is_no_place() {
        assert_eq!(read_place("[null]"), Err(NoPlace));
        assert_eq!(read_place("[\"1\",\"a\"]"), Ok(place(&["1", "a"])));
    }

    #[test]
    fn pages_end_with_the_table() {
        let walk = by(&[]);
        let last = place(&["25"]);
        assert_eq!(walk.next_page(None, &last, 10), Some(place(&["10"])));
        assert_eq!(
            walk.next_page(Some(&place(&["20"])), &last, 10),
            Some(last.clone())
        );
        assert_eq!(
            walk.limits(Some(&place(&["20"])), &last),
            "\"x\".ctid >= '(20,0)' AND \"x\".ctid < '(25,0)'"
        );
        assert_eq!(by(&[("id", "int")]).next_page(None, &last, 10), None);
    }
}
