//! Changes of a column's type.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, ColumnDef, ObjectType};

use super::safe;
use crate::ast;
use crate::catalog::UserKind;
use crate::linter::Linter;
use crate::names::{Name, ident};
use crate::rule::Severity;
use crate::types::{Change, Type};

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    let NodeEnum::AlterTableStmt(stmt) = node else {
        return;
    };
    let Some(table) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if stmt.objtype() != ObjectType::ObjectTable || !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        if cmd.subtype() == AlterTableType::AtAlterColumnType
            && let Some(column) = ast::column_of(cmd)
        {
            change_type(lint, &table, &cmd.name, column);
            narrow_sequence(lint, &table, &cmd.name, column);
        }
    }
}

/// PostgreSQL changes no type of a column that something else uses.
fn blocked(lint: &mut Linter<'_>, table: &Name, column: &str, new_type: &str, at: i32) -> bool {
    let Some(user) = lint.catalog.user_of(table, column).cloned() else {
        return false;
    };
    let named = format!("{table}.{}", ident(column));
    let (word, name) = (user.kind.word(), &user.name);
    let message = format!("{word} {name} uses {named}: PostgreSQL refuses to change its type");
    let alter = format!(
        "ALTER TABLE {table} ALTER COLUMN {} TYPE {new_type};",
        ident(column)
    );
    let own =
        |word: &str| format!("DROP {word} {name} ON {table};\n{alter}\nCREATE {word} {name} …;");
    let steps = match user.kind {
        UserKind::View => format!("DROP VIEW {name};\n{alter}\nCREATE VIEW {name} AS …;"),
        UserKind::Policy => own("POLICY"),
        UserKind::Trigger => own("TRIGGER"),
        UserKind::Rule => own("RULE"),
        UserKind::Generated | UserKind::Publication | UserKind::Function => {
            format!("-- take {word} {name} away, and make it again after:\n{alter}")
        }
    };
    let safe = safe::lines(&[
        "-- in one transaction, with the grants that go with it:",
        &steps,
    ]);
    lint.report("type-blocked", at, message, safe);
    true
}

/// The sequence of a serial column stays as narrow as it is.
fn narrow_sequence(lint: &mut Linter<'_>, table: &Name, column: &str, definition: &ColumnDef) {
    let wide = definition.type_name.as_ref().and_then(Type::of);
    let known = lint.catalog.resolve(table);
    let mut sequences = lint.catalog.sequences.iter();
    let narrow = sequences
        .find(|one| !one.wide && one.column == column && one.table.may_be(&known))
        .map(|one| one.name.clone());
    if let Some(name) = narrow.filter(|_| wide.is_some_and(|of| of.base == "int8")) {
        let (statement, range) = lint.place();
        lint.widened.push((name, statement, range));
    }
}

/// A later statement may make the sequence as wide as its column.
pub fn end_of_file(lint: &mut Linter<'_>) {
    for (name, statement, range) in std::mem::take(&mut lint.widened) {
        let mut sequences = lint.catalog.sequences.iter();
        if !sequences.any(|one| !one.wide && one.name == name) {
            continue;
        }
        let message = format!("{name} still ends at 2147483647, as an integer does");
        let safe = safe::lines(&[&format!("ALTER SEQUENCE {name} AS bigint;")]);
        lint.report_at("sequence-int-overflow", statement, range, message, safe);
    }
}

