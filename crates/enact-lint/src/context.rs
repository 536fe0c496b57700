//! What is known beside the script.

use enact_sql::script::Script;

use crate::catalog::Catalog;
use crate::names::Name;
use crate::touch::Touch;

/// Which way a script leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// A migration.
    #[default]
    Up,
    /// The rollback of a migration.
    Rollback,
}

/// What a regulator looks at, as the repository declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regulated {
    /// Tables whose rows never change and never go.
    pub append_only: Vec<Name>,
    /// Tables where it matters who may do what: row-level security, policies, grants, owner.
    pub access: Vec<Name>,
    /// Columns that hold signatures: table and column.
    pub signatures: Vec<(Name, String)>,
}

/// What is known beside the script.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Major version of the server. Without it only what holds of every supported version is said.
    pub server: Option<u16>,
    /// Which way the script leads.
    pub direction: Direction,
    /// The migration that a rollback undoes.
    pub migration: Option<&'a Script>,
    /// The schema that the script meets, as far as it is known.
    pub catalog: Option<&'a Catalog>,
    /// What a regulator looks at.
    pub regulated: Option<&'a Regulated>,
    /// What the script, which is an extension's, does to the core without leave.
    pub core: &'a [Touch],
}
