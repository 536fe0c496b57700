//! A foreign key: an index for it, the key for new rows, then for old ones.

use super::probe::Referenced;
use super::sql::{allow, ident, idents};
use super::step::{SCHEMA_ONLY, Step, check};
use super::table::{Index, Table};
use super::{Asked, PatternError, add_index, constraint};

const ACTIONS: [&str; 5] = [
    "cascade",
    "restrict",
    "set null",
    "set default",
    "no action",
];

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let (table, arguments) = (asked.table, asked.arguments);
    let Some(referenced) = &asked.probes.referenced else {
        return Err(PatternError::refused(
            "--references is missing",
            "add --references",
        ));
    };
    let columns = &arguments.columns;
    if columns.len() != referenced.columns.len() {
        return Err(PatternError::refused(
            format!(
                "the key of {} has {} columns, not {}",
                referenced.sql,
                referenced.columns.len(),
                columns.len()
            ),
            "name as many columns on both sides, in the same order",
        ));
    }
    if table.partitioned && table.major < 18 {
        return Err(PatternError::refused(
            format!(
                "{} is partitioned, and PostgreSQL {} cannot add a foreign key to such a table without reading all of it under lock",
                table.sql(),
                table.major
            ),
            "add it NOT VALID to each partition and validate it there; then adding it to the table reads nothing",
        ));
    }
    let name = match arguments.name.as_deref() {
        Some(name) if table.constraints.iter().any(|one| one.name == name) => {
            return Err(PatternError::refused(
                format!("{} has a constraint `{name}` already", table.sql()),
                "choose another --name",
            ));
        }
        Some(name) => name.to_owned(),
        None => table.free_constraint(&format!("{}_{}", table.name, columns.join("_")), "_fkey"),
    };
    let def = definition(asked, referenced)?;
    let mut steps = Vec::new();
    if !covered(table, columns) {
        let index = Index {
            name: table.free(&format!("{}_{}", table.name, columns.join("_")), "_idx"),
            tail: format!("btree ({})", idents(columns.iter().map(String::as_str))),
            ..Index::default()
        };
        let purpose = format!(
            "Without it every DELETE in {} would read all of {}.",
            referenced.sql,
            table.sql()
        );
        steps.push(add_index::step(table, &index, &purpose)?);
    }
    steps.push(added(table, referenced, &name, &def));
    steps.push(validated(table, referenced, &name, &def));
    Ok(steps)
}

fn definition(asked: &Asked<'_>, referenced: &Referenced) -> Result<String, PatternError> {
    let action = match asked.arguments.on_delete.as_deref() {
        None => String::new(),
        Some(action) => {
            let words: Vec<&str> = action
                .split([' ', '-', '_'])
                .filter(|word| !word.is_empty())
                .collect();
            let action = words.join(" ").to_lowercase();
            if !ACTIONS.contains(&action.as_str()) {
                return Err(PatternError::refused(
                    format!("`{action}` is no action for --on-delete"),
                    format!("write one of {}", ACTIONS.join(", ")),
                ));
            }
            format!(" ON DELETE {}", action.to_uppercase())
        }
    };
    let own = idents(asked.arguments.columns.iter().map(String::as_str));
    let theirs = idents(referenced.columns.iter().map(String::as_str));
    Ok(format!(
        "FOREIGN KEY ({own}) REFERENCES {} ({theirs}){action}",
        referenced.sql
    ))
}

/// Does an index begin with these columns, in any order?
fn covered(table: &Table, columns: &[String]) -> bool {
    table.indexes.iter().any(|index| {
        let start = index.keys.get(..columns.len()).unwrap_or_default();
        let usable = index.valid && !index.partial && index.method == "btree";
        usable && !start.is_empty() && columns.iter().all(|column| start.contains(column))
    })
}

fn added(table: &Table, referenced: &Referenced, name: &str, def: &str) -> Step {
    let quoted = ident(name);
    Step {
        words: format!("refer from {} by {name}", table.name),
        purpose: format!(
            "New rows of {} must refer to a row of {}. Rows that are there are not read yet.",
            table.sql(),
            referenced.sql
        ),
        impact: format!(
            "writers of {} that refer to nothing fail from now on",
            table.sql()
        ),
        risk: format!(
            "Low - a short lock on {} and {}, no scan",
            table.sql(),
            referenced.sql
        ),
        compliance: SCHEMA_ONLY,
        up: vec![
            constraint::add(table, name, def).into(),
            check(
                constraint::is_validated(table, name, false),
                format!("{quoted} was not added"),
            ),
        ],
        down: vec![
            allow(
                "several-strong-locks",
                "a foreign key goes by locking both its tables",
                &constraint::drop(table, name),
            )
            .into(),
            check(
                format!(
                    "NOT ({} OR {})",
                    constraint::is_validated(table, name, true),
                    constraint::is_validated(table, name, false)
                ),
                format!("{quoted} is still there"),
            ),
        ],
    }
}

fn validated(table: &Table, referenced: &Referenced, name: &str, def: &str) -> Step {
    let quoted = ident(name);
    Step {
        words: format!("validate {name} of {}", table.name),
        purpose: format!(
            "Every row of {} is read: each refers to a row of {}.",
            table.sql(),
            referenced.sql
        ),
        impact: "one scan, beside which everybody reads and writes".to_owned(),
        risk: "Low - stops at a row that refers to nothing, and changes nothing then".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            constraint::validate(table, name).into(),
            check(
                constraint::is_validated(table, name, true),
                format!("{quoted} is not validated"),
            ),
        ],
        down: vec![
            allow(
                "several-strong-locks",
                "a foreign key is replaced by locking both its tables",
                &constraint::unvalidate(table, name, def),
            )
            .into(),
            check(
                constraint::is_validated(table, name, false),
                format!("{quoted} is still validated"),
            ),
        ],
    }
}