fn change_type(lint: &mut Linter<'_>, table: &Name, column: &str, definition: &ColumnDef) {
    let Some(new_type) = definition.type_name.as_ref() else {
        return;
    };
    let new_sql = ast::sql_of_type(new_type);
    let relation = lint.catalog.relation(table);
    let old_sql = relation
        .and_then(|relation| relation.column(column))
        .map(|known| known.type_sql.clone());
    let using = ast::inner(definition.raw_default.as_deref())
        .filter(|using| !is_plain(using, column, &new_sql));
    let change = match (
        using,
        old_sql.as_deref().and_then(Type::parse),
        Type::of(new_type),
    ) {
        (Some(_), _, _) => Change::Rewrite,
        (None, Some(old), Some(new)) => old.change_in(&new, &lint.catalog),
        _ => Change::Unknown,
    };
    let named = format!("{table}.{}", ident(column));
    if blocked(lint, table, column, &new_sql, definition.location) && change == Change::Free {
        return;
    }
    let from = old_sql
        .map(|old| format!(" from {old}"))
        .unwrap_or_default();
    match change {
        Change::Free => recheck(lint, table, column, &new_sql, definition.location),
        Change::Rewrite | Change::Unknown => {
            let shadow = format!("{column}_new");
            let value = using.map_or_else(
                || format!("NEW.{}::{new_sql}", ident(column)),
                |using| {
                    format!(
                        "(SELECT {} FROM (SELECT NEW.*) AS new_row)",
                        ast::sql_of(using)
                    )
                },
            );
            let safe = safe::lines(&[
                &format!(
                    "ALTER TABLE {table} ADD COLUMN {} {new_sql};",
                    ident(&shadow)
                ),
                &safe::in_step(table, &shadow, &value),
                &safe::fill(table, &shadow, &format!("{}::{new_sql}", ident(column))),
                "-- then let the application use the new column, and drop the old one in a later release",
            ]);
            let message = if change == Change::Rewrite {
                format!("{named} changes{from} to {new_sql}, which writes every row again")
            } else {
                format!(
                    "{named} changes{from} to {new_sql}: whether rows are written again cannot be told from the files"
                )
            };
            let finding = lint.report("rewrite-type", definition.location, message, safe);
            if change == Change::Unknown {
                finding.severity = Severity::Warning;
            }
        }
    }
}

/// `USING c` and `USING c::type` say no more than leaving it out.
fn is_plain(using: &NodeEnum, column: &str, new_type: &str) -> bool {
    if let NodeEnum::TypeCast(cast) = using {
        let same = cast
            .type_name
            .as_ref()
            .is_some_and(|name| ast::sql_of_type(name) == new_type);
        let of = ast::inner(cast.arg.as_deref()).and_then(ast::bare_column);
        return same && of == Some(column);
    }
    ast::bare_column(using) == Some(column)
}

fn recheck(lint: &mut Linter<'_>, table: &Name, column: &str, new_type: &str, at: i32) {
    let relation = lint.catalog.relation(table);
    let names = |columns: &[String]| columns.iter().any(|name| name == column);
    let check =
        relation.and_then(|relation| relation.checks.iter().find(|check| names(&check.columns)));
    let check = check.map(|check| (check.name.clone(), check.condition.clone()));
    let indexes = lint.catalog.indexes_of(table);
    let index = indexes
        .filter(|index| index.computed)
        .find(|index| names(&index.columns))
        .map(|index| index.name.clone());
    let named = format!("{table}.{}", ident(column));
    let alter = format!(
        "ALTER TABLE {table} ALTER COLUMN {} TYPE {new_type};",
        ident(column)
    );
    if let Some((check, condition)) = check {
        let check = ident(&check);
        let message = format!("the change of {named} verifies {check} again for every row");
        let safe = safe::transactions(&[
            format!(
                "ALTER TABLE {table} DROP CONSTRAINT {check};\n{alter}\nALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({condition}) NOT VALID;"
            ),
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};"),
        ]);
        lint.report("type-recheck", at, message, safe);
    } else if let Some(index) = index {
        let message = format!("the change of {named} builds {index} anew");
        let safe = safe::lines(&[
            &format!("DROP INDEX CONCURRENTLY {index};"),
            &alter,
            &format!(
                "CREATE INDEX CONCURRENTLY {} ON {table} …;",
                ident(&index.name)
            ),
        ]);
        lint.report("type-recheck", at, message, safe);
    }
}
