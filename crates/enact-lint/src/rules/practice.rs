//! What is better done otherwise, though it harms nobody today.

use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableType, ColumnDef, ConstrType, CreateStmt, DropStmt, ObjectType};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident, idents};
use crate::types::Type;

/// Looks at the text of a statement: in its tree PostgreSQL has cut the names already.
pub fn text(lint: &mut Linter<'_>, sql: &str) {
    for range in tree::long_names(sql) {
        let name = sql.get(range.clone()).unwrap_or_default();
        let bytes = name.trim_matches('"').len();
        let message = format!(
            "{name} has {bytes} bytes, of which PostgreSQL keeps {}",
            tree::LONGEST_NAME
        );
        let safe = safe::lines(&["-- a name of at most 63 bytes"]);
        lint.report(
            "long-name",
            i32::try_from(range.start).unwrap_or(0),
            message,
            safe,
        );
    }
}

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    if_exists(lint, node);
    match node {
        NodeEnum::CreateStmt(stmt) => create_table(lint, stmt),
        NodeEnum::AlterTableStmt(stmt) => {
            let Some(table) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            for cmd in ast::commands(stmt) {
                match (cmd.subtype(), ast::column_of(cmd), ast::constraint_of(cmd)) {
                    (AlterTableType::AtAddColumn, Some(definition), _) => {
                        column(lint, &table, definition)
                    }
                    (AlterTableType::AtAddConstraint, _, Some(key))
                        if key.contype() == ConstrType::ConstrPrimary =>
                    {
                        lint.keyless.retain(|(name, ..)| !name.may_be(&table));
                    }
                    _ => {}
                }
            }
        }
        NodeEnum::DoStmt(stmt) => {
            let body = ast::options(&stmt.args).find(|option| option.defname == "as");
            let body = body.and_then(|option| match ast::inner(option.arg.as_deref())? {
                NodeEnum::String(text) => Some(text.sval.as_str()),
                _ => None,
            });
            let dynamic = |body: &str| {
                tree::words(body)
                    .iter()
                    .any(|(word, begins)| *begins && word == "execute")
            };
            if body.is_some_and(dynamic) {
                let message = "this block puts SQL together and runs it".to_owned();
                let safe = safe::lines(&["-- the statements themselves, written out"]);
                lint.report("dynamic-sql", 0, message, safe);
            }
        }
        _ => {}
    }
}

