//! Questions to a catalog.

use pg_query::NodeEnum;

use crate::ast;
use crate::catalog::{
    Catalog, Check, Column, ColumnUser, Domain, ForeignKey, Function, Index, Relation,
    RelationKind, Rewrite, RowChange, Volatility,
};
use crate::learn;
use crate::names::Name;

impl Catalog {
    /// The relation of that name.
    #[must_use]
    pub fn relation(&self, name: &Name) -> Option<&Relation> {
        self.relations
            .iter()
            .rev()
            .find(|relation| relation.name.may_be(name))
    }

    pub(crate) fn relation_mut(&mut self, name: &Name) -> Option<&mut Relation> {
        self.relations
            .find_mut(|relation| relation.name.may_be(name))
    }

    /// The index of that name.
    #[must_use]
    pub fn index(&self, name: &Name) -> Option<&Index> {
        self.indexes
            .iter()
            .rev()
            .find(|index| index.name.may_be(name))
    }

    /// The domain of that name.
    #[must_use]
    pub fn domain(&self, name: &Name) -> Option<&Domain> {
        self.domains
            .iter()
            .rev()
            .find(|domain| domain.name.may_be(name))
    }

    /// Is there an enumerated type of that name?
    #[must_use]
    pub fn is_enum(&self, name: &Name) -> bool {
        self.enums.iter().any(|known| known.may_be(name))
    }

    /// How a call of a function behaves; none if it is not known, or overloads disagree.
    #[must_use]
    pub fn volatility(&self, name: &Name, arguments: usize) -> Option<Volatility> {
        let takes = |function: &&Function| {
            let (least, most) = function.arguments;
            function.name.may_be(name) && (least..=most).contains(&arguments)
        };
        let system = |function: &&Function| function.name.schema.as_deref() == Some("pg_catalog");
        // Schema pg_catalog is searched before all others.
        let hidden = self.functions.iter().filter(takes).any(|it| system(&it));
        let mut found = self.functions.iter().filter(takes);
        let mut found = found
            .by_ref()
            .filter(|function| !hidden || system(function))
            .map(|function| function.volatility);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    /// The name with its schema, where the relation is known.
    #[must_use]
    pub fn resolve(&self, name: &Name) -> Name {
        let known = self.relation(name);
        known.map_or_else(|| name.clone(), |relation| relation.name.clone())
    }

    /// The indexes of a table.
    pub fn indexes_of(&self, table: &Name) -> impl Iterator<Item = &Index> {
        let table = self.resolve(table);
        let indexes = self.indexes.iter();
        indexes.filter(move |index| index.table.may_be(&table))
    }

    /// The foreign keys that a table has.
    pub fn keys_of(&self, table: &Name) -> impl Iterator<Item = &ForeignKey> {
        let table = self.resolve(table);
        let keys = self.foreign_keys.iter();
        keys.filter(move |key| key.table.may_be(&table))
    }

    /// The foreign keys that refer to a table.
    pub fn keys_to(&self, table: &Name) -> impl Iterator<Item = &ForeignKey> {
        let table = self.resolve(table);
        let keys = self.foreign_keys.iter();
        keys.filter(move |key| key.references.may_be(&table))
    }

    /// What makes PostgreSQL refuse to change the type of a column.
    #[must_use]
    pub fn user_of(&self, table: &Name, column: &str) -> Option<&ColumnUser> {
        let table = self.resolve(table);
        let uses = |user: &&ColumnUser| user.column.as_deref().is_none_or(|used| used == column);
        let mut users = self.users.iter().filter(uses);
        users.find(|user| user.table.may_be(&table))
    }

    /// The rule that does something else instead of a statement.
    #[must_use]
    pub fn rewrite_of(&self, table: &Name, event: RowChange) -> Option<&Rewrite> {
        let table = self.resolve(table);
        let mut rewrites = self.rewrites.iter();
        rewrites.find(|rewrite| rewrite.event == event && rewrite.table.may_be(&table))
    }

    /// The columns that a foreign key refers to.
    #[must_use]
    pub fn referenced<'a>(&'a self, key: &'a ForeignKey) -> &'a [String] {
        if !key.referenced.is_empty() {
            return &key.referenced;
        }
        let mut indexes = self.indexes_of(&key.references);
        let primary = indexes.find(|index| index.primary);
        primary.map_or(&[], |index| &index.key)
    }

    /// Is this a partitioned table?
    #[must_use]
    pub fn is_partitioned(&self, name: &Name) -> bool {
        self.relation(name)
            .is_some_and(|relation| relation.kind == RelationKind::Partitioned)
    }

    /// The foreign key of that name on a table.
    #[must_use]
    pub fn foreign_key(&self, table: &Name, name: &str) -> Option<&ForeignKey> {
        let mut keys = self.keys_of(table);
        keys.find(|key| key.name == name)
    }
}

impl Relation {
    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The validated check that proves a column to be not null.
    #[must_use]
    pub fn proof_of(&self, column: &str) -> Option<&Check> {
        let proves = |check: &&Check| check.validated && check.not_null.iter().any(|c| c == column);
        self.checks.iter().find(proves)
    }
}

impl Check {
    /// A check, from its condition as SQL.
    #[must_use]
    pub fn of_sql(name: String, condition: String, validated: bool) -> Self {
        let select = format!("SELECT {condition}");
        let read = enact_sql::tree::look(&select, |node| {
            let target = match node {
                NodeEnum::SelectStmt(select) => select.target_list.first(),
                _ => None,
            };
            let expr = match ast::inner(target) {
                Some(NodeEnum::ResTarget(target)) => ast::inner(target.val.as_deref()),
                _ => None,
            };
            expr.map(|expr| (ast::columns_in(expr), learn::proven(expr)))
        });
        let (columns, not_null) = read.flatten().unwrap_or_default();
        Self {
            name,
            validated,
            columns,
            not_null,
            condition,
        }
    }
}
