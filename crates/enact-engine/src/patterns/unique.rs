//! A unique constraint: its index is built first, beside everybody.

use super::sql::{ident, idents};
use super::step::{SCHEMA_ONLY, Step, check};
use super::table::Index;
use super::{Asked, PatternError, add_index, constraint, indexes};

pub(super) fn steps(asked: &Asked<'_>) -> Result<Vec<Step>, PatternError> {
    let (table, arguments) = (asked.table, asked.arguments);
    let columns = idents(arguments.columns.iter().map(String::as_str));
    if table.partitioned {
        return Err(PatternError::refused(
            format!(
                "{} is partitioned, and PostgreSQL makes no constraint of such a table from an index",
                table.sql()
            ),
            "use the pattern add-index with --unique: it holds as well, with the partition key among its columns",
        ));
    }
    let same = |index: &&Index| {
        index.unique && index.valid && !index.partial && index.keys == arguments.columns
    };
    if let Some(index) = table.indexes.iter().find(same) {
        return Err(PatternError::refused(
            format!(
                "index {} keeps ({columns}) unique already",
                ident(&index.name)
            ),
            "nothing is to be done",
        ));
    }
    let index = Index {
        name: add_index::name(table, arguments.name.as_deref(), &arguments.columns, "_key")?,
        unique: true,
        tail: format!("btree ({columns})"),
        ..Index::default()
    };
    let purpose = format!(
        "No two rows of {} may have the same ({columns}). The build stops where two have, and writers that make a second one \
         fail while it runs already.",
        table.sql()
    );
    let mut built = add_index::step(table, &index, &purpose)?;
    built.impact = format!("writers of a second row with the same ({columns}) fail");
    Ok(vec![built, constrained(asked, &index, &columns)])
}

fn constrained(asked: &Asked<'_>, index: &Index, columns: &str) -> Step {
    let table = asked.table;
    let (relation, name) = (table.sql(), ident(&index.name));
    let other = table.free(&index.name, "_again");
    let again = Index {
        name: other.clone(),
        ..index.clone()
    };
    let mut down = indexes::create(table, &again);
    down.push(
        format!(
            "{}\nALTER INDEX {} RENAME TO {name};",
            constraint::drop(table, &index.name),
            table.beside(&other)
        )
        .into(),
    );
    down.push(check(
        indexes::is_valid(table, &index.name),
        format!("index {name} is missing or INVALID"),
    ));
    Step {
        words: format!("constrain {} by {}", table.name, index.name),
        purpose: format!(
            "The index becomes the constraint UNIQUE ({columns}) of {relation}, which ON CONFLICT and foreign keys can name. The \
             rollback builds the index a second time before it drops the constraint, since that takes its index along."
        ),
        impact: "none: the index has kept doubles out already".to_owned(),
        risk: "Low - a short lock, no scan".to_owned(),
        compliance: SCHEMA_ONLY,
        up: vec![
            format!("ALTER TABLE {relation} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};")
                .into(),
            check(
                constraint::is_validated(table, &index.name, true),
                format!("constraint {name} was not added"),
            ),
        ],
        down,
    }
}
