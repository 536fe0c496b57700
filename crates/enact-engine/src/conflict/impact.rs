//! What a candidate release would break at a sponsor, before anyone tags it.

use enact_release::Leave;

use super::observe::Observer;
use super::{ConflictError, Report, Request, conflicts};
use crate::project::Stream;
use crate::proof::ScriptFailure;
use crate::sandbox::Scratch;

/// A candidate, and the extension that is to live with it.
#[derive(Debug, Clone, Copy)]
pub struct ImpactRequest<'a> {
    /// The core that the sponsor has now; `None` for a new database only.
    pub current: Option<&'a Stream>,
    /// The core to come.
    pub candidate: &'a Stream,
    /// What extensions may do to it.
    pub leave: &'a Leave,
    /// The sponsor's extension.
    pub extension: &'a Stream,
    /// Where databases come from.
    pub scratch: &'a Scratch,
}

/// What would happen.
#[derive(Debug, Clone)]
pub struct Impact {
    /// On a database that has the current core and the extension.
    pub upgrade: Vec<Broken>,
    /// On a new database: the candidate whole, then the extension.
    pub fresh: Report,
}

/// A migration that would fail.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The migration, such as `core:006_drop_phone`, or its rollback.
    pub label: String,
    /// What the server refused.
    pub failure: Box<ScriptFailure>,
}

impl Impact {
    /// Whether nothing breaks.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.upgrade.is_empty() && self.fresh.passed()
    }
}

/// Replays a candidate over an extension, both ways in which it will meet it.
///
/// # Errors
/// [`ConflictError`], also where the core as it is now, or the extension on it, does not run.
pub async fn impact(request: ImpactRequest<'_>) -> Result<Impact, ConflictError> {
    let mut upgraded = Vec::new();
    if let Some(current) = request.current {
        let mut observer = Observer::open(request.scratch).await?;
        let found = upgrade(&mut observer, request, current).await;
        observer.close(request.scratch).await?;
        upgraded = found?;
    }
    let fresh = conflicts(Request {
        core: request.candidate,
        leave: request.leave,
        extension: request.extension,
        scratch: request.scratch,
    })
    .await?;
    Ok(Impact {
        upgrade: upgraded,
        fresh,
    })
}

/// The current core, the extension, what the candidate adds, and the extension's rollbacks.
async fn upgrade(
    observer: &mut Observer,
    request: ImpactRequest<'_>,
    current: &Stream,
) -> Result<Vec<Broken>, ConflictError> {
    observer.core(current, request.leave).await?;
    let mut broken = Vec::new();
    for migration in &request.extension.migrations {
        let script = request.extension.load(migration)?;
        if let Some(failure) = observer.run(&script).await? {
            let label = format!(
                "{}:{:03}_{}, on the core as it is",
                request.extension.name(),
                migration.number,
                migration.name
            );
            return Ok(vec![Broken { label, failure }]);
        }
    }
    for migration in request
        .candidate
        .migrations
        .iter()
        .skip(current.migrations.len())
    {
        let script = request.candidate.load(migration)?;
        if let Some(failure) = observer.run(&script).await? {
            let label = format!("core:{:03}_{}", migration.number, migration.name);
            return Ok(vec![Broken { label, failure }]);
        }
    }
    for migration in request.extension.migrations.iter().rev() {
        let Some(script) = request.extension.load_rollback(migration)? else {
            break;
        };
        if let Some(failure) = observer.run(&script).await? {
            let label = format!(
                "rollback of {}:{:03}_{}",
                request.extension.name(),
                migration.number,
                migration.name
            );
            broken.push(Broken { label, failure });
            break;
        }
    }
    Ok(broken)
}
