//! What the release that is running does not survive.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterEnumStmt, AlterTableStmt, AlterTableType, DropBehavior, DropStmt, ObjectType, RenameStmt,
    ViewStmt,
};

use super::safe;
use crate::ast;
use crate::catalog::RelationKind;
use crate::linter::Linter;
use crate::names::{Name, ident, literal};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::AlterTableStmt(stmt) => alter(lint, stmt),
        NodeEnum::DropStmt(stmt) => drop(lint, stmt),
        NodeEnum::ViewStmt(stmt) => replace_view(lint, stmt),
        // A rollback takes back names that its migration gave.
        NodeEnum::RenameStmt(stmt) if !lint.is_rollback() => rename(lint, stmt),
        NodeEnum::AlterEnumStmt(stmt) if !lint.is_rollback() => rename_value(lint, stmt),
        NodeEnum::DropdbStmt(stmt) => {
            let message = format!("database {} is removed", ident(&stmt.dbname));
            lint.report("drop-table", 0, message, None);
        }
        NodeEnum::DropOwnedStmt(stmt) if stmt.behavior() == DropBehavior::DropCascade => {
            cascade(lint, "DROP OWNED");
        }
        _ => {}
    }
}

fn cascade(lint: &mut Linter<'_>, what: &str) {
    let message = format!("{what} … CASCADE removes what the file does not name");
    let safe = safe::lines(&[
        "-- name what depends on it, and drop that first, one by one, without CASCADE",
    ]);
    lint.report("drop-cascade", 0, message, safe);
}

fn alter(lint: &mut Linter<'_>, stmt: &AlterTableStmt) {
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if stmt.objtype() != ObjectType::ObjectTable || !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        let column = ident(&cmd.name);
        let drops = matches!(
            cmd.subtype(),
            AlterTableType::AtDropColumn | AlterTableType::AtDropConstraint
        );
        if drops && cmd.behavior() == DropBehavior::DropCascade {
            cascade(lint, &format!("DROP of {table}.{column}"));
        }
        match cmd.subtype() {
            AlterTableType::AtDropColumn if !lint.is_rollback() => {
                let message = format!("{table}.{column} is removed with its data");
                let safe = safe::lines(&[
                    "-- first let every release stop using the column; a required one must not stay required meanwhile:",
                    &format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"),
                    "-- drop it in a later migration, with its allow and the release that stopped using it",
                ]);
                lint.report("drop-column", 0, message, safe);
            }
            AlterTableType::AtDropNotNull if !lint.is_rollback() => {
                let message = format!("{table}.{column} may hold NULL from now on");
                let safe = safe::lines(&["-- once every release that runs can read NULL there"]);
                lint.report("drop-not-null", 0, message, safe);
            }
            _ => {}
        }
    }
}

fn drop(lint: &mut Linter<'_>, stmt: &DropStmt) {
    let word = match stmt.remove_type() {
        ObjectType::ObjectTable => "table",
        ObjectType::ObjectSchema => "schema",
        _ => "",
    };
    // What hangs on an object may be older than the object.
    let names = || stmt.objects.iter().filter_map(Name::of_object);
    let all_new = names().count() > 0 && names().all(|name| !lint.existed(&name));
    if stmt.behavior() == DropBehavior::DropCascade && !all_new {
        cascade(lint, "DROP");
    }
    if word.is_empty() || lint.is_rollback() {
        return;
    }
    let existing: Vec<Name> = names().filter(|name| lint.existed(name)).collect();
    for name in existing {
        let message = format!("{word} {name} is removed with its data");
        let safe = safe::lines(&[
            "-- first let every release stop using it; drop it in a later migration, with its allow,",
            "-- the release that stopped using it, and where its data is kept",
        ]);
        lint.report("drop-table", 0, message, safe);
    }
}

fn rename(lint: &mut Linter<'_>, stmt: &RenameStmt) {
    let Some(name) = stmt.relation.as_ref().map(Name::of).or_else(|| {
        let schema = stmt.rename_type() == ObjectType::ObjectSchema;
        schema.then(|| Name::plain(&stmt.subname))
    }) else {
        return;
    };
    if !lint.existed(&name) {
        return;
    }
    let new = ident(&stmt.newname);
    match stmt.rename_type() {
        ObjectType::ObjectTable
        | ObjectType::ObjectView
        | ObjectType::ObjectMatview
        | ObjectType::ObjectSchema => {
            let message = format!("{name} is called {new} from now on");
            let safe = match stmt.rename_type() {
                ObjectType::ObjectSchema => None,
                _ => safe::lines(&[
                    "-- the new name beside the old one, until no release uses that:",
                    &format!(
                        "CREATE VIEW {} AS SELECT * FROM {name};",
                        name.beside(&stmt.newname)
                    ),
                ]),
            };
            lint.report("rename-table", 0, message, safe);
        }
        ObjectType::ObjectColumn => {
            let old = ident(&stmt.subname);
            let message = format!("{name}.{old} is called {new} from now on");
            let known = lint.catalog.relation(&name);
            let known = known.and_then(|relation| relation.column(&stmt.subname));
            let type_sql = known.map_or("…", |column| column.type_sql.as_str());
            let safe = safe::lines(&[
                &format!("ALTER TABLE {name} ADD COLUMN {new} {type_sql};"),
                &safe::in_step(&name, &stmt.newname, &format!("NEW.{old}")),
                &safe::fill(&name, &stmt.newname, &old),
                "-- then let every release use the new column, and drop the old one in a later migration",
            ]);
            lint.report("rename-column", 0, message, safe);
        }
        _ => {}
    }
}

fn rename_value(lint: &mut Linter<'_>, stmt: &AlterEnumStmt) {
    let Some(name) = Name::of_parts(&stmt.type_name) else {
        return;
    };
    if stmt.old_val.is_empty() || !lint.existed(&name) {
        return;
    }
    let message = format!(
        "{} of {name} is called {} from now on",
        literal(&stmt.old_val),
        literal(&stmt.new_val)
    );
    let safe = safe::lines(&[
        &format!(
            "ALTER TYPE {name} ADD VALUE {} AFTER {};",
            literal(&stmt.new_val),
            literal(&stmt.old_val)
        ),
        "-- then let every release know both, and move the rows in batches",
    ]);
    lint.report("rename-enum-value", 0, message, safe);
}

fn replace_view(lint: &mut Linter<'_>, stmt: &ViewStmt) {
    let Some(view) = stmt.view.as_ref().map(Name::of) else {
        return;
    };
    if !stmt.replace {
        return;
    }
    let known = lint.catalog.relation(&view);
    let known = known.filter(|relation| relation.kind == RelationKind::View);
    let repeated: Vec<&str> = ast::options(&stmt.options)
        .map(|option| option.defname.as_str())
        .collect();
    let lost = known
        .map(|relation| &relation.options)
        .into_iter()
        .flatten();
    let lost: Vec<String> = lost
        .filter(|option| !repeated.contains(&option.as_str()))
        .cloned()
        .collect();
    if lost.is_empty() {
        return;
    }
    let list = lost.join(", ");
    let message = format!("view {view} had {list}, which is not repeated");
    let safe = safe::lines(&[&format!(
        "CREATE OR REPLACE VIEW {view} WITH ({list}) AS …;"
    )]);
    lint.report("view-options-lost", 0, message, safe);
}
