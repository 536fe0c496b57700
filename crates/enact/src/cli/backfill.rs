//! Options of `enact backfill`.

use clap::{Args, Subcommand};

use super::{Target, Who};

/// Look at backfills, pause them, let them go on
#[derive(Debug, Subcommand)]
pub enum Backfill {
    Status(BackfillStatus),
    Pause(BackfillPause),
    Resume(BackfillResume),
}

/// Show how far each backfill of a database has come
///
/// Works beside the run that is at it, and after one that was interrupted:
/// `enact apply` goes on where the last batch ended.
#[derive(Debug, Args)]
pub struct BackfillStatus {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Hold the backfills of a database between two batches
///
/// A run that is at one waits, and says so, until `enact backfill resume`.
#[derive(Debug, Args)]
pub struct BackfillPause {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
}

/// Let paused backfills go on
#[derive(Debug, Args)]
pub struct BackfillResume {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}
