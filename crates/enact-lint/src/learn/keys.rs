//! What is learnt of indexes and keys.

use pg_query::NodeEnum;
use pg_query::protobuf::{ConstrType, Constraint, IndexStmt};

use super::named;
use crate::ast;
use crate::catalog::{Catalog, ForeignKey, Index, Relation};
use crate::names::Name;

impl Catalog {
    pub(super) fn create_index(&mut self, stmt: &IndexStmt) {
        let Some(table) = stmt.relation.as_ref().map(Name::of) else {
            return;
        };
        let mut columns = Vec::new();
        let mut key = Vec::new();
        let partial = stmt.where_clause.is_some();
        let mut computed = partial;
        for element in &stmt.index_params {
            let Some(NodeEnum::IndexElem(element)) = &element.node else {
                continue;
            };
            match ast::inner(element.expr.as_deref()) {
                Some(expr) => {
                    computed = true;
                    columns.extend(ast::columns_in(expr));
                }
                None => {
                    columns.push(element.name.clone());
                    key.extend((key.len() + 1 == columns.len()).then(|| element.name.clone()));
                }
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
            key,
            partial,
            primary: false,
            valid: true,
        });
    }

    pub(super) fn foreign_key_of(
        &mut self,
        table: &Name,
        constraint: &Constraint,
        columns: Vec<String>,
    ) {
        let Some(references) = &constraint.pktable else {
            return;
        };
        let default = format!("{}_{}_fkey", table.name, columns.join("_"));
        self.foreign_keys.push(ForeignKey {
            name: named(constraint, default),
            table: table.clone(),
            references: Name::of(references),
            columns,
            referenced: ast::strings(&constraint.pk_attrs),
        });
    }

    /// The index that comes with PRIMARY KEY or UNIQUE.
    pub(super) fn key_index(&mut self, table: &Name, constraint: &Constraint, key: Vec<String>) {
        let primary = constraint.contype() == ConstrType::ConstrPrimary;
        let default = match primary {
            true => format!("{}_pkey", table.name),
            false => format!("{}_{}_key", table.name, key.join("_")),
        };
        self.indexes.push(Index {
            name: table.beside(named(constraint, default)),
            table: table.clone(),
            columns: key.clone(),
            computed: false,
            key,
            partial: false,
            primary,
            valid: true,
        });
    }

    /// An index that becomes the primary key's.
    pub(super) fn adopt_index(
        &mut self,
        table: &Name,
        constraint: &Constraint,
        relation: &mut Relation,
    ) {
        let name = table.beside(&constraint.indexname);
        let index = self.indexes.find_mut(|index| index.name.may_be(&name));
        if let Some(index) = index {
            index.primary = true;
            relation.set_not_null(&index.key);
            if !constraint.conname.is_empty() {
                index.name.name.clone_from(&constraint.conname);
            }
        }
    }
}
