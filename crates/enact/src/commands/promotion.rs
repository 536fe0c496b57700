//! What the target before shows of a plan: asked there.

use std::path::Path;

use enact_engine::exit::Exit;
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
        error::run(error, asked)
            .fact("asked", format!("what `{environment}` has gone through"))
            .next("where it cannot be asked from here: `enact receipt` there, and --receipt FILE here")
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

/// Reads what the environment before shows from a receipt that was taken there.
///
/// # Errors
/// When the receipt cannot be read, or is of another project or environment.
pub fn of_receipt(path: &Path, project: &Project, environment: &str) -> Result<Evidence, Failure> {
    let receipt = super::receipt::read(path)?;
    let own = project.config.project.name.as_str();
    let of = (receipt.project.as_deref(), receipt.environment.as_deref());
    let evidence = Evidence::of_receipt(&receipt).filter(|_| of == (Some(own), Some(environment)));
    evidence.ok_or_else(|| {
        let named = |name: Option<&str>| name.unwrap_or("nobody").to_owned();
        Failure::new(
            Exit::Refused,
            format!(
                "{} is no receipt of `{environment}` of {own}",
                path.display()
            ),
        )
        .fact("it is of", format!("`{}` of {}", named(of.1), named(of.0)))
        .effect("nothing was changed")
        .next(format!(
            "enact receipt -e {environment} --out FILE, where it can be reached"
        ))
    })
}
