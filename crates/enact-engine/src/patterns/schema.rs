//! A table read from a catalog. Nothing is changed, and nothing of the table's data is read.

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::PatternError;
use super::table::{
    Column, Constraint, Dependent, Grant, Index, Partition, Policy, Table, Trigger, View,
};

/// Names are written with their schema from here on; nobody is waited for long.
const SET_UP: &str = "SET default_transaction_read_only = on; SET lock_timeout = '2s'; SET statement_timeout = '30s'; \
                      SET quote_all_identifiers = off";
const QUALIFIED: &str = "SET search_path = pg_catalog, pg_temp";

/// Reads the table of this name, which may be qualified and quoted as in SQL.
///
/// # Errors
/// When there is no such table, or the server refuses.
pub(super) async fn read(client: &Client, name: &str) -> Result<(u32, Table), PatternError> {
    client.batch_execute(SET_UP).await?;
    let found = client
        .query_typed(
            "SELECT c.oid, c.relkind::text, c.oid::regclass::text FROM pg_catalog.pg_class c \
             WHERE c.oid = pg_catalog.to_regclass($1)",
            &[(&name, Type::TEXT)],
        )
        .await;
    // A name that cannot be read as one is no table's.
    let found = found.ok().and_then(|rows| rows.into_iter().next());
    let row = found.ok_or_else(|| {
        PatternError::refused(
            format!("there is no table `{name}`"),
            "give its name with its schema, such as --table app.visit",
        )
    })?;
    let (oid, kind): (u32, String) = (row.try_get(0)?, row.try_get(1)?);
    if !matches!(kind.as_str(), "r" | "p") {
        return Err(PatternError::refused(
            format!("`{name}` is not a table"),
            "patterns are for tables; name one",
        ));
    }
    client.batch_execute(QUALIFIED).await?;
    Ok((oid, Reader { client, oid }.table().await?))
}

/// Whether an expression, made a value of this type, is another one each time; the error says why it cannot be one.
///
/// The planner checks an unchanging condition once, before it reads anything, and a volatile one for each row.
pub(super) async fn is_volatile(
    client: &Client,
    expression: &str,
    of: &str,
) -> Result<bool, Error> {
    let sql = format!(
        "EXPLAIN (COSTS OFF) SELECT FROM pg_catalog.generate_series(1, 2) WHERE (CAST(({expression}) AS {of})) IS NULL"
    );
    let rows = client.query_typed(&sql, &[]).await?;
    let mut volatile = false;
    for row in rows {
        let line: String = row.try_get(0)?;
        volatile |= line.trim_start().starts_with("Filter:");
    }
    Ok(volatile)
}

/// Whether an expression over the table's columns is one of this type.
pub(super) async fn fits(
    client: &Client,
    table: &str,
    expression: &str,
    of: &str,
) -> Result<(), Error> {
    let sql = format!("EXPLAIN SELECT CAST(({expression}) AS {of}) FROM {table}");
    client.query_typed(&sql, &[]).await.map(drop)
}

struct Reader<'a> {
    client: &'a Client,
    oid: u32,
}

/// One row as texts.
struct Row(Vec<Option<String>>);

impl Row {
    fn take(&mut self, column: usize) -> Option<String> {
        self.0.get_mut(column).and_then(Option::take)
    }

    fn text(&mut self, column: usize) -> String {
        self.take(column).unwrap_or_default()
    }

    fn is(&mut self, column: usize) -> bool {
        self.take(column).as_deref() == Some("true")
    }

    fn list(&mut self, column: usize) -> Vec<String> {
        let text = self.take(column);
        let parts = text.iter().flat_map(|text| text.split('\u{1f}'));
        parts.map(str::to_owned).collect()
    }
}

