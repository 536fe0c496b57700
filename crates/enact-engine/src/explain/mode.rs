//! Lock modes of tables and indexes: their names, their order, and what they stop.

/// A table-level lock mode, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// `SELECT`.
    AccessShare,
    /// `SELECT … FOR UPDATE`, checks of foreign keys.
    RowShare,
    /// `INSERT`, `UPDATE`, `DELETE`.
    RowExclusive,
    /// `VACUUM`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`.
    ShareUpdateExclusive,
    /// `CREATE INDEX`.
    Share,
    /// `ADD FOREIGN KEY`, `CREATE TRIGGER`.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// Most of `ALTER TABLE`, `DROP`, `TRUNCATE`.
    AccessExclusive,
}

impl LockMode {
    /// Every mode, weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// The mode as `pg_locks` spells it; none for what is no lock on a table, such as `SIReadLock`.
    #[must_use]
    pub fn parse(mode: &str) -> Option<Self> {
        let spelled = |mode: Self| match mode {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        };
        Self::ALL.into_iter().find(|&one| spelled(one) == mode)
    }

    /// The name as PostgreSQL's documentation and `LOCK TABLE` have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether one session's lock keeps another session from having `other` on the same relation.
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        let (weak, strong) = (self.min(other), self.max(other));
        match strong {
            Self::AccessExclusive => true,
            Self::Exclusive => weak >= Self::RowShare,
            Self::ShareRowExclusive => weak >= Self::RowExclusive,
            // `SHARE` is the one strong mode that goes together with itself.
            Self::Share => matches!(weak, Self::RowExclusive | Self::ShareUpdateExclusive),
            Self::ShareUpdateExclusive => weak == Self::ShareUpdateExclusive,
            Self::RowExclusive | Self::RowShare | Self::AccessShare => false,
        }
    }

    /// Whether an application's reads or writes of rows have to wait.
    #[must_use]
    pub fn stops_the_application(self) -> bool {
        self.conflicts(Self::RowExclusive)
    }
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RelationKind {
    /// A table, partitioned or not, or a foreign table.
    Table,
    /// An index, partitioned or not.
    Index,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A sequence.
    Sequence,
}

impl RelationKind {
    /// The kind for `pg_class.relkind`.
    #[must_use]
    pub fn parse(relkind: &str) -> Option<Self> {
        Some(match relkind {
            "r" | "p" | "f" => Self::Table,
            "i" | "I" => Self::Index,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "S" => Self::Sequence,
            _ => return None,
        })
    }

    /// The kind in words, as documents have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Index => "index",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Sequence => "sequence",
        }
    }

    /// What others cannot do while the lock is held, or waited for.
    #[must_use]
    pub fn blocked_by(self, mode: LockMode) -> &'static str {
        match (self, mode) {
            (_, LockMode::AccessShare) => "DROP and most of ALTER",
            (_, LockMode::RowShare) => "EXCLUSIVE locks, DROP and most of ALTER",
            (_, LockMode::RowExclusive) => "CREATE INDEX, triggers, foreign keys, most of ALTER",
            (_, LockMode::ShareUpdateExclusive) => "other DDL and VACUUM",
            (Self::Sequence, LockMode::AccessExclusive) => "nextval() and reads",
            (Self::Sequence, _) => "nextval(), and so inserts that use it",
            (Self::Index, LockMode::AccessExclusive) => {
                "reads and writes of its table that would use or keep it up"
            }
            (_, LockMode::AccessExclusive) => "reads and writes",
            (_, LockMode::Exclusive) => "writes and SELECT FOR UPDATE",
            (_, LockMode::Share | LockMode::ShareRowExclusive) => "writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conflicts_are_those_of_the_documentation() {
        // Rows and columns in the order of `ALL`; x for a conflict.
        let table = [
            ".......x", "......xx", "....xxxx", "...xxxxx", "..xx.xxx", "..xxxxxx", ".xxxxxxx",
            "xxxxxxxx",
        ];
        for (row, have) in table.iter().zip(LockMode::ALL) {
            let found: String = LockMode::ALL
                .map(|want| if have.conflicts(want) { 'x' } else { '.' })
                .iter()
                .collect();
            assert_eq!(found, *row, "{}", have.name());
        }
    }

    #[test]
    fn modes_are_ordered_from_weakest_to_strongest() {
        assert!(LockMode::ALL.is_sorted());
        assert!(LockMode::Share > LockMode::ShareUpdateExclusive);
    }

    #[test]
    fn what_is_no_table_lock_has_no_mode() {
        assert_eq!(
            LockMode::parse("AccessExclusiveLock"),
            Some(LockMode::AccessExclusive)
        );
        assert_eq!(LockMode::parse("SIReadLock"), None);
    }

    #[test]
    fn the_application_is_stopped_from_share_on() {
        let stopping = LockMode::ALL
            .into_iter()
            .filter(|mode| mode.stops_the_application());
        assert_eq!(stopping.min(), Some(LockMode::Share));
        assert!(!LockMode::ShareUpdateExclusive.stops_the_application());
    }
}
