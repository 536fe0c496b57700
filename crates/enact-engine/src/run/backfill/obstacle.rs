//! What keeps a statement from running in batches on the table as it is.

/// A walk by pages is repeated until a pass finds nothing left to do, but no more often than this.
pub(super) const PASSES: u32 = 10;

/// Why a statement cannot run in batches on the table as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is no such table.
    #[error("the backfill walks {0}, which does not exist")]
    NoTable(String),
    /// It is a view or something else without rows of its own.
    #[error("the backfill walks {0}, which is no table")]
    NotATable(String),
    /// A rule would do something else instead.
    #[error("rule {rule} on {table} does something else instead of this statement")]
    Rule {
        /// The table.
        table: String,
        /// The rule.
        rule: String,
    },
    /// Rows would move while they are walked.
    #[error("the statement changes column {column} of the key by which {table} is walked")]
    KeyChanges {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows could be missed or copied twice.
    #[error("{0} has no key by which its rows could be copied once each")]
    NoKeyToInsert(String),
    /// Rows could be done twice.
    #[error(
        "{0} has no key, and the statement no WHERE that tells which rows are still to be done"
    )]
    NoKeyNoCondition(String),
    /// The key is another one than when the backfill began.
    #[error("the backfill has walked {before}; now it would walk {now}")]
    AnotherWalk {
        /// The way it went so far.
        before: String,
        /// The way there is now.
        now: String,
    },
    /// A row's value would depend on which batch another row is in.
    #[error(
        "the statement reads {0} beside changing it, and would see there what earlier batches have changed"
    )]
    SeesItself(String),
    /// Rows are put together that may be in different batches.
    #[error("the statement counts, groups or numbers rows, and would see one batch at a time")]
    Gathers,
    /// A place cannot be told.
    #[error("rows of {0} have a NULL in the key by which it is walked")]
    NullInKey(String),
    /// New rows to do appear as fast as they are done.
    #[error("{0} still has rows to be done after {PASSES} passes: something keeps writing them")]
    NoEnd(String),
}

impl Obstacle {
    /// What to do about it.
    #[must_use]
    pub fn mend(&self) -> &'static str {
        match self {
            Self::NoTable(_) | Self::NotATable(_) => "name the table that holds the rows",
            Self::Rule { .. } => {
                "leave the rows as they are, or drop the rule in a migration of its own"
            }
            Self::KeyChanges { .. } => "write the new key into a new column",
            Self::SeesItself(_) | Self::Gathers => {
                "write it so that each row can be done by itself, or remove the directive and let it run at once"
            }
            Self::NullInKey(_) => "give those rows a key first",
            Self::NoKeyToInsert(_) => {
                "give the table a primary key, or a unique index whose columns are NOT NULL"
            }
            Self::NoKeyNoCondition(_) => {
                "give the table a key, or write a WHERE that a done row no longer satisfies"
            }
            Self::AnotherWalk { .. } => {
                "bring the former key back until the backfill is done, or roll the migration back"
            }
            Self::NoEnd(_) => {
                "see to it first that new rows need no change, by a default or a trigger"
            }
        }
    }
}
