//! Constraints of tables and domains.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDomainStmt, AlterTableCmd, AlterTableStmt, AlterTableType, ConstrType, Constraint,
    ObjectType, RangeVar,
};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident, idents};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::AlterTableStmt(stmt) => alter_table(lint, stmt),
        NodeEnum::AlterDomainStmt(stmt) => alter_domain(lint, stmt),
        _ => {}
    }
}

fn alter_table(lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
    let Some(range) = &stmt.relation else { return };
    let table = Name::of(range);
    if stmt.objtype() != ObjectType::ObjectTable || !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        match cmd.subtype() {
            AlterTableType::AtAddConstraint => {
                if let Some(constraint) = ast::constraint_of(cmd) {
                    added(lint, range, &table, cmd, constraint);
                }
            }
            AlterTableType::AtValidateConstraint => validate(lint, stmt, &table, &cmd.name),
            _ => {}
        }
    }
}

fn added(
    lint: &mut Linter<'_>,
    range: &RangeVar,
    table: &Name,
    cmd: &AlterTableCmd,
    constraint: &Constraint,
) {
    match constraint.contype() {
        ConstrType::ConstrCheck | ConstrType::ConstrForeign
            if !constraint.skip_validation && constraint.is_enforced =>
        {
            validates(lint, range, table, cmd, constraint);
        }
        ConstrType::ConstrUnique | ConstrType::ConstrPrimary if constraint.indexname.is_empty() => {
            builds_index(lint, table, constraint);
        }
        ConstrType::ConstrPrimary => nullable_key(lint, table, constraint),
        ConstrType::ConstrExclusion => {
            let message = format!("EXCLUDE reads every row of {table} and builds an index");
            let safe = "-- PostgreSQL has no way to add it online: make a new table with it and move over,\n\
                        -- or check in a trigger that takes a lock of its own";
            lint.report(
                "exclude-builds-index",
                constraint.location,
                message,
                safe::lines(&[safe]),
            );
        }
        _ => {}
    }
}

fn validates(
    lint: &mut Linter<'_>,
    range: &RangeVar,
    table: &Name,
    cmd: &AlterTableCmd,
    constraint: &Constraint,
) {
    let foreign = constraint.contype() == ConstrType::ConstrForeign;
    let columns = if foreign {
        ast::strings(&constraint.fk_attrs)
    } else {
        constraint
            .raw_expr
            .as_ref()
            .and_then(|expr| expr.node.as_ref())
            .map(ast::columns_in)
            .unwrap_or_default()
    };
    let name = if constraint.conname.is_empty() {
        let suffix = if foreign { "fkey" } else { "check" };
        let columns: Vec<&str> = columns.iter().take(1).map(String::as_str).collect();
        [&[table.name.as_str()], columns.as_slice(), &[suffix]]
            .concat()
            .join("_")
    } else {
        constraint.conname.clone()
    };
    let unvalidated = Constraint {
        conname: name.clone(),
        skip_validation: true,
        initially_valid: false,
        ..constraint.clone()
    };
    let unvalidated = AlterTableCmd {
        def: ast::boxed(NodeEnum::Constraint(Box::new(unvalidated))),
        ..cmd.clone()
    };
    let steps = [
        ast::alter(range, &unvalidated),
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {};", ident(&name)),
    ];
    // An old row is checked against a foreign key only when the key changes.
    let safe = if foreign {
        safe::transactions(&steps)
    } else {
        safe::once_no_row_violates(&steps)
    };
    let (rule, what) = if foreign {
        let other = constraint
            .pktable
            .as_ref()
            .map(|other| Name::of(other).to_string());
        (
            "fk-validates",
            format!(
                "the foreign key of {table} to {} is validated at once",
                other.unwrap_or_default()
            ),
        )
    } else {
        (
            "check-validates",
            format!("the CHECK of {table} is validated at once"),
        )
    };
    lint.report(rule, constraint.location, what, safe);
}

