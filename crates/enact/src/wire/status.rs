//! `enact.status/1`.

use serde::Serialize;

use super::{Disagreement, Holder};

/// `enact.status/1`
#[derive(Debug, Serialize)]
pub struct Status {
    /// `enact.status/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Environment of enact.toml, when named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The target's identity; absent before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Project and environment that it is enrolled as, such as `orion production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolled: Option<String>,
    /// In what it is not the target that was meant: runs are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stranger: Option<String>,
    /// Server version as a number, such as 150018.
    pub server_version: u32,
    /// Version of the core release that the repository is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The repository's own stream.
    #[serde(flatten)]
    pub own: StreamStatus,
    /// The core stream of a repository that is pinned to a release of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<StreamStatus>,
    /// Other streams in this database.
    pub other_streams: Vec<StreamPosition>,
    /// A run without a recorded end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_run: Option<OpenRun>,
    /// Who is at work at this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// A killed run's connection that is still executing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orphan: Option<Holder>,
    /// `none`, `drifted` or `unrecorded`.
    pub drift: &'static str,
    /// Whether the core is as its release made it, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_as_released: Option<bool>,
    /// The recorded fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Entries in the ledger.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: String,
}

/// Where one stream stands.
#[derive(Debug, Default, Serialize)]
pub struct StreamStatus {
    /// Stream.
    pub stream: String,
    /// Highest number in force; 0 when there is none.
    pub position: u32,
    /// Number of migrations not applied.
    pub pending: usize,
    /// Migrations in order.
    pub migrations: Vec<StatusMigration>,
    /// A half-done file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_progress: Option<InProgress>,
    /// A failure that nothing has followed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,
    /// In what ledger and files differ.
    pub disagreements: Vec<Disagreement>,
}

/// A migration and whether it is applied.
#[derive(Debug, Serialize)]
pub struct StatusMigration {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// `applied`, `adopted` or `pending`.
    pub state: &'static str,
    /// The file can be rolled back.
    pub reversible: bool,
    /// Digest as applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The ledger's entry that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// Where another stream stands.
#[derive(Debug, Serialize)]
pub struct StreamPosition {
    /// Stream.
    pub stream: String,
    /// Highest number in force.
    pub position: u32,
}

/// A half-done file.
#[derive(Debug, Serialize)]
pub struct InProgress {
    /// Number of the migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: &'static str,
    /// Segments in the file.
    pub segments: u32,
    /// Segments known to be done.
    pub done: u32,
    /// The segment whose end was not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<u32>,
    /// The segment that is a backfill under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backfilling: Option<u32>,
}

/// A failure that nothing has followed yet.
#[derive(Debug, Serialize)]
pub struct LastFailure {
    /// Number of the migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: &'static str,
    /// The server's code.
    pub sqlstate: String,
    /// Line in the file.
    pub line: u32,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A run without a recorded end.
#[derive(Debug, Serialize)]
pub struct OpenRun {
    /// Its identifier.
    pub run: String,
    /// `apply`, `rollback`, `redo` or `baseline`.
    pub command: &'static str,
    /// Who started it.
    pub person: String,
    /// Where.
    pub host: String,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}
