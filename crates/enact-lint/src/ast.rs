//! Small questions to PostgreSQL's trees.

use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, ColumnDef, ConstrType, Constraint, DefElem, Node, RangeVar,
    ResTarget, SelectStmt, TypeCast, TypeName,
};

use crate::names::Name;

/// A string node.
pub fn string(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::String(value) => Some(&value.sval),
        _ => None,
    }
}

/// All strings of a list.
pub fn strings(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(string).map(str::to_owned).collect()
}

pub fn node(node: NodeEnum) -> Node {
    Node { node: Some(node) }
}

pub fn boxed(inner: NodeEnum) -> Option<Box<Node>> {
    Some(Box::new(node(inner)))
}

/// The inner node of an optional, boxed one.
pub fn inner(node: Option<&Node>) -> Option<&NodeEnum> {
    node?.node.as_ref()
}

pub fn options(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) => Some(&**option),
        _ => None,
    })
}

/// Is a boolean option given and on?
pub fn on(nodes: &[Node], name: &str) -> bool {
    options(nodes).any(|option| option.defname == name && is_on(option))
}

fn is_on(option: &DefElem) -> bool {
    let off = |word: &str| word.eq_ignore_ascii_case("false") || word.eq_ignore_ascii_case("off");
    match inner(option.arg.as_deref()) {
        Some(NodeEnum::Boolean(value)) => value.boolval,
        Some(NodeEnum::Integer(value)) => value.ival != 0,
        Some(NodeEnum::String(value)) => !off(&value.sval),
        Some(NodeEnum::TypeName(word)) => {
            !Name::of_parts(&word.names).is_some_and(|word| off(&word.name))
        }
        _ => true,
    }
}

/// The constraints of a column or table.
pub fn constraints(nodes: &[Node]) -> impl Iterator<Item = &Constraint> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(&**constraint),
        _ => None,
    })
}

/// The columns that `CREATE TABLE` or `ADD COLUMN` define.
pub fn columns(nodes: &[Node]) -> impl Iterator<Item = &ColumnDef> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::ColumnDef(column)) => Some(&**column),
        _ => None,
    })
}

/// The actions of `ALTER TABLE`.
pub fn commands(stmt: &AlterTableStmt) -> impl Iterator<Item = &AlterTableCmd> {
    stmt.cmds.iter().filter_map(|cmd| match &cmd.node {
        Some(NodeEnum::AlterTableCmd(cmd)) => Some(&**cmd),
        _ => None,
    })
}

pub fn column_of(cmd: &AlterTableCmd) -> Option<&ColumnDef> {
    match inner(cmd.def.as_deref())? {
        NodeEnum::ColumnDef(column) => Some(column),
        _ => None,
    }
}

pub fn constraint_of(cmd: &AlterTableCmd) -> Option<&Constraint> {
    match inner(cmd.def.as_deref())? {
        NodeEnum::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

/// The constraint of a kind in a column's definition.
pub fn of_kind(column: &ColumnDef, kind: ConstrType) -> Option<&Constraint> {
    constraints(&column.constraints).find(|constraint| constraint.contype() == kind)
}

/// The default of a new column, unless it is NULL.
pub fn default_of(column: &ColumnDef) -> Option<&NodeEnum> {
    let default = of_kind(column, ConstrType::ConstrDefault)?;
    inner(default.raw_expr.as_deref()).filter(|expr| !is_null(expr))
}

fn is_null(expr: &NodeEnum) -> bool {
    match expr {
        NodeEnum::AConst(value) => value.isnull,
        NodeEnum::TypeCast(cast) => inner(cast.arg.as_deref()).is_some_and(is_null),
        _ => false,
    }
}

/// The relations of a list.
pub fn relations(nodes: &[Node]) -> impl Iterator<Item = &RangeVar> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::RangeVar(relation)) => Some(relation),
        _ => None,
    })
}

/// Visits an expression and everything within it.
pub fn visit<'n>(expr: &'n NodeEnum, see: &mut dyn FnMut(&'n NodeEnum)) {
    see(expr);
    for child in children(expr) {
        visit(child, see);
    }
}

