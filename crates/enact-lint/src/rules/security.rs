//! Who may do what.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableStmt, AlterTableType, CreateFunctionStmt, GrantStmt, Node, RoleSpecType,
};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::AlterTableStmt(stmt) => alter(lint, stmt),
        NodeEnum::GrantStmt(stmt) => grant(lint, stmt),
        NodeEnum::AlterDefaultPrivilegesStmt(stmt) => {
            if let Some(action) = &stmt.action {
                grant(lint, action);
            }
        }
        NodeEnum::CreateFunctionStmt(stmt) => definer(lint, stmt),
        NodeEnum::CreatePolicyStmt(stmt) => {
            if let Some(table) = stmt.table.as_ref().map(Name::of) {
                lint.tx.bare.retain(|(bare, ..)| !bare.may_be(&table));
            }
        }
        _ => {}
    }
}

fn alter(lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
    use AlterTableType as T;
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        match cmd.subtype() {
            T::AtDisableTrig | T::AtDisableTrigAll | T::AtDisableTrigUser | T::AtDisableRule => {
                let message = format!(
                    "{} of {table} no longer fire",
                    fired(cmd.subtype(), &cmd.name)
                );
                let safe = safe::lines(&[
                    "-- let the triggers fire, or let them decide by what they see in the row",
                ]);
                lint.report("disable-trigger", 0, message, safe);
            }
            T::AtDisableRowSecurity | T::AtNoForceRowSecurity => {
                if lint.is_rollback() && lint.undone.secured.iter().any(|name| name.may_be(&table))
                {
                    continue;
                }
                let message = format!("row-level security of {table} is switched off");
                let safe = safe::lines(&[
                    "-- a policy for the role that needs more:",
                    &format!("CREATE POLICY … ON {table} TO … USING (…);"),
                ]);
                lint.report("disable-rls", 0, message, safe);
            }
            T::AtEnableRowSecurity => {
                let known = lint
                    .catalog
                    .relation(&table)
                    .is_some_and(|relation| relation.has_policy);
                if !known && !lint.is_rollback() {
                    let (statement, range) = lint.place();
                    lint.tx.bare.push((table.clone(), statement, range));
                }
            }
            _ => {}
        }
    }
}

fn fired(subtype: AlterTableType, name: &str) -> String {
    match subtype {
        AlterTableType::AtDisableTrigAll => "all triggers".to_owned(),
        AlterTableType::AtDisableTrigUser => "the triggers".to_owned(),
        _ => ident(name),
    }
}

/// Row-level security needs its policies when the transaction commits.
pub fn end_of_segment(lint: &mut Linter<'_>) {
    for (table, statement, range) in std::mem::take(&mut lint.tx.bare) {
        let message = format!("row-level security of {table} is on, and no policy lets anybody in");
        let safe = safe::lines(&[
            "-- in the same transaction:",
            &format!("CREATE POLICY … ON {table} TO … USING (…);"),
        ]);
        lint.report_at("rls-without-policy", statement, range, message, safe);
    }
}

fn grant(lint: &mut Linter<'_>, stmt: &GrantStmt) {
    let public = |node: &Node| matches!(&node.node, Some(NodeEnum::RoleSpec(role)) if role.roletype() == RoleSpecType::RolespecPublic);
    if !stmt.is_grant
        || !stmt.grantees.iter().any(public)
        || (lint.is_rollback() && lint.undone.revoked_public)
    {
        return;
    }
    let message = "every role is granted this".to_owned();
    let safe = safe::lines(&[
        "-- a role that those who need it are members of:",
        "CREATE ROLE … NOLOGIN;",
        "GRANT … TO …;",
    ]);
    lint.report("grant-to-public", 0, message, safe);
}

fn definer(lint: &mut Linter<'_>, stmt: &CreateFunctionStmt) {
    // The names in a body of standard SQL are looked up when it is made.
    if !ast::on(&stmt.options, "security") || stmt.sql_body.is_some() {
        return;
    }
    let sets = ast::options(&stmt.options).any(|option| match ast::inner(option.arg.as_deref()) {
        Some(NodeEnum::VariableSetStmt(set)) => set.name.eq_ignore_ascii_case("search_path"),
        _ => false,
    });
    if sets {
        return;
    }
    let name = Name::of_parts(&stmt.funcname)
        .map(|name| name.to_string())
        .unwrap_or_default();
    let message = format!("{name} runs with its owner's rights and its caller's search_path");
    let word = if stmt.is_procedure {
        "PROCEDURE"
    } else {
        "FUNCTION"
    };
    let safe = safe::lines(&[
        "-- in its definition, with every name in it qualified by its schema:",
        "SET search_path = pg_catalog, pg_temp",
        &format!("-- or after it: ALTER {word} {name} SET search_path = pg_catalog, pg_temp;"),
    ]);
    lint.report("definer-search-path", 0, message, safe);
}
