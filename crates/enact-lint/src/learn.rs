//! What a statement makes of the schema.

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, BoolExprType, ColumnDef, ConstrType, Constraint,
    CreateStmt, NullTestType, ObjectType, RangeVar, UpdateStmt,
};

use crate::ast;
use crate::catalog::{Catalog, Check, Column, Relation, RelationKind};
use crate::names::Name;

mod keys;
mod objects;
mod uses;

impl Catalog {
    /// Takes in what a script makes of the schema.
    pub fn learn(&mut self, script: &Script) {
        for statement in script.statements() {
            tree::look(script.sql(statement), |node| self.learn_statement(node));
        }
    }

    pub(crate) fn learn_statement(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(stmt) => self.create_table(stmt),
            NodeEnum::CreateTableAsStmt(stmt) => {
                let into = stmt.into.as_ref().and_then(|into| into.rel.as_ref());
                if let Some(relation) = into {
                    let kind = match stmt.objtype() {
                        ObjectType::ObjectMatview => RelationKind::MaterializedView,
                        _ => RelationKind::Table,
                    };
                    self.relations.push(Relation::empty(relation, kind));
                }
            }
            NodeEnum::ViewStmt(stmt) => {
                if let Some(view) = &stmt.view {
                    self.view(view, &stmt.options);
                    self.view_columns(view, ast::inner(stmt.query.as_deref()));
                }
            }
            NodeEnum::IndexStmt(stmt) => self.create_index(stmt),
            NodeEnum::AlterTableStmt(stmt) => self.alter_table(stmt),
            NodeEnum::CreateDomainStmt(stmt) => self.create_domain(stmt),
            NodeEnum::CreateEnumStmt(stmt) => {
                self.enums.extend(Name::of_parts(&stmt.type_name));
            }
            NodeEnum::CreateFunctionStmt(stmt) => self.create_function(stmt),
            NodeEnum::CreatePolicyStmt(stmt) => {
                if let Some(range) = &stmt.table {
                    self.known(range).has_policy = true;
                    self.policy(range, stmt);
                }
            }
            NodeEnum::CreateTrigStmt(stmt) => self.trigger(stmt),
            NodeEnum::RuleStmt(stmt) => self.rule(stmt),
            NodeEnum::AlterSeqStmt(stmt) => self.alter_sequence(stmt),
            NodeEnum::UpdateStmt(stmt) => self.update(stmt),
            NodeEnum::DropStmt(stmt) => self.drop(stmt),
            NodeEnum::RenameStmt(stmt) => self.rename(stmt),
            _ => {}
        }
    }

    /// The relation, which exists since it is spoken of.
    fn known(&mut self, range: &RangeVar) -> &mut Relation {
        let name = Name::of(range);
        let at = self
            .relations
            .iter()
            .rposition(|known| known.name.may_be(&name));
        let at = at.unwrap_or_else(|| {
            self.relations
                .push(Relation::empty(range, RelationKind::Table));
            self.relations.len() - 1
        });
        &mut self.relations[at]
    }

    fn create_table(&mut self, stmt: &CreateStmt) {
        let Some(range) = &stmt.relation else { return };
        let kind = match stmt.partspec {
            Some(_) => RelationKind::Partitioned,
            None => RelationKind::Table,
        };
        let table = Name::of(range);
        let mut relation = Relation::empty(range, kind);
        for column in ast::columns(&stmt.table_elts) {
            relation.add_column(column);
            self.column_extras(&table, column, &mut relation);
        }
        let tabled = ast::constraints(&stmt.table_elts).chain(ast::constraints(&stmt.constraints));
        for constraint in tabled {
            self.constraint(&table, constraint, &mut relation);
        }
        let like = stmt
            .table_elts
            .iter()
            .any(|one| matches!(one.node, Some(NodeEnum::TableLikeClause(_))));
        relation.complete = !like && stmt.inh_relations.is_empty() && stmt.of_typename.is_none();
        self.relations.push(relation);
    }

    /// CHECK and REFERENCES that stand with a column.
    fn column_extras(&mut self, table: &Name, column: &ColumnDef, relation: &mut Relation) {
        self.serial(table, column);
        for constraint in ast::constraints(&column.constraints) {
            match constraint.contype() {
                ConstrType::ConstrCheck => relation.check(constraint, Some(&column.colname)),
                ConstrType::ConstrForeign => {
                    self.foreign_key_of(table, constraint, vec![column.colname.clone()]);
                }
                ConstrType::ConstrPrimary | ConstrType::ConstrUnique => {
                    self.key_index(table, constraint, vec![column.colname.clone()]);
                }
                ConstrType::ConstrGenerated => self.generated(table, column, constraint),
                _ => {}
            }
        }
    }

    fn constraint(&mut self, table: &Name, constraint: &Constraint, relation: &mut Relation) {
        match constraint.contype() {
            ConstrType::ConstrCheck => relation.check(constraint, None),
            ConstrType::ConstrForeign => {
                self.foreign_key_of(table, constraint, ast::strings(&constraint.fk_attrs));
            }
            ConstrType::ConstrPrimary if constraint.indexname.is_empty() => {
                let keys = ast::strings(&constraint.keys);
                relation.set_not_null(&keys);
                self.key_index(table, constraint, keys);
            }
            ConstrType::ConstrUnique if constraint.indexname.is_empty() => {
                self.key_index(table, constraint, ast::strings(&constraint.keys));
            }
            ConstrType::ConstrPrimary => self.adopt_index(table, constraint, relation),
            _ => {}
        }
    }

    /// Rows that held NULL may hold something now.
    fn update(&mut self, stmt: &UpdateStmt) {
        let table = stmt.relation.as_ref().map(Name::of);
        let relation = table.and_then(|table| self.relation_mut(&table));
        let Some(relation) = relation else { return };
        for target in &stmt.target_list {
            if let Some(NodeEnum::ResTarget(target)) = &target.node {
                relation.filled(&target.name);
            }
        }
    }

    fn view(&mut self, view: &RangeVar, options: &[pg_query::protobuf::Node]) {
        let name = Name::of(view);
        let options = ast::options(options)
            .map(|option| option.defname.clone())
            .collect();
        match self.relation_mut(&name) {
            Some(known) => known.options = options,
            None => self.relations.push(Relation {
                options,
                ..Relation::empty(view, RelationKind::View)
            }),
        }
    }

    fn alter_table(&mut self, stmt: &AlterTableStmt) {
        let Some(range) = &stmt.relation else { return };
        let table = Name::of(range);
        if self.relation(&table).is_none() {
            let kind = match stmt.objtype() {
                ObjectType::ObjectView => RelationKind::View,
                _ => RelationKind::Table,
            };
            self.relations.push(Relation::empty(range, kind));
        }
        // Taken out while its foreign keys are learnt beside it.
        let Some(at) = self
            .relations
            .iter()
            .rposition(|known| known.name.may_be(&table))
        else {
            return;
        };
        let mut relation = self.relations.remove(at);
        for cmd in ast::commands(stmt) {
            self.command(&table, cmd, &mut relation);
        }
        self.relations.insert(at, relation);
    }

    fn command(&mut self, table: &Name, cmd: &AlterTableCmd, relation: &mut Relation) {
        use AlterTableType as T;
        match cmd.subtype() {
            T::AtAddColumn => {
                if let Some(column) = ast::column_of(cmd) {
                    relation.add_column(column);
                    self.column_extras(table, column, relation);
                }
            }
            T::AtDropColumn => {
                relation.columns.retain(|column| column.name != cmd.name);
                self.forget_column(table, &cmd.name);
                relation
                    .checks
                    .retain(|check| !check.columns.contains(&cmd.name));
                self.indexes.retain(|index| {
                    !(index.table.may_be(table) && index.columns.contains(&cmd.name))
                });
                self.foreign_keys
                    .retain(|key| !(key.table.may_be(table) && key.columns.contains(&cmd.name)));
            }
            T::AtAddConstraint => {
                if let Some(constraint) = ast::constraint_of(cmd) {
                    self.constraint(table, constraint, relation);
                }
            }
            T::AtDropConstraint => {
                relation.checks.retain(|check| check.name != cmd.name);
                self.foreign_keys
                    .retain(|key| !(key.table.may_be(table) && key.name == cmd.name));
                self.indexes
                    .retain(|index| !(index.table.may_be(table) && index.name.name == cmd.name));
            }
            T::AtValidateConstraint => {
                for check in relation
                    .checks
                    .iter_mut()
                    .filter(|check| check.name == cmd.name)
                {
                    check.validated = true;
                }
            }
            T::AtSetNotNull => {
                relation.set_not_null(std::slice::from_ref(&cmd.name));
                relation.filled(&cmd.name);
            }
            T::AtSetRelOptions | T::AtResetRelOptions if relation.kind == RelationKind::View => {
                relation.view_options(cmd);
            }
            T::AtDropNotNull => {
                for column in relation
                    .columns
                    .iter_mut()
                    .filter(|column| column.name == cmd.name)
                {
                    column.not_null = false;
                }
            }
            T::AtAlterColumnType => {
                let new = ast::column_of(cmd).and_then(|column| column.type_name.as_ref());
                let known = relation
                    .columns
                    .iter_mut()
                    .find(|column| column.name == cmd.name);
                if let (Some(new), Some(known)) = (new, known) {
                    known.type_sql = ast::sql_of_type(new);
                }
            }
            _ => {}
        }
    }
}

