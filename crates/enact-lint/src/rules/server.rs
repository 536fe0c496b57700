//! What a server of the configured version does not know yet.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, ColumnDef, ConstrType, Constraint};

use crate::ast;
use crate::linter::Linter;

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    for (what, major) in needs(node) {
        if lint.older_than(major) {
            let message = format!("{what} needs PostgreSQL {major}");
            let safe = lint.context.server.map(|server| {
                format!("-- the server is configured as {server}: [lint] server in enact.toml")
            });
            lint.report("needs-newer-server", 0, message, safe);
        }
    }
}

fn needs(node: &NodeEnum) -> Vec<(&'static str, u16)> {
    let mut found = Vec::new();
    match node {
        NodeEnum::AlterTableStmt(stmt) => {
            for cmd in ast::commands(stmt) {
                found.extend(ast::column_of(cmd).map(column).unwrap_or_default());
                found.extend(ast::constraint_of(cmd).map(constraint).unwrap_or_default());
                let added_not_null = cmd.subtype() == AlterTableType::AtAddConstraint
                    && ast::constraint_of(cmd)
                        .is_some_and(|one| one.contype() == ConstrType::ConstrNotnull);
                if added_not_null {
                    found.push(("ADD CONSTRAINT … NOT NULL", 18));
                }
                match (cmd.subtype(), ast::inner(cmd.def.as_deref())) {
                    (AlterTableType::AtSetExpression, _) => found.push(("SET EXPRESSION", 17)),
                    (AlterTableType::AtSetAccessMethod, _) => found.push(("SET ACCESS METHOD", 15)),
                    (AlterTableType::AtSetCompression, _) => found.push(("SET COMPRESSION", 14)),
                    (AlterTableType::AtDetachPartition, Some(NodeEnum::PartitionCmd(part)))
                        if part.concurrent =>
                    {
                        found.push(("DETACH PARTITION … CONCURRENTLY", 14));
                    }
                    _ => {}
                }
            }
        }
        NodeEnum::CreateStmt(stmt) => {
            for one in ast::columns(&stmt.table_elts) {
                found.extend(column(one));
            }
            for one in ast::constraints(&stmt.table_elts) {
                found.extend(constraint(one));
            }
        }
        NodeEnum::IndexStmt(stmt) if stmt.nulls_not_distinct => {
            found.push(("NULLS NOT DISTINCT", 15))
        }
        NodeEnum::MergeStmt(_) => found.push(("MERGE", 15)),
        NodeEnum::ViewStmt(stmt)
            if ast::options(&stmt.options).any(|option| option.defname == "security_invoker") =>
        {
            found.push(("security_invoker", 15));
        }
        NodeEnum::CreateTrigStmt(stmt) if stmt.replace => {
            found.push(("CREATE OR REPLACE TRIGGER", 14))
        }
        NodeEnum::CreateFunctionStmt(stmt) if stmt.sql_body.is_some() => {
            found.push(("a body of standard SQL", 14));
        }
        _ => {}
    }
    found
}

fn column(column: &ColumnDef) -> Vec<(&'static str, u16)> {
    let mut found: Vec<_> = ast::constraints(&column.constraints)
        .flat_map(constraint)
        .collect();
    if let Some(default) = ast::default_of(column) {
        ast::visit(default, &mut |node| {
            if let NodeEnum::FuncCall(call) = node {
                let name = call.funcname.last().and_then(ast::string);
                if matches!(name, Some("uuidv7" | "uuidv4")) {
                    found.push(("uuidv7()", 18));
                }
            }
        });
    }
    found
}

fn constraint(constraint: &Constraint) -> Vec<(&'static str, u16)> {
    let mut found = Vec::new();
    if constraint.contype() == ConstrType::ConstrGenerated && constraint.generated_kind == "v" {
        found.push(("a virtual generated column", 18));
    }
    let checked = matches!(
        constraint.contype(),
        ConstrType::ConstrCheck | ConstrType::ConstrForeign
    );
    if (checked && !constraint.is_enforced)
        || constraint.contype() == ConstrType::ConstrAttrNotEnforced
    {
        found.push(("NOT ENFORCED", 18));
    }
    if constraint.nulls_not_distinct {
        found.push(("NULLS NOT DISTINCT", 15));
    }
    if constraint.without_overlaps {
        found.push(("WITHOUT OVERLAPS", 18));
    }
    found
}
