//! What verification says: a report, or the failure that names what was done.

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::scalar::Identity;
use crate::scalar::Timestamp;

/// A ledger that is consistent in itself, and with every known head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many entries it has.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: Hash,
    /// Merkle root over all entries.
    pub root: Hash,
    /// Server time of the first entry.
    pub first: Timestamp,
    /// Server time of the last entry.
    pub last: Timestamp,
    /// The target it belongs to.
    pub identity: Identity,
    /// Whether a known head was given. If not, truncation and rewriting are not excluded.
    pub compared: bool,
}

impl Report {
    /// 0, or 3 if there was no external head to compare with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.compared { 0 } else { 3 }
    }

    /// The checkpoint of the whole ledger.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.identity, self.entries, self.root)
    }
}

/// Why a ledger does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Failure {
    /// What was done to it.
    pub kind: FailureKind,
    /// Numbers of the entries concerned, at most 1000; empty if the failure is not about single entries.
    pub seqs: Vec<u64>,
    /// What was found, as a sentence fragment.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, seqs: Vec<u64>, message: String) -> Self {
        Self {
            kind,
            seqs,
            message,
        }
    }

    /// The exit code of its kind.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }
}

/// What was done to a ledger. The module's documentation says how each is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// An entry is not what it was.
    Altered,
    /// An entry is not there.
    Missing,
    /// Entries stand in another order, twice, or among strangers.
    Reordered,
    /// The end was cut off.
    Truncated,
    /// There are two histories.
    Forked,
    /// A newer Enact wrote it.
    Unsupported,
}

impl FailureKind {
    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Altered => 10,
            Self::Missing => 11,
            Self::Reordered => 12,
            Self::Truncated => 13,
            Self::Forked => 14,
            Self::Unsupported => 21,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Missing => "entry missing",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Forked => "forked",
            Self::Unsupported => "format not supported",
        })
    }
}