impl Reader<'_> {
    /// The rows of a query, every value as text.
    async fn rows(
        &self,
        sql: &str,
        parameter: (&(dyn ToSql + Sync), Type),
        columns: usize,
    ) -> Result<Vec<Row>, Error> {
        let names: Vec<String> = (1..=columns).map(|number| format!("c{number}")).collect();
        let texts: Vec<String> = names.iter().map(|name| format!("q.{name}::text")).collect();
        let sql = format!(
            "select {} from ({sql}) q ({})",
            texts.join(", "),
            names.join(", ")
        );
        let rows = self.client.query_typed(&sql, &[parameter]).await?;
        let text = |row: &tokio_postgres::Row| {
            let values: Result<Vec<_>, _> = (0..columns).map(|index| row.try_get(index)).collect();
            values.map(Row)
        };
        rows.iter().map(text).collect()
    }

    async fn of_table(&self, sql: &str, columns: usize) -> Result<Vec<Row>, Error> {
        self.rows(sql, (&self.oid, Type::OID), columns).await
    }

    async fn table(&self) -> Result<Table, PatternError> {
        let head = self.of_table(include_str!("queries/table.sql"), 10).await?;
        let mut head = head.into_iter().next().ok_or_else(|| {
            PatternError::refused("the table was dropped just now", "run it again")
        })?;
        let mut table = Table {
            major: head.text(0).parse().unwrap_or_default(),
            schema: head.text(1),
            name: head.text(2),
            partitioned: head.text(3) == "p",
            relative: head.is(4),
            rls: head.is(5),
            owner: head.text(6),
            publications: head.take(7).into_iter().collect(),
            append_only: head.take(8),
            rls_forced: head.is(9),
            ..Table::default()
        };
        table.columns = self.columns().await?;
        table.constraints = self.constraints().await?;
        table.indexes = self.indexes().await?;
        table.triggers = self.triggers().await?;
        table.policies = self.policies().await?;
        table.partitions = self.partitions().await?;
        table.dependents = self.dependents().await?;
        self.views(&mut table).await?;
        self.grants(&mut table).await?;
        let names = "select c.relname from pg_class c where c.relnamespace = (select relnamespace from pg_class where oid = $1)";
        let names = self.of_table(names, 1).await?;
        table.taken = names.into_iter().map(|mut row| row.text(0)).collect();
        Ok(table)
    }

    async fn columns(&self) -> Result<Vec<Column>, Error> {
        let rows = self
            .of_table(include_str!("queries/columns.sql"), 15)
            .await?;
        let mut columns = Vec::with_capacity(rows.len());
        for mut row in rows {
            let mut column = Column {
                name: row.text(0),
                type_sql: row.text(1),
                not_null: row.is(2),
                default: row.take(3),
                default_volatile: false,
                generated: row.is(4),
                identity: row.is(5),
                collation: row.take(6),
                storage: row.take(7),
                compression: row.take(8),
                statistics: row.take(9),
                options: row.take(10),
                comment: row.take(11),
                sequence: row.take(12),
                partition_key: row.is(13),
                not_null_name: row.take(14),
                grants: Vec::new(),
            };
            if let Some(default) = &column.default {
                column.default_volatile =
                    is_volatile(self.client, default, &column.type_sql).await?;
            }
            columns.push(column);
        }
        Ok(columns)
    }

    async fn constraints(&self) -> Result<Vec<Constraint>, Error> {
        let rows = self
            .of_table(include_str!("queries/constraints.sql"), 7)
            .await?;
        let constraint = |mut row: Row| Constraint {
            name: row.text(0),
            kind: row.text(1),
            def: row.text(2),
            validated: row.is(3),
            columns: row.list(4),
            comment: row.take(5),
            index: row.take(6),
        };
        Ok(rows.into_iter().map(constraint).collect())
    }

    async fn indexes(&self) -> Result<Vec<Index>, Error> {
        let rows = self
            .of_table(include_str!("queries/indexes.sql"), 11)
            .await?;
        let index = |mut row: Row| Index {
            name: row.text(0),
            unique: row.is(1),
            valid: row.is(2),
            partial: row.is(3),
            method: row.text(4),
            tail: row.text(5),
            keys: row.list(6),
            columns: row.list(7),
            constraint: row.take(8),
            comment: row.take(9),
            parts: row
                .list(10)
                .iter()
                .filter_map(|part| part.split_once('\u{1e}'))
                .map(|(partition, name)| (partition.to_owned(), name.to_owned()))
                .collect(),
        };
        Ok(rows.into_iter().map(index).collect())
    }

    async fn triggers(&self) -> Result<Vec<Trigger>, Error> {
        let rows = self
            .of_table(include_str!("queries/triggers.sql"), 8)
            .await?;
        let trigger = |mut row: Row| Trigger {
            name: row.text(0),
            def: row.text(1),
            enabled: row.text(2),
            before_row: row.is(3),
            columns: row.list(4),
            function: row.text(5),
            source: row.text(6),
            comment: row.take(7),
        };
        Ok(rows.into_iter().map(trigger).collect())
    }

    async fn policies(&self) -> Result<Vec<Policy>, Error> {
        let rows = self
            .of_table(include_str!("queries/policies.sql"), 7)
            .await?;
        let policy = |mut row: Row| Policy {
            name: row.text(0),
            create: row.text(1),
            columns: row.list(2),
            comment: row.take(3),
            head: row.text(4),
            using: row.take(5),
            check: row.take(6),
        };
        Ok(rows.into_iter().map(policy).collect())
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        let rows = self
            .of_table(include_str!("queries/partitions.sql"), 7)
            .await?;
        let partition = |mut row: Row| Partition {
            name: row.text(0),
            sql: row.text(1),
            schema: row.text(2),
            partitioned: row.is(3),
            foreign: row.is(4),
            level: row.text(5).parse().unwrap_or_default(),
            parent: row.text(6),
        };
        Ok(rows.into_iter().map(partition).collect())
    }

    async fn dependents(&self) -> Result<Vec<Dependent>, Error> {
        let rows = self
            .of_table(include_str!("queries/dependents.sql"), 3)
            .await?;
        let dependent = |mut row: Row| Dependent {
            column: row.text(0),
            class: row.text(1),
            description: row.text(2),
        };
        Ok(rows.into_iter().map(dependent).collect())
    }

    async fn views(&self, table: &mut Table) -> Result<(), Error> {
        let rows = self.of_table(include_str!("queries/views.sql"), 9).await?;
        let mut oids: Vec<u32> = Vec::with_capacity(rows.len());
        for mut row in rows {
            oids.extend(row.text(8).parse::<u32>());
            table.views.push(View {
                sql: row.text(0),
                materialized: row.is(1),
                options: row.take(2),
                def: row.text(3),
                owner: row.text(4),
                comment: row.take(5),
                columns: row.list(6),
                grants: Vec::new(),
                more: row.is(7),
            });
        }
        for (_, relation, grant) in self.granted(&oids).await? {
            if let Some(view) = table.views.iter_mut().find(|view| view.sql == relation) {
                view.grants.push(grant);
            }
        }
        Ok(())
    }

    async fn grants(&self, table: &mut Table) -> Result<(), Error> {
        for (column, _, grant) in self.granted(&[self.oid]).await? {
            match table.columns.iter_mut().find(|one| one.name == column) {
                Some(column) => column.grants.push(grant),
                None => table.grants.push(grant),
            }
        }
        Ok(())
    }

    /// Rights with the column and the relation that they are about.
    async fn granted(&self, oids: &[u32]) -> Result<Vec<(String, String, Grant)>, Error> {
        let sql = include_str!("queries/grants.sql");
        let rows = self.rows(sql, (&oids, Type::OID_ARRAY), 5).await?;
        let grant = |mut row: Row| {
            let (relation, column) = (row.text(0), row.text(1));
            let privileges = row.text(3);
            let grant = Grant {
                grantee: row.text(2),
                privileges: privileges.split(',').map(str::to_owned).collect(),
                grantable: row.is(4),
            };
            (column, relation, grant)
        };
        Ok(rows.into_iter().map(grant).collect())
    }
}
