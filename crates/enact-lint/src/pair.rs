//! A rollback against the migration that it undoes.

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, ObjectType, RangeVar, RoleSpecType, UpdateStmt};

use crate::ast;
use crate::catalog::Catalog;
use crate::linter::Linter;
use crate::locks::{self, Lock};
use crate::names::{Name, ident};

/// What a migration did, as far as its rollback should know.
#[derive(Debug, Default)]
pub(crate) struct Undone {
    known: bool,
    /// Relations that it made.
    made: Vec<Name>,
    /// Columns that it added.
    added: Vec<(Name, String)>,
    /// Triggers, rules and policies that it made, each with its table.
    attached: Vec<(Name, String)>,
    /// Tables that it filled, and columns that it set.
    filled: Vec<(Name, Option<String>)>,
    /// Tables whose row-level security it switched on.
    pub secured: Vec<Name>,
    /// It took something from PUBLIC.
    pub revoked_public: bool,
    /// Its strongest lock on each table.
    locks: Vec<(Name, Lock)>,
    /// It runs code that the tree does not show.
    opaque: bool,
}

impl Undone {
    pub fn of(script: &Script) -> Self {
        let mut undone = Self {
            known: true,
            ..Self::default()
        };
        for statement in script.statements() {
            tree::look(script.sql(statement), |node| undone.statement(node));
        }
        undone
    }

    fn statement(&mut self, node: &NodeEnum) {
        self.locks.extend(locks::locks(node, &Catalog::default()));
        match node {
            NodeEnum::CreateStmt(stmt) => self.made.extend(stmt.relation.as_ref().map(Name::of)),
            NodeEnum::CreateTableAsStmt(stmt) => {
                let relation = stmt
                    .into
                    .as_ref()
                    .and_then(|into| into.rel.as_ref())
                    .map(Name::of);
                if stmt.objtype() != ObjectType::ObjectMatview {
                    self.filled
                        .extend(relation.clone().map(|name| (name, None)));
                }
                self.made.extend(relation);
            }
            NodeEnum::CreateTrigStmt(stmt) => self.attach(stmt.relation.as_ref(), &stmt.trigname),
            NodeEnum::RuleStmt(stmt) => self.attach(stmt.relation.as_ref(), &stmt.rulename),
            NodeEnum::CreatePolicyStmt(stmt) => {
                self.attach(stmt.table.as_ref(), &stmt.policy_name);
            }
            NodeEnum::CreateSchemaStmt(stmt) => self.made.push(Name::plain(&stmt.schemaname)),
            NodeEnum::InsertStmt(stmt) => {
                let given = matches!(ast::inner(stmt.select_stmt.as_deref()), Some(NodeEnum::SelectStmt(select)) if !select.values_lists.is_empty());
                // Constants stand in the migration and are not lost.
                if !given {
                    self.filled
                        .extend(stmt.relation.as_ref().map(|range| (Name::of(range), None)));
                }
            }
            NodeEnum::UpdateStmt(stmt) => self.update(stmt),
            NodeEnum::AlterTableStmt(stmt) => {
                let Some(table) = stmt.relation.as_ref().map(Name::of) else {
                    return;
                };
                for cmd in ast::commands(stmt) {
                    match cmd.subtype() {
                        AlterTableType::AtAddColumn => {
                            self.added.extend(
                                ast::column_of(cmd)
                                    .map(|column| (table.clone(), column.colname.clone())),
                            );
                        }
                        AlterTableType::AtEnableRowSecurity
                        | AlterTableType::AtForceRowSecurity => {
                            self.secured.push(table.clone());
                        }
                        _ => {}
                    }
                }
            }
            NodeEnum::RenameStmt(stmt) => {
                let Some(old) = stmt.relation.as_ref().map(Name::of) else {
                    return;
                };
                self.made.push(old.beside(&stmt.newname));
            }
            NodeEnum::GrantStmt(stmt) if !stmt.is_grant => {
                let public = |node: &pg_query::protobuf::Node| matches!(&node.node, Some(NodeEnum::RoleSpec(role)) if role.roletype() == RoleSpecType::RolespecPublic);
                self.revoked_public |= stmt.grantees.iter().any(public);
            }
            NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_) => self.opaque = true,
            _ => {}
        }
    }

    fn update(&mut self, stmt: &UpdateStmt) {
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        for target in &stmt.target_list {
            if let Some(NodeEnum::ResTarget(target)) = &target.node {
                self.filled.push((table.clone(), Some(target.name.clone())));
            }
        }
    }

    fn attach(&mut self, table: Option<&RangeVar>, name: &str) {
        let table = table.map(Name::of);
        self.attached
            .extend(table.map(|table| (table, name.to_owned())));
    }

    /// Did it make this trigger, rule or policy of a table?
    pub fn attached(&self, table: &Name, name: &str) -> bool {
        let mut attached = self.attached.iter();
        attached.any(|(of, made)| made == name && of.may_be(table))
    }

    pub fn made(&self, table: &Name) -> bool {
        self.made.iter().any(|made| made.may_be(table))
    }

    fn filled(&self, table: &Name, column: Option<&str>) -> bool {
        let matches = |set: &Option<String>| column.is_none() || set.as_deref() == column;
        self.filled
            .iter()
            .any(|(filled, set)| filled.may_be(table) && matches(set))
    }
}

