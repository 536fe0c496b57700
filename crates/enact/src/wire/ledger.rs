//! Documents about the ledger and the recorded schema.

use serde::Serialize;

use super::{Drift, DriftedObject, OtherCore};

/// `enact.verify/1`
#[derive(Debug, Serialize)]
pub struct Verify {
    /// `enact.verify/1`
    pub schema: &'static str,
    /// Exit code of the process.
    pub exit: u8,
    /// Name of the verdict.
    pub code: &'static str,
    /// Where, without password, or the bundle's file.
    pub source: String,
    /// Nothing is wrong with what was looked at.
    pub sound: bool,
    /// A head from elsewhere was compared with.
    pub compared: bool,
    /// The chain; absent when it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<VerifiedLedger>,
    /// What is wrong with the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<LedgerFailure>,
    /// What protects the ledger in the database; absent for a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guards: Option<Guards>,
    /// The live schema against the recorded one, when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The core, when it is not as released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<OtherCore>,
}

/// A chain that holds.
#[derive(Debug, Serialize)]
pub struct VerifiedLedger {
    /// The target's identity.
    pub identity: String,
    /// Number of entries.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: String,
    /// Merkle root over all entries.
    pub root: String,
    /// Server time of the first entry.
    pub first_at: String,
    /// Server time of the last entry.
    pub last_at: String,
}

/// What is wrong with a chain.
#[derive(Debug, Serialize)]
pub struct LedgerFailure {
    /// What was found.
    pub message: String,
    /// Numbers of the entries concerned.
    pub entries: Vec<u64>,
}

/// What protects the ledger in the database.
#[derive(Debug, Serialize)]
pub struct Guards {
    /// Everything that is not as installed.
    pub faults: Vec<String>,
    /// Who owns the ledger.
    pub owner: String,
    /// The owner can log in, or the role that asked may become it.
    pub owner_at_hand: bool,
}

/// `enact.history/1`
#[derive(Debug, Serialize)]
pub struct History {
    /// `enact.history/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Entries in the ledger.
    pub total: usize,
    /// The entries shown, oldest first.
    pub entries: Vec<HistoryEntry>,
}

/// One entry of the ledger.
#[derive(Debug, Serialize)]
pub struct HistoryEntry {
    /// Position.
    pub seq: u64,
    /// Hash.
    pub hash: String,
    /// When, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Kind, such as `migration.applied`.
    pub kind: &'static str,
    /// The person.
    pub person: String,
    /// The database role.
    pub role: String,
    /// The host.
    pub host: String,
    /// Version of the tool.
    pub tool_version: String,
    /// Digest of the tool's binary.
    pub tool_digest: String,
    /// The run it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What is stated, as the ledger's format 1 has it.
    pub fact: serde_json::Value,
}

/// `enact.drift/1`
#[derive(Debug, Serialize)]
pub struct DriftReport {
    /// `enact.drift/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// `none`, `drifted` or `unrecorded`.
    pub drift: &'static str,
    /// The recorded fingerprint; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The live fingerprint, when it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The objects that differ; absent when the recorded snapshot was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<DriftedObject>>,
    /// The recorder of DDL, when it differs: `at-work` or `absent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorder: Option<&'static str>,
    /// The core, when it is not as released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<OtherCore>,
}

/// `enact.baseline/1`
#[derive(Debug, Serialize)]
pub struct Baseline {
    /// `enact.baseline/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Stream.
    pub stream: String,
    /// Highest number in force afterwards.
    pub position: u32,
    /// Number of migrations adopted.
    pub migrations: usize,
    /// The schema was compared with one made from the files, and is the same.
    pub compared: bool,
    /// Fingerprint of the schema.
    pub fingerprint: String,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// `enact.export/1`
#[derive(Debug, Serialize)]
pub struct Export {
    /// `enact.export/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// File with the bundle.
    pub bundle: String,
    /// Entries in it.
    pub entries: u64,
    /// The closing checkpoint's origin.
    pub origin: String,
    /// Merkle root over all entries.
    pub root: String,
    /// File with the checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}
