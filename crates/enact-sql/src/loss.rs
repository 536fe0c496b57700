//! What data a statement takes away, or finds no room for: read from its parse tree, as questions that a live database
//! can answer by counting.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AExpr, AExprKind, AlterTableCmd, AlterTableStmt, AlterTableType, BoolExpr, BoolExprType,
    ColumnDef, ColumnRef, ConstrType, Constraint, DeleteStmt, DoStmt, DropStmt, IndexStmt, Node,
    ObjectType, RangeVar, ResTarget, SelectStmt, String as Text, TruncateStmt, UpdateStmt,
    WithClause,
};

use crate::classify::Name;
use crate::lex::{Kind, Lexer};
use crate::parse;
use crate::tree;

/// Stands in a [`Loss`]'s query for what is to be selected.
pub const SELECTED: &str = "'enact:selected'";

/// Something that a statement does to data that was there before it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// All rows of a table go: `DROP TABLE`, `TRUNCATE`.
    Table(Name),
    /// Every table in a schema goes with it.
    Schema(Name),
    /// Every column of a type goes with it: `DROP TYPE … CASCADE`.
    Type(Name),
    /// The values of a column go.
    Column {
        /// The table.
        table: Name,
        /// The column.
        column: String,
    },
    /// The position of a sequence goes.
    Sequence(Name),
    /// Rows are deleted.
    Deleted(Rows),
    /// Values in rows are overwritten with others.
    Overwritten(Rows),
    /// Values of a column become others, or do not fit: `ALTER COLUMN … TYPE`.
    Retyped {
        /// The table.
        table: Name,
        /// The column.
        column: String,
        /// The new type.
        into: String,
        /// The expression after `USING`.
        using: Option<String>,
    },
    /// Rows that the statement cannot take, so that it fails.
    Misfit {
        /// The table.
        table: Name,
        /// What they must be.
        rule: Rule,
    },
    /// What it does to data cannot be read from its text.
    Untold,
}

/// Rows that a statement reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: Name,
    /// What the statement calls a row of it.
    pub alias: String,
    /// A query for them, with [`SELECTED`] in place of what is selected.
    pub query: String,
    /// It joins other tables, so that a row may be reached more than once.
    pub joined: bool,
}

/// What rows must be for a constraint that is checked at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// `NOT NULL`.
    NotNull(String),
    /// The expression of a `CHECK`.
    Check(String),
    /// `UNIQUE` over these columns.
    Unique(Vec<String>),
    /// `PRIMARY KEY` over these columns.
    PrimaryKey(Vec<String>),
    /// A foreign key.
    References {
        /// The columns.
        columns: Vec<String>,
        /// The table they refer to.
        table: Name,
        /// Its columns; none written means its primary key.
        keys: Vec<String>,
    },
}

/// What `sql`, one statement, does to data that was there before it. Empty for what only makes things, or takes away
/// what the files can make again.
#[must_use]
pub fn losses(sql: &str) -> Vec<Loss> {
    tree::look(sql, of).unwrap_or_else(|| vec![Loss::Untold])
}

fn of(node: &NodeEnum) -> Vec<Loss> {
    match node {
        NodeEnum::DropStmt(stmt) => dropped(stmt),
        NodeEnum::TruncateStmt(stmt) => truncated(stmt),
        NodeEnum::AlterTableStmt(stmt) => altered(stmt),
        NodeEnum::IndexStmt(stmt) => indexed(stmt).into_iter().collect(),
        NodeEnum::DeleteStmt(stmt) => vec![deleted(stmt).unwrap_or(Loss::Untold)],
        NodeEnum::UpdateStmt(stmt) => vec![updated(stmt).unwrap_or(Loss::Untold)],
        NodeEnum::DoStmt(stmt) if !writes(stmt) => Vec::new(),
        NodeEnum::DoStmt(_)
        | NodeEnum::CallStmt(_)
        | NodeEnum::SelectStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::ExecuteStmt(_) => vec![Loss::Untold],
        _ => Vec::new(),
    }
}

