//! What a regulator looks at: records that never change, who may do what, signatures.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ConstrType, DropStmt, GrantStmt,
    GrantTargetType, Node, ObjectType, UpdateStmt,
};

use super::safe;
use crate::ast;
use crate::context::Regulated;
use crate::linter::Linter;
use crate::names::{Name, ident};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    let Some(regulated) = lint.context.regulated else {
        return;
    };
    let judge = Judge { regulated };
    match node {
        NodeEnum::UpdateStmt(stmt) => judge.update(lint, stmt),
        NodeEnum::DeleteStmt(stmt) => {
            let tables = stmt.relation.iter().map(Name::of).collect();
            judge.rows(lint, "DELETE", tables);
        }
        NodeEnum::MergeStmt(stmt) => {
            let tables = stmt.relation.iter().map(Name::of).collect();
            judge.rows(lint, "MERGE", tables);
        }
        NodeEnum::TruncateStmt(stmt) => {
            let tables = ast::relations(&stmt.relations).map(Name::of).collect();
            judge.rows(lint, "TRUNCATE", tables);
        }
        NodeEnum::AlterTableStmt(stmt) => judge.alter(lint, stmt),
        NodeEnum::DropStmt(stmt) => judge.drop(lint, stmt),
        NodeEnum::CreateTrigStmt(stmt) if stmt.replace => {
            let table = stmt.relation.as_ref().map(Name::of);
            judge.guard(lint, &format!("trigger {}", ident(&stmt.trigname)), table);
        }
        NodeEnum::CreatePolicyStmt(stmt) => {
            let what = format!("policy {}", ident(&stmt.policy_name));
            judge.access(lint, &what, stmt.table.as_ref().map(Name::of));
        }
        NodeEnum::AlterPolicyStmt(stmt) => {
            let what = format!("policy {}", ident(&stmt.policy_name));
            judge.access(lint, &what, stmt.table.as_ref().map(Name::of));
        }
        NodeEnum::GrantStmt(stmt) => judge.grant(lint, stmt),
        NodeEnum::RenameStmt(stmt) if stmt.rename_type() == ObjectType::ObjectColumn => {
            let table = stmt.relation.as_ref().map(Name::of);
            judge.signature(lint, "RENAME", table, &stmt.subname);
        }
        _ => {}
    }
}

const KEEP: &str =
    "-- put what is new into a table beside it, or into new rows that say what they correct";
const REVIEW: &str =
    "-- say who has approved it: -- enact: allow(regulated-access) <change request>";
const SIGN: &str = "-- leave what was signed as it is, and let a new row say what supersedes it";

fn report(lint: &mut Linter<'_>, rule: &'static str, message: String, safe: &str) {
    lint.report(rule, 0, message, safe::lines(&[safe]));
}

struct Judge<'a> {
    regulated: &'a Regulated,
}

