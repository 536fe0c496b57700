//! What the target before shows of a plan: asked there.

use enact_engine::log;
use enact_engine::project::Project;
use enact_engine::promotion::Evidence;
use enact_engine::run::RunError;

use crate::cli;
use crate::context::Context;
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;

/// Reads the ledger of the environment that comes before.
///
/// # Errors
/// When it cannot be reached or read, or is not the target that is meant.
pub async fn ask(
    context: &Context,
    project: &Project,
    environment: &str,
) -> Result<Evidence, Failure> {
    let wanted = cli::Target {
        environment: Some(environment.to_owned()),
        database_url: None,
    };
    let target = context.target(&wanted, Some(project))?;
    let asked = Asked {
        verb: "status",
        target: &target,
        done: &[],
    };
    let failed = |error: RunError| {
        error::run(error, asked).fact("asked", format!("what `{environment}` has gone through"))
    };
    let log = log::entries(&target.conninfo, &program::application())
        .await
        .map_err(failed)?;
    if let Some(claim) = &target.claim {
        let checked = claim.check(log.state.enrolment.as_ref(), &log.server);
        checked.map_err(|stranger| failed(stranger.into()))?;
    }
    let entries = log.entries.iter().map(|logged| &logged.entry);
    Ok(Evidence::of(environment, log.server.major(), entries))
}
