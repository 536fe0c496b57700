//! What a proof found.

use std::path::PathBuf;

use enact_ledger::{FileDigest, Hash};

use super::contents::{SequenceMoved, TableChanged};
use super::execute::ScriptFailure;
use crate::catalog::{ColumnOrderChange, Difference};
use crate::exit::Exit;
use crate::project::StreamName;

/// The proofs of a stream and the outcome of its SQL tests.
#[derive(Debug)]
pub struct Report {
    /// The stream.
    pub stream: StreamName,
    /// PostgreSQL's version, as the server words it.
    pub server_version: String,
    /// This program's version.
    pub tool_version: String,
    /// One proof for each migration asked for, in order.
    pub migrations: Vec<Proof>,
    /// The SQL tests, by file name.
    pub tests: Vec<TestResult>,
}

/// What is known of one migration's rollback, bound to the files it was found with.
#[derive(Debug)]
pub struct Proof {
    /// Number in the stream.
    pub number: u32,
    /// Description from the file name.
    pub name: String,
    /// The file, relative to the repository's root.
    pub file: PathBuf,
    /// Digest of the file.
    pub digest: FileDigest,
    /// Token-normalised digest of the file.
    pub meaning: Option<FileDigest>,
    /// Digest of the rollback file; none if it has none.
    pub rollback_digest: Option<FileDigest>,
    /// What was found.
    pub verdict: Verdict,
    /// A warning: the migration changed neither schema nor data.
    pub no_effect: bool,
    /// Sequences that stand elsewhere after the rollback. Not a failure: no rollback can turn them back safely.
    pub sequences: Vec<SequenceMoved>,
    /// Fingerprint of the schema before.
    pub fingerprint_before: Option<Hash>,
    /// Fingerprint of the schema with the migration applied.
    pub fingerprint_after: Option<Hash>,
    /// How long the proof took, in milliseconds.
    pub milliseconds: u64,
}

/// Whether a rollback reverses its migration.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Rolled back and re-applied without a difference.
    Proven,
    /// The migration was applied; its header says why it cannot be undone.
    Irreversible {
        /// The reason.
        reason: String,
    },
    /// The rollback leaves other objects than there were.
    NotRestored {
        /// Objects before the migration against objects after the rollback.
        differences: Vec<Difference>,
    },
    /// Everything is restored but the physical order of columns.
    ColumnOrder {
        /// The tables, with the order before and after.
        tables: Vec<ColumnOrderChange>,
        /// Whether that is allowed.
        allowed: bool,
    },
    /// Rows of tables that existed before differ.
    Data {
        /// The tables.
        tables: Vec<TableChanged>,
    },
    /// A statement of the rollback was refused.
    RollbackFailed(Box<ScriptFailure>),
    /// Applied again after the rollback, the migration was refused.
    ReapplyFailed(Box<ScriptFailure>),
    /// Applied again, the migration makes something else.
    ReapplyDiffers {
        /// Objects after the first application against objects after the second.
        differences: Vec<Difference>,
    },
    /// A statement of the migration was refused.
    MigrationFailed(Box<ScriptFailure>),
    /// There was nothing to try the migration on.
    NotTested {
        /// What stood in the way.
        reason: String,
    },
}

impl Verdict {
    /// The verdict's stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Irreversible { .. } => "irreversible",
            Self::NotRestored { .. } => "not-restored",
            Self::ColumnOrder { .. } => "column-order",
            Self::Data { .. } => "data",
            Self::RollbackFailed(_) => "rollback-failed",
            Self::ReapplyFailed(_) => "reapply-failed",
            Self::ReapplyDiffers { .. } => "reapply-differs",
            Self::MigrationFailed(_) => "migration-failed",
            Self::NotTested { .. } => "not-tested",
        }
    }

    /// Whether this lets a release pass.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Self::Proven | Self::Irreversible { .. } | Self::ColumnOrder { allowed: true, .. }
        )
    }

    /// The statement that was refused, if that is what happened.
    #[must_use]
    pub fn failure(&self) -> Option<&ScriptFailure> {
        match self {
            Self::RollbackFailed(failure)
            | Self::ReapplyFailed(failure)
            | Self::MigrationFailed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Whether the scratch database is not as the migration would leave it.
    pub(super) fn spoils(&self) -> bool {
        !self.is_good() && !matches!(self, Self::ReapplyDiffers { .. } | Self::ColumnOrder { .. })
    }
}

/// How an SQL test ended.
#[derive(Debug)]
pub struct TestResult {
    /// File name without `.sql`.
    pub name: String,
    /// The file, relative to the repository's root.
    pub file: PathBuf,
    /// What came out.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// What came out of an SQL test.
#[derive(Debug)]
pub enum Outcome {
    /// Every statement was accepted.
    Passed,
    /// A statement was refused.
    Failed(Box<ScriptFailure>),
    /// There was no database with all migrations to run it in.
    NotRun {
        /// What stood in the way.
        reason: String,
    },
}

impl Outcome {
    /// The outcome's stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::NotRun { .. } => "not-run",
        }
    }
}

impl Report {
    /// Whether every migration and every test is good.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.exit() == Exit::Done
    }

    /// The exit code that stands for this: a migration that fails weighs more than a rollback that does not restore.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let verdicts = || self.migrations.iter().map(|proof| &proof.verdict);
        let failed = |verdict: &Verdict| matches!(verdict, Verdict::MigrationFailed(_));
        let tests_passed = self
            .tests
            .iter()
            .all(|test| matches!(test.outcome, Outcome::Passed));
        if verdicts().any(failed) {
            Exit::MigrationFailed
        } else if !verdicts().all(Verdict::is_good) {
            Exit::RollbackFailed
        } else if !tests_passed {
            Exit::Unexpected
        } else {
            Exit::Done
        }
    }
}
