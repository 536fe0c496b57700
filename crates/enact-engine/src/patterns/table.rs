//! What is known of a table and all that hangs on it.

use std::collections::BTreeSet;

use enact_lint::Name;

use super::sql::{ident, suffixed};

/// A table as the catalog has it. Expressions and names are written as SQL has them, qualified.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub major: u32,
    pub schema: String,
    pub name: String,
    pub partitioned: bool,
    /// It is a partition, or inherits, or others inherit from it without being partitions.
    pub relative: bool,
    pub rls: bool,
    /// Row-level security holds for its owner too.
    pub rls_forced: bool,
    pub owner: String,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
    pub indexes: Vec<Index>,
    pub triggers: Vec<Trigger>,
    pub policies: Vec<Policy>,
    pub partitions: Vec<Partition>,
    pub views: Vec<View>,
    pub dependents: Vec<Dependent>,
    /// Rights on the table itself.
    pub grants: Vec<Grant>,
    pub publications: Vec<String>,
    /// Why its rows cannot be changed, if so.
    pub append_only: Option<String>,
    /// Names of relations in its schema.
    pub taken: BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    pub name: String,
    pub type_sql: String,
    pub not_null: bool,
    /// The name of that constraint, from PostgreSQL 18.
    pub not_null_name: Option<String>,
    pub default: Option<String>,
    pub default_volatile: bool,
    pub generated: bool,
    pub identity: bool,
    pub collation: Option<String>,
    pub storage: Option<String>,
    pub compression: Option<String>,
    pub statistics: Option<String>,
    pub options: Option<String>,
    pub comment: Option<String>,
    /// The sequence that goes with it.
    pub sequence: Option<String>,
    pub partition_key: bool,
    pub grants: Vec<Grant>,
}

/// Rights of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub grantee: String,
    pub privileges: Vec<String>,
    pub grantable: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Constraint {
    pub name: String,
    /// `c`, `f`, `u`, `p` or `x`.
    pub kind: String,
    pub def: String,
    pub validated: bool,
    pub columns: Vec<String>,
    pub comment: Option<String>,
    pub index: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub name: String,
    pub unique: bool,
    pub valid: bool,
    pub partial: bool,
    pub method: String,
    /// All behind `USING`.
    pub tail: String,
    /// Key columns in order; an expression is empty.
    pub keys: Vec<String>,
    /// Every column that it needs.
    pub columns: Vec<String>,
    pub constraint: Option<String>,
    pub comment: Option<String>,
    /// Partitions, as SQL names them, with the name that the index has there.
    pub parts: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Trigger {
    pub name: String,
    pub def: String,
    pub enabled: String,
    pub before_row: bool,
    /// It was declared for these columns, or its condition uses them.
    pub columns: Vec<String>,
    pub function: String,
    pub source: String,
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    pub name: String,
    pub create: String,
    pub columns: Vec<String>,
    pub comment: Option<String>,
    /// `AS … FOR … TO …`.
    pub head: String,
    pub using: Option<String>,
    pub check: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Partition {
    pub name: String,
    pub sql: String,
    pub schema: String,
    pub partitioned: bool,
    pub foreign: bool,
    pub level: i32,
    /// Which relation it is a partition of, as SQL names it.
    pub parent: String,
}

/// A view that uses columns of the table, directly or by way of another view.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub sql: String,
    pub materialized: bool,
    pub options: Option<String>,
    pub def: String,
    pub owner: String,
    pub comment: Option<String>,
    /// Columns of the table that it uses itself; `*` where it uses another view that does.
    pub columns: Vec<String>,
    pub grants: Vec<Grant>,
    /// Something hangs on it that is not read: a trigger, a rule, rights or comments of columns.
    pub more: bool,
}

/// Something that depends on a column.
#[derive(Debug, Clone)]
pub(super) struct Dependent {
    pub column: String,
    /// The catalog it stands in.
    pub class: String,
    pub description: String,
}

impl Table {
    pub fn sql(&self) -> String {
        let name = Name {
            schema: Some(self.schema.clone()),
            name: self.name.clone(),
        };
        name.to_string()
    }

    /// A name in the table's schema.
    pub fn beside(&self, name: &str) -> String {
        format!("{}.{}", ident(&self.schema), ident(name))
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|one| one.kind == "p")
    }

    /// The column written with its table, for people.
    pub fn shown(&self, column: &str) -> String {
        format!("{}.{}", self.sql(), ident(column))
    }

    /// A name for a new relation that nothing has yet.
    pub fn free(&self, stem: &str, suffix: &str) -> String {
        let mut name = suffixed(stem, suffix);
        let mut count = 1;
        while self.taken.contains(&name) {
            count += 1;
            name = suffixed(stem, &format!("{suffix}{count}"));
        }
        name
    }

    /// A name for a new constraint.
    pub fn free_constraint(&self, stem: &str, suffix: &str) -> String {
        let mut name = self.free(stem, suffix);
        let mut count = 1;
        while self.constraints.iter().any(|one| one.name == name) {
            count += 1;
            name = suffixed(stem, &format!("{suffix}{count}"));
        }
        name
    }

    /// What depends on a column in one of these catalogs.
    pub fn dependents_in<'a>(
        &'a self,
        column: &'a str,
        classes: &'a [&str],
    ) -> impl Iterator<Item = &'a Dependent> {
        let of = self
            .dependents
            .iter()
            .filter(move |one| one.column == column);
        of.filter(move |one| classes.contains(&one.class.as_str()))
    }
}

impl Grant {
    /// The statement that gives the rights; `column` narrows them.
    pub fn sql(&self, relation: &str, column: Option<&str>) -> String {
        let of = column.map_or_else(String::new, |column| format!(" ({})", ident(column)));
        let rights: Vec<String> = self
            .privileges
            .iter()
            .map(|privilege| format!("{privilege}{of}"))
            .collect();
        let option = if self.grantable {
            " WITH GRANT OPTION"
        } else {
            ""
        };
        format!(
            "GRANT {} ON {relation} TO {}{option};",
            rights.join(", "),
            self.grantee
        )
    }
}
