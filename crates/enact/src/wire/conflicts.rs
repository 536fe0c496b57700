//! Conflicts with the core.

use serde::Serialize;

/// `enact.conflicts/1`
#[derive(Debug, Serialize)]
pub struct Conflicts {
    /// `enact.conflicts/1`
    pub schema: &'static str,
    /// Stream of the extension.
    pub stream: String,
    /// The core release that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The extension changes nothing of the core.
    pub passed: bool,
    /// Its migrations, in order.
    pub migrations: Vec<ConflictMigration>,
    /// What of it depends on what of the core.
    pub dependencies: Vec<DependsOn>,
}

/// What a migration does to the core.
#[derive(Debug, Serialize)]
pub struct ConflictMigration {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// By the sandbox, it changes the core, or does not run beside it.
    pub conflict: bool,
    /// Statements and sandbox say the same.
    pub agree: bool,
    /// What the statements say.
    pub statements: Vec<ConflictStatement>,
    /// What the sandbox shows.
    pub sandbox: Vec<ConflictObject>,
    /// Why it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What a statement does to the core.
#[derive(Debug, Serialize)]
pub struct ConflictStatement {
    /// Line of the file.
    pub line: u32,
    /// What it does, as in `adds an index to`.
    pub does: &'static str,
    /// The core's object.
    pub object: String,
}

/// What the sandbox shows.
#[derive(Debug, Serialize)]
pub struct ConflictObject {
    /// The object.
    pub object: String,
    /// `changed`, `dropped`, `attached`, `shadows` or `rows`.
    pub change: &'static str,
    /// The core's object, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<String>,
    /// The leave that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes: Option<&'static str>,
}

/// An object of the extension that depends on one of the core.
#[derive(Debug, Serialize)]
pub struct DependsOn {
    /// The object.
    pub object: String,
    /// The core's object.
    pub on: String,
}

/// `enact.impact/1`
#[derive(Debug, Serialize)]
pub struct Impact {
    /// `enact.impact/1`
    pub schema: &'static str,
    /// Version of the candidate; absent for a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Nothing breaks.
    pub passed: bool,
    /// The sponsors.
    pub sponsors: Vec<SponsorImpact>,
}

/// What would happen at one sponsor.
#[derive(Debug, Serialize)]
pub struct SponsorImpact {
    /// Stream of its extension.
    pub stream: String,
    /// The release that it has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Nothing breaks.
    pub passed: bool,
    /// What would fail on a database that has the extension already.
    pub upgrade: Vec<BrokenStep>,
    /// What would be in conflict on a new database.
    pub fresh: Vec<ConflictMigration>,
    /// What of the extension depends on what of the core.
    pub dependencies: Vec<DependsOn>,
}

/// A step that would fail.
#[derive(Debug, Serialize)]
pub struct BrokenStep {
    /// The migration, or its rollback.
    pub step: String,
    /// What the server refused, with file and line.
    pub message: String,
}