/// Words without which a block can write nothing, unless a function that it calls does.
const WRITING: [&str; 12] = [
    "insert", "update", "delete", "truncate", "merge", "copy", "create", "alter", "drop",
    "execute", "call", "import",
];

fn writes(stmt: &DoStmt) -> bool {
    let body = |node: &Node| match node.node.as_ref()? {
        NodeEnum::DefElem(option) if option.defname == "as" => {
            match option.arg.as_ref()?.node.as_ref()? {
                NodeEnum::String(text) => Some(text.sval.clone()),
                _ => None,
            }
        }
        _ => None,
    };
    let bodies: Vec<String> = stmt.args.iter().filter_map(body).collect();
    bodies.is_empty() || bodies.iter().any(|body| has_word(body, &WRITING))
}

/// Whether one of `words` stands in `code` outside strings and comments; also if it cannot be read.
fn has_word(code: &str, words: &[&str]) -> bool {
    let mut lexer = Lexer::new(code);
    loop {
        match lexer.next_token() {
            Ok(Some(token)) if token.kind == Kind::Word => {
                let word = token.of(code);
                if words.iter().any(|one| word.eq_ignore_ascii_case(one)) {
                    return true;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

fn dropped(stmt: &DropStmt) -> Vec<Loss> {
    let cascades = stmt.behavior() == pg_query::protobuf::DropBehavior::DropCascade;
    let loss: fn(Name) -> Loss = match stmt.remove_type() {
        ObjectType::ObjectTable | ObjectType::ObjectForeignTable => Loss::Table,
        ObjectType::ObjectSequence => Loss::Sequence,
        ObjectType::ObjectSchema if cascades => Loss::Schema,
        ObjectType::ObjectType | ObjectType::ObjectDomain if cascades => Loss::Type,
        ObjectType::ObjectExtension if cascades => |_| Loss::Untold,
        _ => return Vec::new(),
    };
    stmt.objects.iter().filter_map(object).map(loss).collect()
}

fn object(node: &Node) -> Option<Name> {
    match node.node.as_ref()? {
        NodeEnum::List(list) => name(&list.items),
        NodeEnum::TypeName(of) => name(&of.names),
        NodeEnum::String(text) => Some(Name::new(None, text.sval.clone())),
        _ => None,
    }
}

fn name(parts: &[Node]) -> Option<Name> {
    let mut parts = strings(parts).into_iter().rev();
    let name = parts.next()?;
    Some(Name::new(parts.next(), name))
}

fn strings(nodes: &[Node]) -> Vec<String> {
    let text = |node: &Node| match node.node.as_ref()? {
        NodeEnum::String(text) => Some(text.sval.clone()),
        _ => None,
    };
    nodes.iter().filter_map(text).collect()
}

fn truncated(stmt: &TruncateStmt) -> Vec<Loss> {
    let table = |node: &Node| match node.node.as_ref()? {
        NodeEnum::RangeVar(range) => Some(Loss::Table(relation(range))),
        _ => None,
    };
    stmt.relations.iter().filter_map(table).collect()
}

fn relation(range: &RangeVar) -> Name {
    let schema = (!range.schemaname.is_empty()).then(|| range.schemaname.clone());
    Name::new(schema, range.relname.clone())
}

fn altered(stmt: &AlterTableStmt) -> Vec<Loss> {
    let (Some(range), ObjectType::ObjectTable) = (&stmt.relation, stmt.objtype()) else {
        return Vec::new();
    };
    let table = relation(range);
    let command = |node: &Node| match node.node.as_ref()? {
        NodeEnum::AlterTableCmd(command) => commanded(&table, command),
        _ => None,
    };
    stmt.cmds.iter().filter_map(command).collect()
}

fn commanded(table: &Name, command: &AlterTableCmd) -> Option<Loss> {
    let table = table.clone();
    let definition = command.def.as_ref().and_then(|def| def.node.as_ref());
    match (command.subtype(), definition) {
        (AlterTableType::AtDropColumn, _) => Some(Loss::Column {
            table,
            column: command.name.clone(),
        }),
        (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
            retyped(table, &command.name, column)
        }
        (AlterTableType::AtSetNotNull, _) => Some(Loss::Misfit {
            table,
            rule: Rule::NotNull(command.name.clone()),
        }),
        (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
            let rule = constrained(constraint)?;
            Some(Loss::Misfit { table, rule })
        }
        _ => None,
    }
}

fn retyped(table: Name, column: &str, definition: &ColumnDef) -> Option<Loss> {
    let into = definition.type_name.clone()?;
    let using = definition.raw_default.as_deref();
    // A type alone is no statement: it is read off a cast.
    let null = NodeEnum::AConst(pg_query::protobuf::AConst {
        isnull: true,
        location: 0,
        val: None,
    });
    let cast = NodeEnum::TypeCast(Box::new(pg_query::protobuf::TypeCast {
        arg: Some(Box::new(node(null))),
        type_name: Some(into),
        location: 0,
    }));
    let cast = expression(&node(cast))?;
    Some(Loss::Retyped {
        table,
        column: column.to_owned(),
        into: cast.strip_prefix("NULL::")?.to_owned(),
        using: using.and_then(expression),
    })
}

fn constrained(constraint: &Constraint) -> Option<Rule> {
    if constraint.skip_validation {
        return None;
    }
    match constraint.contype() {
        ConstrType::ConstrCheck => {
            let rule = constraint.raw_expr.as_deref().and_then(expression)?;
            Some(Rule::Check(rule))
        }
        kind @ (ConstrType::ConstrUnique | ConstrType::ConstrPrimary) => {
            let columns = strings(&constraint.keys);
            let primary = kind == ConstrType::ConstrPrimary;
            let rule = if primary {
                Rule::PrimaryKey
            } else {
                Rule::Unique
            };
            // Over an index that is there already, nothing is left to find out.
            (!columns.is_empty()).then(|| rule(columns))
        }
        ConstrType::ConstrForeign => Some(Rule::References {
            columns: strings(&constraint.fk_attrs),
            table: relation(constraint.pktable.as_ref()?),
            keys: strings(&constraint.pk_attrs),
        }),
        _ => None,
    }
}

fn indexed(stmt: &IndexStmt) -> Option<Loss> {
    let table = relation(stmt.relation.as_ref().filter(|_| stmt.unique)?);
    let column = |node: &Node| match node.node.as_ref()? {
        NodeEnum::IndexElem(element) if !element.name.is_empty() => Some(element.name.clone()),
        _ => None,
    };
    let columns: Option<Vec<String>> = stmt.index_params.iter().map(column).collect();
    let plain = stmt.where_clause.is_none() && !stmt.nulls_not_distinct;
    let rule = Rule::Unique(columns.filter(|_| plain)?);
    Some(Loss::Misfit { table, rule })
}

fn deleted(stmt: &DeleteStmt) -> Option<Loss> {
    let range = stmt.relation.as_ref()?;
    let condition = stmt.where_clause.as_deref().cloned();
    rows(
        range,
        &stmt.using_clause,
        condition,
        stmt.with_clause.as_ref(),
    )
    .map(Loss::Deleted)
}

fn updated(stmt: &UpdateStmt) -> Option<Loss> {
    let range = stmt.relation.as_ref()?;
    let alias = alias(range);
    let changed: Option<Vec<Node>> = stmt
        .target_list
        .iter()
        .map(|target| changes(&alias, target))
        .collect();
    let condition = stmt.where_clause.as_deref().cloned();
    let changed = changed.map(|changed| joined(BoolExprType::OrExpr, changed));
    let condition = match (condition, changed) {
        (Some(reached), Some(changed)) => {
            Some(joined(BoolExprType::AndExpr, vec![reached, changed]))
        }
        (one, other) => one.or(other),
    };
    rows(
        range,
        &stmt.from_clause,
        condition,
        stmt.with_clause.as_ref(),
    )
    .map(Loss::Overwritten)
}

/// Whether an assignment changes the value; `None` where that cannot be asked beforehand.
fn changes(alias: &str, target: &Node) -> Option<Node> {
    let Some(NodeEnum::ResTarget(target)) = &target.node else {
        return None;
    };
    let value = target.val.as_deref()?;
    let plain = !matches!(
        value.node,
        Some(NodeEnum::SetToDefault(_) | NodeEnum::MultiAssignRef(_))
    );
    let column = node(NodeEnum::ColumnRef(ColumnRef {
        fields: vec![string(alias), string(&target.name)],
        location: 0,
    }));
    (plain && target.indirection.is_empty()).then(|| {
        node(NodeEnum::AExpr(Box::new(AExpr {
            kind: AExprKind::AexprDistinct.into(),
            name: vec![string("=")],
            lexpr: Some(Box::new(column)),
            rexpr: Some(Box::new(value.clone())),
            ..AExpr::default()
        })))
    })
}

fn joined(how: BoolExprType, mut args: Vec<Node>) -> Node {
    if args.len() == 1 {
        return args.remove(0);
    }
    node(NodeEnum::BoolExpr(Box::new(BoolExpr {
        xpr: None,
        boolop: how.into(),
        args,
        location: 0,
    })))
}

fn rows(
    range: &RangeVar,
    others: &[Node],
    condition: Option<Node>,
    with: Option<&WithClause>,
) -> Option<Rows> {
    let mut from = vec![node(NodeEnum::RangeVar(range.clone()))];
    from.extend_from_slice(others);
    let query = SelectStmt {
        target_list: vec![target(string_constant())],
        from_clause: from,
        where_clause: condition.map(Box::new),
        with_clause: with.cloned(),
        limit_option: pg_query::protobuf::LimitOption::Default.into(),
        op: pg_query::protobuf::SetOperation::SetopNone.into(),
        ..SelectStmt::default()
    };
    let query = parse::deparse(&NodeEnum::SelectStmt(Box::new(query)))?;
    query.contains(SELECTED).then(|| Rows {
        table: relation(range),
        alias: alias(range),
        query,
        joined: !others.is_empty(),
    })
}

fn alias(range: &RangeVar) -> String {
    let alias = range.alias.as_ref().map(|alias| alias.aliasname.clone());
    alias.unwrap_or_else(|| range.relname.clone())
}

/// An expression as text.
fn expression(of: &Node) -> Option<String> {
    let select = SelectStmt {
        target_list: vec![target(of.clone())],
        limit_option: pg_query::protobuf::LimitOption::Default.into(),
        op: pg_query::protobuf::SetOperation::SetopNone.into(),
        ..SelectStmt::default()
    };
    let text = parse::deparse(&NodeEnum::SelectStmt(Box::new(select)))?;
    text.strip_prefix("SELECT ").map(str::to_owned)
}

fn target(value: Node) -> Node {
    node(NodeEnum::ResTarget(Box::new(ResTarget {
        val: Some(Box::new(value)),
        ..ResTarget::default()
    })))
}

fn string_constant() -> Node {
    let text = SELECTED.trim_matches('\'').to_owned();
    let value = pg_query::protobuf::a_const::Val::Sval(Text { sval: text });
    node(NodeEnum::AConst(pg_query::protobuf::AConst {
        isnull: false,
        location: 0,
        val: Some(value),
    }))
}

fn string(text: &str) -> Node {
    node(NodeEnum::String(Text {
        sval: text.to_owned(),
    }))
}

fn node(of: NodeEnum) -> Node {
    Node { node: Some(of) }
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