/// A table may get its key by a later statement.
pub fn end_of_file(lint: &mut Linter<'_>) {
    for (table, statement, range) in std::mem::take(&mut lint.keyless) {
        let message = format!("{table} has no primary key");
        let safe = safe::lines(&[
            "-- in its definition:",
            "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        ]);
        lint.report_at("no-primary-key", statement, range, message, safe);
    }
}

fn create_table(lint: &mut Linter<'_>, stmt: &CreateStmt) {
    let Some(range) = &stmt.relation else { return };
    let table = Name::of(range);
    for definition in ast::columns(&stmt.table_elts) {
        column(lint, &table, definition);
    }
    let tabled = || ast::constraints(&stmt.table_elts).chain(ast::constraints(&stmt.constraints));
    let table_key = tabled().find(|one| one.contype() == ConstrType::ConstrPrimary);
    let own_key = ast::columns(&stmt.table_elts)
        .find(|column| ast::of_kind(column, ConstrType::ConstrPrimary).is_some());
    let key = match (own_key, table_key.map(|key| ast::strings(&key.keys))) {
        (Some(column), _) => Some(column),
        (None, Some(keys)) if keys.len() == 1 => {
            ast::columns(&stmt.table_elts).find(|column| keys.contains(&column.colname))
        }
        _ => None,
    };
    if let Some(key) = key {
        primary_key(lint, &table, key);
    }
    let elsewhere =
        stmt.partbound.is_some() || !stmt.inh_relations.is_empty() || stmt.of_typename.is_some();
    let like = stmt
        .table_elts
        .iter()
        .any(|one| matches!(one.node, Some(NodeEnum::TableLikeClause(_))));
    let temporary = range.relpersistence == "t";
    if own_key.is_none() && table_key.is_none() && !elsewhere && !like && !temporary {
        let (statement, range) = lint.place();
        lint.keyless.push((table, statement, range));
    }
}

/// A key that refers to another table is as wide as what it refers to.
fn primary_key(lint: &mut Linter<'_>, table: &Name, column: &ColumnDef) {
    let narrow = column.type_name.as_ref().and_then(Type::of);
    let narrow = narrow.is_some_and(|of| matches!(of.base.as_str(), "int4" | "int2"));
    if !narrow || ast::of_kind(column, ConstrType::ConstrForeign).is_some() {
        return;
    }
    let name = ident(&column.colname);
    let message = format!(
        "{table}.{name} is a primary key of {}",
        column
            .type_name
            .as_ref()
            .map_or_else(String::new, ast::sql_of_type)
    );
    let safe = safe::lines(&[&format!(
        "{name} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    )]);
    lint.report("int-primary-key", column.location, message, safe);
}

fn column(lint: &mut Linter<'_>, table: &Name, column: &ColumnDef) {
    let Some(of) = column.type_name.as_ref().and_then(Type::of) else {
        return;
    };
    let named = format!("{table}.{}", ident(&column.colname));
    let (rule, what, better) = match of.base.as_str() {
        "timestamp" => ("timestamp-without-zone", "timestamp", "timestamptz"),
        "json" => ("json-column", "json", "jsonb"),
        "bpchar" => ("char-column", "char(n)", "text"),
        _ => return,
    };
    let message = format!("{named} is {what}");
    let safe = safe::lines(&[&format!("{} {better}", ident(&column.colname))]);
    lint.report(rule, column.location, message, safe);
}

fn if_exists(lint: &mut Linter<'_>, node: &NodeEnum) {
    let (clause, what) = match node {
        NodeEnum::CreateStmt(stmt) if stmt.if_not_exists => {
            ("IF NOT EXISTS", relation(stmt.relation.as_ref()))
        }
        NodeEnum::IndexStmt(stmt) if stmt.if_not_exists && !stmt.concurrent => {
            ("IF NOT EXISTS", ident(&stmt.idxname))
        }
        NodeEnum::CreateSchemaStmt(stmt) if stmt.if_not_exists => {
            ("IF NOT EXISTS", ident(&stmt.schemaname))
        }
        NodeEnum::CreateSeqStmt(stmt) if stmt.if_not_exists => {
            ("IF NOT EXISTS", relation(stmt.sequence.as_ref()))
        }
        NodeEnum::CreateTableAsStmt(stmt) if stmt.if_not_exists => {
            let into = stmt.into.as_ref().and_then(|into| into.rel.as_ref());
            ("IF NOT EXISTS", relation(into))
        }
        NodeEnum::DropStmt(stmt) if stmt.missing_ok => ("IF EXISTS", dropped(stmt)),
        NodeEnum::AlterTableStmt(stmt) => {
            let missing = ast::commands(stmt).find(|cmd| cmd.missing_ok);
            let clause = match missing.map(|cmd| cmd.subtype()) {
                Some(AlterTableType::AtAddColumn) => "IF NOT EXISTS",
                Some(_) => "IF EXISTS",
                None if stmt.missing_ok => "IF EXISTS",
                None => return,
            };
            (clause, relation(stmt.relation.as_ref()))
        }
        _ => return,
    };
    let message = format!("{clause} on {what} hides that the schema is not as expected");
    let safe = safe::lines(&[&format!(
        "-- without {clause}: Enact knows what has run, and a surprise should stop it"
    )]);
    lint.report("if-not-exists", 0, message, safe);
}

fn relation(range: Option<&pg_query::protobuf::RangeVar>) -> String {
    range
        .map(|range| Name::of(range).to_string())
        .unwrap_or_default()
}

fn dropped(stmt: &DropStmt) -> String {
    let on_table = matches!(
        stmt.remove_type(),
        ObjectType::ObjectTrigger | ObjectType::ObjectPolicy | ObjectType::ObjectRule
    );
    let names = stmt.objects.iter().filter_map(Name::of_object);
    if on_table {
        let names: Vec<String> = names.map(|name| name.name).collect();
        return idents(names.iter().map(String::as_str));
    }
    names
        .map(|name| name.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
