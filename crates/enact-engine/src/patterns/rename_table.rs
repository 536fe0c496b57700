//! A table of another name: a view keeps the old name until no release uses it.

use super::sql::{allow, ident, literal};
use super::step::{SCHEMA_ONLY, Step, check};
use super::table::Table;
use super::{Asked, PatternError};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let (table, to) = (asked.table, asked.arguments.to()?);
    if table.taken.contains(to) {
        return Err(PatternError::refused(
            format!(
                "there is a relation `{to}` in schema {} already",
                table.schema
            ),
            "choose another name; it has no schema, since the table stays in its own",
        ));
    }
    if table.rls && table.major < 15 {
        return Err(PatternError::refused(
            format!(
                "{} has row-level security, and before PostgreSQL 15 a view passes it by",
                table.sql()
            ),
            "upgrade the server first, or rename while no release is running",
        ));
    }
    if table.rls && by_column(table) {
        return Err(PatternError::refused(
            format!(
                "{} has row-level security and rights on single columns: a view that heeds the one asks for rights on all columns",
                table.sql()
            ),
            "grant those roles the whole table while both names are in use, or rename while no release is running",
        ));
    }
    if !table.publications.is_empty() {
        return Err(PatternError::refused(
            format!(
                "{} is published by {}: subscribers look for it by its name",
                table.sql(),
                table.publications.join(", ")
            ),
            "take it out of the publication first, and put it back under the new name once subscribers have it",
        ));
    }
    Ok(vec![rename(table, to), forget(table, to)])
}

/// Has somebody rights on single columns alone?
fn by_column(table: &Table) -> bool {
    table.columns.iter().any(|column| !column.grants.is_empty())
}

fn view(table: &Table, to: &str) -> String {
    let (view, relation) = (table.sql(), table.beside(to));
    // With its readers' rights, unless those are on single columns: then the view's own rights on columns do.
    let invoker = if table.major >= 15 && !by_column(table) {
        " WITH (security_invoker = true)"
    } else {
        ""
    };
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("    {}", ident(&column.name)))
        .collect();
    let mut lines = vec![format!(
        "CREATE VIEW {view}{invoker} AS SELECT\n{}\nFROM {relation};",
        columns.join(",\n")
    )];
    let about = format!("The former name of {relation}, until no release uses it");
    lines.push(format!("COMMENT ON VIEW {view} IS {};", literal(&about)));
    let defaults = table
        .columns
        .iter()
        .filter(|column| !column.generated && !column.identity);
    lines.extend(defaults.filter_map(|column| {
        let default = column.default.as_ref()?;
        Some(format!(
            "ALTER VIEW {view} ALTER COLUMN {} SET DEFAULT {default};",
            ident(&column.name)
        ))
    }));
    lines.extend(table.grants.iter().map(|grant| grant.sql(&view, None)));
    for column in &table.columns {
        lines.extend(
            column
                .grants
                .iter()
                .map(|grant| grant.sql(&view, Some(&column.name))),
        );
    }
    lines.join("\n")
}

fn is_kind(table: &Table, kind: char) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass({}) AND c.relkind = '{kind}')",
        literal(&table.sql())
    )
}

fn rename(table: &Table, to: &str) -> Step {
    let (old, new) = (table.sql(), table.beside(to));
    let kind = if table.partitioned { 'p' } else { 'r' };
    Step {
        words: format!("rename {} to {to}", table.name),
        purpose: format!(
            "{old} is called {new} from now on; a view keeps the former name, so that both work. Through the view, INSERT, UPDATE, \
             DELETE and SELECT do what they did. What the view cannot do and nobody can see from here: TRUNCATE, COPY FROM, \
             LOCK TABLE in the old way, ON CONFLICT ON CONSTRAINT, foreign keys to the old name. Let releases that do so use the \
             new name first."
        ),
        impact: format!(
            "releases may use either name; what needs a table, not a view, must use {new}"
        ),
        risk: "Medium - a short lock, no scan; see Purpose for what a view cannot do".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            allow(
                "rename-table",
                "a view keeps the former name, made in the same transaction",
                &format!(
                    "ALTER TABLE {old} RENAME TO {};\n{}",
                    ident(to),
                    view(table, to)
                ),
            )
            .into(),
            check(is_kind(table, 'v'), format!("{old} is no view")),
        ],
        down: vec![
            format!(
                "DROP VIEW {old};\nALTER TABLE {new} RENAME TO {};",
                ident(&table.name)
            )
            .into(),
            check(is_kind(table, kind), format!("{old} is no table")),
        ],
    }
}

fn forget(table: &Table, to: &str) -> Step {
    let old = table.sql();
    Step {
        words: format!("drop the former name {} of {to}", table.name),
        purpose: format!(
            "The view {old} goes. Apply it when no release and no function uses that name any more."
        ),
        impact: format!("releases that use {old} fail from now on"),
        risk: "Medium - what still uses the old name fails; the rollback brings it back at once"
            .to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            format!("DROP VIEW {old};").into(),
            check(
                format!("pg_catalog.to_regclass({}) IS NULL", literal(&old)),
                format!("{old} is still there"),
            ),
        ],
        down: vec![
            view(table, to).into(),
            check(is_kind(table, 'v'), format!("{old} is no view")),
        ],
    }
}
