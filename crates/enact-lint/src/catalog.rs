//! The schema that a script meets, as far as it is known.

use crate::names::Name;

/// The schema that a script meets, as far as it is known. What is not in it may exist all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Tables, views and materialised views.
    pub relations: Vec<Relation>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Domains.
    pub domains: Vec<Domain>,
    /// Enumerated types.
    pub enums: Vec<Name>,
    /// Functions.
    pub functions: Vec<Function>,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, or a partition.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
}

/// A table, view or materialised view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: RelationKind,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its CHECK constraints.
    pub checks: Vec<Check>,
    /// A row-level security policy exists.
    pub has_policy: bool,
    /// Options of a view, such as `security_invoker=true`.
    pub options: Vec<String>,
    /// Rows, where somebody counted.
    pub rows: Option<u64>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as SQL.
    pub type_sql: String,
    /// It is NOT NULL.
    pub not_null: bool,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Every row satisfies it.
    pub validated: bool,
    /// Columns that it names.
    pub columns: Vec<String>,
    /// Columns that it proves to be not null.
    pub not_null: Vec<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// Its table.
    pub table: Name,
    /// Columns and expressions, columns of its WHERE included.
    pub columns: Vec<String>,
    /// It has an expression or a WHERE, so that a change of type builds it anew.
    pub computed: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The table that has it.
    pub table: Name,
    /// The table it refers to.
    pub references: Name,
    /// The columns that have it.
    pub columns: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: Name,
    /// It has a CHECK or is NOT NULL.
    pub constrained: bool,
    /// It has a default.
    pub has_default: bool,
}

/// How a function behaves within one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// Another value each time.
    Volatile,
    /// One value for a statement.
    Stable,
    /// One value for ever.
    Immutable,
    /// Its body decides.
    Unknown,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// How it behaves.
    pub volatility: Volatility,
}

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
            .iter_mut()
            .rev()
            .find(|relation| relation.name.may_be(name))
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

    /// The function of that name; none if overloads disagree.
    #[must_use]
    pub fn volatility(&self, name: &Name) -> Option<Volatility> {
        let mut found = self
            .functions
            .iter()
            .filter(|function| function.name.may_be(name))
            .map(|function| function.volatility);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
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
        self.foreign_keys
            .iter()
            .rev()
            .find(|key| key.name == name && key.table.may_be(table))
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
