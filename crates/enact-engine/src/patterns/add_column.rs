//! A new column.

use super::column::{add_like, comment, drop, exists, sees_all};
use super::not_null;
use super::refusals::{changeable, free};
use super::sql::{allow, backfill, ident, transaction};
use super::step::{COPIED, SCHEMA_ONLY, Step, check};
use super::table::Column;
use super::{Asked, PatternError};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let (table, arguments) = (asked.table, asked.arguments);
    let name = arguments.column()?;
    free(table, name)?;
    let default = arguments.default.as_deref();
    if default.is_some() {
        changeable(table)?;
    }
    if arguments.not_null && default.is_none() {
        return Err(PatternError::refused(
            format!(
                "{} would be NOT NULL without a value for the rows that are there",
                table.shown(name)
            ),
            "add --default; or leave --not-null out, let every release write it, and use the pattern add-not-null",
        ));
    }
    match default {
        Some(default) if asked.probes.volatile => Ok(in_steps(asked, name, default)),
        _ => Ok(vec![at_once(asked, name, default)]),
    }
}

/// PostgreSQL keeps one value for all old rows: no rewrite, no scan.
fn at_once(asked: &Asked<'_>, name: &str, default: Option<&str>) -> Step {
    let (table, arguments) = (asked.table, asked.arguments);
    let relation = table.sql();
    let default = default.map_or_else(String::new, |value| format!(" DEFAULT {value}"));
    let required = if arguments.not_null { " NOT NULL" } else { "" };
    let added = format!(
        "ALTER TABLE {relation} ADD COLUMN {} {}{default}{required};",
        ident(name),
        asked.probes.type_sql
    );
    let about = arguments
        .comment
        .as_ref()
        .map(|text| comment(table, name, text));
    let lines: Vec<String> = [added].into_iter().chain(about).collect();
    step(asked, name, lines.join("\n"))
}

fn step(asked: &Asked<'_>, name: &str, up: String) -> Step {
    let table = asked.table;
    let shown = table.shown(name);
    Step {
        words: format!("add {name} to {}", table.name),
        purpose: format!(
            "{shown} is added. Views with `SELECT *` do not show it until they are made anew."
        ),
        impact: format!("{}: writers may give the new column a value", table.sql()),
        risk: "Low - a short lock, no rewrite, no scan".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            up.into(),
            check(exists(table, name), format!("{shown} was not created")),
        ],
        down: vec![
            drop(table, name).into(),
            check(
                format!("NOT {}", exists(table, name)),
                format!("{shown} is still there"),
            ),
        ],
    }
}

/// The default is another value for each row: it is set for new rows, and old rows are filled in batches.
fn in_steps(asked: &Asked<'_>, name: &str, default: &str) -> Vec<Step> {
    let (table, arguments) = (asked.table, asked.arguments);
    let (relation, quoted) = (table.sql(), ident(name));
    let bare = format!(
        "ALTER TABLE {relation} ADD COLUMN {quoted} {};",
        asked.probes.type_sql
    );
    let later = format!("ALTER TABLE {relation} ALTER COLUMN {quoted} SET DEFAULT {default};");
    let about = arguments
        .comment
        .as_ref()
        .map(|text| comment(table, name, text));
    let lines: Vec<String> = [bare, later].into_iter().chain(about).collect();
    let model = Column {
        type_sql: asked.probes.type_sql.clone(),
        comment: arguments.comment.clone(),
        ..Column::default()
    };
    let mut again = vec![allow(
        "rollback-loses-data",
        "the values are what the default made of them",
        &drop(table, name),
    )];
    again.extend(add_like(table, &model, name, &model.type_sql));
    again.push(lines[1].clone());
    let mut up = Vec::new();
    up.extend(sees_all(table));
    up.push(
        backfill(&format!(
            "UPDATE {relation} SET {quoted} = {default}\nWHERE {quoted} IS NULL;"
        ))
        .into(),
    );
    up.push(check(
        format!("NOT EXISTS (SELECT FROM {relation} WHERE {quoted} IS NULL)"),
        format!("{} still holds NULL", table.shown(name)),
    ));
    let filled = Step {
        words: format!("fill {name} of {}", table.name),
        purpose: format!(
            "Rows of {relation} that were there before {quoted} get their value, in batches."
        ),
        impact: format!("rows of {relation}, a batch at a time"),
        risk: "Low - short transactions".to_owned(),
        compliance: COPIED,
        up,
        down: vec![
            "-- The column is made anew, empty: that costs no scan.".into(),
            transaction(&again).into(),
            check(
                exists(table, name),
                format!("{} is gone", table.shown(name)),
            ),
        ],
    };
    let mut steps = vec![step(asked, name, lines.join("\n")), filled];
    if arguments.not_null {
        steps.extend(not_null::required(table, name));
    }
    steps
}
