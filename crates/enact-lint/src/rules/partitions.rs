//! Partitions.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, CreateStmt, PartitionCmd};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::CreateStmt(stmt) if stmt.partbound.is_some() => create(lint, stmt),
        NodeEnum::AlterTableStmt(stmt) => {
            let Some(parent) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            for cmd in ast::commands(stmt) {
                let Some(NodeEnum::PartitionCmd(part)) = ast::inner(cmd.def.as_deref()) else {
                    continue;
                };
                match cmd.subtype() {
                    AlterTableType::AtDetachPartition => detach(lint, &parent, part),
                    AlterTableType::AtAttachPartition => attach(lint, stmt.objtype, &parent, part),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn create(lint: &mut Linter<'_>, stmt: &CreateStmt) {
    let parent = ast::relations(&stmt.inh_relations).next().map(Name::of);
    let (Some(parent), Some(range)) = (parent, &stmt.relation) else {
        return;
    };
    if !lint.existed(&parent) {
        return;
    }
    let child = Name::of(range);
    let bound = bound(&ast::statement(&NodeEnum::CreateStmt(stmt.clone())));
    let message = format!("{parent} is locked ACCESS EXCLUSIVE to make its partition {child}");
    let safe = safe::lines(&[
        &format!("CREATE TABLE {child} (LIKE {parent} INCLUDING ALL);"),
        "-- with a validated CHECK that implies the bound, if it holds rows already:",
        &format!("ALTER TABLE {parent} ATTACH PARTITION {child} {bound};"),
    ]);
    lint.report("partition-create", 0, message, safe);
}

/// The bound as the author wrote it.
fn bound(sql: &str) -> String {
    let start = sql.find(" FOR VALUES").or_else(|| sql.find(" DEFAULT"));
    let text = start
        .and_then(|start| sql.get(start + 1..))
        .unwrap_or("FOR VALUES …");
    text.trim_end_matches(';').to_owned()
}

fn detach(lint: &mut Linter<'_>, parent: &Name, part: &PartitionCmd) {
    let Some(child) = part.name.as_ref().map(Name::of) else {
        return;
    };
    // Before 14 there is no other way.
    if part.concurrent || lint.older_than(14) || !lint.existed(parent) {
        return;
    }
    let message = format!("{parent} is locked ACCESS EXCLUSIVE to detach {child}");
    let safe = safe::lines(&[
        "-- from PostgreSQL 14, outside BEGIN … COMMIT, with no default partition:",
        &format!("ALTER TABLE {parent} DETACH PARTITION {child} CONCURRENTLY;"),
    ]);
    lint.report("partition-detach", 0, message, safe);
}

fn attach(lint: &mut Linter<'_>, objtype: i32, parent: &Name, part: &PartitionCmd) {
    let is_index = objtype == pg_query::protobuf::ObjectType::ObjectIndex as i32;
    let Some(child) = part.name.as_ref().map(Name::of) else {
        return;
    };
    let proven = lint
        .catalog
        .relation(&child)
        .is_some_and(|relation| relation.checks.iter().any(|check| check.validated));
    if is_index || proven || !lint.existed(&child) {
        return;
    }
    let check = ident(&format!("{}_bound", child.name));
    let message = format!("every row of {child} is read to see whether it fits into {parent}");
    let safe = safe::transactions(&[
        format!(
            "ALTER TABLE {child} ADD CONSTRAINT {check} CHECK (<key> IS NOT NULL AND <key> within the bound) NOT VALID;"
        ),
        format!("ALTER TABLE {child} VALIDATE CONSTRAINT {check};"),
        format!(
            "ALTER TABLE {parent} ATTACH PARTITION {child} …;\nALTER TABLE {child} DROP CONSTRAINT {check};"
        ),
    ]);
    lint.report("partition-attach", 0, message, safe);
}
