//! What is known beside the script.

use enact_sql::script::Script;

use crate::catalog::Catalog;

/// Which way a script leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// A migration.
    #[default]
    Up,
    /// The rollback of a migration.
    Rollback,
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
}
