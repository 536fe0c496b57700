//! What an entry states: one struct for each kind.
//!
//! To add a kind, declare its struct and add one line to `facts!` below; writing, strict reading and verification follow.
//! No field may hold participants' data or secrets, so there is none for a server's message or detail.

use super::EntryError;
use super::wire::Shape;
use super::wire::Wire;
use super::wire::record;
use super::wire::words;
use crate::canonical::Value;
use crate::hash::Hash;
use crate::scalar::FileDigest;
use crate::scalar::Identity;
use crate::scalar::SqlState;
use crate::scalar::SystemIdentifier;
use crate::scalar::Timestamp;
use crate::text::Text;

/// Declares `Kind` and `Fact` from one list.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        words! {
            /// The kind of a fact, by which it is recorded.
            pub enum Kind { $($(#[$doc])* $name = $word,)* }
        }

        /// What an entry states.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fact { $($(#[$doc])* $name($name),)* }

        impl Fact {
            /// The kind by which it is recorded.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)* }
            }

            /// The fact's own object, without its kind.
            #[must_use]
            pub fn to_value(&self) -> Value {
                match self { $(Self::$name(fact) => Wire::to_value(fact),)* }
            }

            /// Reads the object of a fact of `kind`.
            ///
            /// # Errors
            /// If a field is missing, unknown, of a wrong type or not of its form.
            pub fn from_value(kind: Kind, value: Value) -> Result<Self, EntryError> {
                match kind { $(Kind::$name => $name::from_value(value).map(Self::$name),)* }
            }
        }

        $(impl From<$name> for Fact {
            fn from(fact: $name) -> Self {
                Self::$name(fact)
            }
        })*

        impl Kind {
            /// The form of the facts of this kind.
            pub(crate) fn shape(self) -> Shape {
                match self { $(Self::$name => $name::SHAPE,)* }
            }
        }
    };
}

facts! {
    /// `target.enrolled`: the ledger begins; names the database it belongs to.
    TargetEnrolled = "target.enrolled",
    /// `run.started`: a run is about to change the target.
    RunStarted = "run.started",
    /// `run.finished`: how a run ended, and what is known only afterwards.
    RunFinished = "run.finished",
    /// `migration.applied`: a migration took effect.
    MigrationApplied = "migration.applied",
    /// `migration.rolled_back`: a rollback took effect.
    MigrationRolledBack = "migration.rolled_back",
    /// `migration.failed`: a migration or rollback failed.
    MigrationFailed = "migration.failed",
    /// `step.recorded`: the journal of a file of several segments.
    StepRecorded = "step.recorded",
    /// `baseline.adopted`: migrations that were there before the ledger.
    BaselineAdopted = "baseline.adopted",
    /// `drift.found`: the live schema is not the recorded one.
    DriftFound = "drift.found",
    /// `drift.accepted`: a person accepts the live schema as it is.
    DriftAccepted = "drift.accepted",
    /// `file.amended`: a file in force was edited without changing what it does.
    FileAmended = "file.amended",
}

words! {
    /// What a run was asked to do.
    pub enum Command {
        /// Apply pending migrations.
        Apply = "apply",
        /// Undo applied migrations.
        Rollback = "rollback",
        /// Undo and apply again.
        Redo = "redo",
        /// Adopt a schema that exists.
        Baseline = "baseline",
    }
}

words! {
    /// Whether a step goes up (the migration) or down (its rollback).
    pub enum Direction {
        /// The migration.
        Up = "up",
        /// Its rollback.
        Down = "down",
    }
}

words! {
    /// How a run ended.
    pub enum Outcome {
        /// All steps took effect.
        Done = "done",
        /// A step failed.
        Failed = "failed",
        /// A person or a signal stopped it.
        Interrupted = "interrupted",
        /// It died; a later run found it and says so.
        Abandoned = "abandoned",
    }
}

words! {
    /// Where a segment of a step stands.
    pub enum Phase {
        /// It is about to run.
        Started = "started",
        /// Its rows begin to change, batch by batch; how far it has come stands beside the ledger.
        Backfilling = "backfilling",
        /// It took effect.
        Done = "done",
        /// It failed.
        Failed = "failed",
        /// Its outcome was unknown and has been settled.
        Resolved = "resolved",
    }
}

words! {
    /// What the catalog showed of the object that a segment makes.
    pub enum Found {
        /// It is not there.
        Absent = "absent",
        /// It is there and usable.
        Present = "present",
        /// It is there but marked invalid, as a broken index build leaves it.
        Invalid = "invalid",
        /// The catalog does not tell.
        Unknown = "unknown",
    }
}

words! {
    /// How an object differs from its recorded state.
    pub enum Change {
        /// It is there and should not be.
        Added = "added",
        /// It is not there and should be.
        Removed = "removed",
        /// It is there in another form.
        Changed = "changed",
    }
}

record! {
    /// `target.enrolled`. A later one says that the target was moved, or that it became another target.
    pub struct TargetEnrolled {
        /// Random identity of the target.
        identity: Identity,
        /// System identifier of its cluster.
        system_identifier: SystemIdentifier,
        /// Name of the database.
        database: Text,
        /// Server version as a number, such as 150018.
        server_version: u32,
        /// Name of the project, which is the sponsor's or `core`.
        project: Option<Text>,
        /// Environment of the project.
        environment: Option<Text>,
        /// Where it is reached, as `host:port/database`.
        endpoint: Option<Text>,
        /// Why it is enrolled anew, in a person's words.
        reason: Option<Text>,
    }
}

record! {
    /// A step that a run intends.
    pub struct IntendedStep {
        /// Up or down.
        direction: Direction,
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Digest of the file that will run.
        digest: FileDigest,
    }
}

