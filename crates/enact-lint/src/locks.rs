//! Which lock a statement takes on which table. The table is that of PostgreSQL 13 to 18, verified on each.

use std::collections::BTreeMap;

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ConstrType, Constraint, DropStmt, ObjectType,
    RenameStmt,
};

use crate::ast;
use crate::catalog::{Catalog, RelationKind};
use crate::names::Name;

/// A table lock, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Lock {
    pub fn sql(self) -> &'static str {
        match self {
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Does it keep the application from writing?
    pub fn stops_writers(self) -> bool {
        self >= Self::Share
    }
}

/// The strongest lock that a script takes on each table, by the table's name as it is written, where it stops writers.
/// For a table that the script makes nobody can wait.
#[must_use]
pub fn strong_locks(script: &Script) -> Vec<(String, &'static str)> {
    let catalog = Catalog::default();
    let mut strongest: BTreeMap<String, Lock> = BTreeMap::new();
    let mut made: Vec<Name> = Vec::new();
    for statement in script.statements() {
        let seen = tree::look(script.sql(statement), |node| {
            (locks(node, &catalog), makes(node), leaves(node))
        });
        let Some((taken, makes, leaves)) = seen else {
            continue;
        };
        for (table, lock) in taken.into_iter().filter(|(table, _)| !made.contains(table)) {
            let held = strongest.entry(table.to_string()).or_insert(lock);
            *held = lock.max(*held);
        }
        made.retain(|table| !leaves.contains(table));
        made.extend(makes);
    }
    let strong = strongest
        .into_iter()
        .filter(|(_, lock)| lock.stops_writers());
    strong.map(|(table, lock)| (table, lock.sql())).collect()
}

/// The table or materialized view that a statement makes, where it cannot have been there before.
fn makes(node: &NodeEnum) -> Option<Name> {
    let table = match node {
        NodeEnum::CreateStmt(stmt) if !stmt.if_not_exists => stmt.relation.as_ref(),
        NodeEnum::CreateTableAsStmt(stmt) if !stmt.if_not_exists => {
            stmt.into.as_ref().and_then(|into| into.rel.as_ref())
        }
        _ => None,
    };
    table.map(Name::of)
}

/// Names that are free again after a statement: what bears them later is another table.
fn leaves(node: &NodeEnum) -> Vec<Name> {
    let of_table = |kind| matches!(kind, ObjectType::ObjectTable | ObjectType::ObjectMatview);
    match node {
        NodeEnum::RenameStmt(stmt) if of_table(stmt.rename_type()) => {
            stmt.relation.iter().map(Name::of).collect()
        }
        NodeEnum::AlterObjectSchemaStmt(stmt) => stmt.relation.iter().map(Name::of).collect(),
        NodeEnum::DropStmt(stmt) if of_table(stmt.remove_type()) => {
            stmt.objects.iter().filter_map(Name::of_object).collect()
        }
        _ => Vec::new(),
    }
}

