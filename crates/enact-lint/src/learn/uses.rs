//! What is learnt of things that use columns, of rules and of sequences.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterSeqStmt, CmdType, ColumnDef, Constraint, CreatePolicyStmt, CreateTrigStmt, DropStmt,
    ObjectType, RangeVar, RuleStmt, SelectStmt,
};

use crate::ast;
use crate::catalog::{Catalog, ColumnUser, Rewrite, RowChange, Sequence, UserKind};
use crate::names::Name;

impl Catalog {
    fn uses(&mut self, table: &Name, columns: Vec<String>, kind: UserKind, name: &Name) {
        for column in columns {
            self.users.push(ColumnUser {
                table: table.clone(),
                column: Some(column),
                kind,
                name: name.clone(),
            });
        }
    }

    /// A view of one table: whatever column it names is that table's.
    pub(super) fn view_columns(&mut self, view: &RangeVar, query: Option<&NodeEnum>) {
        let name = Name::of(view);
        self.users
            .retain(|user| !(user.kind == UserKind::View && user.name.may_be(&name)));
        let Some(NodeEnum::SelectStmt(select)) = query else {
            return;
        };
        let (Some(table), true) = (only_table(select), select.with_clause.is_none()) else {
            return;
        };
        let mut columns = Vec::new();
        let mut every = false;
        let targets = select.target_list.iter();
        let wheres = select.where_clause.iter().map(|node| &**node);
        for node in targets.chain(wheres).chain(&select.group_clause) {
            let Some(expr) = node.node.as_ref() else {
                continue;
            };
            columns.extend(ast::columns_in(expr));
            ast::visit(expr, &mut |node| every |= is_star(node));
        }
        if every {
            let user = ColumnUser {
                table: table.clone(),
                column: None,
                kind: UserKind::View,
                name: name.clone(),
            };
            self.users.push(user);
        }
        self.uses(&table, columns, UserKind::View, &name);
    }

    pub(super) fn policy(&mut self, table: &RangeVar, stmt: &CreatePolicyStmt) {
        let table = Name::of(table);
        let conditions = [stmt.qual.as_deref(), stmt.with_check.as_deref()];
        let conditions = conditions.into_iter().filter_map(ast::inner);
        // A column within a query of its own is another table's; those are not visited.
        let columns = conditions.flat_map(ast::columns_in).collect();
        let name = Name::plain(&stmt.policy_name);
        self.uses(&table, columns, UserKind::Policy, &name);
    }

    pub(super) fn trigger(&mut self, stmt: &CreateTrigStmt) {
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        let mut columns = ast::strings(&stmt.columns);
        if let Some(when) = ast::inner(stmt.when_clause.as_deref()) {
            columns.extend(ast::columns_in(when));
        }
        self.uses(
            &table,
            columns,
            UserKind::Trigger,
            &Name::plain(&stmt.trigname),
        );
    }

    pub(super) fn generated(&mut self, table: &Name, column: &ColumnDef, generated: &Constraint) {
        if let Some(expr) = ast::inner(generated.raw_expr.as_deref()) {
            let name = Name::plain(&column.colname);
            self.uses(table, ast::columns_in(expr), UserKind::Generated, &name);
        }
    }

    pub(super) fn rule(&mut self, stmt: &RuleStmt) {
        let event = match stmt.event() {
            CmdType::CmdInsert => RowChange::Insert,
            CmdType::CmdUpdate => RowChange::Update,
            CmdType::CmdDelete => RowChange::Delete,
            _ => return,
        };
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        // A condition leaves rows to which the rule does not apply.
        if stmt.instead && stmt.where_clause.is_none() {
            self.rewrites.push(Rewrite {
                name: stmt.rulename.clone(),
                table,
                event,
            });
        }
    }

    /// The sequence of a serial column, which is as wide as the column was when it was made.
    pub(super) fn serial(&mut self, table: &Name, column: &ColumnDef) {
        let of = column.type_name.as_ref();
        let Some(of) = of.and_then(|of| Name::of_parts(&of.names)) else {
            return;
        };
        let wide = match of.name.as_str() {
            "serial" | "serial4" | "smallserial" | "serial2" => false,
            "bigserial" | "serial8" => true,
            _ => return,
        };
        self.sequences.push(Sequence {
            name: table.beside(format!("{}_{}_seq", table.name, column.colname)),
            table: table.clone(),
            column: column.colname.clone(),
            wide,
        });
    }

    pub(super) fn alter_sequence(&mut self, stmt: &AlterSeqStmt) {
        let Some(name) = stmt.sequence.as_ref().map(Name::of) else {
            return;
        };
        let wide = ast::options(&stmt.options)
            .filter(|option| option.defname == "as")
            .any(|option| match ast::inner(option.arg.as_deref()) {
                Some(NodeEnum::TypeName(of)) => {
                    Name::of_parts(&of.names).is_some_and(|of| of.name == "int8")
                }
                _ => false,
            });
        let mut known = self.sequences.iter_mut();
        if let Some(known) = known.find(|known| wide && known.name.may_be(&name)) {
            known.wide = true;
        }
    }

    /// What goes with a column.
    pub(super) fn forget_column(&mut self, table: &Name, column: &str) {
        self.users.retain(|user| {
            let itself = user.kind == UserKind::Generated && user.name.name == column;
            let of = user.column.as_deref() == Some(column);
            !((itself || of) && user.table.may_be(table))
        });
        self.sequences
            .retain(|known| !(known.table.may_be(table) && known.column == column));
    }

    /// Views, policies, triggers and rules that are dropped use nothing any more.
    pub(super) fn forget_users(&mut self, stmt: &DropStmt) {
        let kind = match stmt.remove_type() {
            ObjectType::ObjectView | ObjectType::ObjectMatview => UserKind::View,
            ObjectType::ObjectPolicy => UserKind::Policy,
            ObjectType::ObjectTrigger => UserKind::Trigger,
            ObjectType::ObjectRule => UserKind::Rule,
            ObjectType::ObjectPublication => UserKind::Publication,
            ObjectType::ObjectFunction => UserKind::Function,
            _ => return,
        };
        let on_table = matches!(kind, UserKind::Policy | UserKind::Trigger | UserKind::Rule);
        for object in &stmt.objects {
            let Some(name) = Name::of_object(object) else {
                continue;
            };
            if !on_table {
                self.users
                    .retain(|user| !(user.kind == kind && user.name.may_be(&name)));
                continue;
            }
            // `DROP TRIGGER name ON table` names the table before the trigger.
            let table = match &object.node {
                Some(NodeEnum::List(list)) => list
                    .items
                    .split_last()
                    .and_then(|(_, table)| Name::of_parts(table)),
                _ => None,
            };
            let Some(table) = table else { continue };
            self.users.retain(|user| {
                !(user.kind == kind && user.name.name == name.name && user.table.may_be(&table))
            });
            if kind == UserKind::Rule {
                self.rewrites
                    .retain(|rule| !(rule.name == name.name && rule.table.may_be(&table)));
            }
        }
    }
}

/// The table that a query reads, if it reads one and has no query within.
fn only_table(select: &SelectStmt) -> Option<Name> {
    match select.from_clause.as_slice() {
        [only] => match only.node.as_ref()? {
            NodeEnum::RangeVar(range) => Some(Name::of(range)),
            _ => None,
        },
        _ => None,
    }
}

fn is_star(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::ColumnRef(column)
        if column.fields.iter().any(|field| matches!(field.node, Some(NodeEnum::AStar(_)))))
}
