//! Releases and pins.

use std::collections::BTreeMap;

use serde::Serialize;

/// `enact.released/1`
#[derive(Debug, Serialize)]
pub struct Released {
    /// `enact.released/1`
    pub schema: &'static str,
    /// Name of the package.
    pub package: String,
    /// Version.
    pub version: String,
    /// The release before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Number of migrations.
    pub migrations: usize,
    /// Those that the release before did not have.
    pub new: usize,
    /// Versions of the servers on which all rollbacks were proven.
    pub proven: Vec<String>,
    /// Of a hotfix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// SHA-256 of manifest.json.
    pub manifest: String,
    /// The folder.
    pub folder: String,
    /// The archive.
    pub archive: String,
    /// SHA-256 of the archive.
    pub digest: String,
}

/// `enact.diff/1`
#[derive(Debug, Serialize)]
pub struct ReleaseDiff {
    /// `enact.diff/1`
    pub schema: &'static str,
    /// Name of the package.
    pub package: String,
    /// One version.
    pub from: String,
    /// The other one.
    pub to: String,
    /// Of a hotfix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Why it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the changelog says.
    pub notes: String,
    /// Migrations that both have and that differ: there must be none.
    pub rewritten: Vec<String>,
    /// Migrations that the other one brings.
    pub migrations: Vec<DiffMigration>,
    /// Objects that differ.
    pub objects: Vec<DiffObject>,
}

/// A migration that a release brings.
#[derive(Debug, Serialize)]
pub struct DiffMigration {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// The file.
    pub file: String,
    /// It can be rolled back.
    pub reversible: bool,
    /// How many statements of each kind it has.
    pub statements: BTreeMap<String, usize>,
    /// The strongest lock on each table, where it is worth knowing.
    pub locks: Vec<DiffLock>,
    /// Tables whose rows its statements change; what functions and blocks do is not in it.
    pub rows: Vec<String>,
    /// Kinds of statements in it of which is not read what they do: `CALL`, `DO`.
    pub unread: Vec<&'static str>,
}

/// A lock.
#[derive(Debug, Serialize)]
pub struct DiffLock {
    /// The table.
    pub table: String,
    /// The lock.
    pub lock: &'static str,
}

/// An object that differs.
#[derive(Debug, Serialize)]
pub struct DiffObject {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
}

/// `enact.pin/1`
#[derive(Debug, Serialize)]
pub struct Pin {
    /// `enact.pin/1`
    pub schema: &'static str,
    /// Name of the package.
    pub package: String,
    /// The pinned version.
    pub version: String,
    /// The version that was pinned before, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The range that is asked for.
    pub range: String,
    /// The file that asks for it.
    pub range_from: String,
    /// SHA-256 of manifest.json.
    pub manifest: String,
    /// Of a hotfix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Why it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Migrations that it brings.
    pub gained: Vec<String>,
    /// enact.lock was written.
    pub changed: bool,
}

/// `enact.outdated/1`
#[derive(Debug, Serialize)]
pub struct Outdated {
    /// `enact.outdated/1`
    pub schema: &'static str,
    /// Name of the package.
    pub package: String,
    /// The pinned version.
    pub pinned: String,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Days since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// Why it was withdrawn, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// The range that is asked for.
    pub range: String,
    /// Newer releases, hotfixes first.
    pub newer: Vec<NewerRelease>,
}

/// A release that is newer than the pinned one.
#[derive(Debug, Serialize)]
pub struct NewerRelease {
    /// Version.
    pub version: String,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Of a hotfix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Why it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Migrations that it brings.
    pub migrations: usize,
    /// The range allows it.
    pub in_range: bool,
}