/// The strongest lock per table that a statement takes and that is worth knowing.
pub fn locks(node: &NodeEnum, catalog: &Catalog) -> Vec<(Name, Lock)> {
    match node {
        NodeEnum::AlterTableStmt(stmt) => alter(stmt, catalog),
        NodeEnum::CreateStmt(stmt) => {
            let columns = ast::columns(&stmt.table_elts)
                .flat_map(|column| ast::constraints(&column.constraints));
            let mut found: Vec<_> = columns
                .chain(ast::constraints(&stmt.table_elts))
                .chain(ast::constraints(&stmt.constraints))
                .filter_map(referenced)
                .collect();
            if stmt.partbound.is_some() {
                let parents = ast::relations(&stmt.inh_relations);
                found.extend(parents.map(|parent| (Name::of(parent), Lock::AccessExclusive)));
            }
            found
        }
        NodeEnum::IndexStmt(stmt) => {
            let lock = if stmt.concurrent {
                Lock::ShareUpdateExclusive
            } else {
                Lock::Share
            };
            stmt.relation
                .iter()
                .map(|table| (Name::of(table), lock))
                .collect()
        }
        NodeEnum::DropStmt(stmt) => drop(stmt, catalog),
        NodeEnum::RenameStmt(stmt) => rename(stmt),
        NodeEnum::TruncateStmt(stmt) => ast::relations(&stmt.relations)
            .map(|table| (Name::of(table), Lock::AccessExclusive))
            .collect(),
        NodeEnum::CreateTrigStmt(stmt) => {
            let tables = stmt.relation.iter();
            tables
                .map(|table| (Name::of(table), Lock::ShareRowExclusive))
                .collect()
        }
        NodeEnum::CreatePolicyStmt(stmt) => exclusive(stmt.table.as_ref()),
        NodeEnum::AlterPolicyStmt(stmt) => exclusive(stmt.table.as_ref()),
        NodeEnum::RuleStmt(stmt) => exclusive(stmt.relation.as_ref()),
        NodeEnum::AlterObjectSchemaStmt(stmt) => exclusive(stmt.relation.as_ref()),
        NodeEnum::RefreshMatViewStmt(stmt) => {
            let lock = if stmt.concurrent {
                Lock::Exclusive
            } else {
                Lock::AccessExclusive
            };
            stmt.relation
                .iter()
                .map(|view| (Name::of(view), lock))
                .collect()
        }
        NodeEnum::LockStmt(stmt) => {
            let lock = match stmt.mode {
                4 => Lock::ShareUpdateExclusive,
                5 => Lock::Share,
                6 => Lock::ShareRowExclusive,
                7 => Lock::Exclusive,
                8 => Lock::AccessExclusive,
                _ => return Vec::new(),
            };
            ast::relations(&stmt.relations)
                .map(|table| (Name::of(table), lock))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn exclusive(table: Option<&pg_query::protobuf::RangeVar>) -> Vec<(Name, Lock)> {
    let tables = table.into_iter();
    tables
        .map(|table| (Name::of(table), Lock::AccessExclusive))
        .collect()
}

fn alter(stmt: &AlterTableStmt, catalog: &Catalog) -> Vec<(Name, Lock)> {
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return Vec::new();
    };
    if !matches!(
        stmt.objtype(),
        ObjectType::ObjectTable | ObjectType::ObjectMatview
    ) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for cmd in ast::commands(stmt) {
        found.push((table.clone(), action(cmd)));
        if let Some(constraint) = ast::constraint_of(cmd) {
            found.extend(referenced(constraint));
        }
        if let Some(column) = ast::column_of(cmd) {
            found.extend(ast::constraints(&column.constraints).filter_map(referenced));
        }
        found.extend(other_end(&table, cmd, catalog));
        if let Some(NodeEnum::PartitionCmd(part)) = ast::inner(cmd.def.as_deref()) {
            let child = part.name.iter().map(Name::of);
            let lock = if part.concurrent {
                Lock::ShareUpdateExclusive
            } else {
                Lock::AccessExclusive
            };
            found.extend(child.map(|child| (child, lock)));
        }
    }
    strongest(found)
}

fn action(cmd: &AlterTableCmd) -> Lock {
    use AlterTableType as T;
    match cmd.subtype() {
        T::AtSetStatistics
        | T::AtSetOptions
        | T::AtResetOptions
        | T::AtSetRelOptions
        | T::AtResetRelOptions
        | T::AtClusterOn
        | T::AtDropCluster
        | T::AtValidateConstraint
        | T::AtAttachPartition
        | T::AtAddInherit => Lock::ShareUpdateExclusive,
        T::AtDetachPartition => match ast::inner(cmd.def.as_deref()) {
            Some(NodeEnum::PartitionCmd(part)) if part.concurrent => Lock::ShareUpdateExclusive,
            _ => Lock::AccessExclusive,
        },
        T::AtEnableTrig
        | T::AtEnableAlwaysTrig
        | T::AtEnableReplicaTrig
        | T::AtDisableTrig
        | T::AtEnableTrigAll
        | T::AtDisableTrigAll
        | T::AtEnableTrigUser
        | T::AtDisableTrigUser => Lock::ShareRowExclusive,
        T::AtAddConstraint
            if ast::constraint_of(cmd)
                .is_some_and(|constraint| constraint.contype() == ConstrType::ConstrForeign) =>
        {
            Lock::ShareRowExclusive
        }
        _ => Lock::AccessExclusive,
    }
}

/// Adding a foreign key locks the referenced table too.
fn referenced(constraint: &Constraint) -> Option<(Name, Lock)> {
    let table = constraint.pktable.as_ref()?;
    Some((Name::of(table), Lock::ShareRowExclusive))
}

/// Removing a foreign key, alone or with its column, locks the referenced table as hard as its own.
fn other_end(table: &Name, cmd: &AlterTableCmd, catalog: &Catalog) -> Vec<(Name, Lock)> {
    let retyped = cmd.subtype() == AlterTableType::AtAlterColumnType;
    let goes = |key: &&crate::ForeignKey| match cmd.subtype() {
        AlterTableType::AtDropConstraint => key.name == cmd.name,
        AlterTableType::AtDropColumn => key.columns.contains(&cmd.name),
        _ => retyped && key.columns.contains(&cmd.name),
    };
    let own = catalog.keys_of(table).filter(goes);
    let own = own.map(|key| key.references.clone());
    // The keys that refer to a column are made anew when its type changes.
    let refers = |key: &&crate::ForeignKey| retyped && catalog.referenced(key).contains(&cmd.name);
    let theirs = catalog.keys_to(table).filter(refers);
    let theirs = theirs.map(|key| key.table.clone());
    own.chain(theirs)
        .map(|other| (other, Lock::AccessExclusive))
        .collect()
}

fn drop(stmt: &DropStmt, catalog: &Catalog) -> Vec<(Name, Lock)> {
    let names = stmt.objects.iter().filter_map(Name::of_object);
    match stmt.remove_type() {
        ObjectType::ObjectTable | ObjectType::ObjectMatview => names
            .flat_map(|name| {
                let keys = catalog.keys_of(&name);
                let others = keys.map(|key| (key.references.clone(), Lock::AccessExclusive));
                std::iter::once((name.clone(), Lock::AccessExclusive))
                    .chain(others.collect::<Vec<_>>())
            })
            .collect(),
        ObjectType::ObjectIndex => {
            let lock = if stmt.concurrent {
                Lock::ShareUpdateExclusive
            } else {
                Lock::AccessExclusive
            };
            let indexes = names.filter_map(|name| catalog.index(&name));
            indexes.map(|index| (index.table.clone(), lock)).collect()
        }
        // `DROP TRIGGER name ON table` names the table before the trigger.
        ObjectType::ObjectTrigger | ObjectType::ObjectPolicy | ObjectType::ObjectRule => stmt
            .objects
            .iter()
            .filter_map(|object| match object.node.as_ref()? {
                NodeEnum::List(list) => Name::of_parts(list.items.split_last()?.1),
                _ => None,
            })
            .map(|table| (table, Lock::AccessExclusive))
            .collect(),
        _ => Vec::new(),
    }
}

fn rename(stmt: &RenameStmt) -> Vec<(Name, Lock)> {
    match stmt.rename_type() {
        ObjectType::ObjectIndex | ObjectType::ObjectView => Vec::new(),
        _ => exclusive(stmt.relation.as_ref()),
    }
}

fn strongest(found: Vec<(Name, Lock)>) -> Vec<(Name, Lock)> {
    let mut kept: Vec<(Name, Lock)> = Vec::new();
    for (name, lock) in found {
        match kept.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = lock.max(*known),
            None => kept.push((name, lock)),
        }
    }
    kept
}

/// Is this something whose readers and writers can wait for a table lock?
pub fn is_table(catalog: &Catalog, name: &Name) -> bool {
    catalog
        .relation(name)
        .is_none_or(|relation| relation.kind != RelationKind::View)
}

#[cfg(test)]
mod tests {
    use enact_sql::script::analyse_text;

    use super::*;

    fn told(sql: &str) -> Vec<String> {
        let script = analyse_text(sql, "made.sql");
        let locks = strong_locks(&script).into_iter();
        locks
            .map(|(table, lock)| format!("{lock} {table}"))
            .collect()
    }

    #[test]
    fn a_table_that_the_script_makes_is_not_locked_for_anybody() {
        let made = "CREATE TABLE d.a (id int REFERENCES d.old);\nCREATE INDEX ON d.a (id);\n\
                    CREATE MATERIALIZED VIEW d.m AS SELECT 1;\nREFRESH MATERIALIZED VIEW d.m;\n";
        assert_eq!(told(made), ["SHARE ROW EXCLUSIVE d.old"]);
        for (sql, table) in [
            (
                "CREATE TABLE IF NOT EXISTS d.a (id int);\nCREATE INDEX ON d.a (id);",
                "SHARE d.a",
            ),
            (
                "CREATE TABLE d.a (id int);\nCREATE INDEX ON e.a (id);",
                "SHARE e.a",
            ),
            // What was there before was dropped, and what is called so later is not what was made.
            (
                "DROP TABLE d.a;\nCREATE TABLE d.a (id int);",
                "ACCESS EXCLUSIVE d.a",
            ),
            (
                "CREATE TABLE d.a (id int);\nALTER TABLE d.a RENAME TO b;\nCREATE INDEX ON d.a (id);",
                "SHARE d.a",
            ),
        ] {
            assert_eq!(told(sql), [table], "{sql}");
        }
    }
}
