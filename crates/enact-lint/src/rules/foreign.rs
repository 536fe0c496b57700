//! Foreign keys and what they lean on.

use std::collections::BTreeSet;
use std::ops::Range;

use pg_query::NodeEnum;
use pg_query::protobuf::{ColumnDef, ConstrType, Constraint};

use super::safe;
use crate::ast;
use crate::catalog::{Catalog, ForeignKey};
use crate::linter::Linter;
use crate::names::{Name, ident, idents};
use crate::types::Type;

/// Notes the keys that a statement adds.
pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    if lint.is_rollback() {
        return;
    }
    match node {
        NodeEnum::CreateStmt(stmt) => {
            let Some(table) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            for column in ast::columns(&stmt.table_elts) {
                of_column(lint, &table, column);
            }
            for constraint in ast::constraints(&stmt.table_elts) {
                of_table(lint, &table, constraint);
            }
        }
        NodeEnum::AlterTableStmt(stmt) => {
            let Some(table) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            for cmd in ast::commands(stmt) {
                if let Some(column) = ast::column_of(cmd) {
                    of_column(lint, &table, column);
                }
                if let Some(constraint) = ast::constraint_of(cmd) {
                    of_table(lint, &table, constraint);
                }
            }
        }
        _ => {}
    }
}

fn of_column(lint: &mut Linter<'_>, table: &Name, column: &ColumnDef) {
    if let Some(constraint) = ast::of_kind(column, ConstrType::ConstrForeign) {
        note(lint, table, constraint, vec![column.colname.clone()]);
    }
}

fn of_table(lint: &mut Linter<'_>, table: &Name, constraint: &Constraint) {
    if constraint.contype() == ConstrType::ConstrForeign {
        note(lint, table, constraint, ast::strings(&constraint.fk_attrs));
    }
}

fn note(lint: &mut Linter<'_>, table: &Name, constraint: &Constraint, columns: Vec<String>) {
    let Some(references) = constraint.pktable.as_ref().map(Name::of) else {
        return;
    };
    let key = ForeignKey {
        name: constraint.conname.clone(),
        table: table.clone(),
        references,
        columns,
        referenced: ast::strings(&constraint.pk_attrs),
    };
    let (statement, range) = lint.place();
    let offset = usize::try_from(constraint.location).unwrap_or(0);
    let start = (range.start + offset).min(range.end);
    lint.keys.push((key, statement, start..range.end));
}

/// A later statement may have made the index.
pub fn end_of_file(lint: &mut Linter<'_>) {
    for (key, statement, range) in std::mem::take(&mut lint.keys) {
        without_index(lint, &key, statement, range.clone());
        mismatched(lint, &key, statement, range);
    }
}

fn without_index(lint: &mut Linter<'_>, key: &ForeignKey, statement: usize, range: Range<usize>) {
    let table = &key.table;
    let relation = lint.catalog.relation(table);
    if !relation.is_some_and(|relation| relation.complete) || covered(&lint.catalog, key) {
        return;
    }
    let columns = idents(key.columns.iter().map(String::as_str));
    let message = format!(
        "no index of {table} begins with {columns}, which refers to {}",
        key.references
    );
    let index = ident(&format!("{}_{}_idx", table.name, key.columns.join("_")));
    let safe = if lint.existed(table) {
        safe::lines(&[
            "-- outside BEGIN … COMMIT:",
            &format!("CREATE INDEX CONCURRENTLY {index} ON {table} ({columns});"),
        ])
    } else {
        safe::lines(&[&format!("CREATE INDEX {index} ON {table} ({columns});")])
    };
    lint.report_at("fk-no-index", statement, range, message, safe);
}

/// Does an index begin with the key's columns, in whatever order?
fn covered(catalog: &Catalog, key: &ForeignKey) -> bool {
    let wanted: BTreeSet<&String> = key.columns.iter().collect();
    catalog.indexes_of(&key.table).any(|index| {
        let first: BTreeSet<&String> = index.key.iter().take(wanted.len()).collect();
        index.valid && !index.partial && first == wanted
    })
}

fn mismatched(lint: &mut Linter<'_>, key: &ForeignKey, statement: usize, range: Range<usize>) {
    let catalog = &lint.catalog;
    let pairs = key.columns.iter().zip(catalog.referenced(key));
    let mut differ = pairs.filter_map(|(own, other)| {
        let of = |table: &Name, column: &str| {
            let known = catalog.relation(table)?.column(column)?;
            let parsed = stored(catalog, Type::parse(&plain(&known.type_sql))?);
            parsed
                .is_builtin()
                .then(|| (plain(&known.type_sql), parsed))
        };
        let (own_sql, own_type) = of(&key.table, own)?;
        let (other_sql, other_type) = of(&key.references, other)?;
        (!own_type.compares_with(&other_type))
            .then(|| (own.clone(), own_sql, other.clone(), other_sql))
    });
    let Some((own, own_sql, other, other_sql)) = differ.next() else {
        return;
    };
    let (table, references) = (&key.table, &key.references);
    let message = format!(
        "{table}.{} is {own_sql}, and {references}.{}, which it refers to, {other_sql}",
        ident(&own),
        ident(&other)
    );
    let safe = safe::lines(&[&format!(
        "-- in its definition: {} {other_sql}",
        ident(&own)
    )]);
    lint.report_at("fk-type-mismatch", statement, range, message, safe);
}

/// A serial column is an integer.
fn plain(type_sql: &str) -> String {
    match type_sql {
        "serial" | "serial4" => "integer".to_owned(),
        "bigserial" | "serial8" => "bigint".to_owned(),
        "smallserial" | "serial2" => "smallint".to_owned(),
        other => other.to_owned(),
    }
}

/// A domain's values are those of its base.
fn stored(catalog: &Catalog, of: Type) -> Type {
    let domain = catalog.domain(&Name::plain(of.base.as_str()));
    let base = domain.and_then(|domain| Type::parse(&domain.base));
    base.unwrap_or(of)
}