fn children(expr: &NodeEnum) -> Vec<&NodeEnum> {
    let mut found: Vec<&NodeEnum> = Vec::new();
    let lists: Vec<&[Node]> = match expr {
        NodeEnum::FuncCall(call) => vec![&call.args, &call.agg_order],
        NodeEnum::BoolExpr(expr) => vec![&expr.args],
        NodeEnum::CoalesceExpr(expr) => vec![&expr.args],
        NodeEnum::MinMaxExpr(expr) => vec![&expr.args],
        NodeEnum::RowExpr(expr) => vec![&expr.args],
        NodeEnum::AArrayExpr(expr) => vec![&expr.elements],
        NodeEnum::CaseExpr(expr) => vec![&expr.args],
        NodeEnum::List(list) => vec![&list.items],
        NodeEnum::AIndirection(expr) => vec![&expr.indirection],
        NodeEnum::XmlExpr(expr) => vec![&expr.args, &expr.named_args],
        _ => Vec::new(),
    };
    for list in lists {
        found.extend(list.iter().filter_map(|node| node.node.as_ref()));
    }
    let single: Vec<Option<&Node>> = match expr {
        NodeEnum::AExpr(expr) => vec![expr.lexpr.as_deref(), expr.rexpr.as_deref()],
        NodeEnum::TypeCast(cast) => vec![cast.arg.as_deref()],
        NodeEnum::NullTest(test) => vec![test.arg.as_deref()],
        NodeEnum::BooleanTest(test) => vec![test.arg.as_deref()],
        NodeEnum::CollateClause(clause) => vec![clause.arg.as_deref()],
        NodeEnum::NamedArgExpr(arg) => vec![arg.arg.as_deref()],
        NodeEnum::AIndirection(expr) => vec![expr.arg.as_deref()],
        NodeEnum::CaseExpr(expr) => vec![expr.arg.as_deref(), expr.defresult.as_deref()],
        NodeEnum::CaseWhen(when) => vec![when.expr.as_deref(), when.result.as_deref()],
        NodeEnum::SubLink(link) => vec![link.testexpr.as_deref()],
        NodeEnum::ResTarget(target) => vec![target.val.as_deref()],
        _ => Vec::new(),
    };
    found.extend(single.into_iter().filter_map(inner));
    found
}

/// The columns that an expression names.
pub fn columns_in(expr: &NodeEnum) -> Vec<String> {
    let mut names = Vec::new();
    visit(expr, &mut |node| {
        if let NodeEnum::ColumnRef(column) = node {
            names.extend(column.fields.last().and_then(string).map(str::to_owned));
        }
    });
    names
}

/// The column that an expression is, with nothing around it.
pub fn bare_column(expr: &NodeEnum) -> Option<&str> {
    match expr {
        NodeEnum::ColumnRef(column) => column.fields.last().and_then(string),
        _ => None,
    }
}

/// An expression as SQL.
pub fn sql_of(expr: &NodeEnum) -> String {
    let target = ResTarget {
        val: boxed(expr.clone()),
        ..ResTarget::default()
    };
    let select = SelectStmt {
        target_list: vec![node(NodeEnum::ResTarget(Box::new(target)))],
        limit_option: 1,
        op: 1,
        ..SelectStmt::default()
    };
    let text = tree::write(&NodeEnum::SelectStmt(Box::new(select)));
    text.and_then(|text| text.strip_prefix("SELECT ").map(str::to_owned))
        .unwrap_or_else(|| "…".to_owned())
}

/// A type as SQL.
pub fn sql_of_type(name: &TypeName) -> String {
    let null = pg_query::protobuf::AConst {
        isnull: true,
        ..Default::default()
    };
    let cast = TypeCast {
        arg: boxed(NodeEnum::AConst(null)),
        type_name: Some(name.clone()),
        location: 0,
    };
    let text = sql_of(&NodeEnum::TypeCast(Box::new(cast)));
    text.strip_prefix("NULL::").unwrap_or(&text).to_owned()
}

/// `ALTER TABLE` with one action, as SQL with its `;`.
pub fn alter(table: &RangeVar, cmd: &AlterTableCmd) -> String {
    let stmt = AlterTableStmt {
        relation: Some(table.clone()),
        cmds: vec![node(NodeEnum::AlterTableCmd(Box::new(cmd.clone())))],
        objtype: pg_query::protobuf::ObjectType::ObjectTable as i32,
        missing_ok: false,
    };
    statement(&NodeEnum::AlterTableStmt(stmt))
}

/// `ALTER TABLE … ADD COLUMN` with none of the column's constraints.
pub fn add_bare_column(table: &RangeVar, cmd: &AlterTableCmd, column: &ColumnDef) -> String {
    let bare = ColumnDef {
        constraints: Vec::new(),
        ..column.clone()
    };
    let cmd = AlterTableCmd {
        def: boxed(NodeEnum::ColumnDef(Box::new(bare))),
        missing_ok: false,
        ..cmd.clone()
    };
    alter(table, &cmd)
}

/// A statement as SQL with its `;`.
pub fn statement(node: &NodeEnum) -> String {
    tree::write(node).map_or_else(String::new, |text| text + ";")
}