/// The index has the key's columns; the table says whether they can be NULL.
fn nullable_key(lint: &mut Linter<'_>, table: &Name, constraint: &Constraint) {
    let index = lint.catalog.index(&table.beside(&constraint.indexname));
    let relation = lint.catalog.relation(table);
    let (Some(index), Some(relation)) = (index, relation) else {
        return;
    };
    let nullable = |name: &&String| {
        let column = relation.column(name);
        column.is_some_and(|column| !column.not_null) && relation.proof_of(name).is_none()
    };
    let Some(column) = index.columns.iter().find(nullable).cloned() else {
        return;
    };
    let message = format!(
        "{table}.{} may hold NULL: every row is read before it is a key",
        ident(&column)
    );
    let safe = safe::not_null(table, &column, lint.at_least(18));
    lint.report("primary-key-nullable", constraint.location, message, safe);
}

fn builds_index(lint: &mut Linter<'_>, table: &Name, constraint: &Constraint) {
    let columns = ast::strings(&constraint.keys);
    let (rule, word, suffix) = match constraint.contype() {
        ConstrType::ConstrPrimary => ("primary-key-builds-index", "PRIMARY KEY", "pkey".to_owned()),
        _ => (
            "unique-builds-index",
            "UNIQUE",
            format!("{}_key", columns.join("_")),
        ),
    };
    let name = if constraint.conname.is_empty() {
        format!("{}_{suffix}", table.name)
    } else {
        constraint.conname.clone()
    };
    let name = ident(&name);
    let columns = idents(columns.iter().map(String::as_str));
    let nulls = if constraint.nulls_not_distinct {
        " NULLS NOT DISTINCT"
    } else {
        ""
    };
    let message = format!("{word} ({columns}) builds an index on {table}");
    let safe = safe::lines(&[
        &format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns}){nulls};"),
        &format!("ALTER TABLE {table} ADD CONSTRAINT {name} {word} USING INDEX {name};"),
    ]);
    lint.report(rule, constraint.location, message, safe);
}

/// A lock that was taken before, in this transaction or by another action of this statement, outlives the scan.
fn validate(lint: &mut Linter<'_>, stmt: &AlterTableStmt, table: &Name, name: &str) {
    let alone =
        ast::commands(stmt).all(|cmd| cmd.subtype() == AlterTableType::AtValidateConstraint);
    let held = lint.tx.held.iter().filter(|(_, lock)| lock.stops_writers());
    let held = held
        .max_by_key(|(_, lock)| *lock)
        .filter(|_| lint.tx.transactional);
    let holder = match (held, alone) {
        (Some((held, lock)), _) => format!("{} on {held}", lock.sql()),
        (None, false) => format!("the lock of the other actions on {table}"),
        (None, true) => return,
    };
    let message = format!(
        "{} is validated while the transaction holds {holder}",
        ident(name)
    );
    let safe = safe::lines(&[
        "COMMIT;",
        "BEGIN;",
        &format!("ALTER TABLE {table} VALIDATE CONSTRAINT {};", ident(name)),
        "COMMIT;",
    ]);
    lint.report("validate-same-tx", 0, message, safe);
}

fn alter_domain(lint: &mut Linter<'_>, stmt: &AlterDomainStmt) {
    let Some(domain) = Name::of_parts(&stmt.type_name) else {
        return;
    };
    if !lint.existed(&domain) {
        return;
    }
    let (what, safe) = match (stmt.subtype.as_str(), ast::inner(stmt.def.as_deref())) {
        ("C", Some(NodeEnum::Constraint(check)))
            if check.contype() == ConstrType::ConstrCheck && !check.skip_validation =>
        {
            let name = if check.conname.is_empty() {
                format!("{}_check", domain.name)
            } else {
                check.conname.clone()
            };
            let name = ident(&name);
            let expression =
                ast::inner(check.raw_expr.as_deref()).map_or_else(String::new, ast::sql_of);
            let safe = safe::transactions(&[
                format!(
                    "ALTER DOMAIN {domain} ADD CONSTRAINT {name} CHECK ({expression}) NOT VALID;"
                ),
                format!("ALTER DOMAIN {domain} VALIDATE CONSTRAINT {name};"),
            ]);
            ("the CHECK", safe)
        }
        ("O", _) => {
            let name = ident(&format!("{}_not_null", domain.name));
            let safe = format!(
                "ALTER DOMAIN {domain} ADD CONSTRAINT {name} CHECK (VALUE IS NOT NULL) NOT VALID;"
            );
            ("NOT NULL", Some(safe))
        }
        _ => return,
    };
    let message = format!("{what} of domain {domain} is validated in every table that uses it");
    lint.report("domain-validates", 0, message, safe);
}
