//! Tables whose rows a statement changes.

use std::collections::BTreeSet;

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::RangeVar;

use crate::ast;
use crate::names::Name;

/// The tables whose rows a script's own statements change, as they are written there, in order of their names. What
/// functions and blocks do is not in it.
#[must_use]
pub fn changed_rows(script: &Script) -> Vec<String> {
    let mut found = BTreeSet::new();
    for statement in script.statements() {
        let names = tree::look(script.sql(statement), |node| {
            let names = written(node)
                .into_iter()
                .map(|table| Name::of(table).to_string());
            names.collect::<Vec<_>>()
        });
        found.extend(names.unwrap_or_default());
    }
    found.into_iter().collect()
}

/// The tables whose rows a statement changes, also in its `WITH`.
pub fn written(node: &NodeEnum) -> Vec<&RangeVar> {
    let mut tables: Vec<&RangeVar> = ctes(node).flat_map(written).collect();
    match node {
        NodeEnum::InsertStmt(stmt) => tables.extend(&stmt.relation),
        NodeEnum::UpdateStmt(stmt) => tables.extend(&stmt.relation),
        NodeEnum::DeleteStmt(stmt) => tables.extend(&stmt.relation),
        NodeEnum::MergeStmt(stmt) => tables.extend(&stmt.relation),
        NodeEnum::CopyStmt(stmt) if stmt.is_from => tables.extend(&stmt.relation),
        NodeEnum::TruncateStmt(stmt) => tables.extend(ast::relations(&stmt.relations)),
        _ => {}
    }
    tables
}

/// The statements of a `WITH`, which may change rows on their own.
fn ctes(node: &NodeEnum) -> impl Iterator<Item = &NodeEnum> {
    let with = match node {
        NodeEnum::SelectStmt(stmt) => stmt.with_clause.as_ref(),
        NodeEnum::InsertStmt(stmt) => stmt.with_clause.as_ref(),
        NodeEnum::UpdateStmt(stmt) => stmt.with_clause.as_ref(),
        NodeEnum::DeleteStmt(stmt) => stmt.with_clause.as_ref(),
        NodeEnum::MergeStmt(stmt) => stmt.with_clause.as_ref(),
        _ => None,
    };
    let parts = with.into_iter().flat_map(|with| &with.ctes);
    parts.filter_map(|part| match &part.node {
        Some(NodeEnum::CommonTableExpr(part)) => ast::inner(part.ctequery.as_deref()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use enact_sql::script::analyse_text;

    use super::*;

    fn rows(sql: &str) -> Vec<String> {
        changed_rows(&analyse_text(sql, "001_t.sql"))
    }

    #[test]
    fn every_statement_that_changes_rows_is_seen() {
        assert_eq!(
            rows(
                "INSERT INTO b.t VALUES (1);\nUPDATE a SET x = 1;\nDELETE FROM c;\nTRUNCATE d, e;\nUPDATE a SET x = 2;"
            ),
            ["a", "b.t", "c", "d", "e"]
        );
        assert_eq!(
            rows("WITH gone AS (DELETE FROM a RETURNING x) INSERT INTO b SELECT x FROM gone;"),
            ["a", "b"]
        );
        assert_eq!(rows("COPY a FROM stdin;\n1\n\\.\n"), ["a"]);
    }

    #[test]
    fn what_only_reads_changes_nothing() {
        let read =
            "CREATE TABLE t (a int);\nSELECT 1;\nCREATE INDEX i ON t (a);\nCOPY t TO '/dev/null';";
        assert!(rows(read).is_empty());
    }
}
