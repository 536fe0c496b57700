//! The exit codes that scripts and people rely on. Each has a page under `docs/errors/`.

/// A process exit code with a documented meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, also when there was nothing to do.
    Done = 0,
    /// A failure that none of the other codes describes.
    Unexpected = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The ledger is consistent, but no external head was given to compare it with.
    NoExternalHead = 3,
    /// Pending migrations exist (`status --exit-code`).
    Pending = 4,
    /// A ledger entry was altered.
    EntryAltered = 10,
    /// A ledger entry is missing.
    EntryMissing = 11,
    /// Ledger entries are not in their order.
    Reordered = 12,
    /// The ledger ends before a head that is known from elsewhere.
    Truncated = 13,
    /// The ledger contradicts a head that is known from elsewhere.
    Forked = 14,
    /// Evidence that was handed over is missing or was altered.
    EvidenceAltered = 18,
    /// The database differs from its ledger, or the ledger's guards are off.
    DatabaseDiffers = 19,
    /// The record was written in a format newer than this program.
    Unsupported = 21,
    /// Migration files are invalid.
    FilesInvalid = 30,
    /// Lint found something at or above the failing level.
    LintFindings = 31,
    /// The ledger and the files disagree.
    HistoryDisagrees = 32,
    /// The live schema differs from the recorded one.
    Drift = 33,
    /// Another run holds the lock.
    Locked = 34,
    /// A migration failed; the failing segment changed nothing.
    MigrationFailed = 35,
    /// The outcome of a statement is unknown and needs a resolution.
    Unknown = 36,
    /// A rollback failed, or does not restore what was there.
    RollbackFailed = 37,
    /// A gate refused.
    Refused = 38,
    /// The database is not the enrolled target.
    NotEnrolled = 42,
    /// No usable connection to the target.
    CannotConnect = 43,
    /// Interrupted; the message says what is done and how to go on.
    Interrupted = 44,
}

impl Exit {
    /// Every code.
    pub const ALL: [Self; 25] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::NoExternalHead,
        Self::Pending,
        Self::EntryAltered,
        Self::EntryMissing,
        Self::Reordered,
        Self::Truncated,
        Self::Forked,
        Self::EvidenceAltered,
        Self::DatabaseDiffers,
        Self::Unsupported,
        Self::FilesInvalid,
        Self::LintFindings,
        Self::HistoryDisagrees,
        Self::Drift,
        Self::Locked,
        Self::MigrationFailed,
        Self::Unknown,
        Self::RollbackFailed,
        Self::Refused,
        Self::NotEnrolled,
        Self::CannotConnect,
        Self::Interrupted,
    ];

    /// The number the process exits with.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}
