//! A statement that changes many rows, taken apart so that it can run in batches: `-- enact: backfill …` and the one
//! `UPDATE`, `DELETE` or `INSERT … SELECT` behind it.
//!
//! Each batch is the author's statement with one more condition, which bounds the rows of the table that is walked. So the
//! statement must mean the same piece by piece: what looks at more than one row of that table is refused, here as far as the text
//! tells, and before it runs by the server's plan for it.

use pg_query::protobuf::{
    DeleteStmt, InsertStmt, Node, RangeVar, SelectStmt, SetOperation, UpdateStmt,
};
use pg_query::{NodeEnum, NodeRef};

use crate::classify::{Name, Refusal};
use crate::lex::{Kind, Lexer};
use crate::parse;

mod options;

pub use options::Options;
pub(crate) use options::{Fault, KEYS};

/// A statement that can run in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backfill {
    /// How it is to run.
    pub options: Options,
    /// What it does.
    pub verb: Verb,
    /// The table whose rows are walked.
    pub walked: Walked,
    /// The table whose rows change; the same one unless rows are inserted.
    pub changed: Name,
    /// Columns of the walked table that it gives values to.
    pub assigned: Vec<String>,
    text: Pieces,
}

/// The table whose rows are walked, as the statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Walked {
    /// The table.
    pub table: Name,
    /// `ONLY`, without those that inherit from it.
    pub only: bool,
    /// What the statement calls a row of it.
    pub alias: String,
}

/// What a statement in batches does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `INSERT … SELECT`.
    Insert,
}

/// The statement around and in its condition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pieces {
    before: String,
    condition: Option<String>,
    after: String,
}

impl Backfill {
    /// The statement for the rows that satisfy `limits`, a condition. What comes before stays where it is, so that a
    /// place that the server points at is the same place in the file.
    #[must_use]
    pub fn batch(&self, limits: &str) -> String {
        let Pieces {
            before,
            condition,
            after,
        } = &self.text;
        match condition {
            Some(condition) => format!("{before}WHERE({condition}\n) AND {limits}\n{after}"),
            None => format!("{before}\nWHERE {limits}\n{after}"),
        }
    }

    /// Its own condition; `None` if it takes every row.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        self.text.condition.as_deref().map(str::trim)
    }
}

/// Takes one statement apart; `depth` bounds how deep it nests.
///
/// # Errors
/// Why it cannot run in batches.
pub(crate) fn read(sql: &str, depth: usize, options: Options) -> Result<Backfill, Refusal> {
    let shape = parse::with_tree(sql, depth, |node| shape(node, &options));
    let shape = shape.unwrap_or_else(|_| Err(not_one()))?;
    let text = pieces(sql, shape.verb);
    Ok(Backfill {
        options,
        verb: shape.verb,
        walked: shape.walked,
        changed: shape.changed,
        assigned: shape.assigned,
        text,
    })
}

struct Shape {
    verb: Verb,
    walked: Walked,
    changed: Name,
    assigned: Vec<String>,
}

fn shape(node: &NodeEnum, options: &Options) -> Result<Shape, Refusal> {
    let shape = match node {
        NodeEnum::UpdateStmt(stmt) => update(stmt),
        NodeEnum::DeleteStmt(stmt) => delete(stmt),
        NodeEnum::InsertStmt(stmt) => insert(stmt, options),
        _ => Err(not_one()),
    }?;
    let table = &shape.walked.table;
    if let Some(named) = options.table.as_ref().filter(|named| !same(named, table)) {
        return Err(Refusal::new(
            "backfill-table",
            format!(
                "the directive says `table={}`, the statement walks {}",
                shown(named),
                shown(table)
            ),
            "name the table whose rows the statement goes through",
        ));
    }
    let mentions = node.nodes().into_iter().filter(|(node, ..)| match node {
        NodeRef::RangeVar(range) => same(&name(range), table),
        _ => false,
    });
    if mentions.count() > 1 {
        return Err(refused(format!(
            "it looks at {} a second time, and would see there what earlier batches have changed",
            shown(table)
        )));
    }
    Ok(shape)
}

