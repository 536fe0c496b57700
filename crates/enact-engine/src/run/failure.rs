//! What can end a run, with everything a person needs to know at 3 a.m.

mod place;
mod server;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use enact_ledger::entry::fact::Found;
use enact_ledger::{Hash, ScalarError};

pub(crate) use place::{Place, counted};
pub use server::ServerError;
use server::is_broken;
pub(crate) use server::{is_lock_lost, words};

use super::backfill::Obstacle;
use crate::blockers::Blocker;
use crate::catalog::CatalogError;
use crate::conflict::Touched;
use crate::core::CoreDrift;
use crate::exit::Exit;
use crate::history::Disagreeing;
use crate::identity::Stranger;
use crate::ledger::{ReadError, RecordError};
use crate::lock::Holder;
use crate::plan::{PlanError, StepLabel};
use crate::project::Problem;
use crate::promotion::Missing;
use crate::target::server::HelloError;
use crate::target::{ConnectError, PoolerSign, Refusal};

/// Why a run ended before its goal, or never began.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// No usable connection.
    #[error("connect to the target")]
    Connect(#[from] ConnectError),
    /// The server refused something that is not part of a migration.
    #[error("{doing}")]
    Database {
        /// What was being done, as `verb + object`.
        doing: &'static str,
        /// The server's or the connection's words.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The ledger cannot be read, or is not what it was.
    #[error("read the ledger")]
    Ledger(#[from] ReadError),
    /// An entry could not be made or trusted.
    #[error("write the ledger")]
    Record(#[from] RecordError),
    /// Files do not follow the rules.
    #[error("the migration files are invalid")]
    Files(Vec<Problem>),
    /// The ledger and the files tell different histories.
    #[error("the ledger and the files disagree")]
    History(Disagreeing),
    /// The goal makes no sense for where the target is.
    #[error("{0}")]
    Goal(String),
    /// There is no plan for the goal.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The server did not say who it is.
    #[error(transparent)]
    Hello(#[from] HelloError),
    /// The database is not the target that was meant.
    #[error("this is not the enrolled target: {0}")]
    Stranger(Box<Stranger>),
    /// The server is not one to work on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A transaction pooler stands in between.
    #[error("{sign}")]
    Pooler {
        /// How it shows.
        sign: PoolerSign,
        /// What to do.
        mend: String,
    },
    /// The catalog cannot be read.
    #[error("{doing}")]
    Catalog {
        /// What was being done, as `verb + object`.
        doing: &'static str,
        /// Why not.
        #[source]
        source: CatalogError,
    },
    /// This program's binary cannot be read, so that records could not name it.
    #[error("read this program to record its digest")]
    Program(#[source] std::io::Error),
    /// An identity could not be made.
    #[error("make the target's identity")]
    Identity(#[source] ScalarError),
    /// A rollback file is not the one that was there when its migration was applied.
    #[error("the rollback file of {step} was changed after the migration was applied")]
    RollbackChanged {
        /// The step.
        step: StepLabel,
    },
    /// The target before does not show what it takes.
    #[error("`{environment}` does not show what this target asks for")]
    NotPromoted {
        /// Environment of the target before.
        environment: String,
        /// What it does not show.
        missing: Vec<Missing>,
    },
    /// The live schema is not the recorded one.
    #[error("the schema has drifted from what is recorded")]
    Drift(Box<crate::drift::Drift>),
    /// All steps are done, and the core is not what its release says.
    #[error("the core is not as release {} made it", .0.release)]
    CoreDiffers(Box<CoreDrift>),
    /// There is nothing to do, and the core is not what its release says.
    #[error("the core is not as release {} made it", .0.release)]
    CoreIsOther(Box<CoreDrift>),
    /// Migrations of the extension do to the core what nobody gave leave for.
    #[error("the plan changes the core {release} without the core team's leave")]
    CoreIsTouched {
        /// Version of the core release.
        release: String,
        /// What they do.
        touched: Vec<Touched>,
    },
    /// The core release is for newer servers.
    #[error("core {release} is for PostgreSQL {minimum} and later, and this is {major}")]
    ServerTooOld {
        /// Version of the release.
        release: String,
        /// The oldest major version that it is for.
        minimum: u32,
        /// The server's.
        major: u32,
    },
    /// Something that is not the core's needs what a rollback of the core takes away.
    #[error("the core is not taken back from {from:03} to {to:03}: {} {}", needed.len(),
            if needed.len() == 1 { "object here depends on it" } else { "objects here depend on it" })]
    CoreIsNeeded {
        /// Where the core stands.
        from: u32,
        /// Where it would stand.
        to: u32,
        /// What depends on what.
        needed: Vec<(String, String)>,
    },
    /// Somebody else holds the lock.
    #[error("another run holds the lock")]
    Locked {
        /// Who, as far as this role may see.
        holder: Option<Box<Holder>>,
        /// How long we waited.
        waited: Duration,
        /// What remains of a killed run: its connection is still executing.
        orphan: bool,
    },
    /// Somebody changed the target between the plan that was shown and the lock.
    #[error("the target has moved since the plan was made")]
    PlanChanged {
        /// Digest of the plan that was agreed to.
        agreed: Hash,
        /// Digest of the plan as of now.
        now: Hash,
    },
    /// A statement cannot run in batches on the table as it is.
    #[error("{} cannot go on: {}", .0.step, .0.obstacle)]
    Backfill(Box<Obstructed>),
    /// A statement failed.
    #[error("{} failed", .0.step)]
    Statement(Box<StatementFailure>),
    /// A statement's outcome is not known.
    #[error("the outcome of {step} is unknown", step = .0.step)]
    Unknown(Box<UnknownOutcome>),
    /// A stop was requested, or a connection was lost.
    #[error("the run was interrupted")]
    Interrupted(Box<Interruption>),
}

impl From<Stranger> for RunError {
    fn from(stranger: Stranger) -> Self {
        Self::Stranger(Box::new(stranger))
    }
}

/// A statement in batches that met an obstacle. Batches before it stay.
#[derive(Debug)]
pub struct Obstructed {
    /// Which migration, which direction.
    pub step: StepLabel,
    /// The file.
    pub path: PathBuf,
    /// One-based line of the statement.
    pub line: u32,
    /// One-based segment of the file.
    pub segment: usize,
    /// Rows that batches before have changed.
    pub rows: u64,
    /// What stands in the way.
    pub obstacle: Obstacle,
}

/// A statement that the server refused.
#[derive(Debug)]
pub struct StatementFailure {
    /// Which migration, which direction.
    pub step: StepLabel,
    /// The file.
    pub path: PathBuf,
    /// It is of the core release that the repository is pinned to: nobody here edits it.
    pub released: bool,
    /// Its text, normalised, includes expanded.
    pub text: Arc<str>,
    /// Where in the text: the spot the server points at, else the whole statement.
    pub span: Range<usize>,
    /// One-based line and column of the spot in the file.
    pub line: u32,
    /// One-based column, in characters.
    pub column: u32,
    /// One-based statement; 0 when `COMMIT` failed.
    pub statement: usize,
    /// Statements in the segment.
    pub statements: usize,
    /// One-based segment of the file.
    pub segment: usize,
    /// Segments in the file.
    pub segments: usize,
    /// The server's own words. `detail` may hold participants' data: for the terminal alone.
    pub server: ServerError,
    /// Tries, when it was a matter of locks.
    pub tries: u32,
    /// Who was in the way, when it was a matter of locks.
    pub blockers: Vec<Blocker>,
    /// What the catalog shows now, where the statement could leave something behind.
    pub left_behind: Option<String>,
    /// For a statement in batches: rows changed by those before, which stay.
    pub backfilled: Option<u64>,
}

/// A statement outside a transaction whose end nobody saw, and which the catalog cannot tell.
#[derive(Debug)]
pub struct UnknownOutcome {
    /// Which migration, which direction.
    pub step: StepLabel,
    /// The file.
    pub path: PathBuf,
    /// One-based line of the statement.
    pub line: u32,
    /// The statement in short.
    pub what: String,
    /// One-based segment.
    pub segment: usize,
    /// Segments in the file.
    pub segments: usize,
    /// What the catalog shows.
    pub found: Found,
}

/// A run that stopped between what is done and what is not.
#[derive(Debug)]
pub struct Interruption {
    /// Why.
    pub cause: Cause,
    /// Steps that are done and recorded.
    pub done: Vec<StepLabel>,
    /// The step that was at work, and what became of it.
    pub at: Option<(StepLabel, AtWork)>,
}

/// Why a run was interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Ctrl-C or SIGTERM.
    Asked,
    /// The connection that works was lost.
    WorkLost(String),
    /// The connection that holds the lock was lost.
    LockLost(String),
}

/// What became of the step that was at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtWork {
    /// Rolled back: nothing of it took effect.
    NothingChanged,
    /// Committed, as the ledger shows.
    Committed,
    /// So many segments are done and journalled; the next run goes on from there.
    Resumable {
        /// Segments done.
        done: usize,
        /// Segments in the file.
        of: usize,
    },
    /// A statement in batches: those that are committed stay, and the next run goes on behind them.
    Backfilling {
        /// Rows changed so far, if that is known.
        rows: Option<u64>,
    },
    /// The server could not be asked; the ledger will tell the next command.
    NotKnownYet {
        /// Steps sent behind this one, of which the same is true.
        behind: usize,
    },
}

impl RunError {
    /// A stop was requested before anything began.
    pub(crate) fn asked_to_stop() -> Self {
        Self::Interrupted(Box::new(Interruption {
            cause: Cause::Asked,
            done: Vec::new(),
            at: None,
        }))
    }

    /// Set when this is no refusal of what was asked but the end of one of the run's connections.
    pub(crate) fn breakdown(&self) -> Option<Cause> {
        let (Self::Database { source, .. }
        | Self::Hello(HelloError::Query(source))
        | Self::Ledger(ReadError::Database(source))
        | Self::Catalog {
            source: CatalogError::Postgres(source),
            ..
        }) = self
        else {
            return None;
        };
        if is_lock_lost(source) {
            return Some(Cause::LockLost(words(source)));
        }
        is_broken(source).then(|| Cause::WorkLost(words(source)))
    }

    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Connect(_) => Exit::CannotConnect,
            error if matches!(error.breakdown(), Some(Cause::WorkLost(_))) => Exit::CannotConnect,
            error if error.breakdown().is_some() => Exit::Interrupted,
            Self::Refused(_) | Self::Pooler { .. } => Exit::CannotConnect,
            Self::Stranger(_) => Exit::NotEnrolled,
            Self::Database { .. }
            | Self::Record(_)
            | Self::Hello(_)
            | Self::Catalog { .. }
            | Self::Program(_)
            | Self::Identity(_) => Exit::Unexpected,
            Self::Ledger(error) => error.exit(),
            Self::Files(_) => Exit::FilesInvalid,
            Self::History(_) | Self::RollbackChanged { .. } => Exit::HistoryDisagrees,
            Self::Plan(PlanError::Requires { .. } | PlanError::DependedOn { .. }) => Exit::Refused,
            Self::Goal(_) | Self::Plan(_) => Exit::Usage,
            Self::Drift(_) | Self::CoreDiffers(_) | Self::CoreIsOther(_) => Exit::Drift,
            Self::Locked { .. } => Exit::Locked,
            Self::PlanChanged { .. }
            | Self::NotPromoted { .. }
            | Self::CoreIsNeeded { .. }
            | Self::CoreIsTouched { .. }
            | Self::ServerTooOld { .. } => Exit::Refused,
            Self::Backfill(obstructed) if obstructed.step.is_down() => Exit::RollbackFailed,
            Self::Backfill(_) => Exit::MigrationFailed,
            Self::Statement(failure) if failure.step.is_down() => Exit::RollbackFailed,
            Self::Statement(_) => Exit::MigrationFailed,
            Self::Unknown(_) => Exit::Unknown,
            Self::Interrupted(interruption) => match interruption.at {
                Some((_, AtWork::NotKnownYet { .. })) => Exit::Unknown,
                _ => Exit::Interrupted,
            },
        }
    }
}
