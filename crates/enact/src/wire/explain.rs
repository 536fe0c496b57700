//! `enact.explain/1`.

use serde::Serialize;

use super::ScriptFailure;

/// `enact.explain/1`
#[derive(Debug, Serialize)]
pub struct Explain {
    /// `enact.explain/1`
    pub schema: &'static str,
    /// Stream.
    pub stream: String,
    /// `apply` or `rollback`.
    pub direction: &'static str,
    /// PostgreSQL version of the sandbox.
    pub server_version: String,
    /// What the target says; absent where none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<ExplainTarget>,
    /// In the order in which they ran.
    pub migrations: Vec<ExplainMigration>,
}

/// A live target.
#[derive(Debug, Serialize)]
pub struct ExplainTarget {
    /// Where, without password.
    pub target: String,
    /// PostgreSQL version of the target.
    pub server_version: String,
    /// Connected standbys.
    pub replicas: i64,
    /// Tables that are locked and are there.
    pub tables: Vec<ExplainTable>,
    /// The environment that sizes are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// A table of a live target.
#[derive(Debug, Serialize)]
pub struct ExplainTable {
    /// Schema and name.
    pub table: String,
    /// Size without indexes.
    pub bytes: u64,
    /// Size of its indexes.
    pub index_bytes: u64,
    /// Rows, as the statistics have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_rows: Option<i64>,
    /// Rows written for each hour since the statistics were reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_per_hour: Option<i64>,
    /// Age of the oldest transaction that holds a lock on it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_transaction_seconds: Option<i64>,
    /// Bytes of it that were read in a second just now, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_bytes_per_second: Option<u64>,
}

/// The forecast of a migration or rollback.
#[derive(Debug, Serialize)]
pub struct ExplainMigration {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// The file that ran.
    pub file: String,
    /// Its statements.
    pub statements: Vec<ExplainStatement>,
    /// How long relations stay locked.
    pub holds: Vec<ExplainHold>,
    /// The statement that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ScriptFailure>,
}

/// What a statement does.
#[derive(Debug, Serialize)]
pub struct ExplainStatement {
    /// Path relative to the repository.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// Short name, such as `ALTER TABLE`.
    pub statement: &'static str,
    /// One-based segment of the file.
    pub segment: usize,
    /// It runs in the segment's transaction.
    pub transactional: bool,
    /// Locks that it takes.
    pub locks: Vec<ExplainLock>,
    /// What it does to tables.
    pub effects: Vec<ExplainEffect>,
}

/// A lock.
#[derive(Debug, Serialize)]
pub struct ExplainLock {
    /// Schema and name.
    pub relation: String,
    /// `table`, `index`, `view`, `materialized view` or `sequence`.
    pub kind: &'static str,
    /// The table of an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// PostgreSQL's name of the mode.
    pub mode: &'static str,
    /// What others cannot do meanwhile.
    pub blocks: &'static str,
    /// `observed` or `documented`.
    pub source: &'static str,
}

/// Something done to a table.
#[derive(Debug, Serialize)]
pub struct ExplainEffect {
    /// `rewrite`, `truncate`, `scan`, `index-built` or `index-rebuilt`.
    pub kind: &'static str,
    /// The table.
    pub table: String,
    /// The index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The strongest lock on the table meanwhile, earlier statements' included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<&'static str>,
}

/// A relation that stays locked.
#[derive(Debug, Serialize)]
pub struct ExplainHold {
    /// The strongest lock on it.
    #[serde(flatten)]
    pub lock: ExplainLock,
    /// Line of the statement that first takes it.
    pub from_line: u32,
    /// Line of the last statement that runs under it.
    pub last_line: u32,
    /// `commit`, or `statement-end` for one that runs alone.
    pub until: &'static str,
    /// What is done to the table meanwhile.
    pub effects: Vec<&'static str>,
    /// How long that may take on the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<ExplainEstimate>,
    /// It is long here and quick at the target that is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outgrown: Option<ExplainOutgrown>,
}

/// An estimate and its basis.
#[derive(Debug, Serialize)]
pub struct ExplainEstimate {
    /// How long.
    pub milliseconds: u64,
    /// What is done: `rewrite`, `index` or `scan`.
    pub work: &'static str,
    /// How much is worked through.
    pub bytes: u64,
    /// The rate.
    pub bytes_per_second: u64,
    /// Where the rate comes from: `assumed`, `measured` or `derived`.
    pub basis: &'static str,
}

/// Another target where the same is quick.
#[derive(Debug, Serialize)]
pub struct ExplainOutgrown {
    /// How many times as much is worked through here.
    pub times: u64,
    /// How much is worked through there.
    pub bytes: u64,
    /// How long that may take there.
    pub milliseconds: u64,
}