impl Judge<'_> {
    /// The table, if it was there before and is on a list.
    fn listed(lint: &Linter<'_>, list: &[Name], table: &Name) -> bool {
        let own = lint.is_rollback() && lint.undone.made(table);
        !own && lint.existed(table) && list.iter().any(|name| name.may_be(table))
    }

    fn rows(&self, lint: &mut Linter<'_>, word: &str, tables: Vec<Name>) {
        for table in tables {
            if Self::listed(lint, &self.regulated.append_only, &table) {
                let message = format!("{word} changes records of {table}, which is append-only");
                report(lint, "audit-immutable", message, KEEP);
            }
        }
    }

    fn update(&self, lint: &mut Linter<'_>, stmt: &UpdateStmt) {
        let table = stmt.relation.as_ref().map(Name::of);
        self.rows(lint, "UPDATE", table.iter().cloned().collect());
        for target in &stmt.target_list {
            if let Some(NodeEnum::ResTarget(target)) = &target.node {
                self.signature(lint, "UPDATE", table.clone(), &target.name);
            }
        }
    }

    /// What keeps the records as they are.
    fn guard(&self, lint: &mut Linter<'_>, what: &str, table: Option<Name>) {
        let listed = |table: &Name| Self::listed(lint, &self.regulated.append_only, table);
        if let Some(table) = table.filter(listed) {
            let message = format!("{what} of {table}, which is append-only, is changed");
            report(lint, "audit-immutable", message, KEEP);
        }
    }

    fn access(&self, lint: &mut Linter<'_>, what: &str, table: Option<Name>) {
        let listed = |table: &Name| Self::listed(lint, &self.regulated.access, table);
        if let Some(table) = table.filter(listed) {
            let message = format!("{what} decides who sees or changes {table}");
            report(lint, "regulated-access", message, REVIEW);
        }
    }

    fn signature(&self, lint: &mut Linter<'_>, word: &str, table: Option<Name>, column: &str) {
        let listed = |table: &Name| {
            let mut signatures = self.regulated.signatures.iter();
            lint.existed(table) && signatures.any(|(of, name)| name == column && of.may_be(table))
        };
        if let Some(table) = table.filter(listed) {
            let message = format!(
                "{word} of {table}.{}, which holds signatures",
                ident(column)
            );
            report(lint, "regulated-signature", message, SIGN);
        }
    }

    fn alter(&self, lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
        use AlterTableType as T;
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        for cmd in ast::commands(stmt) {
            self.records(lint, &table, cmd);
            match cmd.subtype() {
                T::AtDropColumn => self.signature(lint, "DROP", Some(table.clone()), &cmd.name),
                T::AtAlterColumnType => {
                    self.signature(lint, "a new type", Some(table.clone()), &cmd.name);
                }
                T::AtColumnDefault if cmd.def.is_some() => {
                    self.signature(lint, "a default", Some(table.clone()), &cmd.name);
                }
                T::AtEnableRowSecurity | T::AtForceRowSecurity => {
                    self.access(lint, "row-level security", Some(table.clone()));
                }
                T::AtDisableRowSecurity | T::AtNoForceRowSecurity => {
                    self.access(lint, "the end of row-level security", Some(table.clone()));
                }
                T::AtChangeOwner => self.access(lint, "the owner", Some(table.clone())),
                _ => {}
            }
        }
    }

    /// What an action does to records that are there.
    fn records(&self, lint: &mut Linter<'_>, table: &Name, cmd: &AlterTableCmd) {
        use AlterTableType as T;
        let column = ident(&cmd.name);
        let what = match cmd.subtype() {
            T::AtAddColumn if gives_values(cmd) => "the values of the new column".to_owned(),
            T::AtDropColumn => format!("column {column}"),
            T::AtAlterColumnType | T::AtSetExpression => format!("the values of {column}"),
            T::AtSetUnLogged => "the safety after a crash".to_owned(),
            T::AtDisableTrigAll | T::AtDisableTrigUser => "the triggers".to_owned(),
            T::AtDisableTrig | T::AtEnableReplicaTrig => format!("trigger {column}"),
            T::AtDisableRule | T::AtEnableReplicaRule => format!("rule {column}"),
            _ => return,
        };
        if Self::listed(lint, &self.regulated.append_only, table) {
            let message = format!("{what} of {table}, which is append-only");
            report(lint, "audit-immutable", message, KEEP);
        }
    }

    fn drop(&self, lint: &mut Linter<'_>, stmt: &DropStmt) {
        for object in &stmt.objects {
            let Some(name) = Name::of_object(object) else {
                continue;
            };
            let table = table_of(object);
            // A rollback takes away what its migration made.
            let own = table.as_ref();
            if own
                .is_some_and(|table| lint.is_rollback() && lint.undone.attached(table, &name.name))
            {
                continue;
            }
            match stmt.remove_type() {
                ObjectType::ObjectTable => self.rows(lint, "DROP", vec![name]),
                ObjectType::ObjectTrigger => {
                    self.guard(lint, &format!("trigger {}", ident(&name.name)), table);
                }
                ObjectType::ObjectRule => {
                    self.guard(lint, &format!("rule {}", ident(&name.name)), table);
                }
                ObjectType::ObjectPolicy => {
                    let what = format!("policy {}", ident(&name.name));
                    self.access(lint, &what, table);
                }
                _ => {}
            }
        }
    }

    fn grant(&self, lint: &mut Linter<'_>, stmt: &GrantStmt) {
        let word = if stmt.is_grant { "GRANT" } else { "REVOKE" };
        let on_tables = stmt.objtype() == ObjectType::ObjectTable;
        match stmt.targtype() {
            GrantTargetType::AclTargetObject if on_tables => {
                for table in ast::relations(&stmt.objects)
                    .map(Name::of)
                    .collect::<Vec<_>>()
                {
                    self.access(lint, word, Some(table));
                }
            }
            GrantTargetType::AclTargetAllInSchema if on_tables => {
                let schemas: Vec<&str> = stmt.objects.iter().filter_map(ast::string).collect();
                let inside = |table: &&Name| {
                    let schema = table.schema.as_deref();
                    schema.is_none_or(|schema| schemas.contains(&schema))
                };
                let tables: Vec<Name> = self
                    .regulated
                    .access
                    .iter()
                    .filter(inside)
                    .cloned()
                    .collect();
                for table in tables {
                    self.access(lint, word, Some(table));
                }
            }
            _ => {}
        }
    }
}

/// `DROP TRIGGER name ON table` names the table before the trigger.
fn table_of(object: &Node) -> Option<Name> {
    match object.node.as_ref()? {
        NodeEnum::List(list) => Name::of_parts(list.items.split_last()?.1),
        _ => None,
    }
}

/// Does a new column hold something in rows that are there?
fn gives_values(cmd: &AlterTableCmd) -> bool {
    let Some(column) = ast::column_of(cmd) else {
        return false;
    };
    let kinds = [ConstrType::ConstrIdentity, ConstrType::ConstrGenerated];
    let of = column.type_name.as_ref();
    let serial = of
        .and_then(|of| Name::of_parts(&of.names))
        .is_some_and(|of| of.name.contains("serial"));
    serial
        || ast::default_of(column).is_some()
        || kinds
            .iter()
            .any(|kind| ast::of_kind(column, *kind).is_some())
}
