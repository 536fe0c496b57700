//! Plans and runs.

use serde::Serialize;

/// `enact.plan/1`
#[derive(Debug, Serialize)]
pub struct Plan {
    /// `enact.plan/1`
    pub schema: &'static str,
    /// `apply`, `rollback` or `redo`.
    pub command: &'static str,
    /// The repository's own stream.
    pub stream: String,
    /// Version of the core release that the repository is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Where, without password.
    pub target: String,
    /// The target's identity; absent before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Highest number in force before.
    pub from: u32,
    /// Highest number in force afterwards.
    pub to: u32,
    /// All streams of the repository, in the order in which they are applied.
    pub streams: Vec<Course>,
    /// Digest of the plan.
    pub digest: String,
    /// Schema enact would be installed first.
    pub installs_ledger: bool,
    /// Steps in order.
    pub steps: Vec<PlanStep>,
    /// The schema differs from the recorded one: the run would be refused.
    pub drifted: bool,
    /// With `--explain`: what each step locks, as in `enact.explain/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Vec<super::ExplainMigration>>,
}

/// Where a stream stands before and after a plan.
#[derive(Debug, Serialize)]
pub struct Course {
    /// Stream.
    pub stream: String,
    /// Highest number in force before.
    pub from: u32,
    /// Highest number in force afterwards.
    pub to: u32,
}

/// A step of a plan.
#[derive(Debug, Serialize)]
pub struct PlanStep {
    /// `up` or `down`.
    pub direction: &'static str,
    /// Stream.
    pub stream: String,
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// File relative to the repository.
    pub file: String,
    /// Digest of the file.
    pub digest: String,
    /// Number of statements.
    pub statements: usize,
    /// Segments already done by an interrupted run.
    pub resume_after: u32,
    /// The rollback was edited since its migration was applied.
    pub rollback_changed: bool,
    /// Segments in order.
    pub segments: Vec<PlanSegment>,
    /// Of a rollback: what it would do to the data that is there now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<Loss>,
}

/// What one statement of a rollback would do to data.
#[derive(Debug, Serialize)]
pub struct Loss {
    /// One-based statement of the file.
    pub statement: usize,
    /// One-based line at which it begins.
    pub line: u32,
    /// `table`, `column`, `sequence`, `deleted`, `overwritten`, `retyped`, `misfit` or `untold`.
    pub kind: &'static str,
    /// The table, the column or the sequence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Rows or values concerned; the position of a sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why it cannot be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A segment of a step.
#[derive(Debug, Serialize)]
pub struct PlanSegment {
    /// All in one transaction; else the one statement stands alone.
    pub transactional: bool,
    /// The one statement runs in batches.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub backfill: bool,
    /// Short names of the statements.
    pub statements: Vec<&'static str>,
}

/// `enact.apply/1`, `enact.rollback/1`, `enact.redo/1`
#[derive(Debug, Serialize)]
pub struct Run {
    /// `enact.apply/1`, `enact.rollback/1` or `enact.redo/1`.
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// The repository's own stream.
    pub stream: String,
    /// Identifier of the run; absent when there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Steps in the order they were done.
    pub steps: Vec<RunStep>,
    /// Highest number in force afterwards.
    pub position: u32,
    /// All streams of the repository, in the order in which they are applied.
    pub streams: Vec<super::StreamPosition>,
    /// Fingerprint of the schema afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// A step that was done.
#[derive(Debug, Serialize)]
pub struct RunStep {
    /// `up` or `down`.
    pub direction: &'static str,
    /// Stream.
    pub stream: String,
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// Wall time.
    pub milliseconds: u64,
    /// Rows that the statements report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}