record! {
    /// `run.started`.
    pub struct RunStarted {
        /// What was asked.
        command: Command,
        /// Digest of the plan.
        plan: Hash,
        /// The steps, in order.
        steps: Vec<IntendedStep>,
        /// Server version as a number.
        server_version: u32,
        /// Fingerprint before the run.
        fingerprint: Option<Hash>,
        /// Version of the core release that the project is pinned to.
        release: Option<Text>,
        /// Digest of the receipt by which the run was let through to a protected target.
        receipt: Option<Hash>,
    }
}

record! {
    /// What is known of a step once it has run.
    pub struct FinishedStep {
        /// Up or down.
        direction: Direction,
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Duration in milliseconds.
        milliseconds: u64,
        /// Rows that its statements report, together.
        rows: Option<u64>,
    }
}

record! {
    /// `run.finished`.
    pub struct RunFinished {
        /// How it ended.
        outcome: Outcome,
        /// Fingerprint after the run.
        fingerprint: Option<Hash>,
        /// Fingerprint of the core's part after the run, where a release of it is pinned.
        core: Option<Hash>,
        /// A cheap mark of the catalog's state that belongs to the fingerprint; opaque.
        stamp: Option<Text>,
        /// The steps that ran, in order.
        steps: Vec<FinishedStep>,
        /// Notices that the server sent.
        notices: u64,
    }
}

record! {
    /// `migration.applied`.
    pub struct MigrationApplied {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Description from the file's name.
        name: Text,
        /// Digest of the migration file.
        digest: FileDigest,
        /// Token-normalised digest of the migration file.
        meaning: FileDigest,
        /// Digest of the rollback file, if there is one.
        rollback: Option<FileDigest>,
        /// Statements executed.
        statements: u32,
        /// What it requires of other streams, such as `core >= 005, core ~ 1.3`.
        requires: Option<Text>,
    }
}

record! {
    /// `migration.rolled_back`.
    pub struct MigrationRolledBack {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Description from the migration file's name.
        name: Text,
        /// Digest of the rollback file.
        digest: FileDigest,
        /// Statements executed.
        statements: u32,
    }
}

record! {
    /// `migration.failed`. Never holds the server's message or detail: they may quote participants' data.
    pub struct MigrationFailed {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Up or down.
        direction: Direction,
        /// Digest of the file.
        digest: FileDigest,
        /// Segment of the file, from 1.
        segment: u32,
        /// Statement of the file, from 1; 0 is the commit.
        statement: u32,
        /// Line of the file, from 1.
        line: u32,
        /// SQLSTATE.
        sqlstate: SqlState,
        /// Constraint that the server names.
        constraint: Option<Text>,
        /// Table that the server names.
        table: Option<Text>,
        /// Schema that the server names.
        schema: Option<Text>,
    }
}

record! {
    /// `step.recorded`.
    pub struct StepRecorded {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Up or down.
        direction: Direction,
        /// Digest of the file.
        digest: FileDigest,
        /// Segment, from 1.
        segment: u32,
        /// How many segments the file has.
        segments: u32,
        /// Where the segment stands.
        phase: Phase,
        /// What the catalog showed.
        found: Option<Found>,
        /// Why, in a person's words, where a person decided.
        reason: Option<Text>,
    }
}

record! {
    /// A migration that was there before the ledger.
    pub struct AdoptedMigration {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Description from the file's name.
        name: Text,
        /// Digest of the migration file.
        digest: FileDigest,
        /// Token-normalised digest of the migration file.
        meaning: FileDigest,
        /// Digest of the rollback file, if there is one.
        rollback: Option<FileDigest>,
        /// What it requires of other streams.
        requires: Option<Text>,
    }
}

record! {
    /// `baseline.adopted`.
    pub struct BaselineAdopted {
        /// The migrations, in order.
        migrations: Vec<AdoptedMigration>,
        /// Fingerprint of the schema at that time.
        fingerprint: Hash,
        /// Why, in a person's words.
        reason: Text,
    }
}

record! {
    /// Who changed an object outside runs, as the recorder of DDL noted it.
    pub struct Author {
        /// When, by the server's clock.
        at: Timestamp,
        /// The command's tag, such as `ALTER TABLE`; never its text.
        command: Text,
        /// Database role that logged in.
        login: Text,
        /// Database role that was set, else the same.
        role: Text,
        /// What the session called itself.
        application: Option<Text>,
        /// Address of its client.
        client: Option<Text>,
    }
}

record! {
    /// An object that differs.
    pub struct DriftedObject {
        /// Its name in the snapshot.
        object: Text,
        /// How it differs.
        change: Change,
        /// Who made it differ, newest first, where that was recorded; may be cut at 3.
        authors: Option<Vec<Author>>,
    }
}

record! {
    /// `drift.found`.
    pub struct DriftFound {
        /// Recorded fingerprint.
        expected: Hash,
        /// Live fingerprint.
        actual: Hash,
        /// Objects that differ; may be cut at 1000.
        objects: Vec<DriftedObject>,
        /// How many objects differ in all.
        total: u64,
    }
}

record! {
    /// `drift.accepted`.
    pub struct DriftAccepted {
        /// Recorded fingerprint.
        expected: Hash,
        /// Live fingerprint, which is the recorded one from now on.
        actual: Hash,
        /// Why, in a person's words.
        reason: Text,
    }
}

record! {
    /// `file.amended`.
    pub struct FileAmended {
        /// Stream.
        stream: Text,
        /// Number in the stream.
        number: u32,
        /// Digest of the file as it was.
        was: FileDigest,
        /// Digest of the file as it is.
        digest: FileDigest,
        /// Token-normalised digest, which is the same of both.
        meaning: FileDigest,
        /// Why, in a person's words.
        reason: Text,
    }
}
