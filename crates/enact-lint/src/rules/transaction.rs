//! What statements of one transaction do to each other.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, VariableSetKind};

use enact_sql::tree;

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::locks::Lock;
use crate::names::{Name, literal};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum, sql: &str) {
    enum_value(lint, node, sql);
    several_locks(lint, node);
    if let NodeEnum::VariableSetStmt(stmt) = node {
        let sets = matches!(
            stmt.kind(),
            VariableSetKind::VarSetValue | VariableSetKind::VarSetDefault
        );
        if stmt.is_local && !lint.tx.transactional {
            let message = format!("SET LOCAL {} stands outside a transaction", stmt.name);
            let safe = safe::lines(&[
                "BEGIN;",
                &format!("{sql};"),
                "-- and what needs it",
                "COMMIT;",
            ]);
            lint.report("set-local-alone", 0, message, safe);
        } else if sets && !stmt.is_local {
            let message = format!("{} stays set after the transaction", stmt.name);
            let words: Vec<&str> = sql.split_whitespace().collect();
            let rest = words.get(1..).unwrap_or_default();
            let rest = match rest.first() {
                Some(word) if word.eq_ignore_ascii_case("session") => {
                    rest.get(1..).unwrap_or_default()
                }
                _ => rest,
            };
            let safe = safe::lines(&[&format!("SET LOCAL {};", rest.join(" "))]);
            lint.report("session-set", 0, message, safe);
        }
    }
}

fn enum_value(lint: &mut Linter<'_>, node: &NodeEnum, sql: &str) {
    if let NodeEnum::AlterEnumStmt(stmt) = node {
        let name = Name::of_parts(&stmt.type_name).filter(|name| lint.existed(name));
        if let Some(name) = name.filter(|_| stmt.old_val.is_empty()) {
            lint.tx.values.push((name, stmt.new_val.clone()));
        }
        return;
    }
    let idle = lint.tx.values.is_empty() || !lint.tx.transactional;
    if idle || matches!(node, NodeEnum::CommentStmt(_)) {
        return;
    }
    let used = tree::strings(sql);
    let value = lint
        .tx
        .values
        .iter()
        .find(|(_, value)| used.contains(&value.replace('\'', "''").as_str()));
    let Some((name, value)) = value.cloned() else {
        return;
    };
    let message = format!(
        "{} of {name} is used before the transaction that adds it has committed",
        literal(&value)
    );
    let safe = safe::lines(&[
        "BEGIN;",
        &format!("ALTER TYPE {name} ADD VALUE {};", literal(&value)),
        "COMMIT;",
        "BEGIN;",
        &format!("{};", sql.split_whitespace().collect::<Vec<_>>().join(" ")),
        "COMMIT;",
    ]);
    lint.report("enum-value-in-tx", 0, message, safe);
}

fn several_locks(lint: &mut Linter<'_>, node: &NodeEnum) {
    // LOCK TABLE with all of them is the cure.
    if !lint.tx.transactional || lint.tx.told_of_locks || matches!(node, NodeEnum::LockStmt(_)) {
        return;
    }
    // What the migration made, its rollback takes away: nobody else should hold it.
    let strong = |(name, lock): &&(Name, Lock)| lock.stops_writers() && !lint.undone.made(name);
    let held = lint.tx.held.iter().find(strong);
    let taken = lint.locks(node);
    let mut taken = taken.iter().filter(strong);
    // Adding a foreign key has to lock both ends; removing one does it in the order opposite to the application's.
    let pair = match held {
        Some(held) => taken
            .find(|(name, _)| {
                !lint
                    .tx
                    .held
                    .iter()
                    .any(|(known, lock)| known.may_be(name) && lock.stops_writers())
            })
            .map(|other| (held, other)),
        None if removes_a_key(node) => {
            let mut exclusive = taken.filter(|(_, lock)| *lock == Lock::AccessExclusive);
            exclusive.next().zip(exclusive.next())
        }
        None => None,
    };
    let Some(((before, first), (other, second))) = pair else {
        return;
    };
    let mode = first.max(second).sql();
    let message = format!("{other} is locked against writers while {before} is");
    let safe = safe::lines(&[
        "-- a transaction for each table, or all locks at once, in the order in which the application takes them:",
        &format!("LOCK TABLE {before}, {other} IN {mode} MODE;"),
    ]);
    lint.tx.told_of_locks = true;
    lint.report("several-strong-locks", 0, message, safe);
}

/// Could the statement lock a second table because a foreign key goes, or is made anew?
fn removes_a_key(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::DropStmt(_) => true,
        NodeEnum::AlterTableStmt(stmt) => ast::commands(stmt).any(|cmd| {
            matches!(
                cmd.subtype(),
                AlterTableType::AtDropConstraint
                    | AlterTableType::AtDropColumn
                    | AlterTableType::AtAlterColumnType
            )
        }),
        _ => false,
    }
}
