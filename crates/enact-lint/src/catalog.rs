//! The schema that a script meets, as far as it is known.

use crate::names::Name;
use crate::shared::Shared;

/// The schema that a script meets, as far as it is known. What is not in it may exist all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Tables, views and materialised views.
    pub relations: Shared<Relation>,
    /// Indexes.
    pub indexes: Shared<Index>,
    /// Foreign keys.
    pub foreign_keys: Shared<ForeignKey>,
    /// Domains.
    pub domains: Vec<Domain>,
    /// Enumerated types.
    pub enums: Vec<Name>,
    /// Functions.
    pub functions: Shared<Function>,
    /// What uses a column, so that its type cannot change.
    pub users: Shared<ColumnUser>,
    /// Rules that do something else instead of what a statement says.
    pub rewrites: Vec<Rewrite>,
    /// Sequences that belong to a serial column.
    pub sequences: Vec<Sequence>,
    /// It was read from a database: what is not in it was not there.
    pub live: bool,
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
    /// Rows and size, where a database told them.
    pub extent: Option<Extent>,
    /// All its columns, indexes and constraints are known.
    pub complete: bool,
}

/// How big a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Rows, as the statistics have it.
    pub rows: u64,
    /// Size without indexes; none where it is spread over partitions.
    pub bytes: Option<u64>,
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
    /// Rows are known to hold NULL in it.
    pub holds_null: bool,
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
    /// Its condition, as SQL.
    pub condition: String,
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
    /// The columns that it can be searched by, up to the first expression.
    pub key: Vec<String>,
    /// It has a WHERE.
    pub partial: bool,
    /// It is of the primary key.
    pub primary: bool,
    /// Its build has succeeded.
    pub valid: bool,
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
    /// The columns it refers to; none for those of the primary key.
    pub referenced: Vec<String>,
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
    /// The type it is of, as SQL; empty if not known.
    pub base: String,
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
    /// With how many arguments, at least and at most, it can be called.
    pub arguments: (usize, usize),
}

/// What makes PostgreSQL refuse to change a column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUser {
    /// The table.
    pub table: Name,
    /// Its column; none for each.
    pub column: Option<String>,
    /// What it is.
    pub kind: UserKind,
    /// Its name.
    pub name: Name,
}

/// What uses a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A view or materialised view.
    View,
    /// A rule of a table.
    Rule,
    /// A row-level security policy.
    Policy,
    /// A trigger, in its WHEN or UPDATE OF.
    Trigger,
    /// A generated column.
    Generated,
    /// A publication, in its WHERE or list of columns.
    Publication,
    /// A function with a body of standard SQL.
    Function,
}

impl UserKind {
    /// As people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Trigger => "trigger",
            Self::Generated => "generated column",
            Self::Publication => "publication",
            Self::Function => "function",
        }
    }
}

/// A statement that a rule replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowChange {
    /// INSERT
    Insert,
    /// UPDATE
    Update,
    /// DELETE
    Delete,
}

impl RowChange {
    /// As SQL has it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A rule of a table that does something else instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// The statement that it replaces.
    pub event: RowChange,
}

/// The sequence of a serial column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name.
    pub name: Name,
    /// Its table.
    pub table: Name,
    /// Its column.
    pub column: String,
    /// Its numbers are of 64 bits.
    pub wide: bool,
}
