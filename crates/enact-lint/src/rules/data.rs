//! Statements that change rows.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AExprKind, BoolExprType, Node, RangeVar, SelectStmt, SubLinkType, WithClause,
};

use super::safe;
use crate::ast;
use crate::linter::Linter;
use crate::locks::Lock;
use crate::names::Name;

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    match node {
        NodeEnum::UpdateStmt(stmt) => {
            change(
                lint,
                "UPDATE",
                stmt.relation.as_ref(),
                stmt.where_clause.as_deref(),
                stmt.with_clause.as_ref(),
            );
        }
        NodeEnum::DeleteStmt(stmt) => {
            change(
                lint,
                "DELETE",
                stmt.relation.as_ref(),
                stmt.where_clause.as_deref(),
                stmt.with_clause.as_ref(),
            );
        }
        NodeEnum::InsertStmt(stmt) => {
            let Some(into) = stmt.relation.as_ref().map(Name::of) else {
                return;
            };
            let from = match ast::inner(stmt.select_stmt.as_deref()) {
                Some(NodeEnum::SelectStmt(select)) => whole_table(lint, select),
                _ => None,
            };
            if let Some(from) = from {
                under_lock(lint, &format!("the rows of {from} are copied into {into}"));
            }
        }
        NodeEnum::TruncateStmt(stmt) => {
            let names: Vec<Name> = ast::relations(&stmt.relations).map(Name::of).collect();
            for name in names
                .into_iter()
                .filter(|name| lint.existed(name))
                .collect::<Vec<_>>()
            {
                let message = format!("{name} is emptied");
                let safe = safe::lines(&[
                    "-- in batches by key, each committed, once it is certain that nobody needs the rows:",
                    &format!("-- DELETE FROM {name} WHERE …;"),
                ]);
                lint.report("truncate", 0, message, safe);
            }
        }
        _ => {}
    }
}

fn change(
    lint: &mut Linter<'_>,
    word: &str,
    relation: Option<&RangeVar>,
    condition: Option<&Node>,
    with: Option<&WithClause>,
) {
    let Some(table) = relation.map(Name::of) else {
        return;
    };
    let narrow = ast::inner(condition).is_some_and(is_narrow) || with.is_some_and(is_batch);
    if narrow || lint.tx.batched || !lint.existed(&table) {
        return;
    }
    if under_lock(lint, &format!("{word} of {table}")) {
        return;
    }
    let how = if condition.is_some() {
        "every row of its condition"
    } else {
        "every row"
    };
    let message = format!("{word} changes {how} of {table} in one transaction");
    let safe = safe::lines(&[
        "-- in batches by key, each committed, from the application or a job:",
        &format!("-- {word} … {table} … AND <key> BETWEEN 1 AND 1000;"),
    ]);
    lint.report("unbatched-dml", 0, message, safe);
}

fn under_lock(lint: &mut Linter<'_>, what: &str) -> bool {
    let held = lint.tx.held.iter().filter(|(_, lock)| *lock >= Lock::Share);
    let Some((held, lock)) = held
        .max_by_key(|(_, lock)| *lock)
        .cloned()
        .filter(|_| lint.tx.transactional)
    else {
        return false;
    };
    let message = format!(
        "{what} while the transaction holds {} on {held}",
        lock.sql()
    );
    let safe = safe::lines(&[
        "COMMIT;",
        "-- then the rows in batches by key, each committed, from the application or a job",
    ]);
    lint.report("backfill-under-lock", 0, message, safe);
    true
}

/// Does a condition name few rows: a column equal to, or among, given values, or between two?
fn is_narrow(condition: &NodeEnum) -> bool {
    let given = |node: Option<&Node>| ast::inner(node).is_some_and(is_given);
    match condition {
        NodeEnum::BoolExpr(expr) => {
            let mut args = expr.args.iter().filter_map(|arg| arg.node.as_ref());
            match expr.boolop() {
                BoolExprType::AndExpr => args.any(is_narrow),
                BoolExprType::OrExpr => args.all(is_narrow),
                _ => false,
            }
        }
        NodeEnum::AExpr(expr) => {
            let equal = expr.name.last().and_then(ast::string) == Some("=");
            let right = given(expr.rexpr.as_deref());
            match expr.kind() {
                AExprKind::AexprOp => equal && (right || given(expr.lexpr.as_deref())),
                AExprKind::AexprIn | AExprKind::AexprOpAny => equal && right,
                AExprKind::AexprBetween => right,
                _ => false,
            }
        }
        NodeEnum::SubLink(link) if link.sub_link_type() == SubLinkType::AnySublink => {
            ast::inner(link.subselect.as_deref()).is_some_and(is_limited)
        }
        NodeEnum::CurrentOfExpr(_) => true,
        _ => false,
    }
}

/// Is it one value, whatever the row: a constant, a call, a query of its own? True and false name half of all rows.
fn is_given(value: &NodeEnum) -> bool {
    let boolean = match value {
        NodeEnum::AConst(value) => matches!(
            value.val,
            Some(pg_query::protobuf::a_const::Val::Boolval(_))
        ),
        _ => false,
    };
    !boolean && ast::columns_in(value).is_empty()
}

/// Does one of its queries take so many rows and no more?
fn is_batch(with: &WithClause) -> bool {
    let queries = with.ctes.iter().filter_map(|cte| match cte.node.as_ref()? {
        NodeEnum::CommonTableExpr(cte) => ast::inner(cte.ctequery.as_deref()),
        _ => None,
    });
    queries.into_iter().any(is_limited)
}

fn is_limited(query: &NodeEnum) -> bool {
    matches!(query, NodeEnum::SelectStmt(select) if select.limit_count.is_some())
}

/// The table that was there before and whose rows a query reads.
fn whole_table(lint: &Linter<'_>, select: &SelectStmt) -> Option<Name> {
    let narrow = ast::inner(select.where_clause.as_deref()).is_some_and(is_narrow);
    if narrow || select.limit_count.is_some() {
        return None;
    }
    let mut tables = Vec::new();
    for item in &select.from_clause {
        match item.node.as_ref() {
            Some(NodeEnum::RangeVar(range)) => tables.push(Name::of(range)),
            Some(NodeEnum::JoinExpr(join)) => {
                if let Some(NodeEnum::RangeVar(range)) = ast::inner(join.larg.as_deref()) {
                    tables.push(Name::of(range));
                }
            }
            _ => {}
        }
    }
    let system = |name: &Name| {
        matches!(
            name.schema.as_deref(),
            Some("pg_catalog" | "information_schema")
        ) || name.name.starts_with("pg_")
    };
    tables
        .into_iter()
        .find(|name| lint.existed(name) && !system(name))
}
