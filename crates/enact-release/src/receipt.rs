//! Where a target stands, as a document that can be carried to where the target cannot be seen.
//!
//! A receipt is read from one database and handed on: from staging to production's repository, from a sponsor to the core
//! team. It names migrations and objects by digest and holds nobody's data. Its own digest shows that it was not
//! damaged on the way; who made it, it does not show (see `docs/reference/compare.md`).
//!
//! The fields of each struct are declared in the order of their names, which is the order in which they are written.

use enact_ledger::entry::fact::{Command, Direction, Outcome};
use enact_ledger::{Checkpoint, FileDigest, Hash, Identity, SystemIdentifier, Timestamp};
use serde::{Deserialize, Serialize};

mod check;
mod spelled;

pub use check::ReceiptError;

/// The schema of the documents that this program writes and reads.
pub const SCHEMA: &str = "enact.receipt/1";

/// Where one target stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Name of the database.
    pub database: String,
    /// SHA-256 of the canonical bytes without this field.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    digest: Option<Hash>,
    /// Name of the environment in the repository that asked, if it was chosen by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Random identity of the target.
    #[serde(with = "spelled")]
    pub identity: Identity,
    /// The ledger.
    pub ledger: LedgerHead,
    /// The objects that are there, without owners, which differ between organisations.
    pub objects: Objects,
    /// Name of the repository's project: `core`, or the sponsor; absent where the target was read without a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Every migration that was ever undone, oldest first.
    pub rolled_back: Vec<RolledBack>,
    /// Every run, oldest first.
    pub runs: Vec<Run>,
    /// `enact.receipt/1`.
    pub schema: String,
    /// Who answered.
    pub server: Server,
    /// The streams, by name.
    pub streams: Vec<Stream>,
    /// When it was read, by the server's clock.
    #[serde(with = "spelled")]
    pub taken_at: Timestamp,
    /// Version of the program that read it.
    pub tool_version: String,
}

/// How much of the ledger there was, and its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerHead {
    /// Entries.
    pub entries: u64,
    /// Hash of the last one.
    #[serde(with = "spelled")]
    pub head: Hash,
    /// When it was written, by the server's clock.
    #[serde(with = "spelled")]
    pub last_at: Timestamp,
    /// Merkle root over all of them.
    #[serde(with = "spelled")]
    pub root: Hash,
}

/// The objects of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    /// Digest of the physical order of all tables' columns, which is no part of the fingerprint.
    #[serde(with = "spelled")]
    pub column_order: Hash,
    /// The live schema against the one that the ledger recorded last.
    pub drift: Drift,
    /// Fingerprint of all objects, comments and grants counted, owners not.
    #[serde(with = "spelled")]
    pub fingerprint: Hash,
    /// Version of the canonical texts that are digested.
    pub format: u32,
    /// What the ledger recorded last, under the repository's own settings; absent when nothing is recorded.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub recorded: Option<Hash>,
    /// The server's major version: digests of different ones are not comparable.
    pub server_major: u32,
    /// The objects, by kind and name.
    pub set: Vec<Object>,
}

/// The live schema against the recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// It is the recorded one.
    None,
    /// It is another one.
    Drifted,
    /// Nothing is recorded to compare with.
    Unrecorded,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// SHA-256 of its canonical text.
    #[serde(with = "spelled")]
    pub digest: Hash,
    /// What it is: `table`, `column`, `comment on` …
    pub kind: String,
    /// Its name, quoted and qualified.
    pub name: String,
    /// Of an index and of statistics, the table that they are on: their names do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

/// The server that holds the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Identity of its cluster; absent where the server does not tell.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub system_identifier: Option<SystemIdentifier>,
    /// Version as the server writes it.
    pub version: String,
    /// Version as a number, such as 150018.
    pub version_number: u32,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// A file of several segments that is half done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_done: Option<HalfDone>,
    /// What is in force, in order of number.
    pub migrations: Vec<Migration>,
    /// Its name.
    pub name: String,
    /// The highest number in force; 0 when there is none.
    pub position: u32,
}

/// A file of several segments that is half done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HalfDone {
    /// Digest of the file at work.
    #[serde(with = "spelled")]
    pub digest: FileDigest,
    /// Whether it is being applied or rolled back.
    #[serde(with = "spelled")]
    pub direction: Direction,
    /// Segments that are done.
    pub done: u32,
    /// Number of the migration.
    pub number: u32,
    /// Segments in the file.
    pub segments: u32,
}

