//! Documents about statements in batches.

use serde::Serialize;

/// `enact.backfill/1`
#[derive(Debug, Serialize)]
pub struct Backfills {
    /// `enact.backfill/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// A run is at work there.
    pub working: bool,
    /// In the order of their beginning.
    pub backfills: Vec<Backfill>,
}

/// A statement in batches.
#[derive(Debug, Serialize)]
pub struct Backfill {
    /// Stream of its migration.
    pub stream: String,
    /// Number of its migration.
    pub number: u32,
    /// `up` or `down`.
    pub direction: String,
    /// One-based segment of the file.
    pub segment: u32,
    /// `done`, `running`, `paused` or `interrupted`.
    pub state: &'static str,
    /// The table and the key by which its rows are walked.
    pub walk: String,
    /// Rows to walk, as the planner estimated them.
    pub estimate: u64,
    /// Rows walked.
    pub walked: u64,
    /// Rows changed.
    pub changed: u64,
    /// Batches committed.
    pub batches: u64,
    /// How often the table has been gone through, this time included.
    pub pass: u32,
    /// When it was begun.
    pub begun_at: String,
    /// When its last batch was committed.
    pub moved_at: String,
    /// When all rows were done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<String>,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<String>,
}

/// `enact.backfill-hold/1`
#[derive(Debug, Serialize)]
pub struct BackfillHeld {
    /// `enact.backfill-hold/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// `pause` or `resume`.
    pub action: &'static str,
    /// Backfills that were held or let go.
    pub concerned: usize,
}
