//! A column with all that belongs to it.

use super::sql::{ident, literal};
use super::table::{Column, Table};

/// Adds a column like `model` under another name: type, storage, statistics, comment and rights, but neither its
/// default nor NOT NULL.
pub(super) fn add_like(table: &Table, model: &Column, name: &str, type_sql: &str) -> Vec<String> {
    let (relation, column) = (table.sql(), ident(name));
    let collation = collation(model, type_sql);
    let mut statements = vec![format!(
        "ALTER TABLE {relation} ADD COLUMN {column} {type_sql}{collation};"
    )];
    statements.extend(like(table, model, name, type_sql));
    statements
}

/// `COLLATE …` where the type stays and its collation is not the usual one, with a blank in front.
pub(super) fn collation(model: &Column, type_sql: &str) -> String {
    let same_type = model.type_sql == type_sql;
    let collation = model.collation.as_ref().filter(|_| same_type);
    collation.map_or_else(String::new, |name| format!(" COLLATE {name}"))
}

/// What a column that is there needs to be like `model`: storage, statistics, comment and rights.
pub(super) fn like(table: &Table, model: &Column, name: &str, type_sql: &str) -> Vec<String> {
    let (relation, column) = (table.sql(), ident(name));
    let same_type = model.type_sql == type_sql;
    let alter = |what: String| format!("ALTER TABLE {relation} ALTER COLUMN {column} {what};");
    let mut statements = Vec::new();
    let storage = model.storage.as_ref().filter(|_| same_type);
    statements.extend(storage.map(|word| alter(format!("SET STORAGE {word}"))));
    let compression = model.compression.as_ref().filter(|_| same_type);
    statements.extend(compression.map(|word| alter(format!("SET COMPRESSION {word}"))));
    let target = model.statistics.as_ref();
    statements.extend(target.map(|number| alter(format!("SET STATISTICS {number}"))));
    let options = model.options.as_ref();
    statements.extend(options.map(|list| alter(format!("SET ({list})"))));
    statements.extend(
        model
            .comment
            .as_ref()
            .map(|text| comment(table, name, text)),
    );
    let grants = model.grants.iter();
    statements.extend(grants.map(|grant| grant.sql(&relation, Some(name))));
    statements
}

/// `COMMENT ON COLUMN`.
pub(super) fn comment(table: &Table, name: &str, text: &str) -> String {
    format!(
        "COMMENT ON COLUMN {} IS {};",
        table.shown(name),
        literal(text)
    )
}

/// Drops a column that was added behind all others.
pub(super) fn drop(table: &Table, name: &str) -> String {
    format!("ALTER TABLE {} DROP COLUMN {};", table.sql(), ident(name))
}

/// Whether the column is there, as an expression.
pub(super) fn exists(table: &Table, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = {} AND NOT a.attisdropped)",
        literal(&table.sql()),
        literal(name)
    )
}

/// Whether the column is NOT NULL, as an expression.
pub(super) fn is_required(table: &Table, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = {} AND a.attnotnull)",
        literal(&table.sql()),
        literal(name)
    )
}

/// Stops where row-level security would hide rows from the role that changes them all.
pub(super) fn sees_all(table: &Table) -> Option<super::step::Part> {
    table.rls.then(|| {
        super::step::check(
            format!(
                "NOT pg_catalog.row_security_active({})",
                literal(&table.sql())
            ),
            format!(
                "row-level security hides rows of {} from this role",
                table.sql()
            ),
        )
    })
}