/// A migration in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// When it was applied, by the server's clock.
    #[serde(with = "spelled")]
    pub applied_at: Timestamp,
    /// Adopted by a baseline rather than run.
    pub baseline: bool,
    /// Digest of the file as applied.
    #[serde(with = "spelled")]
    pub digest: FileDigest,
    /// Digest of its tokens.
    #[serde(with = "spelled")]
    pub meaning: FileDigest,
    /// Name without number.
    pub name: String,
    /// Number.
    pub number: u32,
    /// Who applied it.
    pub person: String,
    /// Digest of its rollback at that time; absent when there was none.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub rollback: Option<FileDigest>,
    /// The run that applied it.
    pub run: String,
}

/// A migration that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolledBack {
    /// Whether it is in force again.
    pub applied_again: bool,
    /// When it was undone, by the server's clock.
    #[serde(with = "spelled")]
    pub at: Timestamp,
    /// Digest of the rollback that ran.
    #[serde(with = "spelled")]
    pub digest: FileDigest,
    /// Name without number.
    pub name: String,
    /// Number.
    pub number: u32,
    /// Who undid it.
    pub person: String,
    /// The run that undid it.
    pub run: String,
    /// Stream.
    pub stream: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// What it was asked to do.
    #[serde(with = "spelled")]
    pub command: Command,
    /// Fingerprint of the whole schema before it, under the repository's own settings; absent when it was not recorded.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub fingerprint: Option<Hash>,
    /// When its end was recorded; absent when it was not.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub finished_at: Option<Timestamp>,
    /// Its identifier.
    pub id: String,
    /// How it ended; absent when that is not recorded.
    #[serde(
        default,
        with = "spelled::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub outcome: Option<Outcome>,
    /// Who started it.
    pub person: String,
    /// When it began.
    #[serde(with = "spelled")]
    pub started_at: Timestamp,
    /// The steps that took effect, in order.
    pub steps: Vec<Step>,
}

/// A step of a run that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Up or down.
    #[serde(with = "spelled")]
    pub direction: Direction,
    /// Number in the stream.
    pub number: u32,
    /// Stream.
    pub stream: String,
}

/// What a receipt says, before it is sealed with its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Name of the database.
    pub database: String,
    /// Name of the environment.
    pub environment: Option<String>,
    /// Random identity of the target.
    pub identity: Identity,
    /// The ledger.
    pub ledger: LedgerHead,
    /// The objects.
    pub objects: Objects,
    /// Name of the project.
    pub project: Option<String>,
    /// What was undone.
    pub rolled_back: Vec<RolledBack>,
    /// Every run.
    pub runs: Vec<Run>,
    /// Who answered.
    pub server: Server,
    /// The streams.
    pub streams: Vec<Stream>,
    /// When it was read.
    pub taken_at: Timestamp,
    /// Version of the program.
    pub tool_version: String,
}

impl Receipt {
    /// Seals a statement with its digest.
    #[must_use]
    pub fn new(statement: Statement) -> Self {
        let mut receipt = Self {
            database: statement.database,
            digest: None,
            environment: statement.environment,
            identity: statement.identity,
            ledger: statement.ledger,
            objects: statement.objects,
            project: statement.project,
            rolled_back: statement.rolled_back,
            runs: statement.runs,
            schema: SCHEMA.to_owned(),
            server: statement.server,
            streams: statement.streams,
            taken_at: statement.taken_at,
            tool_version: statement.tool_version,
        };
        receipt.digest = Some(receipt.own_digest());
        receipt
    }

    /// The canonical bytes: keys sorted, two spaces of indentation, a line feed at the end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Only maps with keys that are no strings cannot be written, and a receipt has none.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a receipt. Spacing does not matter; everything else does.
    ///
    /// # Errors
    /// If it is no receipt, has keys that are not known, does not have the digest that it states, or contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReceiptError> {
        check::read(bytes)
    }

    /// The digest that it is sealed with.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest.unwrap_or_else(|| self.own_digest())
    }

    /// The checkpoint of the ledger, to compare a later ledger or a bundle with.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.identity, self.ledger.entries, self.ledger.root)
    }

    /// The stream of this name, if anything was ever written of it.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }

    fn own_digest(&self) -> Hash {
        let bare = Self {
            digest: None,
            ..self.clone()
        };
        Hash::of(&bare.to_bytes())
    }
}

impl Stream {
    /// The migration in force with this number.
    #[must_use]
    pub fn migration(&self, number: u32) -> Option<&Migration> {
        self.migrations
            .iter()
            .find(|migration| migration.number == number)
    }
}

#[cfg(test)]
mod tests;
