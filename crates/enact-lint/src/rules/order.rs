//! Steps in an order in which they hurt.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, ObjectType,
    UpdateStmt,
};

use super::safe;
use crate::ast;
use crate::catalog::RowChange;
use crate::learn;
use crate::linter::Linter;
use crate::names::{Name, ident};
use crate::rule::Severity;

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    if lint.is_rollback() {
        return;
    }
    match node {
        NodeEnum::AlterTableStmt(stmt) if stmt.objtype() == ObjectType::ObjectTable => {
            alter(lint, stmt);
        }
        NodeEnum::UpdateStmt(stmt) => update(lint, stmt),
        _ => {}
    }
}

fn alter(lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        match cmd.subtype() {
            AlterTableType::AtAddColumn => {
                let added = ast::column_of(cmd).filter(|column| is_empty(lint, column));
                let added = added.map(|column| (table.clone(), column.colname.clone()));
                lint.unfilled.extend(added);
            }
            AlterTableType::AtAddConstraint => {
                if let Some(constraint) = ast::constraint_of(cmd) {
                    constrained(lint, &table, constraint);
                }
            }
            AlterTableType::AtSetNotNull => required(lint, &table, &cmd.name),
            AlterTableType::AtDropColumn => dropped(lint, &table, cmd),
            _ => {}
        }
    }
}

/// Does a new column hold NULL in every row?
fn is_empty(lint: &Linter<'_>, column: &ColumnDef) -> bool {
    let of = column.type_name.as_ref();
    let of = of.and_then(|of| Name::of_parts(&of.names));
    let serial = of.as_ref().is_some_and(|of| of.name.contains("serial"));
    let domain = of.and_then(|of| lint.catalog.domain(&of).map(|domain| domain.has_default));
    let filled = [ConstrType::ConstrGenerated, ConstrType::ConstrIdentity];
    let filled = filled
        .iter()
        .any(|kind| ast::of_kind(column, *kind).is_some());
    !serial && !filled && domain != Some(true) && ast::default_of(column).is_none()
}

fn is_unfilled(lint: &Linter<'_>, table: &Name, column: &str) -> bool {
    let mut unfilled = lint.unfilled.iter();
    unfilled.any(|(of, name)| name == column && of.may_be(table))
}

fn update(lint: &mut Linter<'_>, stmt: &UpdateStmt) {
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    for target in &stmt.target_list {
        let Some(NodeEnum::ResTarget(target)) = &target.node else {
            continue;
        };
        lint.unfilled
            .retain(|(of, name)| !(*name == target.name && of.may_be(&table)));
        let value = ast::inner(target.val.as_deref());
        let read = value.map(ast::columns_in).unwrap_or_default();
        let read = read.into_iter().filter(|name| *name != target.name);
        lint.sources.extend(read.map(|name| (table.clone(), name)));
    }
}

/// A constraint that is not validated holds for every row that is written, also one that violated it before.
fn constrained(lint: &mut Linter<'_>, table: &Name, constraint: &Constraint) {
    if !constraint.skip_validation || is_never_updated(lint, table) {
        return;
    }
    let columns = match constraint.contype() {
        ConstrType::ConstrNotnull => ast::strings(&constraint.keys),
        ConstrType::ConstrCheck if constraint.is_enforced => {
            let condition = ast::inner(constraint.raw_expr.as_deref());
            condition.map(learn::proven).unwrap_or_default()
        }
        _ => return,
    };
    let counted = |column: &&String| {
        let relation = lint.catalog.relation(table);
        let known = relation.and_then(|relation| relation.column(column));
        known.is_some_and(|known| known.holds_null)
    };
    let certain = columns
        .iter()
        .find(|column| is_unfilled(lint, table, column));
    let Some(column) = certain.or_else(|| columns.iter().find(counted)) else {
        return;
    };
    let named = format!("{table}.{}", ident(column));
    let message = match certain {
        Some(_) => format!("{named} is NULL in every row when this constraint comes"),
        None => format!(
            "by the statistics, rows of {table} hold NULL in {}",
            ident(column)
        ),
    };
    let fill = safe::fill(table, column, "…");
    let safe = safe::lines(&[
        "-- before the constraint, and with every release that runs writing the column:",
        &fill,
    ]);
    let is_certain = certain.is_some();
    let finding = lint.report("not-valid-live-rows", constraint.location, message, safe);
    // The rows may have been filled since the statistics were taken.
    if !is_certain {
        finding.severity = Severity::Warning;
    }
}

/// Rows that are never written again cannot fail a constraint.
fn is_never_updated(lint: &Linter<'_>, table: &Name) -> bool {
    let regulated = lint.context.regulated;
    let listed = regulated.is_some_and(|regulated| {
        let mut tables = regulated.append_only.iter();
        tables.any(|name| name.may_be(table))
    });
    listed || lint.catalog.rewrite_of(table, RowChange::Update).is_some()
}

fn required(lint: &mut Linter<'_>, table: &Name, column: &str) {
    if !is_unfilled(lint, table, column) {
        return;
    }
    let named = format!("{table}.{}", ident(column));
    let message = format!("{named} is required before anything has filled it");
    let fill = safe::fill(table, column, "…");
    let safe = safe::lines(&["-- in a migration before this one:", &fill]);
    lint.report("contract-before-backfill", 0, message, safe);
}

fn dropped(lint: &mut Linter<'_>, table: &Name, cmd: &AlterTableCmd) {
    let mut sources = lint.sources.iter();
    if !sources.any(|(of, name)| *name == cmd.name && of.may_be(table)) {
        return;
    }
    let named = format!("{table}.{}", ident(&cmd.name));
    let message = format!("{named} goes in the file that moves its values");
    let safe = safe::lines(&[
        "-- keep both columns in step by a trigger, move the values, let every release use the new column,",
        "-- and drop the old one in a later migration:",
        &format!("ALTER TABLE {table} DROP COLUMN {};", ident(&cmd.name)),
    ]);
    lint.report("contract-before-backfill", 0, message, safe);
}
