//! Indexes and materialised views.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    DropStmt, IndexStmt, ObjectType, RefreshMatViewStmt, ReindexObjectType, ReindexStmt,
};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::names::{Name, ident};
use crate::rule::Severity;

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::IndexStmt(stmt) => create(lint, stmt),
        NodeEnum::DropStmt(stmt) if stmt.remove_type() == ObjectType::ObjectIndex => {
            drop(lint, stmt)
        }
        NodeEnum::ReindexStmt(stmt) => reindex(lint, stmt),
        NodeEnum::RefreshMatViewStmt(stmt) => refresh(lint, stmt),
        _ => {}
    }
}

fn create(lint: &mut Linter<'_>, stmt: &IndexStmt) {
    let Some(range) = &stmt.relation else { return };
    let table = Name::of(range);
    let partitioned = lint.catalog.is_partitioned(&table);
    if stmt.concurrent {
        if partitioned {
            let message = format!("{table} is partitioned");
            lint.report(
                "concurrently-partitioned",
                0,
                message,
                by_partition(stmt, &table),
            );
        } else if stmt.if_not_exists {
            let invalid = lint.catalog.index(&table.beside(&stmt.idxname));
            let invalid = invalid.is_some_and(|index| !index.valid);
            let message = if invalid {
                format!(
                    "{} is there and INVALID: it is taken for the one that is wanted",
                    table.beside(&stmt.idxname)
                )
            } else {
                "an INVALID index of that name would be taken for the one that is wanted".to_owned()
            };
            let plain = IndexStmt {
                if_not_exists: false,
                ..stmt.clone()
            };
            let safe = safe::lines(&[
                "-- after a failed build, drop the INVALID index first:",
                &format!(
                    "-- DROP INDEX CONCURRENTLY {};",
                    table.beside(&stmt.idxname)
                ),
                &sql_of(plain),
            ]);
            let finding = lint.report("concurrently-if-not-exists", 0, message, safe);
            if invalid {
                finding.severity = Severity::Error;
            }
        }
        return;
    }
    // ON ONLY builds nothing.
    if !range.inh || !lint.existed(&table) {
        return;
    }
    let message = format!("the index on {table} is built while its writers wait");
    let safe = if partitioned {
        by_partition(stmt, &table)
    } else {
        let concurrent = IndexStmt {
            concurrent: true,
            if_not_exists: false,
            ..stmt.clone()
        };
        let sql = sql_of(concurrent);
        safe::lines(&["-- outside BEGIN … COMMIT:", &sql])
    };
    lint.report("index-not-concurrent", 0, message, safe);
}

/// The statement as people write it: the parser fills in the default method.
fn sql_of(mut stmt: IndexStmt) -> String {
    if stmt.access_method == "btree" {
        stmt.access_method.clear();
    }
    ast::statement(&NodeEnum::IndexStmt(Box::new(stmt)))
}

fn by_partition(stmt: &IndexStmt, table: &Name) -> Option<String> {
    let parent = if stmt.idxname.is_empty() {
        format!("{}_idx", table.name)
    } else {
        stmt.idxname.clone()
    };
    let only = IndexStmt {
        concurrent: false,
        if_not_exists: false,
        idxname: parent.clone(),
        relation: stmt
            .relation
            .clone()
            .map(|range| pg_query::protobuf::RangeVar {
                inh: false,
                ..range
            }),
        ..stmt.clone()
    };
    let parent = table.beside(parent);
    safe::lines(&[
        &sql_of(only),
        "-- then for every partition, outside BEGIN … COMMIT:",
        "-- CREATE INDEX CONCURRENTLY <partition>_idx ON <partition> …;",
        &format!("-- ALTER INDEX {parent} ATTACH PARTITION <partition>_idx;"),
    ])
}

fn drop(lint: &mut Linter<'_>, stmt: &DropStmt) {
    if stmt.concurrent {
        return;
    }
    for index in stmt.objects.iter().filter_map(Name::of_object) {
        let table = lint.catalog.index(&index).map(|index| index.table.clone());
        let new = !lint.existed(&index) || table.as_ref().is_some_and(|table| !lint.existed(table));
        if new
            || table
                .as_ref()
                .is_some_and(|table| lint.catalog.is_partitioned(table))
        {
            continue;
        }
        let of = table
            .map(|table| format!(" of {table}"))
            .unwrap_or_default();
        let message = format!("index {index}{of} is dropped under ACCESS EXCLUSIVE");
        let safe = safe::lines(&[
            "-- outside BEGIN … COMMIT:",
            &format!("DROP INDEX CONCURRENTLY {index};"),
        ]);
        lint.report("drop-index-not-concurrent", 0, message, safe);
    }
}

fn reindex(lint: &mut Linter<'_>, stmt: &ReindexStmt) {
    let word = match stmt.kind() {
        ReindexObjectType::ReindexObjectIndex => "INDEX",
        ReindexObjectType::ReindexObjectTable => "TABLE",
        ReindexObjectType::ReindexObjectSchema => "SCHEMA",
        ReindexObjectType::ReindexObjectDatabase => "DATABASE",
        // PostgreSQL cannot do it concurrently.
        _ => return,
    };
    let relation = stmt.relation.as_ref().map(Name::of);
    if ast::on(&stmt.params, "concurrently")
        || relation.as_ref().is_some_and(|name| !lint.existed(name))
    {
        return;
    }
    let name = relation.map_or_else(|| ident(&stmt.name), |name| name.to_string());
    let message = format!("REINDEX {word} {name} keeps writers and newly planned readers out");
    let safe = safe::lines(&[
        "-- outside BEGIN … COMMIT:",
        &format!("REINDEX {word} CONCURRENTLY {name};"),
    ]);
    lint.report("reindex-not-concurrent", 0, message, safe);
}

fn refresh(lint: &mut Linter<'_>, stmt: &RefreshMatViewStmt) {
    let Some(view) = stmt.relation.as_ref().map(Name::of) else {
        return;
    };
    if stmt.concurrent || stmt.skip_data || !lint.existed(&view) {
        return;
    }
    let message = format!("readers of {view} wait while its query runs");
    let safe = safe::lines(&[
        "-- needs a UNIQUE index on columns of the view, without WHERE:",
        &format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {view};"),
    ]);
    lint.report("refresh-not-concurrent", 0, message, safe);
}
