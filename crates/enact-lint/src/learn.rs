//! What a statement makes of the schema.

use enact_sql::script::Script;
use enact_sql::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, BoolExprType, ColumnDef, ConstrType, Constraint,
    CreateDomainStmt, CreateFunctionStmt, CreateStmt, DropStmt, IndexStmt, NullTestType,
    ObjectType, RangeVar, RenameStmt,
};

use crate::ast;
use crate::catalog::{
    Catalog, Check, Column, Domain, ForeignKey, Function, Index, Relation, RelationKind, Volatility,
};
use crate::names::Name;

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
                }
            }
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
        self.relations.push(relation);
    }

    /// CHECK and REFERENCES that stand with a column.
    fn column_extras(&mut self, table: &Name, column: &ColumnDef, relation: &mut Relation) {
        for constraint in ast::constraints(&column.constraints) {
            match constraint.contype() {
                ConstrType::ConstrCheck => relation.check(constraint, Some(&column.colname)),
                ConstrType::ConstrForeign => {
                    self.foreign_key_of(table, constraint, vec![column.colname.clone()]);
                }
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
            ConstrType::ConstrPrimary => relation.set_not_null(&ast::strings(&constraint.keys)),
            _ => {}
        }
    }

    fn foreign_key_of(&mut self, table: &Name, constraint: &Constraint, columns: Vec<String>) {
        let Some(references) = &constraint.pktable else {
            return;
        };
        let default = format!("{}_{}_fkey", table.name, columns.join("_"));
        self.foreign_keys.push(ForeignKey {
            name: named(constraint, default),
            table: table.clone(),
            references: Name::of(references),
            columns,
        });
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

    fn create_index(&mut self, stmt: &IndexStmt) {
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        let mut columns = Vec::new();
        let mut computed = stmt.where_clause.is_some();
        for element in &stmt.index_params {
            let Some(NodeEnum::IndexElem(element)) = &element.node else {
                continue;
            };
            match ast::inner(element.expr.as_deref()) {
                Some(expr) => {
                    computed = true;
                    columns.extend(ast::columns_in(expr));
                }
                None => columns.push(element.name.clone()),
            }
        }
        if let Some(condition) = ast::inner(stmt.where_clause.as_deref()) {
            columns.extend(ast::columns_in(condition));
        }
        let default = format!("{}_{}_idx", table.name, columns.join("_"));
        let name = if stmt.idxname.is_empty() {
            default
        } else {
            stmt.idxname.clone()
        };
        self.indexes.push(Index {
            name: table.beside(name),
            table,
            columns,
            computed,
        });
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
            T::AtSetNotNull => relation.set_not_null(std::slice::from_ref(&cmd.name)),
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

    fn create_domain(&mut self, stmt: &CreateDomainStmt) {
        let Some(name) = Name::of_parts(&stmt.domainname) else {
            return;
        };
        let has = |kinds: &[ConstrType]| {
            ast::constraints(&stmt.constraints)
                .any(|constraint| kinds.contains(&constraint.contype()))
        };
        self.domains.push(Domain {
            name,
            constrained: has(&[ConstrType::ConstrCheck, ConstrType::ConstrNotnull]),
            has_default: has(&[ConstrType::ConstrDefault]),
        });
    }

    fn create_function(&mut self, stmt: &CreateFunctionStmt) {
        let Some(name) = Name::of_parts(&stmt.funcname) else {
            return;
        };
        let option = |wanted: &str| {
            let mut options = ast::options(&stmt.options);
            let option = options.find(|option| option.defname == wanted)?;
            match ast::inner(option.arg.as_deref())? {
                NodeEnum::String(value) => Some(value.sval.clone()),
                _ => None,
            }
        };
        let volatility = match (
            option("volatility").as_deref(),
            option("language").as_deref(),
        ) {
            (Some("immutable"), _) => Volatility::Immutable,
            (Some("stable"), _) => Volatility::Stable,
            // A function in SQL may be taken into the statement, and then its body decides.
            (_, Some("plpgsql")) => Volatility::Volatile,
            _ => Volatility::Unknown,
        };
        self.functions.push(Function { name, volatility });
    }

    fn drop(&mut self, stmt: &DropStmt) {
        for name in stmt.objects.iter().filter_map(Name::of_object) {
            match stmt.remove_type() {
                ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview => {
                    self.relations
                        .retain(|relation| !relation.name.may_be(&name));
                    self.indexes.retain(|index| !index.table.may_be(&name));
                    self.foreign_keys.retain(|key| !key.table.may_be(&name));
                }
                ObjectType::ObjectIndex => self.indexes.retain(|index| !index.name.may_be(&name)),
                ObjectType::ObjectDomain => {
                    self.domains.retain(|domain| !domain.name.may_be(&name))
                }
                ObjectType::ObjectType => self.enums.retain(|known| !known.may_be(&name)),
                ObjectType::ObjectFunction => {
                    self.functions
                        .retain(|function| !function.name.may_be(&name));
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, stmt: &RenameStmt) {
        let Some(name) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        match stmt.rename_type() {
            ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview => {
                let new = name.beside(&stmt.newname);
                for index in self
                    .indexes
                    .iter_mut()
                    .filter(|index| index.table.may_be(&name))
                {
                    index.table = new.clone();
                }
                if let Some(relation) = self.relation_mut(&name) {
                    relation.name = new;
                }
            }
            ObjectType::ObjectColumn => {
                if let Some(relation) = self.relation_mut(&name) {
                    let mut columns = relation.columns.iter_mut();
                    if let Some(column) = columns.find(|column| column.name == stmt.subname) {
                        column.name.clone_from(&stmt.newname);
                    }
                }
            }
            ObjectType::ObjectIndex => {
                let mut indexes = self.indexes.iter_mut();
                if let Some(index) = indexes.find(|index| index.name.may_be(&name)) {
                    index.name = name.beside(&stmt.newname);
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
            rows: None,
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
