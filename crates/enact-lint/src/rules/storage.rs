//! Statements that write a table again by their nature.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableStmt, AlterTableType};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::AlterTableStmt(stmt) => alter(lint, stmt),
        NodeEnum::ClusterStmt(stmt) => {
            let table = stmt.relation.as_ref().map(Name::of);
            maintenance(lint, "CLUSTER", table);
        }
        NodeEnum::VacuumStmt(stmt) if ast::on(&stmt.options, "full") => {
            let table = stmt.rels.iter().find_map(|rel| match rel.node.as_ref()? {
                NodeEnum::VacuumRelation(rel) => rel.relation.as_ref().map(Name::of),
                _ => None,
            });
            maintenance(lint, "VACUUM FULL", table);
        }
        _ => {}
    }
}

fn maintenance(lint: &mut Linter<'_>, word: &str, table: Option<Name>) {
    if table.as_ref().is_some_and(|table| !lint.existed(table)) {
        return;
    }
    let of = table
        .as_ref()
        .map_or_else(|| "every table".to_owned(), Name::to_string);
    let message = format!("{word} writes {of} again");
    let safe = table.map(|table| format!("-- pg_repack does it without the lock; to free space for new rows alone:\nVACUUM {table};"));
    lint.report("rewrite-maintenance", 0, message, safe);
}

fn alter(lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if stmt.objtype() != pg_query::protobuf::ObjectType::ObjectTable || !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        let what = match cmd.subtype() {
            AlterTableType::AtSetLogged => "SET LOGGED".to_owned(),
            AlterTableType::AtSetUnLogged => "SET UNLOGGED".to_owned(),
            AlterTableType::AtSetAccessMethod => format!("SET ACCESS METHOD {}", ident(&cmd.name)),
            AlterTableType::AtSetTableSpace => format!("SET TABLESPACE {}", ident(&cmd.name)),
            AlterTableType::AtSetExpression => {
                format!("ALTER COLUMN {} SET EXPRESSION", ident(&cmd.name))
            }
            _ => continue,
        };
        let message = format!("{what} writes {table} again");
        let safe = safe::lines(&[
            "-- make a new table as it should be, keep both in step by a trigger, copy in batches,",
            "-- and let the application move over; or do it in an announced maintenance window",
        ]);
        lint.report("rewrite-storage", 0, message, safe);
    }
}