fn update(stmt: &UpdateStmt) -> Result<Shape, Refusal> {
    whole(
        stmt.with_clause.is_some(),
        stmt.returning_clause.is_some(),
        stmt.where_clause.as_deref(),
    )?;
    let relation = stmt.relation.as_ref().ok_or_else(not_one)?;
    let column = |node: &Node| match node.node.as_ref()? {
        NodeEnum::ResTarget(target) => Some(target.name.clone()),
        _ => None,
    };
    Ok(Shape {
        verb: Verb::Update,
        walked: walked(relation),
        changed: name(relation),
        assigned: stmt.target_list.iter().filter_map(column).collect(),
    })
}

fn delete(stmt: &DeleteStmt) -> Result<Shape, Refusal> {
    whole(
        stmt.with_clause.is_some(),
        stmt.returning_clause.is_some(),
        stmt.where_clause.as_deref(),
    )?;
    let relation = stmt.relation.as_ref().ok_or_else(not_one)?;
    Ok(Shape {
        verb: Verb::Delete,
        walked: walked(relation),
        changed: name(relation),
        assigned: Vec::new(),
    })
}

fn insert(stmt: &InsertStmt, options: &Options) -> Result<Shape, Refusal> {
    whole(
        stmt.with_clause.is_some(),
        stmt.returning_clause.is_some(),
        None,
    )?;
    let select = stmt
        .select_stmt
        .as_ref()
        .and_then(|node| node.node.as_ref());
    let Some(NodeEnum::SelectStmt(select)) = select else {
        return Err(not_one());
    };
    row_by_row(select)?;
    let mut tables = Vec::new();
    for item in &select.from_clause {
        tables_of(item, &mut tables);
    }
    let walked = match (&options.table, tables.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(named), all) => all.iter().find(|from| same(named, &from.table)),
    };
    let walked = walked.cloned().ok_or_else(|| {
        Refusal::new(
            "backfill-table",
            "it does not say which table's rows are to be walked",
            "write `table=` and a table of the FROM list, joined by plain or inner joins",
        )
    })?;
    use pg_query::protobuf::OnConflictAction;
    let conflict = stmt.on_conflict_clause.as_ref();
    if conflict.is_some_and(|clause| clause.action() == OnConflictAction::OnconflictUpdate) {
        return Err(refused(
            "ON CONFLICT DO UPDATE takes a second row for an update of the first where they are of two batches".to_owned(),
        ));
    }
    let changed = stmt.relation.as_ref().map(name).ok_or_else(not_one)?;
    if same(&changed, &walked.table) {
        return Err(refused(
            "it inserts into the table that it walks".to_owned(),
        ));
    }
    Ok(Shape {
        verb: Verb::Insert,
        walked,
        changed,
        assigned: Vec::new(),
    })
}

/// The tables of a FROM item whose rows each give rows of their own: not those that an outer join fills up.
fn tables_of(item: &Node, tables: &mut Vec<Walked>) {
    match item.node.as_ref() {
        Some(NodeEnum::RangeVar(range)) => tables.push(walked(range)),
        Some(NodeEnum::JoinExpr(join)) => {
            use pg_query::protobuf::JoinType;
            let (left, right) = match join.jointype() {
                JoinType::JoinInner => (true, true),
                JoinType::JoinLeft => (true, false),
                JoinType::JoinRight => (false, true),
                _ => (false, false),
            };
            let sides = [(left, &join.larg), (right, &join.rarg)];
            for (_, side) in sides.into_iter().filter(|(kept, _)| *kept) {
                if let Some(side) = side {
                    tables_of(side, tables);
                }
            }
        }
        _ => {}
    }
}

fn whole(with: bool, returning: bool, condition: Option<&Node>) -> Result<(), Refusal> {
    if with {
        return Err(refused("it has a WITH clause".to_owned()));
    }
    if returning {
        return Err(refused("nobody would read what it returns".to_owned()));
    }
    match condition.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::CurrentOfExpr(_)) => Err(refused("it follows a cursor".to_owned())),
        _ => Ok(()),
    }
}

