//! Documents of `enact compare` and `enact receipt`.

use serde::Serialize;

/// `enact.receipt-file/1`
#[derive(Debug, Serialize)]
pub struct ReceiptFile {
    /// `enact.receipt-file/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// File with the receipt.
    pub receipt: String,
    /// The receipt's own digest.
    pub digest: String,
    /// The target's identity.
    pub identity: String,
    /// Entries in the ledger.
    pub entries: u64,
    /// Merkle root over them.
    pub root: String,
    /// Objects in it.
    pub objects: usize,
}

/// `enact.recorder/1`
#[derive(Debug, Serialize)]
pub struct Recorder {
    /// `enact.recorder/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// `at-work` or `absent`.
    pub recorder: &'static str,
    /// `install` and `remove`: it was so before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<bool>,
    /// `status`: what it noted since the schema was recorded last, newest first; absent where the role may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted: Option<Vec<Noted>>,
}

/// A command outside Enact's runs.
#[derive(Debug, Serialize)]
pub struct Noted {
    /// The object, as PostgreSQL identifies it; absent for grants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<String>,
    /// The command dropped it.
    pub dropped: bool,
    /// Who, when, and which command.
    #[serde(flatten)]
    pub author: super::DdlAuthor,
}

/// `enact.compare/1`
#[derive(Debug, Serialize)]
pub struct Compare {
    /// `enact.compare/1`
    pub schema: &'static str,
    /// No database differs from another that it should be like.
    pub same: bool,
    /// The databases that are not as they should be, by name.
    pub odd: Vec<String>,
    /// The release that they were compared with, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// What was compared.
    pub databases: Vec<ComparedDatabase>,
    /// Databases that can be compared with one another.
    pub groups: Vec<ComparedGroup>,
}

/// A database that was compared.
#[derive(Debug, Serialize)]
pub struct ComparedDatabase {
    /// Environment, or the receipt's file.
    pub name: String,
    /// Where, without password; what a receipt says that it is of.
    pub source: String,
    /// Its identity; absent before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Streams with something in force besides the core.
    pub extensions: Vec<String>,
}

/// Databases that must have the same core.
#[derive(Debug, Serialize)]
pub struct ComparedGroup {
    /// Where their core stands; absent where their ledger knows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<ComparedCore>,
    /// The server's major version.
    pub server_major: u32,
    /// `whole-schema`, `common-objects`, `release` or `nothing`.
    pub compared: &'static str,
    /// How many objects that were, over all databases.
    pub objects: usize,
    /// The databases, by name.
    pub databases: Vec<String>,
    /// The objects in which they differ.
    pub differences: Vec<ComparedObject>,
}

/// Where a core stands.
#[derive(Debug, Serialize)]
pub struct ComparedCore {
    /// Highest number in force.
    pub position: u32,
    /// Digest of what is in force, and of what is half done.
    pub digest: String,
    /// Number of a migration that is half done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_done: Option<u32>,
}

/// An object in which databases differ.
#[derive(Debug, Serialize)]
pub struct ComparedObject {
    /// Kind and name.
    pub object: String,
    /// What it should be; absent where nothing says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedObject>,
    /// What else was found.
    pub found: Vec<FoundObject>,
}

/// What an object should be.
#[derive(Debug, Serialize)]
pub struct ExpectedObject {
    /// `majority` or `release`.
    pub by: &'static str,
    /// Digest; absent where the object should not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Text, where it is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How many databases have it so.
    pub databases: usize,
}

/// One form in which an object was found.
#[derive(Debug, Serialize)]
pub struct FoundObject {
    /// `added`, `removed` or `changed` against what is expected; `present` or `absent` where nothing is.
    pub change: &'static str,
    /// Digest; absent where the object is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Text, where it is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The databases that have it so, by name.
    pub databases: Vec<String>,
}