impl Relation {
    fn empty(range: &RangeVar, kind: RelationKind) -> Self {
        Self {
            name: Name::of(range),
            kind,
            columns: Vec::new(),
            checks: Vec::new(),
            has_policy: false,
            options: Vec::new(),
            extent: None,
            complete: false,
        }
    }

    fn add_column(&mut self, column: &ColumnDef) {
        let kinds = [ConstrType::ConstrNotnull, ConstrType::ConstrPrimary];
        let not_null = kinds
            .iter()
            .any(|kind| ast::of_kind(column, *kind).is_some());
        self.columns.push(Column {
            name: column.colname.clone(),
            type_sql: column
                .type_name
                .as_ref()
                .map_or_else(String::new, ast::sql_of_type),
            not_null,
            holds_null: false,
        });
    }

    fn check(&mut self, constraint: &Constraint, column: Option<&str>) {
        let Some(expr) = ast::inner(constraint.raw_expr.as_deref()) else {
            return;
        };
        let columns = ast::columns_in(expr);
        let default = match (column, columns.as_slice()) {
            (Some(column), _) => format!("{}_{column}_check", self.name.name),
            (None, [column]) => format!("{}_{column}_check", self.name.name),
            _ => format!("{}_check", self.name.name),
        };
        self.checks.push(Check {
            name: named(constraint, default),
            validated: !constraint.skip_validation,
            not_null: proven(expr),
            columns,
            condition: ast::sql_of(expr),
        });
    }

