//! Views, policies and triggers that hold on to a column, taken away and made anew as they were.

use super::sql::{ident, literal};
use super::table::{Table, View};

/// What takes them away, and what brings them back.
#[derive(Debug, Default)]
pub(super) struct Hanging {
    pub drop: Vec<String>,
    pub create: Vec<String>,
}

/// What uses the column.
pub(super) fn of(table: &Table, column: &str) -> Hanging {
    let mut hanging = Hanging::default();
    let uses = |columns: &[String]| columns.iter().any(|name| name == column);
    let relation = table.sql();
    for policy in table.policies.iter().filter(|one| uses(&one.columns)) {
        let name = ident(&policy.name);
        hanging
            .drop
            .push(format!("DROP POLICY {name} ON {relation};"));
        hanging.create.push(policy.create.clone());
        let comment = policy.comment.as_ref();
        hanging.create.extend(comment.map(|text| {
            format!(
                "COMMENT ON POLICY {name} ON {relation} IS {};",
                literal(text)
            )
        }));
    }
    for trigger in table.triggers.iter().filter(|one| uses(&one.columns)) {
        let name = ident(&trigger.name);
        hanging
            .drop
            .push(format!("DROP TRIGGER {name} ON {relation};"));
        hanging.create.push(format!("{};", trigger.def));
        let state = match trigger.enabled.as_str() {
            "A" => Some("ENABLE ALWAYS"),
            "R" => Some("ENABLE REPLICA"),
            _ => None,
        };
        let state = state.map(|state| format!("ALTER TABLE {relation} {state} TRIGGER {name};"));
        hanging.create.extend(state);
        let comment = trigger.comment.as_ref();
        hanging.create.extend(comment.map(|text| {
            format!(
                "COMMENT ON TRIGGER {name} ON {relation} IS {};",
                literal(text)
            )
        }));
    }
    let views = views(table, column);
    hanging.drop.extend(
        views
            .iter()
            .rev()
            .map(|view| format!("DROP VIEW {};", view.sql)),
    );
    hanging
        .create
        .extend(views.iter().flat_map(|view| made(table, view)));
    hanging
}

/// Views that use the column, and views that may use those: each behind what it uses.
pub(super) fn views<'a>(table: &'a Table, column: &str) -> Vec<&'a View> {
    let used = |view: &&View| {
        view.columns
            .iter()
            .any(|name| name == column || name == "*")
    };
    let any = table
        .views
        .iter()
        .any(|view| view.columns.iter().any(|name| name == column));
    table.views.iter().filter(used).filter(|_| any).collect()
}

fn made(table: &Table, view: &View) -> Vec<String> {
    let options = view
        .options
        .as_ref()
        .map_or_else(String::new, |list| format!(" WITH ({list})"));
    let mut lines = vec![format!(
        "CREATE VIEW {}{options} AS\n{}",
        view.sql, view.def
    )];
    if view.owner != table.owner {
        lines.push(format!("ALTER VIEW {} OWNER TO {};", view.sql, view.owner));
    }
    let comment = view.comment.as_ref();
    lines.extend(comment.map(|text| format!("COMMENT ON VIEW {} IS {};", view.sql, literal(text))));
    lines.extend(view.grants.iter().map(|grant| grant.sql(&view.sql, None)));
    lines
}
