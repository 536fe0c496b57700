//! An index.

use super::indexes;
use super::sql::idents;
use super::step::{SCHEMA_ONLY, Step};
use super::table::{Index, Table};
use super::{Asked, PatternError};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let (table, arguments) = (asked.table, asked.arguments);
    let method = arguments.method.as_deref().unwrap_or("btree");
    let condition = arguments.condition.as_deref();
    let condition = condition.map_or_else(String::new, |condition| format!(" WHERE {condition}"));
    let columns = idents(arguments.columns.iter().map(String::as_str));
    let index = Index {
        name: name(table, arguments.name.as_deref(), &arguments.columns, "_idx")?,
        unique: arguments.unique,
        tail: format!("{method} ({columns}){condition}"),
        ..Index::default()
    };
    Ok(vec![step(
        table,
        &index,
        &format!(
            "Queries of {} by {columns} find their rows by an index.",
            table.sql()
        ),
    )?])
}

/// The step that builds an index.
pub(super) fn step(table: &Table, index: &Index, purpose: &str) -> Result<Step, PatternError> {
    indexes::local(table)?;
    let how = if table.partitioned {
        " Each partition's index is built by itself and then attached; the rollback locks the table for a moment, since \
         PostgreSQL drops such an index no other way."
    } else {
        ""
    };
    Ok(Step {
        words: format!("index {} by {}", table.name, index.name),
        purpose: format!("{purpose}{how}"),
        impact: "none: everybody reads and writes meanwhile".to_owned(),
        risk: "Low - the build waits for open transactions and reads the table twice".to_owned(),
        compliance: SCHEMA_ONLY,
        up: indexes::create(table, index),
        down: indexes::drop(table, index),
    })
}

/// The name that was asked for, or a free one.
pub(super) fn name(
    table: &Table,
    wanted: Option<&str>,
    columns: &[String],
    suffix: &str,
) -> Result<String, PatternError> {
    match wanted {
        Some(name) if table.taken.contains(name) => Err(PatternError::refused(
            format!(
                "there is a relation `{name}` in schema {} already",
                table.schema
            ),
            "choose another --name",
        )),
        Some(name) => Ok(name.to_owned()),
        None => Ok(table.free(&format!("{}_{}", table.name, columns.join("_")), suffix)),
    }
}
