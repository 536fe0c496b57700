//! What cannot be done safely, with the reason and what to do.

use super::PatternError;
use super::probe::no_column;
use super::table::{Column, Table};

/// Tables that no pattern touches.
pub(super) fn of_table(table: &Table) -> Result<(), PatternError> {
    if table.relative {
        return Err(PatternError::refused(
            format!(
                "{} is a partition or takes part in inheritance",
                table.sql()
            ),
            "name the partitioned table; tables that inherit have to be changed one by one, by hand",
        ));
    }
    Ok(())
}

/// The column, which must be there.
pub(super) fn existing<'a>(table: &'a Table, name: &str) -> Result<&'a Column, PatternError> {
    table.column(name).ok_or_else(|| no_column(table, name))
}

/// The name, which must be free.
pub(super) fn free(table: &Table, name: &str) -> Result<(), PatternError> {
    match table.column(name) {
        None => Ok(()),
        Some(_) => Err(PatternError::refused(
            format!("{} is there already", table.shown(name)),
            "choose another name",
        )),
    }
}

/// Rows must be changed, so the table must let that happen.
pub(super) fn changeable(table: &Table) -> Result<(), PatternError> {
    match &table.append_only {
        None => Ok(()),
        Some(why) => Err(PatternError::refused(
            format!("the rows of {} must stay as they are: {why}", table.sql()),
            "keep what is new in a table of its own, or in new rows; never switch the guard off for it",
        )),
    }
}

/// Two columns have to be kept alike by a trigger.
pub(super) fn mirrored(table: &Table, column: &Column) -> Result<(), PatternError> {
    changeable(table)?;
    let shown = table.shown(&column.name);
    let reason = if column.partition_key {
        Some((
            "belongs to the partition key: rows find their partition before a trigger can fill it",
            "make a new partitioned table and move over",
        ))
    } else if column.identity {
        Some((
            "is an identity column: it has a value before a trigger can see that none was given",
            "ALTER TABLE … ALTER COLUMN … DROP IDENTITY, and give it a DEFAULT nextval(…) first",
        ))
    } else if column.generated {
        Some((
            "is a generated column, which nobody writes",
            "add a new generated column beside it, and drop this one in a later migration",
        ))
    } else {
        None
    };
    match reason {
        None => Ok(()),
        Some((why, next)) => Err(PatternError::refused(format!("{shown} {why}"), next)),
    }
}

/// What hangs on a column and cannot be carried over.
pub(super) fn nothing_in(
    table: &Table,
    column: &str,
    classes: &[&str],
    next: &str,
) -> Result<(), PatternError> {
    let found: Vec<&str> = table
        .dependents_in(column, classes)
        .map(|one| one.description.as_str())
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(PatternError::refused(
        format!("{} is used by {}", table.shown(column), found.join(", ")),
        next,
    ))
}
