//! What cannot be split off safely.

use super::super::PatternError;
use super::super::arguments::Arguments;
use super::super::refusals::{changeable, existing, nothing_in};
use super::super::rename_column::triggers_by_name;
use super::super::sql::{ident, idents};
use super::super::table::{Column, Grant, Table};

/// The columns that move, in the table's order.
pub(super) fn moved<'a>(
    table: &'a Table,
    arguments: &Arguments,
) -> Result<Vec<&'a Column>, PatternError> {
    let into = arguments.into()?;
    if table.taken.contains(into) {
        return Err(PatternError::refused(
            format!(
                "there is a relation `{into}` in schema {} already",
                table.schema
            ),
            "choose another name; it has no schema, since the new table stands beside the old one",
        ));
    }
    if table.partitioned {
        return Err(PatternError::refused(
            format!(
                "{} is partitioned: a table beside it that refers to its rows would keep partitions from being dropped",
                table.sql()
            ),
            "make a partitioned table beside it by hand, without a foreign key, and move over",
        ));
    }
    changeable(table)?;
    for name in &arguments.columns {
        let column = existing(table, name)?;
        movable(table, column)?;
    }
    let wanted = |column: &&Column| arguments.columns.contains(&column.name);
    let moved: Vec<&Column> = table.columns.iter().filter(wanted).collect();
    together(table, &moved)?;
    rights(table, &moved)?;
    Ok(moved)
}

/// The columns of the primary key, in the key's order.
pub(super) fn keys(table: &Table) -> Result<Vec<&Column>, PatternError> {
    let key = table.key().ok_or_else(|| {
        PatternError::refused(
            format!(
                "{} has no primary key, so nobody could say which rows belong together",
                table.sql()
            ),
            "give it one first: add-column and add-unique, then ADD PRIMARY KEY USING INDEX",
        )
    })?;
    if key.def.contains("DEFERRABLE") {
        return Err(PatternError::refused(
            format!(
                "the primary key of {} is deferrable, and no foreign key can refer to such a one",
                table.sql()
            ),
            "make it one that is not, in a migration of its own",
        ));
    }
    key.columns
        .iter()
        .map(|name| existing(table, name))
        .collect()
}

fn movable(table: &Table, column: &Column) -> Result<(), PatternError> {
    let shown = table.shown(&column.name);
    let reason = if table
        .key()
        .is_some_and(|key| key.columns.contains(&column.name))
    {
        Some((
            "belongs to the primary key, which both tables share",
            "leave it out of --columns",
        ))
    } else if column.identity || column.sequence.is_some() {
        Some((
            "is numbered by the server, which would number it in both tables",
            "DROP IDENTITY or ALTER SEQUENCE … OWNED BY NONE first, in a migration of its own",
        ))
    } else if column.generated {
        Some((
            "is a generated column, which nobody writes",
            "leave it out of --columns; add one to the new table behind the series, and drop this one with drop-column",
        ))
    } else {
        None
    };
    if let Some((why, next)) = reason {
        return Err(PatternError::refused(format!("{shown} {why}"), next));
    }
    triggers_by_name(table, &column.name)?;
    let classes = [
        "pg_rewrite",
        "pg_policy",
        "pg_trigger",
        "pg_attrdef",
        "pg_constraint",
        "pg_statistic_ext",
        "pg_publication_rel",
        "pg_proc",
    ];
    let next = "drop that first, in a migration of its own, and make it again behind the series from both tables";
    nothing_in(table, &column.name, &classes, next)
}

/// What needs moved and other columns at once would need two tables.
fn together(table: &Table, moved: &[&Column]) -> Result<(), PatternError> {
    let moves = |name: &String| moved.iter().any(|column| column.name == *name);
    let key = |name: &String| table.key().is_some_and(|key| key.columns.contains(name));
    let torn = |columns: &[String]| {
        columns.iter().any(moves) && !columns.iter().all(|name| moves(name) || key(name))
    };
    let constraints = table.constraints.iter();
    let constraint = constraints
        .filter(|one| torn(&one.columns) || one.kind == "x" && one.columns.iter().any(moves))
        .map(|one| format!("constraint {}", ident(&one.name)));
    let indexes = table
        .indexes
        .iter()
        .filter(|one| one.constraint.is_none() && torn(&one.columns));
    let found: Vec<String> = constraint
        .chain(indexes.map(|one| format!("index {}", ident(&one.name))))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(PatternError::refused(
        format!(
            "{} of {} cannot move with {}",
            found.join(", "),
            table.sql(),
            idents(moved.iter().map(|column| column.name.as_str()))
        ),
        "move all columns that it needs, or drop it first, in a migration of its own",
    ))
}

/// Row-level security of the new table asks the old one, as the role that reads.
fn rights(table: &Table, moved: &[&Column]) -> Result<(), PatternError> {
    if !table.rls {
        return Ok(());
    }
    let reads = |grant: &Grant, role: &str| {
        (grant.grantee == role || grant.grantee == "PUBLIC")
            && grant.privileges.iter().any(|one| one == "SELECT")
    };
    let asked = |column: &&Column| {
        let key = table
            .key()
            .is_some_and(|key| key.columns.contains(&column.name));
        key || table
            .policies
            .iter()
            .any(|policy| policy.columns.contains(&column.name))
    };
    let asked: Vec<&Column> = table.columns.iter().filter(asked).collect();
    let grants = table
        .grants
        .iter()
        .chain(moved.iter().flat_map(|column| &column.grants));
    for grant in grants {
        let role = &grant.grantee;
        let whole = table.grants.iter().any(|one| reads(one, role));
        let hidden = asked
            .iter()
            .find(|column| !column.grants.iter().any(|one| reads(one, role)));
        if let (false, Some(column)) = (whole, hidden) {
            return Err(PatternError::refused(
                format!(
                    "{} has row-level security, which the new table gets from it, but {role} may not read {}",
                    table.sql(),
                    table.shown(&column.name)
                ),
                format!(
                    "GRANT SELECT ({}) ON {} TO {role} first, in a migration of its own",
                    ident(&column.name),
                    table.sql()
                ),
            ));
        }
    }
    Ok(())
}