/// Whether each row of the query comes from one row of the table.
fn row_by_row(select: &SelectStmt) -> Result<(), Refusal> {
    let reasons = [
        (
            !select.values_lists.is_empty(),
            "it inserts a list of values",
        ),
        (
            select.op() != SetOperation::SetopNone,
            "it combines queries",
        ),
        (select.with_clause.is_some(), "its query has a WITH clause"),
        (!select.distinct_clause.is_empty(), "DISTINCT compares rows"),
        (
            !select.group_clause.is_empty() || select.having_clause.is_some(),
            "it groups rows",
        ),
        (
            select.limit_count.is_some() || select.limit_offset.is_some(),
            "LIMIT and OFFSET would count anew in each batch",
        ),
        (
            !select.sort_clause.is_empty(),
            "ORDER BY would sort each batch by itself",
        ),
        (
            select.locking_clause.iter().any(passes_by),
            "NOWAIT and SKIP LOCKED would leave rows out",
        ),
    ];
    match reasons.into_iter().find(|(true_here, _)| *true_here) {
        Some((_, reason)) => Err(refused(reason.to_owned())),
        None => Ok(()),
    }
}

/// Whether a clause such as `FOR KEY SHARE` does not wait for rows that others have locked.
fn passes_by(clause: &Node) -> bool {
    use pg_query::protobuf::LockWaitPolicy;
    match clause.node.as_ref() {
        Some(NodeEnum::LockingClause(clause)) => {
            clause.wait_policy() != LockWaitPolicy::LockWaitBlock
        }
        _ => true,
    }
}

/// Where the condition stands, and where a further one belongs. Only words outside parentheses count.
fn pieces(sql: &str, verb: Verb) -> Pieces {
    let mut lexer = Lexer::new(sql);
    let mut depth = 0usize;
    let (mut condition, mut end) = (None, sql.len());
    let mut previous = String::new();
    let mut previous_at = 0;
    while let Ok(Some(token)) = lexer.next_token() {
        if token.is_trivia() {
            continue;
        }
        let text = token.of(sql);
        match text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let word = (token.kind == Kind::Word && depth == 0).then(|| text.to_ascii_lowercase());
        match word.as_deref() {
            Some("where") => condition = Some((token.start, token.end)),
            Some("conflict") if verb == Verb::Insert && previous == "on" => {
                end = previous_at;
                break;
            }
            Some("for") if verb == Verb::Insert => {
                end = token.start;
                break;
            }
            _ => {}
        }
        previous = word.unwrap_or_default();
        previous_at = token.start;
    }
    let text = |from: usize, to: usize| sql.get(from..to).unwrap_or_default().to_owned();
    let Some((start, after)) = condition else {
        return Pieces {
            before: text(0, end),
            condition: None,
            after: text(end, sql.len()),
        };
    };
    // The parenthesis takes the place of a blank, so that nothing behind it moves.
    let blank = sql
        .get(after..)
        .is_some_and(|rest| rest.starts_with([' ', '\n', '\t']));
    Pieces {
        before: text(0, start),
        condition: Some(text(after + usize::from(blank), end)),
        after: text(end, sql.len()),
    }
}

fn walked(range: &RangeVar) -> Walked {
    let alias = range.alias.as_ref().map(|alias| alias.aliasname.clone());
    Walked {
        table: name(range),
        only: !range.inh,
        alias: alias.unwrap_or_else(|| range.relname.clone()),
    }
}

fn name(range: &RangeVar) -> Name {
    let schema = (!range.schemaname.is_empty()).then(|| range.schemaname.clone());
    Name::new(schema, range.relname.clone())
}

/// Whether two names may mean the same table.
fn same(one: &Name, other: &Name) -> bool {
    let schemas = one.schema.as_ref().zip(other.schema.as_ref());
    one.name == other.name && schemas.is_none_or(|(one, other)| one == other)
}

fn shown(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}

fn not_one() -> Refusal {
    Refusal::new(
        "backfill-statement",
        "a backfill is one UPDATE, DELETE or INSERT … SELECT",
        "write one of them behind the directive, without BEGIN, or remove the directive",
    )
}

fn refused(why: String) -> Refusal {
    Refusal::new(
        "backfill-statement",
        format!("this statement cannot run in batches: {why}"),
        "write it so that each row can be done by itself, or remove the directive and let it run at once",
    )
}

#[cfg(test)]
#[path = "backfill_tests.rs"]
mod tests;
