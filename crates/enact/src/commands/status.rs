//! `enact status`

use enact_engine::exit::Exit;
use enact_engine::status::status;

use crate::cli::Status;
use crate::context::{Context, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::reading::Reading;
use crate::render;

pub async fn run(context: &Context, args: &Status) -> Result<Exit, Failure> {
    let project = context.project()?;
    let reading = Reading::begin(&project);
    let target = context.target(&args.target, Some(&project))?;
    let asked = Asked {
        verb: "status",
        target: &target,
        done: &[],
    };
    let failed = |error| error::run(error, asked);
    let begun = super::look(&target).await.map_err(failed)?;
    let streams = reading.streams()?;
    super::pin::warn_of_withdrawal(context, &project);
    let scope = scope(Some(&project));
    let status = status(begun, streams, &scope, target.claim.as_ref())
        .await
        .map_err(failed)?;
    let document = render::status::document(&status, &target);
    context
        .ui
        .answer(&document, || render::status::text(&status, &target))?;
    Ok(if args.exit_code && status.pending() > 0 {
        Exit::Pending
    } else {
        Exit::Done
    })
}
