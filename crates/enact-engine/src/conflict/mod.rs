//! Conflicts between an extension and the core, looked for twice: in the statements, and in a sandbox.
//!
//! A sandbox shows what the statements really do; the statements show what a sandbox without anybody's rows does not reach.
//! Where the two differ, the sandbox decides, and the difference is told.

mod impact;
mod observe;
mod planned;
mod reading;

use std::collections::BTreeSet;

use enact_lint::Touch;
use enact_release::{Action, Leave};
use enact_sql::script::Script;

pub use impact::{Broken, Impact, ImpactRequest, impact};
use observe::Observer;
pub use planned::Touched;
pub(crate) use planned::refuse;
pub(crate) use reading::Reading;

use crate::catalog::{CatalogError, ObjectId};
use crate::project::{Problem, Stream};
use crate::proof::{ProofError, ScriptFailure};
use crate::sandbox::{SandboxError, Scratch};

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The core.
    pub core: &'a Stream,
    /// What extensions may do to it.
    pub leave: &'a Leave,
    /// The extension.
    pub extension: &'a Stream,
    /// Where databases come from.
    pub scratch: &'a Scratch,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The migrations of the extension, in order.
    pub migrations: Vec<Verdict>,
    /// What of the extension depends on what of the core, which is allowed: pairs of objects.
    pub dependencies: BTreeSet<(String, String)>,
}

/// What one migration does to the core.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// What its statements say, with the line of each.
    pub told: Vec<(u32, Touch)>,
    /// What the sandbox shows.
    pub shown: Vec<Shown>,
    /// It does not run beside this core.
    pub failure: Option<Box<ScriptFailure>>,
}

/// Something that the sandbox shows of the core after a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// An object of the core is another one, or is gone.
    Changed {
        /// The object.
        object: ObjectId,
        /// It is gone.
        gone: bool,
    },
    /// An object was attached to the core without leave.
    Attached {
        /// The object.
        object: ObjectId,
        /// What it hangs on.
        to: String,
        /// The leave that it takes, if any is given for such a thing.
        takes: Option<Action>,
    },
    /// An object takes the place of one of the core for whoever names it without a schema.
    Shadows {
        /// The object.
        object: ObjectId,
        /// The object of the core.
        core: String,
    },
    /// Rows of a table of the core are others.
    Rows {
        /// The table.
        table: String,
    },
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConflictError {
    /// No throw-away database.
    #[error(transparent)]
    Scratch(#[from] SandboxError),
    /// The sandbox could not be worked with.
    #[error(transparent)]
    Sandbox(#[from] ProofError),
    /// Its catalog could not be read.
    #[error("read the catalog of the sandbox")]
    Catalog(#[from] CatalogError),
    /// The server refused a question.
    #[error("ask the sandbox what depends on the core")]
    Database(#[from] tokio_postgres::Error),
    /// Files do not follow the rules.
    #[error("the migration files are invalid")]
    Files(Vec<Problem>),
    /// The core itself does not run.
    #[error("core:{number:03} does not run: {failure}")]
    Core {
        /// The migration.
        number: u32,
        /// What the server refused.
        failure: Box<ScriptFailure>,
    },
}

impl From<Vec<Problem>> for ConflictError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Files(problems)
    }
}

impl Verdict {
    /// Whether the sandbox shows a conflict, or that the migration does not run.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        !self.shown.is_empty() || self.failure.is_some()
    }

    /// Whether statements and sandbox say the same; of what does not run, the sandbox says nothing.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.failure.is_some() || self.told.is_empty() != self.is_conflict()
    }
}

impl Report {
    /// Whether no migration is in conflict with the core.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.migrations.iter().any(Verdict::is_conflict)
    }
}

/// Looks for what the migrations of an extension do to the core.
///
/// # Errors
/// [`ConflictError`], where the sandbox or the files do not allow to look.
pub async fn conflicts(request: Request<'_>) -> Result<Report, ConflictError> {
    let mut observer = Observer::open(request.scratch).await?;
    let found = look(&mut observer, request).await;
    observer.close(request.scratch).await?;
    found
}

async fn look(observer: &mut Observer, request: Request<'_>) -> Result<Report, ConflictError> {
    observer.core(request.core, request.leave).await?;
    let mut reading = Reading::new(observer.core_names(), request.leave.clone());
    let mut report = Report::default();
    for migration in &request.extension.migrations {
        let script = request.extension.load(migration)?;
        let told = placed(&script, reading.migration(&script));
        let (shown, failure) = observer.extension(&script).await?;
        let stop = failure.is_some();
        report.migrations.push(Verdict {
            number: migration.number,
            name: migration.name.clone(),
            told,
            shown,
            failure,
        });
        if stop {
            return Ok(report);
        }
    }
    report.dependencies = observer.dependencies().await?;
    Ok(report)
}

/// Each with the line of its statement.
fn placed(script: &Script, touches: Vec<Touch>) -> Vec<(u32, Touch)> {
    let statements: Vec<_> = script.statements().collect();
    let line = |touch: &Touch| {
        let statement = statements.get(touch.statement);
        statement.map_or(0, |one| script.locate(one.range.start).line)
    };
    touches
        .into_iter()
        .map(|touch| (u32::try_from(line(&touch)).unwrap_or(u32::MAX), touch))
        .collect()
}