    /// Options that `ALTER VIEW` sets or resets.
    fn view_options(&mut self, cmd: &AlterTableCmd) {
        let Some(NodeEnum::List(list)) = ast::inner(cmd.def.as_deref()) else {
            return;
        };
        for option in ast::options(&list.items) {
            self.options.retain(|name| *name != option.defname);
            if cmd.subtype() == AlterTableType::AtSetRelOptions {
                self.options.push(option.defname.clone());
            }
        }
    }

    /// It may be that no row holds NULL there any more.
    fn filled(&mut self, name: &str) {
        for column in self.columns.iter_mut().filter(|column| column.name == name) {
            column.holds_null = false;
        }
    }

    fn set_not_null(&mut self, names: &[String]) {
        for column in &mut self.columns {
            column.not_null |= names.contains(&column.name);
        }
    }
}

fn named(constraint: &Constraint, default: String) -> String {
    if constraint.conname.is_empty() {
        default
    } else {
        constraint.conname.clone()
    }
}

/// The columns that an expression proves to be not null: `c IS NOT NULL` alone or within an AND. An OR proves
/// nothing, nor does a comparison, which NULL passes.
pub(crate) fn proven(expr: &NodeEnum) -> Vec<String> {
    match expr {
        NodeEnum::NullTest(test) if test.nulltesttype() == NullTestType::IsNotNull => {
            let column = ast::inner(test.arg.as_deref()).and_then(ast::bare_column);
            column.map(str::to_owned).into_iter().collect()
        }
        NodeEnum::BoolExpr(all) if all.boolop() == BoolExprType::AndExpr => {
            let args = all.args.iter().filter_map(|arg| arg.node.as_ref());
            args.flat_map(proven).collect()
        }
        _ => Vec::new(),
    }
}