/// Judges one statement of a rollback.
pub(crate) fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    if !lint.is_rollback() || !lint.undone.known {
        return;
    }
    match node {
        NodeEnum::DropStmt(stmt)
            if matches!(
                stmt.remove_type(),
                ObjectType::ObjectTable | ObjectType::ObjectSchema
            ) =>
        {
            let names: Vec<Name> = stmt.objects.iter().filter_map(Name::of_object).collect();
            for name in names {
                dropped(lint, &name, None);
            }
        }
        NodeEnum::AlterTableStmt(stmt) => {
            let Some(table) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            for cmd in ast::commands(stmt) {
                if cmd.subtype() == AlterTableType::AtDropColumn {
                    dropped(lint, &table, Some(&cmd.name));
                }
            }
        }
        _ => {}
    }
    harder(lint, node);
}

fn dropped(lint: &mut Linter<'_>, table: &Name, column: Option<&str>) {
    // What the rollback made itself is its own.
    if !lint.existed(table) {
        return;
    }
    let undone = &lint.undone;
    let own = match column {
        None => undone.made(table),
        Some(column) => {
            let added = undone
                .added
                .iter()
                .any(|(of, name)| of.may_be(table) && name == column);
            added || undone.made(table)
        }
    };
    let what = match column {
        None => table.to_string(),
        Some(column) => format!("{table}.{}", ident(column)),
    };
    let why = if !own && !undone.opaque {
        "which its migration did not create"
    } else if undone.filled(table, column) {
        "which its migration filled"
    } else {
        return;
    };
    let message = format!("the rollback drops {what}, {why}");
    let safe = "-- keep it, or refuse to roll back while it holds what exists nowhere else:\n\
                -- RAISE EXCEPTION in a DO block, as the first statement";
    lint.report("rollback-loses-data", 0, message, Some(safe.to_owned()));
}

/// The migration let everybody work; the rollback does not.
fn harder(lint: &mut Linter<'_>, node: &NodeEnum) {
    if lint.undone.opaque {
        return;
    }
    for (table, lock) in lint.locks(node) {
        let before = lint
            .undone
            .locks
            .iter()
            .filter(|(name, _)| name.may_be(&table))
            .map(|(_, lock)| *lock)
            .max();
        let gentle = before.is_some_and(|before| !before.stops_writers());
        if !gentle || !lock.stops_writers() || lint.undone.made(&table) {
            continue;
        }
        let message = format!(
            "{} on {table}, where the migration took {}",
            lock.sql(),
            before.map_or("none", Lock::sql)
        );
        let safe = Some(
            "-- take back each step the way it was taken, such as DROP INDEX CONCURRENTLY"
                .to_owned(),
        );
        lint.report("rollback-locks-harder", 0, message, safe);
        return;
    }
}
